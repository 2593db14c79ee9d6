import HostABI

/// A connection to a published port of the guest's, as long as it may be that of a viewer of a display.
final class Viewer {
  private(set) var watch: ViewerWatch
  /// It comes by way of a machine where the guest was before.
  let isRelayed: Bool
  private let displays: DisplayInput

  init(_ watch: ViewerWatch = ViewerWatch(), isRelayed: Bool, _ displays: DisplayInput) {
    self.watch = watch
    self.isRelayed = isRelayed
    self.displays = displays
  }

  /// - Returns: whether it can still be followed.
  func hearGuest(_ bytes: RawSpan) -> Bool { watch.hearGuest(bytes) != .lost }

  /// - Returns: whether it can still be followed.
  func hearViewer(_ bytes: RawSpan) -> Bool {
    switch watch.hearViewer(bytes) {
    case .nothing: return true
    case .input:
      displays.note(isRelayed: isRelayed)
      return true
    case .lost: return false
    }
  }
}

/// When there was input at the guest's displays, on the host's monotonic clock, in nanoseconds.
final class DisplayInput {
  private let host: any Host
  private(set) var last: Int64?
  /// The same of viewers whose connections are relayed.
  private(set) var lastRelayed: Int64?

  init(_ host: any Host) { self.host = host }

  var now: Int64 { host.now(.monotonic).totalNanoseconds }

  func note(isRelayed: Bool) {
    if isRelayed { lastRelayed = now } else { last = now }
  }
}

/// Viewers of the guest's displays that come by one way.
package struct DisplayUse: Hashable, Sendable {
  /// By way of a machine where the guest was before.
  package let isRelayed: Bool
  /// Nanoseconds since their last input; nil: there was none.
  package let inputAge: Int64?
}

extension Kernel {
  /// By which ways there are viewers, or was input; nobody who can't be followed is among them.
  package var displays: [DisplayUse] {
    let outside = network.outside
    let viewers = outside.sockets.compactMap(\.outside?.viewer).filter(\.watch.isLetIn)
    return [false, true].compactMap { isRelayed in
      let input = isRelayed ? outside.displays.lastRelayed : outside.displays.last
      guard input != nil || viewers.contains(where: { $0.isRelayed == isRelayed }) else {
        return nil
      }
      return DisplayUse(isRelayed: isRelayed, inputAge: input.map { outside.displays.now - $0 })
    }
  }
}

import LibOS
import PosixHost
import SupervisorMessages

/// The name under which an end of a relay is found. Who knows it can take its connections.
enum RelayName {
  private static let digits = 16

  /// Of the end that has the connections.
  static func near(_ migration: String) -> String { "relay-\(migration.prefix(digits)).near" }

  /// Of the end where the guest is.
  static func far(_ migration: String) -> String {
    "relay-\(migration.prefix(digits))\(Detours.mark)"
  }

  static func isNear(_ name: String) -> Bool {
    name.hasPrefix("relay-") && name.hasSuffix(".near")
  }

  /// Whether it is one of these names, and nothing else.
  static func isValid(_ name: String) -> Bool {
    let digit = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
    let id = String(name.dropFirst("relay-".count).prefix(digits))
    return id.utf8.count == digits && id.utf8.allSatisfy(digit)
      && (name == near(id) || name == far(id))
  }
}

extension ControlClient {
  /// The relays that have stayed behind on this machine.
  private func relays() -> [(name: String, relay: RelayInfo)] {
    ((try? list()) ?? []).compactMap { info in
      guard RelayName.isNear(info.name), let relay = info.relay else { return nil }
      return (info.name, relay)
    }
  }

  /// Waits until connections of guests that have moved on do not go by way of this machine any more.
  ///
  /// - Parameter time: nanoseconds.
  /// - Returns: how many still do.
  package func awaitShortcuts(within time: Int64) throws(Failure) -> Int {
    let deadline = HostProcess.monotonicTime + time
    while true {
      let all = try list()
      let relays = all.compactMap { info in
        info.relay.map {
          (name: info.name, guest: $0.guest, connections: $0.linkedConnections ?? 0)
        }
      }
      let guests = all.filter { $0.relay == nil && $0.lending == nil }.map(\.name)
      let count = Detours.count(relays, guests: Set(guests))
      if count == 0 || HostProcess.monotonicTime >= deadline { return count }
      HostProcess.sleep(nanoseconds: 50_000_000)
    }
  }

  /// The machine to which the guest `name` has moved; nil if that is not known.
  func newPlace(of name: String) -> String? {
    RelayName.isNear(name) ? nil : relays().first { $0.relay.guest == name }?.relay.peer
  }

  /// Which relay has `port` of this machine, for which guest; nil if none has.
  static func relay(at port: PublishedPort) -> (name: String, guest: String)? {
    let found = (try? ControlClient())?.relays().first { entry in
      entry.relay.addresses.contains("\(port.host)")
    }
    return found.map { ($0.name, $0.relay.guest) }
  }
}

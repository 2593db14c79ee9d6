package import LinuxABI

/// One member of an epoll set: a file description under the descriptor it was added by.
package final class EpollItem: WaitListener {
  // Both ends hold the item and it holds them; whichever is closed first takes it out.
  let epoll: EpollFile
  package let file: OpenFile
  package let fd: Int32
  /// As `epoll_ctl` set it; a fired one-shot has only mode bits left.
  package internal(set) var event: EpollEvent
  /// Its place among all that were ever added to the set.
  let sequence: UInt64

  init(
    _ epoll: EpollFile, _ file: OpenFile, fd: Int32, _ event: EpollEvent, sequence: UInt64
  ) {
    self.sequence = sequence
    self.epoll = epoll
    self.file = file
    self.fd = fd
    self.event = event
  }

  /// The bits that say how, not what.
  static let modes: EpollEvents = [
    .EPOLLEXCLUSIVE, .EPOLLWAKEUP, .EPOLLONESHOT, .EPOLLET,
  ]

  /// The events that are waited for and there.
  package var current: EpollEvents {
    let wanted = event.events.subtracting(Self.modes)
    return wanted.isEmpty ? [] : EpollEvents(file.pollEvents()).intersection(wanted)
  }

  package func objectChanged() { objectChanged(.all) }

  package func objectChanged(_ events: PollEvents) {
    guard !event.events.isDisjoint(with: EpollEvents(events)), !current.isEmpty else { return }
    epoll.list(self)
  }

  /// Takes it out of its set.
  func remove() { epoll.remove(self) }
}

import LinuxABI

/// Signals that tell of the entries of a directory (`F_NOTIFY` in fcntl(2)): the older way beside inotify.
final class DirectoryNotice {
  unowned let file: DirectoryFile
  private unowned let kernel: Kernel
  /// The descriptor by which it was asked for: `si_fd`.
  var descriptor: Int32
  var events: DirectoryEvents

  init(_ file: DirectoryFile, _ descriptor: Int32, _ events: DirectoryEvents, _ kernel: Kernel) {
    self.file = file
    self.descriptor = descriptor
    self.events = events
    self.kernel = kernel
  }

  /// Something happened to an entry. Without `DN_MULTISHOT` it is told once.
  fileprivate func tell(_ happened: DirectoryEvents) {
    guard !events.isDisjoint(with: happened) else { return }
    file.tell(SignalCode.POLL_MSG, descriptor, kernel)
    if !events.contains(.DN_MULTISHOT) { file.notice = nil }
  }
}

extension DirectoryEvents {
  /// What an event of an entry is here.
  fileprivate init(_ event: InotifyMask) {
    self = []
    if event.contains(.IN_ACCESS) { insert(.DN_ACCESS) }
    if event.contains(.IN_MODIFY) { insert(.DN_MODIFY) }
    if !event.isDisjoint(with: [.IN_CREATE, .IN_MOVED_TO]) { insert(.DN_CREATE) }
    if !event.isDisjoint(with: [.IN_DELETE, .IN_MOVED_FROM]) { insert(.DN_DELETE) }
    if event.contains(.IN_ATTRIB) { insert(.DN_ATTRIB) }
  }
}

extension WatchList {
  func tellNotices(_ event: InotifyMask) { tellNotices(DirectoryEvents(event)) }

  func tellNotices(_ events: DirectoryEvents) {
    for notice in notices { notice.tell(events) }
  }
}

extension DirectoryFile {
  /// `F_NOTIFY`: no events end it, others come to those that there are.
  func notify(_ wanted: DirectoryEvents, _ call: SyscallContext) throws(Errno) {
    guard !wanted.subtracting(.DN_MULTISHOT).isEmpty else {
      notice = nil
      return
    }
    if let notice {
      notice.descriptor = call.int(0)
      notice.events.formUnion(wanted)
    } else {
      notice = DirectoryNotice(self, call.int(0), wanted, call.kernel)
    }
    guard signalReceiver.owner.pid == 0 else { return }
    try setOwner(OwnerEx(type: SignalReceiver.process, pid: call.process.pid), call)
  }
}

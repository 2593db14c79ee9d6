package import LinuxABI
internal import Machine

/// An inotify instance (`inotify(7)`). It knows its watches and reports that they were removed; changes
/// of files are not reported, so whoever waits for one waits on.
package final class InotifyFile: OpenFile {
  package struct Watch {
    package var dentry: Dentry
    package var mask: InotifyMask
  }

  package private(set) var watches: [Int32: Watch] = [:]
  package private(set) var nextDescriptor: Int32 = 1
  private let anonymous = AnonymousInode()
  package private(set) var events: [InotifyEvent] = []

  package init(_ flags: OpenFlags) { super.init(flags: flags) }

  /// Goes on where another instance stood.
  func restore(_ watches: [Int32: Watch], next: Int32, _ events: [InotifyEvent]) {
    self.watches = watches
    nextDescriptor = next
    self.events = events
  }

  package override var linkName: String { "anon_inode:inotify" }
  package override var inode: Inode { get throws(Errno) { anonymous } }

  package func watch(_ dentry: Dentry, _ mask: InotifyMask) -> Int32 {
    if let known = watches.first(where: { $0.value.dentry.inode === dentry.inode })?.key {
      if mask.contains(.IN_MASK_ADD) {
        watches[known]!.mask.formUnion(mask)
      } else {
        watches[known]!.mask = mask
      }
      return known
    }
    let descriptor = nextDescriptor
    nextDescriptor += 1
    watches[descriptor] = Watch(dentry: dentry, mask: mask)
    return descriptor
  }

  package func unwatch(_ descriptor: Int32) throws(Errno) {
    guard watches.removeValue(forKey: descriptor) != nil else { throw .EINVAL }
    events.append(InotifyEvent(wd: descriptor, mask: .IN_IGNORED))
    waitQueue.wake()
  }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard let first = events.first else { throw .EAGAIN }
    guard first.byteCount <= buffer.byteCount else { throw .EINVAL }
    var writer = ByteWriter()
    while let event = events.first, writer.bytes.count + event.byteCount <= buffer.byteCount {
      event.encode(to: &writer)
      events.removeFirst()
    }
    writer.bytes.withRawSpan { buffer.copy(from: $0) }
    return writer.bytes.count
  }

  package override func pollEvents() -> PollEvents { events.isEmpty ? [] : .readable }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard TerminalRequest(rawValue: request) == .FIONREAD else { throw .ENOTTY }
    let count = events.reduce(0) { $0 + $1.byteCount }
    try context.store(Int32(count), to: GuestAddress(argument))
    return .success
  }
}

package import LinuxABI
package import Machine

/// An inotify instance (`inotify(7)`): watches on files, and the events they led to.
///
/// It hears of what the guest itself does; what changes in a mounted host directory behind its back is
/// not seen.
package final class InotifyFile: OpenFile {
  /// Events that wait to be read, before the rest is lost (`/proc/sys/fs/inotify/max_queued_events`).
  package static let queueLimit = 16384
  /// Watches of one instance (`max_user_watches`).
  package static let watchLimit = 65536

  package private(set) var watches: [Int32: InotifyWatch] = [:]
  package private(set) var nextDescriptor: Int32 = 1
  private let anonymous = AnonymousInode()
  package private(set) var events: [InotifyEvent] = []
  /// Bytes of all events.
  private var eventBytes = 0
  private let memory: MemoryCharge

  /// - Parameter arena: where watches and events are charged.
  package init(_ arena: FrameArena, _ flags: OpenFlags) {
    memory = MemoryCharge(arena, .inotify)
    super.init(flags: flags)
  }

  /// Bytes that the library OS has for a watch, and for an event beside its name.
  private static let watchSize = 256
  private static let eventSize = 64

  private var footprint: Int {
    watches.count * Self.watchSize + events.count * Self.eventSize + eventBytes
  }

  package override func close() {
    for watch in watches.values { watch.dentry.inode.remove(watch) }
    watches = [:]
  }

  package override var linkName: String { "anon_inode:inotify" }
  package override var inode: Inode { get throws(Errno) { anonymous } }

  package override var fdinfo: String {
    watches.sorted { $0.key < $1.key }.map { descriptor, watch in
      func hex(_ value: UInt64) -> String { String(value, radix: 16) }
      let inode = watch.dentry.inode
      let device = watch.dentry.mount.filesystem.device.rawValue
      let mask = watch.mask.intersection(.IN_ALL_EVENTS)
      return "inotify wd:\(hex(UInt64(descriptor))) ino:\(hex(inode.number)) sdev:\(hex(device)) "
        + "mask:\(hex(UInt64(mask.rawValue))) ignored_mask:0\n"
    }.joined()
  }

  // MARK: Watches

  /// Watches a file, or changes the watch on it: EEXIST with `IN_MASK_CREATE`, ENOSPC.
  package func watch(_ dentry: Dentry, _ mask: InotifyMask) throws(Errno) -> Int32 {
    let kept = mask.intersection([.IN_ALL_EVENTS, .IN_EXCL_UNLINK, .IN_ONESHOT])
    if let known = dentry.inode.watch(of: self) {
      if mask.contains(.IN_MASK_CREATE) { throw .EEXIST }
      known.mask = mask.contains(.IN_MASK_ADD) ? known.mask.union(kept) : kept
      return known.descriptor
    }
    guard watches.count < Self.watchLimit else { throw .ENOSPC }
    guard memory.resize(to: footprint + Self.watchSize) else { throw .ENOMEM }
    let watch = InotifyWatch(self, nextDescriptor, dentry, kept)
    nextDescriptor = nextDescriptor == .max ? 1 : nextDescriptor + 1
    add(watch)
    return watch.descriptor
  }

  private func add(_ watch: InotifyWatch) {
    watches[watch.descriptor] = watch
    memory.set(footprint)
    watch.dentry.inode.add(watch)
  }

  package func unwatch(_ descriptor: Int32) throws(Errno) {
    guard let watch = watches[descriptor] else { throw .EINVAL }
    drop(watch)
  }

  /// Ends a watch, and says so.
  func drop(_ watch: InotifyWatch) {
    guard watches.removeValue(forKey: watch.descriptor) != nil else { return }
    watch.dentry.inode.remove(watch)
    append(InotifyEvent(wd: watch.descriptor, mask: .IN_IGNORED))
  }

  /// Goes on where another instance stood.
  func restore(_ watches: [InotifyWatch], next: Int32, _ events: [InotifyEvent]) {
    for watch in watches { add(watch) }
    nextDescriptor = next
    self.events = events
    eventBytes = events.reduce(0) { $0 + $1.byteCount }
    memory.set(footprint)
  }

  // MARK: Events

  /// Adds an event; one like the last one tells nothing new.
  func append(_ event: InotifyEvent) {
    if let last = events.last, last.wd == event.wd, last.mask == event.mask,
      last.name == event.name, event.mask != .IN_IGNORED
    {
      return
    }
    let size = Self.eventSize + event.byteCount
    if events.count < Self.queueLimit, memory.resize(to: footprint + size) {
      events.append(event)
      eventBytes += event.byteCount
    } else if events.last?.mask != .IN_Q_OVERFLOW {
      let overflow = InotifyEvent(wd: -1, mask: .IN_Q_OVERFLOW)
      events.append(overflow)
      eventBytes += overflow.byteCount
      memory.set(footprint)
    }
    waitQueue.wake(.readable)
  }

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard let first = events.first else { throw .EAGAIN }
    guard first.byteCount <= buffer.byteCount else { throw .EINVAL }
    var writer = ByteWriter()
    var count = 0
    while count < events.count,
      writer.bytes.count + events[count].byteCount <= buffer.byteCount
    {
      events[count].encode(to: &writer)
      count += 1
    }
    events.removeFirst(count)
    eventBytes -= writer.bytes.count
    memory.set(footprint)
    writer.bytes.withRawSpan { buffer.copy(from: $0) }
    return writer.bytes.count
  }

  package override var signalsReadiness: Bool { true }

  package override func pollEvents() -> PollEvents { events.isEmpty ? [] : .readable }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    guard TerminalRequest(rawValue: request) == .FIONREAD else { throw .ENOTTY }
    try context.store(Int32(eventBytes), to: GuestAddress(argument))
    return .success
  }
}

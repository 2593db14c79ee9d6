package import HostABI
package import LinuxABI
package import Machine

/// An open file that is a stream of the host's: standard input and output, the terminal.
///
/// The host's own flags are never changed; waiting is the library OS's affair. So the file notes what
/// it was last found not ready for, and the run loop asks the host about that while tasks wait on it
/// (`Kernel.pollHostStreams`).
package final class HostStreamFile: OpenFile {
  package let vfs: VFS
  /// How to have the stream again on another host.
  package let uri: StreamURI
  package let kind: StreamKind
  /// The name by which it was opened, of a terminal; other streams have none.
  private let place: Dentry?
  package let handle: HostHandle
  private let streamInode: Inode
  /// What the stream was not ready for when it was last looked at.
  package private(set) var interest: Readiness = []

  /// Opens the stream `uri`.
  ///
  /// - Parameter number: its `st_ino`, when it had one before.
  package init(
    _ vfs: VFS, _ uri: StreamURI, _ flags: OpenFlags, at dentry: Dentry?, number: UInt64? = nil
  ) throws(Errno) {
    self.vfs = vfs
    self.uri = uri
    let host = vfs.host
    let options: OpenOptions = uri.scheme == .tty ? [.read, .write] : []
    let handle = try hosted { () throws(HostError) in
      try host.open(uri, options)
    }
    self.handle = handle
    do {
      kind = try hosted { () throws(HostError) in try host.kind(of: handle) }
    } catch {
      host.close(handle)
      throw error
    }
    if case .terminal = kind { place = dentry } else { place = nil }
    streamInode = place?.inode ?? HostStreamInode(vfs, handle, kind, vfs.streams.takeNumber(number))
    super.init(flags: flags)
    vfs.streams.add(self)
  }

  package override func close() {
    vfs.streams.remove(self)
    vfs.host.close(handle)
  }

  /// Its `st_ino`.
  var number: UInt64 { streamInode.number }

  package var isTerminal: Bool { if case .terminal = kind { true } else { false } }
  package override var terminal: TerminalControl? { isTerminal ? vfs.streams.control : nil }
  package override var stopsBackgroundWriters: Bool {
    isTerminal && vfs.streams.terminalModes?.c_lflag.contains(.TOSTOP) == true
  }
  private var isFile: Bool { if case .file(.regular) = kind { true } else { false } }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { streamInode } }
  package override var isSeekable: Bool { isFile }
  package override var signalsReadiness: Bool { if case .file = kind { false } else { true } }
  package override var transfersInPieces: Bool { isFile }

  package override var linkName: String {
    if let place { return String(decoding: place.shownPath(), as: UTF8.self) }
    switch kind {
    case .file: return "host:[\(streamInode.number)]"
    default: return "pipe:[\(streamInode.number)]"
    }
  }

  package override func reopen(_ flags: OpenFlags) throws(Errno) -> OpenFile {
    try HostStreamFile(vfs, uri, flags, at: place)
  }

  // MARK: Moving bytes

  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    interest.remove(.readable)
    do throws(HostError) {
      let count = try vfs.host.read(handle, at: nil, into: &buffer)
      // What comes next is news.
      if flags.contains(.O_ASYNC) { _ = pollEvents() }
      return count
    } catch {
      if error == .wouldBlock { interest.insert(.readable) }
      throw Errno(error)
    }
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    interest.remove(.writable)
    do throws(HostError) {
      if isFile, flags.contains(.O_APPEND) {
        let end = try vfs.host.attributes(of: handle).size
        try vfs.host.setPosition(of: handle, to: end)
      }
      return try vfs.host.write(handle, at: nil, from: bytes)
    } catch {
      if error == .wouldBlock { interest.insert(.writable) }
      throw Errno(error)
    }
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard isFile else { throw .ESPIPE }
    do throws(HostError) {
      return try vfs.host.read(handle, at: offset, into: &buffer)
    } catch { throw Errno(error) }
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    guard isFile else { throw .ESPIPE }
    do throws(HostError) {
      return try vfs.host.write(handle, at: offset, from: bytes)
    } catch { throw Errno(error) }
  }

  /// The position is the host's, shared with the processes the stream came from.
  package override func position() throws(Errno) -> UInt64 {
    try hosted { () throws(HostError) in try vfs.host.position(of: handle) }
  }

  package override func setPosition(_ offset: UInt64) throws(Errno) {
    try hosted { () throws(HostError) in try vfs.host.setPosition(of: handle, to: offset) }
  }

  package override func pollEvents() -> PollEvents {
    if case .file = kind { return [.readable, .writable] }
    var wanted: Readiness = []
    if isReadable { wanted.insert(.readable) }
    if isWritable { wanted.insert(.writable) }
    let item = WaitItem(handle: handle, interest: wanted)
    let ready = vfs.host.wait([item], until: 0).first ?? []
    interest = wanted.subtracting(ready)
    var events: PollEvents = []
    if ready.contains(.readable) { events.formUnion(.readable) }
    if ready.contains(.writable) { events.formUnion(.writable) }
    if ready.contains(.hangup) { events.insert(.POLLHUP) }
    if ready.contains(.error) { events.insert(.POLLERR) }
    return events
  }

  package override func flush(metadata: Bool) throws(Errno) {
    guard isFile else { throw .EINVAL }
    try hosted { () throws(HostError) in try vfs.host.flush(handle, metadata: metadata) }
  }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    try terminalControl(context, request, GuestAddress(argument))
  }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    guard isFile, !writable else { throw .ENODEV }
    let size = try streamInode.status().size
    return MemoryObject(
      arena: vfs.arena, source: StreamSource(vfs.host, handle, file: self), size: size)
  }
}

/// The pages of an inherited file that a guest maps; keeps the file open.
private final class StreamSource: PageSource {
  private let host: any Host
  private let handle: HostHandle
  private let file: HostStreamFile

  init(_ host: any Host, _ handle: HostHandle, file: HostStreamFile) {
    self.host = host
    self.handle = handle
    self.file = file
    file.retain()
  }

  deinit { file.release() }

  func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    (try? host.read(handle, at: offset, into: &buffer)) != nil
  }
}

/// What `fstat` shows of a host stream without a name in the guest.
private final class HostStreamInode: Inode {
  private unowned let vfs: VFS
  private var host: any Host { vfs.host }
  private let handle: HostHandle
  private let kind: StreamKind

  init(_ vfs: VFS, _ handle: HostHandle, _ kind: StreamKind, _ number: UInt64) {
    self.vfs = vfs
    self.handle = handle
    self.kind = kind
    super.init(number: number)
  }

  override func status() throws(Errno) -> FileStatus {
    var status = FileStatus(
      try hosted { () throws(HostError) in try host.attributes(of: handle) }, inode: number)
    status.uid = 0
    status.gid = 0
    if vfs.hidesHost {
      status.hideHost()
      status.mode = FileMode(type: status.type, permissions: 0o600)
      status.linkCount = 1
    }
    return status
  }

  override func truncate(to size: UInt64) throws(Errno) {
    guard case .file(.regular) = kind else { throw .EINVAL }
    try hosted { () throws(HostError) in try host.setLength(handle, to: size) }
  }
}

/// The host streams that are open.
package final class HostStreamRegistry {
  /// Those that this process was started with go on wherever the guest goes.
  var areRelayed = false
  private var files: [HostStreamFile] = []
  private var nextNumber: UInt64 = 1
  /// Whose the host's terminal is.
  package let control = TerminalControl()
  /// The terminal's modes, once the guest has set them.
  package var terminalModes: Termios?

  package init() {}

  /// A fresh number, or a given one that is fresh no more.
  func takeNumber(_ given: UInt64?) -> UInt64 {
    let number = given ?? nextNumber
    nextNumber = max(nextNumber, number + 1)
    return number
  }

  func add(_ file: HostStreamFile) { files.append(file) }
  func remove(_ file: HostStreamFile) { files.removeAll { $0 === file } }
  func forgetAll() { files = [] }

  /// The streams that somebody waits on.
  package var waiting: [HostStreamFile] { files.filter { !$0.waitQueue.isEmpty } }
  package var all: [HostStreamFile] { files }
}

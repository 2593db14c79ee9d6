package import LinuxABI
package import Machine

/// An open regular file of a `LayeredFS`.
package final class LayeredFile: OpenFile {
  package let node: LayeredNode
  private let place: Dentry
  /// Keeps an unchanged file's bytes at hand while it is open.
  private var object: MemoryObject
  /// What it keeps.
  var bytes: MemoryObject { object }

  init(_ node: LayeredNode, _ dentry: Dentry, _ flags: OpenFlags, _ object: MemoryObject) {
    self.node = node
    place = dentry
    self.object = object
    super.init(flags: flags)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { node } }
  package override var isSeekable: Bool { true }
  package override var transfersInPieces: Bool { true }

  private func current() throws(Errno) -> MemoryObject {
    if let content = node.content, content !== object { object = content }
    return object
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard let count = try current().read(at: offset, into: &buffer) else { throw .EIO }
    if !flags.contains(.O_NOATIME) { node.contentRead() }
    return count
  }

  package override func next(_ isData: Bool, from offset: UInt64) throws(Errno) -> UInt64? {
    let object = try current()
    return isData ? object.nextData(from: offset) : object.nextHole(from: offset)
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    if flags.contains(.O_APPEND), bytes.byteCount > 0 { offset = try current().size }
    return try super.write(from: bytes)
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    if bytes.byteCount == 0 { return 0 }
    // Linux appends even at an offset (BUGS in pwrite(2)).
    var offset = offset
    if flags.contains(.O_APPEND) { offset = try current().size }
    let end = offset + UInt64(bytes.byteCount)
    if end > UInt64(Int64.max) { throw .EFBIG }
    if let seals = node.seals {
      if !seals.isDisjoint(with: [.F_SEAL_WRITE, .F_SEAL_FUTURE_WRITE]) { throw .EPERM }
      if seals.contains(.F_SEAL_GROW), end > (try current().size) { throw .EPERM }
    }
    object = try node.objectForWriting()
    let count = object.write(at: offset, from: bytes)
    if count == 0 { throw .ENOSPC }
    try node.contentChanged()
    return count
  }

  package override func mapped() {
    if !flags.contains(.O_NOATIME) { node.contentRead() }
  }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    // A read-only mapping of a file opened for writing may become writable later.
    let mayWrite = flags.isWritable && node.seals == nil
    object = try node.memoryObject(writable: writable || mayWrite)
    return object
  }
}

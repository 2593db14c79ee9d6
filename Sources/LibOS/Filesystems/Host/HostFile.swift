import HostABI
package import LinuxABI
package import Machine

/// An open regular file of a `HostFS`. While the file is mapped too, both see the same bytes.
package final class HostFile: OpenFile {
  private let node: HostNode
  private let place: Dentry
  private let handle: HostHandle
  private var host: any Host { node.mount.vfs.host }

  init(_ node: HostNode, _ dentry: Dentry, _ flags: OpenFlags, _ handle: HostHandle) {
    self.node = node
    place = dentry
    self.handle = handle
    super.init(flags: flags)
    node.openHandles.append(handle)
  }

  package override func close() {
    if isWritable { node.writeBack() }
    node.openHandles.removeAll { $0 == handle }
    host.close(handle)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { node } }
  package override var isSeekable: Bool { true }
  package override var transfersInPieces: Bool { true }

  /// Asked of the handle: the name may be gone.
  package override func status() throws(Errno) -> FileStatus {
    let attributes = try hosted { () throws(HostError) in try host.attributes(of: handle) }
    var status = node.status(attributes, node.mark(at: HostName(handle)))
    status.device = node.mount.device
    return status
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    if let pages = node.mapped {
      guard let count = pages.read(at: offset, into: &buffer) else { throw .EIO }
      return count
    }
    do throws(HostError) {
      return try host.read(handle, at: offset, into: &buffer)
    } catch { throw Errno(error) }
  }

  package override func write(from bytes: RawSpan) throws(Errno) -> Int {
    if flags.contains(.O_APPEND), bytes.byteCount > 0 { offset = try status().size }
    return try super.write(from: bytes)
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    var offset = offset
    if flags.contains(.O_APPEND) { offset = try status().size }
    let count: Int
    do throws(HostError) {
      count = try host.write(handle, at: offset, from: bytes)
    } catch { throw Errno(error) }
    if let pages = node.mapped {
      guard pages.write(at: offset, from: bytes.extracting(0..<count)) == count else {
        throw .ENOMEM
      }
    }
    return count
  }

  package override func truncate(to size: UInt64) throws(Errno) {
    try node.truncate(handle, to: size)
  }

  package override func allocate(_ range: Range<UInt64>, mode: FallocateMode) throws(Errno) {
    try node.allocate(handle, range, mode)
  }

  package override func flush(metadata: Bool) throws(Errno) {
    node.writeBack()
    try hosted { () throws(HostError) in try host.flush(handle, metadata: metadata) }
  }

  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    try node.memoryObject(writable: writable || isWritable)
  }
}

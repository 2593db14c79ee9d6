package import LinuxABI
package import Machine

/// A file opened with `O_PATH`: a place in the tree, nothing to read or write. The calls that move
/// bytes answer EBADF.
package final class PathFile: OpenFile {
  private let place: Dentry

  package init(_ dentry: Dentry, _ flags: OpenFlags = .O_PATH) {
    place = dentry
    super.init(flags: flags.intersection(.besidePath).subtracting(.O_CLOEXEC))
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    throw .EBADF
  }
  package override func write(from bytes: RawSpan) throws(Errno) -> Int { throw .EBADF }
  package override func memoryObject(writable: Bool) throws(Errno) -> MemoryObject {
    throw .EBADF
  }
}

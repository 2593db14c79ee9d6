package import LinuxABI
package import Machine

/// A file, directory or other node of a filesystem, whatever names it has.
package class Inode {
  /// The number shown as `st_ino`.
  package let number: UInt64

  package init(number: UInt64) { self.number = number }

  package func status() throws(Errno) -> FileStatus { throw .EIO }

  /// The entry `name` of this directory.
  package func lookup(_ name: [UInt8]) throws(Errno) -> Inode { throw .ENOTDIR }

  /// The target of this symbolic link.
  package func readLink() throws(Errno) -> [UInt8] { throw .EINVAL }

  package func open(_ flags: OpenFlags) throws(Errno) -> OpenFile { throw .ENXIO }

  /// The object that mappings of this file share.
  package func memoryObject(writable: Bool) throws(Errno) -> MemoryObject { throw .ENODEV }
}

package import LinuxABI
import Machine

/// An open `/proc/PID/mem`: the position is an address.
package final class ProcessMemoryFile: OpenFile {
  private let place: Dentry
  private weak var process: Process?

  init(_ dentry: Dentry, _ flags: OpenFlags, _ process: Process?) {
    place = dentry
    self.process = process
    super.init(flags: flags)
  }

  package override var dentry: Dentry? { place }
  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var isSeekable: Bool { true }

  /// The memory of the process; nil when it has ended.
  private var space: AddressSpace? {
    guard let process, !process.isZombie else { return nil }
    return process.space
  }

  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard let space else { return 0 }
    let result = space.copyIn(from: GuestAddress(offset), into: &buffer)
    if result.count == 0, result.fault != nil { throw .EIO }
    return result.count
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    guard let space else { return 0 }
    let result = space.force(bytes, to: GuestAddress(offset))
    if result.count == 0, result.fault != nil { throw .EIO }
    return result.count
  }
}

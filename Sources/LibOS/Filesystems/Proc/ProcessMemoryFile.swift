package import LinuxABI
import Machine

/// An open `/proc/PID/mem`: the position is an address.
package final class ProcessMemoryFile: ProcessFile {
  package override func read(at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(Errno) -> Int
  {
    guard let space = process?.space else { return 0 }
    let result = space.copyIn(from: GuestAddress(offset), into: &buffer)
    if result.count == 0, result.fault != nil { throw .EIO }
    return result.count
  }

  package override func write(at offset: UInt64, from bytes: RawSpan) throws(Errno) -> Int {
    guard let space = process?.space else { return 0 }
    let result = space.force(bytes, to: GuestAddress(offset))
    if result.count == 0, result.fault != nil { throw .EIO }
    return result.count
  }
}

import LinuxABI
import Machine
package final class VFS { package init() {}
  package var hostWaits: [HostWait] { [] }
  func writeBack(_ o: AddressSpace, _ a: GuestAddress, _ b: GuestAddress) {}
  func resolve(_ p: [UInt8], in fs: FSContext) throws(Errno) -> Inode { throw .ENOENT }
  func path(of: Inode, in fs: FSContext) -> [UInt8]? { nil } }
package struct FSContext { package var umask: UInt16 = 0o22; package init() {} }
package struct FileStatus { var isRegular: Bool { true }; var isDirectory: Bool { false }; var permissions: Int { 0 } }
extension Process { func nextProcessorTimerDelay(at now: Int64) -> Int64? { nil } }

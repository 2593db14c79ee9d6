import LinuxABI
import Machine

/// A file of `/proc/PID` that shows the process's memory, as long as the process has any.
package class ProcessFile: OpenFile {
  private let place: Dentry
  private weak var owner: Process?

  init(_ dentry: Dentry, _ flags: OpenFlags, _ process: Process?) {
    place = dentry
    owner = process
    super.init(flags: flags)
  }

  package override final var dentry: Dentry? { place }
  package override final var inode: Inode { get throws(Errno) { place.inode } }
  package override final var isSeekable: Bool { true }

  /// nil when it has ended.
  final var process: Process? {
    guard let owner, !owner.isZombie else { return nil }
    return owner
  }
}

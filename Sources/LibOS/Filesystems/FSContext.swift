/// Where a thread's paths start, and the permissions its new files lack. Threads share it (`CLONE_FS`).
package final class FSContext {
  package var root: Dentry
  package var cwd: Dentry
  /// Nine bits.
  package var umask: UInt16

  package init(root: Dentry, cwd: Dentry? = nil, umask: UInt16 = 0o022) {
    self.root = root
    self.cwd = cwd ?? root
    self.umask = umask
  }

  /// The same for somebody who changes it alone.
  func copy() -> FSContext { FSContext(root: root, cwd: cwd, umask: umask) }
}

/// Where a process's paths start, and the permissions its new files lack.
package struct FSContext {
  package var root: Dentry
  package var cwd: Dentry
  /// Nine bits.
  package var umask: UInt16

  package init(root: Dentry, cwd: Dentry? = nil, umask: UInt16 = 0o022) {
    self.root = root
    self.cwd = cwd ?? root
    self.umask = umask
  }
}

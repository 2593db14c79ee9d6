package import LinuxABI
package import Machine

extension SyscallContext {
  /// The structure at `address`: EFAULT.
  package func load<T: GuestStruct>(_ type: T.Type = T.self, at address: GuestAddress)
    throws(Errno) -> T
  {
    T(bytes: try bytes(at: address, count: T.byteCount))
  }

  package func store<T: GuestStruct>(_ value: T, to address: GuestAddress) throws(Errno) {
    try store(value.bytes, to: address)
  }

  /// Gives `file` the lowest free descriptor: EMFILE, and then the file closes.
  package func install(_ file: OpenFile, closeOnExec: Bool) throws(Errno) -> Int32 {
    file.retain()
    defer { file.release() }
    return try files.install(
      file, closeOnExec: closeOnExec, limit: process.limits.openFileLimit)
  }
}

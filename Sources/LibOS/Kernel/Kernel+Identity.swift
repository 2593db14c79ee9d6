import HostABI
package import LinuxABI
import Machine

extension Kernel {
  /// Makes the restored guest another machine than the one it was saved on: with a host name, a boot id and a
  /// machine id of its own, and without what is not meant to be in two places (MADV_WIPEONFORK).
  ///
  /// Random numbers come from the host, so they differ anyway.
  ///
  /// - Throws: the reason why the guest's `/etc/machine-id` can't be written.
  package func takeFreshIdentity(hostName: String) throws(Errno) {
    precondition(!isDeterministic, "a deterministic run has no identity of its own")
    configuration.hostName = String(hostName.prefix(64))
    bootID = ""
    for process in processes.values { process.space.wipe() }
    try writeMachineID()
  }

  /// The files that machine-id(5) and D-Bus name; those that exist get the same new id.
  private func writeMachineID() throws(Errno) {
    let id = Array((uuid(host).filter { $0 != "-" } + "\n").utf8)
    for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
      let file: OpenFile
      do throws(Errno) {
        file = try vfs.open(
          Array(path.utf8), from: vfs.root, [.O_WRONLY, .O_TRUNC, .O_NOFOLLOW], permissions: 0,
          caller: PathCaller(fs: FSContext(root: vfs.root)))
      } catch .ENOENT {
        continue
      } catch .ELOOP {
        // A link to the other one.
        continue
      }
      file.retain()
      defer { file.release() }
      _ = try id.withRawSpan { (bytes) throws(Errno) in try file.write(from: bytes) }
    }
  }
}

import LinuxABI

extension SyscallTable {
  /// Namespaces, of which a guest can neither make nor enter one.
  package static let namespaceRows: [SyscallRow] = [
    SyscallRow(
      "unshare", x64: 272, generic: 97, [.flags(of: CloneFlags.self)], support: .partial,
      note: "no namespaces: EPERM", sys_unshare),
    SyscallRow(
      "setns", x64: 308, generic: 268, [.fd, .hex], support: .partial,
      note: "there is one namespace of each kind, where everybody is", sys_setns),
  ]
}

/// unshare(2) of everything but namespaces.
private func sys_unshare(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = CloneFlags(rawValue: call[0])
  let parts: CloneFlags = [
    .CLONE_FS, .CLONE_FILES, .CLONE_SYSVSEM, .CLONE_THREAD, .CLONE_SIGHAND, .CLONE_VM,
  ]
  guard flags.subtracting(parts).subtracting(.namespaces).isEmpty else { throw .EINVAL }
  guard flags.isDisjoint(with: .namespaces) else { throw .EPERM }
  // What threads have in common, and processes by CLONE_VM and CLONE_SIGHAND, they have for life.
  if !flags.isDisjoint(with: [.CLONE_THREAD, .CLONE_SIGHAND, .CLONE_VM]) {
    let process = call.process
    let sharers = call.kernel.processes.values.filter {
      $0.space === process.space && flags.contains(.CLONE_VM)
        || $0.signals.actionsIdentity == process.signals.actionsIdentity
          && !flags.isDisjoint(with: [.CLONE_VM, .CLONE_SIGHAND])
    }
    guard process.tasks.count == 1, !sharers.contains(where: { $0 !== process }) else {
      throw .EINVAL
    }
  }
  if flags.contains(.CLONE_FS) { call.task.fs = call.fs.copy() }
  if flags.contains(.CLONE_FILES) { call.task.unshareFiles() }
  return .success
}

/// setns(2): enters the namespace in which the process is.
private func sys_setns(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  let wanted = CloneFlags(rawValue: UInt64(call.uint(1)))
  guard let namespace = (file as? NamespaceFile)?.namespace else { throw .EINVAL }
  guard wanted.isEmpty || wanted == namespace.kind.flag else { throw .EINVAL }
  guard call.credentials.has(.CAP_SYS_ADMIN) else { throw .EPERM }
  // Nobody may enter their own user namespace again.
  guard namespace.kind != .user else { throw .EINVAL }
  return .success
}

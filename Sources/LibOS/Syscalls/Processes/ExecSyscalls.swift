import LinuxABI
import Machine

extension SyscallTable {
  package static let execRows: [SyscallRow] = [
    SyscallRow("execve", x64: 59, generic: 221, [.path, .strings, .strings]) { call throws(Errno) in
      try execute(call, try call.path(0), arguments: call.address(1), environment: call.address(2))
    },
    SyscallRow(
      "execveat", x64: 322, generic: 281,
      [.dirfd, .path, .strings, .strings, .flags(of: AtFlags.self)], sys_execveat),
  ]
}

private func sys_execveat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(4, [.AT_EMPTY_PATH, .AT_SYMLINK_NOFOLLOW])
  let path = try call.path(1)
  if flags.contains(.AT_SYMLINK_NOFOLLOW),
    case .dentry(let file) = try call.target(0, path, flags), file.inode.type == .S_IFLNK
  {
    throw .ELOOP
  }
  return try execute(
    call, try call.reachablePath(0, path, flags), arguments: call.address(2),
    environment: call.address(3))
}

extension SyscallContext {
  /// The path by which Linux has a program of `execveat` find itself, and a script's interpreter find
  /// the script: through `/dev/fd`.
  fileprivate func reachablePath(_ index: Int, _ path: [UInt8], _ flags: AtFlags) throws(Errno)
    -> [UInt8]
  {
    let slash = UInt8(ascii: "/")
    if int(index) == AtFlags.AT_FDCWD || path.first == slash {
      guard !path.isEmpty else { throw .ENOENT }
      return path
    }
    _ = try file(index)
    let descriptor = Array("/dev/fd/\(int(index))".utf8)
    if !path.isEmpty { return descriptor + [slash] + path }
    guard flags.contains(.AT_EMPTY_PATH) else { throw .ENOENT }
    return descriptor
  }

  /// The strings that a NULL-terminated array of pointers names: E2BIG beyond what Linux takes.
  fileprivate func strings(at array: GuestAddress) throws(Errno) -> [[UInt8]] {
    guard !array.isNull else { return [] }
    var result: [[UInt8]] = []
    var total = 0
    var place = array
    while true {
      let pointer: UInt64 = try load(at: place)
      if pointer == 0 { return result }
      let string = try string(at: GuestAddress(pointer), limit: 128 << 10, orElse: .E2BIG)
      total += string.count + 9
      guard total < 2 << 20 else { throw .E2BIG }
      result.append(string)
      place += 8
    }
  }
}

extension SyscallContext {
  /// Who the task is once it runs `program`.
  fileprivate func rights(executing program: Program)
    throws(LoadError) -> (credentials: Credentials, isSecure: Bool)
  {
    do throws(Errno) {
      return try credentials.executing(program, noNewPrivileges: task.noNewPrivileges)
    } catch { throw .notExecutable("\(text(program.path)): it may not have all rights", error) }
  }
}

private func execute(
  _ call: SyscallContext, _ path: [UInt8], arguments: GuestAddress, environment: GuestAddress
) throws(Errno) -> SyscallResult {
  let caller = call.pathCaller
  if path.isEmpty { throw .ENOENT }
  var strings = try call.strings(at: arguments)
  // A program counts on its name being there.
  if strings.isEmpty { strings = [[]] }
  let environment = try call.strings(at: environment)
  let process = call.process
  do throws(LoadError) {
    let program = try call.kernel.program(at: path, arguments: strings, in: caller)
    // A filter knows Linux's numbers.
    if program.isNative, call.task.seccomp != nil {
      throw LoadError.notExecutable("\(text(path)): its calls cannot be filtered")
    }
    let rights = try call.rights(executing: program)
    let loaded = try LoadedProgram(
      program, environment: environment, fs: call.fs, rights: rights,
      stackLimit: process.limits[ResourceLimits.stack].soft,
      kernel: call.kernel)
    process.execute(loaded, call.task)
  } catch { throw error.errno }
  return .registersReplaced
}

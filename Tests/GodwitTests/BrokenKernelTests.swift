import Foundation
import Testing

/// Whether the confinement of the process holds by itself: the guest may make any system call of the host, as
/// if the library OS and the emulator had both failed.
@Suite final class BrokenKernelTests {
  private let scratch: Scratch

  private static let brokenKernel =
    Checkout.godwit.deletingLastPathComponent().appendingPathComponent("broken-kernel")

  init() throws {
    scratch = try Scratch()
    try Self.script.write(toFile: scratch.path("attempt.py"), atomically: true, encoding: .utf8)
    for folder in ["outside", "inside", "script"] {
      try FileManager.default.createDirectory(
        atPath: scratch.path(folder), withIntermediateDirectories: true)
    }
    try FileManager.default.moveItem(
      atPath: scratch.path("attempt.py"), toPath: scratch.path("script/attempt.py"))
    try "canary".write(
      toFile: scratch.path("outside/canary"), atomically: true, encoding: .utf8)
  }

  /// A Python script in which `host(NAME, ARGUMENT…)` makes a call of the host, and returns its result or the
  /// name of an error. The lines of its argument are the attempts.
  private static let script = """
    import ctypes, errno, os, sys
    numbers = {
      'access': (21, None), 'bpf': (321, 280), 'capset': (126, 91), 'chroot': (161, 51),
      'clone': (56, 220), 'clone3': (435, 435), 'execve': (59, 221), 'execveat': (322, 281),
      'fchmodat': (268, 53), 'fork': (57, None), 'getdents64': (217, 61), 'getpid': (39, 172),
      'io_uring_setup': (425, 425), 'ioctl': (16, 29), 'kexec_load': (246, 104),
      'keyctl': (250, 219), 'kill': (62, 129), 'landlock_create_ruleset': (444, 444),
      'linkat': (265, 37), 'memfd_create': (319, 279), 'mkdirat': (258, 34), 'mknodat': (259, 33),
      'mmap': (9, 222), 'mount': (165, 40), 'openat': (257, 56), 'open_by_handle_at': (304, 265),
      'perf_event_open': (298, 241), 'pidfd_open': (434, 434), 'prctl': (157, 167),
      'process_vm_readv': (310, 270), 'ptrace': (101, 117), 'read': (0, 63),
      'renameat2': (316, 276), 'seccomp': (317, 277), 'setns': (308, 268), 'setuid': (105, 146),
      'setxattr': (188, 5), 'socket': (41, 198), 'symlinkat': (266, 36), 'truncate': (76, 45),
      'unlinkat': (263, 35), 'unshare': (272, 97), 'userfaultfd': (323, 282), 'vfork': (58, None),
      'write': (1, 64),
    }
    column = 0 if sys.argv[1] == 'x86_64' else 1
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    def host(name, *arguments):
        number = numbers[name][column]
        if number is None: return 'ENOSYS'
        pointers, values = 0, []
        for index, argument in enumerate(arguments):
            if isinstance(argument, str): argument = argument.encode()
            if isinstance(argument, bytes):
                pointers |= 1 << index
                buffer = ctypes.create_string_buffer(argument, 4096)
                argument = ctypes.addressof(buffer)
                globals().setdefault('kept', []).append(buffer)
            values.append(ctypes.c_long(argument))
        values += [ctypes.c_long(0)] * (5 - len(values))
        result = libc.syscall(ctypes.c_long(1000), ctypes.c_long(number | pointers << 16), *values)
        return errno.errorcode[ctypes.get_errno()] if result == -1 else result
    HERE = -100
    for line in sys.argv[2].split('\\n'):
        result = eval(line)
        print(line.split('(')[1].split(',')[0].strip(")'"), result if isinstance(result, str) else 'done')
        sys.stdout.flush()
    """

  /// The results of the attempts, in order, or the status of a process that was killed.
  private func attempt(
    _ lines: [String], mode: String = "require", mounts: [String] = [], isa: String = "x86_64"
  ) throws -> (status: Int32, results: [String]) {
    let outcome = try execute(
      Self.brokenKernel,
      [mode, Checkout.rootfs(isa).path, scratch.path("script") + ":/mnt:ro"] + mounts + [
        "--", "/usr/bin/python3", "/mnt/attempt.py", Checkout.nativeISA,
        lines.joined(separator: "\n"),
      ])
    if outcome.status == 0 { #expect(outcome.error.isEmpty, "\(outcome.error)") }
    let results = outcome.text.split(separator: "\n").map { String($0.split(separator: " ")[1]) }
    return (outcome.status, results)
  }

  /// Attempts and their expected results.
  private func expect(
    _ attempts: [(line: String, result: String)], mode: String = "require", mounts: [String] = [],
    isa: String = "x86_64"
  ) throws {
    let outcome = try attempt(attempts.map(\.line), mode: mode, mounts: mounts, isa: isa)
    #expect(outcome.status == 0)
    #expect(outcome.results.count == attempts.count)
    for (attempt, result) in zip(attempts, outcome.results) {
      #expect(attempt.result == result, "\(attempt.line)")
    }
  }

  private var outside: String { scratch.path("outside") }
  private var inside: String { scratch.path("inside") }

  @Test(arguments: ["x86_64", "aarch64"]) func noFileOutsideIsReached(_ isa: String) throws {
    try expect(
      [
        // The calls work, and the root is accessible.
        ("host('getpid')", "done"),
        ("host('openat', HERE, '\(Checkout.rootfs(isa).path)/etc/passwd', 0)", "done"),
        ("host('openat', HERE, '\(outside)/canary', 0)", "EACCES"),
        ("host('openat', HERE, '\(outside)', 0o200000)", "EACCES"),
        ("host('openat', HERE, '/etc/shadow', 0)", "EACCES"),
        ("host('openat', HERE, '/proc/1/environ', 0)", "EACCES"),
        ("host('openat', HERE, '/proc/self/mem', 2)", "EACCES"),
        ("host('openat', HERE, '/dev/null', 2)", "EACCES"),
        ("host('openat', HERE, '\(outside)/new', 0o101, 0o666)", "EACCES"),
        ("host('openat', HERE, '\(Checkout.rootfs(isa).path)/etc/passwd', 1)", "EACCES"),
        ("host('unlinkat', HERE, '\(outside)/canary', 0)", "EACCES"),
        ("host('truncate', '\(outside)/canary', 0)", "ENOSYS"),
        ("host('fchmodat', HERE, '\(outside)/canary', 0o777)", "ENOSYS"),
        ("host('setxattr', '\(outside)/canary', 'user.x', 'y', 1, 0)", "ENOSYS"),
        ("host('renameat2', HERE, '\(outside)/canary', HERE, '\(outside)/x')", "ENOSYS"),
        ("host('linkat', HERE, '\(outside)/canary', HERE, '\(outside)/x', 0)", "ENOSYS"),
        ("host('symlinkat', '/etc', HERE, '\(outside)/x')", "ENOSYS"),
        ("host('mkdirat', HERE, '\(outside)/x', 0o777)", "ENOSYS"),
        ("host('mknodat', HERE, '\(outside)/x', 0o20666, 0x101)", "ENOSYS"),
      ], isa: isa)
    #expect(try String(contentsOfFile: outside + "/canary", encoding: .utf8) == "canary")
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["canary"])
  }

  @Test func noOtherProcessIsReached() throws {
    let other = ProcessInfo.processInfo.processIdentifier
    try expect([
      ("host('kill', \(other), 0)", "EPERM"), ("host('kill', -1, 0)", "EPERM"),
      ("host('kill', 0, 0)", "EPERM"), ("host('pidfd_open', \(other), 0)", "ENOSYS"),
      ("host('clone', 17, 0, 0, 0, 0)", "EPERM"), ("host('fork')", "ENOSYS"),
      ("host('vfork')", "ENOSYS"), ("host('clone3', 'x' * 88, 88)", "ENOSYS"),
      ("host('socket', 1, 1, 0)", "EACCES"), ("host('socket', 2, 1, 0)", "EACCES"),
      ("host('socket', 2, 2, 0)", "EACCES"), ("host('socket', 16, 3, 0)", "EACCES"),
      ("host('mmap', 0, 4096, 7, 0x22, -1)", "EPERM"),
      ("host('mmap', 0, 4096, 3, 0x22, -1)", "done"),
      ("host('memfd_create', 'x', 0)", "ENOSYS"), ("host('setuid', 0)", "ENOSYS"),
      ("host('capset', 'x' * 8, 'x' * 24)", "ENOSYS"), ("host('seccomp', 1, 0, 0)", "ENOSYS"),
      ("host('prctl', 4, 1)", "EINVAL"), ("host('ioctl', 0, 0x5412, 'x')", "ENOTTY"),
      ("host('landlock_create_ruleset', 0, 0, 1)", "ENOSYS"),
    ])
  }

  /// SIGSYS: signal 31.
  @Test(arguments: [
    "host('execve', '/bin/sh', 0, 0)", "host('execveat', HERE, '/bin/sh', 0, 0, 0)",
    "host('ptrace', 16, 1, 0, 0)", "host('process_vm_readv', 1, 0, 0, 0, 0)",
    "host('mount', 0, '/', 0, 0x4000, 0)", "host('unshare', 0x10000000)",
    "host('setns', 0, 0)", "host('chroot', '/')", "host('clone', 0x10000011, 0, 0, 0, 0)",
    "host('bpf', 0, 0, 0)", "host('perf_event_open', 0, 0, 0, 0, 0)",
    "host('userfaultfd', 0)", "host('io_uring_setup', 8, 'x')", "host('keyctl', 0, 0)",
    "host('kexec_load', 0, 0, 0, 0)", "host('open_by_handle_at', 0, 'x', 0)",
  ]) func dangerousCallsEndTheProcess(_ line: String) throws {
    let outcome = try attempt(["host('getpid')", line])
    #expect(outcome.status == 128 + 31)
    #expect(outcome.results == ["done"])
  }

  @Test func aWritableMountIsAllThatCanBeWritten() throws {
    try expect(
      [
        ("host('openat', HERE, '\(inside)/new', 0o101, 0o666)", "done"),
        ("host('mkdirat', HERE, '\(inside)/folder', 0o777)", "done"),
        ("host('renameat2', HERE, '\(inside)/new', HERE, '\(inside)/folder/new')", "done"),
        ("host('linkat', HERE, '\(inside)/folder/new', HERE, '\(inside)/link', 0)", "done"),
        ("host('symlinkat', '\(outside)/canary', HERE, '\(inside)/symbolic')", "done"),
        ("host('openat', HERE, '\(inside)/symbolic', 0)", "EACCES"),
        ("host('openat', HERE, '\(inside)/../outside/canary', 0)", "EACCES"),
        ("host('openat', HERE, '\(outside)/canary', 1)", "EACCES"),
        ("host('openat', HERE, '\(outside)/new', 0o101, 0o666)", "EACCES"),
        ("host('truncate', '\(outside)/canary', 0)", "EACCES"),
        ("host('mkdirat', HERE, '\(outside)/x', 0o777)", "EACCES"),
        ("host('symlinkat', '/etc', HERE, '\(outside)/x')", "EACCES"),
        ("host('linkat', HERE, '\(outside)/canary', HERE, '\(inside)/x', 0)", "EXDEV"),
        ("host('renameat2', HERE, '\(inside)/link', HERE, '\(outside)/x')", "EACCES"),
        ("host('renameat2', HERE, '\(outside)/canary', HERE, '\(inside)/x')", "EACCES"),
        ("host('mknodat', HERE, '\(inside)/x', 0o20666, 0x101)", "ENOSYS"),
      ], mounts: [inside + ":/srv"])
    #expect(try String(contentsOfFile: outside + "/canary", encoding: .utf8) == "canary")
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["canary"])
  }

  /// Without confinement the attempts succeed.
  @Test func withoutConfinementTheGuestEscapes() throws {
    try expect(
      [
        ("host('openat', HERE, '\(outside)/canary', 0)", "done"),
        ("host('openat', HERE, '\(outside)/new', 0o101, 0o666)", "done"),
        ("host('fchmodat', HERE, '\(outside)/canary', 0o777)", "done"),
        ("host('kill', \(ProcessInfo.processInfo.processIdentifier), 0)", "done"),
        ("host('socket', 2, 1, 0)", "done"), ("host('mmap', 0, 4096, 7, 0x22, -1)", "done"),
        ("host('unlinkat', HERE, '\(outside)/new', 0)", "done"),
      ], mode: "off")
  }
}

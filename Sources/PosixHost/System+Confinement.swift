// Raw calls by which a Linux process confines itself; other systems have none.

internal import CPosixShims
internal import HostABI

// SAFETY (all of this file): pointers passed to the calls below point to values or buffers that
// outlive the call, with the size that is passed beside them.

#if os(Linux)
  #if canImport(Glibc)
    internal import Glibc
  #else
    internal import Musl
  #endif

  #if arch(x86_64)
    let system_architecture: HostSyscall.Architecture? = .x86_64
  #elseif arch(arm64)
    let system_architecture: HostSyscall.Architecture? = .aarch64
  #else
    let system_architecture: HostSyscall.Architecture? = nil
  #endif

  /// The version of Landlock; 0 if there is none.
  func system_landlock_version() -> Int { Int(max(0, godwit_landlock_version())) }

  /// Creates a ruleset that governs these rights, and returns its descriptor.
  func system_landlock_create(
    version: Int, files: UInt64, network: UInt64, scoped: UInt64
  ) throws(HostError) -> Int32 {
    var ruleset = godwit_landlock_ruleset(
      handled_access_fs: files, handled_access_net: network, scoped: scoped)
    return try checked { unsafe godwit_landlock_create(&ruleset, Int32(version)) }
  }

  func system_landlock_allow_path(
    _ ruleset: Int32, _ descriptor: Int32, _ access: UInt64
  ) throws(HostError) {
    _ = try checked { godwit_landlock_allow_path(ruleset, descriptor, access) }
  }

  func system_landlock_allow_port(
    _ ruleset: Int32, _ port: UInt16, _ access: UInt64
  ) throws(HostError) {
    _ = try checked { godwit_landlock_allow_port(ruleset, port, access) }
  }

  func system_landlock_restrict(_ ruleset: Int32) throws(HostError) {
    _ = try checked { godwit_landlock_restrict(ruleset) }
  }

  func system_seccomp_is_offered() -> Bool { godwit_seccomp_is_offered() == 1 }

  func system_seccomp_install(_ program: [BPFInstruction]) throws(HostError) {
    let program = program.map { godwit_bpf(code: $0.code, jt: $0.jt, jf: $0.jf, k: $0.k) }
    _ = try checked { unsafe godwit_seccomp_install(program, program.count) }
  }

  func system_has_openat2() -> Bool { godwit_has_openat2() == 1 }

  func system_no_new_privileges() throws(HostError) {
    _ = try checked { godwit_no_new_privileges() }
  }

  func system_forbid_core_dumps() throws(HostError) {
    _ = try checked { godwit_forbid_core_dumps() }
  }

  /// The capabilities that this process has, as bits.
  func system_capabilities() throws(HostError) -> UInt64 {
    var permitted: UInt64 = 0
    _ = try checked { unsafe godwit_capabilities(&permitted) }
    return permitted
  }

  func system_keep_capabilities(_ kept: UInt64) throws(HostError) {
    _ = try checked { godwit_keep_capabilities(kept) }
  }

  /// Opens a file or directory for names only (O_PATH, open(2)).
  func system_open_path(_ path: [UInt8]) throws(HostError) -> Int32 {
    try system_open(path, Int32(GODWIT_O_PATH) | O_CLOEXEC)
  }

  /// The number of threads of this process.
  func system_thread_count() throws(HostError) -> Int {
    // Each is a directory in there (proc_pid_task(5)).
    Int(try system_lstat(Array("/proc/self/task".utf8)).st_nlink) - 2
  }
#else
  let system_architecture: HostSyscall.Architecture? = nil

  func system_landlock_version() -> Int { 0 }

  func system_landlock_create(
    version: Int, files: UInt64, network: UInt64, scoped: UInt64
  ) throws(HostError) -> Int32 { throw .notSupported }

  func system_landlock_allow_path(
    _ ruleset: Int32, _ descriptor: Int32, _ access: UInt64
  ) throws(HostError) { throw .notSupported }

  func system_landlock_allow_port(
    _ ruleset: Int32, _ port: UInt16, _ access: UInt64
  ) throws(HostError) { throw .notSupported }

  func system_landlock_restrict(_ ruleset: Int32) throws(HostError) { throw .notSupported }

  func system_seccomp_is_offered() -> Bool { false }

  func system_seccomp_install(_ program: [BPFInstruction]) throws(HostError) { throw .notSupported }

  func system_has_openat2() -> Bool { false }

  func system_no_new_privileges() throws(HostError) { throw .notSupported }

  func system_forbid_core_dumps() throws(HostError) { throw .notSupported }

  func system_capabilities() throws(HostError) -> UInt64 { 0 }

  func system_keep_capabilities(_ kept: UInt64) throws(HostError) {}

  func system_open_path(_ path: [UInt8]) throws(HostError) -> Int32 { throw .notSupported }

  func system_thread_count() throws(HostError) -> Int { throw .notSupported }
#endif

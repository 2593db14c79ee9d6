internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The host process of a picoprocess: its environment, its working directory and its end.
package enum HostProcess {
  package static var id: Int32 { getpid() }

  /// The path of this program's file.
  package static var ownProgram: String {
    // SAFETY: it is a constant of the C shims, which ends with a zero.
    unsafe String(cString: godwit_program_path())
  }

  /// The same, as other processes can name it.
  package static func ownProgramPath() throws(HostError) -> String {
    String(decoding: try resolve(ownProgram), as: UTF8.self)
  }

  /// The environment, as `NAME=value` strings.
  package static var environment: [[UInt8]] { system_environment() }

  /// The value of an environment variable. An empty one counts as unset, as it does for XDG's and POSIX's.
  package static func environmentValue(_ name: String) -> String? {
    system_getenv(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where this user's files of a kind are: what the variable says, or else a directory below `$HOME`.
  ///
  /// - Parameters:
  ///   - variable: one of XDG's. A relative path in it counts as unset, as the specification has it.
  ///   - fallback: relative to `$HOME`.
  /// - Returns: nil if neither variable is set.
  package static func userDirectory(_ variable: String, or fallback: String) -> String? {
    func absolute(_ name: String) -> String? {
      environmentValue(name).flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    return absolute(variable) ?? absolute("HOME").map { "\($0)/\(fallback)" }
  }

  /// Where this user's programs keep their state.
  package static var stateDirectory: String? {
    userDirectory("XDG_STATE_HOME", or: ".local/state")
  }

  /// Whether an inherited descriptor is a terminal.
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The width of the terminal that an inherited descriptor is; nil if it isn't known.
  package static func terminalColumns(_ descriptor: Int32) -> Int? {
    guard let size = try? system_get_window_size(descriptor), size.columns > 0 else { return nil }
    return Int(size.columns)
  }

  /// The user whose rights this process has.
  package static var userID: UInt32 { geteuid() }

  /// The working directory, absolute.
  package static func workingDirectory() throws(HostError) -> [UInt8] {
    try system_realpath([UInt8(ascii: ".")])
  }

  /// `path` as an absolute path without symbolic links; all components must exist.
  package static func resolve(_ path: String) throws(HostError) -> [UInt8] {
    try system_realpath(Array(path.utf8))
  }

  /// From now on a crash of this process, such as a failed precondition, ends it with `status` and one line
  /// on standard error. With GODWIT_BACKTRACE=1 the Swift runtime reports it, and the signal ends the
  /// process.
  package static func reportCrashes(exitStatus status: Int32) {
    if environmentValue("GODWIT_BACKTRACE") != "1" { godwit_crashes_exit(status) }
  }

  /// From now on an access to one of these addresses that the file which is mapped there has no bytes for, since it was
  /// truncated, ends this process with `status` and the line `message` on standard error.
  package static func exitOnBusError(
    in addresses: Range<UInt>, status: Int32, _ message: String
  ) {
    // SAFETY: the call copies the text, which ends with a zero, before it returns.
    unsafe message.withCString {
      unsafe godwit_bus_errors_exit(addresses.lowerBound, addresses.upperBound, status, $0)
    }
  }

  /// The host's monotonic clock, in nanoseconds.
  package static var monotonicTime: Int64 { system_clock_gettime(CLOCK_MONOTONIC).totalNanoseconds }

  /// The host's clock of the time of day, in nanoseconds since 1970.
  package static var realTime: Int64 { system_clock_gettime(CLOCK_REALTIME).totalNanoseconds }

  /// Processors that this process may run on.
  package static var processorCount: Int { Int(godwit_processor_count()) }

  /// The machine's ISA, as uname(2) has it.
  package static var machine: String { system_uname()[2] }

  /// Kernel and processor, for people.
  package static var machineDescription: String {
    let kernel = system_uname().joined(separator: " ")
    // Of several the first.
    guard let file = try? InputFile("/proc/cpuinfo"),
      let text = try? file.read(at: 0, count: 1 << 16),
      let line = String(decoding: text, as: UTF8.self).split(separator: "\n")
        .first(where: { $0.hasPrefix("model name") }),
      let colon = line.firstIndex(of: ":")
    else { return kernel }
    return kernel + "," + line[line.index(after: colon)...]
  }

  /// Gives the host back the memory that has code of this program and its libraries. What is needed of it comes back from
  /// their files.
  package static func giveBackCode() { godwit_give_back_code() }

  /// Sleeps; for helper threads.
  package static func sleep(nanoseconds: Int64) {
    var none: [pollfd] = []
    _ = system_poll(&none, timeout: max(0, nanoseconds))
  }

  /// Runs another program in place of this one.
  ///
  /// - Parameter words: its path, and its arguments.
  package static func become(_ words: [String]) throws(HostError) -> Never {
    try system_execute(words)
  }

  /// Runs a program in namespaces of its own, where nothing that it does changes the host, and ends this process with
  /// its status as a shell gives it: 125, and a line on standard error, if it can't be. Only where there is one thread.
  package static func becomeIsolated(_ arguments: [String]) throws(HostError) -> Never {
    try system_run_isolated(arguments)
  }

  /// Ends the process at once. Nothing is buffered, and the host frees its resources.
  package static func exit(_ status: Int32) -> Never { _exit(status) }
}

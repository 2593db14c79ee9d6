import Foundation
import Glibc

/// Starts `program` with `arguments` and waits for it: its status as a shell gives it.
func spawn(
  _ program: String, _ arguments: [String], input: String = "/dev/null", output: String,
  error: String
) throws -> Int32 {
  let child = try unsafe begin([program] + arguments) { actions in
    let flags = O_WRONLY | O_CREAT | O_APPEND
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, error, flags, 0o600)
  }
  var status: Int32 = 0
  while unsafe waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { throw Failed("waitpid: error \(errno)") }
  }
  return shellStatus(status)
}

/// Runs the program at the path `command[0]`, without input and output.
///
/// - Returns: its wait status as wait(2) has it, which tells a signal from an exit code; nil when it was
///   killed because it took longer than `seconds`. And the most memory that it had, in MiB.
func waitStatus(of command: [String], seconds: Int) throws -> (status: Int32?, peak: Int) {
  let child = try unsafe begin(command) { actions in
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  }
  var status: Int32 = 0
  var peak = 0
  let end = Date(timeIntervalSinceNow: TimeInterval(seconds))
  while unsafe waitpid(child, &status, WNOHANG) != child {
    peak = max(peak, peakMemory(of: child))
    if end.timeIntervalSinceNow < 0 {
      kill(child, SIGKILL)
      unsafe waitpid(child, &status, 0)
      return (nil, peak)
    }
    usleep(2_000)
  }
  return (status, peak)
}

/// The most memory that a process has had since it began its program, in MiB. (The rusage of wait4(2) would have
/// that of this process in it, from before.)
private func peakMemory(of process: pid_t) -> Int {
  let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) >> 10
}

/// Starts the program at the path `command[0]`.
///
/// Foundation's `Process` hands the signal mask of its own thread on, and the threads that tests run on
/// have most signals blocked: a program that waits for one would wait for ever. Here every signal is
/// unblocked and has its default action.
///
/// - Parameter session: it leads a session of its own.
/// - Parameter streams: opens its standard streams; other descriptors are closed.
func begin(
  _ command: [String], environment: [String: String] = [:], session: Bool = false,
  _ streams: (inout posix_spawn_file_actions_t) -> Void
) throws -> pid_t {
  var attributes = posix_spawnattr_t()
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawnattr_init(&attributes)
  unsafe posix_spawn_file_actions_init(&actions)
  defer {
    unsafe posix_spawnattr_destroy(&attributes)
    unsafe posix_spawn_file_actions_destroy(&actions)
  }
  var none = sigset_t()
  var all = sigset_t()
  unsafe sigemptyset(&none)
  unsafe sigfillset(&all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  var flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
  if session { flags |= 0x80 }  // POSIX_SPAWN_SETSID, which the overlay lacks.
  unsafe posix_spawnattr_setflags(&attributes, flags)
  unsafe streams(&actions)
  // Other tests open descriptors at the same time, not all of them to be closed in children.
  for descriptor in 3..<Int32(min(1024, sysconf(Int32(_SC_OPEN_MAX)))) {
    unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
  }

  var words = unsafe command.map { unsafe strdup($0) } + [nil]
  let settings = ProcessInfo.processInfo.environment
    .merging(Checkout.settings) { $1 }
    .merging(environment) { $1 }
  var variables = unsafe settings.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
  defer {
    unsafe (words + variables).forEach { unsafe free($0) }
  }
  var child: pid_t = 0
  let failure = unsafe posix_spawn(
    &child, command[0], &actions, &attributes, &words, &variables)
  guard failure == 0 else { throw Failed("\(command[0]): error \(failure)") }
  return child
}

/// What a shell says of a wait status: the exit code, or 128 + n when signal n killed it.
func shellStatus(_ status: Int32) -> Int32 {
  let signal = status & 0x7f
  return signal == 0 ? status >> 8 & 0xff : 128 + signal
}

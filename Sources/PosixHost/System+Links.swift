// Raw calls about the two ends of a link; see System.swift.

internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// SAFETY (all of this file): pointers passed to the calls below point to values or buffers that
// outlive the call, with the size that is passed beside them.

/// Starts a program; see the shim. Returns its process.
func system_start_program(
  _ arguments: [String], input: Int32, output: Int32, error: Int32 = 2
) throws(HostError) -> Int32 {
  try unsafe with_words(arguments) { unsafe godwit_start_program($0, input, output, error, &$1) }
}

/// Starts a program that is watched; see the shim. Returns its process.
func system_start_watched(_ arguments: [String], output: Int32, hasOutput: Bool)
  throws(HostError) -> Int32
{
  try unsafe with_words(arguments) { unsafe godwit_start_watched($0, output, hasOutput, &$1) }
}

/// Has the program run in namespaces of its own, and ends this process with it; see the shim.
func system_run_isolated(_ arguments: [String]) throws(HostError) -> Never {
  _ = try unsafe with_words(arguments) { words, _ in unsafe godwit_run_isolated(words) }
  fatalError("it has not ended")
}

/// Lends the words of a command to `body`, which makes a process or returns an error's number.
private func with_words(
  _ arguments: [String],
  _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, inout Int32) -> Int32
) throws(HostError) -> Int32 {
  guard !arguments.contains(where: { $0.utf8.contains(0) }), !arguments.isEmpty else {
    throw .invalid
  }
  var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  defer { unsafe words.forEach { unsafe free($0) } }
  var child: Int32 = -1
  let result = unsafe words.withUnsafeMutableBufferPointer { words in
    // It has at least the last.
    unsafe body(words.baseAddress!, &child)
  }
  if result != 0 { throw HostError(errno: result) }
  return child
}

/// Runs a program in place of this one (execv(3)).
func system_execute(_ arguments: [String]) throws(HostError) -> Never {
  guard !arguments.contains(where: { $0.utf8.contains(0) }), !arguments.isEmpty else {
    throw .invalid
  }
  var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  unsafe execv(words[0]!, &words)
  throw HostError(errno: errno)
}

enum ChildState {
  case running
  /// With this status, as a shell gives it.
  case ended(Int32)
  /// Somebody else has waited for it.
  case gone
}

func system_reap(_ child: Int32) -> ChildState {
  var status: Int32 = 0
  let result = unsafe godwit_reap(child, &status)
  if result == 0 { return .running }
  guard result == child else { return errno == EINTR ? .running : .gone }
  return .ended(shellStatus(status))
}

/// What a shell says of a process that ended so.
func shellStatus(_ word: Int32) -> Int32 {
  let signal = word & 0x7f
  return signal == 0 ? word >> 8 & 0xff : 128 + signal
}

/// Kills the processes of a group.
func system_kill_group(_ group: Int32) { kill(-group, SIGKILL) }

/// Forks; 0 in the child.
func system_fork_session() throws(HostError) -> Int32 { try checked { godwit_fork_session() } }

/// Blocks signals of this thread.
func system_hold_signals(_ signals: [Int32]) { system_mask_signals(signals, SIG_BLOCK) }

/// Delivers those that came meanwhile.
func system_release_signals(_ signals: [Int32]) { system_mask_signals(signals, SIG_UNBLOCK) }

/// Whether one of these is blocked and has come.
func system_has_pending_signal(_ signals: [Int32]) -> Bool {
  var pending = sigset_t()
  guard unsafe sigpending(&pending) == 0 else { return false }
  for signal in signals where unsafe sigismember(&pending, signal) == 1 { return true }
  return false
}

private func system_mask_signals(_ signals: [Int32], _ change: Int32) {
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for signal in signals { unsafe sigaddset(&set, signal) }
  _ = unsafe pthread_sigmask(change, &set, nil)
}

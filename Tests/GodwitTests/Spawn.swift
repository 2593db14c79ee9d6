import Foundation
import Glibc

/// Starts `program` with `arguments` and waits for it: its status as a shell gives it.
///
/// Foundation's `Process` hands the signal mask of its own thread on, and the threads that tests run on
/// have most signals blocked: a program that waits for one would wait for ever. Here every signal is
/// unblocked and has its default action.
func spawn(
  _ program: String, _ arguments: [String], input: String = "/dev/null", output: String,
  error: String
) throws -> Int32 {
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
  unsafe posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  unsafe posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_APPEND, 0o600)

  // Other tests open descriptors at the same time, not all of them to be closed in children.
  for descriptor in 3..<Int32(min(1024, sysconf(Int32(_SC_OPEN_MAX)))) {
    unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
  }

  var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
  defer { for unsafe word in unsafe words { unsafe free(word) } }
  var child: pid_t = 0
  let failure = unsafe posix_spawn(&child, program, &actions, &attributes, &words, environ)
  guard failure == 0 else { throw Failed("\(program): error \(failure)") }
  var status: Int32 = 0
  while unsafe waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { throw Failed("waitpid: error \(errno)") }
  }
  let signal = status & 0x7f
  return signal == 0 ? status >> 8 & 0xff : 128 + signal
}

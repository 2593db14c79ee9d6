/// Sizes that Linux promises to programs (`linux/limits.h`, `linux/uio.h`, `limits(5)` man pages).
package enum Limits {
  /// Bytes of a path, with its terminating NUL.
  package static let PATH_MAX = 4096
  /// Bytes of one path component, without a NUL.
  package static let NAME_MAX = 255
  /// Bytes that a pipe takes in one piece.
  package static let PIPE_BUF = 4096
  /// Bytes that a fresh pipe holds: sixteen pages.
  package static let PIPE_CAPACITY = 65536
  /// Vectors of one `readv` or `writev`.
  package static let UIO_MAXIOV = 1024
  /// Symbolic links followed in one look-up (`path_resolution(7)`).
  package static let MAXSYMLINKS = 40
  /// Bytes that one `read` or `write` moves at most: `INT_MAX` rounded down to a page.
  package static let MAX_RW_COUNT = 0x7fff_f000
  /// Bytes of one argument or environment string (`execve(2)`).
  package static let MAX_ARG_STRLEN = 131_072
  /// Bytes of a thread's name with its NUL (`PR_SET_NAME`).
  package static let TASK_COMM_LEN = 16
  /// Supplementary groups of a process (`setgroups(2)`).
  package static let NGROUPS_MAX = 65536
  /// Clock ticks in a second that `times(2)` and `/proc` count in.
  package static let USER_HZ: UInt64 = 100
}

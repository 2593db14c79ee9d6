// Processes at the two ends of a link: the program that makes it, and the one that outlives it.
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/// `input` and `output` are -1 for /dev/null. A program that is watched has a session of its own.
static int start_program(char *const arguments[], int input, int output, int error, bool is_watched,
                         int32_t *child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  // They are closed on exec, unless they are these already; their copies are not.
  if (input >= 0) {
    posix_spawn_file_actions_adddup2(&actions, input, 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  if (output >= 0) {
    posix_spawn_file_actions_adddup2(&actions, output, 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, error, 2);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  // Libraries open some that are not closed on exec, such as NIO its sockets.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  // A job in the background ignores some, which a program that is watched is not to inherit.
  if (is_watched) sigfillset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            (is_watched ? POSIX_SPAWN_SETSID : 0));
  pid_t started = -1;
  int result = posix_spawnp(&started, arguments[0], &actions, &attributes, arguments,
                            godwit_environment());
  *child = started;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return result;
}

int godwit_start_program(char *const arguments[], int input, int output, int error,
                         int32_t *child) {
  return start_program(arguments, input, output, error, false, child);
}

int godwit_start_watched(char *const arguments[], int output, bool has_output, int32_t *child) {
  return start_program(arguments, -1, has_output ? output : -1, output, true, child);
}

int godwit_reap(int32_t child, int *status) { return waitpid(child, status, WNOHANG); }

int godwit_fork_session(void) {
  pid_t child = fork();
  if (child != 0) return child;
  // It has no terminal and no job control.
  setsid();
  return 0;
}

int godwit_narrow_pipe(int fd, int bytes) {
#ifdef F_SETPIPE_SZ
  return fcntl(fd, F_SETPIPE_SZ, bytes) < 0 ? -1 : 0;
#else
  (void)fd;
  (void)bytes;
  return 0;
#endif
}

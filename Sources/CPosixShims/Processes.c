// Starting this program again.
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

/// `error`: what its standard error is.
static int start(char *const arguments[], const int *inherited, size_t count, int error,
                 int keeps_streams, pid_t *child) {
  enum { LIMIT = 8 };
  int copies[LIMIT];
  size_t copied = 0;
  int result = count <= LIMIT ? 0 : EINVAL;
  // Above all of the places where they are to be.
  for (; result == 0 && copied < count; copied++) {
    copies[copied] = fcntl(inherited[copied], F_DUPFD_CLOEXEC, 3 + LIMIT);
    if (copies[copied] < 0) {
      result = errno;
      break;
    }
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  if (!keeps_streams) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  }
  if (error != 2) posix_spawn_file_actions_adddup2(&actions, error, 2);
  for (size_t i = 0; i < copied; i++) {
    posix_spawn_file_actions_adddup2(&actions, copies[i], 3 + (int)i);
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  if (result == 0) {
    result = posix_spawn(child, godwit_program_path(), &actions, &attributes, arguments,
                         godwit_environment());
  }
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  for (size_t i = 0; i < copied; i++) close(copies[i]);
  return result;
}

int godwit_start_again(char *const arguments[], const int *inherited, size_t count, int error) {
  pid_t child;
  return start(arguments, inherited, count, error, 0, &child);
}

int godwit_start_detached(char *const arguments[], int connection, int32_t *child) {
  pid_t started = -1;
  int result = start(arguments, &connection, 1, 2, 1, &started);
  *child = started;
  return result;
}

int godwit_wait_for(int32_t child, int *status) { return waitpid(child, status, 0) == child ? 0 : -1; }

int godwit_socket_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
  for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  return 0;
}

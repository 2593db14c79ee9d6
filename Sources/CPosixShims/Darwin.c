// What Linux.c does, on Darwin. Written by its manual pages, not compiled yet: see Docs/Porting.md.
#ifdef __APPLE__
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

// --- Files ---------------------------------------------------------------------------------------

int godwit_rename_exclusive(const char *from, const char *to) {
  return renamex_np(from, to, RENAME_EXCL);
}

int godwit_fallocate(int fd, int mode, int64_t offset, int64_t length) {
  (void)fd, (void)mode, (void)offset, (void)length;
  errno = ENOTSUP;
  return -1;
}

void godwit_stat_times(const struct stat *status, int64_t times[6]) {
  const struct timespec *all[3] = {&status->st_atimespec, &status->st_mtimespec,
                                   &status->st_ctimespec};
  for (int i = 0; i < 3; i++) {
    times[2 * i] = all[i]->tv_sec;
    times[2 * i + 1] = all[i]->tv_nsec;
  }
}

void godwit_device_numbers(uint64_t device, uint32_t *major_number, uint32_t *minor_number) {
  *major_number = (uint32_t)major(device);
  *minor_number = (uint32_t)minor(device);
}

// --- Terminals -----------------------------------------------------------------------------------

int godwit_get_termios2(int fd, struct godwit_termios2 *modes) {
  (void)fd, (void)modes;
  errno = ENOTSUP;
  return -1;
}

int godwit_set_termios2(int fd, int when, const struct godwit_termios2 *modes) {
  (void)fd, (void)when, (void)modes;
  errno = ENOTSUP;
  return -1;
}

// --- Sockets -------------------------------------------------------------------------------------

int godwit_socket_unix(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

int godwit_accept(int fd) {
  int connection = accept(fd, NULL, NULL);
  if (connection >= 0) fcntl(connection, F_SETFD, FD_CLOEXEC);
  return connection;
}

ssize_t godwit_send(int fd, const void *bytes, size_t count) {
  // The host ignores SIGPIPE.
  return send(fd, bytes, count, MSG_DONTWAIT);
}

int godwit_peer_user(int fd, uint32_t *user) {
  uid_t uid;
  gid_t gid;
  if (getpeereid(fd, &uid, &gid) != 0) return -1;
  *user = uid;
  return 0;
}

// --- Waiting -------------------------------------------------------------------------------------

int godwit_poll(struct pollfd *items, nfds_t count, int64_t timeout) {
  // Rounded up: never back before the time.
  int64_t milliseconds = timeout < 0 ? -1 : timeout / 1000000 + (timeout % 1000000 > 0);
  return poll(items, count, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
}

int godwit_waker_open(int ends[2]) {
  if (pipe(ends) != 0) return -1;
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

void godwit_waker_drain(int end) {
  uint64_t scratch[64];
  while (read(end, scratch, sizeof scratch) > 0) {
  }
}

// --- The machine ---------------------------------------------------------------------------------

int godwit_random(void *buffer, size_t count) {
  arc4random_buf(buffer, count);
  return 0;
}

uint64_t godwit_peak_resident_bytes(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return (uint64_t)usage.ru_maxrss;
}

int godwit_processor_count(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

#endif

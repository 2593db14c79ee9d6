#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#endif

int godwit_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int godwit_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

int godwit_rename_exclusive(const char *from, const char *to) {
#ifdef __linux__
  // Not every C library wraps renameat2(2).
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */);
#else
  return renamex_np(from, to, RENAME_EXCL);
#endif
}

#ifdef __linux__
_Static_assert(GODWIT_O_TMPFILE == O_TMPFILE, "not this architecture's O_TMPFILE");
#endif

int godwit_ioctl_fionread(int fd, int *count) { return ioctl(fd, FIONREAD, count); }

int godwit_ioctl_get_window_size(int fd, uint16_t size[4]) {
  struct winsize window;
  if (ioctl(fd, TIOCGWINSZ, &window) != 0) return -1;
  size[0] = window.ws_row;
  size[1] = window.ws_col;
  size[2] = window.ws_xpixel;
  size[3] = window.ws_ypixel;
  return 0;
}

int godwit_ioctl_set_window_size(int fd, const uint16_t size[4]) {
  struct winsize window = {
      .ws_row = size[0], .ws_col = size[1], .ws_xpixel = size[2], .ws_ypixel = size[3]};
  return ioctl(fd, TIOCSWINSZ, &window);
}

int godwit_readdir(DIR *directory, const char **name, size_t *length, uint8_t *type) {
  errno = 0;
  struct dirent *entry = readdir(directory);
  if (entry == NULL) return errno == 0 ? 0 : -1;
  *name = entry->d_name;
  *length = strlen(entry->d_name);
  *type = entry->d_type;
  return 1;
}

int godwit_poll(struct pollfd *items, nfds_t count, int64_t timeout) {
#ifdef __linux__
  struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
  return ppoll(items, count, timeout < 0 ? NULL : &limit, NULL);
#else
  // Rounded up: never back before the time.
  int64_t milliseconds = timeout < 0 ? -1 : timeout / 1000000 + (timeout % 1000000 > 0);
  return poll(items, count, milliseconds > INT32_MAX ? INT32_MAX : (int)milliseconds);
#endif
}

int godwit_random(void *buffer, size_t count) {
#ifdef __linux__
  for (char *next = buffer; count > 0;) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    next += got;
    count -= (size_t)got;
  }
#else
  arc4random_buf(buffer, count);
#endif
  return 0;
}

int godwit_fallocate(int fd, int mode, int64_t offset, int64_t length) {
#ifdef __linux__
  return fallocate(fd, mode, offset, length);
#else
  (void)fd, (void)mode, (void)offset, (void)length;
  errno = ENOTSUP;
  return -1;
#endif
}

void godwit_stat_times(const struct stat *status, int64_t times[6]) {
#ifdef __APPLE__
  const struct timespec *all[3] = {&status->st_atimespec, &status->st_mtimespec,
                                   &status->st_ctimespec};
#else
  const struct timespec *all[3] = {&status->st_atim, &status->st_mtim, &status->st_ctim};
#endif
  for (int i = 0; i < 3; i++) {
    times[2 * i] = all[i]->tv_sec;
    times[2 * i + 1] = all[i]->tv_nsec;
  }
}

void godwit_device_numbers(uint64_t device, uint32_t *major_number, uint32_t *minor_number) {
  *major_number = major(device);
  *minor_number = minor(device);
}

int godwit_socket_unix(void) {
#ifdef __linux__
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

int godwit_accept(int fd) {
#ifdef __linux__
  return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
#else
  int connection = accept(fd, NULL, NULL);
  if (connection >= 0) fcntl(connection, F_SETFD, FD_CLOEXEC);
  return connection;
#endif
}

ssize_t godwit_send(int fd, const void *bytes, size_t count) {
#ifdef MSG_NOSIGNAL
  return send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
#else
  return send(fd, bytes, count, MSG_DONTWAIT);
#endif
}

static int unix_address(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

int godwit_bind_unix(int fd, const char *path) {
  struct sockaddr_un address;
  if (unix_address(path, &address) != 0) return -1;
  return bind(fd, (struct sockaddr *)&address, sizeof address);
}

int godwit_connect_unix(int fd, const char *path) {
  struct sockaddr_un address;
  if (unix_address(path, &address) != 0) return -1;
  return connect(fd, (struct sockaddr *)&address, sizeof address);
}

int godwit_peer_user(int fd, uint32_t *user) {
#ifdef __linux__
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *user = credentials.uid;
#else
  uid_t uid;
  gid_t gid;
  if (getpeereid(fd, &uid, &gid) != 0) return -1;
  *user = uid;
#endif
  return 0;
}

long godwit_utime_omit(void) { return UTIME_OMIT; }

extern char **environ;

char **godwit_environment(void) { return environ; }

uint64_t godwit_peak_resident_bytes(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return (uint64_t)usage.ru_maxrss;
#else
  return (uint64_t)usage.ru_maxrss * 1024;
#endif
}

int godwit_processor_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

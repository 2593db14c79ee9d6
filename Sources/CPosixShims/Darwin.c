// What Linux.c does, on Darwin. Written by its manual pages, not compiled yet: see Docs/Porting.md.
#ifdef __APPLE__
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <mach-o/dyld.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

// --- Files ---------------------------------------------------------------------------------------

int godwit_fallocate(int fd, int mode, int64_t offset, int64_t length) {
  (void)fd, (void)mode, (void)offset, (void)length;
  errno = ENOTSUP;
  return -1;
}

void godwit_begin_writeback(int fd) { (void)fd; }

// --- Names beneath a directory -------------------------------------------------------------------

int godwit_openat2_beneath(int fd, const char *path, int flags) {
  (void)fd, (void)path, (void)flags;
  errno = ENOSYS;
  return -1;
}

int godwit_stat_at(int fd, const char *path, struct godwit_file_status *status) {
  struct stat found;
  if ((*path ? fstatat(fd, path, &found, AT_SYMLINK_NOFOLLOW) : fstat(fd, &found)) != 0) return -1;
  *status = (struct godwit_file_status){
      .mode = found.st_mode,
      .user = found.st_uid,
      .group = found.st_gid,
      .links = found.st_nlink,
      .size = (uint64_t)found.st_size,
      .blocks = (uint64_t)found.st_blocks,
      .device = (uint64_t)found.st_dev,
      .inode = found.st_ino,
      .major_number = (uint32_t)major(found.st_rdev),
      .minor_number = (uint32_t)minor(found.st_rdev),
      .times = {found.st_atimespec.tv_sec, found.st_atimespec.tv_nsec, found.st_mtimespec.tv_sec,
                found.st_mtimespec.tv_nsec, found.st_ctimespec.tv_sec, found.st_ctimespec.tv_nsec,
                found.st_birthtimespec.tv_sec, found.st_birthtimespec.tv_nsec},
  };
  return 0;
}

int godwit_rename_at(int from_fd, const char *from, int to_fd, const char *to,
                     enum godwit_rename_kind kind) {
  unsigned flags = kind == GODWIT_RENAME_EXCLUSIVE    ? RENAME_EXCL
                   : kind == GODWIT_RENAME_EXCHANGING ? RENAME_SWAP
                                                      : 0;
  return renameatx_np(from_fd, from, to_fd, to, flags);
}

int godwit_make_node(int fd, const char *path, enum godwit_node_type type,
                     uint32_t device_major, uint32_t device_minor) {
  (void)device_major;
  (void)device_minor;
  if (type == GODWIT_NODE_FIFO) return mkfifoat(fd, path, 0600);
  errno = ENOTSUP;
  return -1;
}

int godwit_chmod_descriptor(int fd, mode_t mode) { return fchmod(fd, mode); }

int godwit_chown_descriptor(int fd, uid_t user, gid_t group) { return fchown(fd, user, group); }

int godwit_utimens_descriptor(int fd, const struct timespec times[2]) { return futimens(fd, times); }

int godwit_reopen_descriptor(int fd, int flags) {
  char name[32];
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  return open(name, flags);
}

int godwit_link_descriptor(int fd, int directory, const char *path) {
  (void)fd, (void)directory, (void)path;
  errno = ENOTSUP;
  return -1;
}

int godwit_no_such_attribute(void) { return ENOATTR; }

// Without a name beneath a directory there are no attributes here: they are kept in the snapshot.
ssize_t godwit_get_attribute(int fd, const char *path, const char *attribute, void *value,
                             size_t size) {
  (void)fd, (void)path, (void)attribute, (void)value, (void)size;
  errno = ENOTSUP;
  return -1;
}

ssize_t godwit_list_attributes(int fd, const char *path, char *list, size_t size) {
  (void)fd, (void)path, (void)list, (void)size;
  errno = ENOTSUP;
  return -1;
}

int godwit_set_attribute(int fd, const char *path, const char *attribute, const void *value,
                         size_t size) {
  (void)fd, (void)path, (void)attribute, (void)value, (void)size;
  errno = ENOTSUP;
  return -1;
}

int godwit_remove_attribute(int fd, const char *path, const char *attribute) {
  (void)fd, (void)path, (void)attribute;
  errno = ENOTSUP;
  return -1;
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

int godwit_replace_descriptor(int fd, int place) { return dup2(fd, place); }

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

int godwit_peer_process(int fd, int32_t *process) {
  pid_t pid;
  socklen_t length = sizeof pid;
  if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &length) != 0) return -1;
  *process = pid;
  return 0;
}

const char *godwit_program_path(void) {
  static char path[4096];
  uint32_t size = sizeof path;
  return _NSGetExecutablePath(path, &size) == 0 ? path : "";
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

int godwit_pipe(int ends[2]) {
  if (pipe(ends) != 0) return -1;
  for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return 0;
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

// The system takes them by itself.
void godwit_give_back_code(void) {}

void godwit_thread_lower_priority(void) { pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0); }

// --- Namespaces ----------------------------------------------------------------------------------

void godwit_run_isolated(char *const arguments[]) {
  dprintf(2, "godwit: %s: this system has no namespaces\n", arguments[0]);
  _exit(125);
}

#endif

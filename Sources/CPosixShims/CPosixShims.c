// What every POSIX system has, in a form that Swift can call. What only one has is in Linux.c and Darwin.c.
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int godwit_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int godwit_openat(int fd, const char *path, int flags, mode_t mode) {
  return openat(fd, path, flags, mode);
}

int godwit_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

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

long godwit_utime_omit(void) { return UTIME_OMIT; }

extern char **environ;

char **godwit_environment(void) { return environ; }

void godwit_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The old system calls that only x86-64 still has: open, stat, pipe, dup2, poll, select, access, rename and so on, by number.
#include "check.h"
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <utime.h>

#if !defined __x86_64__
int main(void) {
  STEP("none here");
  return 0;
}
#else
int main(void) {
  enter_scratch();
  struct stat st;
  char buffer[1024];
  int fd = OK(syscall(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0600));
  EQ(write(fd, "hello", 5), 5);
  OK(syscall(SYS_close, OK(syscall(SYS_creat, "g", 0640))));
  OK(syscall(SYS_stat, "f", &st));
  EQ(st.st_size, 5);
  OK(syscall(SYS_lstat, "f", &st));
  OK(syscall(SYS_fstat, fd, &st));
  OK(syscall(SYS_access, "f", R_OK));
  FAILS(ENOENT, syscall(SYS_access, "x", R_OK));
  OK(syscall(SYS_chmod, "f", 0644));
  OK(syscall(SYS_chown, "f", -1, -1));
  OK(syscall(SYS_lchown, "f", -1, -1));
  OK(syscall(SYS_link, "f", "h"));
  OK(syscall(SYS_symlink, "f", "s"));
  EQ(syscall(SYS_readlink, "s", buffer, 100), 1);
  OK(syscall(SYS_rename, "h", "i"));
  OK(syscall(SYS_mkdir, "d", 0700));
  FAILS(EEXIST, syscall(SYS_mkdir, "d", 0700));
  OK(syscall(SYS_mknod, "fifo", S_IFIFO | 0600, 0));
  STEP("files");
  struct utimbuf ub = {100, 200};
  OK(syscall(SYS_utime, "f", &ub));
  OK(syscall(SYS_stat, "f", &st));
  EQ(st.st_mtim.tv_sec, 200);
  struct timeval tv[2] = {{300, 5}, {400, 6}};
  OK(syscall(SYS_utimes, "f", tv));
  OK(syscall(SYS_stat, "f", &st));
  EQ(st.st_mtim.tv_sec, 400);
  EQ(st.st_mtim.tv_nsec, 6000);
  OK(syscall(SYS_futimesat, AT_FDCWD, "f", tv));
  STEP("times");
  int dir = OK(syscall(SYS_open, ".", O_RDONLY | O_DIRECTORY)), names = 0;
  for (long n; (n = OK(syscall(SYS_getdents, dir, buffer, sizeof buffer)));)
    for (long at = 0; at < n; at += *(unsigned short *)(buffer + at + 16)) {
      unsigned short length = *(unsigned short *)(buffer + at + 16);
      int directory = buffer[at + 18] == 'd' || buffer[at + 18] == '.';
      EQ(buffer[at + length - 1] == DT_DIR, directory);  // the type is the last byte
      names++;
    }
  EQ(names, 8);
  STEP("getdents");
  int p[2];
  OK(syscall(SYS_pipe, p));
  EQ(syscall(SYS_dup2, p[1], 60), 60);
  struct pollfd pf = {p[1], POLLOUT, 0};
  EQ(syscall(SYS_poll, &pf, 1, 0), 1);
  fd_set r;
  FD_ZERO(&r);
  FD_SET(p[0], &r);
  struct timeval none = {0, 0};
  EQ(syscall(SYS_select, 64, &r, NULL, NULL, &none), 0);
  int ep = OK(syscall(SYS_epoll_create, 1));
  FAILS(EINVAL, syscall(SYS_epoll_create, 0));
  struct epoll_event e = {EPOLLOUT, {.u32 = 1}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &e));
  EQ(syscall(SYS_epoll_wait, ep, &e, 1, 0), 1);
  OK(syscall(SYS_close, OK(syscall(SYS_eventfd, 1))));
  sigset_t set;
  sigemptyset(&set);
  OK(syscall(SYS_close, OK(syscall(SYS_signalfd, -1, &set, 8))));
  OK(syscall(SYS_close, OK(syscall(SYS_inotify_init))));
  STEP("descriptors");
  CHECK(syscall(SYS_time, NULL) > 1700000000);
  EQ(syscall(SYS_alarm, 0), 0);
  CHECK(syscall(SYS_getpgrp) >= 0);
  OK(syscall(SYS_rmdir, "d"));
  static const char *names_left[] = {"f", "g", "i", "s", "fifo"};
  for (int i = 0; i < 5; i++) OK(syscall(SYS_unlink, names_left[i]));
  STEP("the rest");
  return 0;
}
#endif

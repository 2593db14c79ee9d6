// dup, dup2, dup3, fcntl: shared offsets and flags, separate close-on-exec, lowest free numbers, limits, locks by fcntl and flock.
#include "check.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

static char ignored[64];

int main(void) {
  enter_scratch();
  char c;
  int fd = OK(open("f", O_RDWR | O_CREAT, 0600));
  EQ(write(fd, "0123456789", 10), 10);
  OK(lseek(fd, 3, SEEK_SET));
  int copy = OK(dup(fd)), other = OK(open("f", O_RDWR));
  EQ(read(copy, &c, 1), 1);
  EQ(c, '3');
  EQ(read(fd, &c, 1), 1);
  EQ(c, '4');
  EQ(read(other, &c, 1), 1);
  EQ(c, '0');
  OK(fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK));
  EQ(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
  EQ(fcntl(other, F_GETFL) & O_APPEND, 0);
  OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
  EQ(fcntl(copy, F_GETFD), 0);
  STEP("offset and status flags shared, close-on-exec not");

  EQ(dup2(fd, 50), 50);
  EQ(fcntl(50, F_GETFD), 0);
  EQ(dup2(fd, fd), fd);
  EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  EQ(dup3(fd, 51, O_CLOEXEC), 51);
  EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
  FAILS(EINVAL, dup3(fd, fd, 0));
  FAILS(EINVAL, dup3(fd, 52, O_APPEND));
  FAILS(EBADF, dup2(99, 5));
  FAILS(EBADF, dup2(99, 99));
  FAILS(EBADF, dup2(fd, -1));
  EQ(dup2(other, 50), 50);
  OK(lseek(other, 7, SEEK_SET));
  EQ(read(50, &c, 1), 1);
  EQ(c, '7');
  STEP("dup2, dup3");

  EQ(fcntl(fd, F_DUPFD, 40), 40);
  EQ(fcntl(fd, F_DUPFD_CLOEXEC, 40), 41);
  EQ(fcntl(41, F_GETFD), FD_CLOEXEC);
  FAILS(EINVAL, fcntl(fd, F_DUPFD, 1 << 30));
  FAILS(EINVAL, fcntl(fd, 9999, 0));
  FAILS(EBADF, fcntl(99, F_GETFD));
  OK(close(40));
  EQ(fcntl(fd, F_DUPFD, 30), 30);
  struct rlimit limit, low;
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  low = limit;
  low.rlim_cur = 52;
  OK(setrlimit(RLIMIT_NOFILE, &low));
  FAILS(EBADF, dup2(fd, 52));
  while (dup(fd) != -1) {}
  EQ(errno, EMFILE);
  FAILS(EMFILE, open("f", O_RDONLY));
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  EQ(dup(fd), 52);
  OK(syscall(436, 30, 52, 0));  // close_range
  FAILS(EBADF, fcntl(41, F_GETFD));
  FAILS(EBADF, fcntl(52, F_GETFD));
  EQ(fcntl(30, F_GETFD) == -1, 1);
  STEP("numbers, EMFILE, close_range");

  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
  OK(fcntl(fd, F_SETLK, &lock));
  OK(fcntl(other, F_GETLK, &lock));
  EQ(lock.l_type, F_UNLCK);  // one's own locks never conflict
  lock.l_type = F_RDLCK;
  OK(fcntl(fd, F_SETLKW, &lock));
  lock.l_type = F_UNLCK;
  OK(fcntl(fd, F_SETLK, &lock));
  lock.l_type = 77;
  FAILS(EINVAL, fcntl(fd, F_SETLK, &lock));
  OK(flock(fd, LOCK_EX));
  FAILS(EAGAIN, flock(other, LOCK_EX | LOCK_NB));
  FAILS(EAGAIN, flock(other, LOCK_SH | LOCK_NB));
  OK(flock(copy, LOCK_SH));  // the same open file
  OK(flock(other, LOCK_SH | LOCK_NB));
  OK(flock(fd, LOCK_UN));
  OK(flock(other, LOCK_EX | LOCK_NB));
  OK(close(other));
  OK(flock(fd, LOCK_EX | LOCK_NB));
  FAILS(EINVAL, flock(fd, 64));
  STEP("locks");

  int pending = -1, ends[2];
  OK(pipe(ends));
  EQ(write(ends[1], "abc", 3), 3);
  OK(ioctl(ends[0], FIONREAD, &pending));
  EQ(pending, 3);
  int on = 1;
  OK(ioctl(ends[0], FIONBIO, &on));
  EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  OK(ioctl(ends[0], FIOCLEX));
  EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
  FAILS(ENOTTY, ioctl(fd, TIOCGWINSZ, ignored));
  FAILS(ENOTTY, ioctl(ends[0], TCGETS, ignored));
  OK(unlink("f"));
  OK(fcntl(fd, F_NOTIFY, 0));
  OK(fcntl(fd, F_NOTIFY, DN_MULTISHOT));
  STEP("ioctls");
  return 0;
}

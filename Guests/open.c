// open's flags: EXCL, TRUNC, APPEND, DIRECTORY, NOFOLLOW, PATH, CLOEXEC, TMPFILE; creation modes; which errors.
#include "check.h"

int main(void) {
  enter_scratch();
  umask(027);
  struct stat st;
  char text[16] = "";
  int fd = OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
  OK(fstat(fd, &st));
  EQ(st.st_mode, S_IFREG | 0640);
  EQ(st.st_size, 0);
  EQ(write(fd, "0123456789", 10), 10);
  FAILS(EEXIST, open("file", O_RDWR | O_CREAT | O_EXCL, 0666));
  FAILS(ENOENT, open("missing", O_RDWR));
  FAILS(ENOENT, open("missing/file", O_RDWR | O_CREAT, 0600));
  FAILS(ENOTDIR, open("file/below", O_RDONLY));
  FAILS(EISDIR, open(".", O_RDWR));
  FAILS(ENOTDIR, open("file", O_RDONLY | O_DIRECTORY));
  STEP("created, errors");

  int ro = OK(open("file", O_RDONLY)), wo = OK(open("file", O_WRONLY));
  FAILS(EBADF, write(ro, "x", 1));
  FAILS(EBADF, read(wo, text, 1));
  EQ(fcntl(ro, F_GETFL) & O_ACCMODE, O_RDONLY);
  EQ(fcntl(wo, F_GETFL) & O_ACCMODE, O_WRONLY);
  STEP("access modes");

  int ap = OK(open("file", O_WRONLY | O_APPEND | O_CLOEXEC));
  EQ(fcntl(ap, F_GETFD), FD_CLOEXEC);
  EQ(fcntl(ap, F_GETFL) & (O_APPEND | O_CLOEXEC), O_APPEND);
  EQ(write(ap, "AB", 2), 2);
  EQ(lseek(ap, 0, SEEK_CUR), 12);
  OK(lseek(ap, 0, SEEK_SET));
  EQ(write(ap, "CD", 2), 2);
  EQ(pread(ro, text, 15, 0), 14);
  STREQ(text, "0123456789ABCD");
  OK(fcntl(ap, F_SETFL, 0));
  OK(lseek(ap, 1, SEEK_SET));
  EQ(write(ap, "_", 1), 1);
  EQ(pread(ro, text, 15, 0), 14);
  STREQ(text, "0_23456789ABCD");
  STEP("O_APPEND");

  OK(close(OK(open("file", O_WRONLY | O_TRUNC))));
  OK(fstat(fd, &st));
  EQ(st.st_size, 0);
  EQ(pread(ro, text, 15, 0), 0);
  STEP("O_TRUNC");

  OK(symlink("file", "link"));
  FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
  FAILS(ENOTDIR, open("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
  OK(close(OK(open("link", O_RDONLY))));
  int path = OK(open("link", O_PATH | O_NOFOLLOW));
  OK(fstat(path, &st));
  CHECK(S_ISLNK(st.st_mode));
  EQ(readlinkat(path, "", text, 15), 4);
  FAILS(EBADF, read(path, text, 1));
  FAILS(EBADF, write(path, text, 1));
  FAILS(EEXIST, open("link", O_RDWR | O_CREAT | O_EXCL, 0600));
  OK(symlink("nowhere", "dangling"));
  FAILS(ENOENT, open("dangling", O_RDONLY));
  OK(close(OK(open("dangling", O_RDWR | O_CREAT, 0600))));
  OK(stat("nowhere", &st));
  STEP("symbolic links");

  OK(mkdir("dir", 0700));
  int dir = OK(open("dir", O_RDONLY | O_DIRECTORY));
  FAILS(EISDIR, read(dir, text, 1));
  int inner = OK(openat(dir, "inner", O_RDWR | O_CREAT, 0600));
  OK(close(inner));
  OK(stat("dir/inner", &st));
  OK(unlinkat(dir, "inner", 0));
  int dp = OK(open("dir", O_PATH));
  OK(close(OK(openat(dp, ".", O_RDONLY))));
  FAILS(EBADF, openat(99, "x", O_RDONLY));
  FAILS(ENOTDIR, openat(fd, "x", O_RDONLY));
  STEP("relative to a directory");

  int tmp = open(".", O_TMPFILE | O_RDWR, 0600);
  if (tmp == -1) CHECK(errno == EOPNOTSUPP || errno == EISDIR);
  else {
    EQ(write(tmp, "named", 5), 5);
    OK(fstat(tmp, &st));
    EQ(st.st_nlink, 0);
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", tmp);
    OK(linkat(AT_FDCWD, self, AT_FDCWD, "tmp", AT_SYMLINK_FOLLOW));
    OK(stat("tmp", &st));
    EQ(st.st_size, 5);
    OK(unlink("tmp"));
  }
  STEP("O_TMPFILE or a proper refusal");

  // Beside O_PATH few flags mean something: open(2) passes over the others, openat2(2) refuses them.
  int plain = OK(open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC));
  EQ(fcntl(plain, F_GETFL), O_PATH | O_DIRECTORY);
  OK(close(plain));
  plain = OK(open("link", O_PATH | O_NOFOLLOW | O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK));
  EQ(fcntl(plain, F_GETFL), O_PATH | O_NOFOLLOW);
  OK(close(plain));
  plain = OK(open("file", O_RDWR | 1 << 30));
  CHECK(!(fcntl(plain, F_GETFL) & 1 << 30));
  OK(close(plain));
  static const unsigned long refused[] = {O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_DIRECT, O_APPEND, O_NONBLOCK, O_TMPFILE};
  for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
    unsigned long how[] = {O_PATH | refused[i], 0, 0};
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", how, sizeof how));
  }
  unsigned long how[] = {O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0};
  plain = OK(syscall(SYS_openat2, AT_FDCWD, "dir", how, sizeof how));
  EQ(fcntl(plain, F_GETFL), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  OK(close(plain));
  FAILS(EINVAL, open(".", O_TMPFILE | O_CREAT | O_RDWR, 0600));
  FAILS(EINVAL, open(".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
  FAILS(EINVAL, open(".", O_TMPFILE | O_RDONLY, 0600));
  STEP("flags that mean nothing, or nothing together");

  FAILS(EFAULT, open((char *)8, O_RDONLY));
  FAILS(ENOENT, open("", O_RDONLY));
  int lowest = dup(fd);
  OK(close(lowest));
  EQ(open("file", O_RDONLY), lowest);
  OK(close(lowest));
  FAILS(EBADF, close(lowest));
  OK(unlink("file")), OK(unlink("link")), OK(unlink("dangling")), OK(unlink("nowhere")), OK(rmdir("dir"));
  STEP("lowest free descriptor");
  return 0;
}

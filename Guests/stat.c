// stat, fstat, lstat, fstatat and statx agree about files, directories, links, pipes and devices; times move as they should.
#include "check.h"
#include <sys/sysmacros.h>

// All calls that can look at one thing agree.
static struct stat look(const char *path) {
  struct stat a, b, c;
  struct statx x;
  OK(lstat(path, &a));
  OK(fstatat(AT_FDCWD, path, &b, AT_SYMLINK_NOFOLLOW));
  EQ(memcmp(&a, &b, sizeof a), 0);
  int fd = OK(open(path, O_PATH | O_NOFOLLOW));
  OK(fstat(fd, &c));
  EQ(memcmp(&a, &c, sizeof a), 0);
  OK(fstatat(fd, "", &c, AT_EMPTY_PATH));
  EQ(memcmp(&a, &c, sizeof a), 0);
  OK(close(fd));
  OK(statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x));
  EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
  EQ(x.stx_mode, a.st_mode);
  EQ(x.stx_ino, a.st_ino);
  EQ(x.stx_size, a.st_size);
  EQ(x.stx_nlink, a.st_nlink);
  EQ(x.stx_uid, a.st_uid);
  EQ(x.stx_gid, a.st_gid);
  EQ(x.stx_blocks, a.st_blocks);
  EQ(x.stx_blksize, a.st_blksize);
  EQ(makedev(x.stx_dev_major, x.stx_dev_minor), a.st_dev);
  EQ(makedev(x.stx_rdev_major, x.stx_rdev_minor), a.st_rdev);
  EQ(x.stx_mtime.tv_sec, a.st_mtim.tv_sec);
  EQ(x.stx_mtime.tv_nsec, a.st_mtim.tv_nsec);
  EQ(x.stx_ctime.tv_nsec, a.st_ctim.tv_nsec);
  EQ(x.stx_atime.tv_sec, a.st_atim.tv_sec);
  return a;
}

int main(void) {
  enter_scratch();
  umask(022);
  int fd = OK(open("file", O_RDWR | O_CREAT, 0640));
  EQ(write(fd, "hello", 5), 5);
  struct stat s = look("file"), t;
  EQ(s.st_mode, S_IFREG | 0640);
  EQ(s.st_size, 5);
  EQ(s.st_nlink, 1);
  EQ(s.st_uid, geteuid());
  CHECK(s.st_blksize >= 512);
  OK(fstat(fd, &t));
  EQ(memcmp(&s, &t, sizeof s), 0);
  STEP("file");

  OK(mkdir("dir", 0750));
  s = look("dir");
  EQ(s.st_mode, S_IFDIR | 0750);
  CHECK(s.st_nlink == 2 || s.st_nlink == 1);  // some filesystems (btrfs) do not count subdirectories
  OK(mkdir("dir/sub", 0700));
  EQ(look("dir").st_nlink, s.st_nlink == 1 ? 1 : 3);
  OK(rmdir("dir/sub"));
  STEP("directory");

  OK(symlink("file", "link"));
  s = look("link");
  CHECK(S_ISLNK(s.st_mode));
  EQ(s.st_size, 4);
  OK(stat("link", &t));
  EQ(t.st_size, 5);
  EQ(t.st_ino, look("file").st_ino);
  STEP("symbolic link");

  int ends[2];
  OK(pipe(ends));
  OK(fstat(ends[0], &s));
  CHECK(S_ISFIFO(s.st_mode));
  s = look("/dev/null");
  CHECK(S_ISCHR(s.st_mode));
  EQ(s.st_rdev, makedev(1, 3));
  EQ(look("/dev/zero").st_rdev, makedev(1, 5));
  EQ(look("/dev/full").st_rdev, makedev(1, 7));
  EQ(look("/dev/urandom").st_rdev, makedev(1, 9));
  CHECK(S_ISDIR(look("/").st_mode));
  EQ(look("/proc/self/status").st_size, 0);
  EQ(mknod("fifo", S_IFIFO | 0600, 0), 0);
  CHECK(S_ISFIFO(look("fifo").st_mode));
  OK(unlink("fifo"));
  STEP("pipe, devices, root, proc");

  struct timespec then[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
  OK(utimensat(AT_FDCWD, "file", then, 0));
  s = look("file");
  EQ(s.st_atim.tv_sec, 1000000000);
  EQ(s.st_atim.tv_nsec, 123456789);
  EQ(s.st_mtim.tv_sec, 1100000000);
  EQ(s.st_mtim.tv_nsec, 987654321);
  then[0].tv_nsec = UTIME_OMIT;
  then[1].tv_nsec = UTIME_NOW;
  OK(futimens(fd, then));
  s = look("file");
  EQ(s.st_atim.tv_nsec, 123456789);
  CHECK(s.st_mtim.tv_sec > 1100000000);
  then[1].tv_nsec = 1000000000;
  FAILS(EINVAL, utimensat(AT_FDCWD, "file", then, 0));
  then[0] = then[1] = (struct timespec){5, 6};
  OK(utimensat(AT_FDCWD, "link", then, AT_SYMLINK_NOFOLLOW));
  EQ(look("link").st_mtim.tv_sec, 5);
  CHECK(look("file").st_mtim.tv_sec > 5);
  OK(utimensat(AT_FDCWD, "file", then, 0));
  EQ(pwrite(fd, "j", 1, 0), 1);
  CHECK(look("file").st_mtim.tv_sec > 5);
  OK(utimensat(AT_FDCWD, "dir", then, 0));
  OK(close(OK(open("dir/new", O_CREAT | O_WRONLY, 0600))));
  CHECK(look("dir").st_mtim.tv_sec > 5);
  OK(unlink("dir/new"));
  STEP("times");

  FAILS(ENOENT, stat("missing", &s));
  FAILS(ENOENT, stat("", &s));
  FAILS(ENOTDIR, stat("file/", &s));
  FAILS(EBADF, fstat(99, &s));
  FAILS(EFAULT, stat("file", (struct stat *)8));
  FAILS(EINVAL, fstatat(AT_FDCWD, "file", &s, 0x40000000));
  struct statx x;
  FAILS(EINVAL, statx(AT_FDCWD, "file", 0, 0x80000000, &x));
  OK(unlink("file")), OK(unlink("link")), OK(rmdir("dir"));
  OK(fstat(fd, &s));
  EQ(s.st_nlink, 0);
  EQ(s.st_size, 5);
  STEP("errors; unlinked but open");
  return 0;
}

// truncate, ftruncate, fallocate with KEEP_SIZE and PUNCH_HOLE, file size limits, sync calls, statfs, posix_fadvise.
#include "check.h"
#include <sys/statfs.h>
#include <sys/statvfs.h>

static long size(int fd) {
  struct stat st;
  OK(fstat(fd, &st));
  return st.st_size;
}

int main(void) {
  enter_scratch();
  static char block[20000], back[20000];
  int fd = OK(open("f", O_RDWR | O_CREAT, 0600)), ro = OK(open("f", O_RDONLY));
  memset(block, 'x', sizeof block);
  EQ(write(fd, block, 20000), 20000);
  OK(ftruncate(fd, 5000));
  EQ(size(fd), 5000);
  OK(ftruncate(fd, 12000));
  EQ(pread(fd, back, 20000, 0), 12000);
  EQ(memcmp(back, block, 5000), 0);
  for (int i = 5000; i < 12000; i++) EQ(back[i], 0);
  OK(truncate("f", 1L << 40));
  EQ(size(fd), 1L << 40);
  EQ(pread(fd, back, 10, (1L << 40) - 4), 4);
  OK(truncate("f", 10));
  EQ(lseek(fd, 0, SEEK_CUR), 20000);  // the offset stays
  FAILS(EINVAL, ftruncate(fd, -1));
  FAILS(EINVAL, ftruncate(ro, 5));
  FAILS(EISDIR, truncate(".", 5));
  FAILS(ENOENT, truncate("missing", 5));
  STEP("truncate");

  OK(ftruncate(fd, 0));
  EQ(pwrite(fd, block, 20000, 0), 20000);
  int r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 50000);
  if (r == 0) {
    EQ(size(fd), 20000);
    OK(fallocate(fd, 0, 10000, 20000));
    EQ(size(fd), 30000);
    OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192));
    EQ(pread(fd, back, 20000, 0), 20000);
    EQ(back[4095], 'x');
    for (int i = 4096; i < 12288; i++) EQ(back[i], 0);
    EQ(back[12288], 'x');
    OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 50));
    EQ(pread(fd, back, 200, 0), 200);
    EQ(back[99], 'x');
    EQ(back[100] | back[149], 0);
    EQ(back[150], 'x');
    FAILS(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
    FAILS(EINVAL, fallocate(fd, 0, 0, 0));
    FAILS(EINVAL, fallocate(fd, 0, -1, 10));
    FAILS(EBADF, fallocate(ro, 0, 0, 10));
  } else {
    EQ(errno, EOPNOTSUPP);
  }
  EQ(posix_fallocate(fd, 0, 60000), 0);
  EQ(size(fd), 60000);
  EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
  STEP("fallocate");

  OK(fsync(fd));
  OK(fdatasync(fd));
  OK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
  sync();
  OK(syncfs(fd));
  FAILS(EBADF, fsync(99));
  int ends[2];
  OK(pipe(ends));
  FAILS(EINVAL, fsync(ends[0]));
  STEP("sync");

  struct statfs a, b;
  OK(statfs(".", &a));
  OK(fstatfs(fd, &b));
  EQ(a.f_type, b.f_type);
  CHECK(a.f_bsize >= 512 && a.f_namelen == 255 && a.f_blocks >= a.f_bfree);
  struct statvfs v;
  OK(statvfs("/", &v));
  OK(statfs("/proc", &a));
  EQ(a.f_type, 0x9fa0);
  FAILS(ENOENT, statfs("missing", &a));
  FAILS(EFAULT, statfs(".", (void *)8));
  OK(unlink("f"));
  STEP("statfs");
  return 0;
}

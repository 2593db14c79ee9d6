// The read and write family: offsets, scatter and gather, positional, partial at the end, holes, lseek in every way.
#include "check.h"
#include <sys/uio.h>

int main(void) {
  enter_scratch();
  int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
  OK(unlink("file"));
  char a[8] = "", b[8] = "", c[16] = "";
  struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}}, in[2] = {{a, 4}, {b, 7}};
  EQ(writev(fd, out, 3), 8);
  EQ(lseek(fd, 0, SEEK_CUR), 8);
  EQ(lseek(fd, -7, SEEK_CUR), 1);
  EQ(readv(fd, in, 2), 7);
  STREQ(a, "bcde");
  STREQ(b, "fgh");
  EQ(read(fd, c, 1), 0);
  STEP("readv, writev");

  EQ(pwrite(fd, "XY", 2, 2), 2);
  EQ(pread(fd, c, 16, 1), 7);
  STREQ(c, "bXYefgh");
  EQ(lseek(fd, 0, SEEK_CUR), 8);
  EQ(pwritev(fd, out, 3, 20), 8);
  memset(a, 0, 8), memset(b, 0, 8);
  EQ(preadv(fd, in, 2, 21), 7);
  STREQ(a, "bcde");
  STREQ(b, "fgh");
  EQ(pread(fd, c, 16, 8), 16);
  EQ(memcmp(c, "\0\0\0\0\0\0\0\0\0\0\0\0abcd", 16), 0);
  STEP("positional, a hole reads as zeroes");

  EQ(pwritev2(fd, out, 3, -1, 0), 8);  // -1: at the offset, which moves
  EQ(lseek(fd, 0, SEEK_CUR), 16);
  EQ(preadv2(fd, in, 2, 0, 0), 11);
  FAILS(EOPNOTSUPP, preadv2(fd, in, 2, 0, 1 << 20));
  STEP("preadv2, pwritev2");

  EQ(lseek(fd, 0, SEEK_END), 28);
  EQ(lseek(fd, 100, SEEK_END), 128);
  EQ(read(fd, c, 4), 0);
  FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
  FAILS(EINVAL, lseek(fd, -129, SEEK_CUR));
  FAILS(EINVAL, lseek(fd, 0, 99));
  EQ(lseek(fd, 0, SEEK_CUR), 128);
  EQ(write(fd, "end", 3), 3);
  EQ(lseek(fd, 0, SEEK_DATA), 0);
  long hole = OK(lseek(fd, 0, SEEK_HOLE));
  CHECK(hole > 0 && hole <= 131);
  FAILS(ENXIO, lseek(fd, 131, SEEK_DATA));
  FAILS(ENXIO, lseek(fd, 500, SEEK_HOLE));
  OK(ftruncate(fd, 0));
  EQ(pwrite(fd, "far", 3, 1 << 20), 3);
  long data = OK(lseek(fd, 0, SEEK_DATA));
  CHECK(data >= 0 && data <= 1 << 20);
  EQ(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 3);
  STEP("lseek, holes");

  FAILS(EINVAL, pread(fd, c, 1, -1));
  FAILS(EINVAL, pwrite(fd, c, 1, -5));
  FAILS(EBADF, read(99, c, 1));
  FAILS(EBADF, write(-1, c, 1));
  FAILS(EINVAL, readv(fd, in, -1));
  FAILS(EINVAL, readv(fd, in, 1025));
  struct iovec bad = {c, (size_t)-1};
  FAILS(EINVAL, writev(fd, &bad, 1));
  EQ(readv(fd, in, 0), 0);
  EQ(write(fd, c, 0), 0);
  int ends[2];
  OK(pipe(ends));
  FAILS(ESPIPE, lseek(ends[0], 0, SEEK_CUR));
  FAILS(ESPIPE, pread(ends[0], c, 1, 0));
  FAILS(ESPIPE, pwrite(ends[1], c, 1, 0));
  STEP("errors");

  static char block[10000];
  OK(ftruncate(fd, 0));
  OK(lseek(fd, 0, SEEK_SET));
  uint64_t sum = 0, back = 0;
  for (int i = 0; i < 60; i++) {
    int n = mix64(i) % sizeof block;
    for (int j = 0; j < n; j++) sum = sum * 31 + (unsigned char)(block[j] = i * j);
    EQ(write(fd, block, n), n);
  }
  OK(lseek(fd, 0, SEEK_SET));
  for (long n; (n = OK(read(fd, block, 7777)));)
    for (int j = 0; j < n; j++) back = back * 31 + (unsigned char)block[j];
  EQ(sum, back);
  STEP("300 kB through odd sizes: %016lx", sum);
  return 0;
}

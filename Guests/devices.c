// /dev: null, zero, full, random, urandom, fd, stdin and its siblings; what read, write, lseek, mmap and poll do with them.
#include "check.h"
#include <poll.h>
#include <sys/mman.h>

int main(void) {
  char b[4096];
  memset(b, 1, sizeof b);
  int null = OK(open("/dev/null", O_RDWR)), zero = OK(open("/dev/zero", O_RDWR)), full = OK(open("/dev/full", O_RDWR));
  EQ(read(null, b, 10), 0);
  EQ(write(null, b, 4096), 4096);
  for (int whence = SEEK_SET; whence <= SEEK_HOLE; whence++)
    for (int distance = -100; distance <= 100; distance += 100) {
      EQ(lseek(null, distance, whence), 0);
      EQ(lseek(zero, distance, whence), 0);
    }
  FAILS(EINVAL, lseek(null, 0, SEEK_HOLE + 1));
  EQ(read(zero, b, 4096), 4096);
  for (int i = 0; i < 4096; i++) EQ(b[i], 0);
  EQ(write(zero, b, 10), 10);
  b[0] = 1;
  EQ(read(full, b, 10), 10);
  EQ(b[0], 0);
  FAILS(ENOSPC, write(full, b, 1));
  char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  CHECK(p != MAP_FAILED);
  p[5000] = 1;
  EQ(p[0], 0);
  OK(munmap(p, 8192));
  STEP("null, zero, full");

  static const char *sources[] = {"/dev/urandom", "/dev/random"};
  for (int i = 0; i < 2; i++) {
    int fd = OK(open(sources[i], O_RDONLY));
    unsigned char r[256] = {0};
    EQ(read(fd, r, sizeof r), 256);
    int kinds = 0, seen[256] = {0};
    for (int j = 0; j < 256; j++) kinds += !seen[r[j]]++;
    CHECK(kinds > 60);
    struct pollfd pf = {fd, POLLIN, 0};
    EQ(poll(&pf, 1, 0), 1);
  }
  STEP("random, urandom");

  int ends[2];
  OK(pipe(ends));
  char name[40], link[100];
  snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
  int again = OK(open(name, O_RDONLY));
  EQ(write(ends[1], "hi", 2), 2);
  EQ(read(again, b, 10), 2);
  link[OK(readlink("/dev/fd", link, 99))] = 0;
  STREQ(link, "/proc/self/fd");
  link[OK(readlink("/dev/stdout", link, 99))] = 0;
  STREQ(link, "/proc/self/fd/1");
  OK(dup2(ends[0], 0));
  int in = OK(open("/dev/stdin", O_RDONLY));
  EQ(write(ends[1], "in", 2), 2);
  EQ(read(in, b, 10), 2);
  STEP("fd, stdin, stdout");

  FAILS(ENOENT, open("/dev/no-such-device", O_RDONLY));
  int tty = open("/dev/tty", O_RDWR);
  CHECK(tty >= 0 || errno == ENXIO || errno == EIO);
  struct stat st;
  OK(stat("/dev/shm", &st));
  CHECK(S_ISDIR(st.st_mode));
  int shm = OK(open("/dev/shm/godwit-guest", O_RDWR | O_CREAT | O_EXCL, 0600));
  OK(unlink("/dev/shm/godwit-guest"));
  EQ(write(shm, "x", 1), 1);
  STEP("tty, shm");
  return 0;
}

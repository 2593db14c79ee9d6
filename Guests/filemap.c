// Mapped files: private copies, shared coherence with read and write, truncation, SIGBUS past the end, permissions.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)

int main(void) {
  catch_faults();
  enter_scratch();
  int fd = OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));
  static char page[PAGE];
  for (int i = 0; i < 3; i++) {
    memset(page, 'a' + i, PAGE);
    EQ(write(fd, page, PAGE), PAGE);
  }
  EQ(write(fd, "tail", 4), 4);

  char *private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
  char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
  char *second = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
  CHECK(private != MAP_FAILED && shared != MAP_FAILED && second != MAP_FAILED);
  for (int i = 0; i < 3; i++) EQ(private[i * PAGE + 5], 'a' + i);
  EQ(memcmp(private + 3 * PAGE, "tail\0\0\0\0", 8), 0);
  STEP("contents, tail zero-filled");

  private[0] = 'P';
  char c;
  EQ(pread(fd, &c, 1, 0), 1);
  EQ(c, 'a');
  EQ(shared[0], 'a');
  STEP("private writes stay private");

  shared[PAGE] = 'S';
  EQ(pread(fd, &c, 1, PAGE), 1);
  EQ(c, 'S');
  EQ(second[0], 'S');
  EQ(pwrite(fd, "W", 1, PAGE + 9), 1);
  EQ(shared[PAGE + 9], 'W');
  EQ(second[9], 'W');
  OK(msync(shared, 4 * PAGE, MS_SYNC));
  OK(msync(shared, PAGE, MS_ASYNC));
  FAILS(EINVAL, msync(shared, PAGE, MS_SYNC | MS_ASYNC));
  FAILS(EINVAL, msync(shared + 1, PAGE, MS_SYNC));
  STEP("shared writes, reads, maps agree");

  int again = OK(open("file", O_RDONLY));
  EQ(pread(again, &c, 1, PAGE), 1);
  EQ(c, 'S');
  FAILS(EACCES, mmap(NULL, PAGE, RW, MAP_SHARED, again, 0));
  char *readonly = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, again, 0);
  CHECK(readonly != MAP_FAILED);
  FAILS(EACCES, mprotect(readonly, PAGE, RW));
  char *copy = mmap(NULL, PAGE, RW, MAP_PRIVATE, again, 0);
  copy[1] = 'C';
  EQ(readonly[1], 'a');
  int wronly = OK(open("file", O_WRONLY));
  FAILS(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wronly, 0));
  int dir = OK(open(".", O_RDONLY | O_DIRECTORY));
  FAILS(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
  STEP("the descriptor's mode is obeyed");

  OK(close(fd));
  OK(close(again));
  shared[3 * PAGE + 1] = 'A';
  fd = OK(open("file", O_RDWR));
  EQ(pread(fd, &c, 1, 3 * PAGE + 1), 1);
  EQ(c, 'A');
  shared[3 * PAGE + 100] = 'X';  // past the end of the file, inside its last page: allowed, not in the file
  EQ(lseek(fd, 0, SEEK_END), 3 * PAGE + 4);
  STEP("a mapping outlives its descriptor");

  OK(ftruncate(fd, PAGE + 10));
  FAULTS(SIGBUS, BUS_ADRERR, shared + 2 * PAGE + 3, load8(shared + 2 * PAGE + 3));
  FAULTS(SIGBUS, BUS_ADRERR, shared + 3 * PAGE, store8(shared + 3 * PAGE, 1));
  EQ(load8(shared + PAGE), 'S');
  EQ(load8(shared + PAGE + 10), 0);
  OK(ftruncate(fd, 3 * PAGE));
  EQ(load8(shared + 2 * PAGE + 3), 0);
  EQ(load8(shared + PAGE + 20), 0);
  store8(shared + 2 * PAGE + 3, 'N');
  EQ(pread(fd, &c, 1, 2 * PAGE + 3), 1);
  EQ(c, 'N');
  STEP("SIGBUS past the end, back when the file grows");

  char *beyond = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 64 * PAGE);
  CHECK(beyond != MAP_FAILED);
  FAULTS(SIGBUS, BUS_ADRERR, beyond, load8(beyond));
  int empty = OK(open("empty", O_RDWR | O_CREAT, 0600));
  char *nothing = mmap(NULL, PAGE, RW, MAP_SHARED, empty, 0);
  FAULTS(SIGBUS, BUS_ADRERR, nothing + 1, store8(nothing + 1, 1));
  EQ(read(empty, &c, 1), 0);
  STEP("mapped wholly past the end");

  OK(unlink("file"));
  OK(unlink("empty"));
  OK(munmap(shared, PAGE));
  EQ(load8(shared + PAGE), 'S');
  FAULTS(SIGSEGV, SEGV_MAPERR, shared, load8(shared));
  EQ(private[0], 'P');
  STEP("unlinked, partly unmapped");
  return 0;
}

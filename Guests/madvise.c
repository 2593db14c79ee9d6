// madvise: DONTNEED and FREE on private memory, hints accepted, errors; files come back from the file.
// QEMU: qemu-user 7.2 accepts any advice.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)

int main(void) {
  catch_faults();
  char *p = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  memset(p, 1, 8 * PAGE);
  OK(madvise(p + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
  EQ(p[2 * PAGE - 1], 1);
  for (long i = 2 * PAGE; i < 5 * PAGE; i++) EQ(p[i], 0);
  EQ(p[5 * PAGE], 1);
  p[3 * PAGE] = 7;
  EQ(p[3 * PAGE], 7);
  STEP("DONTNEED zeroes at once");

  memset(p, 2, 8 * PAGE);
  OK(madvise(p, 8 * PAGE, MADV_FREE));
  for (int i = 0; i < 8; i++) CHECK(p[i * PAGE] == 2 || p[i * PAGE] == 0);  // either, at any time
  memset(p, 3, 8 * PAGE);
  for (int i = 0; i < 8; i++) EQ(p[i * PAGE], 3);
  STEP("FREE leaves old bytes or zeroes, new ones stay");

  static const int hints[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTFORK, MADV_DOFORK,
                              MADV_DONTDUMP, MADV_DODUMP, MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT};
  for (unsigned i = 0; i < sizeof hints / sizeof *hints; i++) OK(madvise(p, 8 * PAGE, hints[i]));
  // These depend on the kernel's configuration.
  static const int optional[] = {MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE};
  for (unsigned i = 0; i < sizeof optional / sizeof *optional; i++) {
    int r = madvise(p, 8 * PAGE, optional[i]);
    CHECK(r == 0 || errno == EINVAL);
  }
  EQ(p[PAGE], 3);
  STEP("hints");

  FAILS(EINVAL, madvise(p + 1, PAGE, MADV_DONTNEED));
  FAILS(EINVAL, madvise(p, PAGE, 12345));
  OK(madvise(p, 0, MADV_DONTNEED));
  OK(munmap(p + 4 * PAGE, PAGE));
  FAILS(ENOMEM, madvise(p, 8 * PAGE, MADV_DONTNEED));  // but it does what it can, on both sides of the hole
  EQ(p[0], 0);
  EQ(p[6 * PAGE], 0);
  STEP("errors, and the hole skipped");

  enter_scratch();
  int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
  EQ(write(fd, "from the file", 13), 13);
  char *f = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
  memcpy(f, "FROM", 4);
  STREQ(f, "FROM the file");
  OK(madvise(f, PAGE, MADV_DONTNEED));
  STREQ(f, "from the file");
  char *s = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
  memcpy(s, "SEEN", 4);
  OK(madvise(s, PAGE, MADV_DONTNEED));
  STREQ(s, "SEEN the file");
  OK(unlink("file"));
  STEP("file pages come back from the file");
  return 0;
}

// Anonymous mappings: zeroed, hints, MAP_FIXED over others, FIXED_NOREPLACE, NORESERVE, munmap that splits, errors.
// QEMU: qemu-user 7.2 ignores MAP_FIXED_NOREPLACE.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static char *map(void *at, long pages, int prot, int flags) {
  char *p = mmap(at, pages * PAGE, prot, flags, -1, 0);
  CHECK(p != MAP_FAILED);
  EQ((uintptr_t)p % PAGE, 0);
  return p;
}

int main(void) {
  catch_faults();
  char *p = map(NULL, 16, RW, ANON);
  for (long i = 0; i < 16 * PAGE; i++) EQ(p[i], 0);
  for (long i = 0; i < 16; i++) p[i * PAGE] = i + 1;
  STEP("zeroed and writable");

  OK(munmap(p + 4 * PAGE, 2 * PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 4 * PAGE, load8(p + 4 * PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 6 * PAGE - 1, store8(p + 6 * PAGE - 1, 1));
  EQ(p[3 * PAGE], 4);
  EQ(p[6 * PAGE], 7);
  OK(munmap(p + 4 * PAGE, 2 * PAGE));  // a hole is no error
  STEP("munmap splits");

  char *q = map(p + 4 * PAGE, 2, RW, ANON | MAP_FIXED_NOREPLACE);
  CHECK(q == p + 4 * PAGE);
  EQ(q[0] | q[2 * PAGE - 1], 0);
  FAILS(EEXIST, mmap(p + 5 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  STEP("FIXED_NOREPLACE fills the hole and refuses what is taken");

  q = map(p + 2 * PAGE, 3, PROT_READ, ANON | MAP_FIXED);
  CHECK(q == p + 2 * PAGE);
  EQ(load8(p + 2 * PAGE), 0);
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 3 * PAGE, store8(p + 3 * PAGE, 1));
  EQ(p[PAGE], 2);
  EQ(p[6 * PAGE], 7);
  STEP("MAP_FIXED replaces");

  char *none = map(NULL, 4, PROT_NONE, ANON);
  FAULTS(SIGSEGV, SEGV_ACCERR, none + 5, load8(none + 5));
  OK(munmap(none, 4 * PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, none + 5, load8(none + 5));
  STEP("PROT_NONE");

  char *hint = map(none, 1, RW, ANON);  // a free hint is taken
  CHECK(hint == none);
  char *other = map(none, 1, RW, ANON);  // a used one is not
  CHECK(other != none);
  OK(munmap(hint, PAGE));
  OK(munmap(other, PAGE));
  STEP("hints");

  long huge = 64L << 30;
  char *big = mmap(NULL, huge, RW, ANON | MAP_NORESERVE, -1, 0);
  CHECK(big != MAP_FAILED);
  for (long at = 0; at < huge; at += huge / 8) {
    EQ(big[at], 0);
    big[at] = 1;
  }
  OK(munmap(big, huge));
  STEP("64 GiB reserved, eight pages touched");

  FAILS(EINVAL, mmap(NULL, 0, RW, ANON, -1, 0));
  FAILS(EINVAL, mmap(p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
  FAILS(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));  // neither shared nor private
  FAILS(EBADF, mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0));
  FAILS(EINVAL, syscall(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, 0, 1));
  FAILS(ENOMEM, mmap(NULL, 1L << 60, RW, ANON, -1, 0));
  FAILS(EINVAL, munmap(p + 1, PAGE));
  FAILS(EINVAL, munmap(p, 0));
  STEP("errors");

  char *shared = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  shared[PAGE] = 9;
  EQ(shared[0], 0);
  EQ(shared[PAGE], 9);
  OK(munmap(shared, 2 * PAGE));
  char *populated = map(NULL, 8, RW, ANON | MAP_POPULATE);
  EQ(populated[7 * PAGE], 0);
  OK(munmap(populated, 8 * PAGE));
  OK(munmap(p, 16 * PAGE));
  STEP("shared anonymous, populated");

  // What is made resident is what would be after a write: a private page no longer follows its file.
  int fd = OK(memfd_create("file", 0));
  OK(ftruncate(fd, 2 * PAGE));
  char *file = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
  CHECK(file != MAP_FAILED);
  file[0] = 1;
  char *private = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  char *lazy = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
  char *read_only = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  CHECK(private != MAP_FAILED && lazy != MAP_FAILED && read_only != MAP_FAILED);
  file[0] = 2;
  EQ(private[0], 1);
  EQ(lazy[0], 2);
  EQ(read_only[0], 2);
  OK(munmap(private, 2 * PAGE)), OK(munmap(lazy, 2 * PAGE)), OK(munmap(read_only, 2 * PAGE)), OK(munmap(file, 2 * PAGE));
  OK(close(fd));
  STEP("populated as by a write");

  // Many small mappings, every other one dropped, then all.
  static char *at[300];
  for (int i = 0; i < 300; i++) {
    at[i] = map(NULL, 1, i % 3 ? RW : PROT_READ, ANON);
    if (i % 3) at[i][i] = i;
  }
  for (int i = 0; i < 300; i += 2) OK(munmap(at[i], PAGE));
  for (int i = 1; i < 300; i += 2) EQ((unsigned char)at[i][i], i % 3 ? i & 255 : 0);
  for (int i = 1; i < 300; i += 2) OK(munmap(at[i], PAGE));
  STEP("three hundred mappings");
  return 0;
}

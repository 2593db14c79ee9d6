// mremap: shrink, grow in place, forced move, MREMAP_FIXED over another mapping, contents, errors.
// QEMU: qemu-user 7.2 answers ENOMEM to a size of zero.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void fill(char *p, int pages) { for (int i = 0; i < pages; i++) p[i * PAGE] = p[i * PAGE + 77] = i + 1; }
static void same(char *p, int pages) {
  for (int i = 0; i < pages; i++) {
    EQ(p[i * PAGE], i + 1);
    EQ(p[i * PAGE + 77], i + 1);
  }
}

int main(void) {
  catch_faults();
  char *p = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
  CHECK(p != MAP_FAILED);
  fill(p, 16);
  CHECK(mremap(p, 16 * PAGE, 8 * PAGE, 0) == p);
  same(p, 8);
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 8 * PAGE, load8(p + 8 * PAGE));
  STEP("shrunk in place");

  CHECK(mremap(p, 8 * PAGE, 12 * PAGE, 0) == p);
  same(p, 8);
  for (int i = 8; i < 12; i++) EQ(p[i * PAGE], 0);
  STEP("grown in place, new pages zero");

  fill(p, 12);
  CHECK(mmap(p + 12 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 12 * PAGE);
  OK(mprotect(p + 12 * PAGE, PAGE, PROT_READ));
  FAILS(ENOMEM, mremap(p, 12 * PAGE, 20 * PAGE, 0));
  char *q = mremap(p, 12 * PAGE, 20 * PAGE, MREMAP_MAYMOVE);
  CHECK(q != MAP_FAILED && q != p);
  same(q, 12);
  for (int i = 12; i < 20; i++) EQ(q[i * PAGE], 0);
  FAULTS(SIGSEGV, SEGV_MAPERR, p, load8(p));
  EQ(load8(p + 12 * PAGE), 0);
  STEP("moved because a neighbour is in the way");

  char *target = mmap(NULL, 20 * PAGE, PROT_READ, ANON, -1, 0);
  CHECK(mremap(q, 10 * PAGE, 10 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
  same(target, 10);
  target[3 * PAGE] = 4;
  FAULTS(SIGSEGV, SEGV_MAPERR, q + 9 * PAGE, load8(q + 9 * PAGE));
  EQ(load8(q + 10 * PAGE), 11);
  FAULTS(SIGSEGV, SEGV_ACCERR, target + 10 * PAGE, store8(target + 10 * PAGE, 1));
  STEP("fixed over another mapping, the rest of both untouched");

  FAILS(EINVAL, mremap(target + 1, PAGE, PAGE, 0));
  FAILS(EINVAL, mremap(target, PAGE, 0, 0));
  FAILS(EINVAL, mremap(target, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE));  // overlap
  FAILS(EINVAL, mremap(target, PAGE, PAGE, MREMAP_FIXED, q));
  FAILS(EFAULT, mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  FAILS(EFAULT, mremap(target + 18 * PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
  STEP("errors");

  // A growing vector: what realloc does with large blocks.
  long size = PAGE;
  unsigned char *v = mmap(NULL, size, RW, ANON, -1, 0);
  for (int round = 0; round < 9; round++) {
    for (long i = size / 2; i < size; i += 64) v[i] = i >> 6;
    v = mremap(v, size, size * 2, MREMAP_MAYMOVE);
    CHECK(v != MAP_FAILED);
    size *= 2;
  }
  for (long i = PAGE / 2; i < size / 2; i += 64) EQ(v[i], (i >> 6) & 255);
  STEP("a vector grown nine times");

  void *a = malloc(300000);
  memset(a, 5, 300000);
  a = realloc(a, 3000000);
  EQ(((char *)a)[299999], 5);
  free(a);
  STEP("realloc");
  return 0;
}

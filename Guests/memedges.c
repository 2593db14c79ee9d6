// Memory calls at their edges: the end of the address space, ranges of no bytes, what fits to the page and what is one too much;
// and what a call that fails has changed, and what it has not.
// QEMU: qemu-user 7.2 has another end of the address space.
#include "fault.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(long pages, int protection, int flags, int fd, long offset) {
  char *p = mmap(NULL, pages * PAGE, protection, flags, fd, offset * PAGE);
  CHECK(p != MAP_FAILED);
  return p;
}

// Where the address space of a program ends.
static char *end_of_space(void) {
  for (int bit = 38; bit < 60; bit++) {
    char *at = (char *)(1ul << bit);
    void *p = mmap(at, PAGE, PROT_NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == at) OK(munmap(at, PAGE));
    if (p == at || errno == EEXIST) continue;
    EQ(errno, ENOMEM);
    p = mmap(at - PAGE, PAGE, PROT_NONE, ANON | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == at - PAGE) OK(munmap(at - PAGE, PAGE));
    return p == at - PAGE || errno == EEXIST ? at : at - PAGE;
  }
  LEAVE("there is no end");
}

// The line of /proc/self/maps that has this address in it: where it begins, in pages before it, and ends, behind it.
static int around(char *at, long *before, long *behind) {
  char line[512];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps)) {
    char *start, *end;
    sscanf(line, "%p-%p", (void **)&start, (void **)&end);
    if (start <= at && at < end) {
      *before = (at - start) / PAGE;
      *behind = (end - at) / PAGE;
      found = 1;
    }
  }
  fclose(maps);
  return found;
}

static void ends(void) {
  char *end = end_of_space();
  char *last = mmap(end - PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(last == end - PAGE);
  store8(end - 1, 5);
  EQ(load8(end - 1), 5);
  FAILS(ENOMEM, mmap(end, PAGE, RW, ANON | MAP_FIXED, -1, 0));
  FAILS(ENOMEM, mmap(end - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
  EQ(load8(end - 1), 5);
  FAILS(ENOMEM, mmap(NULL, (long)end, RW, ANON | MAP_NORESERVE, -1, 0));
  FAILS(ENOMEM, mmap(NULL, (long)end + PAGE, RW, ANON | MAP_NORESERVE, -1, 0));
  FAILS(EINVAL, munmap(end, PAGE));
  FAILS(EINVAL, munmap(end - PAGE, 2 * PAGE));
  FAILS(EINVAL, munmap(end - PAGE, -PAGE));
  EQ(load8(end - 1), 5);
  FAILS(ENOMEM, mprotect(end - PAGE, 2 * PAGE, PROT_READ));
  FAILS(ENOMEM, madvise(end - PAGE, 2 * PAGE, MADV_NORMAL));
  OK(mprotect(end - PAGE, PAGE, PROT_READ));
  OK(mprotect(end, 0, PROT_READ));
  OK(madvise(end, 0, MADV_DONTNEED));
  OK(madvise(end - PAGE, PAGE, MADV_DONTNEED));
  EQ(load8(end - 1), 0);
  unsigned char there[2];
  FAILS(ENOMEM, mincore(end - PAGE, 2 * PAGE, there));
  OK(mincore(end - PAGE, PAGE, there));
  OK(mincore(end - PAGE, 0, (void *)8));
  OK(msync(end - PAGE, PAGE, MS_ASYNC));
  FAILS(ENOMEM, msync(end - PAGE, 2 * PAGE, MS_ASYNC));
  OK(mlock(end - PAGE, PAGE));
  OK(munlock(end - PAGE, PAGE));
  // It moves away from there, and back.
  char *p = mremap(last, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
  CHECK(p != MAP_FAILED && p != last);
  FAULTS(SIGSEGV, SEGV_MAPERR, end - 1, load8(end - 1));
  FAILS(EINVAL, mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, end));
  FAILS(EINVAL, mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, end - PAGE));
  CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, end - PAGE) == end - PAGE);
  FAILS(ENOMEM, mremap(last, PAGE, 2 * PAGE, 0));
  OK(munmap(end - PAGE, PAGE));
  OK(munmap(p + PAGE, PAGE));
  FAILS(EFAULT, mremap(end, PAGE, PAGE, 0));
}

// Fixed places that are just free, and just not; what is beside them stays.
static void places(void) {
  char *p = map(8, RW, ANON, -1, 0);
  for (int i = 0; i < 8; i++) p[i * PAGE] = i + 1;
  OK(munmap(p + 2 * PAGE, 2 * PAGE));
  FAILS(EEXIST, mmap(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  FAILS(EEXIST, mmap(p + 3 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  FAILS(EEXIST, mmap(p + 2 * PAGE, 3 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 2 * PAGE, load8(p + 2 * PAGE));
  // A hint that is free to the page is taken; rounded down to a page.
  CHECK(mmap(p + 2 * PAGE + 5, 2 * PAGE, PROT_READ, ANON, -1, 0) == p + 2 * PAGE);
  EQ(p[PAGE], 2);
  EQ(p[4 * PAGE], 5);
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 2 * PAGE, store8(p + 2 * PAGE, 1));
  OK(munmap(p + 2 * PAGE, 2 * PAGE));
  char *other = mmap(p + 2 * PAGE, 3 * PAGE, RW, ANON, -1, 0);
  CHECK(other != MAP_FAILED && (other + 3 * PAGE <= p + 2 * PAGE || p + 4 * PAGE <= other));
  OK(munmap(other, 3 * PAGE));
  // A length is rounded up; so is that of what is unmapped.
  CHECK(mmap(p + 2 * PAGE, PAGE + 1, RW, ANON | MAP_FIXED, -1, 0) == p + 2 * PAGE);
  p[3 * PAGE] = 9;
  OK(munmap(p + 2 * PAGE, 1));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 2 * PAGE, load8(p + 2 * PAGE));
  EQ(p[3 * PAGE], 9);
  OK(munmap(p + 3 * PAGE, PAGE));
  // With MAP_FIXED, an error before the place is looked at leaves what is there.
  FAILS(EBADF, mmap(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED, -1, 0));
  FAILS(EINVAL, mmap(p, 0, RW, ANON | MAP_FIXED, -1, 0));
  FAILS(EINVAL, mmap(p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
  FAILS(EINVAL, mmap(p + 1, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  FAILS(ENOMEM, mmap(p, -PAGE, RW, ANON | MAP_FIXED, -1, 0));
  EQ(p[0], 1);
  OK(munmap(p, 8 * PAGE));
}

// What is unmapped, protected and advised in the middle of a mapping, page by page.
static void middles(void) {
  long before, behind;
  char *base = map(12, PROT_NONE, ANON, -1, 0), *p = base + 2 * PAGE;
  OK(mprotect(p, 8 * PAGE, RW));
  for (int i = 0; i < 8; i++) p[i * PAGE] = i + 1;
  CHECK(around(p, &before, &behind));
  EQ(before, 0);
  EQ(behind, 8);
  OK(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
  CHECK(around(p + 3 * PAGE, &before, &behind));
  EQ(before, 0);
  EQ(behind, 1);
  NO_FAULT(store8(p + 3 * PAGE - 1, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 3 * PAGE, store8(p + 3 * PAGE, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 4 * PAGE - 1, store8(p + 4 * PAGE - 1, 1));
  NO_FAULT(store8(p + 4 * PAGE, 5));
  // The same protection again makes one of them.
  OK(mprotect(p + 3 * PAGE, 1, RW));
  CHECK(around(p + 3 * PAGE, &before, &behind));
  EQ(before, 3);
  EQ(behind, 5);
  // What is before the hole is changed, what is behind it is not.
  OK(munmap(p + 4 * PAGE, PAGE));
  FAILS(ENOMEM, mprotect(p + 2 * PAGE, 4 * PAGE, PROT_READ));
  NO_FAULT(store8(p + 2 * PAGE - 1, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 2 * PAGE, store8(p + 2 * PAGE, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 4 * PAGE - 1, store8(p + 4 * PAGE - 1, 1));
  NO_FAULT(store8(p + 5 * PAGE, 6));
  FAILS(ENOMEM, mprotect(p + 4 * PAGE, 2 * PAGE, PROT_READ));
  NO_FAULT(store8(p + 5 * PAGE, 6));
  FAILS(EINVAL, mprotect(p + 1, PAGE, PROT_READ));
  FAILS(ENOMEM, mprotect(p, -PAGE, PROT_READ));
  OK(mprotect(p, 0, PROT_READ));
  NO_FAULT(store8(p, 1));
  // Advice goes on behind a hole.
  FAILS(ENOMEM, madvise(p + 3 * PAGE, 3 * PAGE, MADV_DONTNEED));
  EQ(p[2 * PAGE], 3);
  EQ(p[3 * PAGE], 0);
  EQ(p[5 * PAGE], 0);
  EQ(p[6 * PAGE], 7);
  FAILS(EINVAL, madvise(p + 6 * PAGE, -PAGE, MADV_DONTNEED));
  OK(madvise(p + 6 * PAGE, 1, MADV_DONTNEED));
  EQ(p[6 * PAGE], 0);
  EQ(p[7 * PAGE], 8);
  // Locked memory is not thrown away; what is before it is.
  p[6 * PAGE] = 7;
  OK(mlock(p + 7 * PAGE, PAGE));
  FAILS(EINVAL, madvise(p + 6 * PAGE, 2 * PAGE, MADV_DONTNEED));
  EQ(p[6 * PAGE], 0);
  EQ(p[7 * PAGE], 8);
  FAILS(EBUSY, msync(p + 6 * PAGE, 2 * PAGE, MS_INVALIDATE));
  OK(msync(p + 6 * PAGE, PAGE, MS_INVALIDATE));
  OK(munlock(p + 7 * PAGE, PAGE));
  OK(msync(p + 6 * PAGE, 2 * PAGE, MS_INVALIDATE));
  FAILS(EINVAL, msync(p + 6 * PAGE, PAGE, MS_ASYNC | MS_SYNC));
  FAILS(EINVAL, msync(p + 6 * PAGE, PAGE, 8));
  FAILS(EINVAL, msync(p + 6 * PAGE + 1, PAGE, MS_SYNC));
  FAILS(ENOMEM, msync(p + 3 * PAGE, 3 * PAGE, MS_SYNC));
  FAILS(ENOMEM, msync(p, -PAGE, MS_SYNC));
  OK(msync(p + 4 * PAGE, 0, MS_SYNC));
  OK(munmap(base, 12 * PAGE));
}

// What is populated, page by page, and what can't be.
static void populated(void) {
  unsigned char there[9];
  char *p = map(8, RW, ANON, -1, 0);
  memset(there, 0xee, sizeof there);
  OK(mincore(p, 8 * PAGE, there));
  for (int i = 0; i < 8; i++) EQ(there[i], 0);
  EQ(there[8], 0xee);
  OK(madvise(p + PAGE, 2 * PAGE, MADV_POPULATE_WRITE));
  OK(madvise(p + 4 * PAGE, 1, MADV_POPULATE_WRITE));
  OK(mincore(p, 8 * PAGE, there));
  for (int i = 0; i < 8; i++) EQ(there[i], i == 1 || i == 2 || i == 4);
  OK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
  OK(mincore(p, 8 * PAGE, there));
  for (int i = 0; i < 8; i++) EQ(there[i], i == 1 || i == 4);
  // One answer for each page that a range touches, and not one more.
  memset(there, 0xee, sizeof there);
  OK(mincore(p + PAGE, PAGE + 1, there));
  EQ(there[0], 1);
  EQ(there[1], 0);
  EQ(there[2], 0xee);
  OK(munmap(p + 6 * PAGE, PAGE));
  FAILS(ENOMEM, madvise(p + 5 * PAGE, 3 * PAGE, MADV_POPULATE_WRITE));
  OK(mincore(p, 6 * PAGE, there));
  EQ(there[5], 1);
  OK(mincore(p + 7 * PAGE, PAGE, there));
  EQ(there[0], 0);
  memset(there, 0xee, sizeof there);
  FAILS(ENOMEM, mincore(p + 6 * PAGE, 2 * PAGE, there));
  FAILS(EINVAL, mincore(p + 1, 1, there));
  // A page of answers, and one more.
  static unsigned char many[4098];
  char *wide = map(4097, RW, ANON | MAP_NORESERVE, -1, 0);
  for (int n = 4095; n <= 4097; n++) {
    memset(many, 0xee, sizeof many);
    OK(mincore(wide, n * PAGE, many));
    EQ(many[n - 1], 0);
    EQ(many[n], 0xee);
  }
  OK(munmap(wide, 4097 * PAGE));
  OK(munmap(p, 8 * PAGE));
  // MAP_POPULATE makes all of it resident, and MAP_NONBLOCK nothing.
  p = map(3, RW, ANON | MAP_POPULATE, -1, 0);
  OK(mincore(p, 3 * PAGE, there));
  for (int i = 0; i < 3; i++) EQ(there[i], 1);
  OK(munmap(p, 3 * PAGE));
  p = map(3, RW, ANON | MAP_POPULATE | MAP_NONBLOCK, -1, 0);
  OK(mincore(p, 3 * PAGE, there));
  for (int i = 0; i < 3; i++) EQ(there[i], 0);
  OK(munmap(p, 3 * PAGE));
  // So does a lock; that on a fault does not.
  p = map(3, RW, ANON, -1, 0);
  OK(mlock2(p, PAGE, MLOCK_ONFAULT));
  OK(mincore(p, 3 * PAGE, there));
  EQ(there[0], 0);
  OK(mlock(p + PAGE + 1, 1));
  OK(mincore(p, 3 * PAGE, there));
  EQ(there[0], 0);
  EQ(there[1], 1);
  EQ(there[2], 0);
  OK(munmap(p, 3 * PAGE));
}

// mremap: each length that is one more or less; what it refuses leaves all as it was.
static void moved(void) {
  char *base = map(12, PROT_NONE, ANON, -1, 0), *p = base + 2 * PAGE;
  OK(mprotect(p, 4 * PAGE, RW));
  for (int i = 0; i < 4; i++) p[i * PAGE] = i + 1;
  CHECK(mremap(p, 4 * PAGE, 4 * PAGE, 0) == p);
  CHECK(mremap(p, 3 * PAGE + 1, 4 * PAGE, 0) == p);
  FAILS(EFAULT, mremap(p, 5 * PAGE, 6 * PAGE, MREMAP_MAYMOVE));
  FAILS(ENOMEM, mremap(p, 4 * PAGE, 5 * PAGE, 0));
  FAILS(ENOMEM, mremap(p, 2 * PAGE, 3 * PAGE, 0));
  FAILS(EINVAL, mremap(p, 4 * PAGE, 5 * PAGE, 16));
  FAILS(EINVAL, mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
  FAILS(EINVAL, mremap(p, PAGE, PAGE, MREMAP_DONTUNMAP));
  FAILS(EINVAL, mremap(p, 0, PAGE, MREMAP_MAYMOVE));
  FAILS(EINVAL, mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE));
  FAILS(EINVAL, mremap(p + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
  FAILS(EINVAL, mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 6 * PAGE + 1));
  for (int i = 0; i < 4; i++) EQ(p[i * PAGE], i + 1);
  OK(munmap(p + 4 * PAGE, 6 * PAGE));
  CHECK(mremap(p, 4 * PAGE, 6 * PAGE, 0) == p);  // as far as there is room
  EQ(p[5 * PAGE], 0);
  // Next to itself is not over itself.
  CHECK(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * PAGE) == p + 2 * PAGE);
  EQ(p[2 * PAGE], 1);
  EQ(p[3 * PAGE], 2);
  EQ(p[4 * PAGE], 0);
  FAULTS(SIGSEGV, SEGV_MAPERR, p + PAGE, load8(p + PAGE));
  CHECK(mremap(p + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
  EQ(p[0], 1);
  EQ(p[PAGE], 2);
  // A smaller one at a fixed place: the rest of the old one is gone.
  CHECK(mremap(p, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * PAGE) == p + 3 * PAGE);
  EQ(p[3 * PAGE], 1);
  FAULTS(SIGSEGV, SEGV_MAPERR, p, load8(p));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + PAGE, load8(p + PAGE));
#if defined __x86_64__
  // Below 2 GiB, where the hint does not matter.
  char *low = mmap(NULL, 3 * PAGE, RW, ANON | MAP_32BIT, -1, 0), *high = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
  CHECK((uintptr_t)low + 3 * PAGE <= 1ul << 31 && (uintptr_t)high >= 1ul << 32);
  OK(munmap(low, 3 * PAGE)), OK(munmap(high, 3 * PAGE));
#endif
  // What stays behind is empty, and what has moved is whole.
  char *volatile q = mremap(p + 3 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
  CHECK(q != MAP_FAILED && q != p + 3 * PAGE);
  EQ(q[0], 1);
  EQ(p[3 * PAGE], 0);
  p[3 * PAGE] = 6;
  EQ(q[0], 1);
  CHECK(mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, p) == p);
  EQ(p[0], 1);
  EQ(q[0], 0);
  OK(munmap(q, PAGE));
  OK(munmap(base, 12 * PAGE));
  // A second view of shared memory, from its middle on.
  char *shared = map(4, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 4; i++) shared[i * PAGE] = i + 1;
  FAILS(ENOMEM, mremap(shared, 0, PAGE, 0));
  char *view = mremap(shared + 2 * PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE);
  CHECK(view != MAP_FAILED);
  EQ(view[0], 3);
  EQ(view[PAGE], 4);
  view[0] = 33;
  EQ(shared[2 * PAGE], 33);
  // A shared mapping that grows shows no more than there is.
  q = mremap(shared, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
  CHECK(q != MAP_FAILED);
  EQ(q[2 * PAGE], 33);
  FAULTS(SIGBUS, BUS_ADRERR, q + 4 * PAGE, load8(q + 4 * PAGE));
  OK(munmap(q, 6 * PAGE));
  OK(munmap(view, 2 * PAGE));
}

// Mapped files: offsets and lengths to the page.
static void files(void) {
  int fd = OK(open("file", O_CREAT | O_RDWR, 0600)), reader = OK(open("file", O_RDONLY)), writer = OK(open("file", O_WRONLY));
  OK(ftruncate(fd, 2 * PAGE + 1));
  for (int i = 0; i < 3; i++) EQ(pwrite(fd, &(char){'a' + i}, 1, i * PAGE), 1);
  char *p = map(4, PROT_READ, MAP_SHARED, fd, 0);
  EQ(p[2 * PAGE], 'c');
  EQ(p[2 * PAGE + 1], 0);
  EQ(p[3 * PAGE - 1], 0);
  FAULTS(SIGBUS, BUS_ADRERR, p + 3 * PAGE, load8(p + 3 * PAGE));
  OK(ftruncate(fd, 2 * PAGE));
  FAULTS(SIGBUS, BUS_ADRERR, p + 2 * PAGE, load8(p + 2 * PAGE));
  EQ(p[PAGE], 'b');
  OK(ftruncate(fd, 3 * PAGE));
  EQ(p[2 * PAGE], 0);
  OK(munmap(p, 4 * PAGE));
  int path = OK(open("file", O_PATH));
  FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, path, 0));
  FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, path, 0));
  FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE, path, 0));
  FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, -1, 0));
  CHECK(mmap(NULL, PAGE, PROT_READ, ANON, path, 0) != MAP_FAILED);
  OK(close(path));
  FAILS(EACCES, mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0));
  FAILS(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, writer, 0));
  FAILS(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0));
  p = mmap(NULL, PAGE, RW, MAP_PRIVATE, reader, 0);
  CHECK(p != MAP_FAILED);
  p[0] = 'x';
  OK(munmap(p, PAGE));
  p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
  CHECK(p != MAP_FAILED);
  EQ(p[0], 'a');
  FAILS(EACCES, mprotect(p, PAGE, RW));
  FAULTS(SIGSEGV, SEGV_ACCERR, p, store8(p, 1));
  OK(munmap(p, PAGE));
  p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  OK(mprotect(p, PAGE, RW));
  p[0] = 'A';
  char c;
  EQ(pread(reader, &c, 1, 0), 1);
  EQ(c, 'A');
  OK(munmap(p, PAGE));
  FAILS(EOVERFLOW, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, -PAGE));
  FAILS(EOVERFLOW, mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, -2 * PAGE));
  FAILS(EINVAL, syscall(SYS_mmap, NULL, PAGE, PROT_READ, MAP_SHARED, fd, 1));
  FAILS(EINVAL, syscall(SYS_mmap, NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE - 1));
  // Its second page at its first place.
  p = map(1, PROT_READ, MAP_SHARED, fd, 1);
  EQ(p[0], 'b');
  CHECK(mremap(p, PAGE, PAGE, 0) == p);
  OK(munmap(p, PAGE));
  int folder = OK(open(".", O_RDONLY));
  FAILS(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, folder, 0));
  // Two mappings side by side of pages side by side are one; of other pages they are not.
  long before, behind;
  char *base = map(6, PROT_NONE, ANON, -1, 0);
  p = base + PAGE;
  CHECK(mmap(p, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == p);
  CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE) == p + PAGE);
  CHECK(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE) == p + 2 * PAGE);
  CHECK(around(p + PAGE, &before, &behind));
  EQ(before, 1);
  EQ(behind, 1);
  // remap_file_pages over both, and over more than is of one file.
  CHECK(mmap(p, 2 * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == p);
  OK(remap_file_pages(p, 2 * PAGE, 0, 1, 0));
  EQ(p[0], 'b');
  EQ(p[PAGE], 0);
  FAILS(EINVAL, remap_file_pages(p, 4 * PAGE, 0, 0, 0));
  FAILS(EINVAL, remap_file_pages(p, 0, 0, 0, 0));
  EQ(p[0], 'b');
  OK(munmap(base, 6 * PAGE));
  OK(unlink("file"));
}

// Limits that are reached to the byte: RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK.
static long field(const char *file, const char *name) {
  char line[256];
  long value = -1;
  FILE *status = fopen(file, "r");
  while (fgets(line, sizeof line, status))
    if (!strncmp(line, name, strlen(name))) value = atol(line + strlen(name));
  fclose(status);
  return value;
}

// Of the private mappings that may be written.
static long data_size(void) {
  static char text[65536];
  long sum = 0;
  int fd = OK(open("/proc/self/maps", O_RDONLY)), count = 0, n;
  while ((n = OK(read(fd, text + count, sizeof text - 1 - count))) > 0) count += n;
  OK(close(fd));
  text[count] = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char *start, *end, rights[8];
    sscanf(line, "%p-%p %7s", (void **)&start, (void **)&end, rights);
    if (rights[1] == 'w' && rights[3] == 'p' && !strstr(line, "[stack]")) sum += end - start;
  }
  return sum;
}

static void in_limits(void) {
  char *spare = map(8, RW, ANON, -1, 0), *shared = map(1, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  long size = field("/proc/self/status", "VmSize:") * 1024;
  struct rlimit old, limit;
  OK(getrlimit(RLIMIT_AS, &old));
  limit = (struct rlimit){size + 2 * PAGE, old.rlim_max};
  OK(setrlimit(RLIMIT_AS, &limit));
  void *p = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
  int error = errno;
  void *q = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
  void *r = mmap(NULL, PAGE, RW, ANON, -1, 0);
  void *grown = mremap(spare, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
  void *view = mremap(shared, 0, PAGE, MREMAP_MAYMOVE);
  // What takes another's place takes no more room.
  void *s = mmap(q, 2 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
  OK(munmap(q, 2 * PAGE));
  OK(setrlimit(RLIMIT_AS, &old));
  CHECK(p == MAP_FAILED && error == ENOMEM);
  CHECK(q != MAP_FAILED);
  CHECK(r == MAP_FAILED);
  CHECK(grown == MAP_FAILED);
  CHECK(s == q);
  CHECK(view == MAP_FAILED);

  // Private memory that may be written, and that becomes so.
  long data = data_size();
  p = map(4, PROT_READ, ANON, -1, 0);
  OK(getrlimit(RLIMIT_DATA, &old));
  limit = (struct rlimit){data + 2 * PAGE, old.rlim_max};
  OK(setrlimit(RLIMIT_DATA, &limit));
  int three = mprotect(p, 3 * PAGE, RW), two = mprotect(p, 2 * PAGE, RW), one = mprotect((char *)p + 2 * PAGE, PAGE, RW);
  q = mmap(NULL, PAGE, RW, ANON, -1, 0);
  r = mmap(NULL, PAGE, PROT_READ, ANON, -1, 0);
  s = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  OK(setrlimit(RLIMIT_DATA, &old));
  EQ(three, -1);
  EQ(two, 0);
  EQ(one, -1);
  CHECK(q == MAP_FAILED);
  CHECK(r != MAP_FAILED && s != MAP_FAILED);
  OK(munmap(p, 4 * PAGE)), OK(munmap(r, PAGE)), OK(munmap(s, PAGE));
  // Several mappings that become so at once are counted together; those before the one that is too much are as they were asked to be.
  p = map(5, PROT_READ, ANON, -1, 0);
  OK(mprotect((char *)p + 2 * PAGE, 2 * PAGE, PROT_NONE));
  data = data_size();
  limit = (struct rlimit){data + 3 * PAGE, old.rlim_max};
  OK(setrlimit(RLIMIT_DATA, &limit));
  three = mprotect(p, 5 * PAGE, RW);
  error = errno;
  one = mprotect((char *)p + 4 * PAGE, PAGE, RW);
  OK(setrlimit(RLIMIT_DATA, &old));
  EQ(three, -1);
  EQ(error, ENOMEM);
  EQ(one, 0);
  ((char *)p)[PAGE] = 1;
  FAULTS(SIGSEGV, SEGV_ACCERR, (char *)p + 2 * PAGE, load8((char *)p + 2 * PAGE));
  OK(munmap(p, 5 * PAGE));
}

static void limits(void) { in_child(in_limits); }

// brk: to the byte, and over what is in the way.
static void program_break(void) {
  char *now = (char *)syscall(SYS_brk, 0), *base = (char *)(((uintptr_t)now + 4095) & ~4095ul);
  EQ(syscall(SYS_brk, base), (long)base);
  EQ(syscall(SYS_brk, base + PAGE), (long)(base + PAGE));
  base[PAGE - 1] = 1;
  FAULTS(SIGSEGV, SEGV_MAPERR, base + PAGE, load8(base + PAGE));
  EQ(syscall(SYS_brk, base + PAGE + 1), (long)(base + PAGE + 1));
  base[2 * PAGE - 1] = 2;
  EQ(syscall(SYS_brk, base + PAGE), (long)(base + PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, base + PAGE, load8(base + PAGE));
  EQ(base[PAGE - 1], 1);
  EQ(syscall(SYS_brk, base + 1), (long)(base + 1));
  EQ(base[PAGE - 1], 1);
  CHECK(mmap(base + 2 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE, -1, 0) == base + 2 * PAGE);
  EQ(syscall(SYS_brk, base + 3 * PAGE), (long)(base + 1));
  EQ(syscall(SYS_brk, base), (long)base);
  OK(munmap(base + 2 * PAGE, PAGE));
  // What was given back comes again empty.
  EQ(syscall(SYS_brk, base + 2 * PAGE), (long)(base + 2 * PAGE));
  EQ(base[PAGE - 1], 0);
  EQ(base[2 * PAGE - 1], 0);
  EQ(syscall(SYS_brk, now), (long)now);
}

// What is locked is counted, page by page, of each mapping and of all.
static long told_of(char *start, const char *name) {
  char line[512], head[32];
  int inside = 0;
  long value = -1;
  snprintf(head, sizeof head, "%lx-", (long)start);
  FILE *maps = fopen("/proc/self/smaps", "r");
  while (fgets(line, sizeof line, maps)) {
    if (strchr(line, '-') && strchr("0123456789abcdef", line[0])) inside = !strncmp(line, head, strlen(head));
    if (inside && !strncmp(line, name, strlen(name))) value = atol(line + strlen(name));
  }
  fclose(maps);
  return value;
}
static void locked(void) {
  long before = field("/proc/self/status", "VmLck:");
  char *base = map(8, PROT_NONE, ANON, -1, 0), *p = base + PAGE;
  OK(mprotect(p, 6 * PAGE, RW));
  EQ(told_of(p, "Locked:"), 0);
  OK(mlock(p + PAGE, 2 * PAGE));
  p[PAGE] = p[2 * PAGE] = 1;
  EQ(field("/proc/self/status", "VmLck:"), before + 8);
  EQ(told_of(p + PAGE, "Locked:"), 8);
  EQ(told_of(p + PAGE, "Size:"), 8);
  EQ(told_of(p + PAGE, "Rss:"), 8);
  EQ(told_of(p, "Locked:"), 0);
  EQ(told_of(p, "Size:"), 4);
  OK(mlock2(p + 4 * PAGE, PAGE, MLOCK_ONFAULT));
  EQ(field("/proc/self/status", "VmLck:"), before + 12);
  EQ(told_of(p + 4 * PAGE, "Locked:"), 0);
  p[4 * PAGE] = 1;
  EQ(told_of(p + 4 * PAGE, "Locked:"), 4);
  EQ(told_of(p + 4 * PAGE, "Anonymous:"), 4);
  OK(munlock(p + 2 * PAGE, PAGE));
  EQ(field("/proc/self/status", "VmLck:"), before + 8);
  EQ(told_of(p + PAGE, "Locked:"), 4);
  OK(munmap(base, 8 * PAGE));
  EQ(field("/proc/self/status", "VmLck:"), before);
}

// The stack grows to its limit as it is now.
static __attribute__((noinline)) int deep(int kilobytes) {
  volatile char room[1024];
  room[0] = kilobytes;
  int below = kilobytes ? deep(kilobytes - 1) : 0;
  return below + room[0];
}
static int depth;
static void dig(void) {
  OK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
  CHECK(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
  struct rlimit limit;
  OK(getrlimit(RLIMIT_STACK, &limit));
  limit.rlim_cur = 1 << 20;
  OK(setrlimit(RLIMIT_STACK, &limit));
  deep(depth);
}
static void dig_after_more(void) {
  struct rlimit limit;
  OK(getrlimit(RLIMIT_STACK, &limit));
  limit.rlim_cur = 4 << 20;
  OK(setrlimit(RLIMIT_STACK, &limit));
  deep(3000);
}
static void stack(void) {
  depth = 500;
  EQ(status_of(dig), 0);
  depth = 2000;
  EQ(status_of(dig), SIGSEGV);
  EQ(status_of(dig_after_more), 0);
}

int main(void) {
  catch_faults();
  enter_scratch();
  PART(ends());
  STEP("the end of the address space");
  PART(places());
  STEP("places");
  PART(middles());
  STEP("in the middle");
  PART(populated());
  STEP("populated");
  PART(moved());
  STEP("mremap");
  PART(files());
  STEP("files");
  PART(limits());
  STEP("limits");
  PART(program_break());
  STEP("break");
  PART(locked());
  STEP("locked");
  PART(stack());
  STEP("stack");
  return 0;
}

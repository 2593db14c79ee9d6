// brk: starts after the data, grows zeroed, shrinks, refuses nonsense by answering the old break.
// QEMU: qemu-user keeps pages below a lowered break mapped.
#include "fault.h"
#include <sys/mman.h>

extern char _end;
static char *rawbrk(void *to) { return (char *)syscall(SYS_brk, to); }

// The least that it may be: /proc/self/stat tells. What lies above it is the C library's, too, so a child tries, and calls nothing.
static void least(void) {
  char text[1024];
  int fd = OK(open("/proc/self/stat", O_RDONLY)), status;
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *place = strrchr(text, ')');
  for (int field = 2; field < 47; field++) place = strchr(place, ' ') + 1;
  char *lowest = (char *)strtoul(place, NULL, 10), *now = rawbrk(NULL);
  CHECK(lowest && lowest <= now);
  pid_t pid = OK(fork());
  if (!pid) {
    int wrong = rawbrk(lowest - 1) != now;
    wrong |= (rawbrk(lowest) != lowest) << 1;
    wrong |= (rawbrk(lowest - 1) != lowest) << 2;
    syscall(SYS_exit_group, wrong);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
}

int main(void) {
  catch_faults();
  char *start = rawbrk(NULL);
  CHECK(start >= &_end);
  CHECK(rawbrk(NULL) == start);
  CHECK(sbrk(0) == start);
  STEP("after the data segment");

  char *base = (char *)(((uintptr_t)start + 4095) & ~4095ul);
  CHECK(rawbrk(base + 100000) == base + 100000);
  for (int i = 0; i < 100000; i++) EQ(base[i], 0);
  memset(base, 5, 100000);
  FAULTS(SIGSEGV, SEGV_MAPERR, base + 25 * 4096, load8(base + 25 * 4096));
  STEP("grown, zeroed, ends at a page");

  CHECK(rawbrk(base + 5000) == base + 5000);
  EQ(base[4999], 5);
  FAULTS(SIGSEGV, SEGV_MAPERR, base + 8192, load8(base + 8192));
  CHECK(rawbrk(base + 20000) == base + 20000);
  EQ(base[4999], 5);
  EQ(base[8191], 5);  // the rest of a kept page keeps its bytes
  EQ(base[8192], 0);
  STEP("shrunk and grown again");

  CHECK(rawbrk((void *)1) == base + 20000);
  CHECK(rawbrk((void *)0xffff000000000000) == base + 20000);
  void *wall = mmap(base + 20 * 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(wall == base + 20 * 4096);
  CHECK(rawbrk(base + 30 * 4096) == base + 20000);  // never over another mapping
  OK(munmap(wall, 4096));
  least();
  STEP("nonsense refused");

  CHECK(rawbrk(start) == start);
  FAULTS(SIGSEGV, SEGV_MAPERR, base, load8(base));
  CHECK(rawbrk(start + 1) == start + 1);
  CHECK(rawbrk(start) == start);
  char *p[50];
  for (int i = 0; i < 50; i++) memset(p[i] = malloc(1000 + i), i, 1000 + i);
  for (int i = 0; i < 50; i++) EQ(p[i][999], i);
  for (int i = 0; i < 50; i++) free(p[i]);
  STEP("malloc on top of it");
  return 0;
}

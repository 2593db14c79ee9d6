// /proc/self/smaps counts pages: those only reserved, written, shared with a forked child, written since, discarded.
// QEMU: qemu-user shows its own pages.
#include "check.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGE 4096L
static char text[1 << 17];

// What a field says in the mapping that begins at an address, in kB.
static long kilobytes(const void *address, const char *field) {
  int fd = OK(open("/proc/self/smaps", O_RDONLY));
  long size = 0, n;
  while ((n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
  text[size] = 0;
  OK(close(fd));
  char line[64];
  snprintf(line, sizeof line, "%08lx-", (long)address);
  char *place = strstr(text, line);
  CHECK(place);
  snprintf(line, sizeof line, "\n%s:", field);
  CHECK(place = strstr(place, line));
  return strtol(place + strlen(line), NULL, 10);
}

// The two-letter flags of the mapping that begins at an address.
static const char *mapping(const void *address) {
  static char flags[256];
  kilobytes(address, "Size");
  char line[64];
  snprintf(line, sizeof line, "%08lx-", (long)address);
  char *place = strstr(strstr(text, line), "\nVmFlags:");
  snprintf(flags, sizeof flags, "%.*s ", (int)strcspn(place + 9, "\n"), place + 9);
  return flags;
}

// What a field says in all mappings of a file together, or of the one that was read last.
static long sum(const char *path, const char *field) {
  char line[64];
  long size = 0, n, all = 0;
  if (path) {
    int fd = OK(open(path, O_RDONLY));
    while ((n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
    text[size] = 0;
    OK(close(fd));
  }
  snprintf(line, sizeof line, "\n%s:", field);
  for (char *place = text; (place = strstr(place, line));) all += strtol(place += strlen(line), NULL, 10);
  return all;
}

// 16 pages of their own between two that keep it from being merged.
static char *area(void) {
  char *p = mmap(NULL, 18 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  OK(mprotect(p + PAGE, 16 * PAGE, PROT_READ | PROT_WRITE));
  OK(madvise(p, 18 * PAGE, MADV_NOHUGEPAGE));
  return p + PAGE;
}

static void wait_for(pid_t pid) {
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  char *p = area();
  EQ(kilobytes(p, "Size"), 64);
  EQ(kilobytes(p, "Rss"), 0);
  for (int i = 0; i < 5; i++) p[i * PAGE] = i + 1;  // each another: like pages might be merged
  EQ(kilobytes(p, "Rss"), 20);
  EQ(kilobytes(p, "Pss"), 20);
  EQ(kilobytes(p, "Private_Dirty"), 20);
  EQ(kilobytes(p, "Shared_Dirty"), 0);
  EQ(kilobytes(p, "Anonymous"), 20);
  STEP("written");

  OK(madvise(p, PAGE, MADV_DONTNEED));
  EQ(kilobytes(p, "Rss"), 16);
  p[0] = 9;
  pid_t pid = OK(fork());
  if (pid == 0) {
    EQ(kilobytes(p, "Rss"), 20);
    EQ(kilobytes(p, "Pss"), 10);
    EQ(kilobytes(p, "Shared_Dirty"), 20);
    EQ(kilobytes(p, "Private_Dirty"), 0);
    p[0] = 10;
    EQ(kilobytes(p, "Shared_Dirty"), 16);
    EQ(kilobytes(p, "Private_Dirty"), 4);
    _exit(0);
  }
  wait_for(pid);
  EQ(kilobytes(p, "Shared_Dirty"), 0);
  EQ(kilobytes(p, "Private_Dirty"), 20);
  STEP("shared by fork");

  // What is locked, and the sums of all mappings.
  char *locked = area();
  memset(text, ' ', sizeof text);
  for (int i = 2; i < 5; i++) locked[i * PAGE] = i;
  OK(mlock(locked + 2 * PAGE, 3 * PAGE));
  EQ(kilobytes(locked + 2 * PAGE, "Locked"), 12);
  EQ(kilobytes(locked + 2 * PAGE, "Rss"), 12);
  EQ(kilobytes(locked, "Locked"), 0);
  EQ(kilobytes(p, "Locked"), 0);
  CHECK(strstr(mapping(locked + 2 * PAGE), " lo ") && !strstr(mapping(locked), " lo "));
  static const char *const fields[] = {"Locked", "Anonymous", "Private_Dirty", "Shared_Dirty", "Swap", "LazyFree"};
  for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++) {
    // Pages may come and go between the two looks.
    long all = -1, rolled_up = 0;
    for (int tries = 0; tries < 10 && rolled_up != all; tries++) {
      all = sum("/proc/self/smaps", fields[i]);
      rolled_up = sum("/proc/self/smaps_rollup", fields[i]);
    }
    EQ(rolled_up, all);
    if (i < 3) CHECK(all >= 12);
  }
  CHECK(sum("/proc/self/smaps_rollup", "Rss") >= sum(NULL, "Pss"));
  OK(munlock(locked, 16 * PAGE));
  EQ(sum("/proc/self/smaps_rollup", "Locked"), 0);
  STEP("locked, and all of them");
  return 0;
}

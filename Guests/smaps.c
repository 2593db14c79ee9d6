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
  return 0;
}

// Locked memory: what VmLck counts, RLIMIT_MEMLOCK, what mlockall does now and later, what fork, mremap and MS_INVALIDATE do.
#include "check.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PAGE 4096ul

static long locked(void) {
  char line[256];
  long kilobytes = -1;
  FILE *f = fopen("/proc/self/status", "r");
  CHECK(f);
  while (fgets(line, sizeof line, f)) sscanf(line, "VmLck: %ld", &kilobytes);
  fclose(f);
  return kilobytes;
}

static char *map(unsigned long pages, int flags) {
  return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static int resident(char *page) {
  unsigned char answer = 0;
  OK(mincore(page, PAGE, &answer));
  return answer & 1;
}

static void unprivileged(void) {
  struct rlimit limit = {4 * PAGE + 7, 4 * PAGE + 7};
  OK(setrlimit(RLIMIT_MEMLOCK, &limit));
  OK(setresuid(1000, 1000, 1000));
  char *p = map(8, 0);
  FAILS(ENOMEM, mlock(p, 5 * PAGE));
  EQ(locked(), 0);
  OK(mlock(p, 4 * PAGE));
  // What is locked already does not count twice.
  OK(mlock(p, 4 * PAGE));
  FAILS(ENOMEM, mlock(p + 4 * PAGE, 1));
  CHECK(map(1, MAP_LOCKED) == MAP_FAILED && errno == EAGAIN);
  FAILS(ENOMEM, mlockall(MCL_CURRENT));
  OK(munlock(p, PAGE));
  OK(mlock(p + 4 * PAGE, 1));
  EQ(locked(), 16);
  // It may promise to lock what comes, and can then have nothing more.
  OK(mlockall(MCL_FUTURE));
  CHECK(map(1, 0) == MAP_FAILED && errno == EAGAIN);
  OK(munlockall());
  EQ(locked(), 0);
  CHECK(map(1, 0) != MAP_FAILED);
  limit = (struct rlimit){0, 0};
  OK(setrlimit(RLIMIT_MEMLOCK, &limit));
  FAILS(EPERM, mlock(p, PAGE));
  FAILS(EPERM, mlockall(MCL_FUTURE));
  CHECK(map(1, MAP_LOCKED) == MAP_FAILED && errno == EPERM);
  OK(munlock(p, PAGE));
}

static int child(void (*body)(void)) {
  pid_t pid = OK(fork());
  if (!pid) {
    body();
    _exit(0);
  }
  int status;
  OK(waitpid(pid, &status, 0));
  return status;
}

static void inherits(void) {
  EQ(locked(), 0);
  char *p = map(1, 0);
  EQ(locked(), 0);
  OK(munmap(p, PAGE));
}

int main(void) {
  EQ(locked(), 0);
  char *p = map(8, 0);
  CHECK(!resident(p));
  OK(mlock(p + 1, PAGE));
  EQ(locked(), 8);
  CHECK(resident(p) && resident(p + PAGE) && !resident(p + 2 * PAGE));
  OK(syscall(SYS_mlock2, p + 2 * PAGE, PAGE, MLOCK_ONFAULT));
  CHECK(!resident(p + 2 * PAGE));
  EQ(locked(), 12);
  FAILS(EINVAL, syscall(SYS_mlock2, p, PAGE, 2));
  FAILS(ENOMEM, mlock((void *)PAGE, PAGE));
  OK(munmap(p, PAGE));
  EQ(locked(), 8);
  OK(munlock(p + PAGE, 2 * PAGE));
  EQ(locked(), 0);
  STEP("ranges");

  char *l = map(2, MAP_LOCKED);
  EQ(locked(), 8);
  FAILS(EBUSY, msync(l, PAGE, MS_INVALIDATE));
  OK(msync(l, PAGE, MS_ASYNC));
  l = mremap(l, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
  CHECK(l != MAP_FAILED);
  EQ(locked(), 12);
  EQ(child(inherits), 0);
  STEP("mappings");

  FAILS(EINVAL, mlockall(0));
  FAILS(EINVAL, mlockall(MCL_ONFAULT));
  FAILS(EINVAL, mlockall(16));
  OK(mlockall(MCL_CURRENT));
  CHECK(locked() > 12);
  char *later = map(2, 0);
  long before = locked();
  OK(mlockall(MCL_FUTURE));
  char *future = map(2, 0);
  EQ(locked(), before + 8);
  EQ(child(inherits), 0);
  OK(munlockall());
  EQ(locked(), 0);
  char *free = map(2, 0);
  EQ(locked(), 0);
  CHECK(later && future && free);
  STEP("all");

  if (geteuid()) return 0;
  EQ(child(unprivileged), 0);
  STEP("limit");
  return 0;
}

// Limits that are kept: processor time with its signals, the address space, private writable memory by every way to it.
#include "check.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MB (1ul << 20)

static void set(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit limit = {soft, hard};
  OK(setrlimit(resource, &limit));
}

static volatile sig_atomic_t signals;
static void count(int number) { signals++; }

static void spin(void) {
  for (;;)
    for (volatile int i = 0; i < 1000000; i++) {}
}

static void soft_time(void) {
  set(RLIMIT_CPU, 1, 3);
  spin();
}

static void hard_time(void) {
  signal(SIGXCPU, SIG_IGN);
  set(RLIMIT_CPU, 1, 1);
  spin();
}

// The limit moves on by a second with each signal.
static void handled_time(void) {
  struct rlimit limit;
  signal(SIGXCPU, count);
  set(RLIMIT_CPU, 1, 60);
  while (!signals)
    for (volatile int i = 0; i < 100000; i++) {}
  OK(getrlimit(RLIMIT_CPU, &limit));
  CHECK(limit.rlim_cur >= 2);
  EQ(limit.rlim_max, 60);
  // A child has its own time, and the same limit.
  pid_t pid = OK(fork());
  if (!pid) {
    struct rlimit own;
    OK(getrlimit(RLIMIT_CPU, &own));
    _exit(own.rlim_cur == limit.rlim_cur ? 0 : 1);
  }
  int status;
  OK(waitpid(pid, &status, 0));
  EQ(status, 0);
}

static char *map(unsigned long length, int protection, int flags) {
  return mmap(0, length, protection, MAP_ANONYMOUS | flags, -1, 0);
}

static void data(void) {
  set(RLIMIT_DATA, 4 * MB, 4 * MB);
  CHECK(map(8 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
  // What is shared or can't be written does not count, until it can.
  CHECK(map(8 * MB, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
  char *p = map(8 * MB, PROT_READ, MAP_PRIVATE);
  CHECK(p != MAP_FAILED);
  FAILS(ENOMEM, mprotect(p, 8 * MB, PROT_READ | PROT_WRITE));
  OK(mprotect(p, MB, PROT_READ | PROT_WRITE));
  char *q = map(MB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  CHECK(q != MAP_FAILED);
  CHECK(mremap(q, MB, 8 * MB, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
  CHECK(sbrk(8 * MB) == (void *)-1);
  OK(munmap(q, MB));
  CHECK(map(MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
}

static void address_space(void) {
  set(RLIMIT_AS, 64 * MB, 64 * MB);
  CHECK(map(128 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
  CHECK(map(128 * MB, PROT_NONE, MAP_SHARED) == MAP_FAILED && errno == ENOMEM);
  CHECK(map(MB, PROT_NONE, MAP_SHARED) != MAP_FAILED);
}

int main(void) {
  int status = status_of(soft_time);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
  status = status_of(hard_time);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EQ(status_of(handled_time), 0);
  STEP("processor time");
  EQ(status_of(data), 0);
  STEP("data");
  EQ(status_of(address_space), 0);
  STEP("address space");
  return 0;
}

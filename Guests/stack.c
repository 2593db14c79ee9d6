// The main stack grows on demand to megabytes, overflow is a SIGSEGV at the guard, a thread's guard page is ACCERR.
#include "fault.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

static char *lowest;

__attribute__((noinline)) static unsigned deep(unsigned n) {
  volatile unsigned char frame[4000];
  frame[0] = n;
  frame[3999] = n >> 8;
  if (n == 0) return 1;
  unsigned below = deep(n - 1);
  __asm__ volatile("" : "+r"(below) : : "memory");  // or the compiler makes a loop of it
  return below * 31 + frame[0] + frame[3999];
}

__attribute__((noinline)) static int forever(int n) {
  volatile char frame[1000];
  lowest = (char *)frame;
  frame[0] = n;
  if (n < 1 << 30) n = forever(n + 1);
  __asm__ volatile("" : "+r"(n) : : "memory");
  return n + frame[0];
}

// Touches a big local page by page from the top, as compiled stack probes do.
__attribute__((noinline)) static void alloca_downwards(long size) {
  volatile char *here = __builtin_alloca(size);
  for (long i = size - 1; i >= 0; i -= 4096) here[i] = 1;
}

static void *thread(void *argument) {
  (void)argument;
  stack_t alt = {.ss_sp = malloc(65536), .ss_size = 65536};
  OK(sigaltstack(&alt, NULL));
  struct fault f = FAULT(forever(0));
  EQ(f.signo, SIGSEGV);
  EQ(f.code, SEGV_ACCERR);
  CHECK((char *)f.addr < lowest + 1000 && (char *)f.addr > lowest - 8192);
  STEP("thread overflow meets its guard page");
  alt.ss_flags = SS_DISABLE;
  OK(sigaltstack(&alt, NULL));
  return NULL;
}

int main(void) {
  struct rlimit limit;
  OK(getrlimit(RLIMIT_STACK, &limit));
  CHECK(limit.rlim_cur >= 8 << 20);
  unsigned a = deep(1500);  // 6 MB
  EQ(deep(1500), a);
  STEP("six megabytes deep: %u", a);

  alloca_downwards(3 << 20);
  STEP("three megabytes by alloca");

  catch_faults();
  stack_t alt = {.ss_sp = malloc(65536), .ss_size = 65536};
  OK(sigaltstack(&alt, NULL));
  if (limit.rlim_cur == 8 << 20) {
    struct fault f = FAULT(forever(0));
    EQ(f.signo, SIGSEGV);
    CHECK(f.code == SEGV_MAPERR || f.code == SEGV_ACCERR);
    CHECK((char *)f.addr < lowest + 1000 && (char *)f.addr > lowest - 65536);
    CHECK((char *)&limit - (char *)f.addr > 7 << 20);
  }
  STEP("overflow of the main stack is caught on the alternate one");
  EQ(deep(1500), a);
  STEP("and the stack is usable again");

  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 << 10);
  pthread_t t;
  EQ(pthread_create(&t, &attr, thread, NULL), 0);
  EQ(pthread_join(t, NULL), 0);
  return 0;
}

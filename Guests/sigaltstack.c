// sigaltstack: used only with SA_ONSTACK, flags seen from inside, nested signals stay on it, SS_AUTODISARM, errors.
// QEMU: qemu-user 7.2 has no SS_AUTODISARM.
#include "check.h"
#include <pthread.h>

static char area[65536] __attribute__((aligned(16)));
static volatile int on_alt, flags_inside, nested_on_alt, busy;

static int inside(const void *p) { return (char *)p >= area && (char *)p < area + sizeof area; }
static void plain(int signo) {
  char local;
  on_alt = inside(&local);
  stack_t now;
  OK(sigaltstack(NULL, &now));
  flags_inside = now.ss_flags;
  if (now.ss_flags & SS_ONSTACK) {
    stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};
    busy = sigaltstack(&other, NULL) == -1 && errno == EPERM;
  }
}
static void outer(int signo) {
  raise(SIGUSR1);
  char local;
  nested_on_alt = on_alt && inside(&local);
}
static void *other_thread(void *unused) {
  stack_t now;
  OK(sigaltstack(NULL, &now));
  EQ(now.ss_flags, SS_DISABLE);  // not inherited by threads
  raise(SIGUSR1);
  EQ(on_alt, 0);
  return unused;
}

int main(void) {
  stack_t alt = {.ss_sp = area, .ss_size = sizeof area}, old;
  OK(sigaltstack(NULL, &old));
  EQ(old.ss_flags, SS_DISABLE);
  OK(sigaltstack(&alt, NULL));
  OK(sigaltstack(NULL, &old));
  CHECK(old.ss_sp == area);
  EQ(old.ss_size, sizeof area);
  EQ(old.ss_flags, 0);
  STEP("set and read back");

  struct sigaction a = {.sa_handler = plain};
  OK(sigaction(SIGUSR1, &a, NULL));
  raise(SIGUSR1);
  EQ(on_alt, 0);
  EQ(flags_inside, 0);
  a.sa_flags = SA_ONSTACK;
  OK(sigaction(SIGUSR1, &a, NULL));
  raise(SIGUSR1);
  EQ(on_alt, 1);
  EQ(flags_inside, SS_ONSTACK);
  EQ(busy, 1);
  STEP("used with SA_ONSTACK only, not replaceable while in use");

  a.sa_handler = outer;
  OK(sigaction(SIGUSR2, &a, NULL));
  on_alt = 0;
  raise(SIGUSR2);
  EQ(nested_on_alt, 1);
  STEP("nested signals share it");

  pthread_t t;
  EQ(pthread_create(&t, NULL, other_thread, NULL), 0);
  EQ(pthread_join(t, NULL), 0);
  STEP("one per thread");

  alt.ss_flags = (int)(1u << 31);  // SS_AUTODISARM: disarmed while a handler runs on it
  OK(sigaltstack(&alt, NULL));
  raise(SIGUSR1);
  EQ(on_alt, 1);
  EQ(flags_inside, SS_DISABLE);
  OK(sigaltstack(NULL, &old));
  EQ(old.ss_flags, (int)(1u << 31));
  STEP("SS_AUTODISARM");

  alt.ss_flags = 0;
  alt.ss_size = 1000;
  FAILS(ENOMEM, sigaltstack(&alt, NULL));
#if defined __aarch64__
  alt.ss_size = 5119;  // MINSIGSTKSZ, which the C library has otherwise
#else
  alt.ss_size = 2047;
#endif
  FAILS(ENOMEM, sigaltstack(&alt, NULL));
  alt.ss_size++;
  OK(sigaltstack(&alt, NULL));
  OK(sigaltstack(NULL, &old));
  EQ(old.ss_size, alt.ss_size);
  alt.ss_size = sizeof area;
  alt.ss_flags = 64;
  FAILS(EINVAL, sigaltstack(&alt, NULL));
  FAILS(EFAULT, syscall(SYS_sigaltstack, (void *)8, NULL));
  alt.ss_flags = SS_DISABLE;
  OK(sigaltstack(&alt, NULL));
  raise(SIGUSR1);
  EQ(on_alt, 0);
  STEP("errors, disabled");
  return 0;
}

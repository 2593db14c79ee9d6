// Masks and pending signals: BLOCK/UNBLOCK/SETMASK, sigpending, order of delivery, one standard signal pending at most.
// QEMU riscv64: qemu-user 7.2 looks for sa_mask behind a restorer, which RISC-V's struct sigaction does not have.
#include "check.h"

static volatile int order[32], count;
static void record(int signo) { order[count++] = signo; }

static void set_of(sigset_t *set, int a, int b, int c) {
  sigemptyset(set);
  if (a) sigaddset(set, a);
  if (b) sigaddset(set, b);
  if (c) sigaddset(set, c);
}

int main(void) {
  sigset_t set, old, pending;
  struct sigaction a = {.sa_handler = record};
  int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGHUP};
  sigfillset(&a.sa_mask);
  for (int i = 0; i < 4; i++) OK(sigaction(signals[i], &a, NULL));

  set_of(&set, SIGUSR1, SIGUSR2, 0);
  OK(sigprocmask(SIG_BLOCK, &set, &old));
  CHECK(!sigismember(&old, SIGUSR1));
  set_of(&set, SIGTERM, 0, 0);
  OK(sigprocmask(SIG_BLOCK, &set, &old));
  CHECK(sigismember(&old, SIGUSR1) && sigismember(&old, SIGUSR2) && !sigismember(&old, SIGTERM));
  for (int i = 0; i < 5; i++) raise(SIGUSR1);
  kill(getpid(), SIGTERM);
  EQ(count, 0);
  OK(sigpending(&pending));
  CHECK(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGTERM) && !sigismember(&pending, SIGUSR2));
  STEP("blocked signals stay pending");

  set_of(&set, SIGUSR1, 0, 0);
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  EQ(count, 1);
  EQ(order[0], SIGUSR1);
  OK(sigpending(&pending));
  CHECK(!sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGTERM));
  STEP("five became one");

  sigemptyset(&set);
  OK(sigprocmask(SIG_SETMASK, &set, &old));
  CHECK(!sigismember(&old, SIGUSR1) && sigismember(&old, SIGTERM));
  EQ(count, 2);
  EQ(order[1], SIGTERM);
  STEP("SETMASK delivers the rest before it returns");

  sigfillset(&set);
  OK(sigprocmask(SIG_SETMASK, &set, NULL));
  OK(sigprocmask(SIG_SETMASK, NULL, &old));
  CHECK(!sigismember(&old, SIGKILL) && !sigismember(&old, SIGSTOP) && sigismember(&old, SIGSEGV));
  count = 0;
  raise(SIGTERM), raise(SIGUSR2), raise(SIGHUP), raise(SIGUSR1);
  sigemptyset(&set);
  OK(sigprocmask(SIG_SETMASK, &set, NULL));
  EQ(count, 4);
  EQ(order[0], SIGHUP);  // lowest number first, each handler masking the others
  EQ(order[1], SIGUSR1);
  EQ(order[2], SIGUSR2);
  EQ(order[3], SIGTERM);
  STEP("lowest number first");

  FAILS(EINVAL, syscall(SYS_rt_sigprocmask, 3, &set, NULL, 8));
  OK(syscall(SYS_rt_sigprocmask, 3, NULL, &old, 8));  // how does not matter then
  FAILS(EINVAL, syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 16));
  FAILS(EFAULT, syscall(SYS_rt_sigprocmask, SIG_BLOCK, (void *)8, NULL, 8));
  FAILS(EFAULT, syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, (void *)8, 8));
  STEP("errors");
  return 0;
}

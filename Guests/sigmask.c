// Masks and pending signals: BLOCK/UNBLOCK/SETMASK, sigpending, order of delivery, one standard signal pending at most.
// QEMU riscv64: qemu-user 7.2 looks for sa_mask behind a restorer, which RISC-V's struct sigaction does not have.
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile int order[32], count;
static void record(int signo) { order[count++] = signo; }

static void set_of(sigset_t *set, int a, int b, int c) {
  sigemptyset(set);
  if (a) sigaddset(set, a);
  if (b) sigaddset(set, b);
  if (c) sigaddset(set, c);
}

// A mask for the time of a call goes with it, whether it waits or not: the next one has its own, and what is blocked in between stays so.
static long with_mask(int call, int timeout, sigset_t *mask) {
  static int ends[2], epoll;
  if (!epoll) {
    OK(pipe(ends));
    epoll = OK(epoll_create1(0));
    OK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &(struct epoll_event){EPOLLOUT, {0}}));
  }
  struct pollfd poller = {ends[timeout ? 0 : 1], timeout ? POLLIN : POLLOUT, 0};
  struct timespec time = {timeout, 0};
  fd_set set;
  FD_ZERO(&set);
  FD_SET(poller.fd, &set);
  if (call == 0) return ppoll(&poller, 1, &time, mask);
  if (call == 1) return pselect(poller.fd + 1, timeout ? &set : NULL, timeout ? NULL : &set, NULL, &time, mask);
  OK(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], &(struct epoll_event){timeout ? 0 : EPOLLOUT, {0}}));
  return epoll_pwait(epoll, &(struct epoll_event){0}, 1, timeout * 1000, mask);
}
static void masks_of_calls(void) {
  sigset_t none, all, set, now;
  struct sigaction action = {.sa_handler = record};
  int signals[] = {SIGUSR1, SIGWINCH};
  for (int i = 0; i < 2; i++) OK(sigaction(signals[i], &action, NULL));
  sigemptyset(&none);
  sigfillset(&all);
  for (int call = 0; call < 3; call++) {
    count = 0;
    set_of(&set, SIGUSR1, 0, 0);
    OK(sigprocmask(SIG_SETMASK, &set, NULL));
    EQ(with_mask(call, 0, &all), 1);
    OK(sigprocmask(SIG_SETMASK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2) && !sigismember(&now, SIGWINCH));
    set_of(&set, SIGUSR2, 0, 0);
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGWINCH);
    EQ(count, 1);
    OK(sigprocmask(SIG_SETMASK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2) && !sigismember(&now, SIGWINCH));
    raise(SIGUSR1);
    EQ(count, 1);
    FAILS(EINTR, with_mask(call, 1, &none));
    EQ(count, 2);
    OK(sigprocmask(SIG_SETMASK, NULL, &now));
    CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2) && !sigismember(&now, SIGWINCH));
    // Neither does one that nothing came of.
    EQ(with_mask(call, 0, &none), 1);
    raise(SIGUSR1);
    EQ(count, 2);
    FAILS(EINTR, with_mask(call, 1, &none));
    EQ(count, 3);
  }
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
  in_child(masks_of_calls);
  STEP("masks of calls");
  return 0;
}

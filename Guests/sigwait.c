// sigtimedwait, sigwaitinfo: take blocked signals without a handler, with payloads, lowest first, timing out with EAGAIN.
#include "check.h"
#include <pthread.h>

static void *sender(void *tid) {
  pause_ms(3);
  OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 77}));
  return NULL;
}

int main(void) {
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGRTMIN + 2);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  siginfo_t info;
  struct timespec zero = {0, 0}, little = {0, 3000000};
  FAILS(EAGAIN, sigtimedwait(&set, &info, &zero));
  int64_t before = now_ns(CLOCK_MONOTONIC);
  FAILS(EAGAIN, sigtimedwait(&set, &info, &little));
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 3000000);
  STEP("nothing: EAGAIN at once or after the timeout");

  for (int i = 0; i < 4; i++) OK(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i}));
  OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_ptr = (void *)0x123456789abcdef}));
  raise(SIGTERM);
  kill(getpid(), SIGUSR1);
  EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGTERM);  // the thread's own first; glibc would hide SI_TKILL
  EQ(info.si_code, SI_TKILL);
  EQ(sigwaitinfo(&set, &info), SIGUSR1);
  EQ(info.si_code, SI_USER);
  EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
  EQ(info.si_code, SI_QUEUE);
  EQ((long)info.si_value.sival_ptr, 0x123456789abcdef);
  EQ(info.si_pid, getpid());
  for (int i = 0; i < 4; i++) {
    EQ(sigtimedwait(&set, &info, &zero), SIGRTMIN + 2);
    EQ(info.si_value.sival_int, i);
  }
  OK(sigpending(&pending));
  CHECK(!sigismember(&pending, SIGRTMIN + 2));
  FAILS(EAGAIN, sigtimedwait(&set, NULL, &zero));
  STEP("taken with payload, in order");

  pthread_t t;
  EQ(pthread_create(&t, NULL, sender, NULL), 0);
  EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
  EQ(info.si_value.sival_int, 77);
  EQ(pthread_join(t, NULL), 0);
  STEP("waited for");

  struct timespec bad = {0, -1};
  FAILS(EINVAL, sigtimedwait(&set, &info, &bad));
  FAILS(EINVAL, syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 4));
  FAILS(EFAULT, syscall(SYS_rt_sigtimedwait, (void *)8, &info, &zero, 8));
  FAILS(EFAULT, syscall(SYS_rt_sigtimedwait, &set, &info, (void *)8, 8));
  STEP("errors");
  return 0;
}

// Real-time signals queue in order with their values; standard ones coalesce; rt_sigqueueinfo and its limits.
// QEMU riscv64: qemu-user 7.2 looks for sa_mask behind a restorer, which RISC-V's struct sigaction does not have.
#include "check.h"

static volatile int values[64], signals[64], count;
static void handler(int signo, siginfo_t *info, void *context) {
  signals[count] = signo;
  values[count++] = info->si_value.sival_int;
  EQ(info->si_code, SI_QUEUE);
  EQ(info->si_pid, getpid());
  EQ(info->si_uid, getuid());
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigfillset(&a.sa_mask);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int use[] = {SIGRTMIN, SIGRTMIN + 5, SIGRTMIN + 20, SIGUSR1};
  for (int i = 0; i < 4; i++) OK(sigaction(use[i], &a, NULL));
  OK(sigprocmask(SIG_SETMASK, &all, NULL));
  for (int i = 0; i < 8; i++) {
    OK(sigqueue(getpid(), SIGRTMIN + 20, (union sigval){.sival_int = 300 + i}));
    OK(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){.sival_int = 200 + i}));
    OK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = i}));
    OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 100 + i}));
  }
  OK(sigprocmask(SIG_SETMASK, &none, NULL));
  EQ(count, 25);
  EQ(signals[0], SIGUSR1);
  EQ(values[0], 0);  // the first one stays, the others are lost
  for (int i = 0; i < 24; i++) {
    EQ(signals[1 + i], use[i / 8]);
    EQ(values[1 + i], 100 * (1 + i / 8) + i % 8);
  }
  STEP("24 queued in order, 8 standard ones became one");

  siginfo_t info = {.si_signo = SIGRTMIN, .si_code = SI_QUEUE};
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_value.sival_int = 5;
  count = 0;
  OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
  EQ(values[0], 5);
  OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGRTMIN, &info));
  EQ(count, 2);
  FAILS(EINVAL, syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info));
  FAILS(ESRCH, syscall(SYS_rt_sigqueueinfo, 999999999, SIGRTMIN, &info));
  FAILS(EFAULT, syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, (void *)8));
  STEP("rt_sigqueueinfo, rt_tgsigqueueinfo");
  return 0;
}

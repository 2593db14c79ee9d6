// sigaction: old actions, flags given back, RESETHAND, NODEFER, sa_mask, SIG_IGN, unchangeable signals, raw layout.
// QEMU: qemu-user 7.2 shows SIGKILL as blocked while a handler masks it, and lacks signal 64.
#include "check.h"

static volatile int calls, depth, deepest;
static volatile siginfo_t seen;

static void count(int signo) { calls++; }
static void nested(int signo) {
  if (++depth > deepest) deepest = depth;
  if (++calls < 3) raise(signo);
  depth--;
}
static void masked(int signo) {
  sigset_t now;
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM) && sigismember(&now, SIGRTMIN));
  CHECK(!sigismember(&now, SIGUSR2) && !sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP));
  calls++;
}
static void with_info(int signo, siginfo_t *info, void *context) {
  memcpy((void *)&seen, info, sizeof seen);
  CHECK(context);
}

int main(void) {
  struct sigaction a = {.sa_handler = count}, old;
  OK(sigaction(SIGUSR1, &a, &old));
  CHECK(old.sa_handler == SIG_DFL);
  OK(sigaction(SIGUSR1, NULL, &old));
  CHECK(old.sa_handler == count);
  raise(SIGUSR1);
  raise(SIGUSR1);
  EQ(calls, 2);
  STEP("handler installed and run");

  a.sa_flags = SA_RESETHAND;
  OK(sigaction(SIGUSR1, &a, NULL));
  raise(SIGUSR1);
  EQ(calls, 3);
  OK(sigaction(SIGUSR1, NULL, &old));
  CHECK(old.sa_handler == SIG_DFL);
  STEP("RESETHAND");

  a = (struct sigaction){.sa_handler = nested, .sa_flags = SA_NODEFER};
  OK(sigaction(SIGUSR1, &a, NULL));
  calls = 0;
  raise(SIGUSR1);
  EQ(calls, 3);
  EQ(deepest, 3);
  a.sa_flags = 0;
  OK(sigaction(SIGUSR1, &a, NULL));
  calls = deepest = 0;
  raise(SIGUSR1);
  EQ(calls, 3);
  EQ(deepest, 1);
  STEP("NODEFER nests, without it they follow one another");

  a = (struct sigaction){.sa_handler = masked};
  sigaddset(&a.sa_mask, SIGTERM);
  sigaddset(&a.sa_mask, SIGRTMIN);
  sigaddset(&a.sa_mask, SIGKILL);
  OK(sigaction(SIGUSR1, &a, NULL));
  calls = 0;
  raise(SIGUSR1);
  EQ(calls, 1);
  sigset_t now;
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGTERM));
  OK(sigaction(SIGUSR1, NULL, &old));
  CHECK(sigismember(&old.sa_mask, SIGTERM) && !sigismember(&old.sa_mask, SIGKILL));
  STEP("sa_mask while the handler runs");

  a = (struct sigaction){.sa_sigaction = with_info, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER};
  OK(sigaction(SIGUSR2, &a, NULL));
  OK(sigaction(SIGUSR2, NULL, &old));
  EQ(old.sa_flags & (SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER | SA_RESETHAND), a.sa_flags);
  OK(kill(getpid(), SIGUSR2));
  EQ(seen.si_signo, SIGUSR2);
  EQ(seen.si_code, SI_USER);
  EQ(seen.si_pid, getpid());
  EQ(seen.si_uid, getuid());
  raise(SIGUSR2);
  EQ(seen.si_code, SI_TKILL);
  EQ(seen.si_errno, 0);
  OK(sigaction(64, &a, NULL));
  OK(kill(getpid(), 64));
  EQ(seen.si_signo, 64);
  STEP("siginfo of kill and tkill");

  signal(SIGTERM, SIG_IGN);
  raise(SIGTERM);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  signal(SIGTERM, count);
  raise(SIGTERM);
  signal(SIGTERM, SIG_IGN);  // drops what is pending
  signal(SIGTERM, count);
  calls = 0;
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  EQ(calls, 0);
  raise(SIGCHLD);
  raise(SIGWINCH);
  raise(SIGURG);
  STEP("ignored, and ignored by default");

  FAILS(EINVAL, sigaction(SIGKILL, &a, NULL));
  FAILS(EINVAL, sigaction(SIGSTOP, &a, NULL));
  OK(sigaction(SIGKILL, NULL, &old));
  FAILS(EINVAL, sigaction(0, &a, NULL));
  FAILS(EINVAL, sigaction(65, &a, NULL));
  FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
  FAILS(EFAULT, syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8));
  FAILS(EINVAL, kill(getpid(), 65));
  OK(kill(getpid(), 0));
  FAILS(ESRCH, kill(999999999, 0));
  FAILS(ESRCH, syscall(SYS_tgkill, getpid(), 999999999, 0));
  FAILS(EINVAL, syscall(SYS_tgkill, -1, gettid(), 0));
  STEP("errors");

  a = (struct sigaction){.sa_handler = count, .sa_flags = SA_NOCLDWAIT | SA_NOCLDSTOP};
  OK(sigaction(SIGCHLD, &a, NULL));
  raise(SIGCHLD);
  EQ(calls, 1);
  STEP("NOCLDWAIT, NOCLDSTOP harmless");
  return 0;
}

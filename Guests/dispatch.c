// System calls that a thread answers itself (PR_SET_SYSCALL_USER_DISPATCH, x86-64 only).
#include "check.h"

#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static int dispatch(long mode, long start, long length, volatile char *selector) {
  return prctl(PR_SET_SYSCALL_USER_DISPATCH, mode, start, length, selector);
}

static void refusals(void) {
#ifdef __x86_64__
  char byte = 0;
  FAILS(EINVAL, dispatch(-1, 0, 0, &byte));
  FAILS(EINVAL, dispatch(2, 0, 0, &byte));
  FAILS(EINVAL, dispatch(0, 1, 0, NULL));
  FAILS(EINVAL, dispatch(0, 0, 1, NULL));
  FAILS(EINVAL, dispatch(0, 0, 0, &byte));
  FAILS(EINVAL, dispatch(1, 1, 0, &byte));
  FAILS(EINVAL, dispatch(1, -1, 0, &byte));
  FAILS(EINVAL, dispatch(1, 1, -1, &byte));
  FAILS(EFAULT, dispatch(1, 0, 1, (char *)-1));
  OK(dispatch(0, 0, 0, NULL));
#else
  // Later Linux has it on RISC-V, too.
  CHECK(dispatch(0, 0, 0, NULL) == 0 || errno == EINVAL);
#endif
}

#ifdef __x86_64__
static volatile char selector;
static volatile sig_atomic_t answered, code, error_number, number;

static void answer(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  answered++, code = info->si_code, error_number = info->si_errno, number = info->si_syscall;
  selector = 0;
}

static void own_calls(void) {
  struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGSYS, &action, NULL));
  OK(dispatch(1, 0, 0, &selector));
  FAILS(ENOSYS, syscall(0xff00));
  selector = 1;
  // The handler changes nothing, and the number of the call is where its result would be.
  EQ(syscall(0xff00), 0xff00);
  EQ(answered, 1);
  EQ(code, 2);
  EQ(error_number, 0);
  EQ(number, 0xff00);
  // Whoever is in the range may call.
  OK(dispatch(1, 0, -1, &selector));
  selector = 1;
  CHECK(syscall(SYS_getppid) > 0);
  EQ(answered, 1);
  // What it answers itself has not been made either.
  int ends[2];
  char c;
  selector = 0;
  OK(pipe2(ends, O_NONBLOCK));
  OK(dispatch(1, 0, 0, &selector));
  selector = 1;
  syscall(SYS_write, ends[1], "x", 1);
  FAILS(EAGAIN, read(ends[0], &c, 1));
  EQ(answered, 2);
  answered = 1;
  // Children make their calls themselves.
  selector = 0;
  OK(dispatch(1, 0, 0, &selector));
  pid_t child = OK(fork());
  if (!child) {
    selector = 1;
    _exit(syscall(SYS_getppid) > 0 && answered == 1 ? 7 : 8);
  }
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 7 << 8);
  OK(dispatch(0, 0, 0, NULL));
  selector = 1;
  CHECK(syscall(SYS_getppid) > 0);
  EQ(answered, 1);
}

// Neither signal can be caught, and the call is not made.
static void deaths(void) {
  static char *page;
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid_t parent = getpid();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  for (int kind = 0; kind < 2; kind++) {
    pid_t child = OK(fork());
    if (!child) {
      OK(dispatch(1, 0, 0, kind ? page : &selector));
      selector = 2;
      if (kind) munmap(page, 4096);
      syscall(SYS_kill, parent, SIGUSR1);
      _exit(1);
    }
    int status;
    EQ(waitpid(child, &status, 0), child);
    EQ(status & 0x7f, kind ? SIGSEGV : SIGSYS);
    FAILS(EAGAIN, sigtimedwait(&set, NULL, &(struct timespec){0, 0}));
  }
}
#endif

int main(void) {
  refusals();
  STEP("refusals");
#ifdef __x86_64__
  own_calls();
  STEP("calls of its own");
  deaths();
#endif
  STEP("deaths");
  return 0;
}

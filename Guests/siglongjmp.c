// Leaving handlers by siglongjmp, with and without the saved mask, from the alternate stack, many times; swapcontext.
#include "check.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf env;
static volatile int calls;
static void leave(int signo) {
  calls++;
  siglongjmp(env, calls);
}

static ucontext_t main_context, other_context;
static volatile int turns;
static void coroutine(int a, int b) {
  for (;;) {
    turns += a * b;
    swapcontext(&other_context, &main_context);
  }
}

int main(void) {
  struct sigaction a = {.sa_handler = leave};
  OK(sigaction(SIGUSR1, &a, NULL));
  for (volatile int i = 0; i < 50; i++) {
    int r = sigsetjmp(env, 1);
    if (!r) {
      raise(SIGUSR1);
      LEAVE("came back");
    }
    EQ(r, i + 1);
  }
  sigset_t now;
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(!sigismember(&now, SIGUSR1));
  STEP("fifty times, mask restored");

  if (!sigsetjmp(env, 0)) raise(SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(sigismember(&now, SIGUSR1));
  OK(sigprocmask(SIG_UNBLOCK, &now, NULL));
  STEP("without the mask it stays blocked");

  static char alt_area[65536];
  stack_t alt = {.ss_sp = alt_area, .ss_size = sizeof alt_area};
  OK(sigaltstack(&alt, NULL));
  a.sa_flags = SA_ONSTACK;
  OK(sigaction(SIGUSR1, &a, NULL));
  for (volatile int i = 0; i < 20; i++)
    if (!sigsetjmp(env, 1)) raise(SIGUSR1);
  OK(sigaltstack(NULL, &alt));
  EQ(alt.ss_flags, 0);
  STEP("off the alternate stack");

  static char stack[65536] __attribute__((aligned(16)));
  OK(getcontext(&other_context));
  other_context.uc_stack = (stack_t){.ss_sp = stack, .ss_size = sizeof stack};
  other_context.uc_link = &main_context;
  makecontext(&other_context, (void (*)(void))coroutine, 2, 3, 7);
  for (int i = 1; i <= 10; i++) {
    OK(swapcontext(&main_context, &other_context));
    EQ(turns, 21 * i);
  }
  STEP("swapcontext");
  return 0;
}

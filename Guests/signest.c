// Nesting without masks: pending signals are all framed at once, so the last framed runs first; returns unwind them.
#include "check.h"

static char trace[64];
static void handler(int signo) {
  char open[2] = {signo == SIGUSR1 ? '1' : signo == SIGUSR2 ? '2' : 'T', 0};
  strcat(trace, open);
  if (signo == SIGTERM) raise(SIGUSR1);
  strcat(trace, ".");
}

int main(void) {
  struct sigaction a = {.sa_handler = handler};
  OK(sigaction(SIGUSR1, &a, NULL));
  OK(sigaction(SIGUSR2, &a, NULL));
  OK(sigaction(SIGTERM, &a, NULL));
  raise(SIGTERM);
  BARRIER();
  STREQ(trace, "T1..");
  STEP("a handler interrupted by another: %s", trace);

  trace[0] = 0;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  OK(sigprocmask(SIG_SETMASK, &all, NULL));
  raise(SIGUSR1);
  raise(SIGUSR2);
  raise(SIGTERM);
  OK(sigprocmask(SIG_SETMASK, &none, NULL));
  BARRIER();
  // Frames are pushed 1, 2, T; T runs first and raises 1, which is masked until 1's own frame has returned.
  STREQ(trace, "T.2.1.1.");
  STEP("three at once: %s", trace);
  return 0;
}

// Writing to a pipe nobody reads: SIGPIPE and EPIPE, only EPIPE when ignored; abort() reaches a handler first.
#include "check.h"
#include <setjmp.h>

static volatile int pipes;
static sigjmp_buf env;
static void on_pipe(int signo) { pipes++; }
static void on_abort(int signo) { siglongjmp(env, 1); }

int main(void) {
  int ends[2];
  OK(pipe(ends));
  OK(close(ends[0]));
  signal(SIGPIPE, SIG_IGN);
  FAILS(EPIPE, write(ends[1], "x", 1));
  signal(SIGPIPE, on_pipe);
  FAILS(EPIPE, write(ends[1], "x", 1));
  EQ(pipes, 1);
  EQ(write(ends[1], "", 0), 0);  // nothing written, nothing wrong
  STEP("EPIPE and SIGPIPE");
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  FAILS(EPIPE, write(ends[1], "x", 1));
  OK(sigpending(&pending));
  CHECK(sigismember(&pending, SIGPIPE));
  struct timespec zero = {0, 0};
  EQ(sigtimedwait(&set, NULL, &zero), SIGPIPE);
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  EQ(pipes, 1);
  STEP("blocked and taken");
  signal(SIGABRT, on_abort);
  if (!sigsetjmp(env, 1)) abort();
  STEP("abort leaves through its handler");
  return 0;
}

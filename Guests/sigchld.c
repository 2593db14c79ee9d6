// SIGCHLD: what it tells of a child that exits, dies, stops and goes on, with each way of asking for it.
// QEMU: qemu-user 7.2 tells less of stops.
#include "check.h"
#include <sys/resource.h>

static sigset_t mask;
static pid_t child;

static void body(void) {
  OK(signal(SIGTERM, SIG_DFL) == SIG_ERR ? -1 : 0);
  OK(sigprocmask(SIG_UNBLOCK, &mask, NULL));
  for (;;) pause();
}
static void begin(void) {
  child = OK(fork());
  if (!child) body();
}
// The next signal tells this of the child.
static void told(int code, int status) {
  siginfo_t info;
  EQ(OK(sigwaitinfo(&mask, &info)), SIGCHLD);
  EQ(info.si_code, code);
  EQ(info.si_status, status);
  EQ(info.si_pid, child);
  EQ(info.si_uid, getuid());
  CHECK(info.si_utime >= 0 && info.si_stime >= 0);
}
static void nothing(void) {
  siginfo_t info;
  pause_ms(5);
  FAILS(EAGAIN, sigtimedwait(&mask, &info, &(struct timespec){0, 0}));
}

static void act(int flags) {
  OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = (void (*)(int))nothing, .sa_flags = flags}, NULL));
}

static void ended(void) {
  int status;
  act(0);
  child = OK(fork());
  if (!child) _exit(7);
  told(CLD_EXITED, 7);
  EQ(OK(waitpid(child, &status, 0)), child);
  EQ(status, 7 << 8);
  child = OK(fork());
  if (!child) _exit(0x1ff);
  told(CLD_EXITED, 255);
  EQ(OK(waitpid(child, &status, 0)), child);
  static const int deaths[] = {SIGTERM, SIGKILL, SIGUSR1, SIGALRM};
  for (int i = 0; i < 4; i++) {
    begin();
    OK(kill(child, deaths[i]));
    told(CLD_KILLED, deaths[i]);
    EQ(OK(waitpid(child, &status, 0)), child);
    EQ(status, deaths[i]);
  }
}

static void stopped(void) {
  int status;
  act(0);
  begin();
  for (int i = 0; i < 2; i++) {
    OK(kill(child, SIGSTOP));
    told(CLD_STOPPED, SIGSTOP);
    EQ(OK(waitpid(child, &status, WUNTRACED)), child);
    EQ(status, SIGSTOP << 8 | 0x7f);
    OK(kill(child, SIGCONT));
    told(CLD_CONTINUED, SIGCONT);
    EQ(OK(waitpid(child, &status, WCONTINUED)), child);
    EQ(status, 0xffff);
  }
  // Who is not to be told of stops hears of the end alone.
  act(SA_NOCLDSTOP);
  OK(kill(child, SIGSTOP));
  EQ(OK(waitpid(child, &status, WUNTRACED)), child);
  nothing();
  OK(kill(child, SIGCONT));
  EQ(OK(waitpid(child, &status, WCONTINUED)), child);
  nothing();
  OK(kill(child, SIGTERM));
  told(CLD_KILLED, SIGTERM);
  EQ(OK(waitpid(child, &status, 0)), child);
}

static void unwanted(void) {
  int status;
  act(SA_NOCLDWAIT);
  child = OK(fork());
  if (!child) _exit(3);
  FAILS(ECHILD, waitpid(child, &status, 0));
  told(CLD_EXITED, 3);
  OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
  child = OK(fork());
  if (!child) _exit(3);
  FAILS(ECHILD, waitpid(child, &status, 0));
  nothing();
  OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL));
  child = OK(fork());
  if (!child) _exit(3);
  EQ(OK(waitpid(child, &status, 0)), child);
  EQ(status, 3 << 8);
}

int main(void) {
  OK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  OK(sigprocmask(SIG_BLOCK, &mask, NULL));
  PART(ended());
  STEP("ended");
  PART(stopped());
  STEP("stopped");
  PART(unwanted());
  STEP("unwanted");
  return 0;
}

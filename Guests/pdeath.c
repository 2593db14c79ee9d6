// PR_SET_PDEATHSIG: sent at the end of the thread that forked, or of the process, and not of another thread.
#include "check.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int up[2];
static pid_t child;

static pid_t wait_for_death(int number) {
  pid_t pid = OK(fork());
  if (pid) {
    char c;
    EQ(OK(read(up[0], &c, 1)), 1);
    return pid;
  }
  OK(prctl(PR_SET_PDEATHSIG, number));
  OK(write(up[1], "x", 1));
  for (;;) pause();
}

static void *fork_and_end(void *unused) {
  child = wait_for_death(SIGTERM);
  return unused;
}

static void *fork_and_stay(void *unused) {
  child = wait_for_death(SIGTERM);
  for (;;) pause();
  return unused;
}

static int end_of(pid_t pid) {
  int status;
  OK(waitpid(pid, &status, 0));
  CHECK(WIFSIGNALED(status));
  return WTERMSIG(status);
}

int main(void) {
  pthread_t thread;
  OK(pipe(up));
  EQ(pthread_create(&thread, 0, fork_and_end, 0), 0);
  EQ(pthread_join(thread, 0), 0);
  EQ(end_of(child), SIGTERM);
  STEP("a thread");

  // Another thread's end is not its parent's.
  pid_t own = wait_for_death(SIGUSR1);
  EQ(pthread_create(&thread, 0, fork_and_end, 0), 0);
  EQ(pthread_join(thread, 0), 0);
  EQ(end_of(child), SIGTERM);
  EQ(waitpid(own, 0, WNOHANG), 0);
  OK(kill(own, SIGKILL));
  EQ(end_of(own), SIGKILL);
  STEP("another thread");

  // The process's end is the end of all threads: the signal comes once, here by way of a reaper.
  OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
  int names[2];
  OK(pipe(names));
  child = 0;
  pid_t parent = OK(fork());
  if (!parent) {
    EQ(pthread_create(&thread, 0, fork_and_stay, 0), 0);
    while (!*(volatile pid_t *)&child) OK(usleep(1000));
    OK(write(names[1], (void *)&child, sizeof child));
    _exit(0);
  }
  pid_t grandchild;
  EQ(OK(read(names[0], &grandchild, sizeof grandchild)), sizeof grandchild);
  int status;
  EQ(OK(waitpid(parent, &status, 0)), parent);
  EQ(status, 0);
  EQ(end_of(grandchild), SIGTERM);
  STEP("the process");
  return 0;
}

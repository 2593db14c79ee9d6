// What a process may do to another user's: signals, priorities, limits, memory, descriptors; what its own user may.
#include "check.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define USER 1000
#define OTHER 1001

static void become(int user) {
  OK(setresgid(user, user, user));
  OK(setresuid(user, user, user));
}

static pid_t sleeper(int user) {
  int ready[2];
  char c;
  OK(pipe(ready));
  pid_t pid = OK(fork());
  if (!pid) {
    if (user) become(user);
    OK(write(ready[1], "x", 1));
    for (;;) pause();
  }
  EQ(OK(read(ready[0], &c, 1)), 1);
  OK(close(ready[0]));
  OK(close(ready[1]));
  return pid;
}

static void end(pid_t pid) {
  int status;
  OK(kill(pid, SIGKILL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
}

static long queue(pid_t pid) {
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  return syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info);
}

// All that is refused of a process of another user, or of root.
static void stranger(pid_t pid, int has_session) {
  struct rlimit limit;
  struct sched_param param = {0};
  cpu_set_t set;
  char byte = 0;
  struct iovec here = {&byte, 1}, there = {&byte, 1};
  void *head;
  size_t length;
  FAILS(EPERM, kill(pid, 0));
  FAILS(EPERM, kill(pid, SIGTERM));
  FAILS(EINVAL, kill(pid, 1000));
  FAILS(EPERM, syscall(SYS_tkill, pid, SIGTERM));
  FAILS(EPERM, syscall(SYS_tgkill, pid, pid, SIGTERM));
  FAILS(EPERM, queue(pid));
  if (has_session) OK(kill(pid, SIGCONT));
  else FAILS(EPERM, kill(pid, SIGCONT));
  FAILS(EPERM, setpriority(PRIO_PROCESS, pid, 5));
  EQ(OK(getpriority(PRIO_PROCESS, pid)), 0);
  FAILS(EPERM, sched_setscheduler(pid, SCHED_BATCH, &param));
  FAILS(EPERM, sched_setparam(pid, &param));
  EQ(OK(sched_getscheduler(pid)), SCHED_OTHER);
  OK(sched_getaffinity(pid, sizeof set, &set));
  FAILS(EPERM, sched_setaffinity(pid, sizeof set, &set));
  FAILS(EPERM, prlimit(pid, RLIMIT_NOFILE, 0, &limit));
  FAILS(EPERM, process_vm_readv(pid, &here, 1, &there, 1, 0));
  FAILS(EPERM, process_vm_writev(pid, &here, 1, &there, 1, 0));
  FAILS(EPERM, syscall(SYS_get_robust_list, pid, &head, &length));
  int fd = OK(syscall(SYS_pidfd_open, pid, 0));
  FAILS(EPERM, syscall(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0));
  FAILS(EPERM, syscall(SYS_pidfd_getfd, fd, 0, 0));
  OK(close(fd));
}

// What its own user may.
static void own(pid_t pid) {
  struct rlimit limit;
  struct sched_param param = {0};
  OK(kill(pid, 0));
  OK(kill(pid, SIGCONT));
  OK(setpriority(PRIO_PROCESS, pid, 5));
  EQ(OK(getpriority(PRIO_PROCESS, pid)), 5);
  // Nobody but root may become nicer to itself again.
  FAILS(EACCES, setpriority(PRIO_PROCESS, pid, 4));
  OK(sched_setscheduler(pid, SCHED_OTHER, &param));
  FAILS(EINVAL, sched_setscheduler(pid, 99, &param));
  OK(prlimit(pid, RLIMIT_NOFILE, 0, &limit));
}

static int child(void (*body)(pid_t, pid_t, pid_t), pid_t a, pid_t b, pid_t c) {
  pid_t pid = OK(fork());
  if (!pid) {
    body(a, b, c);
    _exit(0);
  }
  int status;
  OK(waitpid(pid, &status, 0));
  return status;
}

static void user(pid_t root, pid_t other, pid_t mine) {
  become(USER);
  stranger(root, 1);
  stranger(other, 1);
  own(mine);
  // In a session of its own, not even SIGCONT.
  OK(setsid());
  stranger(other, 0);
  // A group has those that it may reach, and those that it may not.
  EQ(OK(getpriority(PRIO_USER, USER)), 0);
  FAILS(ESRCH, setpriority(PRIO_USER, 4242, 1));
  FAILS(ESRCH, setpriority(PRIO_PGRP, 424242, 1));
  FAILS(ESRCH, getpriority(PRIO_USER, -1));
  FAILS(EINVAL, getpriority(3, 0));
  FAILS(EPERM, setpriority(PRIO_USER, OTHER, 1));
  OK(setpriority(PRIO_USER, 0, 6));
  EQ(OK(getpriority(PRIO_PROCESS, mine)), 6);
  EQ(OK(getpriority(PRIO_PROCESS, other)), 0);
}

// By real user it may still signal; it may not reschedule by that.
static void set_user(pid_t root, pid_t other, pid_t mine) {
  OK(setresgid(OTHER, OTHER, OTHER));
  OK(setresuid(USER, OTHER, OTHER));
  OK(kill(mine, 0));
  OK(kill(other, 0));
  FAILS(EPERM, kill(root, 0));
  FAILS(EPERM, setpriority(PRIO_PROCESS, mine, 10));
  OK(setpriority(PRIO_PROCESS, other, 7));
}

static void groups(pid_t mine, pid_t other, pid_t group) {
  become(USER);
  // One of its members may be reached.
  OK(kill(-group, 0));
  OK(setpriority(PRIO_PROCESS, mine, 7));
  FAILS(EPERM, setpriority(PRIO_PGRP, group, 8));
  EQ(OK(getpriority(PRIO_PROCESS, mine)), 8);
  EQ(OK(getpriority(PRIO_PGRP, group)), 7);
  // None of them.
  FAILS(EPERM, kill(-other, 0));
}

int main(void) {
  if (geteuid()) return 0;
  struct sched_param param;
  FAILS(EINVAL, sched_getparam(0, 0));
  OK(sched_getparam(0, &param));
  pid_t root = sleeper(0), other = sleeper(OTHER), mine = sleeper(USER);
  EQ(child(user, root, other, mine), 0);
  STEP("users");
  EQ(child(set_user, root, other, mine), 0);
  STEP("two users");
  OK(setpgid(mine, mine));
  OK(setpgid(root, root));
  pid_t third = sleeper(OTHER);
  OK(setpgid(third, mine));
  OK(setpriority(PRIO_PROCESS, third, 7));
  EQ(child(groups, mine, root, mine), 0);
  STEP("groups");
  end(root);
  end(other);
  end(mine);
  end(third);
  return 0;
}

// clone by hand: a thread with its own stack, CHILD_SETTID, PARENT_SETTID, CHILD_CLEARTID's wake, set_tid_address.
#include "check.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

static int parent_tid, child_tid, child_saw, shared_value;

static int body(void *argument) {
  child_saw = syscall(SYS_gettid);
  shared_value = *(int *)argument + 1;
  return 0;  // glibc's clone ends the thread by exit
}

static int resets(void *argument) {
  static int other;
  other = 1;
  long tid = syscall(SYS_set_tid_address, &other);
  child_saw = tid == syscall(SYS_gettid);
  __atomic_store_n((int **)argument, &other, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, argument, FUTEX_WAKE, 1, NULL, NULL, 0);
  return 0;
}

static void wait_zero(int *word) {
  int value;
  while ((value = __atomic_load_n(word, __ATOMIC_SEQ_CST))) syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

// clone3(2) gives a child the id that it is asked for, if the caller may restore processes.
static void chosen(void) {
  struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, tids, count, cgroup; } new = {
      .exit_signal = SIGCHLD};
  pid_t ids[2] = {0, 0};
  int status;
  new.count = 1;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));  // none is named
  new.tids = (uintptr_t)ids, new.count = 0;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  new.count = 33;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  // As many as there are namespaces one within the other at most are read.
  new.tids = 8, new.count = 33;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  new.count = 32;
  FAILS(EFAULT, syscall(SYS_clone3, &new, sizeof new));
  // A newer version's arguments may be as long as a page, if they are 0.
  static char page[4097];
  memset(page, 0, sizeof page);
  memcpy(page + offsetof(typeof(new), exit_signal), &new.exit_signal, 8);
  pid_t ended = OK(syscall(SYS_clone3, page, 4096));
  if (!ended) _exit(7);
  EQ(waitpid(ended, &status, 0), ended);
  EQ(status, 7 << 8);
  FAILS(E2BIG, syscall(SYS_clone3, page, 4097));
  page[4095] = 1;
  FAILS(E2BIG, syscall(SYS_clone3, page, 4096));
  FAILS(EINVAL, syscall(SYS_clone3, page, 63));
  new.tids = (uintptr_t)ids;
  if (geteuid()) return;
  new.count = 1;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  ids[0] = -5;
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  new.tids = 8;
  FAILS(EFAULT, syscall(SYS_clone3, &new, sizeof new));
  new.tids = (uintptr_t)ids;
  ids[0] = getpid();
  FAILS(EEXIST, syscall(SYS_clone3, &new, sizeof new));
  FILE *limit = fopen("/proc/sys/kernel/pid_max", "r");
  CHECK(limit && fscanf(limit, "%d", &ids[0]) == 1);
  fclose(limit);
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  ids[0] -= 7;
  pid_t child = OK(syscall(SYS_clone3, &new, sizeof new));
  if (!child) _exit(getpid() == ids[0] ? 7 : 8);
  EQ(child, ids[0]);
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 7 << 8);
  child = OK(fork());
  if (!child) {
    OK(setresuid(1000, 1000, 1000));
    FAILS(EPERM, syscall(SYS_clone3, &new, sizeof new));
    _exit(7);
  }
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 7 << 8);
}

int main(void) {
  // No CLONE_SETTLS: the thread borrows main's TLS, so main must not use errno until it is gone. It only waits.
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
              CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  int argument = 41;
  child_tid = -1;
  long tid = OK(clone(body, stack + 65536, flags, &argument, &parent_tid, NULL, &child_tid));
  EQ(parent_tid, tid);
  wait_zero(&child_tid);
  EQ(child_saw, tid);
  EQ(shared_value, 42);
  CHECK(tid != getpid());
  STEP("a thread by clone; its exit clears and wakes");

  int *where = NULL;
  flags &= ~(CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID);
  OK(clone(resets, stack + 65536, flags, &where));
  while (!__atomic_load_n(&where, __ATOMIC_SEQ_CST)) syscall(SYS_futex, &where, FUTEX_WAIT, 0, NULL, NULL, 0);
  wait_zero(where);
  EQ(child_saw, 1);
  STEP("set_tid_address moves the word");

  FAILS(EINVAL, syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));                  // needs SIGHAND
  FAILS(EINVAL, syscall(SYS_clone, CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0));  // needs VM
  STEP("flags that need others");

  // The call takes any number of eight bits as exit signal; one beyond the signals sends none.
  for (int number = 65; number < 256; number += 19) {
    int hold[2], status, saw;
    OK(pipe(hold));
    pid_t child = OK(syscall(SYS_clone, number, 0, 0, 0, 0));
    if (!child) {
      char byte;
      _exit(read(hold[0], &byte, 1) == 1 ? 7 : 8);
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    FILE *stat = fopen(path, "r");
    CHECK(stat);
    EQ(fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %*d "
                    "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %d", &saw), 1);
    EQ(saw, number);
    fclose(stat);
    EQ(write(hold[1], "x", 1), 1);
    EQ(waitpid(child, &status, __WALL), child);
    EQ(status, 7 << 8);
    close(hold[0]), close(hold[1]);
  }
  struct { unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } new = {.exit_signal = 65};
  FAILS(EINVAL, syscall(SYS_clone3, &new, sizeof new));
  STEP("exit signals beyond the signals");
  chosen();
  STEP("chosen ids");
  // A descriptor that comes with the process stands for it at once, by either call.
  for (int by3 = 0; by3 < 2; by3++) {
    int pidfd = -1, hold[2], status;
    OK(pipe(hold));
    new.flags = CLONE_PIDFD;
    new.pidfd = (uintptr_t)&pidfd;
    new.exit_signal = SIGCHLD;
    pid_t child = OK(by3 ? syscall(SYS_clone3, &new, sizeof new) : syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0));
    if (!child) {
      char byte;
      _exit(read(hold[0], &byte, 1) == 1 ? 7 : 8);
    }
    struct pollfd look = {pidfd, POLLIN, 0};
    EQ(poll(&look, 1, 0), 0);
    OK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
    EQ(write(hold[1], "x", 1), 1);
    EQ(poll(&look, 1, 5000), 1);
    EQ(look.revents, POLLIN);
    siginfo_t info = {0};
    OK(waitid(3, pidfd, &info, WEXITED));  // P_PIDFD
    EQ(info.si_pid, child);
    EQ(info.si_status, 7);
    FAILS(ESRCH, syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
    FAILS(ECHILD, waitpid(child, &status, 0));
    close(pidfd), close(hold[0]), close(hold[1]);
  }
  STEP("a descriptor for the child");
  return 0;
}

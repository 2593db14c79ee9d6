// Process 1 is there for every call, whoever asks: it has a number, a state, a group, and is nobody's to change.
#include "check.h"
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static void stranger(void) {
  struct sched_param param = {0};
  struct rlimit limit;
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, kill(1, 0));
  FAILS(EPERM, kill(1, SIGTERM));
  FAILS(EPERM, syscall(SYS_tkill, 1, SIGTERM));
  FAILS(EPERM, syscall(SYS_tgkill, 1, 1, SIGTERM));
  int fd = OK(syscall(SYS_pidfd_open, 1, 0));
  FAILS(EPERM, syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
  FAILS(EPERM, syscall(SYS_pidfd_getfd, fd, 0, 0));
  FAILS(EPERM, setpriority(PRIO_PROCESS, 1, 5));
  FAILS(EPERM, sched_setscheduler(1, SCHED_OTHER, &param));
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  FAILS(EPERM, sched_setaffinity(1, sizeof set, &set));
  FAILS(EPERM, prlimit(1, RLIMIT_NOFILE, NULL, &limit));
  char byte;
  struct iovec here = {&byte, 1}, there = {(void *)0x1000, 1};
  FAILS(EPERM, process_vm_readv(1, &here, 1, &there, 1, 0));
  void *list;
  size_t length;
  FAILS(EPERM, syscall(SYS_get_robust_list, 1, &list, &length));
  FAILS(EPERM, syscall(SYS_kcmp, 1, getpid(), 0, 0, 0));
}

int main(void) {
  struct sched_param param;
  struct timespec slice;
  cpu_set_t set;
  struct stat status;
  siginfo_t info;
  OK(kill(1, 0));
  OK(stat("/proc/1", &status));
  OK(access("/proc/1/stat", R_OK));
  int fd = OK(syscall(SYS_pidfd_open, 1, 0));
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  EQ(OK(poll(&poller, 1, 0)), 0);
  OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  FAILS(ECHILD, waitid(P_PIDFD, fd, &info, WEXITED));
  FAILS(ECHILD, waitpid(1, NULL, 0));
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  int about = OK(open(path, O_RDONLY));
  text[OK(read(about, text, sizeof text - 1))] = 0;
  CHECK(strstr(text, "\nPid:\t1\n"));
  STEP("signals");

  errno = 0;
  CHECK(getpriority(PRIO_PROCESS, 1) >= -20 && errno == 0);
  OK(sched_getparam(1, &param));
  CHECK(sched_getscheduler(1) >= 0);
  OK(sched_rr_get_interval(1, &slice));
  OK(sched_getaffinity(1, sizeof set, &set));
  OK(syscall(SYS_ioprio_get, 1, 1));
  CHECK(OK(getpgid(1)) >= 0);
  CHECK(OK(getsid(1)) >= 0);
  FAILS(ESRCH, setpgid(1, 0));
  // Its processor time, by the clock of pid 1.
  struct timespec used;
  OK(clock_gettime((clockid_t)(~1u << 3 | 2), &used));
  struct { uint32_t version; int pid; } header = {0x20080522, 1};
  uint32_t sets[6];
  OK(syscall(SYS_capget, &header, sets));
  STEP("questions");
  if (!geteuid()) in_child(stranger);
  STEP("refusals");
  return 0;
}

// Calls that C libraries make no longer, or by other numbers: each with success; and what nobody may do here.
#include "check.h"
#include <linux/aio_abi.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/timex.h>

static volatile sig_atomic_t signals;
static void count(int number) { signals++; }

static void files(void) {
  OK(syscall(SYS_mkdirat, AT_FDCWD, "folder", 0755));
  struct open_how how = {.flags = O_CREAT | O_RDWR, .mode = 0600, .resolve = RESOLVE_BENEATH};
  int fd = OK(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof how));
  EQ(OK(write(fd, "text", 4)), 4);
  OK(syscall(SYS_readahead, fd, 0L, 4L));
  OK(syscall(SYS_faccessat, AT_FDCWD, "file", R_OK));
#ifdef SYS_renameat
  OK(syscall(SYS_renameat, AT_FDCWD, "file", AT_FDCWD, "renamed"));
#else
  OK(rename("file", "renamed"));
#endif
  OK(symlink("renamed", "link"));
  char names[64];
  EQ(OK(syscall(SYS_llistxattr, "link", names, sizeof names)), 0);
  FAILS(ENODATA, syscall(SYS_lremovexattr, "renamed", "user.none"));
  if (syscall(SYS_lsetxattr, "renamed", "user.some", "x", 1L, 0L) == 0) {
    EQ(OK(syscall(SYS_llistxattr, "renamed", names, sizeof names)), 10);
    OK(syscall(SYS_lremovexattr, "renamed", "user.some"));
  }
  OK(close(fd));
  OK(unlink("link"));
  OK(unlink("renamed"));
  OK(rmdir("folder"));
  STEP("files");
}

static void privileged(void) {
  OK(syscall(SYS_chroot, "."));
  int fd = open("/proc/self/ns/uts", O_RDONLY);
  EQ(fd, -1);
}

static void within_namespaces(void) {
  int fd = OK(open("/proc/self/ns/uts", O_RDONLY));
  OK(syscall(SYS_setns, fd, 0));
  FAILS(EINVAL, syscall(SYS_setns, fd, 0x40000000));
  OK(setsid());
  if (!is_host_root()) return;
  OK(syscall(SYS_vhangup));
  OK(syscall(SYS_syslog, 1, NULL, 0));
  OK(syscall(SYS_syslog, 0, NULL, 0));
}

// Both ways to ask for limits tell the same, and both ways to set them set the same.
static void limits(void) {
  for (int i = 0; i < RLIM_NLIMITS; i++) {
    struct rlimit one = {77, 77}, other = {88, 88};
    OK(syscall(SYS_getrlimit, i, &one));
    OK(syscall(SYS_prlimit64, 0, i, NULL, &other));
    EQ(one.rlim_cur, other.rlim_cur);
    EQ(one.rlim_max, other.rlim_max);
  }
  struct rlimit one = {1000, 2000}, other;
  OK(syscall(SYS_setrlimit, RLIMIT_FSIZE, &one));
  OK(syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &other));
  EQ(other.rlim_cur, 1000);
  EQ(other.rlim_max, 2000);
  one = (struct rlimit){1500, 1700};
  OK(syscall(SYS_prlimit64, getpid(), RLIMIT_FSIZE, &one, &other));
  EQ(other.rlim_cur, 1000);
  EQ(other.rlim_max, 2000);
  OK(syscall(SYS_getrlimit, RLIMIT_FSIZE, &other));
  EQ(other.rlim_cur, 1500);
  EQ(other.rlim_max, 1700);
  // What a child used is told by the raw call alone.
  siginfo_t info;
  struct rusage usage;
  memset(&usage, 0xee, sizeof usage);
  pid_t pid = OK(fork());
  if (!pid) _exit(5);
  OK(syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, &usage));
  CHECK(usage.ru_maxrss >= 0 && usage.ru_minflt >= 0 && usage.ru_utime.tv_sec >= 0 && usage.ru_stime.tv_usec >= 0);
  EQ(info.si_status, 5);
  memset(&usage, 0xee, sizeof usage);
  EQ(syscall(SYS_wait4, pid, NULL, WNOHANG, &usage), pid);
  CHECK(usage.ru_maxrss >= 0 && usage.ru_minflt >= 0 && usage.ru_utime.tv_sec >= 0 && usage.ru_stime.tv_usec >= 0);
  pid = OK(fork());
  if (!pid) _exit(6);
  FAILS(EFAULT, syscall(SYS_waitid, P_PID, pid, &info, WEXITED, 8));
  FAILS(ECHILD, syscall(SYS_waitid, P_PID, pid, &info, WEXITED, NULL));
}

// What only root may do, or nobody.
static void unprivileged(void) {
  struct timeval now;
  struct timespec time;
  OK(gettimeofday(&now, NULL));
  OK(clock_gettime(CLOCK_REALTIME, &time));
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, syscall(SYS_settimeofday, &now, NULL));
  FAILS(EPERM, syscall(SYS_clock_settime, CLOCK_REALTIME, &time));
  FAILS(EPERM, syscall(SYS_mount, "none", "/tmp", "tmpfs", 0L, NULL));
  FAILS(EPERM, syscall(SYS_umount2, "/tmp", 0));
  FAILS(EPERM, syscall(SYS_pivot_root, "/tmp", "/tmp"));
  FAILS(EPERM, syscall(SYS_chroot, "/tmp"));
}

int main(void) {
  enter_scratch();
  files();
  int status;
#ifdef SYS_fork
  pid_t pid = OK(syscall(SYS_fork));
#else
  pid_t pid = OK(fork());
#endif
  if (!pid) _exit(3);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(WEXITSTATUS(status), 3);
  struct rlimit limit;
  OK(syscall(SYS_getrlimit, RLIMIT_CORE, &limit));
  OK(syscall(SYS_setrlimit, RLIMIT_CORE, &limit));
  in_child(limits);
  signal(SIGUSR1, count);
  OK(syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1));
  BARRIER();
  EQ(signals, 1);
  struct timespec short_time = {0, 1000};
  OK(syscall(SYS_nanosleep, &short_time, NULL));
  STEP("processes");

  struct timex clock = {.modes = 0};
  CHECK(OK(syscall(SYS_adjtimex, &clock)) >= 0);
  CHECK(clock.tick > 0);
  CHECK(OK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &clock)) >= 0);
  int set = OK(semget(IPC_PRIVATE, 1, 0600));
  struct sembuf up = {0, 1, 0};
  OK(syscall(SYS_semop, set, &up, 1));
  EQ(OK(semctl(set, 0, GETVAL)), 1);
  OK(semctl(set, 0, IPC_RMID));
  aio_context_t context = 0;
  struct io_event event;
  OK(syscall(SYS_io_setup, 1, &context));
  struct { const void *mask; size_t size; } mask = {NULL, 8};
  EQ(OK(syscall(SYS_io_pgetevents, context, 0L, 1L, &event, NULL, &mask)), 0);
  OK(syscall(SYS_io_destroy, context));
  // Where there is one memory node there may be no policies.
  CHECK(syscall(SYS_mbind, NULL, 0L, 0, NULL, 0L, 0) == 0 || errno == ENOSYS);
  STEP("others");
  if (!geteuid()) {
    in_child(privileged);
    in_child(within_namespaces);
    in_child(unprivileged);
  }
  STEP("rights");
  return 0;
}

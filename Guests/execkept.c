// BUILD: -lm -frounding-math
// What a process keeps through execve, item by item, and what begins anew: timers, memory, limits, settings, files that it shared.
// QEMU: qemu-user executes itself by /proc/self/exe.
#include "check.h"
#include <fenv.h>
#include <linux/aio_abi.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/time.h>

#define PATH "/proc/self/exe"

static int exit_signal = SIGCHLD;

static void start(const char *what, const char *argument) {
  execl(PATH, "execkept", what, argument, NULL);
  _exit(99);
}

static long line(const char *path, const char *name) {
  static char text[8192];
  int fd = OK(open(path, O_RDONLY));
  long n = OK(read(fd, text, sizeof text - 1));
  text[n] = 0;
  OK(close(fd));
  char *place = strstr(text, name);
  CHECK(place);
  return strtol(place + strlen(name), NULL, 0);
}

// Each pair: what is done before, and what must be so after.

static void before_timers(void) {
  timer_t timer;
  struct itimerspec later = {{0, 0}, {1000, 0}};
  OK(timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM}, &timer));
  OK(timer_settime(timer, 0, &later, NULL));
  OK(setitimer(ITIMER_REAL, &(struct itimerval){{7, 0}, {100000000, 0}}, NULL));
  OK(setitimer(ITIMER_VIRTUAL, &(struct itimerval){{8, 0}, {1000, 0}}, NULL));
  OK(setitimer(ITIMER_PROF, &(struct itimerval){{9, 0}, {2000, 0}}, NULL));
  start("timers", "");
}
static void after_timers(void) {
  struct itimerval left;
  struct itimerspec none;
  FAILS(EINVAL, syscall(SYS_timer_gettime, 0, &none));
  OK(getitimer(ITIMER_REAL, &left));
  CHECK(left.it_interval.tv_sec == 7 && left.it_value.tv_sec > 0);
  OK(getitimer(ITIMER_VIRTUAL, &left));
  CHECK(left.it_interval.tv_sec == 8 && left.it_value.tv_sec >= 900 && left.it_value.tv_sec <= 1000);
  OK(getitimer(ITIMER_PROF, &left));
  CHECK(left.it_interval.tv_sec == 9 && left.it_value.tv_sec >= 1900 && left.it_value.tv_sec <= 2000);
}

static void before_memory(void) {
  char id[16];
  int segment = OK(shmget(IPC_PRIVATE, 4096, 0600));
  CHECK(shmat(segment, NULL, 0) != (void *)-1);
  OK(mlockall(MCL_CURRENT | MCL_FUTURE));
  CHECK(line("/proc/self/status", "\nVmLck:") > 0);
  aio_context_t context = 0;
  OK(syscall(SYS_io_setup, 4, &context));
  OK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
  OK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  snprintf(id, sizeof id, "%d", segment);
  start("memory", id);
}
static void after_memory(const char *id) {
  struct shmid_ds status;
  OK(shmctl(atoi(id), IPC_STAT, &status));
  EQ(status.shm_nattch, 0);
  EQ(status.shm_lpid, getpid());
  OK(shmctl(atoi(id), IPC_RMID, NULL));
  EQ(line("/proc/self/status", "\nVmLck:"), 0);
  CHECK(mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  EQ(line("/proc/self/status", "\nVmLck:"), 0);
  FAILS(EPERM, syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
}

static void before_settings(void) {
  OK(prctl(PR_SET_DUMPABLE, 0));
  OK(prctl(PR_SET_TIMERSLACK, 12345));
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  OK(prctl(PR_SET_PDEATHSIG, SIGUSR2));
  OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
  OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
  OK(prctl(PR_SET_KEEPCAPS, 1));
  OK(personality(ADDR_NO_RANDOMIZE));
  OK(setpriority(PRIO_PROCESS, 0, 4));
  OK(setrlimit(RLIMIT_CORE, &(struct rlimit){4096, 8192}));
  OK(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}));
  umask(037);
  OK(chdir("/proc"));
  int fd = OK(open("/proc/self/oom_score_adj", O_WRONLY));
  EQ(OK(write(fd, "77", 2)), 2);
  OK(close(fd));
  fesetround(FE_DOWNWARD);
  feraiseexcept(FE_INVALID);
  start("settings", "");
}
static void after_settings(void) {
  struct rlimit limit;
  char name[64];
  int value = -1;
  EQ(prctl(PR_GET_DUMPABLE), 1);
  EQ(prctl(PR_GET_TIMERSLACK), 12345);
  EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
  OK(prctl(PR_GET_PDEATHSIG, &value));
  EQ(value, SIGUSR2);
  OK(prctl(PR_GET_CHILD_SUBREAPER, &value));
  EQ(value, 1);
  EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
  EQ(prctl(PR_GET_KEEPCAPS), 0);
  EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
  EQ(getpriority(PRIO_PROCESS, 0), 4);
  OK(getrlimit(RLIMIT_CORE, &limit));
  CHECK(limit.rlim_cur == 4096 && limit.rlim_max == 8192);
  EQ(sched_getscheduler(0), SCHED_BATCH);
  EQ(umask(0), 037);
  STREQ(getcwd(name, sizeof name), "/proc");
  EQ(line("/proc/self/oom_score_adj", ""), 77);
  EQ(fegetround(), FE_TONEAREST);
  EQ(fetestexcept(FE_ALL_EXCEPT), 0);
  double one = 1, three = 3;
  volatile double third = one / three;
  EQ(third > 0.3333333333333333, 0);
}

static void before_locks(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
  char number[16];
  int fd = OK(open("locked", O_RDWR | O_CREAT, 0600));
  OK(fcntl(fd, F_SETLK, &lock));
  OK(open("locked", O_RDWR | O_CLOEXEC));
  snprintf(number, sizeof number, "%d", fd);
  start("locks", number);
}
// A descriptor of the file that closes takes the locks with it (fcntl(2)): so here it does.
static void after_locks(const char *number) {
  int fd = atoi(number);
  pid_t pid = OK(fork());
  if (!pid) {
    struct flock lock = {.l_type = F_RDLCK, .l_start = 0, .l_len = 100};
    OK(fcntl(fd, F_GETLK, &lock));
    EQ(lock.l_type, F_UNLCK);
    _exit(0);
  }
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  OK(unlink("locked"));
}
static void before_kept_locks(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = 10, .l_len = 5};
  char number[16];
  int fd = OK(open("locked", O_RDWR | O_CREAT, 0600));
  OK(fcntl(fd, F_SETLK, &lock));
  snprintf(number, sizeof number, "%d", fd);
  start("kept-locks", number);
}
static void after_kept_locks(const char *number) {
  int fd = atoi(number), status;
  pid_t parent = getpid();
  pid_t pid = OK(fork());
  if (!pid) {
    struct flock lock = {.l_type = F_RDLCK, .l_start = 0, .l_len = 100};
    OK(fcntl(fd, F_GETLK, &lock));
    EQ(lock.l_type, F_WRLCK);
    EQ(lock.l_start, 10);
    EQ(lock.l_len, 5);
    EQ(lock.l_pid, parent);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  OK(unlink("locked"));
}

// What it shared with its parent, it has by itself now.
static void before_shared(void) { start("shared", ""); }
static void after_shared(void) {
  EQ(fcntl(60, F_GETFD), -1);
  EQ(dup2(0, 61), 61);
  struct sigaction action;
  OK(sigaction(SIGUSR1, NULL, &action));
  CHECK(action.sa_handler == SIG_DFL);
}

static int after(char **argument) {
  const char *what = argument[1];
  if (!strcmp(what, "timers")) after_timers();
  if (!strcmp(what, "memory")) after_memory(argument[2]);
  if (!strcmp(what, "settings")) after_settings();
  if (!strcmp(what, "locks")) after_locks(argument[2]);
  if (!strcmp(what, "kept-locks")) after_kept_locks(argument[2]);
  if (!strcmp(what, "shared")) after_shared();
  return 0;
}

static int body(void *function) {
  ((void (*)(void))function)();
  return 98;
}

static void through(void (*before)(void), int flags) {
  static char stack[65536] __attribute__((aligned(16)));
  int status;
  pid_t pid = OK(clone(body, stack + sizeof stack, flags | exit_signal, (void *)before));
  EQ(OK(waitpid(pid, &status, __WALL)), pid);
  EQ(status, 0);
}

static volatile int told;
static void on_signal(int signal) { told = signal; }

int main(int argc, char **argv) {
  if (argc > 2) return after(argv);
  enter_scratch();
  through(before_timers, 0);
  STEP("timers");
  through(before_memory, 0);
  STEP("memory");
  through(before_settings, 0);
  STEP("settings");
  through(before_locks, 0);
  through(before_kept_locks, 0);
  STEP("locks");
  EQ(dup3(0, 60, O_CLOEXEC), 60);
  signal(SIGUSR1, on_signal);
  through(before_shared, CLONE_FILES);
  EQ(fcntl(60, F_GETFD), FD_CLOEXEC);
  FAILS(EBADF, fcntl(61, F_GETFD));
  through(before_shared, CLONE_VM | CLONE_SIGHAND | CLONE_VFORK);
  struct sigaction action;
  OK(sigaction(SIGUSR1, NULL, &action));
  CHECK(action.sa_handler == on_signal);
  OK(close(60));
  STEP("what was shared");
  // Whatever the parent was to be told of its end, it is SIGCHLD after that.
  signal(SIGCHLD, on_signal);
  exit_signal = SIGUSR1;
  through(before_shared, 0);
  EQ(told, SIGCHLD);
  STEP("the signal of its end");
  return 0;
}

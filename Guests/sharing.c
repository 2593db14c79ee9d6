// Descriptors, directories and signal actions belong to threads: what clone shares, unshare and close_range divide.
#include "check.h"
#include <linux/close_range.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

static int up[2], down[2];

static void tell(int fd) { EQ(OK(write(fd, "x", 1)), 1); }
static void hear(int fd) {
  char c;
  EQ(OK(read(fd, &c, 1)), 1);
}
static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }
static void in(const char *directory) {
  char text[300];
  OK(syscall(SYS_getcwd, text, sizeof text));
  STREQ(text, directory);
}

static int mine = -1;

static void *divided(void *unused) {
  OK(unshare(CLONE_FS | CLONE_FILES));
  OK(chdir("/proc"));
  umask(077);
  OK(dup2(up[0], 100));
  OK(close(down[1]));
  tell(up[1]);
  hear(down[0]);
  in("/proc");
  CHECK(is_open(100) && !is_open(down[1]) && !is_open(101));
  char text[40];
  snprintf(text, sizeof text, "/proc/self/task/%d/cwd", gettid());
  char target[100] = "";
  OK(readlink(text, target, sizeof target));
  STREQ(target, "/proc");
  snprintf(text, sizeof text, "/proc/thread-self/fd/100");
  EQ(OK(syscall(SYS_kcmp, gettid(), getpid(), KCMP_VM, 0, 0)), 0);
  CHECK(OK(syscall(SYS_kcmp, gettid(), getpid(), KCMP_FILES, 0, 0)) != 0);
  CHECK(OK(syscall(SYS_kcmp, gettid(), getpid(), KCMP_FS, 0, 0)) != 0);
  mine = 1;
  return unused;
}

static void *ranged(void *unused) {
  OK(close_range(50, ~0u, CLOSE_RANGE_UNSHARE));
  CHECK(!is_open(60));
  return unused;
}

static int end[2];

// The last user of a table closes what is open there.
static void *keeper(void *unused) {
  OK(unshare(CLONE_FILES));
  OK(close(end[1]));
  tell(up[1]);
  hear(down[0]);
  return unused;
}

// What a thread of its own table keeps open is closed once the process executes a program, or ends.
static void *holding(void *unused) {
  OK(unshare(CLONE_FILES));
  tell(up[1]);
  for (;;) pause();
  return unused;
}
static void closed_by(int way) {
  int status;
  char c;
  OK(pipe2(end, O_CLOEXEC));
  pid_t pid = OK(fork());
  if (!pid) {
    pthread_t other;
    EQ(pthread_create(&other, NULL, holding, NULL), 0);
    hear(up[0]);
    OK(close(end[1]));
    // It goes on until all is read.
    if (way == 0) execve("/proc/self/exe", (char *[]){"sharing", "waiting", NULL}, (char *[]){NULL});
    if (way == 1) _exit(0);
    raise(SIGKILL);
  }
  OK(close(end[1]));
  EQ(OK(read(end[0], &c, 1)), 0);
  if (way == 0) {
    EQ(waitpid(pid, NULL, WNOHANG), 0);
    OK(kill(pid, SIGTERM));
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, way == 0 ? SIGTERM : way == 1 ? 0 : SIGKILL);
  OK(close(end[0]));
}

static char stack[4][65536] __attribute__((aligned(16)));
static volatile int tid_word = 1;

static int alone(void *unused) {
  OK(syscall(SYS_chdir, "/proc"));
  OK(syscall(SYS_dup3, 0, 110, 0));
  syscall(SYS_exit, 0);
  return unused != NULL;
}

static volatile int caught;
static void note(int signal) { caught = signal; }

static int twin(void *unused) {
  struct sigaction action = {.sa_handler = note};
  if (sigaction(SIGUSR1, &action, NULL)) _exit(1);
  _exit(unused != NULL);
}

static int mover(void *unused) {
  if (syscall(SYS_chdir, "/proc")) _exit(1);
  _exit(unused != NULL);
}

int main(int count, char **words) {
  if (count == 2 && !strcmp(words[1], "waiting"))
    for (;;) pause();
  pthread_t thread;
  OK(chdir("/tmp"));
  OK(pipe(up));
  OK(pipe(down));
  umask(022);
  EQ(pthread_create(&thread, NULL, divided, NULL), 0);
  hear(up[0]);
  in("/tmp");
  CHECK(!is_open(100) && is_open(down[1]));
  OK(dup2(0, 101));
  tell(down[1]);
  EQ(pthread_join(thread, NULL), 0);
  EQ(mine, 1);
  in("/tmp");
  EQ(umask(022), 022);
  STEP("unshare");

  OK(dup2(0, 60));
  EQ(pthread_create(&thread, NULL, ranged, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  CHECK(is_open(60));
  OK(close_range(60, 60, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC));
  EQ(fcntl(60, F_GETFD), FD_CLOEXEC);
  STEP("close_range");

  OK(pipe(end));
  EQ(pthread_create(&thread, NULL, keeper, NULL), 0);
  hear(up[0]);
  OK(close(end[1]));
  char c;
  EQ(OK(read(end[0], &c, 1)), 0);
  tell(down[1]);
  EQ(pthread_join(thread, NULL), 0);
  STEP("the last user closes");

  for (int way = 0; way < 3; way++) closed_by(way);
  STEP("closed with a process");

  int flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_CHILD_CLEARTID;
  OK(clone(alone, stack[0] + sizeof stack[0], flags, NULL, NULL, NULL, &tid_word));
  while (__atomic_load_n(&tid_word, __ATOMIC_SEQ_CST)) sched_yield();
  in("/tmp");
  CHECK(!is_open(110));
  STEP("a thread with its own");

  int status;
  pid_t pid = OK(clone(twin, stack[1] + sizeof stack[1], CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  OK(raise(SIGUSR1));
  EQ(caught, SIGUSR1);
  pid = OK(clone(mover, stack[2] + sizeof stack[2], CLONE_FS | SIGCHLD, NULL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  in("/proc");
  STEP("processes that share");
  return 0;
}

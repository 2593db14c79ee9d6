// What the end of threads and processes leaves: words that CLONE_CHILD_CLEARTID clears, the exit signal after execve, a
// leader that ended first, and the memory that children have had.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int word;

static int sleeps(void *unused) {
  for (;;) syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
  return unused != NULL;
}

static void cleared(void) {
  word = 77;
  pid_t pid = OK(clone(sleeps, stack + sizeof stack, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL, &word));
  OK(kill(pid, SIGKILL));
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(WTERMSIG(status), SIGKILL);
  EQ(word, 0);
  // Where nobody shares the memory, it stays.
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *shared = 55;
  pid = OK(fork());
  if (!pid) {
    syscall(SYS_set_tid_address, shared);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(*shared, 55);
}

static int executes(void *path) {
  char *arguments[] = {path, "leave", NULL};
  execv(path, arguments);
  _exit(9);
}

static void exit_signal(char *path) {
  int status;
  // It would be a clone child, which a plain wait does not see; execve makes it a child like any.
  pid_t pid = OK(clone(executes, stack + sizeof stack, SIGUSR2, path));
  siginfo_t info;
  do {
    status = waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WALL);
  } while (status == -1 && errno == EINTR);
  OK(status);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 3 << 8);
}

static int up[2], down[2];
static void *survivor(void *unused) {
  char c;
  EQ(OK(read(down[0], &c, 1)), 1);
  _exit(unused == NULL ? 6 : 7);
}

static void read_text(const char *name, pid_t pid, pid_t tid, char *text, int size) {
  char path[64];
  if (tid) snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, name);
  else snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, size - 1))] = 0;
  OK(close(fd));
}

static void leader(void) {
  char text[4096], c;
  pid_t pid = OK(fork());
  if (!pid) {
    pthread_t thread;
    OK(close(down[1]));
    EQ(pthread_create(&thread, NULL, survivor, NULL), 0);
    EQ(OK(write(up[1], "x", 1)), 1);
    pthread_exit(NULL);
  }
  EQ(OK(read(up[0], &c, 1)), 1);
  for (;;) {
    read_text("stat", pid, 0, text, sizeof text);
    if (strrchr(text, ')')[2] == 'Z') break;
    sched_yield();
  }
  read_text("status", pid, 0, text, sizeof text);
  CHECK(strstr(text, "\nState:\tZ (zombie)\n"));
  CHECK(strstr(text, "\nThreads:\t2\n"));
  CHECK(!strstr(text, "VmRSS"));
  read_text("stat", pid, pid, text, sizeof text);
  EQ(strrchr(text, ')')[2], 'Z');
  int status;
  EQ(OK(waitpid(pid, &status, WNOHANG)), 0);
  OK(kill(pid, 0));
  EQ(OK(write(down[1], "x", 1)), 1);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(WEXITSTATUS(status), 6);
}

static void usage(void) {
  struct rusage before, after, child, own;
  int status;
  OK(getrusage(RUSAGE_CHILDREN, &before));
  OK(getrusage(RUSAGE_SELF, &own));
  CHECK(own.ru_maxrss > 0);
  pid_t pid = OK(fork());
  if (!pid) {
    char *memory = mmap(NULL, 24 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 24 << 20; i += 4096) memory[i] = 1;
    OK(munmap(memory, 24 << 20));
    struct rusage mine;
    OK(getrusage(RUSAGE_SELF, &mine));
    _exit(mine.ru_maxrss < 24 << 10);
  }
  EQ(OK(wait4(pid, &status, 0, &child)), pid);
  EQ(status, 0);
  OK(getrusage(RUSAGE_CHILDREN, &after));
  CHECK(child.ru_maxrss >= 24 << 10);
  CHECK(after.ru_maxrss >= child.ru_maxrss);
  CHECK(after.ru_maxrss < 200 << 10);
}

int main(int argc, char **argv) {
  if (argc == 2) return 3;
  OK(pipe(up));
  OK(pipe(down));
  cleared();
  STEP("words");
  exit_signal(argv[0]);
  STEP("exit signal");
  leader();
  STEP("a leader that ended first");
  usage();
  STEP("memory of children");
  return 0;
}

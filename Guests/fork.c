// Processes: fork copies memory and descriptors, wait tells how children ended, orphans are reaped.
#include "check.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int value = 1;

static pid_t child_that(int code) {
  pid_t pid = OK(fork());
  if (pid == 0) _exit(code);
  return pid;
}

static void memory_is_copied(void) {
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int *wiped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED && private != MAP_FAILED && wiped != MAP_FAILED);
  OK(madvise(wiped, 4096, MADV_WIPEONFORK));
  *shared = *private = *wiped = value = 5;
  pid_t pid = OK(fork());
  if (pid == 0) {
    EQ(value, 5);
    EQ(*wiped, 0);
    value = *private = 6;
    *shared = 7;
    _exit(value + *private);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  EQ(WEXITSTATUS(status), 12);
  EQ(value, 5);
  EQ(*private, 5);
  EQ(*wiped, 5);
  EQ(*shared, 7);
  STEP("memory is copied, shared memory is not");
}

static void generations(void) {
  // A tree of 1 + 3 + 9 processes, each adding to what its children found.
  int total = 0;
  for (int i = 0; i < 3; i++) {
    pid_t pid = OK(fork());
    if (pid == 0) {
      int sum = 1;
      for (int k = 0; k < 3; k++) {
        pid_t grandchild = child_that(k + 1);
        int status;
        EQ(waitpid(grandchild, &status, 0), grandchild);
        sum += WEXITSTATUS(status);
      }
      _exit(sum);
    }
    int status;
    EQ(wait(&status), pid);
    total += WEXITSTATUS(status);
  }
  EQ(total, 21);
  FAILS(ECHILD, wait(NULL));
  STEP("generations");
}

static void offsets_are_shared(void) {
  int fd = OK(open("offsets", O_RDWR | O_CREAT | O_TRUNC, 0600));
  EQ(write(fd, "0123456789", 10), 10);
  OK(lseek(fd, 2, SEEK_SET));
  pid_t pid = OK(fork());
  if (pid == 0) {
    char c[3];
    EQ(read(fd, c, 3), 3);
    OK(close(fd));
    _exit(0);
  }
  EQ(waitpid(pid, NULL, 0), pid);
  EQ(lseek(fd, 0, SEEK_CUR), 5);
  OK(unlink("offsets"));
  OK(close(fd));
  STEP("descriptions are shared");
}

static void ways_to_wait(void) {
  pid_t a = child_that(3);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  OK(waitid(P_PID, a, &info, WEXITED | WNOWAIT));
  EQ(info.si_pid, a);
  EQ(info.si_code, CLD_EXITED);
  EQ(info.si_status, 3);
  EQ(info.si_signo, SIGCHLD);
  OK(waitid(P_ALL, 0, &info, WEXITED));
  EQ(info.si_pid, a);
  FAILS(ECHILD, waitid(P_PID, a, &info, WEXITED));
  FAILS(EINVAL, waitid(P_ALL, 0, &info, 0));
  FAILS(EINVAL, waitpid(-1, NULL, 0x40));

  int ends[2];
  OK(pipe(ends));
  pid_t b = OK(fork());
  if (b == 0) {
    char c;
    close(ends[1]);
    read(ends[0], &c, 1);
    _exit(9);
  }
  OK(close(ends[0]));
  EQ(waitpid(b, NULL, WNOHANG), 0);
  memset(&info, 1, sizeof info);
  OK(waitid(P_PID, b, &info, WEXITED | WNOHANG));
  EQ(info.si_pid, 0);
  OK(close(ends[1]));
  struct rusage usage;
  int status;
  EQ(wait4(b, &status, 0, &usage), b);
  EQ(WEXITSTATUS(status), 9);

  pid_t c = OK(fork());
  if (c == 0) for (;;) pause();
  OK(kill(c, SIGTERM));
  EQ(waitpid(c, &status, 0), c);
  CHECK(WIFSIGNALED(status));
  EQ(WTERMSIG(status), SIGTERM);
  FAILS(ESRCH, kill(c, 0));

  // A group of its own.
  pid_t d = OK(fork());
  if (d == 0) for (;;) pause();
  OK(setpgid(d, d));
  EQ(getpgid(d), d);
  pid_t e = child_that(4);
  EQ(waitpid(0, &status, 0), e);
  OK(kill(-d, SIGKILL));
  EQ(waitpid(-d, &status, 0), d);
  EQ(WTERMSIG(status), SIGKILL);
  FAILS(ESRCH, kill(-d, 0));
  STEP("ways to wait");
}

static void stops(void) {
  int status;
  pid_t pid = OK(fork());
  if (pid == 0) for (;;) pause();
  OK(kill(pid, SIGSTOP));
  EQ(waitpid(pid, &status, WUNTRACED), pid);
  CHECK(WIFSTOPPED(status));
  EQ(WSTOPSIG(status), SIGSTOP);
  EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
  OK(kill(pid, SIGCONT));
  EQ(waitpid(pid, &status, WCONTINUED), pid);
  CHECK(WIFCONTINUED(status));
  OK(kill(pid, SIGKILL));
  EQ(waitpid(pid, &status, 0), pid);
  STEP("stops");
}

static volatile sig_atomic_t told;
static volatile pid_t told_pid;
static volatile int told_status, told_code;
static void on_child(int signal, siginfo_t *info, void *context) {
  told++;
  told_pid = info->si_pid;
  told_status = info->si_status;
  told_code = info->si_code;
}

static void news(void) {
  struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
  OK(sigaction(SIGCHLD, &action, NULL));
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  OK(sigprocmask(SIG_BLOCK, &set, &old));
  pid_t pid = child_that(6);
  while (!told) sigsuspend(&old);
  EQ(told_pid, pid);
  EQ(told_status, 6);
  EQ(told_code, CLD_EXITED);
  OK(sigprocmask(SIG_SETMASK, &old, NULL));
  EQ(waitpid(pid, NULL, 0), pid);

  // Nobody wants to know: no zombies.
  signal(SIGCHLD, SIG_IGN);
  pid = child_that(1);
  FAILS(ECHILD, waitpid(pid, NULL, 0));
  signal(SIGCHLD, SIG_DFL);
  STEP("news of children");
}

static void orphans(void) {
  int ends[2];
  OK(pipe(ends));
  pid_t child = OK(fork());
  if (child == 0) {
    pid_t parent = getpid();
    if (fork() == 0) {
      // Its parent goes first.
      while (getppid() == parent) usleep(1000);
      pid_t now = getppid();
      write(ends[1], &now, sizeof now);
      _exit(0);
    }
    _exit(0);
  }
  pid_t middle = child;
  EQ(waitpid(child, NULL, 0), child);
  pid_t now;
  EQ(read(ends[0], &now, sizeof now), sizeof now);
  CHECK(now != middle);
  CHECK(now != getpid());

  OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
  child = OK(fork());
  if (child == 0) {
    pid_t parent = getpid();
    if (fork() == 0) {
      while (getppid() == parent) usleep(1000);
      now = getppid();
      write(ends[1], &now, sizeof now);
      _exit(11);
    }
    usleep(2000);
    _exit(0);
  }
  EQ(waitpid(child, NULL, 0), child);
  EQ(read(ends[0], &now, sizeof now), sizeof now);
  EQ(now, getpid());
  int status;
  CHECK(wait(&status) > 0);
  EQ(WEXITSTATUS(status), 11);
  OK(prctl(PR_SET_CHILD_SUBREAPER, 0));
  OK(close(ends[0]));
  OK(close(ends[1]));
  STEP("orphans");
}

static void death_signal(void) {
  int ends[2];
  OK(pipe(ends));
  pid_t child = OK(fork());
  if (child == 0) {
    pid_t grandchild = fork();
    if (grandchild == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      write(ends[1], "r", 1);
      for (;;) pause();
    }
    char c;
    read(ends[0], &c, 1);
    _exit(0);
  }
  EQ(waitpid(child, NULL, 0), child);
  // The last writer is gone when the grandchild is.
  OK(close(ends[1]));
  char c;
  EQ(read(ends[0], &c, 1), 0);
  OK(close(ends[0]));
  STEP("death signal");
}

int main(void) {
  PART(memory_is_copied());
  PART(generations());
  PART(offsets_are_shared());
  PART(ways_to_wait());
  PART(stops());
  PART(news());
  PART(orphans());
  PART(death_signal());
  return 0;
}

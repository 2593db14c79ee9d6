// Record locks that wait: for one another, by way of others, is EDEADLK; an open file description's are not looked at.
#include "check.h"
#include <sys/wait.h>

static int fd;
static int ready[2], go[2];

static int lock(int command, int type, int start) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
  return fcntl(fd, command, &range);
}

// Each of `count` processes holds a byte and waits for the next one's; the last closes the circle. Says how many were
// told so.
static int circle(int count) {
  for (int i = 0; i < count; i++) {
    if (OK(fork())) continue;
    char c;
    OK(lock(F_SETLKW, F_WRLCK, i));
    OK(write(ready[1], "x", 1));
    EQ(OK(read(go[0], &c, 1)), 1);
    if (lock(F_SETLKW, F_WRLCK, (i + 1) % count) == 0) _exit(0);
    _exit(errno == EDEADLK ? 7 : 8);
  }
  char c;
  for (int i = 0; i < count; i++) EQ(OK(read(ready[0], &c, 1)), 1);
  for (int i = 0; i < count; i++) OK(write(go[1], "x", 1));
  int told = 0;
  for (int i = 0; i < count; i++) {
    int status;
    OK(wait(&status));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 8 && WEXITSTATUS(status) != 1);
    told += WEXITSTATUS(status) == 7;
  }
  return told;
}

// Of several locks that are in the way, who has had any for longest is told of, wherever they begin.
static void told(void) {
  static const int starts[6] = {50, 10, 10, 30, 10, 0};
  pid_t pids[6];
  int held[2], again[2];
  OK(pipe(held)), OK(pipe(again));
  char c;
  for (int i = 0; i < 6; i++) {
    pids[i] = OK(fork());
    if (!pids[i]) {
      OK(lock(F_SETLK, F_RDLCK, starts[i]));
      OK(write(held[1], "x", 1));
      EQ(OK(read(again[0], &c, 1)), 1);
      _exit(0);
    }
    EQ(OK(read(held[0], &c, 1)), 1);
  }
  for (int i = 0; i < 6; i++) {
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    OK(fcntl(fd, F_GETLK, &range));
    EQ(range.l_type, F_RDLCK);
    EQ(range.l_start, starts[i]);
    EQ(range.l_pid, pids[i]);
    OK(kill(pids[i], SIGKILL));
    EQ(OK(waitpid(pids[i], NULL, 0)), pids[i]);
  }
  close(held[0]), close(held[1]), close(again[0]), close(again[1]);
  STEP("who is told of");
}

int main(void) {
  char name[] = "/tmp/lockwait-XXXXXX";
  fd = OK(mkstemp(name));
  OK(ftruncate(fd, 16));
  OK(pipe(ready));
  OK(pipe(go));
  told();
  EQ(circle(2), 1);
  STEP("two");
  EQ(circle(5), 1);
  STEP("five");

  // A queue is no circle.
  OK(lock(F_SETLKW, F_WRLCK, 0));
  for (int i = 0; i < 3; i++)
    if (!OK(fork())) {
      OK(write(ready[1], "x", 1));
      OK(lock(F_SETLKW, F_WRLCK, 0));
      _exit(0);
    }
  char c;
  for (int i = 0; i < 3; i++) EQ(OK(read(ready[0], &c, 1)), 1);
  OK(lock(F_SETLK, F_UNLCK, 0));
  for (int i = 0; i < 3; i++) {
    int status;
    OK(wait(&status));
    EQ(status, 0);
  }
  STEP("a queue");

  // A lock that was weakened or given up in time.
  OK(lock(F_SETLKW, F_RDLCK, 0));
  pid_t pid = OK(fork());
  if (!pid) {
    OK(lock(F_SETLKW, F_RDLCK, 0));
    OK(lock(F_SETLKW, F_WRLCK, 1));
    OK(write(ready[1], "x", 1));
    int result = lock(F_SETLKW, F_WRLCK, 0);
    _exit(result == 0 ? 0 : errno == EDEADLK ? 7 : 8);
  }
  EQ(OK(read(ready[0], &c, 1)), 1);
  OK(lock(F_SETLK, F_UNLCK, 0));
  OK(lock(F_SETLKW, F_WRLCK, 1));
  int status;
  OK(waitpid(pid, &status, 0));
  EQ(status, 0);
  STEP("given up");
  OK(unlink(name));
  return 0;
}

// BUILD: -pthread
// Something of everything, for as many turns as the argument says: each turn a number goes through a thread, a child, a
// file and shared memory, and all of them change it; timers run meanwhile. The output depends on the turns alone.
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

static uint64_t mix(uint64_t value, uint64_t with) {
  value = (value ^ with) * 0x9e3779b97f4a7c15u;
  return value ^ value >> 29;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t handed;
static int owner;  // 0: main, 1: the thread, 2: it is to end

static void *thread(void *unused) {
  pthread_mutex_lock(&lock);
  while (1) {
    while (owner == 0) pthread_cond_wait(&changed, &lock);
    if (owner == 2) break;
    handed = mix(handed, 1);
    owner = 0;
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

static uint64_t through_thread(uint64_t value) {
  pthread_mutex_lock(&lock);
  handed = value;
  owner = 1;
  pthread_cond_broadcast(&changed);
  while (owner) pthread_cond_wait(&changed, &lock);
  value = handed;
  pthread_mutex_unlock(&lock);
  return value;
}

static volatile sig_atomic_t alarms;
static void on_alarm(int signal) { alarms++; }

// Reads or writes all of a number, whatever interrupts it.
static int whole(ssize_t (*call)(int, void *, size_t), int fd, uint64_t *value) {
  size_t done = 0;
  while (done < sizeof *value) {
    ssize_t count = call(fd, (char *)value + done, sizeof *value - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return 0;
    done += count;
  }
  return 1;
}
static ssize_t writing(int fd, void *bytes, size_t count) { return write(fd, bytes, count); }

int main(int argc, char **argv) {
  long turns = argc > 1 ? atol(argv[1]) : 40;
  int there[2], back[2], sockets[2], status;
  uint64_t value = 1, *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  OK(pipe(there)), OK(pipe(back)), OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
  pid_t child = OK(fork());
  if (!child) {
    close(there[1]), close(back[0]), close(sockets[0]);
    while (whole(read, there[0], &value)) {
      value = mix(value, *shared);
      CHECK(whole(writing, back[1], &value));
      CHECK(whole(read, sockets[1], &value));
      value = mix(value, 2);
      CHECK(whole(writing, sockets[1], &value));
    }
    _exit(7);
  }
  close(there[0]), close(back[1]), close(sockets[1]);
  pthread_t other;
  CHECK(!pthread_create(&other, NULL, thread, NULL));
  struct sigaction action = {.sa_handler = on_alarm};
  OK(sigaction(SIGALRM, &action, NULL));
  struct itimerval interval = {{0, 20000}, {0, 20000}};
  OK(setitimer(ITIMER_REAL, &interval, NULL));
  int clock = OK(timerfd_create(CLOCK_MONOTONIC, 0));
  int file = OK(memfd_create("busy", 0));

  for (long turn = 1; turn <= turns; turn++) {
    *shared = turn;
    value = through_thread(value);
    CHECK(whole(writing, there[1], &value));
    CHECK(whole(read, back[0], &value));
    CHECK(whole(writing, sockets[0], &value));
    CHECK(whole(read, sockets[0], &value));
    EQ(pwrite(file, &value, sizeof value, turn % 1000 * 8), sizeof value);
    uint64_t again = 0;
    EQ(pread(file, &again, sizeof again, turn % 1000 * 8), sizeof again);
    EQ(again, value);
    if (turn % 8 == 0) {
      struct itimerspec soon = {.it_value = {0, 100000}};
      OK(timerfd_settime(clock, 0, &soon, NULL));
      CHECK(whole(read, clock, &again));
      EQ(again, 1);
    }
    if (turn % 20 == 0) STEP("turn %ld: %016llx", turn, (unsigned long long)value);
  }
  pthread_mutex_lock(&lock);
  owner = 2;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  CHECK(!pthread_join(other, NULL));
  close(there[1]);
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {}
  EQ(ended, child);
  EQ(status, 7 << 8);
  STEP("%ld turns: %016llx", turns, (unsigned long long)value);
  return 0;
}

// Signals and threads: directed ones reach their thread, process ones any thread that does not block them, masks are inherited.
#include "check.h"
#include <pthread.h>

static __thread volatile int mine;
static volatile int total;
static volatile pid_t last;
static void handler(int signo) {
  mine++;
  __atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST);
  last = gettid();
}

static pthread_barrier_t ready;

static void *receiver(void *n) {
  pthread_barrier_wait(&ready);
  while (mine < (long)n + 1) pause_ms(1);
  pthread_barrier_wait(&ready);
  return (void *)(long)mine;
}

static void *unblocked(void *unused) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  EQ(pthread_sigmask(SIG_UNBLOCK, &set, &old), 0);
  CHECK(sigismember(&old, SIGUSR2));  // inherited from the creator
  pthread_barrier_wait(&ready);
  while (mine < 3) pause_ms(1);
  return (void *)(long)gettid();
}

static void *blocked_pending(void *unused) {
  sigset_t pending;
  OK(sigpending(&pending));
  CHECK(!sigismember(&pending, SIGUSR1));  // a thread's own pending signals are nobody else's
  return unused;
}

int main(void) {
  struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
  OK(sigaction(SIGUSR1, &a, NULL));
  OK(sigaction(SIGUSR2, &a, NULL));
  pthread_t t[4];
  void *result;
  pthread_barrier_init(&ready, NULL, 5);
  for (long i = 0; i < 4; i++) EQ(pthread_create(&t[i], NULL, receiver, (void *)i), 0);
  pthread_barrier_wait(&ready);
  for (int i = 0; i < 4; i++)
    for (int j = 0; j <= i; j++) {
      int before = __atomic_load_n(&total, __ATOMIC_SEQ_CST);
      EQ(pthread_kill(t[i], SIGUSR1), 0);
      while (__atomic_load_n(&total, __ATOMIC_SEQ_CST) == before) pause_ms(1);
    }
  pthread_barrier_wait(&ready);
  for (long i = 0; i < 4; i++) {
    EQ(pthread_join(t[i], &result), 0);
    EQ((long)result, i + 1);
  }
  EQ(mine, 0);
  STEP("each thread got its own");

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
  pthread_barrier_init(&ready, NULL, 2);
  EQ(pthread_create(&t[0], NULL, unblocked, NULL), 0);
  pthread_barrier_wait(&ready);
  for (int i = 0; i < 3; i++) {
    int before = __atomic_load_n(&total, __ATOMIC_SEQ_CST);
    OK(kill(getpid(), SIGUSR2));
    while (__atomic_load_n(&total, __ATOMIC_SEQ_CST) == before) pause_ms(1);
  }
  EQ(pthread_join(t[0], &result), 0);
  EQ(last, (long)result);
  EQ(mine, 0);
  STEP("a process signal goes to the thread that takes it");

  sigaddset(&set, SIGUSR1);
  EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
  raise(SIGUSR1);
  EQ(pthread_create(&t[0], NULL, blocked_pending, NULL), 0);
  EQ(pthread_join(t[0], NULL), 0);
  EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
  EQ(mine, 1);
  STEP("pending is per thread");
  return 0;
}

// State: four threads compute while timers and each other's signals hit them all the while; the sums come out exact.
#include "check.h"
#include <pthread.h>
#include <sys/time.h>

#define THREADS 4
static volatile int hits;
static __thread volatile uint64_t mine;
static __thread volatile int depth;
static pthread_t threads[THREADS];
static uint64_t sums[THREADS];

static void handler(int signo, siginfo_t *info, void *context) {
  int saved = errno;
  depth++;
  __atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
  double d = 1.0 / (hits + 1);
  mine += d < 0;
  errno = EDOM;
  if (depth == 1 && signo == SIGUSR1) raise(SIGUSR2);
  depth--;
  errno = saved;
}

static void *compute(void *argument) {
  long n = (long)argument;
  uint64_t sum = n;
  double x = 0.5;
  for (int i = 0; i < 60; i++) {
    for (int j = 0; j < 2000; j++) {
      sum = mix64(sum + j);
      x = 3.9 * x * (1 - x);
    }
    if (i % 6 == 0) pthread_kill(threads[(n + 1 + i % 3) % THREADS], SIGUSR1);
    if (i % 15 == 0) pause_ms(1);
    EQ(depth, 0);
  }
  uint64_t bits;
  memcpy(&bits, &x, 8);
  sums[n] = sum ^ bits;
  EQ(mine, 0);
  return NULL;
}

// Threads end only after the last signal for them has been sent: nobody signals a joined thread.
static pthread_barrier_t started, finished;
static void *body(void *n) {
  pthread_barrier_wait(&started);
  compute(n);
  pthread_barrier_wait(&finished);
  return NULL;
}

static void run(void) {
  pthread_barrier_init(&started, NULL, THREADS + 1);
  pthread_barrier_init(&finished, NULL, THREADS);
  for (long i = 0; i < THREADS; i++) EQ(pthread_create(&threads[i], NULL, body, (void *)i), 0);
  pthread_barrier_wait(&started);
  for (int i = 0; i < THREADS; i++) EQ(pthread_join(threads[i], NULL), 0);
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM};
  for (int i = 0; i < 4; i++) OK(sigaction(signals[i], &a, NULL));
  uint64_t expected[THREADS];
  for (int i = 0; i < THREADS; i++) threads[i] = pthread_self();
  for (long i = 0; i < THREADS; i++) compute((void *)i);
  memcpy(expected, sums, sizeof sums);
  memset(sums, 0, sizeof sums);
  STEP("alone: %016lx", expected[0] ^ expected[1] ^ expected[2] ^ expected[3]);
  struct itimerval often = {{0, 1500}, {0, 1500}}, never = {{0, 0}, {0, 0}};
  OK(setitimer(ITIMER_REAL, &often, NULL));
  for (int round = 0; round < 2; round++) {
    run();
    EQ(memcmp(expected, sums, sizeof sums), 0);
    STEP("round %d: %016lx", round, sums[0] ^ sums[1] ^ sums[2] ^ sums[3]);
  }
  OK(setitimer(ITIMER_REAL, &never, NULL));
  CHECK(hits >= 20);
  return 0;
}

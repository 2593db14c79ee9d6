// Spinning threads, which make no system calls or nothing but them, starve nobody: neither each other, nor main, nor sleepers.
#include "check.h"
#include <pthread.h>

static volatile int stop, turn, seen;
static unsigned long spins[3];

static void *spinner(void *n) {
  while (!stop) __atomic_add_fetch(&spins[(long)n], 1, __ATOMIC_RELAXED);
  return NULL;
}
static void *hand_over(void *n) {  // two threads pass a turn by spinning alone
  for (int i = 0; i < 5; i++) {
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != (long)n) {}
    __atomic_store_n(&turn, 1 - (int)(long)n, __ATOMIC_RELEASE);
  }
  return NULL;
}
static void *see(void *n) {
  (void)n;
  seen = 1;
  return NULL;
}

int main(void) {
  pthread_t t[3], a, b;
  for (long i = 0; i < 3; i++) EQ(pthread_create(&t[i], NULL, spinner, (void *)i), 0);
  for (int i = 0; i < 5; i++) pause_ms(2);
  STEP("a sleeper wakes while three spin");
  for (int i = 0; i < 3; i++)
    while (!__atomic_load_n(&spins[i], __ATOMIC_RELAXED)) {}
  STEP("all three ran");
  EQ(pthread_create(&a, NULL, hand_over, (void *)0), 0);
  EQ(pthread_create(&b, NULL, hand_over, (void *)1), 0);
  EQ(pthread_join(a, NULL), 0);
  EQ(pthread_join(b, NULL), 0);
  STEP("a turn handed over ten times by spinning");
  stop = 1;
  for (int i = 0; i < 3; i++) EQ(pthread_join(t[i], NULL), 0);
  STEP("stopped");
  EQ(pthread_create(&a, NULL, see, NULL), 0);
  while (!seen) {  // its calls end no slice, and nor do suspensions between them
    for (volatile int i = 0; i < 10000; i++) {}
    getppid();
  }
  EQ(pthread_join(a, NULL), 0);
  STEP("another ran while one polled");
  return 0;
}

// exit_group from a thread ends the whole process, whatever the others do: spin, sleep in calls, hold locks.
#include "check.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];

static void *spins(void *unused) { for (;;) __asm__ volatile(""); return unused; }
static void *reads(void *unused) {
  char c;
  if (read(ends[0], &c, 1)) {}
  LEAVE("read returned");
}
static void *locks(void *unused) { pthread_mutex_lock(&lock); LEAVE("got the lock"); }
static void *leaves(void *unused) {
  pause_ms(5);
  STEP("leaving");
  syscall(SYS_exit_group, 0);
  LEAVE("still here");
}
static void never(void) { fail_at(__FILE__, __LINE__, "exit_group runs no atexit handlers"); }

int main(void) {
  atexit(never);
  OK(pipe(ends));
  pthread_mutex_lock(&lock);
  void *(*bodies[])(void *) = {spins, reads, locks, leaves};
  pthread_t t;
  for (int i = 0; i < 4; i++) EQ(pthread_create(&t, NULL, bodies[i], NULL), 0);
  pthread_join(t, NULL);
  for (;;) pause();
}

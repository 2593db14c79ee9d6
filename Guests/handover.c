// BUILD: -pthread
// Threads that spin until another one has done its part: with the pause of the processor, and with sched_yield.
#include "check.h"
#include <pthread.h>
#include <sched.h>

enum { ROUNDS = 50, THREADS = 2 };

static volatile int turn;
static int yields;

static void relax(void) {
  if (yields) {
    sched_yield();
    return;
  }
#ifdef __x86_64__
  __builtin_ia32_pause();
#elif defined __aarch64__
  __asm__ volatile("yield");
#elif defined __riscv
  __asm__ volatile(".4byte 0x0100000f");  // pause, which older assemblers don't know
#endif
}

static void *run(void *argument) {
  int own = (int)(intptr_t)argument;
  for (int round = 0; round < ROUNDS; round++) {
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) % THREADS != own) relax();
    __atomic_fetch_add(&turn, 1, __ATOMIC_RELEASE);
  }
  return NULL;
}

static void hand_over(void) {
  turn = 0;
  pthread_t thread[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) EQ(pthread_create(&thread[i], NULL, run, (void *)i), 0);
  for (int i = 0; i < THREADS; i++) EQ(pthread_join(thread[i], NULL), 0);
  EQ(turn, ROUNDS * THREADS);
}

int main(void) {
  STEP("with the processor's pause");
  hand_over();
  STEP("with sched_yield");
  yields = 1;
  for (int i = 0; i < 200; i++) OK(sched_yield());
  return 0;
}

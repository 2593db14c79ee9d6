// The futex call itself, and a thread that waits on one.
#pragma once
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

static long futex(void *word, int op, uint32_t value, const void *timeout_or_value2, void *word2, uint32_t value3) {
  return syscall(SYS_futex, word, op, value, timeout_or_value2, word2, value3);
}

struct waiter { uint32_t *word; uint32_t value, bits; pthread_t thread; volatile int done; };

// Waits once (through spurious wakes of signals) while the word has the value, then sets done.
static void *waiter_body(void *argument) {
  struct waiter *w = argument;
  long r;
  do r = futex(w->word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, w->value, NULL, NULL, w->bits);
  while (r == -1 && errno == EINTR);
  if (r) EQ(errno, EAGAIN);
  __atomic_store_n(&w->done, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

__attribute__((unused)) static void start_waiter(struct waiter *w, uint32_t *word, uint32_t bits) {
  *w = (struct waiter){.word = word, .value = *word, .bits = bits};
  EQ(pthread_create(&w->thread, NULL, waiter_body, w), 0);
}
__attribute__((unused)) static void join_waiter(struct waiter *w) {
  EQ(pthread_join(w->thread, NULL), 0);
  EQ(w->done, 1);
}

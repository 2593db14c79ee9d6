// A helper thread that keeps sending SIGUSR1 to a thread until told to stop: a blocked call is hit sooner or later,
// whenever it was entered.
#pragma once
#include "check.h"
#include <pthread.h>

static volatile int interrupts;
static void note_interrupt(int signo) { interrupts++; }

struct pest { pthread_t thread; pid_t victim; int stop, after; void (*then)(void); };

// Sends until stopped; after `after` handled signals (when not 0) it calls `then` once and ends.
static void *pest_body(void *argument) {
  struct pest *p = argument;
  while (!__atomic_load_n(&p->stop, __ATOMIC_SEQ_CST)) {
    if (p->after && interrupts >= p->after) {
      p->then();
      break;
    }
    OK(syscall(SYS_tgkill, getpid(), p->victim, SIGUSR1));
    pause_ms(1);
  }
  return NULL;
}

static void start_pest(struct pest *p, int after, void (*then)(void)) {
  *p = (struct pest){.victim = gettid(), .after = after, .then = then};
  interrupts = 0;
  EQ(pthread_create(&p->thread, NULL, pest_body, p), 0);
}
static void stop_pest(struct pest *p) {
  __atomic_store_n(&p->stop, 1, __ATOMIC_SEQ_CST);
  EQ(pthread_join(p->thread, NULL), 0);
}

static void handle_interrupts(int flags) {
  struct sigaction a = {.sa_handler = note_interrupt, .sa_flags = flags};
  OK(sigaction(SIGUSR1, &a, NULL));
}

// Threads, whose type is a number on one system and a pointer on another.
#include "CPosixShims.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct start {
  void (*body)(void *);
  void *argument;
};

static void *run(void *pointer) {
  struct start start = *(struct start *)pointer;
  free(pointer);
  start.body(start.argument);
  return NULL;
}

int godwit_thread_start(void (*body)(void *), void *argument, uintptr_t *thread) {
  struct start *start = malloc(sizeof *start);
  if (start == NULL) abort();
  *start = (struct start){body, argument};
  // A new thread inherits the mask.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t created;
  int result = pthread_create(&created, NULL, run, start);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (result != 0) {
    free(start);
  } else {
    *thread = (uintptr_t)created;
  }
  return result;
}

void godwit_thread_join(uintptr_t thread) { pthread_join((pthread_t)thread, NULL); }

void godwit_thread_detach(uintptr_t thread) { pthread_detach((pthread_t)thread); }

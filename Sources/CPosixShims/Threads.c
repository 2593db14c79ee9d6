// Threads, whose type is a number on one system and a pointer on another.
#include "CPosixShims.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

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

struct godwit_monitor {
  pthread_mutex_t mutex;
  pthread_cond_t conditions[2];
};

struct godwit_monitor *godwit_monitor_make(void) {
  struct godwit_monitor *monitor = malloc(sizeof *monitor);
  if (monitor == NULL) return NULL;
  pthread_mutex_init(&monitor->mutex, NULL);
  pthread_cond_init(&monitor->conditions[0], NULL);
  pthread_cond_init(&monitor->conditions[1], NULL);
  return monitor;
}

void godwit_monitor_free(struct godwit_monitor *monitor) {
  pthread_cond_destroy(&monitor->conditions[0]);
  pthread_cond_destroy(&monitor->conditions[1]);
  pthread_mutex_destroy(&monitor->mutex);
  free(monitor);
}

void godwit_monitor_lock(struct godwit_monitor *monitor) { pthread_mutex_lock(&monitor->mutex); }

void godwit_monitor_unlock(struct godwit_monitor *monitor) {
  pthread_mutex_unlock(&monitor->mutex);
}

bool godwit_monitor_wait(struct godwit_monitor *monitor, int condition, int64_t timeout) {
  pthread_cond_t *waited = &monitor->conditions[condition];
  if (timeout < 0) return pthread_cond_wait(waited, &monitor->mutex) == 0;
  // Every system has condition variables on this clock. If somebody sets it, a wait is too short or too long.
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  int64_t nanoseconds = end.tv_nsec + timeout % 1000000000;
  end.tv_sec += (time_t)(timeout / 1000000000 + nanoseconds / 1000000000);
  end.tv_nsec = (long)(nanoseconds % 1000000000);
  return pthread_cond_timedwait(waited, &monitor->mutex, &end) == 0;
}

void godwit_monitor_signal(struct godwit_monitor *monitor, int condition) {
  pthread_cond_signal(&monitor->conditions[condition]);
}

void godwit_monitor_broadcast(struct godwit_monitor *monitor, int condition) {
  pthread_cond_broadcast(&monitor->conditions[condition]);
}

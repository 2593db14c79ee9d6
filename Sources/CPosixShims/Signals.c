// Wake-ups, and the one signal handler. Everything the handler does is async-signal-safe: lock-free
// atomics and write(2).
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

void godwit_waker_wake(int end) {
  int saved = errno;
  // An eventfd wants eight bytes; a pipe does not mind. A full channel is awake already.
  uint64_t one = 1;
  ssize_t ignored = write(end, &one, sizeof one);
  (void)ignored;
  errno = saved;
}

static _Atomic uint64_t pending;
static _Atomic int wakers[2] = {-1, -1};
static struct sigaction before[64];
static _Atomic uint64_t caught;

static void handle(int signal) {
  atomic_fetch_or(&pending, UINT64_C(1) << signal);
  for (int i = 0; i < 2; i++) {
    int end = atomic_load(&wakers[i]);
    if (end >= 0) godwit_waker_wake(end);
  }
}

void godwit_signals_set_wakers(int first, int second) {
  atomic_store(&wakers[0], first);
  atomic_store(&wakers[1], second);
}

int godwit_signals_catch(int signal) {
  if (signal < 1 || signal > 63) {
    errno = EINVAL;
    return -1;
  }
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  // No SA_RESTART: a call that waits shall end, so that the picoprocess looks at what came.
  action.sa_handler = handle;
  sigfillset(&action.sa_mask);
  if (sigaction(signal, &action, &old) != 0) return -1;
  uint64_t bit = UINT64_C(1) << signal;
  if (!(atomic_fetch_or(&caught, bit) & bit)) before[signal] = old;
  return 0;
}

int godwit_signal_is_ignored(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int godwit_signals_release(int signal) {
  uint64_t bit = signal < 1 || signal > 63 ? 0 : UINT64_C(1) << signal;
  if (!(atomic_fetch_and(&caught, ~bit) & bit)) {
    errno = EINVAL;
    return -1;
  }
  atomic_fetch_and(&pending, ~bit);
  return sigaction(signal, &before[signal], NULL);
}

uint64_t godwit_signals_take(void) { return atomic_exchange(&pending, 0); }

uint64_t godwit_signals_peek(void) { return atomic_load(&pending); }

int godwit_signal_ignore(int signal) {
  struct sigaction action;
  if (sigaction(signal, NULL, &action) != 0) return -1;
  if (action.sa_handler != SIG_DFL) return 0;
  action.sa_handler = SIG_IGN;
  return sigaction(signal, &action, NULL);
}

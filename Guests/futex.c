// futex wait and wake: counts, value checks, relative and absolute timeouts, bitsets, shared and private, errors.
#include "futex.h"
#include <sys/mman.h>

static uint32_t word;

// Wakes until n threads in all have been woken: they may not have got to sleep yet.
static void wake_total(int op, int n, int at_most, uint32_t bits) {
  for (int woken = 0; woken < n;) {
    long r = OK(futex(&word, op, at_most, NULL, NULL, bits));
    CHECK(r <= at_most && r <= n - woken);
    woken += r;
    if (!r) pause_ms(1);
  }
}

// Who waits first is woken first.
static volatile pid_t tids[4];
static volatile int woken[4];
static void *queued(void *number) {
  long i = (long)number;
  tids[i] = gettid();
  EQ(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
  woken[i] = 1;
  return NULL;
}
static void await_sleep(pid_t tid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  do {
    int fd = OK(open(path, O_RDONLY));
    text[OK(read(fd, text, sizeof text - 1))] = 0;
    OK(close(fd));
  } while (strrchr(text, ')')[2] != 'S' && (pause_ms(1), 1));
}
static void in_turn(void) {
  pthread_t thread[4];
  for (long i = 0; i < 4; i++) {
    EQ(pthread_create(&thread[i], NULL, queued, (void *)i), 0);
    while (!tids[i]) pause_ms(1);
    await_sleep(tids[i]);
  }
  for (int i = 0; i < 4; i++) {
    EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    EQ(pthread_join(thread[i], NULL), 0);
    for (int j = i + 1; j < 4; j++) EQ(woken[j], 0);
  }
  STEP("the first one first");
}

int main(void) {
  struct waiter w[4];
  FAILS(EAGAIN, futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
  EQ(futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0), 0);
  STEP("a changed word does not wait, nobody is woken");

  for (int i = 0; i < 4; i++) start_waiter(&w[i], &word, ~0u);
  wake_total(FUTEX_WAKE_PRIVATE, 4, 1, 0);
  for (int i = 0; i < 4; i++) join_waiter(&w[i]);
  STEP("four woken one by one");
  for (int i = 0; i < 4; i++) start_waiter(&w[i], &word, ~0u);
  wake_total(FUTEX_WAKE_PRIVATE, 4, 2, 0);
  for (int i = 0; i < 4; i++) join_waiter(&w[i]);
  STEP("four woken at most two at a time");

  start_waiter(&w[0], &word, 1);
  start_waiter(&w[1], &word, 6);
  EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 8), 0);
  wake_total(FUTEX_WAKE_BITSET_PRIVATE, 1, 9, 2);
  join_waiter(&w[1]);
  EQ(w[0].done, 0);
  wake_total(FUTEX_WAKE_BITSET_PRIVATE, 1, 9, 1);
  join_waiter(&w[0]);
  FAILS(EINVAL, futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
  FAILS(EINVAL, futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0));
  STEP("bitsets choose");
  in_turn();

  struct timespec t = {0, 3000000};
  int64_t before = now_ns(CLOCK_MONOTONIC);
  FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT, 0, &t, NULL, 0));
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 3000000);
  before = now_ns(CLOCK_MONOTONIC) + 4000000;
  t = (struct timespec){before / 1000000000, before % 1000000000};
  FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT_BITSET, 0, &t, NULL, 1));
  CHECK(now_ns(CLOCK_MONOTONIC) >= before);
  before = now_ns(CLOCK_REALTIME) + 4000000;
  t = (struct timespec){before / 1000000000, before % 1000000000};
  FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL, 1));
  CHECK(now_ns(CLOCK_REALTIME) >= before);
  t = (struct timespec){0, 0};
  FAILS(ETIMEDOUT, futex(&word, FUTEX_WAIT, 0, &t, NULL, 0));
  t = (struct timespec){0, 1000000000};
  FAILS(EINVAL, futex(&word, FUTEX_WAIT, 0, &t, NULL, 0));
  t = (struct timespec){-1, 0};
  FAILS(EINVAL, futex(&word, FUTEX_WAIT, 0, &t, NULL, 0));
  STEP("timeouts: relative, absolute on either clock, zero, invalid");

  uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  FAILS(EAGAIN, futex(shared, FUTEX_WAIT, 5, NULL, NULL, 0));
  EQ(futex(shared, FUTEX_WAKE, 5, NULL, NULL, 0), 0);
  FAILS(EINVAL, futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0));
  FAILS(EFAULT, futex((void *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  FAILS(EFAULT, futex(&word, FUTEX_WAIT, 0, (void *)8, NULL, 0));
  FAILS(ENOSYS, futex(&word, 99, 0, NULL, NULL, 0));
  STEP("errors");
  return 0;
}

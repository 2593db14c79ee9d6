// Sleeping: nanosleep and clock_nanosleep, relative and absolute, never too short; many threads sleep at once; errors.
// QEMU: qemu-user 7.2 ignores a bad pointer given to nanosleep.
#include "check.h"
#include <pthread.h>

#define MS 1000000L
static void *sleeper(void *n) {
  int64_t before = now_ns(CLOCK_MONOTONIC);
  pause_ms((long)n);
  return (void *)(now_ns(CLOCK_MONOTONIC) - before);
}

static void *computing(void *stop) {
  while (!__atomic_load_n((int *)stop, __ATOMIC_SEQ_CST)) continue;
  return NULL;
}

int main(void) {
  struct timespec t = {0, 5 * MS};
  int64_t before = now_ns(CLOCK_MONOTONIC);
  OK(nanosleep(&t, NULL));
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 5 * MS);
  before = now_ns(CLOCK_REALTIME);
  EQ(clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL), 0);
  CHECK(now_ns(CLOCK_REALTIME) - before >= 5 * MS);
  EQ(clock_nanosleep(CLOCK_BOOTTIME, 0, &t, NULL), 0);
  STEP("relative");
  static const clockid_t ids[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
  for (int i = 0; i < 2; i++) {
    int64_t until = now_ns(ids[i]) + 5 * MS;
    t = (struct timespec){until / 1000000000, until % 1000000000};
    EQ(clock_nanosleep(ids[i], TIMER_ABSTIME, &t, NULL), 0);
    CHECK(now_ns(ids[i]) >= until);
    EQ(clock_nanosleep(ids[i], TIMER_ABSTIME, &t, NULL), 0);  // past: returns at once
  }
  STEP("absolute");
  pthread_t threads[6];
  for (long i = 0; i < 6; i++) EQ(pthread_create(&threads[i], NULL, sleeper, (void *)(10 - i)), 0);
  for (long i = 0; i < 6; i++) {
    void *slept;
    EQ(pthread_join(threads[i], &slept), 0);
    CHECK((long)slept >= (10 - i) * MS);
  }
  STEP("six at once");
  // Until others have used as much of the processor.
  pthread_t busy;
  int stop = 0;
  for (int way = 0; way < 3; way++) {
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    __atomic_store_n(&stop, 0, __ATOMIC_SEQ_CST);
    EQ(pthread_create(&busy, NULL, computing, &stop), 0);
    if (way == 2) EQ(pthread_getcpuclockid(busy, &clock), 0);
    int64_t until = now_ns(clock) + MS;
    t = way ? (struct timespec){until / 1000000000, until % 1000000000} : (struct timespec){0, MS};
    EQ(clock_nanosleep(clock, way ? TIMER_ABSTIME : 0, &t, NULL), 0);
    CHECK(now_ns(clock) >= until);
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    EQ(pthread_join(busy, NULL), 0);
  }
  STEP("of the processor's time");
  t = (struct timespec){0, 1000000000};
  FAILS(EINVAL, nanosleep(&t, NULL));
  t = (struct timespec){-1, 0};
  FAILS(EINVAL, nanosleep(&t, NULL));
  FAILS(EFAULT, syscall(SYS_nanosleep, (void *)8, NULL));
  t = (struct timespec){0, 0};
  OK(nanosleep(&t, NULL));
  EQ(clock_nanosleep(99, 0, &t, NULL), EINVAL);
  EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL), EINVAL);
  EQ(usleep(1000), 0);
  EQ(sleep(0), 0);
  STEP("errors and the old names");
  return 0;
}

// Clocks: all of them answer, do not run backwards, agree with each other; resolutions; gettimeofday; cpu time grows by work.
#include "processors.h"
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

static uint64_t counter(void) {
#if defined __x86_64__
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return low | (uint64_t)high << 32;
#elif defined __aarch64__
  uint64_t count;
  __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
  return count;
#elif defined __riscv
  uint64_t count;
  __asm__ volatile("rdtime %0" : "=r"(count));
  return count;
#endif
}

int main(void) {
  static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                  CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
  for (int i = 0; i < 9; i++) {
    struct timespec resolution;
    OK(clock_getres(ids[i], &resolution));
    CHECK(resolution.tv_sec == 0 && resolution.tv_nsec >= 1 && resolution.tv_nsec <= 10000000);
    struct timespec t;
    OK(syscall(SYS_clock_gettime, ids[i], &t));
    CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
    int64_t last = now_ns(ids[i]);
    for (int j = 0; j < 20; j++) {
      int64_t now = now_ns(ids[i]);
      CHECK(now >= last || ids[i] == CLOCK_REALTIME);
      last = now;
    }
  }
  OK(clock_getres(CLOCK_MONOTONIC, NULL));
  FAILS(EINVAL, clock_gettime(99, &(struct timespec){0}));
  FAILS(EINVAL, clock_getres(99, NULL));
  FAILS(EFAULT, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)8));
  STEP("nine clocks");

  CHECK(now_ns(CLOCK_REALTIME) > 1700000000LL * 1000000000);
  CHECK(now_ns(CLOCK_BOOTTIME) >= now_ns(CLOCK_MONOTONIC_COARSE));
  struct timeval tv;
  int64_t before = now_ns(CLOCK_REALTIME);
  OK(gettimeofday(&tv, NULL));
  CHECK(tv.tv_sec >= before / 1000000000 && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
  OK(syscall(SYS_gettimeofday, &tv, NULL));
  CHECK(tv.tv_sec >= before / 1000000000);
  CHECK(time(NULL) >= before / 1000000000 - 1);
  STEP("of day");

  int64_t process = now_ns(CLOCK_PROCESS_CPUTIME_ID), thread = now_ns(CLOCK_THREAD_CPUTIME_ID);
  volatile uint64_t sum = 0;
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) - thread < 12000000)
    for (int i = 0; i < 20000; i++) sum += mix64(i);
  CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - process >= 10000000);
  struct rusage usage;
  OK(getrusage(RUSAGE_SELF, &usage));
  CHECK(usage.ru_utime.tv_sec + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec + usage.ru_stime.tv_usec > 0);
  CHECK(usage.ru_maxrss > 0);
  OK(getrusage(RUSAGE_THREAD, &usage));
  OK(getrusage(RUSAGE_CHILDREN, &usage));
  EQ(usage.ru_utime.tv_sec, 0);
  FAILS(EINVAL, getrusage(77, &usage));
  struct tms tms;
  CHECK(times(&tms) > 0);
  CHECK(tms.tms_utime + tms.tms_stime >= 0 && tms.tms_cutime == 0);
  OK(times(NULL));
  // Who sleeps goes of its own accord; two who compute on one processor do not.
  pid_t pid = OK(fork());
  if (!pid) {
    one_processor();
    pid_t other = OK(fork());
    for (int i = 0; i < 5; i++) pause_ms(1);
    OK(getrusage(RUSAGE_SELF, &usage));
    CHECK(usage.ru_nvcsw >= 5);
    long before = usage.ru_nivcsw;
    thread = now_ns(CLOCK_MONOTONIC);
    do
      for (int i = 0; i < 20000; i++) sum += mix64(i);
    while (OK(getrusage(RUSAGE_SELF, &usage)), usage.ru_nivcsw == before && now_ns(CLOCK_MONOTONIC) - thread < 5000000000);
    CHECK(usage.ru_nivcsw > before);
    if (!other) _exit(0);
    int status;
    OK(kill(other, SIGKILL));
    EQ(OK(waitpid(other, &status, 0)), other);
    _exit(0);
  }
  int ended;
  EQ(OK(waitpid(pid, &ended, 0)), pid);
  EQ(ended, 0);
  clockid_t cpu;
  EQ(clock_getcpuclockid(0, &cpu), 0);
  CHECK(now_ns(cpu) > 0);
  STEP("cpu time, rusage, times");

  // The processor's own counter goes forward, whatever happens between two looks at it.
  uint64_t last = counter();
  for (int i = 0; i < 100; i++) {
    uint64_t next = counter();
    CHECK(next >= last);
    last = next;
    if (i % 10 == 0) getppid();
  }
#if defined __aarch64__
  // It counts CLOCK_MONOTONIC, at the frequency that it tells: what lies between two readings of the clock lies there too.
  uint64_t frequency;
  __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
  int64_t outer = now_ns(CLOCK_MONOTONIC);
  uint64_t from = counter();
  int64_t inner = now_ns(CLOCK_MONOTONIC);
  pause_ms(5);
  int64_t inner_end = now_ns(CLOCK_MONOTONIC);
  uint64_t to = counter();
  int64_t outer_end = now_ns(CLOCK_MONOTONIC);
  int64_t counted = (__int128)(to - from) * 1000000000 / frequency, tolerance = 1000 + (outer_end - outer) / 1000;
  CHECK(counted >= inner_end - inner - tolerance && counted <= outer_end - outer + tolerance);
#endif
  STEP("counter");
  return 0;
}

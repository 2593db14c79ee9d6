// POSIX timers: SIGEV_SIGNAL with values, SIGEV_THREAD_ID, SIGEV_NONE, intervals with overruns, absolute, delete, errors.
// QEMU: qemu-user 7.2 numbers timers in its own way.
#include "check.h"
#include <pthread.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
#define MS 1000000L
static volatile int fired, value, code, wrong_thread, overrun;
static volatile pid_t expected;
static timer_t timer;

static void handler(int signo, siginfo_t *info, void *context) {
  if (gettid() != expected) wrong_thread++;
  value = info->si_value.sival_int;
  code = info->si_code;
  overrun = timer_getoverrun(timer);
  fired++;
}

static void *own_timer(void *unused) {
  struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 5};
  ev.sigev_notify_thread_id = gettid();
  expected = gettid();
  fired = 0;
  OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
  struct itimerspec t = {{0, 2 * MS}, {0, 2 * MS}};
  OK(timer_settime(timer, 0, &t, NULL));
  while (fired < 5) pause_ms(1);
  OK(timer_delete(timer));
  return unused;
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  OK(sigaction(SIGRTMIN, &a, NULL));
  expected = getpid();
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 4711};
  struct itimerspec t = {{0, 0}, {0, 4 * MS}}, now;
  OK(timer_create(CLOCK_REALTIME, &ev, &timer));
  int64_t before = now_ns(CLOCK_MONOTONIC);
  OK(timer_settime(timer, 0, &t, NULL));
  while (!fired) pause_ms(1);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 4 * MS - MS / 10);
  EQ(value, 4711);
  EQ(code, SI_TIMER);
  EQ(overrun, 0);
  OK(timer_gettime(timer, &now));
  EQ(now.it_value.tv_sec | now.it_value.tv_nsec, 0);
  STEP("one shot with a value");

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  fired = 0;
  t = (struct itimerspec){{0, MS}, {0, MS}};
  OK(timer_settime(timer, 0, &t, NULL));
  pause_ms(12);
  t = (struct itimerspec){{0, 0}, {0, 0}};
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  CHECK(fired >= 1);
  OK(timer_settime(timer, 0, &t, NULL));
  BARRIER();
  // What was missed is told with the signal that is taken, and afterwards.
  siginfo_t info;
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  t = (struct itimerspec){{0, MS}, {0, MS}};
  OK(timer_settime(timer, 0, &t, NULL));
  pause_ms(12);
  EQ(OK(sigtimedwait(&set, &info, NULL)), SIGRTMIN);
  CHECK(info.si_overrun >= 5);
  EQ(timer_getoverrun(timer), info.si_overrun);
  t = (struct itimerspec){{0, 0}, {0, 0}};
  OK(timer_settime(timer, 0, &t, NULL));
  EQ(timer_getoverrun(timer), 0);
  while (sigtimedwait(&set, &info, &(struct timespec){0, 0}) > 0) continue;
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  STEP("an interval while blocked");
  OK(timer_delete(timer));
  FAILS(EINVAL, timer_delete(timer));

  ev.sigev_notify = SIGEV_NONE;
  OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
  t = (struct itimerspec){{0, 0}, {100000000, 0}};
  fired = 0;
  OK(timer_settime(timer, 0, &t, NULL));
  OK(timer_gettime(timer, &now));
  CHECK(now.it_value.tv_sec > 0 && now.it_value.tv_sec <= 100000000);
  t.it_value = (struct timespec){1, 0};
  OK(timer_settime(timer, TIMER_ABSTIME, &t, NULL));
  pause_ms(2);
  EQ(fired, 0);
  OK(timer_delete(timer));
  // Its interval goes on, though nobody is told.
  OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
  t = (struct itimerspec){{0, 5 * MS}, {0, 3 * MS}};
  OK(timer_settime(timer, 0, &t, NULL));
  pause_ms(11);
  OK(timer_gettime(timer, &now));
  EQ(now.it_interval.tv_nsec, 5 * MS);
  CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 5 * MS);
  t = (struct itimerspec){{0, 0}, {0, 3 * MS}};
  OK(timer_settime(timer, 0, &t, &now));
  CHECK(now.it_interval.tv_nsec == 5 * MS && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 5 * MS);
  pause_ms(5);
  OK(timer_gettime(timer, &now));
  CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0 && now.it_interval.tv_nsec == 0);
  OK(timer_delete(timer));
  STEP("SIGEV_NONE only counts");

  pthread_t thread;
  EQ(pthread_create(&thread, NULL, own_timer, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  EQ(wrong_thread, 0);
  EQ(value, 5);
  STEP("SIGEV_THREAD_ID reaches its thread");

  FAILS(EINVAL, timer_create(99, &ev, &timer));
  FAILS(EINVAL, syscall(SYS_timer_settime, 12345, 0, &t, NULL));
  FAILS(EINVAL, syscall(SYS_timer_getoverrun, 12345));
  FAILS(EFAULT, syscall(SYS_timer_create, CLOCK_MONOTONIC, (void *)8, &timer));
  STEP("errors");

  // The number of one that was deleted is not the next one's.
  int first = -1, second = -1;
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &first));
  OK(syscall(SYS_timer_delete, first));
  OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &second));
  EQ(second, first + 1);
  OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &none, &first));
  EQ(first, second + 1);
  OK(syscall(SYS_timer_delete, second));
  FAILS(EINVAL, syscall(SYS_timer_delete, second));
  OK(syscall(SYS_timer_delete, first));
  STEP("numbers");

  // Many at once: those that are left come in the order of their times, whatever became of the others.
  enum { COUNT = 32 };
  timer_t many[COUNT];
  int when[COUNT], left[COUNT];
  uint64_t chance = 1;
  sigset_t real;
  sigemptyset(&real);
  sigaddset(&real, SIGRTMIN + 1);
  OK(sigprocmask(SIG_BLOCK, &real, NULL));
  // How far ahead, in milliseconds, all of them begin: so that all are there when the first one comes.
  int ahead = 30;
  for (int round = 0; round < 2; round++) {
    int rest = COUNT, last = 0;
    int64_t begin = now_ns(CLOCK_MONOTONIC) + ahead * MS;
    for (int i = 0; i < COUNT; i++) {
      struct sigevent one = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = i};
      OK(timer_create(CLOCK_MONOTONIC, &one, &many[i]));
      chance = mix64(chance);
      when[i] = 40 + chance % 600;  // in tenths of milliseconds, each of its own
      for (int j = 0; j < i; j++) if (when[j] == when[i]) when[i]++, j = -1;
      int64_t then = begin + when[i] * 100000L;
      struct itimerspec at = {{0, 0}, {then / 1000000000, then % 1000000000}};
      OK(timer_settime(many[i], TIMER_ABSTIME, &at, NULL));
      left[i] = 1;
    }
    if (now_ns(CLOCK_MONOTONIC) >= begin) {
      for (int i = 0; i < COUNT; i++) OK(timer_delete(many[i]));
      siginfo_t info;
      while (sigtimedwait(&real, &info, &(struct timespec){0, 0}) > 0) continue;
      ahead *= 3;
      round--;
      continue;
    }
    for (int i = 0; i < COUNT / 2; i++) {
      chance = mix64(chance);
      int gone = chance % COUNT;
      if (!left[gone] || when[gone] < 200) continue;
      OK(timer_delete(many[gone]));
      left[gone] = 0;
      rest--;
    }
    while (rest--) {
      siginfo_t info;
      EQ(OK(sigwaitinfo(&real, &info)), SIGRTMIN + 1);
      int i = info.si_value.sival_int;
      CHECK(left[i] && when[i] > last);
      left[i] = 0;
      last = when[i];
      OK(timer_delete(many[i]));
    }
  }
  STEP("many at once");
  return 0;
}

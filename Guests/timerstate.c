// State: every kind of timer armed at once while threads compute, sleep and wait; all of them go on after an interruption.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define MS 1000000L
static volatile int alarms, posix;
static void on_alarm(int signo) { alarms++; }
static void on_posix(int signo, siginfo_t *info, void *context) {
  if (info->si_value.sival_int == 17) posix++;
}
static uint64_t sum_of(long n) {
  uint64_t sum = n;
  for (int i = 0; i < 200000; i++) sum = mix64(sum);
  return sum;
}
static void *compute(void *n) { return (void *)sum_of((long)n); }
static void *nap(void *n) {
  for (int i = 0; i < 10; i++) {
    int64_t before = now_ns(CLOCK_MONOTONIC);
    pause_ms((long)n);
    CHECK(now_ns(CLOCK_MONOTONIC) - before >= (long)n * MS);
  }
  return NULL;
}
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static void *timed_wait(void *unused) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < 5; i++) {
    int64_t until = now_ns(CLOCK_MONOTONIC) + 3 * MS;
    struct timespec t = {until / 1000000000, until % 1000000000};
    EQ(pthread_cond_timedwait(&cond, &lock, &t), ETIMEDOUT);
    CHECK(now_ns(CLOCK_MONOTONIC) >= until);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  struct sigaction a = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, b = {.sa_sigaction = on_posix, .sa_flags = SA_SIGINFO | SA_RESTART};
  OK(sigaction(SIGALRM, &a, NULL));
  OK(sigaction(SIGRTMIN + 1, &b, NULL));
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_cond_init(&cond, &attr);
  struct itimerval often = {{0, 4000}, {0, 4000}}, never = {{0, 0}, {0, 0}};
  OK(setitimer(ITIMER_REAL, &often, NULL));
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 17};
  timer_t timer;
  OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
  struct itimerspec period = {{0, 5 * MS}, {0, 5 * MS}};
  OK(timer_settime(timer, 0, &period, NULL));
  int ep = OK(epoll_create1(0)), fd[3];
  for (int i = 0; i < 3; i++) {
    fd[i] = OK(timerfd_create(i ? CLOCK_MONOTONIC : CLOCK_REALTIME, TFD_NONBLOCK));
    struct itimerspec t = {{0, (i + 2) * MS}, {0, (i + 2) * MS}};
    OK(timerfd_settime(fd[i], 0, &t, NULL));
    struct epoll_event e = {EPOLLIN, {.u32 = i}};
    OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &e));
  }
  STEP("armed");
  pthread_t t[4];
  EQ(pthread_create(&t[0], NULL, compute, (void *)1), 0);
  EQ(pthread_create(&t[1], NULL, nap, (void *)2), 0);
  EQ(pthread_create(&t[2], NULL, compute, (void *)3), 0);
  EQ(pthread_create(&t[3], NULL, timed_wait, NULL), 0);
  uint64_t ticks[3] = {0}, n;
  while (ticks[0] < 8 || ticks[1] < 8 || ticks[2] < 8 || alarms < 5 || posix < 5) {
    struct epoll_event e[3];
    int ready = epoll_wait(ep, e, 3, -1);
    if (ready == -1) {
      EQ(errno, EINTR);
      continue;
    }
    for (int i = 0; i < ready; i++)
      if (read(fd[e[i].data.u32], &n, 8) == 8) ticks[e[i].data.u32] += n;
  }
  STEP("all have ticked");
  void *result;
  EQ(pthread_join(t[0], &result), 0);
  CHECK((uint64_t)result == sum_of(1));
  EQ(pthread_join(t[1], NULL), 0);
  EQ(pthread_join(t[2], &result), 0);
  CHECK((uint64_t)result == sum_of(3));
  EQ(pthread_join(t[3], NULL), 0);
  OK(setitimer(ITIMER_REAL, &never, NULL));
  OK(timer_delete(timer));
  STEP("sums right: %016lx", sum_of(1) ^ sum_of(3));
  return 0;
}

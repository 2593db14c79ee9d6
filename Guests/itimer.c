// setitimer REAL, VIRTUAL and PROF, alarm: they fire, again and again, can be read and stopped; SIGALRM ends a sigsuspend.
#include "check.h"
#include <sys/time.h>

static volatile int fired[65];
static void handler(int signo) { fired[signo]++; }

int main(void) {
  int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}, signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
  struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
  struct itimerval old, now, t = {{0, 2000}, {0, 3000}}, stop = {{0, 0}, {0, 0}};
  volatile uint64_t sum = 0;
  for (int i = 0; i < 3; i++) {
    OK(sigaction(signals[i], &a, NULL));
    OK(setitimer(which[i], &t, &old));
    EQ(old.it_value.tv_sec | old.it_value.tv_usec, 0);
    while (fired[signals[i]] < 4) sum += mix64(sum);  // no system call: it must fire all the same
    OK(getitimer(which[i], &now));
    EQ(now.it_interval.tv_usec / 1000, 2);
    OK(setitimer(which[i], &stop, &old));
    EQ(old.it_interval.tv_usec / 1000, 2);
    int count = fired[signals[i]];
    for (int j = 0; j < 100000; j++) sum += mix64(j);
    EQ(fired[signals[i]], count);
  }
  STEP("all three, four times each, then stopped");

  t = (struct itimerval){{0, 0}, {0, 4000}};
  fired[SIGALRM] = 0;
  sigset_t none, block;
  sigemptyset(&none);
  sigemptyset(&block);
  sigaddset(&block, SIGALRM);
  OK(sigprocmask(SIG_BLOCK, &block, NULL));  // or it could fire before the wait begins
  OK(setitimer(ITIMER_REAL, &t, NULL));
  FAILS(EINTR, sigsuspend(&none));
  EQ(fired[SIGALRM], 1);
  OK(getitimer(ITIMER_REAL, &now));
  EQ(now.it_value.tv_sec | now.it_value.tv_usec, 0);
  STEP("one shot interrupts a wait");

  EQ(alarm(100000000), 0);
  OK(getitimer(ITIMER_REAL, &now));
  CHECK(now.it_value.tv_sec > 0 && now.it_value.tv_sec <= 100000000);
  CHECK(alarm(0) > 0);
  EQ(alarm(0), 0);
  // Whole seconds, the nearest; but what is left is never none. It may expire first.
  signal(SIGALRM, SIG_IGN);
  unsigned left = 0;
  for (int i = 0; i < 50 && !left; i++) {
    OK(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 400000}}, NULL));
    left = alarm(0);
  }
  EQ(left, 1);
  OK(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {100, 400000}}, NULL));
  CHECK(alarm(0) <= 100);
  for (int i = 0; i < 50 && left != 101; i++) {
    OK(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {100, 900000}}, NULL));
    left = alarm(0);
  }
  EQ(left, 101);
  FAILS(EINVAL, setitimer(7, &t, NULL));
  t.it_value.tv_usec = 1000000;
  FAILS(EINVAL, setitimer(ITIMER_REAL, &t, NULL));
  FAILS(EFAULT, syscall(SYS_getitimer, ITIMER_REAL, (void *)8));
  STEP("alarm, errors");
  return 0;
}

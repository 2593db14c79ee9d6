// timerfd: one-shot, interval, absolute, read counts, gettime, disarm, poll, errors. Only lower bounds on time.
#include "check.h"
#include <poll.h>
#include <sys/timerfd.h>

#define MS 1000000L

int main(void) {
  uint64_t n;
  struct itimerspec t = {{0, 0}, {0, 5 * MS}}, now;
  int fd = OK(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  int64_t before = now_ns(CLOCK_MONOTONIC);
  OK(timerfd_settime(fd, 0, &t, NULL));
  EQ(read(fd, &n, 8), 8);
  EQ(n, 1);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 5 * MS);
  OK(timerfd_gettime(fd, &now));
  EQ(now.it_value.tv_sec | now.it_value.tv_nsec, 0);
  STEP("one shot");

  t = (struct itimerspec){{0, 2 * MS}, {0, 3 * MS}};
  before = now_ns(CLOCK_MONOTONIC);
  OK(timerfd_settime(fd, 0, &t, NULL));
  uint64_t total = 0;
  while (total < 5) {
    EQ(read(fd, &n, 8), 8);
    CHECK(n >= 1);
    total += n;
  }
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 3 * MS + (int64_t)(total - 1) * 2 * MS);
  pause_ms(11);
  EQ(read(fd, &n, 8), 8);
  CHECK(n >= 4);
  OK(timerfd_gettime(fd, &now));
  EQ(now.it_interval.tv_nsec, 2 * MS);
  CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 2 * MS);
  STEP("interval, missed ones counted");

  t = (struct itimerspec){{0, 0}, {1000000000, 0}};
  struct itimerspec old;
  OK(timerfd_settime(fd, 0, &t, &old));
  EQ(old.it_interval.tv_nsec, 2 * MS);
  OK(timerfd_gettime(fd, &now));
  CHECK(now.it_value.tv_sec > 0 && now.it_value.tv_sec <= 1000000000);
  t.it_value.tv_sec = 0;
  OK(timerfd_settime(fd, 0, &t, NULL));
  struct pollfd p = {fd, POLLIN, 0};
  EQ(poll(&p, 1, 3), 0);
  STEP("rearmed, disarmed");

  before = now_ns(CLOCK_MONOTONIC) + 4 * MS;
  t.it_value = (struct timespec){before / 1000000000, before % 1000000000};
  OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
  EQ(poll(&p, 1, -1), 1);
  CHECK(now_ns(CLOCK_MONOTONIC) >= before);
  EQ(read(fd, &n, 8), 8);
  EQ(n, 1);
  t.it_value = (struct timespec){1, 0};  // long past
  OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
  EQ(read(fd, &n, 8), 8);
  EQ(n, 1);
  int real = OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
  before = now_ns(CLOCK_REALTIME) + 3 * MS;
  t.it_value = (struct timespec){before / 1000000000, before % 1000000000};
  OK(timerfd_settime(real, TFD_TIMER_ABSTIME, &t, NULL));
  p.fd = real;
  EQ(poll(&p, 1, -1), 1);
  EQ(read(real, &n, 8), 8);
  FAILS(EAGAIN, read(real, &n, 8));
  CHECK(now_ns(CLOCK_REALTIME) >= before);
  STEP("absolute on both clocks");

  FAILS(EINVAL, read(real, &n, 7));
  FAILS(EINVAL, timerfd_create(77, 0));
  FAILS(EINVAL, timerfd_create(CLOCK_MONOTONIC, 1));
  t.it_value.tv_nsec = 1000000000;
  FAILS(EINVAL, timerfd_settime(fd, 0, &t, NULL));
  FAILS(EINVAL, timerfd_settime(0, 0, &now, NULL));
  FAILS(EBADF, timerfd_settime(99, 0, &now, NULL));
  FAILS(EFAULT, timerfd_settime(fd, 0, (void *)8, NULL));
  FAILS(EINVAL, write(fd, &n, 8));
  STEP("errors");
  return 0;
}

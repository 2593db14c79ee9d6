// eventfd: counting, semaphore mode, limits, non-blocking and blocking with a thread on the other side.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

static int fd;
static void *adder(void *unused) {
  for (int i = 1; i <= 20; i++) {
    if (i % 5 == 0) pause_ms(1);
    OK(eventfd_write(fd, i));
  }
  return unused;
}
static void *drainer(void *unused) {
  uint64_t v;
  pause_ms(2);
  OK(eventfd_read(fd, &v));
  return (void *)v;
}

int main(void) {
  uint64_t v = 5;
  fd = OK(eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC));
  EQ(write(fd, &v, 8), 8);
  EQ(read(fd, &v, 8), 8);
  EQ(v, 8);
  FAILS(EAGAIN, read(fd, &v, 8));
  v = UINT64_MAX - 1;
  EQ(write(fd, &v, 8), 8);
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  EQ(poll(&p, 1, 0), 1);
  EQ(p.revents, POLLIN);
  v = 1;
  FAILS(EAGAIN, write(fd, &v, 8));
  v = UINT64_MAX;
  FAILS(EINVAL, write(fd, &v, 8));
  FAILS(EINVAL, write(fd, &v, 7));
  FAILS(EINVAL, read(fd, &v, 7));
  OK(close(fd));
  STEP("counting and limits");

  fd = OK(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
  EQ(read(fd, &v, 8), 8);
  EQ(v, 1);
  EQ(read(fd, &v, 8), 8);
  EQ(v, 1);
  FAILS(EAGAIN, read(fd, &v, 8));
  OK(close(fd));
  STEP("semaphore");

  fd = OK(eventfd(0, 0));
  pthread_t t;
  EQ(pthread_create(&t, NULL, adder, NULL), 0);
  uint64_t sum = 0;
  while (sum < 210) {
    OK(eventfd_read(fd, &v));
    sum += v;
  }
  EQ(sum, 210);
  EQ(pthread_join(t, NULL), 0);
  OK(eventfd_write(fd, UINT64_MAX - 1));
  EQ(pthread_create(&t, NULL, drainer, NULL), 0);
  OK(eventfd_write(fd, 7));  // waits until there is room
  void *drained;
  EQ(pthread_join(t, &drained), 0);
  EQ((uint64_t)drained, UINT64_MAX - 1);
  OK(eventfd_read(fd, &v));
  EQ(v, 7);
  FAILS(EINVAL, eventfd(0, 0x1000));
  STEP("blocking both ways");
  return 0;
}

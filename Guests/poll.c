// poll, ppoll, select, pselect: readiness of pipes and files, hang-up, invalid descriptors, timeouts, a writer thread.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/eventfd.h>
#include <sys/select.h>

static int ends[2];
static void *writer(void *unused) {
  pause_ms(3);
  EQ(write(ends[1], "x", 1), 1);
  return unused;
}

int main(void) {
  char c;
  static char block[65536];
  OK(pipe2(ends, O_NONBLOCK));
  struct pollfd p[4] = {{ends[0], POLLIN, 9}, {ends[1], POLLOUT, 9}, {-1, POLLIN, 9}, {99, POLLIN, 0}};
  EQ(poll(p, 3, 0), 1);
  EQ(p[0].revents, 0);
  EQ(p[1].revents, POLLOUT);
  EQ(p[2].revents, 0);
  EQ(poll(p, 4, 0), 2);
  EQ(p[3].revents, POLLNVAL);
  EQ(write(ends[1], block, 65536), 65536);
  EQ(poll(p, 2, 0), 1);
  EQ(p[0].revents, POLLIN);
  EQ(p[1].revents, 0);
  while (read(ends[0], block, sizeof block) > 0) {}
  int null = OK(open("/dev/null", O_RDWR)), self = OK(open("/proc/self/stat", O_RDONLY));
  struct pollfd always[2] = {{null, POLLIN | POLLOUT, 0}, {self, POLLIN | POLLOUT, 0}};
  EQ(poll(always, 2, -1), 2);
  EQ(always[0].revents, POLLIN | POLLOUT);
  STEP("readiness");

  int64_t before = now_ns(CLOCK_MONOTONIC);
  EQ(poll(p, 1, 5), 0);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 5000000);
  EQ(poll(NULL, 0, 1), 0);
  struct timespec t = {0, 2000000}, bad = {0, 1000000000};
  before = now_ns(CLOCK_MONOTONIC);
  EQ(ppoll(p, 1, &t, NULL), 0);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 2000000);
  FAILS(EINVAL, ppoll(p, 1, &bad, NULL));
  FAILS(EFAULT, poll((void *)8, 1, 0));
  pthread_t thread;
  for (int i = 0; i < 3; i++) {
    EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    EQ(poll(p, 1, -1), 1);
    EQ(p[0].revents, POLLIN);
    EQ(read(ends[0], &c, 1), 1);
    EQ(pthread_join(thread, NULL), 0);
  }
  STEP("timeouts, woken by a thread");

  fd_set r, w, x;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_ZERO(&x);
  FD_SET(ends[0], &r);
  FD_SET(ends[1], &w);
  FD_SET(ends[0], &x);
  EQ(select(ends[1] + 1, &r, &w, &x, NULL), 1);
  CHECK(!FD_ISSET(ends[0], &r) && FD_ISSET(ends[1], &w) && !FD_ISSET(ends[0], &x));
  FD_SET(ends[0], &r);
  struct timeval tv = {0, 2000};
  before = now_ns(CLOCK_MONOTONIC);
  EQ(select(ends[0] + 1, &r, NULL, NULL, &tv), 0);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 2000000);
  EQ(tv.tv_sec + tv.tv_usec, 0);
  CHECK(!FD_ISSET(ends[0], &r));
  FD_SET(ends[0], &r);
  EQ(pthread_create(&thread, NULL, writer, NULL), 0);
  EQ(pselect(ends[0] + 1, &r, NULL, NULL, NULL, NULL), 1);
  CHECK(FD_ISSET(ends[0], &r));
  EQ(read(ends[0], &c, 1), 1);
  EQ(pthread_join(thread, NULL), 0);
  FD_ZERO(&r);
  // The highest descriptor is looked at, though none may be opened there any more.
  struct rlimit old, limit;
  OK(getrlimit(RLIMIT_NOFILE, &old));
  EQ(OK(dup2(ends[1], 100)), 100);
  limit = (struct rlimit){50, old.rlim_max};
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  FD_SET(100, &r);
  EQ(select(101, NULL, &r, NULL, NULL), 1);
  CHECK(FD_ISSET(100, &r));
  tv.tv_usec = 0;
  EQ(select(100, NULL, &r, NULL, &tv), 0);
  OK(setrlimit(RLIMIT_NOFILE, &old));
  OK(close(100));
  FD_ZERO(&r);
  // Linux looks at no bit beyond its table of descriptors, and that has room for 64 at least.
  FD_SET(60, &r);
  tv.tv_usec = 0;
  FAILS(EBADF, select(61, &r, NULL, NULL, &tv));
  FAILS(EINVAL, select(-1, NULL, NULL, NULL, &tv));
  tv.tv_sec = -1;
  FAILS(EINVAL, select(0, NULL, NULL, NULL, &tv));
  STEP("select, pselect");

  EQ(write(ends[1], "q", 1), 1);
  OK(close(ends[1]));
  EQ(poll(p, 1, -1), 1);
  EQ(p[0].revents, POLLIN | POLLHUP);
  EQ(read(ends[0], &c, 1), 1);
  EQ(poll(p, 1, -1), 1);
  EQ(p[0].revents, POLLHUP);
  OK(pipe(ends));
  OK(close(ends[0]));
  p[1].fd = ends[1];
  EQ(poll(p + 1, 1, -1), 1);
  EQ(p[1].revents, POLLOUT | POLLERR);
  STEP("hang-up and broken pipe");
  return 0;
}

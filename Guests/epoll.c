// epoll: level and edge triggering, one-shot, data, modify and delete, closed descriptors, nested sets, order of fairness, errors.
#include "check.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ep;
static struct epoll_event got[8];
static int wait_now(void) { return OK(epoll_wait(ep, got, 8, 0)); }
static void control(int op, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = {events, {.u64 = data}};
  OK(epoll_ctl(ep, op, fd, &e));
}
static int event;
static void *poster(void *unused) {
  pause_ms(3);
  OK(eventfd_write(event, 1));
  return unused;
}

int main(void) {
  char c;
  int p[2];
  ep = OK(epoll_create1(EPOLL_CLOEXEC));
  OK(pipe2(p, O_NONBLOCK));
  control(EPOLL_CTL_ADD, p[0], EPOLLIN, 0x1122334455667788);
  EQ(wait_now(), 0);
  EQ(write(p[1], "ab", 2), 2);
  for (int i = 0; i < 3; i++) {
    EQ(wait_now(), 1);
    EQ(got[0].events, EPOLLIN);
    EQ(got[0].data.u64, 0x1122334455667788);
  }
  STEP("level triggered, data kept");

  control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET, 2);
  EQ(wait_now(), 1);
  EQ(wait_now(), 0);
  EQ(read(p[0], &c, 1), 1);
  EQ(wait_now(), 0);
  EQ(write(p[1], "c", 1), 1);
  EQ(wait_now(), 1);
  EQ(wait_now(), 0);
  STEP("edge triggered");

  control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 3);
  EQ(wait_now(), 1);
  EQ(wait_now(), 0);
  EQ(write(p[1], "d", 1), 1);
  EQ(wait_now(), 0);
  control(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT, 4);
  EQ(wait_now(), 1);
  EQ(got[0].data.u64, 4);
  STEP("one shot, armed again");

  control(EPOLL_CTL_ADD, p[1], EPOLLOUT, 5);
  EQ(wait_now(), 1);
  EQ(got[0].events, EPOLLOUT);
  OK(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL));
  EQ(wait_now(), 0);
  control(EPOLL_CTL_MOD, p[0], EPOLLIN, 6);
  int copy = OK(dup(p[0]));
  OK(close(p[0]));
  EQ(wait_now(), 1);  // the open file lives on in the copy
  OK(close(copy));
  EQ(wait_now(), 0);
  STEP("deleted, closed");

  OK(pipe2(p, O_NONBLOCK));
  control(EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLRDHUP, 7);
  OK(close(p[1]));
  EQ(wait_now(), 1);
  EQ(got[0].events, EPOLLHUP);
  OK(close(p[0]));
  STEP("hang-up is always told");

  int events[6];
  for (int i = 0; i < 6; i++) {
    events[i] = OK(eventfd(1, EFD_NONBLOCK));
    control(EPOLL_CTL_ADD, events[i], EPOLLIN, i);
  }
  int seen = 0;
  for (int i = 0; i < 3; i++) {  // two at a time: nobody is left out
    EQ(epoll_wait(ep, got, 2, 0), 2);
    seen |= 1 << got[0].data.u64 | 1 << got[1].data.u64;
  }
  EQ(seen, 63);
  EQ(epoll_wait(ep, got, 8, -1), 6);
  for (int i = 1; i < 6; i++) OK(close(events[i]));
  STEP("six ready, two at a time");

  event = events[0];
  uint64_t value;
  OK(eventfd_read(event, &value));
  int64_t before = now_ns(CLOCK_MONOTONIC);
  EQ(epoll_wait(ep, got, 8, 4), 0);
  CHECK(now_ns(CLOCK_MONOTONIC) - before >= 4000000);
  pthread_t t;
  for (int i = 0; i < 3; i++) {
    EQ(pthread_create(&t, NULL, poster, NULL), 0);
    EQ(epoll_pwait(ep, got, 8, -1, NULL), 1);
    OK(eventfd_read(event, &value));
    EQ(pthread_join(t, NULL), 0);
  }
  struct timespec ts = {0, 1000000};
  errno = 0;
  long r = syscall(441, ep, got, 8, &ts, NULL, 8);  // epoll_pwait2
  CHECK(r == 0 || (r == -1 && errno == ENOSYS));
  STEP("timeouts, woken by a thread");

  int outer = OK(epoll_create1(0));
  struct epoll_event e = {EPOLLIN, {.u64 = 9}};
  OK(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &e));
  EQ(epoll_wait(outer, got, 8, 0), 0);
  OK(eventfd_write(event, 3));
  EQ(epoll_wait(outer, got, 8, 0), 1);
  EQ(got[0].data.u64, 9);
  EQ(wait_now(), 1);
  FAILS(ELOOP, epoll_ctl(ep, EPOLL_CTL_ADD, outer, &e));
  // Five sets in a chain, however it comes about, and no circle.
  int chain[6];
  for (int i = 0; i < 6; i++) chain[i] = OK(epoll_create1(0));
  for (int i = 0; i < 4; i++) OK(epoll_ctl(chain[i], EPOLL_CTL_ADD, chain[i + 1], &e));
  FAILS(ELOOP, epoll_ctl(chain[4], EPOLL_CTL_ADD, chain[5], &e));
  FAILS(ELOOP, epoll_ctl(chain[5], EPOLL_CTL_ADD, chain[0], &e));
  for (int i = 1; i < 5; i++)
    for (int j = 0; j < i; j++) FAILS(ELOOP, epoll_ctl(chain[i], EPOLL_CTL_ADD, chain[j], &e));
  OK(epoll_ctl(chain[5], EPOLL_CTL_ADD, chain[1], &e));
  OK(epoll_ctl(chain[3], EPOLL_CTL_ADD, event, &e));
  EQ(epoll_wait(chain[0], got, 8, 0), 1);
  for (int i = 0; i < 6; i++) OK(close(chain[i]));
  STEP("nested");

  FAILS(EEXIST, epoll_ctl(ep, EPOLL_CTL_ADD, event, &e));
  int other = OK(eventfd(0, 0)), file = OK(open("/proc/self/exe", O_RDONLY));
  FAILS(ENOENT, epoll_ctl(ep, EPOLL_CTL_MOD, other, &e));
  FAILS(ENOENT, epoll_ctl(ep, EPOLL_CTL_DEL, other, &e));
  FAILS(EPERM, epoll_ctl(ep, EPOLL_CTL_ADD, file, &e));
  FAILS(EBADF, epoll_ctl(ep, EPOLL_CTL_ADD, 99, &e));
  FAILS(EINVAL, epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e));
  FAILS(EINVAL, epoll_ctl(other, EPOLL_CTL_ADD, event, &e));
  FAILS(EINVAL, epoll_ctl(ep, 9, event, &e));
  FAILS(EFAULT, epoll_ctl(ep, EPOLL_CTL_ADD, other, (void *)8));
  FAILS(EINVAL, epoll_wait(ep, got, 0, 0));
  FAILS(EFAULT, epoll_wait(ep, (void *)8, 1, 0));
  FAILS(EINVAL, epoll_create1(1));
  STEP("errors");

  // Who may not keep the machine awake does not ask for it.
  pid_t pid = OK(fork());
  if (!pid) {
    struct { uint32_t version; int pid; } header = {0x20080522, 0};
    uint32_t sets[2][3];
    OK(syscall(SYS_capget, &header, sets));
    sets[1][0] &= ~(1 << (36 - 32));  // CAP_BLOCK_SUSPEND
    OK(syscall(SYS_capset, &header, sets));
    int own = OK(epoll_create1(0)), plain = OK(eventfd(0, 0));
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", own);
    for (int again = 0; again < 2; again++) {
      e.events = EPOLLIN | EPOLLET | EPOLLWAKEUP;
      OK(epoll_ctl(own, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, plain, &e));
      file = OK(open(path, O_RDONLY));
      CHECK(read(file, text, sizeof text - 1) > 0);
      OK(close(file));
      char *place = strstr(text, "events:");
      CHECK(place);
      EQ(strtoul(place + 7, NULL, 16), EPOLLIN | EPOLLET | EPOLLERR | EPOLLHUP);
    }
    _exit(0);
  }
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  STEP("without the right to wake");
  return 0;
}

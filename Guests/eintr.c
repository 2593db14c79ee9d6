// Blocking calls end with EINTR when a handler without SA_RESTART runs; some do even with it (signal(7)).
#include "interrupt.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>

static int ends[2], full[2], ep;
static uint32_t word;
static const struct timespec eon = {100000000, 0};
static char byte;

static long do_read(void) { return read(ends[0], &byte, 1); }
static long do_write(void) { return write(full[1], &byte, 1); }
static long do_futex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long do_sleep(void) {
  struct timespec left = {0, 0};
  long r = nanosleep(&eon, &left);
  CHECK(left.tv_sec > 0 && left.tv_sec <= eon.tv_sec);
  return r;
}
static long do_clock_sleep(void) {
  struct timespec left = {0, 0};
  errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &eon, &left);
  CHECK(left.tv_sec > 0 && left.tv_sec <= eon.tv_sec);
  return errno ? -1 : 0;
}
static long do_futex_timeout(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &eon, NULL, 0); }
static long do_poll(void) { return poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, -1); }
static long do_ppoll(void) { return ppoll(&(struct pollfd){ends[0], POLLIN, 0}, 1, &eon, NULL); }
static long do_select(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  return select(ends[0] + 1, &set, NULL, NULL, NULL);
}
static long do_epoll(void) {
  struct epoll_event e;
  return epoll_wait(ep, &e, 1, -1);
}
static long do_pause(void) { return pause(); }
static long do_suspend(void) {
  sigset_t none;
  sigemptyset(&none);
  return sigsuspend(&none);
}
static long do_sigwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  return sigtimedwait(&set, NULL, &eon);
}

static const struct { const char *name; long (*call)(void); int restarts; } calls[] = {
    {"read of a pipe", do_read, 1},   {"write to a full pipe", do_write, 1}, {"futex", do_futex, 1},
    {"futex with timeout", do_futex_timeout, 1},
    {"nanosleep", do_sleep, 0},       {"clock_nanosleep", do_clock_sleep, 0}, {"poll", do_poll, 0},
    {"ppoll", do_ppoll, 0},           {"select", do_select, 0},               {"epoll_wait", do_epoll, 0},
    {"pause", do_pause, 0},           {"sigsuspend", do_suspend, 0},          {"sigtimedwait", do_sigwait, 0},
};

int main(void) {
  OK(pipe(ends));
  OK(pipe2(full, O_NONBLOCK));
  static char block[4096];
  while (write(full[1], block, sizeof block) > 0) {}
  OK(fcntl(full[1], F_SETFL, 0));
  ep = OK(epoll_create1(0));
  struct epoll_event e = {EPOLLIN, {.u32 = 1}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &e));

  for (int restart = 0; restart < 2; restart++) {
    handle_interrupts(restart ? SA_RESTART : 0);
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
      if (restart && calls[i].restarts) continue;  // restart.c
      struct pest p;
      start_pest(&p, 0, NULL);
      errno = 0;
      long r = calls[i].call();
      int error = errno;
      stop_pest(&p);
      if (r != -1 || error != EINTR) fail_at(__FILE__, __LINE__, "%s: %ld, errno %d", calls[i].name, r, error);
      CHECK(interrupts > 0);
      STEP("%s%s", calls[i].name, restart ? " in spite of SA_RESTART" : "");
    }
  }
  return 0;
}

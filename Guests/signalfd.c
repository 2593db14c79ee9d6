// signalfd: blocked signals are read from a descriptor; several at once, payloads, masks changed, poll and epoll, EAGAIN.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static void *sender(void *pid) {
  pause_ms(3);
  OK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 1234}));
  return NULL;
}

// Who waits already hears of what is in another mask.
static int waiting, waiter_ends[2];
static void *waiter(void *way) {
  struct signalfd_siginfo info;
  struct epoll_event event = {EPOLLIN, {.u64 = 5}};
  int set = OK(epoll_create1(0));
  OK(epoll_ctl(set, EPOLL_CTL_ADD, waiting, &event));
  pid_t tid = gettid();
  EQ(OK(write(waiter_ends[1], &tid, sizeof tid)), sizeof tid);
  if ((long)way == 1) EQ(poll(&(struct pollfd){waiting, POLLIN, 0}, 1, -1), 1);
  if ((long)way == 2) EQ(epoll_wait(set, &event, 1, -1), 1);
  EQ(read(waiting, &info, sizeof info), sizeof info);
  EQ(info.ssi_signo, SIGUSR1);
  OK(close(set));
  return NULL;
}
static void await_sleep(pid_t tid) {
  char path[64], text[512] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  do {
    pause_ms(1);
    int fd = OK(open(path, O_RDONLY));
    text[OK(read(fd, text, sizeof text - 1))] = 0;
    OK(close(fd));
  } while (strrchr(text, ')')[2] != 'S');
}
static void told_of_masks(void) {
  sigset_t without, with;
  sigemptyset(&without);
  sigaddset(&without, SIGUSR2);
  with = without;
  sigaddset(&with, SIGUSR1);
  waiting = OK(signalfd(-1, &without, 0));
  OK(pipe(waiter_ends));
  for (long way = 0; way < 3; way++) {
    pthread_t thread;
    pid_t tid;
    EQ(pthread_create(&thread, NULL, waiter, (void *)way), 0);
    EQ(OK(read(waiter_ends[0], &tid, sizeof tid)), sizeof tid);
    await_sleep(tid);
    OK(kill(getpid(), SIGUSR1));
    EQ(signalfd(waiting, &with, 0), waiting);
    EQ(pthread_join(thread, NULL), 0);
    EQ(signalfd(waiting, &without, 0), waiting);
  }
  OK(close(waiting));
}

int main(void) {
  sigset_t set, one;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN + 3);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  int fd = OK(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  struct signalfd_siginfo info[4];
  FAILS(EAGAIN, read(fd, info, sizeof info));
  struct pollfd p = {fd, POLLIN, 0};
  EQ(poll(&p, 1, 0), 0);
  kill(getpid(), SIGUSR2);
  kill(getpid(), SIGUSR1);
  EQ(poll(&p, 1, 0), 1);
  EQ(p.revents, POLLIN);
  EQ(read(fd, info, sizeof info), 2 * sizeof *info);
  EQ(info[0].ssi_signo, SIGUSR1);
  EQ(info[0].ssi_code, SI_USER);
  EQ(info[0].ssi_pid, getpid());
  EQ(info[1].ssi_signo, SIGUSR2);
  EQ(poll(&p, 1, 0), 0);
  STEP("two at once");

  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  EQ(signalfd(fd, &one, 0), fd);
  kill(getpid(), SIGUSR1);
  EQ(poll(&p, 1, 0), 0);
  FAILS(EAGAIN, read(fd, info, sizeof info));
  EQ(signalfd(fd, &set, 0), fd);
  EQ(read(fd, info, sizeof *info), sizeof *info);
  EQ(info[0].ssi_signo, SIGUSR1);
  STEP("another mask");

  pthread_t t;
  EQ(pthread_create(&t, NULL, sender, NULL), 0);
  EQ(poll(&p, 1, -1), 1);
  EQ(read(fd, info, sizeof *info), sizeof *info);
  EQ(info[0].ssi_signo, SIGRTMIN + 3);
  EQ(info[0].ssi_int, 1234);
  EQ(info[0].ssi_code, SI_QUEUE);
  EQ(pthread_join(t, NULL), 0);
  OK(fcntl(fd, F_SETFL, 0));
  EQ(pthread_create(&t, NULL, sender, NULL), 0);
  EQ(read(fd, info, sizeof *info), sizeof *info);
  EQ(pthread_join(t, NULL), 0);
  STEP("waited for by poll and by a blocking read");

  int ep = OK(epoll_create1(0));
  struct epoll_event e = {EPOLLIN, {.u64 = 5}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
  EQ(epoll_wait(ep, &e, 1, 0), 0);
  raise(SIGUSR1);
  EQ(epoll_wait(ep, &e, 1, 0), 1);
  EQ(e.data.u64, 5);
  EQ(read(fd, info, sizeof *info), sizeof *info);
  EQ(info[0].ssi_code, SI_TKILL);
  STEP("in an epoll set");

  told_of_masks();
  STEP("another mask for who waits");

  FAILS(EINVAL, read(fd, info, sizeof *info - 1));
  FAILS(EINVAL, write(fd, info, sizeof *info));
  FAILS(EINVAL, signalfd(-1, &set, 1));
  FAILS(EINVAL, signalfd(ep, &set, 0));
  FAILS(EBADF, signalfd(99, &set, 0));
  STEP("errors");
  return 0;
}

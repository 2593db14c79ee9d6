// sigsuspend and ppoll swap the mask and wait in one step, and put the old mask back after the handler.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile int calls, usr2_blocked_inside;
static void handler(int signo) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  usr2_blocked_inside = sigismember(&now, SIGUSR2);
  calls++;
}
static void *sender(void *pid) {
  pause_ms(3);
  OK(syscall(SYS_tgkill, getpid(), (int)(long)pid, SIGUSR1));
  return NULL;
}

int main(void) {
  struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
  OK(sigaction(SIGUSR1, &a, NULL));
  sigset_t blocked, wait_mask, now;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
  sigemptyset(&wait_mask);
  sigaddset(&wait_mask, SIGUSR2);

  raise(SIGUSR1);
  EQ(calls, 0);
  FAILS(EINTR, sigsuspend(&wait_mask));
  EQ(calls, 1);
  EQ(usr2_blocked_inside, 1);  // the handler runs under the temporary mask
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
  STEP("pending already");

  pthread_t t;
  for (int i = 0; i < 5; i++) {
    EQ(pthread_create(&t, NULL, sender, (void *)(long)gettid()), 0);
    FAILS(EINTR, sigsuspend(&wait_mask));
    EQ(pthread_join(t, NULL), 0);
    EQ(calls, 2 + i);
  }
  STEP("sent while it waits");

  raise(SIGUSR1);
  FAILS(EINTR, ppoll(NULL, 0, NULL, &wait_mask));
  EQ(calls, 7);
  raise(SIGUSR1);
  FAILS(EINTR, pselect(0, NULL, NULL, NULL, NULL, &wait_mask));
  EQ(calls, 8);
  int ep = OK(epoll_create1(0));
  struct epoll_event e;
  raise(SIGUSR1);
  FAILS(EINTR, epoll_pwait(ep, &e, 1, -1, &wait_mask));
  EQ(calls, 9);
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
  struct timespec none = {0, 0};
  EQ(ppoll(NULL, 0, &none, NULL), 0);
  STEP("ppoll, pselect, epoll_pwait");
  FAILS(EINVAL, syscall(SYS_rt_sigsuspend, &wait_mask, 4));
  return 0;
}

// Signal-driven I/O: O_ASYNC and FIOASYNC on sockets, pipes and terminals, owners, F_SETSIG with si_code, si_fd and si_band.
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "pty.h"

static volatile sig_atomic_t count, number, code, descriptor, band;
static void handler(int signal, siginfo_t *info, void *context) {
  count++;
  number = signal;
  code = info->si_code;
  descriptor = info->si_fd;
  band = info->si_band;
}

static sigset_t waited;

// The signal that must have been sent by now; it is blocked otherwise.
static int take(siginfo_t *info) {
  struct timespec long_ = {5, 0};
  int signal;
  do signal = sigtimedwait(&waited, info, &long_); while (signal == -1 && errno == EINTR);
  return signal;
}

static int none(void) {
  struct timespec now = {0, 0};
  siginfo_t info;
  return sigtimedwait(&waited, &info, &now) == -1 && errno == EAGAIN;
}

int main(void) {
  int real = SIGRTMIN + 3;
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGIO, &action, NULL));
  OK(sigaction(real, &action, NULL));
  sigemptyset(&waited);
  sigaddset(&waited, SIGIO);
  sigaddset(&waited, real);
  OK(sigprocmask(SIG_BLOCK, &waited, NULL));

  char byte[8];
  siginfo_t info;
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  EQ(fcntl(s[0], F_GETOWN), 0);
  OK(fcntl(s[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  EQ(fcntl(s[0], F_GETFL) & (O_ASYNC | O_NONBLOCK), O_ASYNC | O_NONBLOCK);
  EQ(write(s[1], "x", 1), 1);
  CHECK(none());
  EQ(read(s[0], byte, 8), 1);
  OK(fcntl(s[0], F_SETOWN, getpid()));
  EQ(fcntl(s[0], F_GETOWN), getpid());
  EQ(write(s[1], "x", 1), 1);
  EQ(take(&info), SIGIO);
  EQ(info.si_code, SI_KERNEL);
  EQ(info.si_pid, 0);
  EQ(read(s[0], byte, 8), 1);
  CHECK(none());
  STEP("SIGIO from a socket");

  OK(fcntl(s[0], F_SETSIG, real));
  EQ(fcntl(s[0], F_GETSIG), real);
  EQ(write(s[1], "y", 1), 1);
  EQ(take(&info), real);
  EQ(info.si_code, POLL_IN);
  EQ(info.si_fd, s[0]);
  EQ(info.si_band, POLLIN | POLLRDNORM);
  EQ(read(s[0], byte, 8), 1);
  OK(fcntl(s[0], F_SETSIG, SIGIO));
  EQ(write(s[1], "y", 1), 1);
  EQ(take(&info), SIGIO);
  EQ(info.si_code, POLL_IN);
  EQ(info.si_fd, s[0]);
  FAILS(EINVAL, fcntl(s[0], F_SETSIG, 65));
  OK(fcntl(s[0], F_SETFL, 0));
  EQ(fcntl(s[0], F_GETFL) & O_ASYNC, 0);
  EQ(write(s[1], "z", 1), 1);
  CHECK(none());
  OK(fcntl(s[0], F_SETFL, O_ASYNC));
  close(s[1]);
  EQ(take(&info), SIGIO);
  EQ(info.si_code, POLL_HUP);
  close(s[0]);
  STEP("F_SETSIG, and a hangup");

  int p[2], on = 1, off = 0;
  OK(pipe(p));
  OK(fcntl(p[0], F_SETOWN, getpid()));
  OK(fcntl(p[0], F_SETSIG, real));
  OK(ioctl(p[0], FIOASYNC, &on));
  CHECK(fcntl(p[0], F_GETFL) & O_ASYNC);
  for (int i = 0; i < 3; i++) EQ(write(p[1], "p", 1), 1);
  for (int i = 0; i < 3; i++) {
    EQ(take(&info), real);
    EQ(info.si_code, POLL_IN);
    EQ(info.si_fd, p[0]);
  }
  CHECK(none());
  OK(ioctl(p[0], FIOASYNC, &off));
  EQ(write(p[1], "p", 1), 1);
  CHECK(none());
  close(p[0]);
  close(p[1]);
  OK(pipe(p));
  OK(fcntl(p[1], F_SETOWN, getpid()));
  OK(fcntl(p[1], F_SETFL, O_ASYNC | O_NONBLOCK));
  char page[4096] = {0};
  while (write(p[1], page, sizeof page) == sizeof page) {}
  CHECK(none());
  EQ(read(p[0], page, sizeof page), sizeof page);
  EQ(take(&info), SIGIO);
  close(p[0]);
  EQ(take(&info), SIGIO);
  close(p[1]);
  STEP("a pipe, by FIOASYNC, both ways");

  struct f_owner_ex owner = {F_OWNER_TID, (int)syscall(SYS_gettid)}, got;
  OK(pipe(p));
  OK(fcntl(p[0], F_SETOWN_EX, &owner));
  OK(fcntl(p[0], F_GETOWN_EX, &got));
  EQ(got.type, F_OWNER_TID);
  EQ(got.pid, owner.pid);
  OK(fcntl(p[0], F_SETFL, O_ASYNC));
  EQ(write(p[1], "t", 1), 1);
  EQ(take(&info), SIGIO);
  FAILS(ESRCH, fcntl(p[0], F_SETOWN, 999999));
  owner.type = 3;
  FAILS(EINVAL, fcntl(p[0], F_SETOWN_EX, &owner));
  if (getpgrp() != getpid()) OK(setpgid(0, 0));
  OK(fcntl(p[0], F_SETOWN, -getpid()));
  OK(fcntl(p[0], F_GETOWN_EX, &got));
  EQ(got.type, F_OWNER_PGRP);
  int status;
  pid_t child = fork();
  if (child == 0) {
    EQ(take(&info), SIGIO);
    _exit(0);
  }
  EQ(write(p[1], "g", 1), 1);
  EQ(take(&info), SIGIO);
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  child = fork();
  if (child == 0) _exit(0);
  OK(fcntl(p[0], F_SETOWN, child));
  EQ(waitpid(child, &status, 0), child);
  EQ(fcntl(p[0], F_GETOWN), 0);
  EQ(write(p[1], "n", 1), 1);
  CHECK(none());
  close(p[0]);
  close(p[1]);
  STEP("threads, groups, and nobody, as owners");

  open_pair();
  OK(fcntl(master, F_SETOWN, getpid()));
  OK(fcntl(master, F_SETFL, O_ASYNC | O_NONBLOCK));
  EQ(write(slave, "shown", 5), 5);
  EQ(take(&info), SIGIO);
  OK(fcntl(master, F_SETFL, 0));
  OK(fcntl(slave, F_SETFL, O_ASYNC | O_NONBLOCK));
  EQ(fcntl(slave, F_GETOWN), getpid());
  EQ(write(master, "typed", 5), 5);
  EQ(write(master, "\n", 1), 1);
  EQ(take(&info), SIGIO);
  STEP("a terminal");

  char path[] = "plain";
  enter_scratch();
  int file = OK(open(path, O_CREAT | O_RDWR, 0600));
  OK(unlink(path));
  OK(fcntl(file, F_SETFL, O_ASYNC));
  EQ(fcntl(file, F_GETFL) & O_ASYNC, 0);
  FAILS(ENOTTY, ioctl(file, FIOASYNC, &on));
  STEP("not a file");
  EQ(count, 0);
  return 0;
}

// Every number by every call that takes one of its kind: signals, clocks, limits, policies, priorities, waits, options of prctl and the
// like, from below the first to above the last.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include <grp.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static const struct table expected[] = {
  {"signal -1",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL 0 INVAL 0 INVAL INVAL 1 9"},
  {"signal 0",
   "INVAL INVAL INVAL INVAL 0 0 0 0 0 0 0 0 0 INVAL 0 1 9"},
  {"signal 1",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 1 0 0 0 1"},
  {"signal 2",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 2 0 0 0 2"},
  {"signal 3",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 3 0 0 0 3"},
  {"signal 4",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 4 0 0 0 4"},
  {"signal 5",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 5 0 0 0 5"},
  {"signal 6",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 6 0 0 0 6"},
  {"signal 7",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 7 0 0 0 7"},
  {"signal 8",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 8 0 0 0 8"},
  {"signal 9",
   "0 INVAL INVAL INVAL 0 0 0 9 0 0 0 9"},
  {"signal 10",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 10 0 0 0 10"},
  {"signal 11",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 11 0 0 0 11"},
  {"signal 12",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 12 0 0 0 12"},
  {"signal 13",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 13 0 0 1 9"},
  {"signal 14",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 14 0 0 0 14"},
  {"signal 15",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 15 0 0 0 15"},
  {"signal 16",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 16 0 0 0 16"},
  {"signal 17",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 17 0 0 1 9"},
  {"signal 18",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 18 0 0 1 9"},
  {"signal 19",
   "0 INVAL INVAL INVAL 0 0 0 19 0 0 1 9"},
  {"signal 20",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 20 0 0 1 9"},
  {"signal 21",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 21 0 0 1 9"},
  {"signal 22",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 22 0 0 1 9"},
  {"signal 23",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 23 0 0 1 9"},
  {"signal 24",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 24 0 0 0 24"},
  {"signal 25",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 25 0 0 0 25"},
  {"signal 26",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 26 0 0 0 26"},
  {"signal 27",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 27 0 0 0 27"},
  {"signal 28",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 28 0 0 1 9"},
  {"signal 29",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 29 0 0 0 29"},
  {"signal 30",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 30 0 0 0 30"},
  {"signal 31",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 31 0 0 0 31"},
  {"signal 62",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 62 0 0 0 62"},
  {"signal 63",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 63 0 0 0 63"},
  {"signal 64",
   "0 0 0 INVAL 0 0 0 0 0 0 0 0 64 0 0 0 64"},
  {"signal 65",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL 0 INVAL 0 INVAL INVAL 1 9"},
  {"signal 66",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL 0 INVAL 0 INVAL INVAL 1 9"},
  {"clock -2147483648",
   "INVAL INVAL INVAL INVAL INVAL INVAL -1 INVAL -1 INVAL"},
  {"clock -7",
   "0 FAULT 0 0 INVAL 0 0 INVAL -1 PERM"},
  {"clock -6",
   "0 FAULT 0 0 INVAL 0 0 INVAL -1 PERM"},
  {"clock -3",
   "0 FAULT 0 0 INVAL 0 0 INVAL -1 PERM"},
  {"clock -2",
   "0 FAULT 0 0 INVAL 0 0 INVAL -1 PERM"},
  {"clock -1",
   "INVAL INVAL INVAL INVAL INVAL INVAL -1 INVAL -1 INVAL"},
  {"clock 0",
   "0 FAULT 0 0 0 0 INVAL 0 0 0 0 INVAL"},
  {"clock 1",
   "0 FAULT 0 0 0 0 INVAL 0 0 0 0 INVAL"},
  {"clock 2",
   "0 FAULT 0 0 0 0 INVAL 0 0 INVAL -1 *"},
  {"clock 3",
   "0 FAULT 0 0 OPNOTSUPP OPNOTSUPP OPNOTSUPP 0 0 INVAL -1 *"},
  {"clock 4",
   "0 FAULT 0 0 OPNOTSUPP OPNOTSUPP OPNOTSUPP OPNOTSUPP -1 INVAL -1 INVAL"},
  {"clock 5",
   "0 FAULT 0 0 OPNOTSUPP OPNOTSUPP OPNOTSUPP OPNOTSUPP -1 INVAL -1 INVAL"},
  {"clock 6",
   "0 FAULT 0 0 OPNOTSUPP OPNOTSUPP OPNOTSUPP OPNOTSUPP -1 INVAL -1 INVAL"},
  {"clock 7",
   "0 FAULT 0 0 0 0 INVAL 0 0 0 0 INVAL"},
  {"clock 10",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL -1 INVAL -1 INVAL"},
  {"clock 11",
   "0 FAULT 0 0 0 0 INVAL 0 0 INVAL -1 INVAL"},
  {"clock 12",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL -1 INVAL -1 INVAL"},
  {"clock 2147483647",
   "INVAL INVAL INVAL INVAL INVAL INVAL INVAL INVAL -1 INVAL -1 INVAL"},
  {"limit -1",
   "INVAL INVAL INVAL INVAL INVAL INVAL SRCH"},
  {"limit 0",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 1",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 2",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 3",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 4",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 5",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 6",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 7",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 8",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 9",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 10",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 11",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 12",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 13",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 14",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 15",
   "0 0 0 0 0 INVAL SRCH"},
  {"limit 16",
   "INVAL INVAL INVAL INVAL INVAL INVAL SRCH"},
  {"limit 17",
   "INVAL INVAL INVAL INVAL INVAL INVAL SRCH"},
  {"policy -1",
   "INVAL INVAL INVAL INVAL 0 0 INVAL INVAL INVAL INVAL INVAL 0 INVAL INVAL INVAL"},
  {"policy 0",
   "0 0 0 INVAL 1 0 INVAL INVAL INVAL INVAL 0 PERM INVAL SRCH INVAL"},
  {"policy 1",
   "1 99 INVAL PERM 0 0 INVAL PERM INVAL INVAL INVAL 0 INVAL SRCH INVAL"},
  {"policy 2",
   "1 99 INVAL PERM 0 0 INVAL PERM INVAL INVAL INVAL 0 INVAL SRCH INVAL"},
  {"policy 3",
   "0 0 PERM INVAL 0 0 INVAL INVAL INVAL INVAL 0 0 INVAL SRCH INVAL"},
  {"policy 4",
   "INVAL INVAL INVAL INVAL 0 0 INVAL INVAL INVAL INVAL INVAL 0 INVAL SRCH INVAL"},
  {"policy 5",
   "0 0 PERM INVAL 0 0 INVAL INVAL INVAL INVAL 0 PERM INVAL SRCH INVAL"},
  {"policy 8",
   "INVAL INVAL INVAL INVAL 0 0 INVAL INVAL INVAL INVAL INVAL 0 INVAL SRCH INVAL"},
  {"policy 9",
   "INVAL INVAL INVAL INVAL 0 0 INVAL INVAL INVAL INVAL INVAL 0 INVAL SRCH INVAL"},
  {"nice -21",
   "ACCES 20 ACCES INVAL INVAL INVAL 0"},
  {"nice -20",
   "ACCES 20 ACCES INVAL INVAL INVAL 0"},
  {"nice -1",
   "ACCES 20 ACCES INVAL INVAL INVAL 0"},
  {"nice 0",
   "0 20 0 0 20 SRCH 0"},
  {"nice 1",
   "0 19 0 ACCES 19 SRCH ACCES"},
  {"nice 2",
   "0 18 0 ACCES 18 SRCH ACCES"},
  {"nice 3",
   "0 17 0 INVAL INVAL INVAL ACCES"},
  {"nice 4",
   "0 16 0 INVAL INVAL INVAL ACCES"},
  {"nice 18",
   "0 2 0 INVAL INVAL INVAL ACCES"},
  {"nice 19",
   "0 1 0 INVAL INVAL INVAL ACCES"},
  {"nice 20",
   "0 1 0 INVAL INVAL INVAL 0"},
  {"which -3",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL INVAL INVAL 0 INVAL INVAL INVAL "
   "INVAL INVAL INVAL INVAL PROTONOSUPPORT INVAL INVAL INVAL 0 INVAL"},
  {"which -2",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL INVAL INVAL 0 INVAL INVAL INVAL "
   "INVAL INVAL INVAL INVAL PROTONOSUPPORT INVAL INVAL INVAL 0 INVAL"},
  {"which -1",
   "INVAL INVAL INVAL 0 INVAL INVAL 0 INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL INVAL INVAL 0 INVAL INVAL INVAL "
   "INVAL INVAL INVAL INVAL PROTONOSUPPORT INVAL INVAL INVAL 0 INVAL"},
  {"which 0",
   "0 0 0 1 INVAL FAULT 0 CHILD INVAL INVAL CHILD FAULT NOTSOCK 0 0 INVAL 0 INVAL 0 0 0 0 SOCKTNOSUPPORT "
   "SOCKTNOSUPPORT 0 0 0 0 0 INVAL"},
  {"which 1",
   "0 0 0 0 INVAL FAULT 0 CHILD INVAL INVAL CHILD FAULT NOTSOCK 0 0 0 0 INVAL 0 0 0 0 0 0 0 PROTONOSUPPORT ACCES 0 0 "
   "INVAL"},
  {"which 2",
   "0 0 0 0 INVAL FAULT INVAL CHILD INVAL INVAL CHILD * NOTSOCK 0 0 0 0 INVAL 0 INVAL INVAL 0 0 0 PROTONOSUPPORT "
   "PROTONOSUPPORT PROTONOSUPPORT 0 0 INVAL"},
  {"which 3",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL BADF INVAL INVAL CHILD FAULT NOTSOCK 0 0 0 0 INVAL 0 INVAL INVAL 0 0 "
   "PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 4",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK 0 0 INVAL 0 INVAL 0 INVAL INVAL * "
   "SOCKTNOSUPPORT SOCKTNOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 5",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL INVAL 0 0 INVAL 0 INVAL INVAL * "
   "0 SOCKTNOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 6",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK 0 INVAL 0 0 INVAL INVAL INVAL INVAL * "
   "SOCKTNOSUPPORT SOCKTNOSUPPORT PROTONOSUPPORT 0 PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 7",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL INVAL 0 0 INVAL INVAL INVAL "
   "INVAL * SOCKTNOSUPPORT SOCKTNOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 8",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL CHILD FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * SOCKTNOSUPPORT SOCKTNOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 9",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL CHILD FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * SOCKTNOSUPPORT SOCKTNOSUPPORT PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 10",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL CHILD FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * SOCKTNOSUPPORT * PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 11",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL CHILD FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 12",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 13",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 14",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 15",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"which 16",
   "INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL FAULT NOTSOCK INVAL 0 INVAL 0 INVAL INVAL INVAL "
   "INVAL * INVAL INVAL PROTONOSUPPORT PROTONOSUPPORT PROTONOSUPPORT INVAL 0 INVAL"},
  {"identity -2147483648",
   "SRCH SRCH * INVAL SRCH 1 INVAL INVAL INVAL INVAL SRCH INVAL INVAL INVAL INVAL SRCH INVAL SRCH SRCH SRCH SRCH SRCH "
   "0 SRCH"},
  {"identity -1000000",
   "SRCH SRCH * INVAL SRCH 1 INVAL INVAL INVAL INVAL CHILD INVAL INVAL INVAL INVAL SRCH INVAL SRCH SRCH SRCH SRCH "
   "SRCH 0 SRCH"},
  {"identity -1",
   "SRCH SRCH * INVAL INVAL 1 INVAL INVAL INVAL INVAL CHILD INVAL INVAL INVAL INVAL SRCH INVAL SRCH SRCH SRCH SRCH "
   "SRCH 0 SRCH"},
  {"identity 0",
   "0 0 0 0 INVAL 1 INVAL INVAL INVAL INVAL CHILD INVAL CHILD 0 0 0 0 0 0 0 0 0 0 SRCH"},
  {"identity 1000000",
   "SRCH SRCH SRCH PERM SRCH SRCH SRCH SRCH SRCH SRCH CHILD CHILD CHILD SRCH SRCH SRCH SRCH SRCH SRCH SRCH SRCH SRCH "
   "0 SRCH"},
  {"identity 2147483647",
   "SRCH SRCH SRCH PERM SRCH SRCH SRCH SRCH SRCH SRCH CHILD CHILD CHILD SRCH SRCH SRCH SRCH SRCH SRCH SRCH SRCH SRCH "
   "0 SRCH"},
  {NULL, NULL}};

static void row_of(const char *kind, long number, void (*body)(long)) {
  char title[64];
  snprintf(title, sizeof title, "%s %ld", kind, number);
  begin_row(title);
  body(number);
  END_ROW(expected);
}

static void signal_number(long n) {
  struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } action = {SIG_DFL}, old;
  pid_t self = getpid();
  siginfo_t info = {.si_code = SI_QUEUE};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = n};
  int status, p[2], question[2], reply[2];
  OK(pipe(question)), OK(pipe(reply));
  pid_t pid = OK(fork());
  if (!pid) {
    char c;
    while (read(question[0], &c, 1) == 1) EQ(write(reply[1], &c, 1), 1);
    _exit(0);
  }
  OK(close(reply[1]));
  int fatal = n == SIGKILL || n == SIGSTOP;
  timer_t timer;
  OK(pipe(p));
  TRY(syscall(SYS_rt_sigaction, n, NULL, &old, 8));
  TRY(syscall(SYS_rt_sigaction, n, &action, NULL, 8));
  action.handler = SIG_IGN;
  TRY(syscall(SYS_rt_sigaction, n, &action, NULL, 8));
  TRY(syscall(SYS_rt_sigaction, n, &action, NULL, 4));
  if (!fatal) TRY(kill(self, n));
  if (!fatal) TRY(syscall(SYS_tkill, self, n));
  if (!fatal) TRY(syscall(SYS_tgkill, self, self, n));
  if (!fatal) TRY(syscall(SYS_rt_sigqueueinfo, self, n, &info));
  if (!fatal) TRY(syscall(SYS_rt_tgsigqueueinfo, self, self, n, &info));
  TRY(prctl(PR_SET_PDEATHSIG, n));
  TRY(prctl(PR_SET_PDEATHSIG, 0));
  TRY(fcntl(p[0], F_SETSIG, n));
  TRY(fcntl(p[0], F_GETSIG));
  long made;
  TRY((made = syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer)) < 0 ? -1 : timer_delete(timer));
  action.handler = SIG_DFL;
  syscall(SYS_rt_sigaction, n, &action, NULL, 8);
  // What it does to a process that does nothing about it, which answers afterwards if there is an afterwards.
  TRY(kill(pid, n));
  OK(kill(pid, SIGCONT));
  char answered = 0;
  EQ(write(question[1], "?", 1), 1);
  SHOW(read(reply[0], &answered, 1));
  OK(kill(pid, SIGKILL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  SHOW(WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  OK(close(question[0])), OK(close(question[1])), OK(close(reply[0]));
  OK(close(p[0])), OK(close(p[1]));
}

static void clock_number(long n) {
  struct timespec t, zero = {0, 0}, past = {0, 1}, bad = {0, 1000000000};
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  struct itimerspec set = {{0, 0}, {1000, 0}};
  timer_t timer;
  TRY(clock_gettime(n, &t));
  TRY(syscall(SYS_clock_gettime, n, 8));
  TRY(clock_getres(n, &t));
  TRY(syscall(SYS_clock_getres, n, 0));
  if (n >= 0) TRY(syscall(SYS_clock_nanosleep, n, 0, &zero, NULL));
  if (n >= 0) TRY(syscall(SYS_clock_nanosleep, n, TIMER_ABSTIME, &past, NULL));
  TRY(syscall(SYS_clock_nanosleep, n, 0, &bad, NULL));
  long made;
  TRY((made = syscall(SYS_timer_create, n, &event, &timer)) < 0 ? -1 : timer_settime(timer, 0, &set, NULL));
  TRY(made < 0 ? -1 : timer_delete(timer));
  int fd;
  TRY((fd = timerfd_create(n, 0)) < 0 ? -1 : timerfd_settime(fd, 0, &set, NULL));
  TRY(fd < 0 ? -1 : close(fd));
  TRY(syscall(SYS_clock_settime, n, &bad));
}

static void limit_number(long n) {
  struct rlimit old = {1, 1}, more;
  TRY(getrlimit(n, &old));
  TRY(syscall(SYS_prlimit64, 0, n, NULL, &old));
  more = old;
  TRY(setrlimit(n, &old));
  TRY(syscall(SYS_prlimit64, 0, n, &old, NULL));
  TRY(syscall(SYS_prlimit64, 0, n, NULL, NULL));
  more.rlim_cur = 2, more.rlim_max = 1;
  TRY(setrlimit(n, &more));
  TRY(syscall(SYS_prlimit64, 1000000, n, NULL, &old));
}

static void policy_number(long n) {
  struct sched_param one = {1}, none = {0}, many = {99}, more = {100}, less = {-1};
  int old = sched_getscheduler(0);
  TRY(sched_get_priority_min(n));
  TRY(sched_get_priority_max(n));
  TRY(sched_setscheduler(0, n, &none));
  TRY(sched_setscheduler(0, n, &one));
  SHOW(sched_getscheduler(0) == n);
  TRY(sched_setparam(0, &none));
  TRY(sched_setparam(0, &one));
  TRY(sched_setscheduler(0, n, &many));
  TRY(sched_setscheduler(0, n, &more));
  TRY(sched_setscheduler(0, n, &less));
  TRY(sched_setscheduler(0, n | SCHED_RESET_ON_FORK, &none));
  TRY(sched_setscheduler(0, old, &none));
  TRY(syscall(SYS_sched_setscheduler, 0, n, NULL));
  TRY(sched_setscheduler(1000000, n, &none));
  TRY(sched_setscheduler(-1, n, &none));
}

static void nice_number(long n) {
  errno = 0;
  int old = getpriority(PRIO_PROCESS, 0);
  TRY(setpriority(PRIO_PROCESS, 0, n));
  TRY(syscall(SYS_getpriority, PRIO_PROCESS, 0));
  TRY(setpriority(PRIO_PGRP, 0, n));
  TRY(setpriority(n, 0, 0));
  TRY(syscall(SYS_getpriority, n, 0));
  TRY(syscall(SYS_getpriority, n, -1));
  TRY(setpriority(PRIO_PROCESS, 0, old));
}

static void which_number(long n) {
  struct itimerval value, set = {{0, 0}, {1000, 0}}, none = {{0, 0}, {0, 0}}, bad = {{0, 0}, {0, 1000000}};
  struct rusage usage;
  siginfo_t info;
  TRY(getitimer(n, &value));
  TRY(setitimer(n, &set, &value));
  TRY(setitimer(n, &none, &value));
  SHOW(n == ITIMER_REAL && value.it_value.tv_sec > 900);
  TRY(setitimer(n, &bad, NULL));
  TRY(syscall(SYS_getitimer, n, 8));
  TRY(getrusage(n, &usage));
  TRY(waitid(n, 1, &info, WEXITED | WNOHANG));
  TRY(waitid(n, 1, &info, 0));
  TRY(waitid(n, 1, &info, WEXITED | 0x100));
  TRY(waitpid(-1, NULL, n));
  TRY(syscall(SYS_epoll_ctl, 0, n, 0, 0) < 0 ? -1 : 0);
  TRY(shutdown(0, n) < 0 ? -1 : 0);
  TRY(msync(NULL, 0, n));
  TRY(madvise(NULL, 0, n));
  TRY(mlockall(n) == -1 && errno == EINVAL ? -1 : 0);
  TRY(munlockall());
  TRY(syscall(SYS_membarrier, n, 1, 0));
  TRY(getrandom(NULL, 0, n));
  int fd;
  TRY((fd = eventfd(0, n << 19)) < 0 ? -1 : close(fd));
  TRY((fd = epoll_create1(n << 19)) < 0 ? -1 : close(fd));
  TRY((fd = syscall(SYS_memfd_create, "m", n)) < 0 ? -1 : close(fd));
  TRY((fd = socket(AF_UNIX, n, 0)) < 0 ? -1 : close(fd));
  TRY((fd = socket(AF_INET, n, 0)) < 0 ? -1 : close(fd));
  TRY((fd = socket(AF_UNIX, SOCK_STREAM, n)) < 0 ? -1 : close(fd));
  TRY((fd = socket(AF_INET, SOCK_STREAM, n)) < 0 ? -1 : close(fd));
  TRY((fd = socket(AF_INET, SOCK_DGRAM, n)) < 0 ? -1 : close(fd));
  TRY(syscall(SYS_rt_sigprocmask, n, &(uint64_t){0}, NULL, 8));
  TRY(syscall(SYS_rt_sigprocmask, n, NULL, NULL, 8));
  TRY(syscall(SYS_rt_sigprocmask, n, &(uint64_t){0}, NULL, n));
}


static void identity_number(long n) {
  TRY(getpgid(n) < 0 ? -1 : 0);
  TRY(getsid(n) < 0 ? -1 : 0);
  TRY(setpgid(n, 0));
  TRY(setpgid(0, n));
  TRY(kill(n, 99));
  TRY(n > 0 ? kill(n, 0) : 1);
  TRY(syscall(SYS_tkill, n, 0));
  TRY(syscall(SYS_tgkill, getpid(), n, 0));
  TRY(syscall(SYS_tgkill, n, getpid(), 0));
  int fd;
  TRY((fd = syscall(SYS_pidfd_open, n, 0)) < 0 ? -1 : close(fd));
  TRY(waitpid(n, NULL, WNOHANG) < 0 ? -1 : 0);
  TRY(waitid(P_PID, n, NULL, WEXITED | WNOHANG) < 0 ? -1 : 0);
  TRY(waitid(P_PGID, n, NULL, WEXITED | WNOHANG) < 0 ? -1 : 0);
  TRY(sched_getscheduler(n) < 0 ? -1 : 0);
  TRY(sched_getparam(n, &(struct sched_param){0}));
  TRY(sched_getaffinity(n, 128, (void *)(char[128]){0}) < 0 ? -1 : 0);
  TRY(sched_rr_get_interval(n, &(struct timespec){0}));
  TRY(syscall(SYS_getpriority, PRIO_PROCESS, n) < 0 ? -1 : 0);
  TRY(syscall(SYS_getpriority, PRIO_PGRP, n) < 0 ? -1 : 0);
  TRY(syscall(SYS_ioprio_get, 1, n) < 0 ? -1 : 0);
  TRY(syscall(SYS_prlimit64, n, 7, NULL, &(struct rlimit){0}));
  TRY(syscall(SYS_get_robust_list, n, &(void *){0}, &(size_t){0}));
  TRY(process_vm_readv(n, &(struct iovec){0, 0}, 1, &(struct iovec){0, 0}, 1, 0));
  TRY(syscall(SYS_kcmp, n, getpid(), 0, 0, 0) < 0 ? -1 : 0);
}

#define NUMBERS(kind, body, ...) \
  do { static const long list_[] = {__VA_ARGS__}; \
       for (unsigned i_ = 0; i_ < sizeof list_ / sizeof *list_; i_++) row_of(kind, list_[i_], body); } while (0)

static void in_group(void) {
  OK(setpgid(0, 0));
  NUMBERS("identity", identity_number, -2147483648, -1000000, -1, 0, 1000000, 2147483647);
}

// Without the rights of root, which other systems give in their own ways.
static void become(int user) {
  if (geteuid()) return;
  OK(setgroups(0, NULL));
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(user, user, user));
}
static void without_rights(void) { become(1000); }
static void policies(void) {
  without_rights();
  for (long n = -1; n <= 9; n++)
    if (n != 6 && n != 7) row_of("policy", n, policy_number);
}
static void niceness(void) {
  OK(setpgid(0, 0));
  // A user without other processes, whose priority would be told, too.
  become(20000 + getpid() % 40000);
  NUMBERS("nice", nice_number, -21, -20, -1, 0, 1, 2, 3, 4, 18, 19, 20);
}

int main(void) {
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit none = {0, 0};
  OK(setrlimit(RLIMIT_CORE, &none));
  for (long n = -1; n <= 66; n++)
    if (n < 32 || n > 61) row_of("signal", n, signal_number);
  STEP("signals");
  NUMBERS("clock", clock_number, -2147483648, -7, -6, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 2147483647);
  STEP("clocks");
  for (long n = -1; n <= 17; n++) row_of("limit", n, limit_number);
  STEP("limits");
  in_child(policies);
  STEP("policies");
  in_child(niceness);
  STEP("priorities");
  for (long n = -3; n <= 16; n++) row_of("which", n, which_number);
  STEP("choices");
  in_child(in_group);
  STEP("identities");
  return 0;
}

// POSIX message queues: order, limits, waiting, timeouts, poll, notification by signal and by thread, names, the file.
#include "matrix.h"

#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static char name[32];
static char text[8192];

static int finish(pid_t pid) {
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static mqd_t fresh(int flags, long count, long size) {
  struct mq_attr wanted = {.mq_maxmsg = count, .mq_msgsize = size};
  return OK(mq_open(name, O_CREAT | O_EXCL | O_RDWR | flags, 0640, &wanted));
}

static void drop(mqd_t queue) {
  OK(mq_close(queue));
  OK(mq_unlink(name));
}

static struct timespec in_ms(long ms) {
  int64_t time = now_ns(CLOCK_REALTIME) + ms * 1000000;
  return (struct timespec){time / 1000000000, time % 1000000000};
}

static void order(void) {
  FAILS(ENOENT, mq_open(name, O_RDWR));
  mqd_t queue = fresh(0, 10, 100);
  FAILS(EEXIST, mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL));
  unsigned priority = 77;
  EQ(mq_send(queue, "low", 3, 1), 0);
  EQ(mq_send(queue, "high", 4, 9), 0);
  EQ(mq_send(queue, "low again", 9, 1), 0);
  EQ(mq_send(queue, "", 0, 32767), 0);
  struct mq_attr now;
  OK(mq_getattr(queue, &now));
  EQ(now.mq_curmsgs, 4);
  EQ(now.mq_maxmsg, 10);
  EQ(now.mq_msgsize, 100);
  EQ(now.mq_flags, 0);
  EQ(mq_receive(queue, text, 100, &priority), 0);
  EQ(priority, 32767);
  EQ(mq_receive(queue, text, 100, &priority), 4);
  EQ(priority, 9);
  EQ(mq_receive(queue, text, 200, &priority), 3);
  CHECK(memcmp(text, "low", 3) == 0 && priority == 1);
  EQ(mq_receive(queue, text, 100, NULL), 9);
  CHECK(memcmp(text, "low again", 9) == 0);
  drop(queue);
  STEP("by priority, then first in, first out");
}

static void errors(void) {
  mqd_t queue = fresh(O_NONBLOCK, 2, 50);
  FAILS(EMSGSIZE, mq_send(queue, text, 51, 0));
  FAILS(EMSGSIZE, mq_receive(queue, text, 49, NULL));
  FAILS(EINVAL, mq_send(queue, text, 1, 32768));
  FAILS(EAGAIN, mq_receive(queue, text, 50, NULL));
  FAILS(EFAULT, mq_send(queue, (char *)8, 1, 0));
  EQ(mq_send(queue, "a", 1, 0), 0);
  EQ(mq_send(queue, "b", 1, 0), 0);
  FAILS(EAGAIN, mq_send(queue, "c", 1, 0));
  FAILS(EBADF, mq_send(0, "c", 1, 0));
  FAILS(EBADF, mq_receive(99, text, 50, NULL));
  mqd_t reader = OK(mq_open(name, O_RDONLY));
  mqd_t writer = OK(mq_open(name, O_WRONLY));
  FAILS(EBADF, mq_send(reader, "c", 1, 0));
  FAILS(EBADF, mq_receive(writer, text, 50, NULL));
  EQ(mq_receive(reader, text, 50, NULL), 1);
  EQ(fcntl(reader, F_GETFD), FD_CLOEXEC);
  EQ(fcntl(queue, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
  struct mq_attr wanted = {.mq_flags = 1}, old;
  FAILS(EINVAL, mq_setattr(queue, &wanted, NULL));
  wanted.mq_flags = 0;
  EQ(mq_setattr(queue, &wanted, &old), 0);
  EQ(old.mq_flags, O_NONBLOCK);
  EQ(old.mq_curmsgs, 1);
  EQ(fcntl(queue, F_GETFL) & O_NONBLOCK, 0);
  FAILS(EINVAL, mq_open("noslash", O_RDONLY));
  FAILS(ENOENT, mq_open("/", O_RDONLY));
  FAILS(EACCES, mq_open("/a/b", O_RDONLY));
  FAILS(EACCES, mq_open("/..", O_RDONLY));
  char longest[300];
  memset(longest, 'x', 299);
  longest[299] = 0;
  longest[0] = '/';
  FAILS(ENAMETOOLONG, mq_open(longest, O_RDONLY));
  FAILS(ENOENT, mq_unlink("/there is none"));
  struct timespec bad = {0, 1000000000};
  FAILS(EINVAL, mq_timedreceive(queue, text, 50, NULL, &bad));
  FAILS(EFAULT, syscall(SYS_mq_timedreceive, queue, text, 50, NULL, 8));
  mq_close(reader);
  mq_close(writer);
  drop(queue);
  struct mq_attr none = {.mq_maxmsg = 0, .mq_msgsize = 1};
  FAILS(EINVAL, mq_open(name, O_CREAT | O_RDWR, 0600, &none));
  none = (struct mq_attr){.mq_maxmsg = 65537, .mq_msgsize = 1};
  FAILS(EINVAL, mq_open(name, O_CREAT | O_RDWR, 0600, &none));
  STEP("errors");
}

static void waiting(void) {
  mqd_t queue = fresh(0, 1, 10);
  struct timespec past = {1, 0}, soon = in_ms(20);
  FAILS(ETIMEDOUT, mq_timedreceive(queue, text, 10, NULL, &past));
  FAILS(ETIMEDOUT, mq_timedreceive(queue, text, 10, NULL, &soon));
  EQ(mq_timedsend(queue, "1", 1, 0, &past), 0);
  soon = in_ms(20);
  FAILS(ETIMEDOUT, mq_timedsend(queue, "2", 1, 0, &soon));
  pid_t child = fork();
  if (child == 0) {
    for (int i = 2; i < 30; i++) {
      char byte = i;
      EQ(mq_send(queue, &byte, 1, 0), 0);
    }
    _exit(0);
  }
  EQ(mq_receive(queue, text, 10, NULL), 1);
  for (int i = 2; i < 30; i++) {
    EQ(mq_receive(queue, text, 10, NULL), 1);
    EQ(text[0], i);
  }
  EQ(finish(child), 0);
  drop(queue);
  STEP("senders and receivers wait");
}

static void polling(void) {
  mqd_t queue = fresh(0, 1, 10);
  struct pollfd look = {queue, POLLIN | POLLOUT, 0};
  EQ(poll(&look, 1, 0), 1);
  EQ(look.revents, POLLOUT);
  pid_t child = fork();
  if (child == 0) {
    pause_ms(10);
    EQ(mq_send(queue, "x", 1, 0), 0);
    _exit(0);
  }
  look.events = POLLIN;
  EQ(poll(&look, 1, -1), 1);
  EQ(look.revents, POLLIN);
  look.events = POLLIN | POLLOUT;
  EQ(poll(&look, 1, 0), 1);
  EQ(look.revents, POLLIN);
  EQ(finish(child), 0);
  drop(queue);
  STEP("poll");
}

static volatile sig_atomic_t signals, code, value, sender;
static void handler(int signal, siginfo_t *info, void *context) {
  signals++;
  code = info->si_code;
  value = info->si_value.sival_int;
  sender = info->si_pid;
}

static void *worker(void *queue) {
  char byte[10];
  EQ(mq_receive(*(mqd_t *)queue, byte, 10, NULL), 1);
  return NULL;
}

static void notification(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  OK(sigaction(SIGUSR1, &action, NULL));
  mqd_t queue = fresh(0, 5, 10);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 4711};
  OK(mq_notify(queue, &event));
  FAILS(EBUSY, mq_notify(queue, &event));
  char shown[128], line[128];
  mqd_t reader = OK(mq_open(name, O_RDONLY));
  int count = read(reader, shown, sizeof shown - 1);
  CHECK(count > 0);
  shown[count] = 0;
  snprintf(line, sizeof line, "QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", 0, SIGEV_SIGNAL, SIGUSR1,
           getpid());
  STREQ(shown, line);
  pid_t child = fork();
  if (child == 0) {
    EQ(mq_notify(queue, NULL), 0);
    FAILS(EBUSY, mq_notify(queue, &event));
    EQ(mq_send(queue, "x", 1, 0), 0);
    EQ(mq_send(queue, "y", 1, 0), 0);
    _exit(0);
  }
  EQ(finish(child), 0);
  EQ(signals, 1);
  EQ(code, SI_MESGQ);
  EQ(value, 4711);
  EQ(sender, child);
  EQ(mq_receive(queue, text, 10, NULL), 1);
  EQ(mq_receive(queue, text, 10, NULL), 1);
  EQ(mq_send(queue, "z", 1, 0), 0);
  EQ(signals, 1);
  OK(mq_notify(queue, &event));
  EQ(mq_send(queue, "not the first", 1, 0), 0);
  EQ(signals, 1);
  OK(mq_notify(queue, NULL));
  event.sigev_notify = SIGEV_NONE;
  OK(mq_notify(queue, &event));
  OK(mq_close(reader));  // any descriptor of the queue ends it
  OK(mq_notify(queue, &event));
  OK(mq_notify(queue, NULL));
  event.sigev_notify = 77;
  FAILS(EINVAL, mq_notify(queue, &event));
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = 65;
  FAILS(EINVAL, mq_notify(queue, &event));
  FAILS(EBADF, mq_notify(0, NULL));
  STEP("notification by signal");

  EQ(mq_receive(queue, text, 10, NULL), 1);
  EQ(mq_receive(queue, text, 10, NULL), 1);
  // As the C library does for SIGEV_THREAD.
  int socket_ = OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  char cookie[32] = "the cookie", got[32];
  event = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_signo = socket_, .sigev_value.sival_ptr = cookie};
  EQ(syscall(SYS_mq_notify, queue, &event), 0);
  EQ(mq_send(queue, "m", 1, 0), 0);
  EQ(recv(socket_, got, sizeof got, MSG_WAITALL), 32);
  STREQ(got, "the cookie");
  EQ(got[31], 1);
  EQ(syscall(SYS_mq_notify, queue, &event), 0);
  EQ(mq_notify(queue, NULL), 0);
  EQ(recv(socket_, got, sizeof got, MSG_WAITALL), 32);
  EQ(got[31], 2);
  event.sigev_signo = 0;
  FAILS(ENOTSOCK, syscall(SYS_mq_notify, queue, &event));
  close(socket_);
  EQ(mq_receive(queue, text, 10, NULL), 1);
  STEP("notification by thread");

  // Who waits for a message gets it, and nobody hears of it.
  event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  OK(mq_notify(queue, &event));
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, worker, &queue), 0);
  pause_ms(50);
  EQ(mq_send(queue, "w", 1, 0), 0);
  EQ(pthread_join(thread, NULL), 0);
  EQ(signals, 1);
  drop(queue);
  STEP("a waiting receiver comes first");
}

static void files(void) {
  struct mq_attr usual;
  mqd_t queue = OK(mq_open(name, O_CREAT | O_RDWR, 0666, NULL));
  OK(mq_getattr(queue, &usual));
  CHECK(usual.mq_maxmsg >= 1 && usual.mq_msgsize >= 128);
  struct stat status;
  OK(fstat(queue, &status));
  EQ(status.st_mode, S_IFREG | 0644);
  EQ(status.st_size, 80);
  EQ(status.st_nlink, 1);
  OK(fchmod(queue, 0600));
  mqd_t again = OK(mq_open(name, O_RDWR));
  OK(mq_unlink(name));
  FAILS(ENOENT, mq_open(name, O_RDWR));
  OK(fstat(again, &status));
  EQ(status.st_nlink, 0);
  EQ(status.st_mode, S_IFREG | 0600);
  EQ(mq_send(queue, "still here", 10, 3), 0);
  mqd_t other = fresh(0, 3, 8);
  EQ(mq_receive(again, text, usual.mq_msgsize, NULL), 10);
  OK(mq_close(again));
  drop(other);
  OK(mq_close(queue));
  STEP("a queue without a name goes on");
}

static void limits(void) {
  mqd_t mine = fresh(0, 3, 8);
  pid_t child = fork();
  if (child == 0) {
    struct rlimit little = {10000, 10000};
    OK(setrlimit(RLIMIT_MSGQUEUE, &little));
    OK(setgid(12345));
    OK(setuid(12345));
    FAILS(EACCES, mq_open(name, O_RDONLY));
    FAILS(EACCES, mq_unlink(name));
    snprintf(name, sizeof name, "/guest.limit.%d", getpid());
    struct mq_attr wanted = {.mq_maxmsg = 10, .mq_msgsize = 1000};
    FAILS(EMFILE, mq_open(name, O_CREAT | O_RDWR, 0600, &wanted));
    wanted.mq_msgsize = 400;
    mqd_t queue = OK(mq_open(name, O_CREAT | O_RDWR, 0600, &wanted));
    char second[64];
    snprintf(second, sizeof second, "%s.2", name);
    wanted.mq_msgsize = 600;
    FAILS(EMFILE, mq_open(second, O_CREAT | O_RDWR, 0600, &wanted));
    drop(queue);
    queue = OK(mq_open(second, O_CREAT | O_RDWR, 0600, &wanted));
    OK(mq_close(queue));
    OK(mq_unlink(second));
    wanted = (struct mq_attr){.mq_maxmsg = 60000, .mq_msgsize = 1};
    FAILS(EINVAL, mq_open(name, O_CREAT | O_RDWR, 0600, &wanted));
    _exit(0);
  }
  EQ(finish(child), 0);
  drop(mine);
  STEP("permissions and limits");
}

static const struct table times[] = {
  {"queue",
   "0 am 0 am AGAIN -- MSGSIZE -- 1 am 1 am AGAIN -- 0 a- BUSY -- 0 a- 0 -- 0 -- 0 a- 0 a- 0 -- 9 a- 1 a- 0 -- 0 -- "
   "INVAL -- 0 -m 0 -- 0 -- 0 -- 0 --"},
  {0}};

// Which of a queue's times a call sets: both were long ago.
static void used(mqd_t queue, const char *call, long result, int error) {
  struct stat status;
  OK(fstat(queue, &status));
  answer_result(call, result, error);
  answer(call, "%s%s", status.st_atime == 1000 ? "-" : "a", status.st_mtime == 1000 ? "-" : "m");
}
#define USE(call)                                             \
  do {                                                        \
    const struct timespec old_[2] = {{1000, 0}, {1000, 0}};   \
    OK(futimens(queue, old_));                                \
    errno = 0;                                                \
    long result_ = (long)(call);                              \
    used(queue, #call, result_, errno);                       \
  } while (0)

static void touched(void) {
  mqd_t queue = fresh(O_NONBLOCK, 2, 8);
  struct mq_attr is = {0}, was;
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  begin_row("queue");
  USE(mq_send(queue, "x", 1, 0));
  USE(mq_send(queue, "x", 1, 0));
  USE(mq_send(queue, "x", 1, 0));
  USE(mq_receive(queue, text, 7, NULL));
  USE(mq_receive(queue, text, 8, NULL));
  USE(mq_receive(queue, text, 8, NULL));
  USE(mq_receive(queue, text, 8, NULL));
  USE(mq_notify(queue, &none));
  USE(mq_notify(queue, &none));
  USE(mq_notify(queue, NULL));
  USE(mq_notify(queue, NULL));
  USE(mq_getattr(queue, &is));
  USE(mq_setattr(queue, &is, NULL));
  USE(mq_setattr(queue, &is, &was));
  USE(pread(queue, text, 0, 0));
  USE(pread(queue, text, 9, 0));
  USE(pread(queue, text, 9, 59));
  USE(pread(queue, text, 9, 60));
  USE(pread(queue, text, 9, 1000));
  USE(write(queue, "x", 1));
  USE(ftruncate(queue, 0));
  USE(poll(&(struct pollfd){queue, POLLIN, 0}, 1, 0));
  USE(fchmod(queue, 0600));
  USE(mq_close(OK(mq_open(name, O_RDWR))));
  USE(mq_unlink(name));
  END_ROW(times);
  OK(mq_close(queue));
  STEP("times");
}

// What is told of a queue that is watched: its descriptor's link names it.
static void watched(void) {
  mqd_t queue = fresh(O_NONBLOCK, 2, 8);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", queue);
  int watch = OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  OK(inotify_add_watch(watch, path, IN_ALL_EVENTS));
  struct inotify_event e;
#define TOLD(what)                                    \
  do {                                                \
    EQ(read(watch, &e, sizeof e), (long)sizeof e);    \
    EQ(e.mask, what);                                 \
  } while (0)
  mqd_t again = OK(mq_open(name, O_RDWR));
  TOLD(IN_OPEN);
  EQ(mq_send(again, "x", 1, 0), 0);
  EQ(mq_receive(queue, text, 8, NULL), 1);
  FAILS(EEXIST, mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, NULL));
  FAILS(EAGAIN, read(watch, &e, sizeof e));
  CHECK(pread(queue, text, 9, 0) == 9);
  TOLD(IN_ACCESS);
  OK(mq_close(again));
  TOLD(IN_CLOSE_WRITE);
  again = OK(mq_open(name, O_CREAT | O_RDONLY, 0600, NULL));
  TOLD(IN_OPEN);
  OK(mq_close(again));
  TOLD(IN_CLOSE_NOWRITE);
  OK(fchmod(queue, 0600));
  TOLD(IN_ATTRIB);
  OK(mq_unlink(name));
  TOLD(IN_ATTRIB);
  FAILS(EAGAIN, read(watch, &e, sizeof e));
  OK(close(watch));
  OK(mq_close(queue));
  STEP("watched");
}

int main(void) {
  snprintf(name, sizeof name, "/guest.%d", getpid());
  mq_unlink(name);
  umask(022);
  PART(order());
  PART(errors());
  PART(waiting());
  PART(polling());
  PART(notification());
  PART(files());
  if (getuid() == 0) limits();
  PART(touched());
  PART(watched());
  return 0;
}

// Linux's asynchronous I/O by raw calls: reads, writes, vectors, fsync, polls, eventfd, cancelling, limits, errors.
#include "check.h"

#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

static long setup(unsigned count, aio_context_t *context) { return syscall(SYS_io_setup, count, context); }
static long destroy(aio_context_t context) { return syscall(SYS_io_destroy, context); }
static long submit(aio_context_t context, long count, struct iocb **requests) {
  return syscall(SYS_io_submit, context, count, requests);
}
static long results(aio_context_t context, long least, long most, struct io_event *events, struct timespec *limit) {
  return syscall(SYS_io_getevents, context, least, most, events, limit);
}

static aio_context_t context;

// The result of one request.
static long one(struct iocb *request) {
  struct io_event event;
  EQ(submit(context, 1, &request), 1);
  EQ(results(context, 1, 1, &event, NULL), 1);
  EQ(event.obj, (uintptr_t)request);
  EQ(event.data, request->aio_data);
  return event.res;
}

static struct iocb request(int opcode, int file, void *buffer, size_t count, long offset) {
  return (struct iocb){.aio_data = 4711, .aio_lio_opcode = opcode, .aio_fildes = file, .aio_buf = (uintptr_t)buffer,
                       .aio_nbytes = count, .aio_offset = offset};
}

static void on_alarm(int number) { (void)number; }

static void *waiting(void *unused) {
  struct io_event event;
  long r = results(context, 1, 1, &event, NULL);
  CHECK(r == 0 || (r == -1 && errno == EINVAL));
  return unused;
}

// The poll of a program that is no longer there has ended, and is not told of anything else.
static void has_ended(int fd, int event) {
  uint64_t count = 0;
  EQ(read(event, &count, 8), 8);
  EQ(count, 1);
  EQ(write(fd, "x", 1), 1);
  pause_ms(10);
  FAILS(EAGAIN, read(event, &count, 8));
}

int main(int argc, char **argv) {
  if (argc > 2) {
    has_ended(atoi(argv[1]), atoi(argv[2]));
    return 0;
  }
  FAILS(EINVAL, setup(0, &context));
  FAILS(EFAULT, setup(1, (void *)8));
  aio_context_t used = 1;
  FAILS(EINVAL, setup(1, &used));
  FAILS(EAGAIN, setup(70000, &context));
  OK(setup(8, &context));
  CHECK(context);
  STEP("a context");

  enter_scratch();
  char text[100] = "asynchronous", back[100] = "";
  int file = OK(open("file", O_CREAT | O_RDWR, 0600));
  struct iocb r = request(IOCB_CMD_PWRITE, file, text, 12, 100);
  EQ(one(&r), 12);
  r = request(IOCB_CMD_PREAD, file, back, 100, 100);
  EQ(one(&r), 12);
  STREQ(back, "asynchronous");
  struct iovec parts[] = {{text, 5}, {text + 5, 7}};
  r = request(IOCB_CMD_PWRITEV, file, parts, 2, 0);
  EQ(one(&r), 12);
  r = request(IOCB_CMD_PREADV, file, parts, 2, 0);
  EQ(one(&r), 12);
  STREQ(text, "asynchronous");
  r = request(IOCB_CMD_PREAD, file, back, 100, 1000);
  EQ(one(&r), 0);
  r = request(IOCB_CMD_FSYNC, file, NULL, 0, 0);
  EQ(one(&r), 0);
  r = request(IOCB_CMD_FDSYNC, file, NULL, 0, 0);
  EQ(one(&r), 0);
  STEP("reads and writes");

  struct iocb several[4], *list[4];
  int events = OK(eventfd(0, 0));
  for (int i = 0; i < 4; i++) {
    several[i] = request(IOCB_CMD_PWRITE, file, text, i + 1, i * 10);
    several[i].aio_data = i;
    several[i].aio_flags = IOCB_FLAG_RESFD;
    several[i].aio_resfd = events;
    list[i] = &several[i];
  }
  EQ(submit(context, 4, list), 4);
  uint64_t told = 0;
  for (uint64_t part; told < 4; told += part) EQ(read(events, &part, 8), 8);
  EQ(told, 4);
  struct io_event ended[8];
  int seen = 0;
  while (seen < 4) seen += OK(results(context, 1, 8, ended + seen, NULL));
  long sum = 0;
  for (int i = 0; i < 4; i++) {
    EQ(ended[i].res, ended[i].data + 1);
    sum += ended[i].data;
  }
  EQ(sum, 6);
  struct timespec soon = {0, 2000000};
  EQ(results(context, 1, 8, ended, &soon), 0);
  EQ(results(context, 0, 8, ended, NULL), 0);
  STEP("several, with an eventfd");

  int p[2];
  OK(pipe(p));
  r = request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
  list[0] = &r;
  EQ(submit(context, 1, list), 1);
  EQ(results(context, 1, 8, ended, &soon), 0);
  pid_t child = fork();
  if (child == 0) {
    FAILS(EINVAL, results(context, 0, 8, ended, NULL));
    pause_ms(5);
    EQ(write(p[1], "x", 1), 1);
    _exit(0);
  }
  EQ(results(context, 1, 8, ended, NULL), 1);
  EQ(ended[0].res & (POLLIN | POLLERR | POLLHUP), POLLIN);
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  EQ(one(&r) & POLLIN, POLLIN);
  EQ(read(p[0], back, 1), 1);
  EQ(submit(context, 1, list), 1);
  FAILS(EINPROGRESS, syscall(SYS_io_cancel, context, &r, ended));
  EQ(results(context, 1, 8, ended, NULL), 1);
  FAILS(EINVAL, syscall(SYS_io_cancel, context, &r, ended));
  // All that 16 bits may ask for, and nothing besides.
  r = request(IOCB_CMD_POLL, p[1], (void *)0xffff, 0, 0);
  EQ(one(&r) & (POLLIN | POLLOUT | POLLNVAL), POLLOUT);
  r.aio_buf = 0x10000;
  FAILS(EINVAL, submit(context, 1, list));
  r.aio_buf = POLLOUT, r.aio_nbytes = 1;
  FAILS(EINVAL, submit(context, 1, list));
  r.aio_nbytes = 0, r.aio_offset = 1;
  FAILS(EINVAL, submit(context, 1, list));
  r.aio_offset = 0, r.aio_rw_flags = 1;
  FAILS(EINVAL, submit(context, 1, list));
  r.aio_rw_flags = 0;
  EQ(one(&r), POLLOUT);
  STEP("polls, and a poll that is given up");

  EQ(submit(context, 0, list), 0);
  FAILS(EINVAL, submit(context, -1, list));
  FAILS(EINVAL, submit(0, 1, list));
  FAILS(EFAULT, submit(context, 1, (void *)8));
  list[1] = (void *)8;
  r = request(IOCB_CMD_PREAD, file, back, 10, 0);
  EQ(submit(context, 2, list), 1);
  EQ(results(context, 1, 8, ended, NULL), 1);
  r = request(IOCB_CMD_PREAD, 99, back, 10, 0);
  FAILS(EBADF, submit(context, 1, list));
  r = request(77, file, back, 10, 0);
  FAILS(EINVAL, submit(context, 1, list));
  int reader = OK(open("file", O_RDONLY));
  r = request(IOCB_CMD_PWRITE, reader, back, 10, 0);
  FAILS(EBADF, submit(context, 1, list));
  FAILS(EINVAL, results(context, 2, 1, ended, NULL));
  FAILS(EINVAL, results(context, -1, 1, ended, NULL));
  FAILS(EINVAL, results(99, 0, 1, ended, NULL));
  STEP("errors");

  // What has to wait, waits when it is submitted: a read for some bytes, a write for room for all of it.
  char *much = calloc(1, 300000);
  int up[2];
  OK(pipe(up));
  child = fork();
  if (child == 0) {
    pause_ms(20);
    EQ(write(p[1], "late", 4), 4);
    for (long got = 0; got < 300000;) got += OK(read(up[0], much, 300000));
    _exit(0);
  }
  several[0] = request(IOCB_CMD_PREAD, p[0], back, 100, 0);
  several[1] = request(IOCB_CMD_PWRITE, up[1], much, 300000, 0);
  list[0] = &several[0], list[1] = &several[1];
  EQ(submit(context, 2, list), 2);
  EQ(results(context, 2, 8, ended, NULL), 2);
  EQ(ended[0].res, 4);
  EQ(memcmp(back, "late", 4), 0);
  EQ(ended[1].res, 300000);
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  OK(fcntl(p[0], F_SETFL, O_NONBLOCK));
  EQ(one(&several[0]), -EAGAIN);
  OK(fcntl(p[0], F_SETFL, 0));
  // A signal ends the request, not the call.
  struct sigaction alarmed = {.sa_handler = on_alarm};
  OK(sigaction(SIGALRM, &alarmed, NULL));
  alarm(1);
  EQ(one(&several[0]), -EINTR);
  free(much);
  STEP("waiting");

  // Who waits for results learns that there will be none.
  pthread_t waiter;
  EQ(pthread_create(&waiter, NULL, waiting, NULL), 0);
  pause_ms(20);
  OK(destroy(context));
  EQ(pthread_join(waiter, NULL), 0);
  context = 0;
  OK(setup(8, &context));
  unsigned char resident;
  OK(mincore((void *)context, 4096, &resident));
  OK(destroy(context));
  FAILS(ENOMEM, mincore((void *)context, 4096, &resident));
  FAILS(EINVAL, destroy(context));
  FAILS(EINVAL, submit(context, 1, list));
  OK(unlink("file"));
  STEP("gone");

  // A process that ends, or executes another program, takes its polls with it.
  for (int executes = 0; executes < 2; executes++) {
    int event = OK(eventfd(0, EFD_NONBLOCK)), readable[2];
    OK(pipe(readable));
    child = fork();
    if (child == 0) {
      context = 0;
      OK(setup(8, &context));
      r = request(IOCB_CMD_POLL, readable[0], NULL, 0, 0);
      r.aio_buf = POLLIN;
      r.aio_flags = IOCB_FLAG_RESFD;
      r.aio_resfd = event;
      list[0] = &r;
      EQ(submit(context, 1, list), 1);
      char first[16], second[16];
      snprintf(first, sizeof first, "%d", readable[1]);
      snprintf(second, sizeof second, "%d", event);
      if (executes) execl("/proc/self/exe", "aio", first, second, NULL);
      _exit(0);
    }
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    if (!executes) has_ended(readable[1], event);
    // It holds the file no longer.
    OK(close(readable[0]));
    signal(SIGPIPE, SIG_IGN);
    FAILS(EPIPE, write(readable[1], "x", 1));
    OK(close(readable[1]));
    OK(close(event));
  }
  STEP("of a process that has ended");

  // Nor does a request that has ended hold the descriptor that counts it: what is closed is in no set any more.
  context = 0;
  OK(setup(8, &context));
  for (int kind = 0; kind < 3; kind++) {
    int event = OK(eventfd(0, EFD_NONBLOCK)), set = OK(epoll_create1(0)), ends[2];
    OK(pipe(ends));
    struct epoll_event wanted = {.events = EPOLLIN};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted));
    r = request(kind == 2 ? IOCB_CMD_PWRITE : IOCB_CMD_POLL, ends[kind == 2], "x", kind == 2, 0);
    if (kind < 2) r.aio_buf = POLLIN;
    r.aio_flags = IOCB_FLAG_RESFD;
    r.aio_resfd = event;
    if (kind == 0) EQ(write(ends[1], "x", 1), 1);
    list[0] = &r;
    EQ(submit(context, 1, list), 1);
    if (kind == 1) EQ(write(ends[1], "x", 1), 1);
    struct io_event result;
    EQ(results(context, 1, 1, &result, NULL), 1);
    EQ(epoll_wait(set, &wanted, 1, 2000), 1);
    OK(close(event));
    EQ(epoll_wait(set, &wanted, 1, 0), 0);
    OK(close(set));
    OK(close(ends[0]));
    OK(close(ends[1]));
  }
  OK(destroy(context));
  STEP("what counts them is let go");
  return 0;
}

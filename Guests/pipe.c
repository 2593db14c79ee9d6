// Pipes: capacity, atomic writes up to PIPE_BUF, partial non-blocking writes, EOF, EPIPE, FIFOs.
#include "check.h"
#include <limits.h>
#include <pthread.h>

static int ends[2];
static char big[300000];

static void *reader(void *unused) {
  static char part[5000];
  uint64_t sum = 0;
  long total = 0;
  for (long n; (n = OK(read(ends[0], part, sizeof part)));) {
    for (long i = 0; i < n; i++) sum = sum * 31 + (unsigned char)part[i];
    total += n;
  }
  EQ(total, sizeof big);
  return (void *)sum;
}

static void *atomic_writer(void *n) {
  char record[500];
  memset(record, 'a' + (long)n, sizeof record);
  for (int i = 0; i < 40; i++) EQ(write(ends[1], record, sizeof record), (long)sizeof record);
  return NULL;
}
static void *opens_fifo(void *unused) {
  int fd = OK(open("fifo", O_WRONLY));
  EQ(write(fd, "through", 7), 7);
  OK(close(fd));
  return NULL;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  OK(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
  EQ(fcntl(ends[1], F_GETFL), O_WRONLY | O_NONBLOCK);
  char c;
  FAILS(EAGAIN, read(ends[0], &c, 1));
  EQ(fcntl(ends[0], F_GETPIPE_SZ), 65536);
  EQ(write(ends[1], big, sizeof big), 65536);
  FAILS(EAGAIN, write(ends[1], big, 1));
  EQ(read(ends[0], big, 4095), 4095);
  FAILS(EAGAIN, write(ends[1], big, 4096));  // up to PIPE_BUF all or nothing; a whole page must be free
  EQ(read(ends[0], big, 4097), 4097);
  EQ(write(ends[1], big, 4096), 4096);
  STEP("capacity, EAGAIN, all or nothing");

  long left = 0;
  for (long n; (n = read(ends[0], big, 10000)) > 0;) left += n;
  EQ(left, 65536 - 8192 + 4096);
  EQ(write(ends[1], "ab", 2), 2);
  EQ(write(ends[1], "cd", 2), 2);
  EQ(read(ends[0], big, 3), 3);
  EQ(memcmp(big, "abc", 3), 0);
  EQ(read(ends[0], big, 0), 0);
  OK(close(ends[1]));
  EQ(read(ends[0], big, 9), 1);
  EQ(read(ends[0], big, 9), 0);
  EQ(read(ends[0], big, 9), 0);
  OK(close(ends[0]));
  OK(pipe(ends));
  OK(close(ends[0]));
  FAILS(EPIPE, write(ends[1], "x", 1));
  OK(close(ends[1]));
  STEP("no record limits, EOF, EPIPE");

  OK(pipe(ends));
  FAILS(EBADF, read(ends[1], &c, 1));
  FAILS(EBADF, write(ends[0], &c, 1));
  CHECK(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
  EQ(fcntl(ends[0], F_GETPIPE_SZ), 4096);
  uint64_t sum = 0;
  for (unsigned i = 0; i < sizeof big; i++) sum = sum * 31 + (unsigned char)(big[i] = i * 7 + i / 256);
  pthread_t t[3];
  EQ(pthread_create(&t[0], NULL, reader, NULL), 0);
  EQ(write(ends[1], big, sizeof big), (long)sizeof big);
  OK(close(ends[1]));
  void *result;
  EQ(pthread_join(t[0], &result), 0);
  EQ((uint64_t)result, sum);
  OK(close(ends[0]));
  STEP("300 kB through a one-page pipe: %016lx", sum);

  OK(pipe(ends));
  for (long i = 0; i < 3; i++) EQ(pthread_create(&t[i], NULL, atomic_writer, (void *)i), 0);
  int counts[3] = {0};
  for (int i = 0; i < 120; i++) {
    char record[500];
    for (int have = 0; have < 500;) have += OK(read(ends[0], record + have, 500 - have));
    for (int j = 1; j < 500; j++) EQ(record[j], record[0]);
    counts[record[0] - 'a']++;
  }
  for (int i = 0; i < 3; i++) {
    EQ(pthread_join(t[i], NULL), 0);
    EQ(counts[i], 40);
  }
  STEP("records of three writers do not mix");

  enter_scratch();
  OK(mkfifo("fifo", 0600));
  FAILS(ENXIO, open("fifo", O_WRONLY | O_NONBLOCK));
  int nb = OK(open("fifo", O_RDONLY | O_NONBLOCK));
  EQ(read(nb, &c, 1), 0);  // no writer yet
  OK(close(nb));
  EQ(pthread_create(&t[0], NULL, opens_fifo, NULL), 0);
  int fd = OK(open("fifo", O_RDONLY));  // waits for a writer
  EQ(read(fd, big, 100), 7);
  EQ(memcmp(big, "through", 7), 0);
  EQ(read(fd, big, 100), 0);
  EQ(pthread_join(t[0], NULL), 0);
  OK(unlink("fifo"));
  STEP("a FIFO");
  FAILS(EINVAL, pipe2(ends, 1));
  FAILS(EFAULT, pipe((int *)8));
  return 0;
}

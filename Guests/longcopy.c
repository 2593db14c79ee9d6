// Large copies by sendfile and copy_file_range are complete unless a signal arrives; those by process_vm_readv always are.
// QEMU: it has no process_vm_readv
#include "check.h"
#include "interrupt.h"
#include "sock.h"
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static struct pest pest;

enum { SIZE = 18 << 20, STRIDE = 3 << 20 };

// What stands at a place of the file; all else is zero.
static uint64_t mark(uint64_t at) { return (at + 1) * 0x9e3779b97f4a7c15; }

static void put_marks(int fd) {
  OK(ftruncate(fd, SIZE));
  for (uint64_t at = 0; at < SIZE; at += STRIDE) {
    uint64_t value = mark(at);
    EQ(pwrite(fd, &value, 8, at), 8);
  }
}

static void check_marks(int fd) {
  struct stat status;
  OK(fstat(fd, &status));
  EQ(status.st_size, SIZE);
  for (uint64_t at = 0; at < SIZE; at += STRIDE) {
    uint64_t value;
    EQ(pread(fd, &value, 8, at), 8);
    CHECK(value == mark(at));
  }
}

static void files(void) {
  int in = OK(open("in", O_RDWR | O_CREAT, 0600)), out = OK(open("out", O_RDWR | O_CREAT, 0600));
  put_marks(in);
  off_t from = 0;
  EQ(sendfile(out, in, &from, SIZE + 1), SIZE);
  EQ(from, SIZE);
  EQ(lseek(in, 0, SEEK_CUR), 0);
  EQ(lseek(out, 0, SEEK_CUR), SIZE);
  check_marks(out);
  OK(ftruncate(out, 0));
  OK(lseek(out, 0, SEEK_SET));
  EQ(sendfile(out, in, NULL, SIZE), SIZE);
  EQ(lseek(in, 0, SEEK_CUR), SIZE);
  check_marks(out);
  STEP("sendfile to a file");

  OK(ftruncate(out, 0));
  OK(lseek(in, 0, SEEK_SET));
  loff_t to = 0;
  EQ(copy_file_range(in, NULL, out, &to, SIZE, 0), SIZE);
  EQ(to, SIZE);
  EQ(lseek(in, 0, SEEK_CUR), SIZE);
  check_marks(out);
  // Within one file, whose end moves meanwhile: up to the end as it was at first.
  from = 1 << 20, to = SIZE;
  EQ(copy_file_range(in, &from, in, &to, 1 << 30, 0), SIZE - (1 << 20));
  EQ(from, SIZE);
  EQ(lseek(in, 0, SEEK_END), SIZE + SIZE - (1 << 20));
  STEP("copy_file_range");

  OK(ftruncate(in, 0));
  put_marks(in);
  OK(ftruncate(out, 0));
  from = 0;
  start_pest(&pest, 0, NULL);
  while (from < SIZE) {
    OK(lseek(out, from, SEEK_SET));
    long part = from < SIZE / 2 ? copy_file_range(in, &from, out, NULL, SIZE, 0) : sendfile(out, in, &from, SIZE);
    CHECK(part > 0 || (part == -1 && errno == EINTR));
  }
  stop_pest(&pest);
  check_marks(out);
  OK(close(in) | close(out));
  EQ(unlink("in") | unlink("out"), 0);
  STEP("signals lose nothing");
}

static void *read_all(void *fd) {
  static char buffer[1 << 16];
  long sum = 0, n;
  while ((n = read((int)(long)fd, buffer, sizeof buffer)) > 0) sum += n;
  return (void *)sum;
}

static void sockets(void) {
  int in = OK(open("in", O_RDWR | O_CREAT, 0600)), pair[2], p[2];
  OK(ftruncate(in, 4 << 20));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  pthread_t reader;
  EQ(pthread_create(&reader, NULL, read_all, (void *)(long)pair[1]), 0);
  off_t from = 0;
  EQ(sendfile(pair[0], in, &from, 4 << 20), 4 << 20);
  EQ(from, 4 << 20);
  OK(shutdown(pair[0], SHUT_WR));
  void *sum;
  EQ(pthread_join(reader, &sum), 0);
  EQ((long)sum, 4 << 20);
  OK(close(pair[0]) | close(pair[1]));
  STEP("sendfile to a socket waits for all");

  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  start_pest(&pest, 0, NULL);
  from = 0;
  long sent = OK(sendfile(pair[0], in, &from, 4 << 20));
  stop_pest(&pest);
  CHECK(sent > 0 && sent < 4 << 20);
  EQ(from, sent);
  struct timeval limit = {.tv_usec = 10000};
  OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  // The signal may have come before all room was taken.
  while ((sent = sendfile(pair[0], in, &from, 4 << 20)) > 0) {}
  CHECK(sent == -1 && errno == EAGAIN && from < 4 << 20);
  OK(fcntl(pair[0], F_SETFL, O_NONBLOCK));
  FAILS(EAGAIN, sendfile(pair[0], in, &from, 4 << 20));
  OK(close(pair[0]) | close(pair[1]));
  STEP("and ends early with a signal or a time limit");

  OK(pipe(p));
  from = 0;
  sent = OK(sendfile(p[1], in, &from, 4 << 20));
  CHECK(sent > 0 && sent <= 1 << 16);
  OK(close(p[0]) | close(p[1]));
  OK(close(in));
  EQ(unlink("in"), 0);
  STEP("a pipe takes what it has room for");
}

static void memory(void) {
  char *a = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *b = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(a != MAP_FAILED && b != MAP_FAILED);
  for (int at = 0; at < SIZE; at += STRIDE) *(uint64_t *)(a + at) = mark(at);
  struct iovec source[3] = {{a, 5}, {a + 5, SIZE - 12}, {a + SIZE - 7, 7}};
  struct iovec target[2] = {{b, SIZE - 4096}, {b + SIZE - 4096, 4096}};
  for (int writes = 0; writes < 2; writes++) {
    memset(b, 0, 4096);
    start_pest(&pest, 0, NULL);
    if (writes) EQ(process_vm_writev(getpid(), source, 3, target, 2, 0), SIZE);
    else EQ(process_vm_readv(getpid(), target, 2, source, 3, 0), SIZE);
    stop_pest(&pest);
    for (int at = 0; at < SIZE; at += STRIDE) CHECK(*(uint64_t *)(b + at) == mark(at));
    EQ(memcmp(a, b, SIZE), 0);
  }
  OK(munmap(a, SIZE) | munmap(b, SIZE));
  STEP("process_vm_readv and process_vm_writev");
}

int main(void) {
  enter_scratch();
  handle_interrupts(0);
  PART(files());
  PART(sockets());
  PART(memory());
  return 0;
}

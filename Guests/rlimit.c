// Limits that are kept: processor time with its signals, the address space, private writable memory, sizes of files, by every way to each.
#include "check.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define MB (1ul << 20)

static void set(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit limit = {soft, hard};
  OK(setrlimit(resource, &limit));
}

static volatile sig_atomic_t signals;
static void count(int number) { signals++; }

static void spin(void) {
  for (;;)
    for (volatile int i = 0; i < 1000000; i++) {}
}

static void soft_time(void) {
  set(RLIMIT_CPU, 1, 3);
  spin();
}

static void hard_time(void) {
  signal(SIGXCPU, SIG_IGN);
  set(RLIMIT_CPU, 1, 1);
  spin();
}

// The limit moves on by a second with each signal.
static void handled_time(void) {
  struct rlimit limit;
  signal(SIGXCPU, count);
  set(RLIMIT_CPU, 1, 60);
  while (!signals)
    for (volatile int i = 0; i < 100000; i++) {}
  OK(getrlimit(RLIMIT_CPU, &limit));
  CHECK(limit.rlim_cur >= 2);
  EQ(limit.rlim_max, 60);
  // A child has its own time, and the same limit.
  pid_t pid = OK(fork());
  if (!pid) {
    struct rlimit own;
    OK(getrlimit(RLIMIT_CPU, &own));
    _exit(own.rlim_cur == limit.rlim_cur ? 0 : 1);
  }
  int status;
  OK(waitpid(pid, &status, 0));
  EQ(status, 0);
}

static char *map(unsigned long length, int protection, int flags) {
  return mmap(0, length, protection, MAP_ANONYMOUS | flags, -1, 0);
}

static void data(void) {
  set(RLIMIT_DATA, 4 * MB, 4 * MB);
  CHECK(map(8 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
  // What is shared or can't be written does not count, until it can.
  CHECK(map(8 * MB, PROT_READ | PROT_WRITE, MAP_SHARED) != MAP_FAILED);
  char *p = map(8 * MB, PROT_READ, MAP_PRIVATE);
  CHECK(p != MAP_FAILED);
  FAILS(ENOMEM, mprotect(p, 8 * MB, PROT_READ | PROT_WRITE));
  OK(mprotect(p, MB, PROT_READ | PROT_WRITE));
  char *q = map(MB, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  CHECK(q != MAP_FAILED);
  CHECK(mremap(q, MB, 8 * MB, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
  CHECK(sbrk(8 * MB) == (void *)-1);
  OK(munmap(q, MB));
  CHECK(map(MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);
}

static void address_space(void) {
  set(RLIMIT_AS, 64 * MB, 64 * MB);
  CHECK(map(128 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
  CHECK(map(128 * MB, PROT_NONE, MAP_SHARED) == MAP_FAILED && errno == ENOMEM);
  CHECK(map(MB, PROT_NONE, MAP_SHARED) != MAP_FAILED);
}

// One more than the limit: less is written where some of it fits, and SIGXFSZ tells that nothing does.
static void file_size(void) {
  const rlim_t limit = 10000;
  char bytes[12000] = "";
  struct iovec parts[] = {{bytes, 6000}, {bytes, 6000}};
  int fd = OK(open("limited", O_CREAT | O_RDWR, 0600)), source = OK(open("source", O_CREAT | O_RDWR, 0600)), p[2];
  EQ(OK(write(source, bytes, sizeof bytes)), sizeof bytes);
  OK(pipe(p));
  signal(SIGXFSZ, count);
  set(RLIMIT_FSIZE, limit, limit);
  EQ(write(fd, bytes, 12000), limit);
  EQ(signals, 0);
#define REFUSED(call) \
  do { signals = 0; FAILS(EFBIG, call); EQ(signals, 1); } while (0)
  loff_t from = 0, to = limit;
  REFUSED(write(fd, bytes, 1));
  REFUSED(writev(fd, parts, 2));
  REFUSED(pwrite(fd, bytes, 1, limit));
  REFUSED(pwritev(fd, parts, 2, limit + 1));
  REFUSED(ftruncate(fd, limit + 1));
  REFUSED(truncate("limited", limit + 1));
  REFUSED(fallocate(fd, 0, 0, limit + 1));
  REFUSED(sendfile(fd, source, &from, 100));
  REFUSED(copy_file_range(source, &from, fd, &to, 100, 0));
  EQ(OK(write(p[1], bytes, 100)), 100);
  REFUSED(splice(p[0], NULL, fd, &to, 100, 0));
  int append = OK(open("limited", O_WRONLY | O_APPEND));
  REFUSED(write(append, bytes, 1));
  struct stat status;
  OK(fstat(fd, &status));
  EQ(status.st_size, limit);
  // What fits is done.
  signals = 0;
  EQ(pwrite(fd, bytes, 100, limit - 40), 40);
  EQ(pwritev(fd, parts, 2, limit - 7000), 7000);
  OK(lseek(fd, limit - 30, SEEK_SET));
  from = 0, to = limit - 20;
  EQ(copy_file_range(source, &from, fd, &to, 100, 0), 20);
  EQ(signals, 0);
  // These try to write the rest.
  from = 0;
  EQ(sendfile(fd, source, &from, 100), 30);
  EQ(signals, 1);
  to = limit - 10;
  EQ(splice(p[0], NULL, fd, &to, 100, 0), 10);
  EQ(signals, 2);
  OK(lseek(fd, limit - 30, SEEK_SET));
  from = 12000 - 30;
  EQ(sendfile(fd, source, &from, 100), 30);
  EQ(signals, 2);
  signals = 0;
  OK(ftruncate(fd, limit));
  OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, limit));
  EQ(signals, 0);
  // Neither a pipe nor a file that is large already is limited.
  EQ(OK(write(p[1], bytes, 12000)), 12000);
  EQ(pwrite(source, bytes, 100, 0), 100);
  REFUSED(pwrite(source, bytes, 100, limit));
  OK(ftruncate(source, limit - 1));
  // Memory that is mapped beyond the end of the file.
  char *map = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(map != MAP_FAILED);
  map[limit - 1] = 1;
  map[12287] = 1;
  OK(fstat(fd, &status));
  EQ(status.st_size, limit);
  signal(SIGXFSZ, SIG_DFL);
  STEP("writers");
  map[12288] = 1;
}

static void dies_of_size(void) {
  set(RLIMIT_FSIZE, 10, 10);
  int fd = OK(open("limited", O_CREAT | O_RDWR | O_TRUNC, 0600));
  EQ(write(fd, "12345678901", 11), 10);
  write(fd, "1", 1);
}

int main(void) {
  int status = status_of(soft_time);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
  status = status_of(hard_time);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EQ(status_of(handled_time), 0);
  STEP("processor time");
  EQ(status_of(data), 0);
  STEP("data");
  EQ(status_of(address_space), 0);
  STEP("address space");
  enter_scratch();
  status = status_of(file_size);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
  status = status_of(dies_of_size);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
  OK(unlink("limited"));
  OK(unlink("source"));
  STEP("file size");
  return 0;
}

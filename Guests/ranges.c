// Ranges of terabytes: holes, advice, residence, protection and unmapping are answered by what is in them, at once.
#include "check.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/uio.h>

#define HUGE (1L << 40)

static void files(void) {
  STEP("holes in a sparse file");
  int fd = OK(open("sparse", O_RDWR | O_CREAT, 0600));
  char byte = 'x';
  EQ(pwrite(fd, "first", 5, 0), 5);
  EQ(pwrite(fd, &byte, 1, HUGE - 1), 1);
  OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, HUGE - 4));
  char text[6] = "";
  EQ(pread(fd, text, 5, 0), 5);
  CHECK(!memcmp(text, "fi\0\0\0", 5));
  EQ(pread(fd, &byte, 1, HUGE - 1), 1);
  EQ(byte, 'x');
  OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, HUGE));
  EQ(pread(fd, &byte, 1, HUGE - 1), 1);
  EQ(byte, 0);
  EQ(lseek(fd, 0, SEEK_END), HUGE);
  STEP("a terabyte of it mapped");
  char *map = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(map != MAP_FAILED);
  map[HUGE / 2] = 1;
  OK(mprotect(map, HUGE, PROT_READ));
  OK(mprotect(map, HUGE, PROT_READ | PROT_WRITE));
  OK(madvise(map, HUGE, MADV_DONTNEED));
  EQ(map[HUGE / 2], 1);
  OK(madvise(map, HUGE, MADV_REMOVE));
  EQ(map[HUGE / 2], 0);
  OK(munmap(map, HUGE));
  OK(ftruncate(fd, 0));
  OK(close(fd));
}

static void memory(void) {
  STEP("a terabyte of address space");
  char *map = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(map != MAP_FAILED);
  map[5] = map[HUGE - 5] = 7;
  OK(mprotect(map, HUGE, PROT_READ));
  OK(mprotect(map, HUGE, PROT_READ | PROT_WRITE));
  EQ(map[5] + map[HUGE - 5], 14);
  size_t pages = 1 << 16;
  unsigned char *resident = malloc(pages);
  OK(mincore(map, pages << 12, resident));
  EQ(resident[0] & 1, 1);
  EQ(resident[pages - 1] & 1, 0);
  OK(madvise(map, HUGE, MADV_DONTNEED));
  EQ(map[5] + map[HUGE - 5], 0);
  map[5] = 7;
  char *moved = mremap(map, HUGE, 2 * HUGE, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED);
  EQ(moved[5], 7);
  OK(munmap(moved, 2 * HUGE));
}

static void populate(void) {
  STEP("pages made ready in portions");
  size_t size = 48L << 20;
  char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(map != MAP_FAILED);
  OK(madvise(map, size, 22 /* MADV_POPULATE_READ */));
  OK(madvise(map, 20L << 20, 23 /* MADV_POPULATE_WRITE */));
  unsigned char *resident = malloc(size >> 12);
  OK(mincore(map, size, resident));
  // Pages that were only read may be taken away again at any time: they are zero.
  for (size_t page = 0; page < 20 << 8; page++) EQ(resident[page] & 1, 1);
  OK(munmap(map + size - 4096, 4096));
  FAILS(ENOMEM, madvise(map, size, 22));
}

// Calls that move more than the kernel does in one turn: all of it in one call, whatever comes between.
static volatile sig_atomic_t ticks;
static void tick(int signo) { (void)signo; ticks++; }

static void transfers(void) {
  STEP("transfers in portions");
  size_t size = 20 << 20, limit = 16 << 20;
  unsigned *out = malloc(size), *in = calloc(1, size);
  for (size_t i = 0; i < size / sizeof *out; i++) out[i] = i * 2654435761u;
  signal(SIGALRM, tick);
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {0};
  OK(setitimer(ITIMER_REAL, &often, NULL));
  int file = OK(open("large", O_CREAT | O_RDWR, 0644));
  EQ(write(file, out, size), size);
  EQ(lseek(file, 0, SEEK_CUR), size);
  EQ(pread(file, in, size, 0), size);
  CHECK(!memcmp(in, out, size));
  EQ(lseek(file, 0, SEEK_CUR), size);
  struct iovec parts[3] = {{in, 5}, {(char *)in + 5, 10 << 20}, {(char *)in + 5 + (10 << 20), size}};
  memset(in, 0, size);
  EQ(lseek(file, 0, SEEK_SET), 0);
  parts[2].iov_len = size - parts[1].iov_len - 5;
  EQ(readv(file, parts, 3), size);
  CHECK(!memcmp(in, out, size));
  EQ(read(file, in, size), 0);
  // Up to the end of the file, and with an offset in the middle.
  EQ(pread(file, in, size, 4), size - 4);
  CHECK(!memcmp((char *)in, (char *)out + 4, size - 4));
  EQ(pwritev(file, parts, 3, 1 << 20), size);
  struct stat status;
  OK(fstat(file, &status));
  EQ(status.st_size, size + (1 << 20));
  OK(setitimer(ITIMER_REAL, &never, NULL));

  STEP("transfers up to a limit");
  signal(SIGXFSZ, tick);
  struct rlimit little = {limit, RLIM_INFINITY};
  OK(setrlimit(RLIMIT_FSIZE, &little));
  int limited = OK(open("limited", O_CREAT | O_RDWR | O_APPEND, 0644));
  ticks = 0;
  EQ(write(limited, out, size), limit);
  EQ(ticks, 0);
  FAILS(EFBIG, write(limited, out, 1));
  EQ(ticks, 1);
  // The end of the buffer is not there: what is before it counts.
  char *edge = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(edge != MAP_FAILED);
  OK(munmap(edge + (18 << 20), 4096));
  EQ(pread(file, edge, size, 0), 18 << 20);
  EQ(pwrite(file, edge + (8 << 20), limit, 0), 10 << 20);
  OK(close(limited));
  OK(close(file));
}

int main(void) {
  enter_scratch();
  PART(files());
  PART(memory());
  PART(populate());
  PART(transfers());
  return 0;
}

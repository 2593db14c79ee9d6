// Ranges of terabytes: holes, advice, residence, protection and unmapping are answered by what is in them, at once.
#include "check.h"
#include <sys/mman.h>

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

int main(void) {
  enter_scratch();
  files();
  memory();
  populate();
  return 0;
}

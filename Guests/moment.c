// BUILD: -pthread
// Memory that is always consistent: counters in private memory, in memory shared with a child and in a file move
// on step by step, and every step checks that all of them are where they must be. A snapshot that mixes two moments
// would be found by whoever goes on from it. With an argument: so many steps, and `ready` on standard output once
// they begin. With a second: and as many more as it takes until there is a file of that name.
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGES = 700, FILE_PAGES = 40 };

// Cell k of an area holds the last step at which it was its turn: step s writes cell s % count.
struct area {
  volatile uint64_t *base;
  size_t count;
  uint64_t step;
};

static volatile uint64_t *cell(struct area *area, size_t index) { return area->base + index * 512; }

static uint64_t expected(struct area *area, size_t index) {
  if (area->step < index) return 0;
  return area->step - (area->step - index) % area->count;
}

static void advance(struct area *area) {
  area->step++;
  size_t own = area->step % area->count;
  EQ(*cell(area, own), area->step < area->count ? 0 : area->step - area->count);
  *cell(area, own) = area->step;
  // One other cell at each step, and all of them at the end of each round.
  size_t other = area->step * 7 % area->count;
  EQ(*cell(area, other), expected(area, other));
  if (own == 0)
    for (size_t index = 0; index < area->count; index++) EQ(*cell(area, index), expected(area, index));
}

static uint64_t steps = 1500;

// Of all processes: whether nothing keeps them from ending.
static volatile int *may_end;

static int goes_on(struct area *area, uint64_t end) { return area->step < end || !*may_end; }

static struct area make(size_t count, int flags) {
  struct area area = {.count = count};
  area.base = mmap(NULL, count * 4096, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
  CHECK(area.base != MAP_FAILED);
  return area;
}

static void *private_memory(void *unused) {
  struct area area = make(PAGES, MAP_PRIVATE);
  while (goes_on(&area, steps)) advance(&area);
  return NULL;
}

// A child inherits the pages, and both go on in their own.
static void *forked_memory(void *unused) {
  struct area area = make(PAGES / 4, MAP_PRIVATE);
  while (area.step < steps / 3) advance(&area);
  pid_t child = fork();
  OK(child);
  uint64_t end = child ? steps : steps / 2;
  while (goes_on(&area, end)) advance(&area);
  if (!child) _exit(0);
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  return NULL;
}

// The child writes, and both look: the parent sees a step that never goes back.
static void *shared_memory(void *unused) {
  struct area area = make(PAGES / 4, MAP_SHARED);
  pid_t child = fork();
  OK(child);
  if (!child) {
    while (goes_on(&area, steps / 2)) advance(&area);
    _exit(0);
  }
  uint64_t last = 0;
  for (int status;;) {
    uint64_t sum = 0;
    for (size_t index = 0; index < area.count; index++) sum += *cell(&area, index);
    CHECK(sum >= last);
    last = sum;
    pid_t ended = waitpid(child, &status, WNOHANG);
    OK(ended);
    if (ended) {
      EQ(status, 0);
      break;
    }
    usleep(1000);
  }
  return NULL;
}

// The same in a file, by mapping and by pwrite in turn.
static void *file(void *unused) {
  char name[] = "/tmp/momentXXXXXX";
  int fd = mkstemp(name);
  OK(fd);
  OK(unlink(name));
  OK(ftruncate(fd, FILE_PAGES * 4096));
  struct area area = {.count = FILE_PAGES};
  area.base = mmap(NULL, FILE_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(area.base != MAP_FAILED);
  while (goes_on(&area, steps / 2)) {
    advance(&area);
    area.step++;
    EQ(pwrite(fd, &area.step, 8, (off_t)(area.step % FILE_PAGES) * 4096), 8);
    EQ(*cell(&area, area.step % FILE_PAGES), area.step);
  }
  EQ(close(fd), 0);
  return NULL;
}

int main(int argc, char **argv) {
  STEP("memory of all kinds, step by step");
  may_end = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED, -1, 0);
  CHECK(may_end != MAP_FAILED);
  *may_end = argc < 3;
  if (argc > 1) {
    steps = strtoull(argv[1], NULL, 10);
    printf("ready\n");
    fflush(stdout);
  }
  void *(*parts[])(void *) = {private_memory, private_memory, forked_memory, shared_memory, file};
  enum { COUNT = sizeof parts / sizeof *parts };
  pthread_t threads[COUNT];
  for (size_t index = 0; index < COUNT; index++)
    EQ(pthread_create(&threads[index], NULL, parts[index], NULL), 0);
  while (!*may_end) {
    usleep(1000);
    *may_end = access(argv[2], F_OK) == 0;
  }
  for (size_t index = 0; index < COUNT; index++) EQ(pthread_join(threads[index], NULL), 0);
  return 0;
}

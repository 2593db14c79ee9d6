// State: a heap that is written, protected, discarded, moved and grown at random; a checksum per page says if any page was lost.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define PAGES 96
static uint64_t model[PAGES];  // the seed a page was filled from; 0 for a zero page

static void fill(char *page, uint64_t seed) {
  for (int i = 0; i < PAGE / 8; i++) ((uint64_t *)page)[i] = seed ? mix64(seed + i) : 0;
}
static void verify(char *page, uint64_t seed) {
  for (int i = 0; i < PAGE / 8; i += 7) EQ(((uint64_t *)page)[i], seed ? mix64(seed + i) : 0);
}

int main(void) {
  catch_faults();
  char *base = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(base != MAP_FAILED);
  uint64_t random = 1, sum = 0;
  for (int step = 0; step < 400; step++) {
    random = mix64(random);
    long at = random % PAGES, other = random / PAGES % PAGES, n = random >> 20 & 7;
    if (at + n > PAGES) n = PAGES - at;
    char *page = base + at * PAGE;
    switch (random >> 40 & 7) {
      case 0: case 1: case 2:
        fill(page, model[at] = random | 1);
        break;
      case 3:
        OK(madvise(page, n * PAGE, MADV_DONTNEED));
        for (int i = 0; i < n; i++) model[at + i] = 0;
        break;
      case 4:
        OK(mprotect(page, PAGE, PROT_READ));
        FAULTS(SIGSEGV, SEGV_ACCERR, page + 9, store8(page + 9, 1));
        OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
        break;
      case 5:
        if (at == other) break;
        CHECK(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base + other * PAGE) == base + other * PAGE);
        model[other] = model[at];
        model[at] = 0;
        CHECK(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
        break;
      case 6:
        OK(munmap(page, PAGE));
        FAULTS(SIGSEGV, SEGV_MAPERR, page, load8(page));
        CHECK(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
        model[at] = 0;
        break;
      case 7:
        memcpy(base + other * PAGE, page, PAGE);
        model[other] = model[at];
        break;
    }
    verify(base + other * PAGE, model[other]);
    if (step % 100 == 99) {
      for (int i = 0; i < PAGES; i++) {
        verify(base + i * PAGE, model[i]);
        sum = sum * 31 + model[i];
      }
      STEP("%d steps: %016lx", step + 1, sum);
    }
  }
  return 0;
}

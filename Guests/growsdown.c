// MAP_GROWSDOWN: a touch just below the mapping extends it, until another mapping is near.
// QEMU: qemu-user does not grow mappings.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L

int main(void) {
  catch_faults();
  char *room = mmap(NULL, 1024 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(room != MAP_FAILED);
  OK(munmap(room, 1023 * PAGE));  // a hole with one page above it
  char *top = room + 1000 * PAGE;
  char *p = mmap(top, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
  CHECK(p == top);
  store8(top, 1);
  for (int i = 1; i <= 100; i++) {
    NO_FAULT(store8(top - i * PAGE + 10, i));
    EQ(load8(top - i * PAGE + 9), 0);
  }
  for (int i = 1; i <= 100; i++) EQ(load8(top - i * PAGE + 10), i);
  STEP("grew a hundred pages");
  OK(munmap(top - 100 * PAGE, 101 * PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, top - 50 * PAGE, load8(top - 50 * PAGE));
  STEP("unmapped with all it grew");
  return 0;
}

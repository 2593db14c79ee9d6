// mincore, mlock, mlock2, munlock, mlockall: answered for mapped memory, ENOMEM for holes.
// QEMU: qemu-user 7.2 refuses mlock2's flags.
#include "check.h"
#include <sys/mman.h>

#define PAGE 4096L

int main(void) {
  char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  p[0] = p[3 * PAGE] = 1;
  unsigned char vec[9];
  memset(vec, 0xee, sizeof vec);
  OK(mincore(p, 8 * PAGE, vec));
  CHECK(vec[0] & 1);
  CHECK(vec[3] & 1);
  EQ(vec[8], 0xee);
  STEP("touched pages are resident");
  OK(mincore(p, 5 * PAGE + 1, vec));
  FAILS(EINVAL, mincore(p + 1, PAGE, vec));
  FAILS(EFAULT, mincore(p, PAGE, (unsigned char *)8));
  OK(munmap(p + 4 * PAGE, PAGE));
  FAILS(ENOMEM, mincore(p, 8 * PAGE, vec));
  STEP("mincore errors");

  OK(mlock(p, 2 * PAGE));
  OK(mlock(p + 10, 10));
  OK(mincore(p, 2 * PAGE, vec));
  CHECK(vec[0] & vec[1] & 1);
  OK(munlock(p, 2 * PAGE));
  FAILS(ENOMEM, mlock(p + 3 * PAGE, 2 * PAGE));
  OK(mlock2(p, PAGE, MLOCK_ONFAULT));
  FAILS(EINVAL, mlock2(p, PAGE, 64));
  FAILS(EINVAL, mlockall(0));
  OK(munlockall());
  EQ(p[0], 1);
  STEP("locking");
  return 0;
}

// One memfd mapped twice, as hardened JITs do: written at one address, run at another; written by pwrite, run by map.
// QEMU: qemu-user before 8.1 does not see writes through another mapping of the code.
#include "code.h"
#include <sys/mman.h>

#define PAGE 4096L

int main(void) {
  int fd = OK(memfd_create("code", 0));
  OK(ftruncate(fd, PAGE));
  unsigned char *w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  unsigned char *x = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  CHECK(w != MAP_FAILED && x != MAP_FAILED);
  for (int i = 0; i < 200; i++) {
    put_return(w + 32, i * 3);
    flush_code(w + 32, CODE_SIZE);
    flush_code(x + 32, CODE_SIZE);
    EQ(call_code(x + 32), i * 3);
  }
  STEP("written at one address, run at another");

  unsigned char bytes[CODE_SIZE];
  for (int i = 0; i < 20; i++) {
    put_return(bytes, 5000 + i);
    EQ(pwrite(fd, bytes, CODE_SIZE, 32), CODE_SIZE);
    flush_code(x + 32, CODE_SIZE);
    EQ(call_code(x + 32), 5000 + i);
  }
  STEP("written by pwrite");

  return 0;
}

// What JITs do: write-xor-execute cycles by mprotect, code read from a file into a page that was run.
#include "code.h"
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L

int main(void) {
  catch_faults();
  unsigned char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 60; i++) {
    OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    put_code(p + i * 16, i);
    put_code(p + 2000, -i);
    OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
    for (int j = 0; j <= i; j++) EQ(call_code(p + j * 16), j);
    EQ(call_code(p + 2000), -i);
  }
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 3, store8(p + 3, 1));
  STEP("sixty write-xor-execute cycles");

  OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 16, call_code(p + 16));
  OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
  EQ(call_code(p + 16), 1);
  STEP("a translation does not outlive the permission");

  unsigned char bytes[CODE_SIZE];
  int fd = OK(memfd_create("code", 0));
  // read() straight into a page that has been run.
  OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
  for (int i = 0; i < 20; i++) {
    put_return(bytes, 9000 + i);
    EQ(pwrite(fd, bytes, CODE_SIZE, 0), CODE_SIZE);
    EQ(pread(fd, p + 16, CODE_SIZE, 0), CODE_SIZE);
    flush_code(p + 16, CODE_SIZE);
    EQ(call_code(p + 16), 9000 + i);
  }
  STEP("written by pread into a page that was run");
  return 0;
}

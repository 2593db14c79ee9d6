// Memory that held code and is used again: unmapped and mapped anew, DONTNEEDed, moved by mremap, swapped by MAP_FIXED.
#include "code.h"
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  catch_faults();
  unsigned char *p = mmap(NULL, 4 * PAGE, RWX, ANON, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 40; i++) {
    put_code(p + 256, 1000 + i);
    EQ(call_code(p + 256), 1000 + i);
    OK(munmap(p, PAGE));
    CHECK(mmap(p, PAGE, RWX, ANON | MAP_FIXED, -1, 0) == p);
    EQ(p[256], 0);
  }
  STEP("unmapped and mapped again at the same address");

  unsigned char *data = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
  for (int i = 0; i < 64; i++) {  // the frames just freed come back as data
    memset(data + i * PAGE, i, PAGE);
    EQ(data[i * PAGE + 256], i);
  }
  OK(munmap(data, 64 * PAGE));
  STEP("code frames reused as data");

  for (int i = 0; i < 40; i++) {
    put_code(p + 256, 2000 + i);
    EQ(call_code(p + 256), 2000 + i);
    OK(madvise(p, PAGE, MADV_DONTNEED));
    EQ(p[256], 0);
  }
  STEP("thrown away by DONTNEED");

  put_code(p + 256, 31);
  put_code(p + PAGE + 256, 32);
  EQ(call_code(p + 256) * 100 + call_code(p + PAGE + 256), 3132);
  unsigned char *q = mmap(NULL, PAGE, PROT_NONE, ANON, -1, 0);
  for (int i = 0; i < 10; i++) {  // swap two pages of code by three moves
    CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q) == q);
    CHECK(mremap(p + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
    CHECK(mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE) == p + PAGE);
    CHECK(mmap(q, PAGE, PROT_NONE, ANON | MAP_FIXED, -1, 0) == q);
    EQ(call_code(p + 256) * 100 + call_code(p + PAGE + 256), i & 1 ? 3132 : 3231);
  }
  FAULTS(SIGSEGV, SEGV_ACCERR, q + 256, call_code(q + 256));
  STEP("swapped by mremap");

  enter_scratch();
  unsigned char bytes[CODE_SIZE];
  int fd[2];
  for (int i = 0; i < 2; i++) {
    char name[] = {'0' + i, 0};
    fd[i] = OK(open(name, O_RDWR | O_CREAT, 0700));
    OK(ftruncate(fd[i], PAGE));
    put_return(bytes, 40 + i);
    EQ(pwrite(fd[i], bytes, CODE_SIZE, 256), CODE_SIZE);
    OK(unlink(name));
  }
  for (int i = 0; i < 20; i++) {
    CHECK(mmap(p, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd[i & 1], 0) == p);
    flush_code(p + 256, CODE_SIZE);
    EQ(call_code(p + 256), 40 + (i & 1));
  }
  STEP("one file mapped over another");
  OK(munmap(p, 4 * PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + 256, call_code(p + 256));
  STEP("gone is gone");
  return 0;
}

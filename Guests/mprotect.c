// mprotect: every combination obeyed at once, splits and merges, contents kept, exact si_code and si_addr, errors.
// QEMU: qemu-user 7.2 refuses a length of zero.
#include "fault.h"
#include "code.h"
#include <sys/mman.h>

#define PAGE 4096L

int main(void) {
  catch_faults();
  unsigned char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 8; i++) {
    p[i * PAGE] = i;
    put_code(p + i * PAGE + 64, 100 + i);
  }

  // Each page in turn goes through all protections; its neighbours must not notice.
  static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
                              PROT_READ | PROT_WRITE | PROT_EXEC};
  for (int round = 0; round < 15; round++) {
    int prot = prots[round * 3 % 5];
    unsigned char *at = p + (1 + round % 6) * PAGE;
    OK(mprotect(at, PAGE, prot));
    if (prot & PROT_READ) EQ(load8(at), 1 + round % 6);
    else FAULTS(SIGSEGV, SEGV_ACCERR, at + 7, load8(at + 7));
    if (prot & PROT_WRITE) store8(at + 9, round);
    else FAULTS(SIGSEGV, SEGV_ACCERR, at + 9, store8(at + 9, 1));
    if (prot & PROT_EXEC) EQ(call_code(at + 64), 101 + round % 6);
    else FAULTS(SIGSEGV, SEGV_ACCERR, at + 64, call_code(at + 64));
    store8(at - PAGE + 10, 1);
    OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
    EQ(at[0], 1 + round % 6);
  }
  STEP("every protection is obeyed");

  OK(mprotect(p, 8 * PAGE, PROT_READ));
  for (int i = 0; i < 8; i++) FAULTS(SIGSEGV, SEGV_ACCERR, p + i * PAGE, store8(p + i * PAGE, 1));
  OK(mprotect(p + 3 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 3 * PAGE - 1, store8(p + 3 * PAGE - 1, 1));
  NO_FAULT(store8(p + 3 * PAGE, 3));
  NO_FAULT(store8(p + 5 * PAGE - 1, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 5 * PAGE, store8(p + 5 * PAGE, 1));
  STEP("split in three");

  OK(mprotect(p, 8 * PAGE, PROT_READ | PROT_WRITE));
  for (int i = 0; i < 8; i++) EQ(p[i * PAGE], i);
  STEP("contents kept");

  // Write, protect, write again through a fault: what garbage collectors do.
  int faults = 0;
  for (int i = 0; i < 40; i++) {
    unsigned char *at = p + i % 8 * PAGE;
    OK(mprotect(at, PAGE, PROT_READ));
    if (FAULT(store8(at + 100, i)).signo == SIGSEGV) {
      faults++;
      OK(mprotect(at, PAGE, PROT_READ | PROT_WRITE));
      store8(at + 100, i);
    }
    EQ(at[100], i);
  }
  EQ(faults, 40);
  STEP("forty write barriers");

  FAILS(EINVAL, mprotect(p + 1, PAGE, PROT_READ));
  OK(mprotect(p, 0, PROT_READ));
  store8(p, 0);
  OK(munmap(p + 4 * PAGE, PAGE));
  FAILS(ENOMEM, mprotect(p, 8 * PAGE, PROT_READ));
  FAULTS(SIGSEGV, SEGV_ACCERR, p, store8(p, 1));  // the part before the hole changed
  NO_FAULT(store8(p + 5 * PAGE, 1));              // the part after it did not
  STEP("errors, partial effect");

  static const int constant = 7;
  FAULTS(SIGSEGV, SEGV_ACCERR, &constant, store8((void *)&constant, 1));
  FAULTS(SIGSEGV, SEGV_ACCERR, main, store8((void *)main, 1));
  FAULTS(SIGSEGV, SEGV_MAPERR, (void *)0, load8((void *)0));
  FAULTS(SIGSEGV, SEGV_MAPERR, (void *)8, store8((void *)8, 1));
  FAULTS(SIGSEGV, SEGV_MAPERR, (void *)0x10, call_code((void *)0x10));
  STEP("text, constants, null");
  return 0;
}

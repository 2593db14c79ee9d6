// Synchronous signals carry the right code and address: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP.
// QEMU: qemu-user 7.2 says ILL_ILLOPN for an undefined AArch64 instruction; Linux says ILL_ILLOPC.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L

__attribute__((noinline)) static void undefined(void) {
#if defined __x86_64__
  __asm__ volatile(".globl undefined_at\nundefined_at: ud2");
#else
  __asm__ volatile(".globl undefined_at\nundefined_at: udf #0");
#endif
}
__attribute__((noinline)) static void trap(void) {
#if defined __x86_64__
  __asm__ volatile("int3\n.globl after_trap\nafter_trap: nop");
#else
  __asm__ volatile(".globl after_trap\nafter_trap: brk #0");
#endif
}
extern char undefined_at[], after_trap[];

int main(void) {
  catch_faults();
  char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FAULTS(SIGSEGV, SEGV_ACCERR, p + 123, store8(p + 123, 1));
  OK(munmap(p + PAGE, PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + PAGE + 123, load8(p + PAGE + 123));
  FAULTS(SIGSEGV, SEGV_MAPERR, NULL, load8(NULL));
  FAULTS(SIGSEGV, SEGV_MAPERR, (void *)0x7123456789, store8((void *)0x7123456789, 1));
  // An access that begins in a good page and ends in a missing one names the missing page.
  struct fault f = FAULT(({ volatile uint64_t v; __builtin_memcpy((void *)&v, p + PAGE - 4, 8); v; }));
  CHECK(f.signo == SIGSEGV && f.code == SEGV_MAPERR);
  CHECK(f.addr == p + PAGE);
  STEP("SIGSEGV");

  int fd = OK(memfd_create("short", 0));
  OK(ftruncate(fd, 10));
  char *m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NO_FAULT(load8(m + 4000));
  FAULTS(SIGBUS, BUS_ADRERR, m + PAGE + 17, load8(m + PAGE + 17));
  STEP("SIGBUS");

#if defined __x86_64__
  FAULTS(SIGILL, ILL_ILLOPN, undefined_at, undefined());
#else
  FAULTS(SIGILL, ILL_ILLOPC, undefined_at, undefined());
#endif
  STEP("SIGILL");

  f = FAULT(trap());
  EQ(f.signo, SIGTRAP);
#if defined __x86_64__
  EQ(f.code, SI_KERNEL);
  CHECK(f.addr == NULL);
#else
  EQ(f.code, TRAP_BRKPT);
  CHECK(f.addr == after_trap);
#endif
  STEP("SIGTRAP");

#if defined __x86_64__
  volatile int ten = 10, zero = 0, minimum = INT32_MIN, minus = -1, result;
  f = FAULT(result = ten / zero);
  EQ(f.signo, SIGFPE);
  EQ(f.code, FPE_INTDIV);
  CHECK((uintptr_t)f.addr - (uintptr_t)main + 65536 < 131072);
  EQ(FAULT(result = minimum / minus).code, FPE_INTDIV);
  // General protection: a non-canonical address, a privileged instruction. Linux gives SI_KERNEL and no address.
  FAULTS(SIGSEGV, SI_KERNEL, NULL, load8((void *)0x8000000000000000));
  FAULTS(SIGSEGV, SI_KERNEL, NULL, __asm__ volatile("hlt"));
  FAULTS(SIGSEGV, SI_KERNEL, NULL, __asm__ volatile("movaps (%0), %%xmm0" : : "r"(p + 1) : "xmm0"));
  (void)result;
#else
  volatile int ten = 10, zero = 0;
  EQ(ten / zero, 0);  // AArch64 divides quietly
  // Outside the 48 bits; the top byte alone would be ignored.
  f = FAULT(load8((void *)0x00f0000000000000));
  EQ(f.signo, SIGSEGV);
  EQ(f.code, SEGV_MAPERR);
  EQ(load8((void *)((uintptr_t)p | 0x5aul << 56)), 0);
#endif
  STEP("arithmetic and protection");
  return 0;
}

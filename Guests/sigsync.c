// Synchronous signals carry the right code and address: SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP.
// QEMU: qemu-user 7.2 says ILL_ILLOPN for an undefined AArch64 instruction; Linux says ILL_ILLOPC.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L

__attribute__((noinline)) static void undefined(void) {
#if defined __x86_64__
  __asm__ volatile(".globl undefined_at\nundefined_at: ud2");
#elif defined __aarch64__
  __asm__ volatile(".globl undefined_at\nundefined_at: udf #0");
#elif defined __riscv
  __asm__ volatile(".globl undefined_at\nundefined_at: .4byte 0xc0001073");  // a read-only register written
#endif
}
__attribute__((noinline)) static void trap(void) {
#if defined __x86_64__
  __asm__ volatile("int3\n.globl after_trap\nafter_trap: nop");
#elif defined __aarch64__
  __asm__ volatile(".globl after_trap\nafter_trap: brk #0");
#elif defined __riscv
  __asm__ volatile(".globl after_trap\nafter_trap: ebreak");
#endif
}
extern char undefined_at[], after_trap[];

#if defined __x86_64__ || defined __aarch64__
#include <ucontext.h>
// What the processor told of the last access, as handlers see it besides siginfo: the address, and on x86-64 what kind of access it was.
static sigjmp_buf out;
static volatile unsigned long trap_number, trap_error, trap_address;
static void on_access(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
#if defined __x86_64__
  trap_number = c->uc_mcontext.gregs[REG_TRAPNO], trap_error = c->uc_mcontext.gregs[REG_ERR], trap_address = c->uc_mcontext.gregs[REG_CR2];
#else
  trap_address = c->uc_mcontext.fault_address;
#endif
  siglongjmp(out, 1);
}
static void access_at(volatile char *place, int writes, unsigned long error) {
  trap_number = trap_error = trap_address = 77;
  if (!sigsetjmp(out, 1)) {
    if (writes) *place = 1;
    else (void)*place;
    fail_at(__FILE__, __LINE__, "it may be accessed");
  }
  EQ(trap_address, (uintptr_t)place);
#if defined __x86_64__
  EQ(trap_number, 14);
  EQ(trap_error & 7, error);
#endif
}
static void accesses(void) {
  struct sigaction action = {.sa_sigaction = on_access, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGSEGV, &action, NULL));
  OK(sigaction(SIGBUS, &action, NULL));
  char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  p[0] = 1;
  OK(mprotect(p, PAGE, PROT_READ));
  OK(munmap(p + PAGE, PAGE));
  access_at(p + 5, 1, 7);
  access_at(p + PAGE + 6, 0, 4);
  access_at(p + PAGE + 7, 1, 6);
  int fd = OK(memfd_create("short", 0));
  char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(q != MAP_FAILED);
  access_at(q + 8, 0, 4);
  access_at(q + 9, 1, 6);
#if defined __x86_64__
  // Of an instruction that there is not.
  OK(sigaction(SIGILL, &action, NULL));
  if (!sigsetjmp(out, 1)) undefined();
  EQ(trap_number, 6);
  EQ(trap_error, 0);
#endif
}
#else
static void accesses(void) {}
#endif

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
  (void)result;
#elif defined __aarch64__
  volatile int ten = 10, zero = 0;
  EQ(ten / zero, 0);  // AArch64 divides quietly
  // Outside the 48 bits; the top byte alone would be ignored.
  f = FAULT(load8((void *)0x00f0000000000000));
  EQ(f.signo, SIGSEGV);
  EQ(f.code, SEGV_MAPERR);
  EQ(load8((void *)((uintptr_t)p | 0x5aul << 56)), 0);
#elif defined __riscv
  volatile int ten = 10, zero = 0;
  EQ(ten / zero, -1);  // so does RISC-V
  EQ(ten % zero, 10);
  // Addresses that no program has, and none of them is ignored in part.
  FAULTS(SIGSEGV, SEGV_MAPERR, 0x00f0000000000000, load8((void *)0x00f0000000000000));
  FAULTS(SIGSEGV, SEGV_MAPERR, 0x8000000000000000, load8((void *)0x8000000000000000));
  void *tagged = (void *)((uintptr_t)p | 0x5aul << 56);
  FAULTS(SIGSEGV, SEGV_MAPERR, tagged, load8(tagged));
  static char *volatile at;
#define REFUSED(text) FAULTS(SIGILL, ILL_ILLOPC, at, __asm__ volatile("lla a0, 0f; sd a0, %0; 0: " text : "=m"(at) : : "a0"))
  REFUSED("csrr a0, sstatus");
  REFUSED("csrw cycle, a0");
  REFUSED("sret");
  REFUSED(".2byte 0");  // the short one
#endif
  STEP("arithmetic and protection");

  // Alignment.
  char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#if defined __x86_64__
  // Operands of 16 bytes must be aligned, where nothing else is said.
#define MISALIGNED(text) FAULTS(SIGSEGV, SI_KERNEL, NULL, __asm__ volatile(text : : "r"(q + 8) : "xmm0", "memory"))
#define ANYWHERE(text) NO_FAULT(__asm__ volatile(text : : "r"(q + 8) : "xmm0", "mm0", "rax", "rcx", "rdx", "memory"))
  MISALIGNED("movaps (%0), %%xmm0");
  MISALIGNED("movapd (%0), %%xmm0");
  MISALIGNED("movdqa (%0), %%xmm0");
  MISALIGNED("movaps %%xmm0, (%0)");
  MISALIGNED("movdqa %%xmm0, (%0)");
  MISALIGNED("movntps %%xmm0, (%0)");
  MISALIGNED("movntdq %%xmm0, (%0)");
  MISALIGNED("addps (%0), %%xmm0");
  MISALIGNED("addpd (%0), %%xmm0");
  MISALIGNED("pxor (%0), %%xmm0");
  MISALIGNED("pshufd $0, (%0), %%xmm0");
  MISALIGNED("shufps $0, (%0), %%xmm0");
  MISALIGNED("unpcklps (%0), %%xmm0");
  MISALIGNED("punpcklbw (%0), %%xmm0");
  MISALIGNED("psllw (%0), %%xmm0");
  MISALIGNED("cmpltps (%0), %%xmm0");
  MISALIGNED("cvtdq2ps (%0), %%xmm0");
  MISALIGNED("cvttps2dq (%0), %%xmm0");
  MISALIGNED("cvtpd2ps (%0), %%xmm0");
  MISALIGNED("cvtpd2dq (%0), %%xmm0");
  MISALIGNED("cvtpd2pi (%0), %%mm0");
  MISALIGNED("fxsave (%0)");
  ANYWHERE("emms");
  ANYWHERE("movups (%0), %%xmm0");
  ANYWHERE("movupd %%xmm0, (%0)");
  ANYWHERE("movdqu (%0), %%xmm0");
  ANYWHERE("movups %%xmm0, 1(%0)");
  ANYWHERE("movss 1(%0), %%xmm0");
  ANYWHERE("movhps 1(%0), %%xmm0");
  ANYWHERE("movq 1(%0), %%xmm0");
  ANYWHERE("addss 1(%0), %%xmm0");
  ANYWHERE("mulsd 1(%0), %%xmm0");
  ANYWHERE("ucomisd 1(%0), %%xmm0");
  ANYWHERE("cvtps2pd 1(%0), %%xmm0");
  ANYWHERE("cvtdq2pd 1(%0), %%xmm0");
  ANYWHERE("cvtss2sd 1(%0), %%xmm0");
  ANYWHERE("cvtps2pi 1(%0), %%mm0");
  ANYWHERE("cvtsd2si 1(%0), %%rax");
  ANYWHERE("emms");
  // The end of a page: what needs 8 bytes reads no more.
  ANYWHERE("cvtps2pd 4080(%0), %%xmm0");
  ANYWHERE("cvtdq2pd 4080(%0), %%xmm0");
  ANYWHERE("cvtps2pi 4080(%0), %%mm0; emms");
  if (__builtin_cpu_supports("sse4.2")) {
    MISALIGNED("palignr $1, (%0), %%xmm0");
    MISALIGNED("pshufb (%0), %%xmm0");
    MISALIGNED("movntdqa (%0), %%xmm0");
    MISALIGNED("pblendw $1, (%0), %%xmm0");
    MISALIGNED("roundps $1, (%0), %%xmm0");
    MISALIGNED("haddps (%0), %%xmm0");
    MISALIGNED("movshdup (%0), %%xmm0");
    ANYWHERE("lddqu 1(%0), %%xmm0");
    ANYWHERE("movddup 1(%0), %%xmm0");
    ANYWHERE("pmovzxbw 1(%0), %%xmm0");
    ANYWHERE("roundsd $1, 4080(%0), %%xmm0");
    ANYWHERE("roundss $1, 4084(%0), %%xmm0");
    ANYWHERE("insertps $0, 4084(%0), %%xmm0");
    ANYWHERE("pcmpistri $0, 1(%0), %%xmm0");
    ANYWHERE("pcmpestrm $0, 1(%0), %%xmm0");
  }
  MISALIGNED("lock cmpxchg16b (%0)");
#elif defined __aarch64__
  // Exclusive and ordered accesses must be aligned; plain ones need not. (Newer processors let them be, within 16 bytes.)
#define MISALIGNED(text) FAULTS(SIGBUS, BUS_ADRALN, q + 15, __asm__ volatile(text : : "r"(q + 15) : "x0", "x1", "x2", "memory"))
#define ANYWHERE(text) NO_FAULT(__asm__ volatile(text : : "r"(q + 15) : "x0", "x1", "v0", "v1", "memory"))
  MISALIGNED("ldxr x0, [%0]");
  MISALIGNED("ldxr w0, [%0]");
  MISALIGNED("ldxrh w0, [%0]");
  MISALIGNED("ldaxr x0, [%0]");
  MISALIGNED("ldaxr w0, [%0]");
  MISALIGNED("ldxp x0, x1, [%0]");
  MISALIGNED("ldar x0, [%0]");
  MISALIGNED("ldarh w0, [%0]");
  MISALIGNED("stlr x0, [%0]");
  MISALIGNED("stlr w0, [%0]");
  ANYWHERE("ldxrb w0, [%0]");
  ANYWHERE("ldarb w0, [%0]");
  ANYWHERE("ldr x0, [%0]");
  ANYWHERE("ldp x0, x1, [%0]");
  ANYWHERE("str x0, [%0]");
  ANYWHERE("ldr q0, [%0]");
  ANYWHERE("stp q0, q1, [%0]");
  ANYWHERE("ld1 {v0.16b, v1.16b}, [%0]");
#elif defined __riscv
  // Atomic accesses must be aligned; plain ones need not. Linux gives the address of the instruction.
#define MISALIGNED(text) \
  FAULTS(SIGBUS, BUS_ADRALN, at, __asm__ volatile("lla a0, 0f; sd a0, %0; 0: " text : "=m"(at) : "r"(q + 15) : "a0", "memory"))
#define ANYWHERE(text) NO_FAULT(__asm__ volatile(text : : "r"(q + 15) : "a0", "f0", "memory"))
  MISALIGNED("lr.w a0, (%1)");
  MISALIGNED("lr.d.aq a0, (%1)");
  MISALIGNED("sc.w a0, a0, (%1)");
  MISALIGNED("sc.d.rl a0, a0, (%1)");
  MISALIGNED("amoadd.w a0, a0, (%1)");
  MISALIGNED("amoswap.d.aqrl a0, a0, (%1)");
  ANYWHERE("lh a0, (%0)");
  ANYWHERE("lwu a0, (%0)");
  ANYWHERE("ld a0, (%0)");
  ANYWHERE("sh a0, (%0)");
  ANYWHERE("sw a0, (%0)");
  ANYWHERE("sd a0, (%0)");
  ANYWHERE("flw f0, (%0)");
  ANYWHERE("fld f0, (%0)");
  ANYWHERE("fsw f0, (%0)");
  ANYWHERE("fsd f0, (%0)");
#endif
  STEP("alignment");
  in_child(accesses);
  STEP("what the processor told");
  return 0;
}

// A handler edits the interrupted context: general registers, the program counter, vector registers, flags, the mask.
// QEMU: qemu-user 7.2 lets the frame's SVE record win over edited V registers (passes with QEMU_CPU=cortex-a57).
#include "check.h"
#include <ucontext.h>

static volatile int calls;

static void handler(int signo, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  calls++;
  sigaddset(&uc->uc_sigmask, SIGUSR2);  // takes effect on return
#if defined __x86_64__
  greg_t *g = uc->uc_mcontext.gregs;
  EQ(g[REG_RBX], 0x1122334455667788);
  g[REG_RBX] = 0x0102030405060708;
  g[REG_RIP] += 2;  // over the ud2
  g[REG_EFL] |= 1;  // carry
  struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
  EQ(fp->_xmm[5].element[0], 0x55667788);
  for (int i = 0; i < 4; i++) fp->_xmm[5].element[i] = 100 + i;
  EQ(fp->mxcsr & 0x1f80, 0x1f80);
#elif defined __aarch64__
  mcontext_t *m = &uc->uc_mcontext;
  EQ(m->regs[19], 0x1122334455667788);
  m->regs[19] = 0x0102030405060708;
  m->pc += 4;
  m->pstate |= 1u << 29;  // carry
  EQ((uintptr_t)m->__reserved % 16, 0);
  struct fpsimd_context *fp = (void *)m->__reserved;
  EQ(fp->head.magic, FPSIMD_MAGIC);
  EQ(fp->head.size, sizeof *fp);
  EQ((uint32_t)fp->vregs[5], 0x55667788);
  uint32_t v[4] = {100, 101, 102, 103};
  memcpy(&fp->vregs[5], v, 16);
#elif defined __riscv
  mcontext_t *m = &uc->uc_mcontext;
  EQ(m->__gregs[19], 0x1122334455667788);
  m->__gregs[19] = 0x0102030405060708;
  m->__gregs[REG_PC] += 4;
  struct __riscv_mc_d_ext_state *fp = &m->__fpregs.__d;
  EQ((uintptr_t)m->__gregs % 16, 0);
  EQ(fp->__fcsr, 0);
  fp->__fcsr |= 1;  // inexact
  EQ((uint32_t)fp->__f[5], 0x55667788);
  uint32_t v[4] = {100, 101, 102, 103};
  memcpy(&fp->__f[5], v, 16);
#endif
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGILL, &a, NULL));
  uint64_t general = 0x1122334455667788, carry = 0;
  uint32_t v[4] = {0x55667788, 2, 3, 4};
#if defined __x86_64__
  __asm__ volatile("mov %0, %%rbx; movups %2, %%xmm5; clc; ud2; setc %b1; mov %%rbx, %0; movups %%xmm5, %2"
                   : "+r"(general), "+r"(carry), "+m"(v) : : "rbx", "xmm5", "cc");
#elif defined __aarch64__
  __asm__ volatile("mov x19, %0; ldr q5, %2; cmn xzr, xzr; udf #0; cset %1, cs; mov %0, x19; str q5, %2"
                   : "+r"(general), "+r"(carry), "+m"(v) : : "x19", "v5", "cc");
#elif defined __riscv
  // Neither carry nor vectors: an exception flag and two floating-point registers stand in.
  __asm__ volatile("mv s3, %0; fld f5, (%2); fld f6, 8(%2); fsflags zero; .4byte 0xc0001073; frflags %1; mv %0, s3\n"
                   "fsd f5, (%2); fsd f6, 8(%2)" : "+r"(general), "+r"(carry) : "r"(v) : "s3", "f5", "f6", "memory");
#endif
  EQ(calls, 1);
  EQ(general, 0x0102030405060708);
  STEP("general register and program counter");
  EQ(carry, 1);
  STEP("flags");
  for (int i = 0; i < 4; i++) EQ(v[i], 100 + i);
  STEP("vector register");
  sigset_t now;
  OK(sigprocmask(SIG_BLOCK, NULL, &now));
  CHECK(sigismember(&now, SIGUSR2) && !sigismember(&now, SIGILL));
  STEP("mask");
  return 0;
}

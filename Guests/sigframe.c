// BUILD: -lm
// A handler may clobber every register, vectors and FP control included: the interrupted code, which keeps values in all
// of them across the signal, must not notice. Synchronous (a trap in the middle of it) and asynchronous (a timer).
#include "check.h"
#include <fenv.h>
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int calls;

__attribute__((noinline)) static void clobber(void) {
#if defined __x86_64__
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm1, %%xmm1; pcmpeqd %%xmm7, %%xmm7; pcmpeqd %%xmm15, %%xmm15\n"
                   "xor %%eax, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi; xor %%edi, %%edi\n"
                   "xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d; xor %%r11d, %%r11d; fninit; fldpi; fldpi; std; cld; stc"
                   : : : "xmm0", "xmm1", "xmm7", "xmm15", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
#elif defined __aarch64__
  __asm__ volatile("movi v0.16b, #255; movi v1.16b, #255; movi v7.16b, #255; movi v16.16b, #255; movi v31.16b, #255\n"
                   "mov x0, #0; mov x1, #0; mov x7, #0; mov x8, #0; mov x15, #0; mov x16, #0; mov x17, #0; cmp x0, x0"
                   : : : "v0", "v1", "v7", "v16", "v31", "x0", "x1", "x7", "x8", "x15", "x16", "x17", "cc");
#elif defined __riscv
  __asm__ volatile("li t0, -1; fmv.d.x f0, t0; fmv.d.x f1, t0; fmv.d.x f10, t0; fmv.d.x f17, t0; fmv.d.x f31, t0\n"
                   "li ra, 0; li t0, 0; li t2, 0; li t3, 0; li t6, 0; li a0, 0; li a1, 0; li a6, 0; li a7, 0"
                   : : : "f0", "f1", "f10", "f17", "f31", "ra", "t0", "t2", "t3", "t6", "a0", "a1", "a6", "a7");
#endif
  fesetround(FE_DOWNWARD);
  feraiseexcept(FE_DIVBYZERO | FE_INEXACT);
}

static void handler(int signo, siginfo_t *info, void *context) {
  calls++;
  clobber();
#if defined __aarch64__
  if (signo == SIGTRAP) ((ucontext_t *)context)->uc_mcontext.pc += 4;  // brk leaves the pc on itself
#elif defined __riscv
  if (signo == SIGTRAP) ((ucontext_t *)context)->uc_mcontext.__gregs[REG_PC] += 2;  // so does c.ebreak
#endif
}

// Puts known values everywhere, runs a trap, stores what it finds afterwards. 1 when all is as it was.
__attribute__((noinline)) static int around_trap(uint64_t seed) {
  uint64_t in[32], out[32], vin[64], vout[64];
  for (int i = 0; i < 32; i++) in[i] = mix64(seed + i), out[i] = 0;
  for (int i = 0; i < 64; i++) vin[i] = mix64(seed * 31 + i), vout[i] = 0;
#if defined __x86_64__
  uint64_t flags_in = 0x8d5, flags_out;  // CF PF AF ZF SF OF
  register uint64_t *pin __asm__("rbx") = in;
  register uint64_t *pout __asm__("r12") = out;
  register uint64_t *pvin __asm__("r13") = vin;
  register uint64_t *pvout __asm__("r14") = vout;
  long double x87_in = 1.0L / (seed + 3), x87_out;
  __asm__ volatile(
      "fldt %[x87_in]\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movups 16*\\n(%[pvin]), %%xmm\\n\n .endr\n"
      "mov 8*0(%[pin]), %%rax; mov 8*1(%[pin]), %%rcx; mov 8*2(%[pin]), %%rdx; mov 8*3(%[pin]), %%rsi; mov 8*4(%[pin]), %%rdi\n"
      "mov 8*5(%[pin]), %%r8; mov 8*6(%[pin]), %%r9; mov 8*7(%[pin]), %%r10; mov 8*8(%[pin]), %%r11; mov 8*9(%[pin]), %%r15\n"
      "push %[flags_in]; popf\n"
      "int3\n"
      "mov %%rax, 8*0(%[pout]); mov %%rcx, 8*1(%[pout]); mov %%rdx, 8*2(%[pout]); mov %%rsi, 8*3(%[pout]); mov %%rdi, 8*4(%[pout])\n"
      "mov %%r8, 8*5(%[pout]); mov %%r9, 8*6(%[pout]); mov %%r10, 8*7(%[pout]); mov %%r11, 8*8(%[pout]); mov %%r15, 8*9(%[pout])\n"
      "pushf; pop %%rax; mov %%rax, %[flags_out]\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movups %%xmm\\n, 16*\\n(%[pvout])\n .endr\n"
      "fstpt %[x87_out]\n"
      : [x87_out] "=m"(x87_out), [flags_out] "=m"(flags_out)
      : [x87_in] "m"(x87_in), [flags_in] "m"(flags_in), [pin] "r"(pin), [pout] "r"(pout), [pvin] "r"(pvin), [pvout] "r"(pvout)
      : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r15", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
        "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  return !memcmp(in, out, 80) && !memcmp(vin, vout, 256) && x87_in == x87_out && (flags_out & 0x8d5) == 0x8d5;
#elif defined __aarch64__
  uint64_t flags_in = (seed & 15) << 28, flags_out;
  register uint64_t *pin __asm__("x19") = in;
  register uint64_t *pout __asm__("x20") = out;
  register uint64_t *pvin __asm__("x21") = vin;
  register uint64_t *pvout __asm__("x22") = vout;
  __asm__ volatile(
      "msr nzcv, %[flags_in]\n"
      ".irp n,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n ldr q\\n, [%[pvin], #16*\\n]\n .endr\n"
      ".irp n,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n ldr q\\n, [%[pvin], #16*\\n]\n .endr\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n ldr x\\n, [%[pin], #8*\\n]\n .endr\n"
      "brk #7\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n str x\\n, [%[pout], #8*\\n]\n .endr\n"
      "mrs x0, nzcv\n str x0, %[flags_out]\n"
      ".irp n,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n str q\\n, [%[pvout], #16*\\n]\n .endr\n"
      ".irp n,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n str q\\n, [%[pvout], #16*\\n]\n .endr\n"
      : [flags_out] "=m"(flags_out)
      : [flags_in] "r"(flags_in), [pin] "r"(pin), [pout] "r"(pout), [pvin] "r"(pvin), [pvout] "r"(pvout)
      : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
        "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
        "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
  return !memcmp(in, out, 8 * 18) && !memcmp(vin, vout, 512) && flags_in == flags_out;
#elif defined __riscv
  uint64_t flags_in = seed % 5 << 5 | (seed * 7 & 31), flags_out;  // each rounding mode, and exception flags
  register uint64_t *pin __asm__("s2") = in;
  register uint64_t *pout __asm__("s3") = out;
  register uint64_t *pvin __asm__("s4") = vin;
  register uint64_t *pvout __asm__("s5") = vout;
  __asm__ volatile(
      "fscsr %[flags_in]\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n fld f\\n, 8*\\n(%[pvin])\n .endr\n"
      ".irp n,1,5,6,7,10,11,12,13,14,15,16,17,22,23,24,25,26,27,28,29,30,31\n ld x\\n, 8*\\n(%[pin])\n .endr\n"
      "c.ebreak\n"
      ".irp n,1,5,6,7,10,11,12,13,14,15,16,17,22,23,24,25,26,27,28,29,30,31\n sd x\\n, 8*\\n(%[pout])\n .endr\n"
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n fsd f\\n, 8*\\n(%[pvout])\n .endr\n"
      "fscsr t0, zero\n sd t0, %[flags_out]\n"
      : [flags_out] "=m"(flags_out)
      : [flags_in] "r"(flags_in), [pin] "r"(pin), [pout] "r"(pout), [pvin] "r"(pvin), [pvout] "r"(pvout)
      : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s6", "s7", "s8", "s9",
        "s10", "s11", "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13", "f14",
        "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30", "f31");
  return in[1] == out[1] && !memcmp(in + 5, out + 5, 8 * 3) && !memcmp(in + 10, out + 10, 8 * 8) &&
         !memcmp(in + 22, out + 22, 8 * 10) && !memcmp(vin, vout, 256) && flags_in == flags_out;
#endif
}

// Floating point work whose sum depends on every bit of FP state; a timer interrupts it.
__attribute__((noinline)) static double work(void) {
  double sum = 0, x = 1.0 / 3;
  for (int i = 1; i < 20000; i++) {
    x = x * 3.7 * (1 - x);
    sum += x / i;
  }
  return sum;
}

int main(void) {
  struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
  OK(sigaction(SIGTRAP, &a, NULL));
  OK(sigaction(SIGALRM, &a, NULL));
  for (int i = 0; i < 50; i++) CHECK(around_trap(i));
  EQ(calls, 50);
  STEP("fifty traps, every register as before");

  feclearexcept(FE_ALL_EXCEPT);
  fesetround(FE_UPWARD);
  raise(SIGALRM);
  EQ(fegetround(), FE_UPWARD);
  EQ(fetestexcept(FE_DIVBYZERO), 0);
  fesetround(FE_TONEAREST);
  STEP("rounding mode and exception flags kept");

  double expected = work();
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  calls = 0;
  OK(setitimer(ITIMER_REAL, &often, NULL));
  for (int i = 0; i < 20 || calls < 5; i++) CHECK(work() == expected);
  OK(setitimer(ITIMER_REAL, &never, NULL));
  STEP("a computation under a timer is exact");
  return 0;
}

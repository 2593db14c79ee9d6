// The x87 unit and MXCSR by hand: stack, control word, precision, environment, FXSAVE, BCD, 80-bit values. AArch64: FPCR, FPSR. RISC-V: fcsr, NaN boxes.
#include "fault.h"

#if defined __x86_64__

extern char sse_at[], x87_at[], x87_next[];
static volatile struct { int count, code, trapno, top; void *addr; uint32_t mxcsr; uint64_t xmm1, rip, st0, st1; uint16_t sw; } trap;

// Notes what the processor reports, masks every exception and lets the program go on.
static void trapped(int signo, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
  (void)signo;
  trap.count++;
  trap.code = info->si_code;
  trap.addr = info->si_addr;
  trap.trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
  trap.mxcsr = fp->mxcsr;
  trap.sw = fp->swd;
  trap.rip = fp->rip;
  memcpy((void *)&trap.xmm1, &fp->_xmm[1], 8);
  memcpy((void *)&trap.st0, &fp->_st[0], 8);
  memcpy((void *)&trap.st1, &fp->_st[1], 8);
  fp->mxcsr |= 0x1f80;
  fp->cwd |= 0x3f;
  fp->swd &= 0x7f00;
}

// Every register of the unit, for an asm that starts it anew.
#define X87 "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"
// The status word's flags after one instruction on the given operands.
#define FLAGS(text, st1_, st0_) ({ long double f1_ = (st1_), f0_ = (st0_); uint16_t f_sw_; \
  __asm__ volatile("fninit; fldt %1; fldt %2; fnclex; " text "; fnstsw %0; fninit" : "=m"(f_sw_) : "m"(f1_), "m"(f0_) : X87, "memory"); f_sw_ & 0x3f; })
// Its result.
#define RESULT(text, st1_, st0_) ({ long double f1_ = (st1_), f0_ = (st0_), f_r_; \
  __asm__ volatile("fninit; fldt %1; fldt %2; " text "; fstpt %0; fninit" : "=m"(f_r_) : "m"(f1_), "m"(f0_) : X87, "memory"); f_r_; })
// The two halves of a long double.
#define IS(value, exponent, mantissa) do { long double is_ = (value); uint64_t m_; uint16_t e_; memcpy(&m_, &is_, 8); memcpy(&e_, (char *)&is_ + 8, 2); EQ(m_, mantissa); EQ(e_, exponent); } while (0)

static void flags(void) {
  long double zero = 0, one = 1, inf = one / zero, huge = 0x1.8p16383L, tiny = 0x1p-16382L, denormal = 0x1p-16400L;
  EQ(FLAGS("fdivrp %%st, %%st(1)", one, zero), 0x04);
  EQ(FLAGS("fdivrp %%st, %%st(1)", zero, zero), 0x01);
  EQ(FLAGS("fdivrp %%st, %%st(1)", one, 3), 0x20);
  EQ(FLAGS("fdivrp %%st, %%st(1)", one, 4), 0);
  EQ(FLAGS("fmulp", huge, huge), 0x28);
  EQ(FLAGS("fmulp", tiny, tiny), 0x30);
  EQ(FLAGS("faddp", denormal, one), 0x22);
  EQ(FLAGS("fsubp", inf, inf), 0x01);
  EQ(FLAGS("fsqrt", one, -one), 0x01);
  EQ(FLAGS("fsqrt", one, 2), 0x20);
  EQ(FLAGS("frndint", one, 0.5), 0x20);
  EQ(FLAGS("fxtract", one, zero), 0x04);
  EQ(FLAGS("fyl2x", one, zero), 0x04);
  EQ(FLAGS("fsin", one, inf), 0x01);
  EQ(FLAGS("fsin", one, one), 0x20);
  EQ(FLAGS("fprem", one, inf), 0x01);
  static uint64_t m;
  EQ(FLAGS("fistpl m(%%rip)", one, 1e10L), 0x01);
  __asm__ volatile(".local m\n.comm m, 8, 8");
  EQ(FLAGS("fistpl m(%%rip)", one, 1.5L), 0x20);
  EQ(FLAGS("fstps m(%%rip)", one, 1e300L), 0x28);
  EQ(FLAGS("fstpl m(%%rip)", one, 1e-320L), 0x30);
  (void)m;
  // They add up until they are cleared, also over a system call.
  __asm__ volatile("fninit; fld1; fldz; fdivrp %%st, %%st(1); fstp %%st(0)" : : : X87);
  STEP("a flag is set");
  uint16_t sw;
  __asm__ volatile("fnstsw %0" : "=m"(sw));
  EQ(sw & 0xff, 4);
  __asm__ volatile("fld1; fldpi; fdivrp %%st, %%st(1); fstp %%st(0); fnstsw %0; fninit" : "=m"(sw) : : X87);
  EQ(sw & 0xff, 0x24);
}

// The functions, rounded correctly; processors may be off by one in the last place.
#define NEAR(value, exponent, mantissa) do { long double near_ = (value); uint64_t m_; uint16_t e_; memcpy(&m_, &near_, 8); memcpy(&e_, (char *)&near_ + 8, 2); \
  CHECK(m_ - (mantissa) + 1 <= 2); EQ(e_, exponent); } while (0)
static void functions(void) {
  long double one = 1;
  NEAR(RESULT("fsin", one, one), 0x3ffe, 0xd76aa47848677021);
  NEAR(RESULT("fcos", one, one), 0x3ffe, 0x8a51407da8345c92);
  NEAR(RESULT("fptan; fstp %%st(0)", one, one), 0x3fff, 0xc75922e5f71d2dc5);
  NEAR(RESULT("fpatan", one, 2), 0x3ffd, 0xed63382b0dda7b45);
  NEAR(RESULT("f2xm1", one, 0.5), 0x3ffd, 0xd413cccfe7799211);
  NEAR(RESULT("fyl2x", one, 10), 0x4000, 0xd49a784bcd1b8afe);
  NEAR(RESULT("fyl2xp1", one, 0.125), 0x3ffc, 0xae00d1cfdeb43cfd);
  NEAR(RESULT("fpatan", 0.0L, -one), 0x4000, 0xc90fdaa22168c235);
  // The processor's pi has 66 bits.
  IS(RESULT("fldpi; fsin", one, one), 0xbfbf, 0x8000000000000000);
  IS(RESULT("fprem", 3, 0x1p40L), 0x3fff, 0x8000000000000000);
  IS(RESULT("fprem1", 3, 5), 0xbfff, 0x8000000000000000);
  IS(RESULT("fscale", 16000, 3), 0x7e80, 0xc000000000000000);
  IS(RESULT("fxtract", one, 48), 0x3fff, 0xc000000000000000);
  uint16_t sw;
  long double big = 0x1p63L;
  __asm__ volatile("fninit; fldt %1; fsin; fnstsw %0; fninit" : "=m"(sw) : "m"(big) : X87);
  EQ(sw & 0x400, 0x400);  // out of range
}

static void traps(void) {
  struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGFPE, &action, NULL));
  uint32_t unmasked = 0x1f80 & ~0x200, seen;
  double one = 1, zero = 0, result;
  __asm__ volatile("ldmxcsr %2; movsd %3, %%xmm1; movsd %4, %%xmm2\n.globl sse_at\nsse_at: divsd %%xmm2, %%xmm1; stmxcsr %0; movsd %%xmm1, %1"
                   : "=m"(seen), "=m"(result) : "m"(unmasked), "m"(one), "m"(zero) : "xmm1", "xmm2", "memory");
  EQ(trap.count, 1);
  EQ(trap.code, FPE_FLTDIV);
  EQ(trap.trapno, 19);
  CHECK(trap.addr == sse_at);
  EQ(trap.mxcsr, unmasked | 4);
  EQ(trap.xmm1, 0x3ff0000000000000);  // not written
  CHECK(result == 1 / zero);
  EQ(seen, 0x1f84);
  STEP("unmasked SSE exception");

  uint16_t control = 0x37b, sw;
  __asm__ volatile("fninit; fldcw %1; fld1; fldz\n.globl x87_at\nx87_at: fdivrp %%st, %%st(1); nop; fnstsw %0\n.globl x87_next\nx87_next: fldpi; fninit"
                   : "=m"(sw) : "m"(control) : X87, "memory");
  EQ(trap.count, 2);
  EQ(trap.code, FPE_FLTDIV);
  EQ(trap.trapno, 16);
  CHECK(trap.addr == x87_next);
  EQ(trap.rip, (uintptr_t)x87_at);
  EQ(trap.sw & 0xb8ff, 0xb084);  // ES, B, two in use
  EQ(sw & 0xff, 0x84);
  EQ(trap.st0, 0);  // both operands are still there
  EQ(trap.st1, 1ul << 63);
  // Pending by the control word alone.
  __asm__ volatile("fninit; fld1; fldz; fdivrp %%st, %%st(1); fldcw %0; fnstsw %1; fnclex; fldpi; fninit" : : "m"(control), "m"(sw) : X87, "memory");
  EQ(trap.count, 2);
  STEP("unmasked x87 exception");
}
#endif

int main(void) {
#if defined __x86_64__
  uint16_t cw, sw;
  uint32_t mxcsr;
  __asm__ volatile("fnstcw %0; stmxcsr %1" : "=m"(cw), "=m"(mxcsr));
  EQ(cw, 0x37f);
  EQ(mxcsr & 0xffc0, 0x1f80);
  long double seven, pi;
  __asm__ volatile("fninit; fldpi; fld1; fld1; faddp; fld1; faddp; fxch; fstpt %1; fstpt %0; fnstsw %2" : "=m"(seven), "=m"(pi), "=m"(sw));
  CHECK(seven == 3 && pi > 3.14159265358979323L && pi < 3.14159265358979324L);
  EQ(sw >> 11 & 7, 0);
  STEP("stack");
  // Precision and rounding control of the control word.
  for (int pc = 0; pc < 4; pc++) {
    if (pc == 1) continue;
    uint16_t control = 0x7f | pc << 8 | 2 << 10;  // round up
    long double l;
    static const long double three = 3;
    __asm__ volatile("fldcw %1; fld1; fldt %2; fdivrp %%st, %%st(1); fstpt %0; fninit" : "=m"(l) : "m"(control), "m"(three));
    uint64_t mantissa;
    memcpy(&mantissa, &l, 8);
    EQ(mantissa, pc == 0 ? 0xaaaaab0000000000 : pc == 2 ? 0xaaaaaaaaaaaab000 : 0xaaaaaaaaaaaaaaab);
  }
  STEP("precision and rounding control");
  static unsigned char image[512] __attribute__((aligned(16))), bcd[10];
  long value = 123456789012345678, back;
  __asm__ volatile("fildq %2; fbstp %0; fbld %0; fistpq %1" : "+m"(bcd), "=m"(back) : "m"(value));
  EQ(back, value);
  EQ(bcd[0], 0x78);
  __asm__ volatile("fninit; fldpi; fldl2e; fxsave %0; fninit; fxrstor %0; fstp %%st(0); fstpt %1" : "+m"(image), "=m"(seven));
  CHECK(seven == pi);
  EQ(image[4], 0x03 << 6);  // abridged tags: two full
  struct { uint32_t words[7]; } env;
  __asm__ volatile("fninit; fld1; fldz; fdivrp %%st, %%st(1); fnstsw %1; fnstenv %0; fninit" : "=m"(env), "=m"(sw));
  CHECK(sw & 4);  // zero divide
  EQ(env.words[0] & 0xffff, 0x37f);
  STEP("BCD, FXSAVE, FNSTENV");
  uint32_t set = 0x1f80 | 3 << 13, seen;
  float f = 1, g = 3;
  __asm__ volatile("ldmxcsr %1; movss %2, %%xmm0; divss %3, %%xmm0; movss %%xmm0, %0; stmxcsr %4; ldmxcsr %5"
                   : "+m"(f) : "m"(set), "m"(f), "m"(g), "m"(seen), "m"(mxcsr) : "xmm0", "memory");
  uint32_t raw;
  memcpy(&raw, &f, 4);
  EQ(raw, 0x3eaaaaaa);
  EQ(seen & 0xe03f, 3 << 13 | 0x20);
  STEP("MXCSR");
  // Flush to zero, and denormals are zero.
  float small, least = 0x1p-149f, half = 0.5f;
  set = 0x9fc0;
  __asm__ volatile("ldmxcsr %2; stmxcsr %1; ldmxcsr %3" : "=m"(small), "=m"(seen) : "m"(set), "m"(mxcsr));
  EQ(seen, 0x9fc0);
  float normal = 0x1p-126f;
  __asm__ volatile("ldmxcsr %2; movss %3, %%xmm0; mulss %4, %%xmm0; movss %%xmm0, %0; stmxcsr %1; ldmxcsr %5"
                   : "=m"(small), "=m"(seen) : "m"(set), "m"(normal), "m"(half), "m"(mxcsr) : "xmm0", "memory");
  CHECK(small == 0);
  EQ(seen, 0x9fc0 | 0x30);
  __asm__ volatile("ldmxcsr %2; movss %3, %%xmm0; addss %4, %%xmm0; movss %%xmm0, %0; stmxcsr %1"
                   : "=m"(small), "=m"(seen) : "m"(set), "m"(least), "m"(least) : "xmm0", "memory");
  CHECK(small == 0);
  STEP("flush to zero, denormals are zero");
  __asm__ volatile("stmxcsr %0; ldmxcsr %1" : "=m"(seen) : "m"(mxcsr));
  EQ(seen, 0x9fc0);
  PART(flags());
  STEP("status word");
  functions();
  STEP("functions");
  PART(traps());
#elif defined __aarch64__
  uint64_t fpcr, fpsr, up = 1 << 22;
  __asm__ volatile("mrs %0, fpcr; mrs %1, fpsr" : "=r"(fpcr), "=r"(fpsr));
  EQ(fpcr & 0x07f79f00, 0);
  double one = 1, three = 3, third;
  __asm__ volatile("msr fpsr, xzr; msr fpcr, %2; fdiv %d0, %d3, %d4; mrs %1, fpsr; msr fpcr, xzr"
                   : "=w"(third), "=r"(fpsr) : "r"(up), "w"(one), "w"(three));
  uint64_t raw;
  memcpy(&raw, &third, 8);
  EQ(raw, 0x3fd5555555555556);
  EQ(fpsr & 0x9f, 0x10);
  STEP("rounding, flags");
  // Flush to zero and default NaN.
  uint64_t ftz = 1 << 24, tiny_bits = 0x0010000000000000;
  double tiny, half = 0.5;
  memcpy(&tiny, &tiny_bits, 8);
  __asm__ volatile("msr fpcr, %1; fmul %d0, %d2, %d3; msr fpcr, xzr" : "=w"(third) : "r"(ftz), "w"(tiny), "w"(half));
  CHECK(third == 0);
  __asm__ volatile("fmul %d0, %d1, %d2" : "=w"(third) : "w"(tiny), "w"(half));
  CHECK(third != 0);
  STEP("flush to zero");
#elif defined __riscv
  uint64_t fcsr, raw;
  __asm__ volatile("frcsr %0" : "=r"(fcsr));
  EQ(fcsr, 0);
  double one = 1, three = 3;
  // The register says up; an instruction that says otherwise is obeyed.
  __asm__ volatile("fscsr %2; fdiv.d ft0, %3, %4; frcsr %1; fmv.x.d %0, ft0"
                   : "=r"(raw), "=r"(fcsr) : "r"(3 << 5), "f"(one), "f"(three) : "ft0");
  EQ(raw, 0x3fd5555555555556);
  EQ(fcsr, 3 << 5 | 1);
  __asm__ volatile("fdiv.d ft0, %2, %3, rtz; fscsr %1, zero; fmv.x.d %0, ft0"
                   : "=r"(raw), "=r"(fcsr) : "f"(one), "f"(three) : "ft0");
  EQ(raw, 0x3fd5555555555555);
  EQ(fcsr, 3 << 5 | 1);
  __asm__ volatile("li %0, -1; fscsr %0; frcsr %0; fscsr zero" : "=r"(fcsr));
  EQ(fcsr, 255);
  __asm__ volatile("fsrmi 2; fsflagsi 9; frrm %0; frflags %1; fscsr zero" : "=r"(raw), "=r"(fcsr));
  EQ(raw, 2);
  EQ(fcsr, 9);
  STEP("rounding, flags");
  // Modes that are none make an instruction that asks the register illegal, and no other.
  catch_faults();
  for (int mode = 5; mode < 8; mode++) {
    EQ(FAULT(__asm__ volatile("fsrm %0; fadd.d ft0, ft0, ft0" : : "r"(mode) : "ft0")).code, ILL_ILLOPC);
    NO_FAULT(__asm__ volatile("fsrm %0; fadd.d ft0, ft0, ft0, rne; fmin.d ft0, ft0, ft0; fsrm zero" : : "r"(mode) : "ft0"));
  }
  __asm__ volatile("fscsr zero");
  STEP("modes that are none");
  // A float in a register has ones above it; what has not is NaN. Results that are NaN are always the same one.
  __asm__ volatile("fmv.w.x ft0, %1; fmv.x.d %0, ft0" : "=r"(raw) : "r"(0x3f800000) : "ft0");
  EQ(raw, 0xffffffff3f800000);
  __asm__ volatile("fmv.d.x ft0, %1; fadd.s ft1, ft0, ft0; fmv.x.d %0, ft1" : "=r"(raw) : "r"(0x3f800000) : "ft0", "ft1");
  EQ(raw, 0xffffffff7fc00000);
  __asm__ volatile("fmv.d.x ft0, %1; fmv.x.w %0, ft0" : "=r"(raw) : "r"(0x80000001) : "ft0");
  EQ(raw, 0xffffffff80000001);
  __asm__ volatile("fmv.d.x ft0, %1; fadd.d ft1, ft0, ft0; fmv.x.d %0, ft1" : "=r"(raw) : "r"(0xfff8000000012345) : "ft0", "ft1");
  EQ(raw, 0x7ff8000000000000);
  STEP("NaN");
#endif
  return 0;
}

// Floating point to the bit: tens of thousands of operations on random and special operands, in many modes, results and
// flags, summed up. The sums are those of a real processor of Intel (x86-64) and of qemu-user (AArch64, RISC-V).
#include "check.h"

typedef struct { uint64_t q[2]; } V __attribute__((aligned(16)));
typedef struct { uint64_t q[2], general; uint32_t flags; } Out;

static uint64_t seed, sum;
static uint64_t rnd(void) { return mix64(seed += 0x9e3779b97f4a7c15); }
static void add(uint64_t x) { sum = mix64(sum ^ x); }

static const uint32_t special32[] = {
    0, 0x80000000, 1, 0x80000001, 0x7fffff, 0x807fffff, 0x800000, 0x80800000, 0x3f800000, 0xbf800000, 0x7f7fffff,
    0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc01234, 0xffc54321, 0x7f800001, 0xff812345, 0x4f000000,
    0xcf000000, 0x5f000000, 0xdf000000, 0x4effffff, 0x3f000000, 0x3fc00000, 0x3effffff, 0x4b000001, 0x33800000, 0x00ffffff,
    0x007ffffe, 0x01000001};
static const uint64_t special64[] = {
    0, 0x8000000000000000, 1, 0x8000000000000001, 0xfffffffffffff, 0x800fffffffffffff, 0x10000000000000,
    0x8010000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000,
    0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000012345, 0xfff8000000054321, 0x7ff0000000000001,
    0xfff0000000012345, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000, 0xc3e0000000000000, 0x41dfffffffc00000,
    0x3fe0000000000000, 0x3ff8000000000000, 0x3fdfffffffffffff, 0x4330000000000001, 0x3ca0000000000000, 0x36a0000000000000,
    0x3690000000000001, 0x380fffffffffffff, 0x3810000000000000, 0x47efffffe0000000, 0x47efffffffffffff, 0x369fffffffffffff,
    0x380ffffff0000000};
#define ANY(list) list[rnd() % (sizeof list / sizeof *list)]

// Special values, denormals, and numbers near each other as well as far apart.
static uint32_t random32(void) {
  uint32_t r = rnd();
  switch (rnd() & 7) {
  case 0: case 1: case 2: return ANY(special32);
  case 3: return r & 0x807fffff;
  case 4: return r & 0x81ffffff;
  case 5: return (r & 0x83ffffff) + 0x3e000000;
  default: return r;
  }
}
static uint64_t random64(void) {
  uint64_t r = rnd();
  switch (rnd() & 7) {
  case 0: case 1: case 2: return ANY(special64);
  case 3: return r & 0x800fffffffffffff;
  case 4: return r & 0x803fffffffffffff;
  case 5: return (r & 0x803fffffffffffff) + 0x3fe0000000000000;
  case 6: return (r & 0x81ffffffffffffff) + 0x3720000000000000;
  default: return r;
  }
}
static V random_vector(int kind) {
  V v;
  for (int i = 0; i < 2; i++) v.q[i] = kind ? random64() : random32() | (uint64_t)random32() << 32;
  return v;
}

// An operation on its destination and two operands, in a mode.
typedef void operation(V *, V *, V *, uint64_t, Out *);
static void run(operation *op, uint64_t mode, int count) {
  for (int i = 0; i < count; i++) {
    int kind = rnd() & 1;
    V a = random_vector(kind), b = random_vector(kind), c = random_vector(kind);
    if ((rnd() & 31) == 0) b = a;
    Out out = {0};
    op(&a, &b, &c, mode, &out);
    add(out.q[0]), add(out.q[1]), add(out.general), add(out.flags);
  }
}

#if defined __x86_64__
#define OP(name, text) static void name(V *d, V *s, V *t, uint64_t mode, Out *out) { \
  uint32_t in = mode; uint64_t g = 0; (void)t; \
  __asm__ volatile("movdqu %2, %%xmm1; movdqu %3, %%xmm2; ldmxcsr %4; " text "; stmxcsr %1; movdqu %%xmm1, %0" \
    : "=m"(out->q), "=m"(out->flags), "+m"(*d), "+m"(*s), "+m"(in), "+r"(g) : : "xmm1", "xmm2", "mm0", "cc", "memory"); \
  out->general = g; out->flags &= 0x3f; }
#define EACH(X) \
  X(addps, "addps %%xmm2, %%xmm1") X(addss, "addss %%xmm2, %%xmm1") X(addpd, "addpd %%xmm2, %%xmm1") \
  X(addsd, "addsd %%xmm2, %%xmm1") X(subps, "subps %%xmm2, %%xmm1") X(subss, "subss %%xmm2, %%xmm1") \
  X(subpd, "subpd %%xmm2, %%xmm1") X(subsd, "subsd %%xmm2, %%xmm1") X(mulps, "mulps %%xmm2, %%xmm1") \
  X(mulss, "mulss %%xmm2, %%xmm1") X(mulpd, "mulpd %%xmm2, %%xmm1") X(mulsd, "mulsd %%xmm2, %%xmm1") \
  X(divps, "divps %%xmm2, %%xmm1") X(divss, "divss %%xmm2, %%xmm1") X(divpd, "divpd %%xmm2, %%xmm1") \
  X(divsd, "divsd %%xmm2, %%xmm1") X(minps, "minps %%xmm2, %%xmm1") X(minss, "minss %%xmm2, %%xmm1") \
  X(minpd, "minpd %%xmm2, %%xmm1") X(minsd, "minsd %%xmm2, %%xmm1") X(maxps, "maxps %%xmm2, %%xmm1") \
  X(maxss, "maxss %%xmm2, %%xmm1") X(maxpd, "maxpd %%xmm2, %%xmm1") X(maxsd, "maxsd %%xmm2, %%xmm1") \
  X(sqrtps, "sqrtps %%xmm2, %%xmm1") X(sqrtss, "sqrtss %%xmm2, %%xmm1") X(sqrtpd, "sqrtpd %%xmm2, %%xmm1") \
  X(sqrtsd, "sqrtsd %%xmm2, %%xmm1") X(cmpeqps, "cmpeqps %%xmm2, %%xmm1") X(cmpeqss, "cmpeqss %%xmm2, %%xmm1") \
  X(cmpeqpd, "cmpeqpd %%xmm2, %%xmm1") X(cmpeqsd, "cmpeqsd %%xmm2, %%xmm1") X(cmpltps, "cmpltps %%xmm2, %%xmm1") \
  X(cmpltss, "cmpltss %%xmm2, %%xmm1") X(cmpltpd, "cmpltpd %%xmm2, %%xmm1") X(cmpltsd, "cmpltsd %%xmm2, %%xmm1") \
  X(cmpleps, "cmpleps %%xmm2, %%xmm1") X(cmpless, "cmpless %%xmm2, %%xmm1") X(cmplepd, "cmplepd %%xmm2, %%xmm1") \
  X(cmplesd, "cmplesd %%xmm2, %%xmm1") X(cmpunordps, "cmpunordps %%xmm2, %%xmm1") \
  X(cmpunordss, "cmpunordss %%xmm2, %%xmm1") X(cmpunordpd, "cmpunordpd %%xmm2, %%xmm1") \
  X(cmpunordsd, "cmpunordsd %%xmm2, %%xmm1") X(cmpneqps, "cmpneqps %%xmm2, %%xmm1") \
  X(cmpneqss, "cmpneqss %%xmm2, %%xmm1") X(cmpneqpd, "cmpneqpd %%xmm2, %%xmm1") X(cmpneqsd, "cmpneqsd %%xmm2, %%xmm1") \
  X(cmpnltps, "cmpnltps %%xmm2, %%xmm1") X(cmpnltss, "cmpnltss %%xmm2, %%xmm1") X(cmpnltpd, "cmpnltpd %%xmm2, %%xmm1") \
  X(cmpnltsd, "cmpnltsd %%xmm2, %%xmm1") X(cmpnleps, "cmpnleps %%xmm2, %%xmm1") X(cmpnless, "cmpnless %%xmm2, %%xmm1") \
  X(cmpnlepd, "cmpnlepd %%xmm2, %%xmm1") X(cmpnlesd, "cmpnlesd %%xmm2, %%xmm1") X(cmpordps, "cmpordps %%xmm2, %%xmm1") \
  X(cmpordss, "cmpordss %%xmm2, %%xmm1") X(cmpordpd, "cmpordpd %%xmm2, %%xmm1") X(cmpordsd, "cmpordsd %%xmm2, %%xmm1") \
  X(haddps, "haddps %%xmm2, %%xmm1") X(haddpd, "haddpd %%xmm2, %%xmm1") X(hsubps, "hsubps %%xmm2, %%xmm1") \
  X(hsubpd, "hsubpd %%xmm2, %%xmm1") X(addsubps, "addsubps %%xmm2, %%xmm1") X(addsubpd, "addsubpd %%xmm2, %%xmm1") \
  X(cvtps2pd, "cvtps2pd %%xmm2, %%xmm1") X(cvtpd2ps, "cvtpd2ps %%xmm2, %%xmm1") X(cvtss2sd, "cvtss2sd %%xmm2, %%xmm1") \
  X(cvtsd2ss, "cvtsd2ss %%xmm2, %%xmm1") X(cvtdq2ps, "cvtdq2ps %%xmm2, %%xmm1") X(cvtdq2pd, "cvtdq2pd %%xmm2, %%xmm1") \
  X(cvtps2dq, "cvtps2dq %%xmm2, %%xmm1") X(cvttps2dq, "cvttps2dq %%xmm2, %%xmm1") X(cvtpd2dq, "cvtpd2dq %%xmm2, %%xmm1") \
  X(cvttpd2dq, "cvttpd2dq %%xmm2, %%xmm1") X(roundps0, "roundps $0, %%xmm2, %%xmm1") \
  X(roundss0, "roundss $0, %%xmm2, %%xmm1") X(roundpd0, "roundpd $0, %%xmm2, %%xmm1") \
  X(roundsd0, "roundsd $0, %%xmm2, %%xmm1") X(roundps1, "roundps $1, %%xmm2, %%xmm1") \
  X(roundss1, "roundss $1, %%xmm2, %%xmm1") X(roundpd1, "roundpd $1, %%xmm2, %%xmm1") \
  X(roundsd1, "roundsd $1, %%xmm2, %%xmm1") X(roundps2, "roundps $2, %%xmm2, %%xmm1") \
  X(roundss2, "roundss $2, %%xmm2, %%xmm1") X(roundpd2, "roundpd $2, %%xmm2, %%xmm1") \
  X(roundsd2, "roundsd $2, %%xmm2, %%xmm1") X(roundps3, "roundps $3, %%xmm2, %%xmm1") \
  X(roundss3, "roundss $3, %%xmm2, %%xmm1") X(roundpd3, "roundpd $3, %%xmm2, %%xmm1") \
  X(roundsd3, "roundsd $3, %%xmm2, %%xmm1") X(roundps4, "roundps $4, %%xmm2, %%xmm1") \
  X(roundss4, "roundss $4, %%xmm2, %%xmm1") X(roundpd4, "roundpd $4, %%xmm2, %%xmm1") \
  X(roundsd4, "roundsd $4, %%xmm2, %%xmm1") X(roundps9, "roundps $9, %%xmm2, %%xmm1") \
  X(roundss9, "roundss $9, %%xmm2, %%xmm1") X(roundpd9, "roundpd $9, %%xmm2, %%xmm1") \
  X(roundsd9, "roundsd $9, %%xmm2, %%xmm1") X(roundps12, "roundps $12, %%xmm2, %%xmm1") \
  X(roundss12, "roundss $12, %%xmm2, %%xmm1") X(roundpd12, "roundpd $12, %%xmm2, %%xmm1") \
  X(roundsd12, "roundsd $12, %%xmm2, %%xmm1") X(dppsff, "dpps $255, %%xmm2, %%xmm1") \
  X(dpps75, "dpps $117, %%xmm2, %%xmm1") X(dppd33, "dppd $51, %%xmm2, %%xmm1") X(dppd12, "dppd $18, %%xmm2, %%xmm1") \
  X(cvtss2si_32, "cvtss2si %%xmm2, %k5") X(cvtss2si_64, "cvtss2si %%xmm2, %5") X(cvtsd2si_32, "cvtsd2si %%xmm2, %k5") \
  X(cvtsd2si_64, "cvtsd2si %%xmm2, %5") X(cvttss2si_32, "cvttss2si %%xmm2, %k5") X(cvttss2si_64, "cvttss2si %%xmm2, %5") \
  X(cvttsd2si_32, "cvttsd2si %%xmm2, %k5") X(cvttsd2si_64, "cvttsd2si %%xmm2, %5") \
  X(cvtsi2ss_32, "movq %%xmm2, %5; cvtsi2ss %k5, %%xmm1") X(cvtsi2ss_64, "movq %%xmm2, %5; cvtsi2ss %5, %%xmm1") \
  X(cvtsi2sd_32, "movq %%xmm2, %5; cvtsi2sd %k5, %%xmm1") X(cvtsi2sd_64, "movq %%xmm2, %5; cvtsi2sd %5, %%xmm1") \
  X(ucomiss, "ucomiss %%xmm2, %%xmm1; pushfq; pop %5; and $0x8d5, %5") \
  X(comiss, "comiss %%xmm2, %%xmm1; pushfq; pop %5; and $0x8d5, %5") \
  X(ucomisd, "ucomisd %%xmm2, %%xmm1; pushfq; pop %5; and $0x8d5, %5") \
  X(comisd, "comisd %%xmm2, %%xmm1; pushfq; pop %5; and $0x8d5, %5") \
  X(cvtps2pi, "cvtps2pi %%xmm2, %%mm0; movq2dq %%mm0, %%xmm1; emms") \
  X(cvttps2pi, "cvttps2pi %%xmm2, %%mm0; movq2dq %%mm0, %%xmm1; emms") \
  X(cvtpd2pi, "cvtpd2pi %%xmm2, %%mm0; movq2dq %%mm0, %%xmm1; emms") \
  X(cvttpd2pi, "cvttpd2pi %%xmm2, %%mm0; movq2dq %%mm0, %%xmm1; emms") \
  X(cvtpi2ps, "movdq2q %%xmm2, %%mm0; cvtpi2ps %%mm0, %%xmm1; emms") \
  X(cvtpi2pd, "movdq2q %%xmm2, %%mm0; cvtpi2pd %%mm0, %%xmm1; emms")

#define SUM_VECTOR 0x533306afb472354c
#define SUM_X87 0x72f8330160959f07
// The four rounding modes, FTZ, DAZ, both, inexact from before.
static const uint64_t modes[] = {0x1f80, 0x3f80, 0x5f80, 0x7f80, 0x9f80, 0x1fc0, 0x9fc0, 0xffc0, 0x1fa0, 0xbfa0};

// x87 operations on st(0) and st(1), both 80-bit numbers with any exponent.
typedef struct { uint64_t mantissa; uint16_t exponent; } Extended __attribute__((aligned(16)));
static Extended random80(void) {
  Extended x = {rnd() | 1ull << 63, rnd() & 0x8000};
  switch (rnd() & 7) {
  case 0: x.mantissa = 0; break;                                          // zero
  case 1: x.exponent |= 0x7fff; x.mantissa = 1ull << 63 | (rnd() & 1 ? 0 : rnd() >> 24); break;  // infinity, NaN
  case 2: x.mantissa = rnd() >> rnd() % 64; break;                        // denormal
  case 3: x.exponent |= rnd() % 0x7ffe + 1; break;
  case 4: x.exponent |= 0x3fff + rnd() % 64; x.mantissa &= -1ull << rnd() % 64; x.mantissa |= 1ull << 63; break;
  default: x.exponent |= 0x3fff - 70 + rnd() % 140; break;
  }
  return x;
}
#define OP87(name, text) static void name(Extended *a, Extended *b, uint16_t mode) { \
  static struct { uint16_t control, status; uint8_t tags; char more[27]; struct { uint64_t m; uint16_t e; char pad[6]; } st[8]; char rest[352]; } \
    image __attribute__((aligned(16))); \
  static uint64_t memory[2]; uint64_t g = 0; memory[0] = memory[1] = 0; \
  __asm__ volatile("fninit; fldt %3; fldt %2; fnclex; fldcw %4; " text "; fxsave %1; fninit" : "+m"(memory), "=m"(image) \
    : "m"(*a), "m"(*b), "m"(mode), "r"(memory), "r"(g) : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc"); \
  for (int i = 0; i < 3; i++) if (image.tags >> (((image.status >> 11 & 7) + i) & 7) & 1) add(image.st[i].m), add(image.st[i].e); \
  add(image.status & 0xfdff); add(memory[0]); add(memory[1]); }
#define EACH87(X) \
  X(x_fadd, "fadd %%st(1), %%st") X(x_fsub, "fsub %%st(1), %%st") X(x_fsubr, "fsubr %%st(1), %%st") \
  X(x_fmul, "fmul %%st(1), %%st") X(x_fdiv, "fdiv %%st(1), %%st") X(x_fdivr, "fdivr %%st(1), %%st") X(x_faddp, "faddp") \
  X(x_fsubp, "fsubp") X(x_fmulp, "fmulp") X(x_fdivp, "fdivp") X(x_fsqrt, "fsqrt") X(x_frndint, "frndint") \
  X(x_fscale, "fscale") X(x_fxtract, "fxtract") X(x_fprem, "fprem") X(x_fprem1, "fprem1") X(x_fabs, "fabs") \
  X(x_fchs, "fchs") X(x_fcompp, "fcompp") X(x_ftst, "ftst") X(x_fxam, "fxam") X(x_fcom, "fcom %%st(1)") \
  X(x_fucom, "fucom %%st(1)") X(x_fists, "fistps (%5)") X(x_fistl, "fistpl (%5)") X(x_fistll, "fistpll (%5)") \
  X(x_fisttll, "fisttpll (%5)") X(x_fsts, "fstps (%5)") X(x_fstl, "fstpl (%5)") X(x_fbstp, "fbstp (%5)") \
  X(x_flds, "flds %2") X(x_fldl, "fldl %2") X(x_fildll, "fildll %2") X(x_faddl, "faddl %2") X(x_fiaddl, "fiaddl %2") \
  X(x_fdivl, "fdivl %2") X(x_fcoms, "fcoms %2")

static const uint16_t modes87[] = {0x37f, 0x77f, 0xb7f, 0xf7f, 0x27f, 0x07f, 0x67f, 0x87f};

EACH87(OP87)
static void more(void) {
  static const struct { const char *name; void (*op)(Extended *, Extended *, uint16_t); } ops[] = {
#define ROW(name, text) {#name, name},
    EACH87(ROW)
  };
  for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++)
    for (unsigned m = 0; m < sizeof modes87 / sizeof *modes87; m++)
      for (int k = 0; k < 20; k++) {
        Extended a = random80(), b = random80();
        if ((rnd() & 15) == 0) b.exponent = (b.exponent & 0x8000) | ((a.exponent + 3 - rnd() % 7) & 0x7fff), b.mantissa |= 1ull << 63;
        ops[i].op(&a, &b, modes87[m]);
      }
  STEP("x87");
  EQ(sum, SUM_X87);
}
#elif defined __aarch64__
#define OP(name, text) static void name(V *d, V *s, V *t, uint64_t mode, Out *out) { uint64_t flags, g = 0; \
  __asm__ volatile("msr fpsr, xzr; msr fpcr, %3; ldr q0, [%4]; ldr q1, [%5]; ldr q2, [%6]; " text "; mrs %0, fpsr; msr fpcr, xzr; str q0, [%7]" \
    : "=&r"(flags), "+&r"(g), "+m"(out->q) : "r"(mode), "r"(d), "r"(s), "r"(t), "r"(out->q) : "v0", "v1", "v2", "cc", "memory"); \
  out->general = g; out->flags = flags; }
#define EACH(X) \
  X(fadd_s, "fadd s0, s1, s2") X(fadd_d, "fadd d0, d1, d2") X(fadd_4s, "fadd v0.4s, v1.4s, v2.4s") \
  X(fadd_2d, "fadd v0.2d, v1.2d, v2.2d") X(fsub_s, "fsub s0, s1, s2") X(fsub_d, "fsub d0, d1, d2") \
  X(fsub_4s, "fsub v0.4s, v1.4s, v2.4s") X(fsub_2d, "fsub v0.2d, v1.2d, v2.2d") X(fmul_s, "fmul s0, s1, s2") \
  X(fmul_d, "fmul d0, d1, d2") X(fmul_4s, "fmul v0.4s, v1.4s, v2.4s") X(fmul_2d, "fmul v0.2d, v1.2d, v2.2d") \
  X(fdiv_s, "fdiv s0, s1, s2") X(fdiv_d, "fdiv d0, d1, d2") X(fdiv_4s, "fdiv v0.4s, v1.4s, v2.4s") \
  X(fdiv_2d, "fdiv v0.2d, v1.2d, v2.2d") X(fmax_s, "fmax s0, s1, s2") X(fmax_d, "fmax d0, d1, d2") \
  X(fmax_4s, "fmax v0.4s, v1.4s, v2.4s") X(fmax_2d, "fmax v0.2d, v1.2d, v2.2d") X(fmin_s, "fmin s0, s1, s2") \
  X(fmin_d, "fmin d0, d1, d2") X(fmin_4s, "fmin v0.4s, v1.4s, v2.4s") X(fmin_2d, "fmin v0.2d, v1.2d, v2.2d") \
  X(fmaxnm_s, "fmaxnm s0, s1, s2") X(fmaxnm_d, "fmaxnm d0, d1, d2") X(fmaxnm_4s, "fmaxnm v0.4s, v1.4s, v2.4s") \
  X(fmaxnm_2d, "fmaxnm v0.2d, v1.2d, v2.2d") X(fminnm_s, "fminnm s0, s1, s2") X(fminnm_d, "fminnm d0, d1, d2") \
  X(fminnm_4s, "fminnm v0.4s, v1.4s, v2.4s") X(fminnm_2d, "fminnm v0.2d, v1.2d, v2.2d") X(fabd_s, "fabd s0, s1, s2") \
  X(fabd_d, "fabd d0, d1, d2") X(fabd_4s, "fabd v0.4s, v1.4s, v2.4s") X(fabd_2d, "fabd v0.2d, v1.2d, v2.2d") \
  X(fmulx_s, "fmulx s0, s1, s2") X(fmulx_d, "fmulx d0, d1, d2") X(fmulx_4s, "fmulx v0.4s, v1.4s, v2.4s") \
  X(fmulx_2d, "fmulx v0.2d, v1.2d, v2.2d") X(frecps_s, "frecps s0, s1, s2") X(frecps_d, "frecps d0, d1, d2") \
  X(frecps_4s, "frecps v0.4s, v1.4s, v2.4s") X(frecps_2d, "frecps v0.2d, v1.2d, v2.2d") \
  X(frsqrts_s, "frsqrts s0, s1, s2") X(frsqrts_d, "frsqrts d0, d1, d2") X(frsqrts_4s, "frsqrts v0.4s, v1.4s, v2.4s") \
  X(frsqrts_2d, "frsqrts v0.2d, v1.2d, v2.2d") X(facge_s, "facge s0, s1, s2") X(facge_d, "facge d0, d1, d2") \
  X(facge_4s, "facge v0.4s, v1.4s, v2.4s") X(facge_2d, "facge v0.2d, v1.2d, v2.2d") X(fcmeq_s, "fcmeq s0, s1, s2") \
  X(fcmeq_d, "fcmeq d0, d1, d2") X(fcmeq_4s, "fcmeq v0.4s, v1.4s, v2.4s") X(fcmeq_2d, "fcmeq v0.2d, v1.2d, v2.2d") \
  X(fcmge_s, "fcmge s0, s1, s2") X(fcmge_d, "fcmge d0, d1, d2") X(fcmge_4s, "fcmge v0.4s, v1.4s, v2.4s") \
  X(fcmge_2d, "fcmge v0.2d, v1.2d, v2.2d") X(fcmgt_s, "fcmgt s0, s1, s2") X(fcmgt_d, "fcmgt d0, d1, d2") \
  X(fcmgt_4s, "fcmgt v0.4s, v1.4s, v2.4s") X(fcmgt_2d, "fcmgt v0.2d, v1.2d, v2.2d") \
  X(faddp_4s, "faddp v0.4s, v1.4s, v2.4s") X(faddp_2d, "faddp v0.2d, v1.2d, v2.2d") \
  X(fmaxp_4s, "fmaxp v0.4s, v1.4s, v2.4s") X(fmaxp_2d, "fmaxp v0.2d, v1.2d, v2.2d") \
  X(fminnmp_4s, "fminnmp v0.4s, v1.4s, v2.4s") X(fminnmp_2d, "fminnmp v0.2d, v1.2d, v2.2d") \
  X(fmla_4s, "fmla v0.4s, v1.4s, v2.4s") X(fmla_2d, "fmla v0.2d, v1.2d, v2.2d") X(fmls_4s, "fmls v0.4s, v1.4s, v2.4s") \
  X(fmls_2d, "fmls v0.2d, v1.2d, v2.2d") X(fsqrt_s, "fsqrt s0, s1") X(fsqrt_d, "fsqrt d0, d1") \
  X(fsqrt_4s, "fsqrt v0.4s, v1.4s") X(fsqrt_2d, "fsqrt v0.2d, v1.2d") X(frinta_s, "frinta s0, s1") \
  X(frinta_d, "frinta d0, d1") X(frinta_4s, "frinta v0.4s, v1.4s") X(frinta_2d, "frinta v0.2d, v1.2d") \
  X(frinti_s, "frinti s0, s1") X(frinti_d, "frinti d0, d1") X(frinti_4s, "frinti v0.4s, v1.4s") \
  X(frinti_2d, "frinti v0.2d, v1.2d") X(frintm_s, "frintm s0, s1") X(frintm_d, "frintm d0, d1") \
  X(frintm_4s, "frintm v0.4s, v1.4s") X(frintm_2d, "frintm v0.2d, v1.2d") X(frintn_s, "frintn s0, s1") \
  X(frintn_d, "frintn d0, d1") X(frintn_4s, "frintn v0.4s, v1.4s") X(frintn_2d, "frintn v0.2d, v1.2d") \
  X(frintp_s, "frintp s0, s1") X(frintp_d, "frintp d0, d1") X(frintp_4s, "frintp v0.4s, v1.4s") \
  X(frintp_2d, "frintp v0.2d, v1.2d") X(frintx_s, "frintx s0, s1") X(frintx_d, "frintx d0, d1") \
  X(frintx_4s, "frintx v0.4s, v1.4s") X(frintx_2d, "frintx v0.2d, v1.2d") X(frintz_s, "frintz s0, s1") \
  X(frintz_d, "frintz d0, d1") X(frintz_4s, "frintz v0.4s, v1.4s") X(frintz_2d, "frintz v0.2d, v1.2d") \
  X(fcvtzs_s, "fcvtzs s0, s1") X(fcvtzs_d, "fcvtzs d0, d1") X(fcvtzs_4s, "fcvtzs v0.4s, v1.4s") \
  X(fcvtzs_2d, "fcvtzs v0.2d, v1.2d") X(fcvtzu_s, "fcvtzu s0, s1") X(fcvtzu_d, "fcvtzu d0, d1") \
  X(fcvtzu_4s, "fcvtzu v0.4s, v1.4s") X(fcvtzu_2d, "fcvtzu v0.2d, v1.2d") X(fcvtns_s, "fcvtns s0, s1") \
  X(fcvtns_d, "fcvtns d0, d1") X(fcvtns_4s, "fcvtns v0.4s, v1.4s") X(fcvtns_2d, "fcvtns v0.2d, v1.2d") \
  X(fcvtau_s, "fcvtau s0, s1") X(fcvtau_d, "fcvtau d0, d1") X(fcvtau_4s, "fcvtau v0.4s, v1.4s") \
  X(fcvtau_2d, "fcvtau v0.2d, v1.2d") X(fcvtms_s, "fcvtms s0, s1") X(fcvtms_d, "fcvtms d0, d1") \
  X(fcvtms_4s, "fcvtms v0.4s, v1.4s") X(fcvtms_2d, "fcvtms v0.2d, v1.2d") X(fcvtpu_s, "fcvtpu s0, s1") \
  X(fcvtpu_d, "fcvtpu d0, d1") X(fcvtpu_4s, "fcvtpu v0.4s, v1.4s") X(fcvtpu_2d, "fcvtpu v0.2d, v1.2d") \
  X(scvtf_s, "scvtf s0, s1") X(scvtf_d, "scvtf d0, d1") X(scvtf_4s, "scvtf v0.4s, v1.4s") \
  X(scvtf_2d, "scvtf v0.2d, v1.2d") X(ucvtf_s, "ucvtf s0, s1") X(ucvtf_d, "ucvtf d0, d1") \
  X(ucvtf_4s, "ucvtf v0.4s, v1.4s") X(ucvtf_2d, "ucvtf v0.2d, v1.2d") X(frecpe_s, "frecpe s0, s1") \
  X(frecpe_d, "frecpe d0, d1") X(frsqrte_s, "frsqrte s0, s1") X(frsqrte_d, "frsqrte d0, d1") X(frecpx_s, "frecpx s0, s1") \
  X(frecpx_d, "frecpx d0, d1") X(fmadd_s, "fmadd s0, s1, s2, s0") X(fmadd_d, "fmadd d0, d1, d2, d0") \
  X(fmsub_s, "fmsub s0, s1, s2, s0") X(fmsub_d, "fmsub d0, d1, d2, d0") X(fnmadd_s, "fnmadd s0, s1, s2, s0") \
  X(fnmadd_d, "fnmadd d0, d1, d2, d0") X(fnmsub_s, "fnmsub s0, s1, s2, s0") X(fnmsub_d, "fnmsub d0, d1, d2, d0") \
  X(cvt_sd, "fcvt d0, s1") X(cvt_ds, "fcvt s0, d1") X(cvt_hs, "fcvt s0, h1") X(cvt_sh, "fcvt h0, s1") \
  X(cvt_hd, "fcvt d0, h1") X(cvt_dh, "fcvt h0, d1") X(fcvtl, "fcvtl v0.4s, v1.4h") X(fcvtn, "fcvtn v0.4h, v1.4s") \
  X(fcvtxn, "fcvtxn v0.2s, v1.2d") X(zs_wd, "fcvtzs %w1, d1") X(zs_xd, "fcvtzs %x1, d1") X(zu_ws, "fcvtzu %w1, s1") \
  X(as_xd, "fcvtas %x1, d1") X(zs_fixed, "fcvtzs %x1, d1, #13") X(scvtf_x, "fmov %x1, d1; scvtf d0, %x1") \
  X(ucvtf_fixed, "fmov %x1, d1; ucvtf s0, %x1, #7") X(fcmp, "fcmp d1, d2; mrs %1, nzcv") \
  X(fcmpe, "fcmpe s1, s2; mrs %1, nzcv") X(fmul_lane, "fmul v0.4s, v1.4s, v2.s[2]") X(fmla_lane, "fmla d0, d1, v2.d[1]") \
  X(fmaxnmv, "fmaxnmv s0, v1.4s") X(urecpe, "urecpe v0.4s, v1.4s") X(ursqrte, "ursqrte v0.4s, v1.4s") \
  X(sqadd, "sqadd v0.8h, v1.8h, v2.8h") X(sqdmull, "sqdmull v0.2d, v1.2s, v2.2s")

#define SUM_VECTOR 0x394d9796aa248a4a
// The four rounding modes, FZ, DN, AHP, all of them.
static const uint64_t modes[] = {0, 1 << 22, 2 << 22, 3 << 22, 1 << 24, 1 << 25, 1 << 26, 7 << 24 | 1 << 22};
static void more(void) {}
#elif defined __riscv
// Doubles are in f0 to f2, floats in f3 to f5; an instruction for floats that takes f0, f1 or f2 finds none there.
#define OP(name, text) static void name(V *d, V *s, V *t, uint64_t mode, Out *out) { uint64_t flags, g = 0; \
  __asm__ volatile("fld f0, (%[d]); fld f1, (%[s]); fld f2, (%[t]); flw f3, 8(%[d]); flw f4, 8(%[s]); flw f5, 8(%[t]); " \
                   "fscsr %[mode]; " text "; fscsr %[flags], zero; fsd f0, (%[out]); fsd f3, 8(%[out])" \
    : [flags] "=&r"(flags), [g] "+&r"(g) : [mode] "r"(mode), [d] "r"(d), [s] "r"(s), [t] "r"(t), [out] "r"(out->q) \
    : "f0", "f1", "f2", "f3", "f4", "f5", "memory"); \
  out->general = g; out->flags = flags; }
#define EACH(X) \
  X(fadd_d, "fadd.d f0, f1, f2") X(fsub_d, "fsub.d f0, f1, f2") X(fmul_d, "fmul.d f0, f1, f2") \
  X(fdiv_d, "fdiv.d f0, f1, f2") X(fmin_d, "fmin.d f0, f1, f2") X(fmax_d, "fmax.d f0, f1, f2") \
  X(fsqrt_d, "fsqrt.d f0, f1") X(fmadd_d, "fmadd.d f0, f1, f2, f0") X(fmsub_d, "fmsub.d f0, f1, f2, f0") \
  X(fnmadd_d, "fnmadd.d f0, f1, f2, f0") X(fnmsub_d, "fnmsub.d f0, f1, f2, f0") X(fsgnj_d, "fsgnj.d f0, f1, f2") \
  X(fsgnjn_d, "fsgnjn.d f0, f1, f2") X(fsgnjx_d, "fsgnjx.d f0, f1, f2") X(feq_d, "feq.d %[g], f1, f2") \
  X(flt_d, "flt.d %[g], f1, f2") X(fle_d, "fle.d %[g], f1, f2") X(fclass_d, "fclass.d %[g], f1") \
  X(fcvt_w_d, "fcvt.w.d %[g], f1") X(fcvt_w_d_rtz, "fcvt.w.d %[g], f1, rtz") \
  X(fcvt_d_w, "fmv.x.d %[g], f1; fcvt.d.w f0, %[g]") X(fcvt_wu_d, "fcvt.wu.d %[g], f1") \
  X(fcvt_wu_d_rtz, "fcvt.wu.d %[g], f1, rtz") X(fcvt_d_wu, "fmv.x.d %[g], f1; fcvt.d.wu f0, %[g]") \
  X(fcvt_l_d, "fcvt.l.d %[g], f1") X(fcvt_l_d_rtz, "fcvt.l.d %[g], f1, rtz") \
  X(fcvt_d_l, "fmv.x.d %[g], f1; fcvt.d.l f0, %[g]") X(fcvt_lu_d, "fcvt.lu.d %[g], f1") \
  X(fcvt_lu_d_rtz, "fcvt.lu.d %[g], f1, rtz") X(fcvt_d_lu, "fmv.x.d %[g], f1; fcvt.d.lu f0, %[g]") \
  X(fadd_s, "fadd.s f3, f4, f5") X(fsub_s, "fsub.s f3, f4, f5") X(fmul_s, "fmul.s f3, f4, f5") \
  X(fdiv_s, "fdiv.s f3, f4, f5") X(fmin_s, "fmin.s f3, f4, f5") X(fmax_s, "fmax.s f3, f4, f5") \
  X(fsqrt_s, "fsqrt.s f3, f4") X(fmadd_s, "fmadd.s f3, f4, f5, f3") X(fmsub_s, "fmsub.s f3, f4, f5, f3") \
  X(fnmadd_s, "fnmadd.s f3, f4, f5, f3") X(fnmsub_s, "fnmsub.s f3, f4, f5, f3") X(fsgnj_s, "fsgnj.s f3, f4, f5") \
  X(fsgnjn_s, "fsgnjn.s f3, f4, f5") X(fsgnjx_s, "fsgnjx.s f3, f4, f5") X(feq_s, "feq.s %[g], f4, f5") \
  X(flt_s, "flt.s %[g], f4, f5") X(fle_s, "fle.s %[g], f4, f5") X(fclass_s, "fclass.s %[g], f4") \
  X(fcvt_w_s, "fcvt.w.s %[g], f4") X(fcvt_w_s_rtz, "fcvt.w.s %[g], f4, rtz") \
  X(fcvt_s_w, "fmv.x.d %[g], f1; fcvt.s.w f3, %[g]") X(fcvt_wu_s, "fcvt.wu.s %[g], f4") \
  X(fcvt_wu_s_rtz, "fcvt.wu.s %[g], f4, rtz") X(fcvt_s_wu, "fmv.x.d %[g], f1; fcvt.s.wu f3, %[g]") \
  X(fcvt_l_s, "fcvt.l.s %[g], f4") X(fcvt_l_s_rtz, "fcvt.l.s %[g], f4, rtz") \
  X(fcvt_s_l, "fmv.x.d %[g], f1; fcvt.s.l f3, %[g]") X(fcvt_lu_s, "fcvt.lu.s %[g], f4") \
  X(fcvt_lu_s_rtz, "fcvt.lu.s %[g], f4, rtz") X(fcvt_s_lu, "fmv.x.d %[g], f1; fcvt.s.lu f3, %[g]") \
  X(fadd_rne, "fadd.d f0, f1, f2, rne") X(fmul_rne, "fmul.s f3, f4, f5, rne") X(fadd_rtz, "fadd.d f0, f1, f2, rtz") \
  X(fmul_rtz, "fmul.s f3, f4, f5, rtz") X(fadd_rdn, "fadd.d f0, f1, f2, rdn") X(fmul_rdn, "fmul.s f3, f4, f5, rdn") \
  X(fadd_rup, "fadd.d f0, f1, f2, rup") X(fmul_rup, "fmul.s f3, f4, f5, rup") X(fadd_rmm, "fadd.d f0, f1, f2, rmm") \
  X(fmul_rmm, "fmul.s f3, f4, f5, rmm") X(fcvt_s_d, "fcvt.s.d f3, f1") X(fcvt_s_d_rdn, "fcvt.s.d f3, f1, rdn") \
  X(fcvt_d_s, "fcvt.d.s f0, f4") X(fadd_box, "fadd.s f3, f1, f5") X(fmin_box, "fmin.s f3, f1, f5") \
  X(fmadd_box, "fmadd.s f3, f4, f5, f0") X(fsgnjx_box, "fsgnjx.s f3, f1, f4") X(feq_box, "feq.s %[g], f1, f1") \
  X(fclass_box, "fclass.s %[g], f1") X(fcvt_box, "fcvt.d.s f0, f1") X(fcvt_w_box, "fcvt.w.s %[g], f1") \
  X(fmv_box, "fmv.x.w %[g], f1; fmv.w.x f3, %[g]") X(fsw_box, "fsw f1, (%[out]); flw f3, (%[out])") \
  X(inf_times_zero, "li %[g], 0x7ff0000000000000; fmv.d.x f1, %[g]; fmv.d.x f2, zero; fmadd.d f0, f1, f2, f0") \
  X(hardly_tiny, "li %[g], 0x380fffffffffffff; fmv.d.x f1, %[g]; fcvt.s.d f3, f1")

#define SUM_VECTOR 0xe0d75817053bbe08
// The five rounding modes, and flags from before.
static const uint64_t modes[] = {0, 1 << 5, 2 << 5, 3 << 5, 4 << 5, 0x1f, 3 << 5 | 0x10};
static void more(void) {}
#endif

EACH(OP)
int main(void) {
  static const struct { const char *name; operation *op; } ops[] = {
#undef ROW
#define ROW(name, text) {#name, name},
    EACH(ROW)
  };
  for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++)
    for (unsigned m = 0; m < sizeof modes / sizeof *modes; m++) run(ops[i].op, modes[m], 20);
  STEP("vector unit");
  EQ(sum, SUM_VECTOR);
  PART(more());
  return 0;
}

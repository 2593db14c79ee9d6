// The x87 unit and MXCSR by hand: stack, control word, precision, environment, FXSAVE, BCD, 80-bit values. AArch64: FPCR, FPSR.
#include "check.h"

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
#else
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
#endif
  return 0;
}

// BUILD: -lm -frounding-math
// Floating point: rounding modes by fenv, exception flags, NaN, infinity, denormals, conversions, square root, long double.
#include "fault.h"
#include <fenv.h>
#include <math.h>

// Divides here and now: nothing that a compiler could know beforehand or move.
static double divide(double a, double b) {
  __asm__ volatile("" : "+m"(a), "+m"(b));
  double quotient = a / b;
  __asm__ volatile("" : "+m"(quotient));
  return quotient;
}
static uint64_t bits(double d) { uint64_t u; memcpy(&u, &d, 8); return u; }

int main(void) {
  static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  static const uint64_t third[] = {0x3fd5555555555555, 0x3fd5555555555555, 0x3fd5555555555556, 0x3fd5555555555555};
  static const uint64_t minus[] = {0xbfd5555555555555, 0xbfd5555555555556, 0xbfd5555555555555, 0xbfd5555555555555};
  static const int whole[] = {2, 2, 3, 2}, negative[] = {-2, -3, -2, -2};
  for (int i = 0; i < 4; i++) {
    EQ(fesetround(modes[i]), 0);
    EQ(fegetround(), modes[i]);
    EQ(bits(divide(1, 3)), third[i]);
    EQ(bits(divide(-1, 3)), minus[i]);
    volatile double half = 2.5;
    EQ(lrint(half), whole[i]);
    EQ(lrint(-half), negative[i]);
    volatile float big = 16777217.0;
    volatile double exact = 16777217.0;
    float narrowed = (float)exact;
    CHECK(narrowed == (modes[i] == FE_UPWARD ? 16777218.0f : 16777216.0f));
    (void)big;
  }
  fesetround(FE_TONEAREST);
  STEP("four rounding modes");

  feclearexcept(FE_ALL_EXCEPT);
  CHECK(isinf(divide(1, 0)));
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO);
  feclearexcept(FE_ALL_EXCEPT);
  CHECK(isnan(divide(0, 0)));
  EQ(fetestexcept(FE_ALL_EXCEPT) & (FE_INVALID | FE_DIVBYZERO), FE_INVALID);
  feclearexcept(FE_ALL_EXCEPT);
  divide(1, 3);
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_INEXACT);
  feclearexcept(FE_ALL_EXCEPT);
  CHECK(isinf(divide(1e308, 1e-10)));
  EQ(fetestexcept(FE_OVERFLOW), FE_OVERFLOW);
  feclearexcept(FE_ALL_EXCEPT);
  CHECK(divide(1e-308, 1e10) > 0);
  EQ(fetestexcept(FE_UNDERFLOW), FE_UNDERFLOW);
  STEP("exception flags");

  // They add up, and belong to the thread: they are there when it comes back from a system call.
  feclearexcept(FE_ALL_EXCEPT);
  fesetround(FE_UPWARD);
  divide(1, 0);
  STEP("one flag is set");
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO);
  divide(1, 3);
  STEP("two flags are set");
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_DIVBYZERO | FE_INEXACT);
  EQ(fegetround(), FE_UPWARD);
  fesetround(FE_TONEAREST);
  feraiseexcept(FE_OVERFLOW);
  CHECK(fetestexcept(FE_ALL_EXCEPT) & FE_OVERFLOW);
  feclearexcept(FE_DIVBYZERO);
  EQ(fetestexcept(FE_DIVBYZERO | FE_INEXACT), FE_INEXACT);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double half = 2.5;
  long whole_half = lrint(half);
  BARRIER();
  EQ(whole_half, 2);
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_INEXACT);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double nothing = NAN;
  volatile int compared = nothing == 1;
  EQ(compared, 0);
  EQ(fetestexcept(FE_ALL_EXCEPT), 0);
  compared = nothing < 1;
  EQ(compared, 0);
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_INVALID);
  fenv_t kept;
  feholdexcept(&kept);
  EQ(fetestexcept(FE_ALL_EXCEPT), 0);
  divide(1e308, 1e-10);
  feupdateenv(&kept);
  EQ(fetestexcept(FE_ALL_EXCEPT), FE_INVALID | FE_OVERFLOW | FE_INEXACT);
  STEP("exception flags add up");

#if defined __x86_64__
  // Exceptions that are not masked are signals. AArch64 processors need not offer that, and few do; RISC-V has none.
  catch_faults();
  static const struct { int except; double a, b; int code; } traps[] = {
    {FE_DIVBYZERO, 1, 0, FPE_FLTDIV}, {FE_INVALID, 0, 0, FPE_FLTINV}, {FE_OVERFLOW, 1e308, 1e-10, FPE_FLTOVF},
    {FE_UNDERFLOW, 1e-308, 1e10, FPE_FLTUND}, {FE_INEXACT, 1, 3, FPE_FLTRES},
  };
  for (unsigned i = 0; i < sizeof traps / sizeof *traps; i++) {
    feclearexcept(FE_ALL_EXCEPT);
    EQ(feenableexcept(traps[i].except), 0);
    EQ(fegetexcept(), traps[i].except);
    NO_FAULT(divide(4, 2));
    struct fault f = FAULT(divide(traps[i].a, traps[i].b));
    EQ(f.signo, SIGFPE);
    EQ(f.code, traps[i].code);
    EQ(fegetexcept(), 0);  // a handler begins with the unit as a new program has it
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(traps[i].except);
    STEP("exception %u is a signal", i);
    EQ(fegetexcept(), traps[i].except);
    f = FAULT(({ volatile long double q = traps[i].a; q /= (long double)traps[i].b; volatile double d = q; (void)d; __asm__ volatile("fwait"); }));
    EQ(f.signo, SIGFPE);
    EQ(f.code, traps[i].code);
    fedisableexcept(FE_ALL_EXCEPT);
  }
  feclearexcept(FE_ALL_EXCEPT);
#endif
  STEP("exceptions as signals");

  EQ(bits(divide(4.9406564584124654e-324, 2)), 0);
  EQ(bits(divide(4.9406564584124654e-324, 1)), 1);
  EQ(bits(divide(2.2250738585072014e-308, 4)), 0x4000000000000);
  volatile double two = 2, nan_value = NAN, huge = 1e300, none = -0.0;
  EQ(bits(sqrt(two)), 0x3ff6a09e667f3bcd);
  CHECK(nan_value != nan_value && !(nan_value < two) && !(nan_value >= two));
  CHECK(signbit(none) && none == 0);
  EQ(bits(fma(two, 0.1, -0.2)), bits(fma(two, 0.1, -0.2)));
  EQ(bits(fma(0.1, 10, -1)), 0x3c90000000000000);
  EQ((int64_t)(volatile double)-1.9, -1);
#if defined __x86_64__
  EQ((int64_t)huge, INT64_MIN);  // "integer indefinite"
#else
  EQ((int64_t)huge, INT64_MAX);  // saturates
#endif
  volatile uint64_t u = 0xfffffffffffff800;
  EQ(bits((double)u), 0x43efffffffffffff);
  STEP("denormals, NaN, conversions");

  volatile long double l = 1;
  l /= 3;
  char text[64];
  snprintf(text, sizeof text, "%.25Lf", l);
#if defined __x86_64__
  STREQ(text, "0.3333333333333333333423684");  // x87, 64 bits
#else
  STREQ(text, "0.3333333333333333333333333");  // quad, in software
#endif
  volatile double x = 0.7;
  snprintf(text, sizeof text, "%.17g %.17g %.17g", sin(x), exp(x), log(x));
  STREQ(text, "0.64421768723769102 2.0137527074704766 -0.35667494393873245");
  double sum = 0;
  for (int i = 1; i < 20000; i++) sum += sin(i) / sqrt(i) + pow(i, -1.1);
  STEP("long double, libm: %016lx", bits(sum));
  return 0;
}

// Integer arithmetic at its edges: flags, carries, wide multiply and divide, shifts and rotates, bit counts, string instructions.
#include "check.h"

#if defined __x86_64__
static unsigned flags_add(uint64_t a, uint64_t b) {
  unsigned long f;
  __asm__("add %2, %1; pushf; pop %0" : "=r"(f), "+r"(a) : "r"(b) : "cc");
  return f & 0x8d5;
}
static unsigned flags_sub(uint64_t a, uint64_t b) {
  unsigned long f;
  __asm__("sub %2, %1; pushf; pop %0" : "=r"(f), "+r"(a) : "r"(b) : "cc");
  return f & 0x8d5;
}
enum { CF = 1, PF = 4, AF = 16, ZF = 64, SF = 128, OF = 2048 };
#elif defined __aarch64__
static unsigned flags_add(uint64_t a, uint64_t b) {
  uint64_t f;
  __asm__("adds xzr, %1, %2; mrs %0, nzcv" : "=r"(f) : "r"(a), "r"(b) : "cc");
  return f >> 28;
}
static unsigned flags_sub(uint64_t a, uint64_t b) {
  uint64_t f;
  __asm__("subs xzr, %1, %2; mrs %0, nzcv" : "=r"(f) : "r"(a), "r"(b) : "cc");
  return f >> 28;
}
enum { V = 1, C = 2, Z = 4, N = 8 };
#elif defined __riscv
// There are no flags; comparisons tell what they would be.
static unsigned flags_add(uint64_t a, uint64_t b) {
  uint64_t v, c, z, n;
  __asm__("add %3, %4, %5; slt %0, %3, %4; slti %2, %5, 0; xor %0, %0, %2; sltu %1, %3, %4; seqz %2, %3; sltz %3, %3"
          : "=&r"(v), "=&r"(c), "=&r"(z), "=&r"(n) : "r"(a), "r"(b));
  return v | c << 1 | z << 2 | n << 3;
}
static unsigned flags_sub(uint64_t a, uint64_t b) {
  uint64_t v, c, z, n;
  __asm__("sub %3, %4, %5; slt %0, %4, %5; slti %2, %3, 0; xor %0, %0, %2; sltu %1, %4, %5; xori %1, %1, 1; seqz %2, %3; sltz %3, %3"
          : "=&r"(v), "=&r"(c), "=&r"(z), "=&r"(n) : "r"(a), "r"(b));
  return v | c << 1 | z << 2 | n << 3;
}
enum { V = 1, C = 2, Z = 4, N = 8 };
#endif

int main(void) {
  static const uint64_t edge[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ~0ull};
  for (int i = 0; i < 12; i++)
    for (int j = 0; j < 12; j++) {
      uint64_t a = edge[i], b = edge[j], s = a + b, d = a - b;
      int add_over = (~(a ^ b) & (a ^ s)) >> 63, sub_over = ((a ^ b) & (a ^ d)) >> 63;
#if defined __x86_64__
      EQ(flags_add(a, b), (s < a ? CF : 0) | (__builtin_parity(s & 255) ? 0 : PF) | ((a ^ b ^ s) & 16 ? AF : 0) | (s ? 0 : ZF) |
                              (s >> 63 ? SF : 0) | (add_over ? OF : 0));
      EQ(flags_sub(a, b), (a < b ? CF : 0) | (__builtin_parity(d & 255) ? 0 : PF) | ((a ^ b ^ d) & 16 ? AF : 0) | (d ? 0 : ZF) |
                              (d >> 63 ? SF : 0) | (sub_over ? OF : 0));
#else
      EQ(flags_add(a, b), (s < a ? C : 0) | (s ? 0 : Z) | (s >> 63 ? N : 0) | (add_over ? V : 0));
      EQ(flags_sub(a, b), (a >= b ? C : 0) | (d ? 0 : Z) | (d >> 63 ? N : 0) | (sub_over ? V : 0));
#endif
    }
  STEP("flags of 144 additions and subtractions");

  uint64_t sum = 0;
  for (int i = 0; i < 3000; i++) {
    volatile uint64_t a = mix64(i), b = mix64(i + 7) | 1;
    unsigned __int128 wide = (unsigned __int128)a * b;
    __int128 swide = (__int128)(int64_t)a * (int64_t)b;
    EQ((uint64_t)(wide / b), a);
    EQ((uint64_t)(wide % b), 0);
    CHECK(swide / (int64_t)b == (int64_t)a);
    EQ(a / b * b + a % b, a);
    int64_t sa = a, sb = (int32_t)b | 1;
    EQ(sa / sb * sb + sa % sb, sa);
    unsigned n = b & 63;
    EQ(n ? a << n | a >> (64 - n) : a, __builtin_bswap64(__builtin_bswap64(n ? a << n | a >> (64 - n) : a)));
    sum += (uint64_t)(wide >> 64) ^ (a >> n) ^ (uint64_t)((int64_t)a >> n) ^ __builtin_popcountll(a) ^ __builtin_clzll(b) ^ __builtin_ctzll(a | 1ull << 63);
    sum = sum * 3 + (uint32_t)(a * b) + (int16_t)a * (int8_t)b;
  }
  STEP("multiply, divide, shift: %016lx", sum);

#if defined __x86_64__
  char from[300], to[300];
  for (int i = 0; i < 300; i++) from[i] = i, to[i] = 0;
  void *d = to, *s = from;
  long n = 299;
  __asm__ volatile("cld; rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
  EQ(n, 0);
  EQ((char *)d - to, 299);
  d = to + 298, s = to + 297, n = 298;
  __asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(n) : : "memory");  // overlapping, downwards
  for (int i = 1; i < 299; i++) EQ((unsigned char)to[i], (i - 1) & 255);
  d = to, n = 300;
  __asm__ volatile("repne scasb" : "+D"(d), "+c"(n) : "a"(9) : "memory", "cc");
  EQ((char *)d - to, 11);
  d = to, n = 30;
  __asm__ volatile("rep stosq" : "+D"(d), "+c"(n) : "a"(0x0101010101010101) : "memory");
  for (int i = 0; i < 240; i++) EQ(to[i], 1);
  uint32_t eax = 0xffffffff;
  uint64_t high = 0xffffffffffffffff;
  __asm__("mov %1, %k0" : "+r"(high) : "r"(eax + 2));
  EQ(high, 1);  // 32-bit writes clear the upper half
#elif defined __aarch64__
  uint64_t r, a = 0x0123456789abcdef;
  __asm__("rbit %0, %1" : "=r"(r) : "r"(a));
  EQ(r, 0xf7b3d591e6a2c480);
  __asm__("extr %0, %1, %1, #20" : "=r"(r) : "r"(a));
  EQ(r, 0xbcdef0123456789a);
  __asm__("ubfx %0, %1, #12, #20" : "=r"(r) : "r"(a));
  EQ(r, 0x89abc);
  __asm__("umulh %0, %1, %1" : "=r"(r) : "r"(~0ull));
  EQ(r, ~0ull - 1);
  __asm__("mov %0, #-1\n mov %w0, #1" : "=r"(r));
  EQ(r, 1);
#elif defined __riscv
#define IS(wanted, instruction, left, right) \
  do { uint64_t r_; __asm__(instruction " %0, %1, %2" : "=r"(r_) : "r"((uint64_t)(left)), "r"((uint64_t)(right))); \
       if (r_ != (uint64_t)(wanted)) fail_at(__FILE__, __LINE__, "%s: %#llx", instruction, (long long)r_); } while (0)
  int64_t least = INT64_MIN, least32 = INT32_MIN;
  IS(~0ull - 1, "mulhu", ~0ull, ~0ull);
  IS(-1, "mulhsu", -1, ~0ull);
  IS(0, "mulh", -1, -1);
  IS(0x4000000000000000, "mulh", least, least);
  IS(least32, "mulw", 0x140000000, 0x7fffffff << 1);
  // Division never faults.
  IS(-1, "div", 10, 0);
  IS(-1, "divu", 10, 0);
  IS(10, "rem", 10, 0);
  IS(least, "remu", least, 0);
  IS(least, "div", least, -1);
  IS(0, "rem", least, -1);
  IS(-1, "divw", 10, 1ull << 32);
  IS(-1, "divuw", 10, 0);
  IS(least32, "remuw", 0x80000000, 0);
  IS(least32, "divw", least32, -1);
  IS(0, "remw", least32, -1);
  // Operations on 32 bits leave the sign above them, and shift by five bits.
  IS(least32, "addw", 0x7fffffff, 1);
  IS(0x7fffffff, "subw", 0x80000000, 1);
  IS(least32, "sllw", 0x40000000, 33);
  IS(0x40000000, "srlw", ~0ull << 31, 33);
  IS(0xffffffffe0000000, "sraw", least32, 34);
  IS(2, "sll", 1, 65);
  IS(-1, "sra", least, 63 + 64);
  uint64_t zero;
  __asm__("li t0, 7\n addi zero, t0, 1\n mv %0, zero" : "=r"(zero) : : "t0");
  EQ(zero, 0);
#endif
  STEP("string and bit instructions");
  return 0;
}

// BUILD: -Wno-psabi
// Vector arithmetic against a scalar model: integer lanes, saturation, shuffles, comparisons, and what SSE4.2 and CRC32 offer.
#include "fault.h"
#include <sys/auxv.h>
#if defined __x86_64__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_acle.h>
#include <arm_neon.h>
#include <asm/hwcap.h>
#endif

typedef int8_t b16 __attribute__((vector_size(16)));
typedef int16_t h8 __attribute__((vector_size(16)));
typedef int32_t w4 __attribute__((vector_size(16)));
typedef int64_t d2 __attribute__((vector_size(16)));
typedef float f4 __attribute__((vector_size(16)));

static int8_t saturate(int v) { return v > 127 ? 127 : v < -128 ? -128 : v; }

#if defined __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_hard(const unsigned char *p, int n) {
  uint32_t crc = ~0u;
  for (; n >= 8; n -= 8, p += 8) { uint64_t v; memcpy(&v, p, 8); crc = _mm_crc32_u64(crc, v); }
  while (n--) crc = _mm_crc32_u8(crc, *p++);
  return ~crc;
}
__attribute__((target("sse4.2"))) static int find_digit(const char *s) {
  __m128i set = _mm_loadu_si128((const __m128i *)"0123456789\0\0\0\0\0\0"), text = _mm_loadu_si128((const __m128i *)s);
  return _mm_cmpistri(set, text, _SIDD_CMP_EQUAL_ANY);
}
static int has_crc(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined __aarch64__
__attribute__((target("+crc"))) static uint32_t crc_hard(const unsigned char *p, int n) {
  uint32_t crc = ~0u;
  for (; n >= 8; n -= 8, p += 8) { uint64_t v; memcpy(&v, p, 8); crc = __crc32cd(crc, v); }
  while (n--) crc = __crc32cb(crc, *p++);
  return ~crc;
}
static int find_digit(const char *s) { return strcspn(s, "0123456789"); }
static int has_crc(void) { return !!(getauxval(AT_HWCAP) & HWCAP_CRC32); }
#elif defined __riscv
static uint32_t crc_hard(const unsigned char *p, int n) { return 0; }
static int find_digit(const char *s) { return 0; }
static int has_crc(void) { return 0; }
#endif

int main(void) {
  for (int round = 0; round < 200; round++) {
    union { b16 b; h8 h; w4 w; d2 d; uint64_t u[2]; int8_t b_[16]; int16_t h_[8]; int32_t w_[4]; } x, y, r;
    for (int i = 0; i < 2; i++) x.u[i] = mix64(round * 4 + i), y.u[i] = mix64(round * 4 + 2 + i);
    r.b = x.b + y.b;
    for (int i = 0; i < 16; i++) EQ(r.b_[i], (int8_t)(x.b_[i] + y.b_[i]));
    r.h = x.h * y.h;
    for (int i = 0; i < 8; i++) EQ(r.h_[i], (int16_t)(x.h_[i] * y.h_[i]));
    r.w = x.w - y.w;
    for (int i = 0; i < 4; i++) EQ(r.w_[i], (int32_t)((uint32_t)x.w_[i] - (uint32_t)y.w_[i]));
    r.d = x.d > y.d;
    for (int i = 0; i < 2; i++) EQ(r.d[i], x.d[i] > y.d[i] ? -1 : 0);
    r.w = x.w >> (y.w & 31);
    for (int i = 0; i < 4; i++) EQ(r.w_[i], x.w_[i] >> (y.w_[i] & 31));
    r.b = __builtin_shuffle(x.b, y.b & 15);
    for (int i = 0; i < 16; i++) EQ(r.b_[i], x.b_[y.b_[i] & 15]);
#if defined __x86_64__
    r.b = (b16)_mm_adds_epi8((__m128i)x.b, (__m128i)y.b);
#elif defined __aarch64__
    r.b = (b16)vqaddq_s8((int8x16_t)x.b, (int8x16_t)y.b);
#elif defined __riscv
    b16 plain = x.b + y.b, over = (~(x.b ^ y.b) & (x.b ^ plain)) < 0;  // no saturation, so by hand
    r.b = (over & ((x.b >> 7) ^ 127)) | (~over & plain);
#endif
    for (int i = 0; i < 16; i++) EQ(r.b_[i], saturate(x.b_[i] + y.b_[i]));
  }
  STEP("integer lanes");
  f4 sum = {0}, k = {1, 2, 3, 4};
  float model[4] = {0};
  for (int i = 1; i < 500; i++) {
    sum = sum * 0.99f + k / (float)i;
    for (int j = 0; j < 4; j++) {
      volatile float scaled = model[j] * 0.99f, part = (float)(j + 1) / (float)i;
      model[j] = scaled + part;
    }
  }
  for (int j = 0; j < 4; j++) CHECK(sum[j] - model[j] < 1e-4f && model[j] - sum[j] < 1e-4f);
  STEP("float lanes");
  if (has_crc()) {
    EQ(crc_hard((const unsigned char *)"123456789", 9), 0xe3069283);
    unsigned char text[1000];
    uint32_t soft = ~0u;
    for (int i = 0; i < 1000; i++) {
      soft ^= text[i] = mix64(i);
      for (int j = 0; j < 8; j++) soft = soft >> 1 ^ (soft & 1 ? 0x82f63b78 : 0);
    }
    EQ(crc_hard(text, 1000), ~soft);
    char line[17] = "no digit but 7..";
    EQ(find_digit(line), 13);
  }
  STEP("CRC32C and string search, where offered");
  return 0;
}

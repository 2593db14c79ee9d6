// What the processor claims, it does: each feature bit that is set is tried, in a way that SIGILL would show. A claim that
// QEMU: qemu-user claims DCPOP on AArch64 and faults on dc cvap (passes with QEMU_CPU=cortex-a72).
// programs cannot rely on (AVX without the operating system's consent) must not be made.
#include "fault.h"
#include <sys/auxv.h>

#if defined __x86_64__
#include <cpuid.h>
#define TRY(claimed, name, code) \
  do { struct fault f_ = FAULT(__asm__ volatile(code : : "r"(area) : "memory", "rax", "rcx", "rdx", "rbx", "cc", "xmm0", "xmm1", "xmm2")); \
       if ((claimed) && f_.signo) fail_at(__FILE__, __LINE__, "%s is claimed but faults", name); } while (0)

int main(void) {
  static char area[4096] __attribute__((aligned(4096)));
  catch_faults();
  unsigned a, b, c, d, b7 = 0, c7, d7, xa, xb, xc, xd, most = __get_cpuid_max(0, NULL);
  CHECK(most >= 1);
  __cpuid(1, a, b, c, d);
  if (most >= 7) __cpuid_count(7, 0, xa, b7, c7, d7);
  __cpuid(0x80000001, xa, xb, xc, xd);
  CHECK((d & (1u << 0 | 1u << 4 | 1u << 8 | 1u << 15 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26)) ==
        (1u << 0 | 1u << 4 | 1u << 8 | 1u << 15 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26));  // FPU TSC CX8 CMOV MMX FXSR SSE SSE2
  CHECK(xd & 1u << 29);  // long mode
  STEP("the x86-64 baseline is claimed");
  TRY(c & 1u << 0, "SSE3", "haddpd %%xmm0, %%xmm1");
  TRY(c & 1u << 1, "PCLMULQDQ", "pclmulqdq $0, %%xmm0, %%xmm1");
  TRY(c & 1u << 9, "SSSE3", "pshufb %%xmm0, %%xmm1");
  TRY(c & 1u << 13, "CMPXCHG16B", "lock cmpxchg16b (%0)");
  TRY(c & 1u << 19, "SSE4.1", "pmulld %%xmm0, %%xmm1");
  TRY(c & 1u << 20, "SSE4.2", "pcmpgtq %%xmm0, %%xmm1");
  TRY(c & 1u << 22, "MOVBE", "movbe (%0), %%eax");
  TRY(c & 1u << 23, "POPCNT", "popcnt %%rax, %%rax");
  TRY(c & 1u << 25, "AES", "aesenc %%xmm0, %%xmm1");
  TRY(c & 1u << 30, "RDRAND", "rdrand %%rax");
  TRY(b7 & 1u << 0, "FSGSBASE", "rdfsbase %%rax");
  TRY(b7 & 1u << 3, "BMI1", "andn %%rax, %%rax, %%rax");
  TRY(b7 & 1u << 8, "BMI2", "mulx %%rax, %%rcx, %%rdx");
  TRY(b7 & 1u << 18, "RDSEED", "rdseed %%rax");
  TRY(b7 & 1u << 19, "ADX", "adcx %%rax, %%rax");
  TRY(b7 & 1u << 29, "SHA", "sha1nexte %%xmm0, %%xmm1");
  TRY(xc & 1u << 0, "LAHF", "lahf");
  TRY(xc & 1u << 5, "LZCNT", "lzcnt %%rax, %%rax");
  TRY(xd & 1u << 27, "RDTSCP", "rdtscp");
  STEP("what is claimed works");
  unsigned enabled = 0;
  if (c & 1u << 27) {  // OSXSAVE: then XGETBV works and tells which state is kept
    unsigned high;
    struct fault f = FAULT(__asm__ volatile("xgetbv" : "=a"(enabled), "=d"(high) : "c"(0)));
    EQ(f.signo, 0);
    CHECK((enabled & 3) == 3);
  }
  int avx = (c & 1u << 28) && (enabled & 6) == 6;
  TRY(avx, "AVX", "vaddps %%ymm0, %%ymm0, %%ymm0; vzeroupper");
  TRY(avx && (b7 & 1u << 5), "AVX2", "vpaddd %%ymm0, %%ymm0, %%ymm0; vzeroupper");
  TRY(avx && (c & 1u << 12), "FMA", "vfmadd132ps %%xmm0, %%xmm0, %%xmm0");
  TRY(avx && (c & 1u << 29), "F16C", "vcvtph2ps %%xmm0, %%xmm0");
  if (!(c & 1u << 28)) {
    CHECK(!(b7 & 1u << 5));   // no AVX2 without AVX,
    CHECK(!(b7 & 1u << 16));  // nor AVX-512
    CHECK(!(c & 1u << 12) && !(c & 1u << 29));
  }
  CHECK(__builtin_cpu_supports("sse2"));
  EQ(!!__builtin_cpu_supports("avx2"), avx && (b7 & 1u << 5) ? 1 : 0);
  STEP("AVX only where it works");
  return 0;
}
#elif defined __aarch64__
#include <asm/hwcap.h>
#define TRY(claimed, name, code) \
  do { struct fault f_ = FAULT(__asm__ volatile(".arch armv8.5-a+crypto+sha3+sm4+sve+memtag\n" code \
                                                : : "r"(area) : "memory", "x0", "x1", "x2", "x3", "x4", "cc", "v0", "v1", "v2", "v3")); \
       if ((claimed) && f_.signo) fail_at(__FILE__, __LINE__, "%s is claimed but faults", name); } while (0)

int main(void) {
  static char area[4096] __attribute__((aligned(4096)));
  catch_faults();
  unsigned long h = getauxval(AT_HWCAP), h2 = getauxval(AT_HWCAP2);
  CHECK(h & HWCAP_FP && h & HWCAP_ASIMD);
  STEP("the baseline is claimed");
  TRY(h & HWCAP_AES, "AES", "aese v0.16b, v1.16b");
  TRY(h & HWCAP_PMULL, "PMULL", "pmull v0.1q, v1.1d, v2.1d");
  TRY(h & HWCAP_SHA1, "SHA1", "sha1h s0, s1");
  TRY(h & HWCAP_SHA2, "SHA2", "sha256h q0, q1, v2.4s");
  TRY(h & HWCAP_CRC32, "CRC32", "crc32cx w0, w0, x1");
  TRY(h & HWCAP_ATOMICS, "LSE", "mov x0, #1\n ldadd x0, x1, [%0]\n mov x0, xzr\n casal x0, x1, [%0]");
  TRY(h & HWCAP_FPHP, "FPHP", "fadd h0, h1, h2");
  TRY(h & HWCAP_ASIMDHP, "ASIMDHP", "fadd v0.8h, v1.8h, v2.8h");
  TRY(h & HWCAP_ASIMDRDM, "RDM", "sqrdmlah v0.4s, v1.4s, v2.4s");
  TRY(h & HWCAP_JSCVT, "JSCVT", "fjcvtzs w0, d0");
  TRY(h & HWCAP_FCMA, "FCMA", "fcadd v0.4s, v1.4s, v2.4s, #90");
  TRY(h & HWCAP_LRCPC, "LRCPC", "ldapr x0, [%0]");
  TRY(h & HWCAP_DCPOP, "DCPOP", "dc cvap, %0");
  TRY(h & HWCAP_SHA3, "SHA3", "eor3 v0.16b, v1.16b, v2.16b, v3.16b");
  TRY(h & HWCAP_SHA512, "SHA512", "sha512h q0, q1, v2.2d");
  TRY(h & HWCAP_ASIMDDP, "DOTPROD", "udot v0.4s, v1.16b, v2.16b");
  TRY(h & HWCAP_SVE, "SVE", "rdvl x0, #1");
  TRY(h & HWCAP_ASIMDFHM, "FHM", "fmlal v0.4s, v1.4h, v2.4h");
  TRY(h & HWCAP_USCAT, "USCAT", "mov x0, xzr\n ldar x1, [%0]");
  TRY(h & HWCAP_ILRCPC, "ILRCPC", "ldapur x0, [%0, #8]");
  TRY(h & HWCAP_FLAGM, "FLAGM", "cfinv");
  TRY(h & HWCAP_SB, "SB", "sb");
  TRY(h & HWCAP_DIT, "DIT", "mrs x0, dit");
  TRY(h2 & HWCAP2_FRINT, "FRINT", "frint32z s0, s0");
  TRY(h2 & HWCAP2_FLAGM2, "FLAGM2", "axflag");
  TRY(h2 & HWCAP2_RNG, "RNG", "mrs x0, s3_3_c2_c4_0");
  STEP("what is claimed works");
  uint64_t id = 0;
  struct fault f = FAULT(__asm__ volatile("mrs %0, id_aa64isar0_el1" : "=r"(id)));
  if (h & HWCAP_CPUID) EQ(f.signo, 0);
  if (!f.signo) {  // the identification registers and the vector tell the same
    EQ(!!(h & HWCAP_ATOMICS), (id >> 20 & 15) >= 2);
    EQ(!!(h & HWCAP_CRC32), (id >> 16 & 15) >= 1);
    EQ(!!(h & HWCAP_AES), (id >> 4 & 15) >= 1);
  }
  STEP("identification registers agree");
  uint64_t ctr, dczid, freq, count;
  __asm__ volatile("mrs %0, ctr_el0; mrs %1, dczid_el0; mrs %2, cntfrq_el0; mrs %3, cntvct_el0"
                   : "=r"(ctr), "=r"(dczid), "=r"(freq), "=r"(count));
  CHECK((ctr & 15) <= 9 && freq > 0);
  if (!(dczid & 16)) {
    memset(area, 1, sizeof area);
    __asm__ volatile("dc zva, %0" : : "r"(area + 2048) : "memory");
    for (int i = 0; i < 4 << (dczid & 15); i++) EQ(area[2048 + i], 0);
    EQ(area[2047], 1);
  }
  STEP("registers programs read");
  return 0;
}
#elif defined __riscv
#define TRY(letter, code) \
  do { struct fault f_ = FAULT(__asm__ volatile(code : : "r"(area) : "memory", "a0", "a1", "f0", "f1")); \
       if ((h >> (letter - 'a') & 1) && f_.signo) fail_at(__FILE__, __LINE__, "%c is claimed but faults", letter); } while (0)

int main(void) {
  static char area[4096] __attribute__((aligned(4096)));
  catch_faults();
  unsigned long h = getauxval(AT_HWCAP);
  CHECK((h & 0x112d) == 0x112d);  // I, M, A, F, D, C
  STEP("the baseline is claimed");
  TRY('i', "ld a0, (%0)");
  TRY('m', "mulhsu a0, a0, a0\n div a0, a0, a0");
  TRY('a', "lr.d a0, (%0)\n amoadd.w a0, a0, (%0)");
  TRY('f', "fmadd.s f0, f0, f0, f0");
  TRY('d', "fmadd.d f0, f0, f0, f0");
  TRY('c', "c.addi a0, 1");
  TRY('v', ".4byte 0x0c057557");  // vsetvli a0, a0, e8, m1
  STEP("what is claimed works");
  static char text[1 << 16];
  int fd = OK(open("/proc/cpuinfo", O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  char *isa = strstr(text, "\nisa\t\t: rv64");
  CHECK(isa);
  unsigned long letters = 0;
  for (isa += strlen("\nisa\t\t: rv64"); *isa >= 'a' && *isa <= 'y'; isa++) letters |= 1ul << (*isa - 'a');
  EQ(letters & 0x112d, 0x112d);
  EQ(h & ~letters, 0);
  STEP("/proc/cpuinfo agrees");
  // Linux from 6.6 on keeps two of them to itself, unless it is told not to.
  uint64_t cycle = 1, time = 0, instret = 1, later = 2;
  __asm__ volatile("rdtime %0" : "=r"(time));
  struct fault refused = FAULT(__asm__ volatile("rdcycle %0; rdinstret %1; rdinstret %2" : "+r"(cycle), "+r"(instret), "+r"(later)));
  CHECK(!refused.signo || refused.signo == SIGILL);
  CHECK(cycle && time && later > instret);
  STEP("registers programs read");
  return 0;
}
#endif

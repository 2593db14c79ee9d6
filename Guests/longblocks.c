// Long runs of one instruction without a branch, of the kinds that are the most work for a translator.
#include "code.h"
#include <sys/mman.h>

#if defined __x86_64__
// Each leaves rsp, and the x87 stack as deep as it was; rdi is readable and writable memory.
static const char *const instructions[] = {
    "dec9d9c9",          // fmulp; fxch: with the constant before
    "d9e8d8c1d9c9ddd8",  // fld1; fadd; fxch; fstp
    "d9eed9e8dec1ddd8",  // fldz; fld1; faddp; fstp
    "db2fddd8",          // fld tbyte; fstp
    "d96f08",            // fldcw
    "0fc6c11b",          // shufps
    "660fc6c101",        // shufpd
    "660f3a0fc105",      // palignr
    "660f3a08c104",      // roundps
    "660f3a0bc104",      // roundsd
    "660f3a40c1ff",      // dpps
    "660f3a41c131",      // dppd
    "660f3a0ec1aa",      // pblendw
    "660f3a0cc105",      // blendps
    "660f3a63c10c",      // pcmpistri
    "660f3a62c140",      // pcmpistrm
    "660f3a61c10c",      // pcmpestri
    "660f3a44c111",      // pclmulqdq
    "660f3adfc101",      // aeskeygenassist
    "660f3a21c11d",      // insertps
    "f20f38f0c1",        // crc32 cl
    "f2480f38f1c9",      // crc32 rcx
    "0fae17",            // ldmxcsr
    "0fae1f",            // stmxcsr
    "660f70c11b",        // pshufd
    "660fc4c103",        // pinsrw
    "660f3a22c101",      // pinsrd
    "f20f2cc8",          // cvttsd2si
    "660f73d805",        // psrldq
    "d1d1",              // rcl ecx
    "d3d9",              // rcr ecx, cl
    "480fa4c90b",        // shld
    "480fb1c9",          // cmpxchg
    "f00fb10f",          // lock cmpxchg
    "f00fc10f",          // lock xadd
};
static int from_hex(const char *text, unsigned char *out) {
  int n = 0;
  unsigned byte;
  for (; sscanf(text, "%2x", &byte) == 1; text += 2) out[n++] = byte;
  return n;
}
enum { COUNT = sizeof instructions / sizeof *instructions };
static int put(size_t i, unsigned char *out) { return from_hex(instructions[i], out); }
// fninit; fld1; fld1; fld1, and the end: fninit; ret
static const char *const begin = "dbe3d9e8d9e8d9e8", *const end = "dbe3c3";
#else
#if defined __aarch64__
// x0 is readable and writable memory.
__asm__(".arch armv8.2-a+crypto+crc+fp16\n .section .rodata\n .balign 4\n first:\n"
        "add v0.8h, v1.8h, v2.8h\n fmla v0.4s, v1.4s, v2.4s\n sqrdmulh v0.4h, v1.4h, v2.h[3]\n fcvtzs v0.2d, v1.2d\n"
        "uqshrn v0.8b, v1.8h, #3\n sshr v0.2d, v1.2d, #60\n tbl v0.16b, {v1.16b, v2.16b}, v3.16b\n ins v0.b[3], v1.b[9]\n"
        "dup v0.4s, w1\n ext v0.16b, v1.16b, v2.16b, #5\n uaddlv h0, v1.16b\n fadd d0, d1, d2\n fmadd s0, s1, s2, s3\n"
        "fcvt h0, d1\n fcsel d0, d1, d2, ge\n frintx s0, s1\n scvtf d0, x1, #7\n fcmp d0, #0.0\n fmov v0.2d, #1.5\n"
        "ldr q0, [x0, #16]\n ldp q0, q1, [x0]\n ld4 {v0.16b-v3.16b}, [x0]\n st3 {v0.4h-v2.4h}, [x0]\n ld4r {v0.8h-v3.8h}, [x0]\n"
        "st2 {v0.b, v1.b}[9], [x0]\n ldxp x1, x2, [x0]\n stxp w3, x1, x2, [x0]\n casp x2, x3, x4, x5, [x0]\n ldaddal x1, x2, [x0]\n"
        "ldsmaxb w1, w2, [x0]\n aese v0.16b, v1.16b\n sha256h q0, q1, v2.4s\n pmull v0.1q, v1.1d, v2.1d\n crc32cx w1, w2, x3\n"
        "ccmp x1, x2, #5, lt\n extr x1, x2, x3, #17\n smulh x1, x2, x3\n sdiv x1, x2, x3\n rev16 x1, x2\n cls w1, w2\n"
        "adcs x1, x2, x3\n bfi x1, x2, #5, #9\n mrs x1, nzcv\n mrs x1, fpcr\n msr fpsr, xzr\n dmb ish\n prfm pldl1keep, [x0]\n"
        "last:\n .previous");
static const char *const begin = "d503201f", *const end = "d65f03c0";  // nop; ret
#elif defined __riscv
// a0 is readable and writable memory.
__asm__(".section .rodata\n .balign 4\n first:\n .option push\n .option norvc\n"
        "fadd.d f0, f1, f2\n fsub.s f0, f1, f2, rtz\n fmul.d f0, f1, f2\n fdiv.s f0, f1, f2\n fsqrt.d f0, f1, rup\n"
        "fmadd.d f0, f1, f2, f3\n fnmsub.s f0, f1, f2, f3, rdn\n fmin.s f0, f1, f2\n fmax.d f0, f1, f2\n fsgnjx.s f0, f1, f2\n"
        "feq.d a1, f1, f2\n fle.s a1, f1, f2\n fclass.s a1, f1\n fcvt.s.d f0, f1\n fcvt.d.s f0, f1\n fcvt.wu.s a1, f1, rmm\n"
        "fcvt.l.d a1, f1\n fcvt.s.lu f0, a1\n fmv.x.w a1, f1\n fmv.w.x f0, a1\n fld f0, 8(a0)\n fsw f0, 4(a0)\n"
        "lr.d a1, (a0)\n sc.d a2, a1, (a0)\n lr.w.aq a1, (a0)\n sc.w.rl a2, a1, (a0)\n amoadd.d a1, a2, (a0)\n"
        "amoswap.w.aqrl a1, a2, (a0)\n amomaxu.w a1, a2, (a0)\n amomin.d a1, a2, (a0)\n mulhsu a1, a2, a3\n mulh a1, a2, a3\n"
        "div a1, a2, a3\n remu a1, a2, a3\n divuw a1, a2, a3\n remw a1, a2, a3\n sraw a1, a2, a3\n sltu a1, a2, a3\n"
        "fsflags a1\n frcsr a1\n fsrmi a1, 0\n rdtime a1\n fence rw, rw\n fence.i\n ld a1, 3(a0)\n sd a1, 5(a0)\n"
        ".option pop\n c.addi a1, 1\n c.slli a1, 1\n c.lw a1, 4(a0)\n c.fld f10, 8(a0)\n c.fsd f10, 16(a0)\n c.subw a1, a2\n"
        "last:\n .previous");
static const char *const begin = "00000013", *const end = "00008067";  // nop; ret
#endif
extern const uint32_t first[], last[];
#define COUNT ((size_t)(last - first))
static int put(size_t i, unsigned char *out) {
  memcpy(out, &first[i], 4);
  return 4;
}
static int from_hex(const char *text, unsigned char *out) {
  return sscanf(text, "%8x", (unsigned *)out) * 4;
}
#endif

int main(void) {
  enum { TIMES = 1500 };
  unsigned char *code = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static uint64_t memory[64] __attribute__((aligned(64))) = {0x1f80, 0x037f};
  CHECK(code != MAP_FAILED);
  for (size_t i = 0; i < COUNT; i++) {
    int n = from_hex(begin, code);
    for (int k = 0; k < TIMES; k++) n += put(i, code + n);
    n += from_hex(end, code + n);
    flush_code(code, n);
    memory[0] = 0x1f80, memory[1] = 0x037f;
    ((void (*)(void *))code)(memory);
  }
  STEP("each kind");
  return 0;
}

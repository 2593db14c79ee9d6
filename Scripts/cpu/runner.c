// Runs machine code case by case and tells the state behind each: registers, flags, memory, and the signal that ended it.
//   runner CASES [all]
// CASES is text, a case a line: CODE SEED REGISTERS IGNORED, where
//   CODE       is the instructions in hexadecimal; a trap follows them,
//   SEED       makes the registers, the modes and the flags,
//   REGISTERS  is - or a list like 7=W+80,1=3: what some registers hold instead (a number, or an offset in a page),
//   IGNORED    is the flags that are left undefined, in hexadecimal.
// For each case it prints its number and a digest of the state; with "all" the whole state.
// The same code, registers and memory come about wherever it runs, so that outputs can be compared.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096, SLOT = 64, CODE_SIZE = 40 };
// Pages in order: none, two writable (W), one that is read-only (R), none.
static char *const pages = (char *)0x10000000;
static char *const code = (char *)0x20000000;
static unsigned char pattern[2 * PAGE];

struct test {
  uint64_t seed, ignored;
  struct { int number; uint64_t value; } set[6];
  int sets;
};
static struct test *tests;
static long count, current = -1;

static uint64_t mix(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

// --- operands: random, or where something changes -------------------------------------------------

static uint64_t integer(uint64_t *state) {
  uint64_t r = mix(state);
  static const uint64_t corners[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
                                     0x100000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~1ull, 0x5555555555555555};
  switch (r & 7) {
    case 0: case 1: case 2: return corners[(r >> 8) % 18];
    case 3: return r >> 32 & 0x3f;
    case 4: return (int64_t)(int32_t)(r >> 20);
    default: return mix(state);
  }
}
static uint32_t single(uint64_t *state) {
  uint64_t r = mix(state);
  static const uint32_t corners[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345,
                                     0x007fffff, 0x00800000, 0x00000001, 0x80000001, 0x7f7fffff, 0xff7fffff, 0x4f000000, 0xcf000000,
                                     0x4f7fffff, 0x5f000000, 0xdf000000, 0x3f000000, 0x3fc00000, 0x40200000, 0x33800000, 0x47000000,
                                     0x477fe000, 0x477ff000, 0x38800000, 0x387fc000, 0x33000000};
  switch (r & 3) {
    case 0: case 1: return corners[(r >> 8) % 30];
    case 2: return (r >> 8 & 0x807fffff) | (uint32_t)(120 + (r >> 40) % 20) << 23;
    default: return r >> 32;
  }
}
static uint64_t twice(uint64_t *state) {
  uint64_t r = mix(state);
  static const uint64_t corners[] = {0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
                                     0x7ff8000000000000, 0xfff8000012345678, 0x7ff0000012345678, 0x000fffffffffffff, 0x0010000000000000,
                                     1, 0x8000000000000001, 0x7fefffffffffffff, 0xffefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000,
                                     0xc1e0000000000000, 0xc1e0000000200000, 0x43e0000000000000, 0xc3e0000000000000, 0x43dfffffffffffff,
                                     0x43f0000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000, 0x36a0000000000000,
                                     0x47efffffe0000000, 0x47effffff0000000, 0x380fffffffffffff, 0x3690000000000000, 0x40effc0000000000};
  switch (r & 3) {
    case 0: case 1: return corners[(r >> 8) % 32];
    case 2: return (mix(state) & 0x800fffffffffffff) | (1010 + (r >> 40) % 30) << 52;
    default: return mix(state);
  }
}
static void vector(uint64_t *state, unsigned char out[16]) {
  uint64_t words[2], r = mix(state);
  switch (r & 3) {
    case 0:
      for (int i = 0; i < 2; i++) words[i] = twice(state);
      break;
    case 1: case 2:
      for (int i = 0; i < 2; i++) words[i] = single(state), words[i] |= (uint64_t)single(state) << 32;
      break;
    default:
      for (int i = 0; i < 2; i++) words[i] = integer(state);
  }
  memcpy(out, words, 16);
}

// --- what is told of a state -----------------------------------------------------------------------

static uint64_t digest;
static int showing;  // all of it
static void tell(const char *name, int number, const void *bytes, int size) {
  const unsigned char *b = bytes;
  for (int i = 0; i < size; i++) digest = (digest ^ b[i]) * 0x100000001b3;
  digest = (digest ^ number) * 0x100000001b3;
  if (!showing) return;
  printf("%s", name);
  if (number >= 0) printf("%d", number);
  printf(" ");
  for (int i = size - 1; i >= 0; i--) printf("%02x", b[i]);
  printf("\n");
}

#if defined __x86_64__
typedef struct _libc_fpstate fp_t;
// As the processor numbers them.
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
#define PC(u) ((u)->uc_mcontext.gregs[REG_RIP])
enum { REGISTERS = 16 };
static void set_register(ucontext_t *u, int number, uint64_t value) { u->uc_mcontext.gregs[order[number]] = value; }

static void extended(uint64_t *state, unsigned char out[10]) {
  uint64_t r = mix(state), mantissa = mix(state) | 1ull << 63;
  uint16_t exponent = 16383 - 32 + (r >> 8) % 96;
  static const uint64_t mantissas[] = {0, 1ull << 63, 1ull << 63, 1ull << 63, 3ull << 62, 1, ~0ull >> 1, 1ull << 63 | 12345, 3ull << 62 | 5};
  static const uint16_t exponents[] = {0, 16383, 32767, 16384, 32767, 0, 0, 32767, 32767};
  if ((r & 3) == 0) {
    int i = (r >> 16) % 9;
    mantissa = mantissas[i], exponent = exponents[i];
  } else if ((r & 12) == 0) {
    mantissa = mix(state), exponent = mix(state) & 0x7fff;
    if (exponent) mantissa |= 1ull << 63;  // no number that no processor makes
  }
  exponent |= r >> 40 & 0x8000;
  memcpy(out, &mantissa, 8), memcpy(out + 8, &exponent, 2);
}

static void load(ucontext_t *u, uint64_t *state) {
  for (int i = 0; i < 16; i++) set_register(u, i, integer(state));
  uint64_t r = mix(state);
  u->uc_mcontext.gregs[REG_EFL] = (r & 0x8d5) | 0x202 | ((r >> 32 & 7) == 0 ? 0x400 : 0);
  fp_t *fp = u->uc_mcontext.fpregs;
  r = mix(state);
  // One in eight has exceptions that are not masked.
  fp->mxcsr = (r & 0x6000) | ((r >> 16 & 7) == 0 ? 0x8040 : 0) | ((r >> 24 & 7) == 0 ? r >> 32 & 0x1f80 : 0x1f80);
  fp->cwd = 0x40 | (r >> 40 & 0xc00) | ((r >> 52 & 3) == 0 ? 0x300 : 0x200 * (r >> 54 & 1) | 0x100 * ((r >> 54 & 3) == 3)) |
            0x3f;
  if ((fp->cwd & 0x300) == 0x100) fp->cwd |= 0x200;
  fp->swd = 2 << 11 | (r >> 20 & 0x4700);
  fp->ftw = 0xfc;  // st(0) to st(5)
  fp->fop = 0, fp->rip = 0, fp->rdp = 0;
  for (int i = 0; i < 8; i++) extended(state, (unsigned char *)&fp->_st[i]);
  for (int i = 0; i < 16; i++) vector(state, (unsigned char *)&fp->_xmm[i]);
  // The frame may say that parts are as at the beginning.
  unsigned *magic = (unsigned *)((char *)fp + 464);
  if (*magic == 0x46505853) *(uint64_t *)((char *)fp + 512) |= 3;
}

static void report(ucontext_t *u, const struct test *t) {
  for (int i = 0; i < 16; i++) tell("r", i, &u->uc_mcontext.gregs[order[i]], 8);
  uint64_t flags = u->uc_mcontext.gregs[REG_EFL] & 0xcd5 & ~t->ignored;
  tell("flags", -1, &flags, 8);
  fp_t *fp = u->uc_mcontext.fpregs;
  uint32_t mxcsr = fp->mxcsr;
  tell("mxcsr", -1, &mxcsr, 4);
  for (int i = 0; i < 16; i++) tell("xmm", i, &fp->_xmm[i], 16);
  uint16_t status = fp->swd & ~0x200, tag = fp->ftw & 0xff;  // C1: see Docs/BitExactness.md
  if (t->ignored >> 32) status &= ~(t->ignored >> 32);
  tell("fcw", -1, &fp->cwd, 2), tell("fsw", -1, &status, 2), tell("ftw", -1, &tag, 2);
  for (int i = 0; i < 8; i++)
    if (tag >> ((i + (status >> 11)) & 7) & 1) tell("st", i, &fp->_st[i], 10);
}
static const unsigned char trap[] = {0xcc};
#elif defined __aarch64__
#define PC(u) ((u)->uc_mcontext.pc)
enum { REGISTERS = 32 };
static void set_register(ucontext_t *u, int number, uint64_t value) {
  if (number == 31) u->uc_mcontext.sp = value;
  else u->uc_mcontext.regs[number] = value;
}
static struct fpsimd_context *vectors(ucontext_t *u) {
  struct _aarch64_ctx *c = (void *)u->uc_mcontext.__reserved;
  while (c->magic != FPSIMD_MAGIC) c = (void *)((char *)c + c->size);
  return (void *)c;
}
static void load(ucontext_t *u, uint64_t *state) {
  for (int i = 0; i < 31; i++) set_register(u, i, integer(state));
  set_register(u, 31, (uint64_t)pages + PAGE + 2048);
  uint64_t r = mix(state);
  u->uc_mcontext.pstate = r & 0xf0000000;
  struct fpsimd_context *fp = vectors(u);
  // Rounding, and now and then flush to zero, default NaN, alternative half precision.
  fp->fpcr = (r >> 8 & 0xc00000) | ((r & 3) == 0 ? r & 0x3080000 : 0) | ((r & 12) == 0 ? r >> 16 & 0x4000000 : 0);
  fp->fpsr = 0;
  for (int i = 0; i < 32; i++) vector(state, (unsigned char *)&fp->vregs[i]);
}
static void report(ucontext_t *u, const struct test *t) {
  for (int i = 0; i < 31; i++) tell("x", i, &u->uc_mcontext.regs[i], 8);
  tell("sp", -1, &u->uc_mcontext.sp, 8);
  uint64_t flags = u->uc_mcontext.pstate & 0xf0000000 & ~t->ignored;
  tell("flags", -1, &flags, 8);
  struct fpsimd_context *fp = vectors(u);
  tell("fpcr", -1, &fp->fpcr, 4), tell("fpsr", -1, &fp->fpsr, 4);
  for (int i = 0; i < 32; i++) tell("v", i, &fp->vregs[i], 16);
}
static const unsigned char trap[] = {0x00, 0x00, 0x20, 0xd4};  // brk #0
#define IGNORES_CODE(signo) ((signo) == SIGILL)  // qemu-user tells ILL_ILLOPN, the kernel ILL_ILLOPC
#elif defined __riscv
#define PC(u) ((u)->uc_mcontext.__gregs[REG_PC])
enum { REGISTERS = 32 };
static void set_register(ucontext_t *u, int number, uint64_t value) {
  if (number) u->uc_mcontext.__gregs[number] = value;
}
static void load(ucontext_t *u, uint64_t *state) {
  for (int i = 1; i < 32; i++) set_register(u, i, integer(state));
  uint64_t r = mix(state), singles = r & 1;
  struct __riscv_mc_d_ext_state *fp = &u->uc_mcontext.__fpregs.__d;
  // Rounding, now and then in a reserved mode; flags from before.
  fp->__fcsr = ((r >> 8 & 7) ? (r >> 16) % 5 : r >> 16 & 7) << 5 | ((r & 6) == 0 ? 0 : (r & 6) == 2 ? 1 : r >> 32 & 0x1f);
  // Mostly floats, or mostly doubles; now and then only such as rules of their own are for.
  int special = (r >> 40 & 7) == 0;
  static const uint64_t floats[] = {0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001};
  static const uint64_t doubles[] = {0, 1ull << 63, 0x7ff0ull << 48, 0xfff0ull << 48, 0x7ff8ull << 48, 0x7ff0000000000001};
  for (int i = 0; i < 32; i++) {
    r = mix(state);
    int one = (r & 3) ? singles : !singles;
    uint64_t value = special ? (one ? floats : doubles)[(r >> 16) % 6] : (r & 0x1c) == 0 ? integer(state) : one ? single(state) : twice(state);
    if (one) value |= ~0ull << 32;
    // A float that is in no box counts as NaN.
    if ((r & 0x1e0) == 0) value = (value & ~0ull >> 32) | (mix(state) & r) << 32;
    fp->__f[i] = value;
  }
}
static void report(ucontext_t *u, const struct test *t) {
  struct __riscv_mc_d_ext_state *fp = &u->uc_mcontext.__fpregs.__d;
  for (int i = 1; i < 32; i++) tell("x", i, &u->uc_mcontext.__gregs[i], 8);
  uint32_t fcsr = fp->__fcsr & ~t->ignored;
  tell("fcsr", -1, &fcsr, 4);
  for (int i = 0; i < 32; i++) tell("f", i, &fp->__f[i], 8);
}
static const unsigned char trap[] = {0x02, 0x90};  // c.ebreak
// What C keeps in registers is the case's when a signal comes; and an lr of one case is none of the next one's.
static void handler(int signo, siginfo_t *info, void *context);
static uint64_t own[2];
#define ENTRY entry
__attribute__((naked)) static void entry(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  __asm__(".option push; .option norelax; lla t0, %0; .option pop; ld gp, (t0); ld tp, 8(t0); sc.d zero, zero, (t0); tail %1"
          : : "i"(own), "i"(handler));
}
__attribute__((constructor)) static void keep(void) { __asm__("sd gp, %0; sd tp, %1" : "=m"(own[0]), "=m"(own[1])); }
#endif
#ifndef IGNORES_CODE
#define IGNORES_CODE(signo) 0
#endif
#ifndef ENTRY
#define ENTRY handler
#endif

// --- from case to case -----------------------------------------------------------------------------

static void handler(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  if (current >= 0) {
    const struct test *t = &tests[current];
    digest = 0xcbf29ce484222325;
    if (showing) printf("case %ld\n", current);
    uint64_t pc = PC(u) - (uint64_t)code - current * SLOT;
    uint64_t address = signo == SIGSEGV || signo == SIGBUS ? (uint64_t)info->si_addr : 0;
    int si_code = signo == SIGTRAP || IGNORES_CODE(signo) ? 0 : info->si_code;
    tell("signal", -1, &signo, 4), tell("code", -1, &si_code, 4), tell("address", -1, &address, 8), tell("pc", -1, &pc, 8);
    report(u, t);
    if (memcmp(pages + PAGE, pattern, 2 * PAGE)) {
      for (int i = 0; i < 2 * PAGE; i += 16)
        if (memcmp(pages + PAGE + i, pattern + i, 16)) tell("memory", i, pages + PAGE + i, 16);
      memcpy(pages + PAGE, pattern, 2 * PAGE);
    }
    if (!showing) printf("%ld %016llx\n", current, (unsigned long long)digest);
  }
  if (++current == count) {
    fflush(stdout);
    _exit(0);
  }
  const struct test *t = &tests[current];
  uint64_t state = t->seed;
  load(u, &state);
  for (int i = 0; i < t->sets; i++) set_register(u, t->set[i].number, t->set[i].value);
  PC(u) = (uint64_t)code + current * SLOT;
}

static void read_cases(const char *path) {
  FILE *f = fopen(path, "r");
  static char line[1000], hex[200], registers[200];
  if (!f) perror(path), exit(1);
  while (fgets(line, sizeof line, f)) count++;
  rewind(f);
  tests = calloc(count, sizeof *tests);
  size_t size = (count * SLOT + PAGE) & -PAGE;
  if (mmap(code, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != code) perror("code"), exit(1);
  for (long n = 0; n < count && fgets(line, sizeof line, f); n++) {
    struct test *t = &tests[n];
    unsigned long long seed, ignored;
    if (sscanf(line, "%199s %llx %199s %llx", hex, &seed, registers, &ignored) != 4) printf("case %ld?\n", n), exit(1);
    t->seed = seed, t->ignored = ignored;
    char *at = code + n * SLOT;
    for (int i = 0; i < SLOT; i += sizeof trap) memcpy(at + i, trap, sizeof trap);
    for (int i = 0; hex[2 * i] && i < CODE_SIZE; i++) {
      unsigned byte;
      sscanf(hex + 2 * i, "%2x", &byte);
      at[i] = byte;
    }
    for (char *p = strtok(registers, ","); p && *p != '-'; p = strtok(NULL, ",")) {
      char place[2] = "";
      long long value;
      int number;
      if (sscanf(p, "%d=%1[WR]%lli", &number, place, &value) == 3) value += (uint64_t)pages + (*place == 'W' ? 1 : 3) * PAGE;
      else if (sscanf(p, "%d=%lli", &number, &value) != 2) printf("case %ld: %s?\n", n, p), exit(1);
      if (t->sets < 6 && number >= 0 && number < REGISTERS) t->set[t->sets].number = number, t->set[t->sets++].value = value;
    }
  }
  if (mprotect(code, size, PROT_READ | PROT_EXEC)) perror("code"), exit(1);
  __builtin___clear_cache(code, code + size);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  static char buffer[1 << 16], stack[1 << 17];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  read_cases(argv[1]);
  showing = argc > 2;
  if (mmap(pages, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != pages) return 1;
  uint64_t state = 1;
  for (int i = 0; i < 2 * PAGE; i += 16) vector(&state, pattern + i);
  memcpy(pages + PAGE, pattern, 2 * PAGE), memcpy(pages + 3 * PAGE, pattern + PAGE / 2, PAGE);
  mprotect(pages, PAGE, PROT_NONE), mprotect(pages + 3 * PAGE, PAGE, PROT_READ), mprotect(pages + 4 * PAGE, PAGE, PROT_NONE);
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = ENTRY, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS};
  for (int i = 0; i < 6; i++) sigaction(signals[i], &action, NULL);
  raise(SIGTRAP);
  return 1;
}

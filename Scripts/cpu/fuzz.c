// Feeds code to Unicorn's translators, as Godwit's engine does, and sees whether this process survives.
//   fuzz x86_64|aarch64|riscv64 SECONDS SEED [CASES]
// The code is random bytes, random instructions, or instructions of CASES (see runner.c) in long runs; registers and memory are
// random. Nothing is checked but that translator and code generator keep within their own memory: build them with AddressSanitizer
// and CONFIG_DEBUG_TCG.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <unicorn/unicorn.h>

enum { PAGE = 4096, CODE_PAGES = 16, DATA_PAGES = 32, FRAMES = CODE_PAGES + DATA_PAGES };
#define CODE UINT64_C(0x400000)
#define DATA UINT64_C(0x10000000)

static uint64_t state;
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static unsigned char *arena;
static uc_engine *running;
static const struct isa {
  const char *name;
  int arch, mode, model, pc, registers;  // how many registers are made random
} isas[] = {
    {"x86_64", UC_ARCH_X86, UC_MODE_64, UC_CPU_X86_WESTMERE, UC_X86_REG_RIP, 16},
    {"aarch64", UC_ARCH_ARM64, UC_MODE_ARM, UC_CPU_ARM64_MAX, UC_ARM64_REG_PC, 31},
    {"riscv64", UC_ARCH_RISCV, UC_MODE_RISCV64, UC_CPU_RISCV64_SIFIVE_U54, UC_RISCV_REG_PC, 31},
}, *isa;
static int is(int arch) { return isa->arch == arch; }

static bool fill(uc_engine *uc, uint64_t address, uc_mem_type type, uc_tlb_entry *answer, void *data) {
  (void)uc, (void)data, (void)type;
  if (is(UC_ARCH_ARM64)) address &= (UINT64_C(1) << 56) - 1;
  if (address >= CODE && address < CODE + CODE_PAGES * PAGE) {
    answer->paddr = address - CODE;
    answer->perms = UC_PROT_READ | UC_PROT_EXEC;
  } else if (address >= DATA && address < DATA + DATA_PAGES * PAGE) {
    answer->paddr = address - DATA + CODE_PAGES * PAGE;
    answer->perms = (address >> 12 & 7) == 7 ? UC_PROT_READ : UC_PROT_READ | UC_PROT_WRITE;
  } else {
    return false;
  }
  return true;
}
static void on_interrupt(uc_engine *uc, uint32_t number, void *data) {
  (void)number, (void)data;
  uc_emu_stop(uc);
}
static void on_syscall(uc_engine *uc, void *data) {
  (void)data;
  uc_emu_stop(uc);
}
static void on_alarm(int signo) {
  (void)signo;
  if (running) uc_emu_stop(running);
}
static uint64_t round_seed;
static void on_crash(int signo) {
  // What was executed, to be taken apart.
  FILE *f = fopen("fuzz.crash", "wb");
  if (f) fwrite(arena, PAGE, CODE_PAGES, f), fclose(f);
  fprintf(stderr, "fuzz: signal %d in the round of seed %" PRIu64 "; the code is in fuzz.crash\n", signo, round_seed);
  _exit(3);
}
static void must(uc_err error, const char *what) {
  if (error == UC_ERR_OK) return;
  fprintf(stderr, "fuzz: %s: %s\n", what, uc_strerror(error));
  exit(1);
}

static void set(uc_engine *uc, int reg, uint64_t value) { must(uc_reg_write(uc, reg, &value), "register"); }

static uc_engine *open_engine(int counts) {
  uc_engine *uc;
  uc_hook hook;
  must(uc_open(isa->arch, isa->mode, &uc), "open");
  must(uc_ctl_set_cpu_model(uc, isa->model), "model");
  if (is(UC_ARCH_ARM64)) must(uc_ctl_set_page_size(uc, PAGE), "page size");
  must(uc_ctl_set_tcg_buffer_size(uc, 8 << 20), "buffer");
  must(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL), "TLB");
  must(uc_ctl_exits_enable(uc), "exits");
  must(uc_ctl_set_exits(uc, NULL, 0), "exits");
  must(uc_mem_map_ptr(uc, 0, FRAMES * PAGE, UC_PROT_ALL, arena), "map");
  must(uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, (void *)fill, NULL, (uint64_t)1, (uint64_t)0), "hook");
  must(uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, (uint64_t)1, (uint64_t)0), "hook");
  if (counts) must(uc_godwit_count_instructions(uc), "count");
  if (is(UC_ARCH_X86)) {
    must(uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_syscall, NULL, (uint64_t)1, (uint64_t)0, UC_X86_INS_SYSCALL), "hook");
    set(uc, UC_X86_REG_CR0, 0x50033), set(uc, UC_X86_REG_CR4, 0x6a0);
    uc_x86_msr efer = {0xc0000080, 0xd01}, star = {0xc0000081, UINT64_C(0x0023001000000000)};
    must(uc_reg_write(uc, UC_X86_REG_MSR, &efer), "EFER"), must(uc_reg_write(uc, UC_X86_REG_MSR, &star), "STAR");
    memcpy(arena, "\x48\x0f\x07\x0f\x05", 5);  // sysret to user mode; syscall
    set(uc, UC_X86_REG_RCX, CODE + 3), set(uc, UC_X86_REG_R11, 0x202);
    if (counts) must(uc_godwit_set_budget(uc, 1000, 0), "budget");
    must(uc_emu_start(uc, CODE, 0, 0, 0), "enter user mode");
    uint16_t cs = 0;
    uc_reg_read(uc, UC_X86_REG_CS, &cs);
    if (cs != 0x33) fprintf(stderr, "fuzz: not in user mode\n"), exit(1);
  } else if (is(UC_ARCH_RISCV)) {
    set(uc, UC_RISCV_REG_MSTATUS, 3 << 13), set(uc, UC_RISCV_REG_PRIV, 0);
  } else {
    static const uc_arm64_cp_reg registers[] = {{1, 0, 3, 0, 2, 3 << 20},
                                                {1, 0, 3, 0, 0, 1 << 26 | 1 << 15 | 1 << 14 | 1 << 18 | 1 << 16 | 1 << 12 | 1 << 2 | 0x30d00800},
                                                {2, 0, 3, 0, 2, UINT64_C(1) << 37}, {14, 1, 3, 0, 0, 2}};
    set(uc, UC_ARM64_REG_PSTATE, 0);
    for (int i = 0; i < 4; i++) {
      uc_arm64_cp_reg r = registers[i];
      must(uc_reg_write(uc, UC_ARM64_REG_CP_REG, &r), "system register");
    }
  }
  return uc;
}

// --- code ------------------------------------------------------------------------------------------

static char **lines;
static size_t line_count;
static void read_cases(const char *path) {
  static char line[1000];
  FILE *f = fopen(path, "r");
  if (!f) perror(path), exit(1);
  while (fgets(line, sizeof line, f)) {
    lines = realloc(lines, (line_count + 1) * sizeof *lines);
    line[strcspn(line, " ")] = 0;
    lines[line_count++] = strdup(line);
  }
  fclose(f);
}

static size_t put_case(unsigned char *out, const char *hex) {
  size_t n = 0;
  unsigned byte;
  for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) out[n] = byte;
  return n;
}

static size_t put_random(unsigned char *out) {
  uint64_t r = next();
  if (is(UC_ARCH_RISCV)) {
    // Half of them short, and of the others most loads, stores and arithmetic, few branches.
    static const unsigned char opcodes[] = {0x03, 0x07, 0x23, 0x27, 0x2f, 0x13, 0x1b, 0x33, 0x3b, 0x43, 0x4b, 0x53, 0x53, 0x73, 0x0f, 0x63};
    uint32_t word = next();
    if (r & 1) word = (word & ~3u) | (r >> 8) % 3;
    else if (r & 6) word = (word & ~0x7fu) | opcodes[r >> 8 & 15];
    size_t n = (word & 3) == 3 ? 4 : 2;
    memcpy(out, &word, n);
    return n;
  }
  if (is(UC_ARCH_ARM64)) {
    // All of the encoding's groups, loads and stores near the data, few branches.
    uint32_t word = next();
    if ((r & 7) == 0) word = (word & ~(uint32_t)0x1e000000) | (uint32_t)(0x0a000000 + (r >> 8 & 7) * 0x02000000);
    if ((word & 0x1c000000) == 0x14000000 && (r & 0xf0)) word ^= 0x08000000;
    memcpy(out, &word, 4);
    return 4;
  }
  size_t n = 0;
  static const unsigned char prefixes[] = {0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x2e, 0x64, 0x65};
  while ((r & 3) == 0 && n < 4) out[n++] = prefixes[r >> 8 & 7], r = next();
  if (r >> 16 & 1) out[n++] = 0x40 | (r >> 20 & 15);
  uint64_t escape = r >> 24 & 7;
  if (escape < 5) out[n++] = 0x0f;
  if (escape == 0) out[n++] = 0x38;
  if (escape == 1) out[n++] = 0x3a;
  out[n++] = r >> 32, out[n++] = r >> 40;
  if ((r >> 40 & 0xc7) == 4) out[n++] = r >> 48;
  if (r >> 56 & 1) out[n++] = next();
  return n;
}

static size_t put_block(unsigned char *code, size_t room) {
  uint64_t r = next();
  size_t n = 0, same = r >> 32 & 3;
  unsigned char one[64];
  size_t length = 0;
  if ((r & 7) == 0) {
    for (; n < room; n++) code[n] = next();
    return n;
  }
  while (n + 64 < room) {
    // Runs of one instruction are what exhausts tables.
    if (!length || (same ? next() % 700 == 0 : 1)) length = line_count && (next() & 3) ? put_case(one, lines[next() % line_count]) : put_random(one);
    if (length > sizeof one) length = 0;
    memcpy(code + n, one, length);
    n += length;
    if (!length) continue;
  }
  return n;
}

static void registers(uc_engine *uc) {
  for (int i = 0; i < isa->registers; i++) {
    static const int x86[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
                              UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};
    uint64_t r = next(), value = (r & 7) < 5 ? DATA + (r >> 8) % (DATA_PAGES * PAGE) : (r & 7) == 5 ? r >> 40 : next();
    if ((r & 7) < 4) value &= ~UINT64_C(63);
    set(uc, is(UC_ARCH_X86) ? x86[i] : is(UC_ARCH_RISCV) ? UC_RISCV_REG_X1 + i : i < 29 ? UC_ARM64_REG_X0 + i : i == 29 ? UC_ARM64_REG_X29 : UC_ARM64_REG_X30, value);
  }
  if (is(UC_ARCH_X86)) set(uc, UC_X86_REG_EFLAGS, 0x202 | (next() & 0x8d5));
  if (is(UC_ARCH_ARM64)) set(uc, UC_ARM64_REG_SP, DATA + PAGE * 4 + (next() & 0x7f0));
}

int main(int argc, char **argv) {
  if (argc < 4) return fprintf(stderr, "usage: fuzz x86_64|aarch64|riscv64 SECONDS SEED [CASES]\n"), 2;
  for (int i = 0; i < 3; i++)
    if (!strcmp(argv[1], isas[i].name)) isa = &isas[i];
  if (!isa) return fprintf(stderr, "fuzz: no ISA %s\n", argv[1]), 2;
  time_t end = time(NULL) + atol(argv[2]);
  uint64_t seed = strtoull(argv[3], NULL, 0);
  if (argc > 4) read_cases(argv[4]);
  arena = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
  for (int i = 0; i < 5; i++) signal(crashes[i], on_crash);
  struct itimerval interval = {{0, 20000}, {0, 20000}};
  setitimer(ITIMER_REAL, &interval, NULL);
  state = 1;
  uc_engine *engines[2] = {open_engine(0), open_engine(1)};
  unsigned long rounds = 0, blocks = 0;
  for (; time(NULL) < end; rounds++) {
    // Each round can be had again: its seed makes all of it.
    round_seed = state = seed + rounds * 0x100000001;
    uc_engine *uc = engines[next() & 1];
    size_t start = next() % (CODE_PAGES * PAGE / 2);
    put_block(arena + start, CODE_PAGES * PAGE - start);
    for (size_t i = CODE_PAGES * PAGE; i < FRAMES * PAGE; i += 8) *(uint64_t *)(arena + i) = (i & 0x3f8) ? next() : DATA + (next() & 0xfff8);
    must(uc_ctl_remove_cache(uc, CODE, CODE + CODE_PAGES * PAGE), "remove");
    must(uc_ctl_flush_tlb(uc), "flush");
    registers(uc);
    uint64_t pc = CODE + start;
    if (!is(UC_ARCH_X86)) pc &= ~UINT64_C(3);
    for (int k = 0; k < 40; k++, blocks++) {
      if (uc == engines[1]) must(uc_godwit_set_budget(uc, 5000, 0), "budget");
      running = uc;
      (void)uc_emu_start(uc, pc, 0, 0, 0);
      running = NULL;
      // Behind what stopped it, in a place near.
      uc_reg_read(uc, isa->pc, &pc);
      if (pc - CODE >= CODE_PAGES * PAGE - 64) break;
      pc += is(UC_ARCH_X86) ? 1 + next() % 8 : is(UC_ARCH_RISCV) ? 2 + (next() & 2) : 4;
      if (next() % 8 == 0) registers(uc);
    }
  }
  printf("fuzz: %s: %lu rounds, %lu runs\n", argv[1], rounds, blocks);
  return 0;
}

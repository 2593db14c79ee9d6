// Instructions that read, change and write memory, where the write faults first: nothing of them is done twice, flags included.
#include "fault.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGE 4096
#define OUT_BYTES 64

struct state {
  uint64_t registers[4], flags;
  unsigned char memory[OUT_BYTES];
};

// Runs one instruction with its operand at `at` and tells all that it changed.
typedef struct state (*instruction)(void *at, uint64_t a, uint64_t b, int flags);

static struct state collect(void *at, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t flags) {
  struct state s = {{a, b, c, d}, flags, {0}};
  memcpy(s.memory, at, OUT_BYTES);
  return s;
}

#if defined __x86_64__
// rax, rbx, rcx and rdx are the operands beside (%rdi); the flags are set before and told after.
#define NUMBERED(number, text) \
  static struct state run_##number(void *at, uint64_t a, uint64_t b, int flags) { \
    uint64_t rax = a, rbx = b, rcx = a >> 8, rdx = b ^ a, after; \
    __asm__ volatile("sub $128, %%rsp\n pushq %q[f]\n popfq\n" text "\npushfq\n pop %[after]\n add $128, %%rsp\n cld" \
                     : "+a"(rax), "+b"(rbx), "+c"(rcx), "+d"(rdx), [after] "=&r"(after) \
                     : "D"(at), [f] "r"((long)flags) : "cc", "memory"); \
    return collect(at, rax, rbx, rcx, rdx, after & 0xcd5); \
  }
#define FLAGS 0x8d5
#define LIST(X) \
  X(0, "addl %%eax, (%%rdi)") X(1, "adcq %%rax, (%%rdi)") X(2, "sbbb %%al, (%%rdi)") X(3, "adcw $7, (%%rdi)") \
  X(4, "negl (%%rdi)") X(5, "notq (%%rdi)") X(6, "incw (%%rdi)") X(7, "decb (%%rdi)") X(8, "rclb $1, (%%rdi)") \
  X(9, "rclw %%cl, (%%rdi)") X(10, "rcrl $5, (%%rdi)") X(11, "rcrq %%cl, (%%rdi)") X(12, "roll %%cl, (%%rdi)") \
  X(13, "rorb $3, (%%rdi)") X(14, "shlq %%cl, (%%rdi)") X(15, "sarl $1, (%%rdi)") X(16, "shrw $2, (%%rdi)") \
  X(17, "shldq $7, %%rax, (%%rdi)") X(18, "shrdl %%cl, %%eax, (%%rdi)") X(19, "xaddl %%eax, (%%rdi)") \
  X(20, "lock xaddq %%rax, (%%rdi)") X(21, "cmpxchgl %%ebx, (%%rdi)") X(22, "lock cmpxchgb %%bl, (%%rdi)") \
  X(23, "cmpxchg8b (%%rdi)") X(24, "lock cmpxchg16b (%%rdi)") X(25, "andl $31, %%eax\n btsl %%eax, (%%rdi)") X(26, "btrq $3, (%%rdi)") \
  X(27, "btcw $2, (%%rdi)") X(28, "xchgl %%eax, (%%rdi)") X(29, "lock negw (%%rdi)") X(30, "lock incl (%%rdi)") \
  X(31, "seto (%%rdi)") X(32, "setbe (%%rdi)") X(33, "setp (%%rdi)") X(34, "setl (%%rdi)") X(35, "setg (%%rdi)") \
  X(36, "sets (%%rdi)") X(37, "setc (%%rdi)") X(38, "push %%rax\n popq (%%rdi)") X(39, "cmpl %%eax, %%ebx\n setp (%%rdi)") \
  X(40, "incl %%ebx\n setbe (%%rdi)") X(41, "shll %%cl, %%ebx\n setl (%%rdi)") X(42, "subl %%eax, %%ebx\n rcll $2, (%%rdi)") \
  X(43, "mov %%rsp, %%rdx\n lea 64(%%rdi), %%rsp\n push %%rax\n mov %%rdx, %%rsp\n xor %%edx, %%edx") \
  X(44, "mov %%rsp, %%rdx\n mov %%rbp, %%rcx\n lea 64(%%rdi), %%rsp\n mov $7, %%ebp\n enter $16, $0\n sub %%rsp, %%rbp\n" \
        "mov %%rbp, %%rax\n mov %%rdx, %%rsp\n mov %%rcx, %%rbp\n xor %%edx, %%edx\n xor %%ecx, %%ecx")
#elif defined __aarch64__
// x0 to x3 are the operands beside [x4].
#define NUMBERED(number, text) \
  static struct state run_##number(void *at, uint64_t a, uint64_t b, int flags) { \
    register uint64_t x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = a >> 8, x3 __asm__("x3") = b ^ a; \
    register void *x4 __asm__("x4") = at; \
    uint64_t after; \
    __asm__ volatile(".arch armv8.1-a\n msr nzcv, %[f]\n" text "\n mrs %[after], nzcv" \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), [after] "=&r"(after) \
                     : [f] "r"((uint64_t)flags << 20) : "cc", "memory", "v0", "v1"); \
    x3 ^= (char *)x4 - (char *)at; \
    return collect(at, x0, x1, x2, x3, after); \
  }
#define FLAGS 0xf00
#define LIST(X) \
  X(0, "str x0, [x4], #8") X(1, "strb w0, [x4, #3]!") X(2, "stp x0, x1, [x4], #16") X(3, "stp w0, w1, [x4, #8]!") \
  X(4, "ldadd x0, x1, [x4]") X(5, "ldaddalh w0, w1, [x4]") X(6, "ldclrb w0, w1, [x4]") X(7, "ldeor w0, w1, [x4]") \
  X(8, "ldset x0, x0, [x4]") X(9, "ldsmaxb w0, w1, [x4]") X(10, "ldsminah w0, w1, [x4]") X(11, "ldumax w0, w1, [x4]") \
  X(12, "lduminl x0, x1, [x4]") X(13, "swpal x0, x0, [x4]") X(14, "swpb w0, w1, [x4]") X(15, "cas x0, x1, [x4]") \
  X(16, "casah w0, w1, [x4]") X(17, "casp x0, x1, x2, x3, [x4]") X(18, "caspal w0, w1, w2, w3, [x4]") \
  X(19, "0: ldxr x0, [x4]\n stxr w1, x2, [x4]\n cbnz w1, 0b") X(20, "0: ldxp x0, x1, [x4]\n stlxp w2, x3, x0, [x4]\n cbnz w2, 0b") \
  X(21, "stsmax w0, [x4]") X(22, "dup v0.2d, x0\n dup v1.2d, x1\n st1 {v0.16b, v1.16b}, [x4], #32") X(23, "dc zva, x4") X(24, "stlr w0, [x4]")
#elif defined __riscv
// a0 to a3 are the operands beside (a4); the flags are those of floating point.
#define NUMBERED(number, text) \
  static struct state run_##number(void *at, uint64_t a, uint64_t b, int flags) { \
    register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = a >> 8, a3 __asm__("a3") = b ^ a; \
    register void *a4 __asm__("a4") = at; \
    uint64_t after; \
    __asm__ volatile("fsflags %[f]\n fmv.d.x f0, a0\n fmv.d.x f1, a1\n" text "\n frflags %[after]" \
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), [after] "=&r"(after) \
                     : [f] "r"((uint64_t)flags) : "memory", "f0", "f1", "f10"); \
    a3 ^= (char *)a4 - (char *)at; \
    return collect(at, a0, a1, a2, a3, after); \
  }
#define FLAGS 0x1f
#define LIST(X) \
  X(0, "sd a0, (a4)\n addi a4, a4, 8") X(1, "sb a0, 3(a4)") X(2, "sh a0, 3(a4)") X(3, "sw a0, 5(a4)") X(4, "sd a0, 7(a4)") \
  X(5, "fsd f0, (a4)") X(6, "fsw f0, 4(a4)") X(7, "c.sd a0, 8(a4)") X(8, "fmv.d.x f10, a1\n c.fsd f10, 16(a4)") X(9, "amoadd.d a1, a0, (a4)") \
  X(10, "amoadd.w.aqrl a1, a0, (a4)") X(11, "amoswap.d a0, a0, (a4)") X(12, "amoswap.w a1, a0, (a4)") \
  X(13, "amoand.d a1, a0, (a4)") X(14, "amoor.w.aq a0, a0, (a4)") X(15, "amoxor.d.rl a1, a0, (a4)") \
  X(16, "amomin.w a1, a0, (a4)") X(17, "amomax.d a1, a0, (a4)") X(18, "amominu.d a1, a0, (a4)") X(19, "amomaxu.w a1, a0, (a4)") \
  X(20, "0: lr.d a0, (a4)\n sc.d a1, a2, (a4)\n bnez a1, 0b") X(21, "0: lr.w.aq a0, (a4)\n add a0, a0, a2\n sc.w.rl a1, a0, (a4)\n bnez a1, 0b") \
  X(22, "fdiv.d f0, f0, f1\n fsd f0, (a4)") X(23, "fcvt.w.d a0, f0\n amoadd.w a1, a0, (a4)") X(24, "fle.d a0, f0, f1\n sb a0, (a4)") \
  X(25, "mv a1, a4\n amoswap.d a4, a0, (a4)\n xor a0, a0, a4\n mv a4, a1\n li a1, 0")
#endif
LIST(NUMBERED)
#define NAMED(number, text) {run_##number, text},
static const struct { instruction run; const char *text; } list[] = {LIST(NAMED)};
enum { COUNT = sizeof list / sizeof *list };

static char *base;
static void allow(int signo, siginfo_t *info, void *context) {
  (void)context;
  char *page = (char *)((uintptr_t)info->si_addr & -PAGE);
  if (signo != SIGSEGV || page < base || page >= base + PAGE) _exit(99);
  mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

enum how { TOUCHED, UNTOUCHED, READ_ONLY, SHARED_WITH_CHILD };

static struct state run_on(int number, enum how how, int round) {
  uint64_t a = round ? mix64(round * 64 + number) : 0, b = mix64(round + 1000);
  int flags = mix64(round * 3 + number) & FLAGS;
  base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(base != MAP_FAILED);
  pid_t child = 0;
  if (how == TOUCHED) *(volatile char *)base = 0;
  if (how == READ_ONLY || how == SHARED_WITH_CHILD || round) {
    for (int i = 0; round && i < 128; i++) base[i] = mix64(i + round);
    if (round % 3 == 2) memcpy(base, &a, 8);  // a comparison that succeeds
    if (how == READ_ONLY) OK(mprotect(base, PAGE, PROT_READ));
  }
  int gate[2];
  if (how == SHARED_WITH_CHILD) {
    OK(pipe(gate));
    child = OK(fork());
    if (!child) {
      char c;
      close(gate[1]);
      _exit(read(gate[0], &c, 1) != 0);
    }
    close(gate[0]);
  }
  struct state s = list[number].run(base, a, b, flags);
  OK(munmap(base, PAGE));
  if (child) {
    int status;
    close(gate[1]);
    EQ(OK(waitpid(child, &status, 0)), child);
    EQ(status, 0);
  }
  return s;
}

int main(void) {
  static char stack[1 << 16];  // a few of the instructions have the stack pointer elsewhere
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  OK(sigaltstack(&alternate, NULL));
  struct sigaction action = {.sa_sigaction = allow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  OK(sigaction(SIGSEGV, &action, NULL));
  static const char *name[] = {"", "of a page never touched", "of a page made writable by the handler", "of a page shared with a child"};
  for (enum how how = UNTOUCHED; how <= SHARED_WITH_CHILD; how++) {
    int rounds = how == SHARED_WITH_CHILD ? 2 : 6;
    for (int number = 0; number < COUNT; number++)
      for (int round = 0; round < rounds; round++) {
        struct state want = run_on(number, TOUCHED, round), got = run_on(number, how, round);
        if (memcmp(&want, &got, sizeof want))
          fail_at(__FILE__, __LINE__, "%s %s: flags %#llx, not %#llx, a %#llx, not %#llx", list[number].text, name[how],
                  (long long)got.flags, (long long)want.flags, (long long)got.registers[0], (long long)want.registers[0]);
      }
    STEP("the first write %s", name[how]);
  }
  return 0;
}

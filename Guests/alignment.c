// AArch64 wants some things aligned: the program counter, the stack pointer as a base, exclusive, ordered and atomic accesses.
// RISC-V only the last of them.
// QEMU: qemu-user 7.2 checks neither the stack pointer nor atomic accesses
#include "fault.h"
#include <sys/mman.h>

#if defined __aarch64__
#define WITH_SP(by, text) \
  __asm__ volatile("mov x9, sp\n mov x10, sp\n sub sp, sp, #256\n sub sp, sp, " by "\n" text "\n mov sp, x9" : : : "x0", "x1", "x2", "x9", "x10", "memory")
// After a fault the handler has left by siglongjmp, with the stack pointer as it was.
#define MISALIGNED(by, text) \
  do { struct fault f_ = FAULT(WITH_SP(by, text)); \
       if (f_.signo != SIGBUS || f_.code != BUS_ADRALN) \
         fail_at(__FILE__, __LINE__, "%s, sp less %s: signal %d code %d", text, by, f_.signo, f_.code); } while (0)
#endif

int main(void) {
  catch_faults();
#if defined __aarch64__
  static char stack[1 << 16] __attribute__((aligned(16)));
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  OK(sigaltstack(&alternate, NULL));
  uint32_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  for (int i = 0; i < 1024; i++) code[i] = 0xd65f03c0;  // ret
  __builtin___clear_cache((char *)code, (char *)code + 4096);
  for (int by = 1; by < 4; by++) {
    FAULTS(SIGBUS, BUS_ADRALN, (char *)code + by, __asm__ volatile("blr %0" : : "r"((char *)code + by) : "x30"));
    FAULTS(SIGBUS, BUS_ADRALN, (char *)code + 4092 + by, __asm__ volatile("blr %0" : : "r"((char *)code + 4092 + by) : "x30"));
  }
  NO_FAULT(__asm__ volatile("blr %0" : : "r"((char *)code + 4092) : "x30"));
  STEP("program counter");
  MISALIGNED("#24", "str x0, [sp]");
  MISALIGNED("#8", "str x0, [sp, #8]");
  MISALIGNED("#4", "ldr w0, [sp, #4]");
  MISALIGNED("#1", "ldrb w0, [sp]");
  MISALIGNED("#8", "stp x0, x1, [sp, #-16]!");
  MISALIGNED("#8", "ldp x0, x1, [sp], #16");
  MISALIGNED("#8", "ldr q0, [sp, #8]");
  MISALIGNED("#2", "ldr x0, [sp, x1, lsl #3]");
  MISALIGNED("#8", "ldxr x0, [sp]");
  MISALIGNED("#8", "ldar x0, [sp]");
  MISALIGNED("#8", "ld1 {v0.16b}, [sp]");
  MISALIGNED("#0", "str x0, [sp], #8\n ldr x0, [sp, #8]");
  MISALIGNED("#0", "ldr x0, [sp]\n add sp, sp, #8\n ldr x0, [sp, #8]");
  MISALIGNED("#0", "ldr x0, [sp]\n mov x1, #8\n sub sp, sp, x1\n ldr x0, [sp]");
  MISALIGNED("#0", "ldr x0, [sp]\n sub x1, sp, #8\n mov sp, x1\n b 1f\n 1: ldr x0, [sp]");
  NO_FAULT(WITH_SP("#16", "str x0, [sp, #8]\n sub sp, sp, #32\n ldr w1, [sp, #4]\n stp x0, x1, [sp, #-16]!"));
  NO_FAULT(WITH_SP("#8", "mov x0, sp\n ldr x1, [x0]\n and sp, x0, #-16\n ldr x1, [sp, #8]"));
  STEP("stack pointer");
  static uint64_t words[4] __attribute__((aligned(16)));
#define AT(by, text) __asm__ volatile(".arch armv8.1-a\n" text : : "r"((char *)words + by) : "x0", "x1", "x2", "x3", "memory")
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 4, AT(4, "ldxr x0, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 8, AT(8, "ldxp x0, x1, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 1, AT(1, "ldarh w0, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 2, AT(2, "stlr w0, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 2, AT(2, "ldadd w0, w1, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 2, AT(2, "cas w0, w1, [%0]"));
  FAULTS(SIGBUS, BUS_ADRALN, (char *)words + 8, AT(8, "casp x0, x1, x2, x3, [%0]"));
  STEP("exclusive, ordered and atomic accesses");
#elif defined __riscv
  // The lowest bit of an address to go to is dropped, and instructions are where they like.
  uint16_t *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  OK(munmap(code + 2048, 4096));
  for (int i = 0; i < 2048; i++) code[i] = 0x8082;  // c.jr ra
  __builtin___clear_cache((char *)code, (char *)code + 4096);
  for (int by = 1; by < 4; by++) NO_FAULT(((void (*)(void))((char *)code + 4092 + by))());
  code[2047] = 0x0513;  // the first half of `li a0, ...`
  __builtin___clear_cache((char *)code, (char *)code + 4096);
  FAULTS(SIGSEGV, SEGV_MAPERR, code + 2048, ((void (*)(void))(code + 2047))());
  STEP("program counter");
  static uint64_t words[3] __attribute__((aligned(16)));
  static char *volatile at;
#define AT(by, text) __asm__ volatile("lla a0, 0f; sd a0, %0; 0: " text : "=m"(at) : "r"((char *)words + by) : "a0", "memory")
#define EITHER(size, text) \
  do { if (by % size) FAULTS(SIGBUS, BUS_ADRALN, at, AT(by, text)); else NO_FAULT(AT(by, text)); } while (0)
#define BOTH(name, operands) do { EITHER(4, name ".w " operands); EITHER(8, name ".d " operands); } while (0)
  for (int by = 0; by < 16; by++) {
    BOTH("lr", "a0, (%1)");
    BOTH("sc", "a0, a0, (%1)");
    BOTH("amoswap", "a0, a0, (%1)");
    BOTH("amoadd", "a0, a0, (%1)");
    BOTH("amomaxu", "zero, a0, (%1)");
  }
  STEP("atomic accesses");
#endif
  return 0;
}

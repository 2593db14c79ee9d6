// Machine code written at run time, for every ISA: `return value` functions of CODE_SIZE bytes.
#pragma once
#include "check.h"

#if defined __x86_64__
#define CODE_SIZE 6
#else
#define CODE_SIZE 12
#endif

typedef int (*code_t)(void);

// Writes `return value`; the caller flushes.
static void put_return(void *at, uint32_t value) {
#if defined __x86_64__
  unsigned char code[CODE_SIZE] = {0xb8, value, value >> 8, value >> 16, value >> 24, 0xc3};  // mov eax, value; ret
#elif defined __aarch64__
  uint32_t code[3] = {
      0x52800000 | (value & 0xffff) << 5,  // movz w0, value
      0x72a00000 | (value >> 16) << 5,     // movk w0, value >> 16, lsl 16
      0xd65f03c0,                          // ret
  };
#elif defined __riscv
  uint32_t code[3] = {
      0x00000537 | ((value + 0x800) & 0xfffff000),  // lui a0, value >> 12
      0x0005051b | value << 20,                     // addiw a0, a0, value & 0xfff, which has a sign
      0x00008067,                                   // ret
  };
#endif
  memcpy(at, code, CODE_SIZE);
}

// Tells the processor; x86-64 needs nothing, AArch64 cache maintenance, RISC-V a system call.
static void flush_code(void *at, size_t size) { __builtin___clear_cache((char *)at, (char *)at + size); }

__attribute__((unused)) static void put_code(void *at, uint32_t value) {
  put_return(at, value);
  flush_code(at, CODE_SIZE);
}

// Calls through a pointer the compiler cannot see through.
__attribute__((noinline, unused)) static int call_code(void *at) {
  __asm__ volatile("" : "+r"(at) : : "memory");
  return ((code_t)at)();
}

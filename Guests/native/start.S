// Where a guest of the host ABI begins, and the note that says it is one. The stack is as Linux programs find it.
#if defined(__x86_64__)
  .globl _start
_start:
  xor %ebp, %ebp
  mov %rsp, %rdi
  and $-16, %rsp
  call godwit_start
  hlt
#elif defined(__aarch64__)
  .globl _start
_start:
  mov x29, #0
  mov x30, #0
  mov x0, sp
  bl godwit_start
  brk #0
#elif defined(__riscv)
  .globl _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  mv a0, sp
  andi sp, sp, -16
  call godwit_start
  ebreak
#endif

// Name, type 1, and the version of the host ABI: major, minor.
#ifndef NOTE_MAJOR
#define NOTE_MAJOR 1
#endif
#if defined(__aarch64__) || defined(__riscv)
  .section .note.godwit, "a", %note
#else
  .section .note.godwit, "a", @note
#endif
  .balign 4
  .long 7, 8, 1
  .asciz "godwit"
  .balign 4
  .long NOTE_MAJOR, 0

#if defined(__aarch64__) || defined(__riscv)
  .section .note.GNU-stack, "", %progbits
#else
  .section .note.GNU-stack, "", @progbits
#endif

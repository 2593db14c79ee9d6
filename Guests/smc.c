// Code that changes: rewritten in place between calls, patched by itself while running, in pages that stay RWX.
#include "code.h"
#include <sys/mman.h>

int main(void) {
  unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 2000; i++) {
    put_code(p + 128, i * 77777);
    EQ(call_code(p + 128), i * 77777);
  }
  STEP("rewritten two thousand times");

  // Two functions in one page: changing one leaves the other, and data beside code may be written.
  put_code(p, 1);
  put_code(p + 2048, 2);
  for (int i = 0; i < 500; i++) {
    p[1000] = i;
    put_code(p + (i & 1 ? 2048 : 0), i);
    EQ(call_code(p), i & 1 ? (i - 1) : i);
    EQ(call_code(p + 2048), i & 1 ? i : i ? i - 1 : 2);
    EQ(p[1000], i & 255);
  }
  STEP("two functions and data in one page");

  // Code across a page boundary, changed on either side.
#if defined __riscv
  enum { BEFORE = 6 };  // the second instruction begins on one page and ends on the other
#else
  enum { BEFORE = CODE_SIZE == 6 ? 3 : 4 };
#endif
  unsigned char *edge = p + 4096 - BEFORE;
  for (int i = 0; i < 300; i++) {
    put_code(edge, 0x01010101 * (i & 127));
    EQ(call_code(edge), 0x01010101 * (i & 127));
  }
  STEP("across a page boundary");

#if defined __x86_64__
  // A loop that patches the immediate of an instruction just ahead of it: x86 promises the new bytes are run.
  //   mov ecx, 50; xor eax, eax; again: mov [rip+imm], ecx; add eax, imm32; dec ecx; jnz again; ret
  static const unsigned char loop[] = {0xb9, 50, 0, 0, 0, 0x31, 0xc0, 0x89, 0x0d, 1, 0, 0, 0,
                                       0x05, 0, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf1, 0xc3};
  memcpy(p, loop, sizeof loop);
  EQ(call_code(p), 50 * 51 / 2);
  EQ(call_code(p), 50 * 51 / 2);
#elif defined __aarch64__
  // The same with the cache maintenance AArch64 asks for: the loop rewrites `add w0, w0, #n` before running it.
  static const uint32_t loop[] = {
      0x52800649,  //        mov w9, #50
      0x52800000,  //        mov w0, #0
      0x52a2200a,  //        mov w10, #0x11000000    (add w0, w0, #0)
      0x1000010b,  //        adr x11, patched
      0x2a09294c,  // again: orr w12, w10, w9, lsl #10
      0xb900016c,  //        str w12, [x11]
      0xd50b7b2b,  //        dc cvau, x11
      0xd5033b9f,  //        dsb ish
      0xd50b752b,  //        ic ivau, x11
      0xd5033b9f,  //        dsb ish
      0xd5033fdf,  //        isb
      0x11000000,  // patched: add w0, w0, #n
      0x71000529,  //        subs w9, w9, #1
      0x54fffee1,  //        b.ne again
      0xd65f03c0,  //        ret
  };
  memcpy(p, loop, sizeof loop);
  flush_code(p, sizeof loop);
  EQ(call_code(p), 50 * 51 / 2);
  EQ(call_code(p), 50 * 51 / 2);
#elif defined __riscv
  // The same with the fence that RISC-V asks for: the loop rewrites `addi a0, a0, n` before running it.
  static const uint32_t loop[] = {
      0x03200313,  //        li t1, 50
      0x00000513,  //        li a0, 0
      0x000503b7,  //        lui t2, 0x50
      0x51338393,  //        addi t2, t2, 0x513      (addi a0, a0, 0)
      0x00000e17,  //        auipc t3, 0
      0x01431293,  // again: slli t0, t1, 20
      0x0072e2b3,  //        or t0, t0, t2
      0x005e2a23,  //        sw t0, 20(t3)
      0x0000100f,  //        fence.i
      0x00050513,  // patched: addi a0, a0, n
      0xfff30313,  //        addi t1, t1, -1
      0xfe0314e3,  //        bnez t1, again
      0x00008067,  //        ret
  };
  memcpy(p, loop, sizeof loop);
  flush_code(p, sizeof loop);
  EQ(call_code(p), 50 * 51 / 2);
  EQ(call_code(p), 50 * 51 / 2);
#endif
  STEP("patches itself while running");
  return 0;
}

// A small interpreter: indirect jumps and calls that no cache of direct branches can hide.
#include "bench.h"
static uint64_t acc = 1;
#define OP(n, body) __attribute__((noinline)) static void op##n(uint64_t x) { body; }
OP(0, acc += x)
OP(1, acc ^= x << 3)
OP(2, acc *= x | 1)
OP(3, acc -= x >> 2)
OP(4, acc = acc << 7 | acc >> 57)
OP(5, acc = ~acc + x)
OP(6, acc ^= acc >> 31)
OP(7, acc += acc << 2)
static void (*const table[8])(uint64_t) = {op0, op1, op2, op3, op4, op5, op6, op7};
int main(void) {
  static unsigned char program[4096];
  uint64_t state = 3;
  for (int i = 0; i < 4096; i++) program[i] = next_random(&state) >> 20 & 7;
  for (int round = 0; round < 6000; round++)
    for (int i = 0; i < 4096; i++) table[program[i]](i + round);
  return report(acc);
}

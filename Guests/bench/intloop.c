// Integer arithmetic in registers: no memory, no calls.
#include "bench.h"
int main(void) {
  uint64_t a = 1, b = 0x9e3779b97f4a7c15, sum = 0;
  for (uint32_t i = 0; i < 300000000; i++) {
    a = a * 6364136223846793005 + 1442695040888963407;
    b ^= a >> 29;
    sum += (b & 1) ? a : ~b;
    __asm__ volatile("" : "+r"(sum));
  }
  return report(sum);
}

// memcpy of 1 MiB, many times.
#include "bench.h"
#define SIZE (1 << 20)
int main(void) {
  unsigned char *a = malloc(SIZE), *b = malloc(SIZE);
  uint64_t state = 9, sum = 0;
  for (int i = 0; i < SIZE; i++) a[i] = next_random(&state);
  for (int i = 0; i < 3000; i++) {
    a[i] ^= i;
    memcpy(b, a, SIZE);
    __asm__ volatile("" : : "r"(b) : "memory");
    unsigned char *t = a;
    a = b;
    b = t;
  }
  for (int i = 0; i < SIZE; i++) sum = sum * 31 + a[i];
  return report(sum);
}

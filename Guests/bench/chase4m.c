// Dependent loads in random order over 4 MB: every page is touched again and again.
#include "bench.h"
#define N (4 << 20 >> 3)
int main(void) {
  uint64_t *next = malloc(N * sizeof *next), state = 7, at = 0, sum = 0;
  for (int i = 0; i < N; i++) next[i] = i;
  for (int i = N - 1; i > 0; i--) {  // Sattolo: one cycle through all
    int j = next_random(&state) % i;
    uint64_t t = next[i];
    next[i] = next[j];
    next[j] = t;
  }
  for (int i = 0; i < 20000000; i++) {
    at = next[at];
    sum += at;
  }
  return report(sum);
}

// qsort of a million integers: calls through a pointer, a merge buffer on the heap.
#include "bench.h"
#define N 1000000
static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}
int main(void) {
  uint32_t *v = malloc(N * sizeof *v);
  uint64_t state = 42, sum = 0;
  for (int i = 0; i < N; i++) v[i] = next_random(&state);
  qsort(v, N, sizeof *v, compare);
  for (int i = 0; i < N; i++) sum = sum * 31 + v[i];
  return report(sum);
}

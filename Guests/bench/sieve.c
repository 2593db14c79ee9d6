// The primes below ten million, six times: strided stores over 10 MB.
#include "bench.h"
#define N 10000000
static unsigned char composite[N];
int main(void) {
  uint64_t sum = 0, count = 0;
  for (int round = 0; round < 6; round++) {
    memset(composite, 0, N);
    for (long i = 2; i < N; i++) {
      if (composite[i]) continue;
      sum += i;
      count++;
      for (long j = i * i; j < N; j += i) composite[j] = 1;
    }
  }
  return report(sum ^ count << 40);
}

// BUILD: -ffp-contract=off
// Double arithmetic: a Mandelbrot set and a matrix product; only operations IEEE fixes to the bit.
#include "bench.h"
#define N 120
static double a[N][N], b[N][N], c[N][N];
int main(void) {
  uint64_t sum = 0;
  for (int y = 0; y < 500; y++)
    for (int x = 0; x < 500; x++) {
      double cr = x / 250.0 - 1.5, ci = y / 250.0 - 1, zr = 0, zi = 0;
      int n = 0;
      for (; n < 100 && zr * zr + zi * zi < 4; n++) {
        double t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
      }
      sum = sum * 3 + n;
    }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (i * 7 + j) % 13 / 13.0, b[i][j] = (i + j * 5) % 11 / 11.0;
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
  for (int i = 0; i < N; i++) {
    uint64_t bits;
    memcpy(&bits, &c[i][i], 8);
    sum ^= bits + i;
  }
  return report(sum);
}

// State: digits of pi by a spigot, twenty at a time: pure computation with output as it goes.
#include "check.h"

#define DIGITS 400
int main(void) {
  static int r[DIGITS * 10 / 3 + 2];
  int n = sizeof r / sizeof *r, predigit = 0, nines = 0, count = 0;
  char line[DIGITS + 40];
  for (int i = 0; i < n; i++) r[i] = 2;
  for (int d = 0; d <= DIGITS; d++) {
    int carry = 0;
    for (int i = n - 1; i >= 0; i--) {
      int x = 10 * r[i] + carry * (i + 1);
      r[i] = i ? x % (2 * i + 1) : x % 10;
      carry = i ? x / (2 * i + 1) : x / 10;
    }
    if (carry == 9) {
      nines++;
      continue;
    }
    line[count++] = '0' + predigit + carry / 10;
    for (; nines; nines--) line[count++] = carry == 10 ? '0' : '9';
    predigit = carry % 10;
    while (count > 20) {
      STEP("%.20s", line);
      memmove(line, line + 20, count -= 20);
    }
  }
  line[count] = 0;
  STEP("%s", line);
  return 0;
}

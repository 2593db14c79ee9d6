// Clocks, deadlines, the alarm and interrupt.
#include "native.h"
int main(int argc, char **argv) {
  (void)argc, (void)argv;
  int64_t start = clock_now(GODWIT_CLOCK_MONOTONIC);
  check(clock_now(GODWIT_CLOCK_REALTIME) > 1500000000000000000, "the time of day");
  check(clock_now(GODWIT_CLOCK_PROCESSOR_TIME) >= 0, "processor time");
  for (int i = 1; i <= 10; i++) sleep_until(start + i * 5000000);
  check(clock_now(GODWIT_CLOCK_MONOTONIC) - start >= 50000000, "it slept");
  struct godwit_wait_item item = {0};
  check(godwit_wait(&item, 0, 0) == 0, "a deadline that is over");
  check(godwit_interrupt() == 0, "interrupt");
  check(godwit_wait(&item, 0, GODWIT_NEVER) == 0, "ends the next wait");
  int64_t alarm = clock_now(GODWIT_CLOCK_MONOTONIC) + 20000000;
  check(godwit_set_alarm(alarm) == 0, "set the alarm");
  check(godwit_wait(&item, 0, GODWIT_NEVER) == 0, "it ends a wait");
  check(clock_now(GODWIT_CLOCK_MONOTONIC) >= alarm, "not before its time");
  check(godwit_wait(&item, 0, GODWIT_NEVER) == 0, "and the next one");
  check(godwit_set_alarm(GODWIT_NEVER) == 0, "take it back");
  uint8_t bytes[2][16] = {{0}};
  check(godwit_entropy(bytes[0], 16) == 0 && godwit_entropy(bytes[1], 16) == 0, "entropy");
  check(memcmp(bytes[0], bytes[1], 16) != 0, "twice the same");
  struct godwit_facts facts;
  check(godwit_facts(&facts) == 0 && facts.processors > 0 && facts.memory > 0, "facts");
  check(facts.host_name_length > 0 && facts.host_name_length <= 64, "the host's name");
  put("clocks ok\n");
  return 0;
}

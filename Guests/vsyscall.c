// The vsyscall page of old x86-64 programs: gettimeofday, time and getcpu at their addresses, and nothing beside them.
#include "check.h"
#include "fault.h"

#include <sys/time.h>

int main(void) {
#ifdef __x86_64__
  long (*page_time)(long *) = (void *)0xffffffffff600400;
  int (*page_clock)(struct timeval *, void *) = (void *)0xffffffffff600000;
  long (*page_cpu)(unsigned *, unsigned *, void *) = (void *)0xffffffffff600800;
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[256];
  int shown = 0;
  while (fgets(line, sizeof line, maps)) shown += strstr(line, "[vsyscall]") != NULL;
  fclose(maps);
  if (!shown) return 0;  // a kernel without it
  for (int i = 0; i < 5; i++) {
    struct timeval now;
    time_t before = time(NULL), told = 0;
    EQ(page_clock(&now, NULL), 0);
    CHECK(now.tv_sec >= before && now.tv_usec < 1000000);
    CHECK(page_time(&told) >= before);
    CHECK(told >= before);
    unsigned cpu = 9999, node = 9999;
    EQ(page_cpu(&cpu, &node, NULL), 0);
    CHECK(cpu < 4096 && node < 1024);
  }
  STEP("three functions");
  catch_faults();
  EQ(FAULT(((void (*)(void))0xffffffffff600c00)()).signo, SIGSEGV);
#endif
  STEP("done");
  return 0;
}

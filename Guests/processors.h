// Which processors a program runs on.
#pragma once
#include "check.h"
#include <sched.h>

// The first that it may run on, and no other.
static void one_processor(void) {
  cpu_set_t set;
  OK(sched_getaffinity(0, sizeof set, &set));
  int first = 0;
  while (!CPU_ISSET(first, &set)) first++;
  CPU_ZERO(&set);
  CPU_SET(first, &set);
  OK(sched_setaffinity(0, sizeof set, &set));
}

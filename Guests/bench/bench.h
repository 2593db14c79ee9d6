// What the benchmark guests share: a generator and the one line they print.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}
static inline int report(uint64_t checksum) {
  printf("%016lx\n", (unsigned long)checksum);
  return 0;
}

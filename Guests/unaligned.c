// Unaligned accesses of all widths at all offsets, across cache lines and pages, half of the pair missing, vectors, atomics on edges.
#include "fault.h"
#include <sys/mman.h>

#define PAGE 4096L
typedef char v16 __attribute__((vector_size(16), aligned(1)));

#if !defined __riscv
// In one instruction.
static void store_vector(void *p, v16 value) {
#if defined __x86_64__
  __asm__ volatile("movups %1, (%0)" :: "r"(p), "x"(value) : "memory");
#else
  __asm__ volatile("str %q1, [%0]" :: "r"(p), "w"(value) : "memory");
#endif
}
#endif

int main(void) {
  catch_faults();
  unsigned char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  for (int i = 0; i < 2 * PAGE; i++) p[i] = mix64(i);
  for (long at = PAGE - 17; at < PAGE + 2; at++) {
    uint64_t want8 = 0, got8;
    uint32_t got4;
    uint16_t got2;
    for (int i = 7; i >= 0; i--) want8 = want8 << 8 | p[at + i];
    memcpy(&got8, p + at, 8), memcpy(&got4, p + at, 4), memcpy(&got2, p + at, 2);
    EQ(*(volatile uint64_t *)(p + at), want8);
    EQ(*(volatile uint32_t *)(p + at), (uint32_t)want8);
    EQ(*(volatile uint16_t *)(p + at), (uint16_t)want8);
    EQ(got8, want8);
    *(volatile uint64_t *)(p + at) = want8 * 3;
    for (int i = 0; i < 8; i++) EQ(p[at + i], (want8 * 3 >> i * 8) & 255);
    v16 v = *(volatile v16 *)(p + at);
    for (int i = 0; i < 16; i++) EQ((unsigned char)v[i], p[at + i]);
    v16 w = v + 1;
    *(volatile v16 *)(p + at) = w;
    for (int i = 0; i < 16; i++) EQ(p[at + i], (unsigned char)w[i]);
  }
  STEP("across two pages");

  OK(mprotect(p + PAGE, PAGE, PROT_NONE));
  for (int k = 1; k < 8; k++) {
    unsigned char before[8];
    memcpy(before, p + PAGE - k, k);
    struct fault f = FAULT(*(volatile uint64_t *)(p + PAGE - k) = 0x4141414141414141);
    EQ(f.signo, SIGSEGV);
    EQ(f.code, SEGV_ACCERR);
    CHECK(f.addr == p + PAGE);
    f = FAULT((void)*(volatile uint64_t *)(p + PAGE - k));
    CHECK(f.signo == SIGSEGV && f.addr == p + PAGE);
#if defined __x86_64__
    EQ(memcmp(before, p + PAGE - k, k), 0);  // nothing is half written
#endif
  }
  OK(mprotect(p, PAGE, PROT_READ));
  OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE));
  struct fault f = FAULT(*(volatile uint64_t *)(p + PAGE - 3) = 1);
  CHECK(f.signo == SIGSEGV && f.code == SEGV_ACCERR && f.addr == p + PAGE - 3);
  STEP("the missing half is named");

#if !defined __riscv
  // A vector: each number of its bytes in the page that is there, whichever of the two that is.
  v16 ones = {0};
  ones = ~ones;
  for (volatile int second = 0; second < 2; second++) {
    OK(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE));
    memset(p + PAGE - 16, 0x55, 32);
    OK(mprotect(p + second * PAGE, PAGE, PROT_READ));
    for (volatile int k = 1; k < 16; k++) {
      f = FAULT(store_vector(p + PAGE - k, ones));
      CHECK(f.signo == SIGSEGV && f.code == SEGV_ACCERR);
      CHECK(f.addr == p + PAGE - (second ? 0 : k));
#if defined __x86_64__
      for (int i = -16; i < 16; i++) EQ(p[PAGE + i], 0x55);
#endif
    }
  }
  OK(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE));
  STEP("a vector of which half is missing");
#endif

  // Frames behind neighbouring pages are not neighbours: map one file page twice, side by side.
  int fd = OK(memfd_create("twice", 0));
  OK(ftruncate(fd, PAGE));
  for (int i = 0; i < 2; i++) CHECK(mmap(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == p + i * PAGE);
  *(volatile uint64_t *)(p + PAGE - 4) = 0x8877665544332211;
  EQ(*(volatile uint32_t *)p, 0x88776655);
  EQ(*(volatile uint32_t *)(p + PAGE - 4), 0x44332211);
  EQ(*(volatile uint32_t *)(p + 2 * PAGE - 4), 0x44332211);
  STEP("one page beside itself");
#if defined __x86_64__
  *(volatile uint64_t *)(p + PAGE - 4) = 41;
  EQ(__atomic_add_fetch((uint64_t *)(p + PAGE - 4), 1, __ATOMIC_SEQ_CST), 42);
#endif
  STEP("a locked operation across the edge, where that is allowed");
  return 0;
}

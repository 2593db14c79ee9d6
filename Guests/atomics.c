// Atomic operations of every width from four threads, 16-byte compare and swap, and a lock-free stack.
#include "check.h"
#include <pthread.h>

#define THREADS 4
#define ROUNDS 3000
static uint8_t u8;
static uint16_t u16;
static uint32_t u32, ors, swaps;
static uint64_t u64, cas;
static struct node { struct node *next; uint64_t value; } nodes[THREADS * 200];
static struct node *top;
static struct { uint64_t a, b; } __attribute__((aligned(16))) pair;

#if defined __x86_64__
static int cas16(uint64_t a, uint64_t b, uint64_t na, uint64_t nb) {
  char ok;
  __asm__ volatile("lock cmpxchg16b %1; sete %0" : "=q"(ok), "+m"(pair), "+a"(a), "+d"(b) : "b"(na), "c"(nb) : "cc", "memory");
  return ok;
}
#elif defined __aarch64__
static int cas16(uint64_t a, uint64_t b, uint64_t na, uint64_t nb) {
  uint64_t x, y;
  uint32_t fail;
  do {
    __asm__ volatile("ldaxp %0, %1, [%2]" : "=&r"(x), "=&r"(y) : "r"(&pair) : "memory");
    if (x != a || y != b) { __asm__ volatile("clrex"); return 0; }
    __asm__ volatile("stlxp %w0, %1, %2, [%3]" : "=&r"(fail) : "r"(na), "r"(nb), "r"(&pair) : "memory");
  } while (fail);
  return 1;
}
#elif defined __riscv
// It has nothing of 16 bytes: a lock stands in.
static int cas16(uint64_t a, uint64_t b, uint64_t na, uint64_t nb) {
  static uint32_t lock;
  uint32_t held;
  for (;;) {
    __asm__ volatile("amoswap.w.aq %0, %2, %1" : "=r"(held), "+A"(lock) : "r"(1) : "memory");
    if (!held) break;
    sched_yield();
  }
  int same = pair.a == a && pair.b == b;
  if (same) pair.a = na, pair.b = nb;
  __asm__ volatile("amoswap.w.rl zero, zero, %0" : "+A"(lock) : : "memory");
  return same;
}
#endif

static void *body(void *argument) {
  long n = (long)argument;
  for (int i = 0; i < ROUNDS; i++) {
    __atomic_add_fetch(&u8, 3, __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&u16, 5, __ATOMIC_RELAXED);
    __atomic_add_fetch(&u32, i, __ATOMIC_ACQ_REL);
    __atomic_add_fetch(&u64, 1ull << 33, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&ors, 1u << (i % 8 + n * 8), __ATOMIC_SEQ_CST);
    uint64_t old = __atomic_load_n(&cas, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&cas, &old, old + n + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {}
    uint32_t got = __atomic_exchange_n(&swaps, 0, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&swaps, got + 1, __ATOMIC_SEQ_CST);
    for (;;) {
      uint64_t a = __atomic_load_n(&pair.a, __ATOMIC_SEQ_CST), b = __atomic_load_n(&pair.b, __ATOMIC_SEQ_CST);
      if (cas16(a, b, a + 1, b + 2)) break;
    }
  }
  for (int i = 0; i < 200; i++) {
    struct node *mine = &nodes[n * 200 + i];
    mine->value = n * 200 + i;
    mine->next = __atomic_load_n(&top, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&top, &mine->next, mine, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
  }
  return NULL;
}

int main(void) {
  pthread_t t[THREADS];
  for (long i = 0; i < THREADS; i++) EQ(pthread_create(&t[i], NULL, body, (void *)i), 0);
  for (int i = 0; i < THREADS; i++) EQ(pthread_join(t[i], NULL), 0);
  EQ(u8, (uint8_t)(3 * THREADS * ROUNDS));
  EQ(u16, (uint16_t)(-5 * THREADS * ROUNDS));
  EQ(u32, THREADS * (ROUNDS * (ROUNDS - 1) / 2));
  EQ(u64, (uint64_t)THREADS * ROUNDS << 33);
  STEP("8, 16, 32, 64 bits");
  EQ(ors, ~0u);
  EQ(cas, ROUNDS * 10);
  EQ(swaps, THREADS * ROUNDS);
  STEP("or, compare and swap, exchange");
  EQ(pair.a, THREADS * ROUNDS);
  EQ(pair.b, 2 * THREADS * ROUNDS);
  STEP("16 bytes at once");
  uint64_t sum = 0, count = 0;
  for (struct node *p = top; p; p = p->next) sum += p->value, count++;
  EQ(count, THREADS * 200);
  EQ(sum, (uint64_t)800 * 799 / 2);
  STEP("lock-free stack");
  return 0;
}

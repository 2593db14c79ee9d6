// Thread-local storage: initial images, alignment, zero part, one copy per thread, the thread pointer kept apart.
#include "check.h"
#include <pthread.h>

static __thread int counted = 42;
static __thread char text[] = "thread local";
static __thread char zeroes[3000];
static __thread struct { char c; } __attribute__((aligned(64))) aligned_one = {7};
static pthread_key_t key;
static int destroyed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uintptr_t thread_pointer(void) {
  uintptr_t tp;
#if defined __x86_64__
  __asm__ volatile("mov %%fs:0, %0" : "=r"(tp));
#elif defined __aarch64__
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
#elif defined __riscv
  __asm__ volatile("mv %0, tp" : "=r"(tp));
#endif
  return tp;
}

static void fresh(void) {
  EQ(counted, 42);
  STREQ(text, "thread local");
  for (unsigned i = 0; i < sizeof zeroes; i++) EQ(zeroes[i], 0);
  EQ((uintptr_t)&aligned_one % 64, 0);
  EQ(aligned_one.c, 7);
}

static void destroy(void *value) {
  pthread_mutex_lock(&lock);
  destroyed += (int)(long)value;
  pthread_mutex_unlock(&lock);
}

static void *thread(void *argument) {
  long n = (long)argument;
  fresh();
  uintptr_t tp = thread_pointer();
  for (int i = 0; i < 200; i++) {
    counted += n;
    zeroes[i] = n;
    if (i % 50 == 0) sched_yield();
    EQ(thread_pointer(), tp);
  }
  EQ(counted, 42 + 200 * n);
  pthread_setspecific(key, (void *)n);
  CHECK(pthread_getspecific(key) == (void *)n);
  return (void *)tp;
}

int main(void) {
  fresh();
  STEP("main thread's image");
  pthread_key_create(&key, destroy);
  pthread_t t[6];
  void *tp[6];
  for (long i = 0; i < 6; i++) EQ(pthread_create(&t[i], NULL, thread, (void *)(i + 1)), 0);
  for (int i = 0; i < 6; i++) EQ(pthread_join(t[i], &tp[i]), 0);
  for (int i = 0; i < 6; i++) CHECK((uintptr_t)tp[i] != thread_pointer());
  STEP("six threads with their own");
  EQ(destroyed, 21);
  STEP("key destructors ran");
  fresh();
  STEP("main thread's copy untouched");
  return 0;
}

// Thread life: ids, many short threads, detached ones, stack sizes, results, cancellation, exit of the main thread last.
#include "check.h"
#include <pthread.h>
#include <sys/prctl.h>

static int detached;

static void *square(void *n) { return (void *)((long)n * (long)n); }
static void *identity(void *unused) { return (void *)(long)gettid(); }
static void *detach(void *unused) {
  pthread_detach(pthread_self());
  __atomic_add_fetch(&detached, 1, __ATOMIC_SEQ_CST);
  return NULL;
}
static void *exits(void *n) {
  pthread_exit((char *)n + 1);
}
static void cleanup(void *flag) { *(int *)flag = 1; }
static void *endless(void *flag) {
  pthread_cleanup_push(cleanup, flag);
  for (;;) pause();
  pthread_cleanup_pop(0);
}
static void *small_stack(void *unused) {
  char local[8000];
  memset(local, 1, sizeof local);
  __asm__ volatile("" : : "r"(local) : "memory");
  return unused;
}
static void *survivor(void *main_thread) {
  void *result;
  EQ(pthread_join(*(pthread_t *)main_thread, &result), 0);
  EQ((long)result, 99);
  EQ(getpid() == gettid(), 0);
  STEP("outlived the main thread");
  exit(0);
}

int main(void) {
  EQ(gettid(), getpid());
  void *result;
  pthread_t t, list[8];
  for (long i = 0; i < 100; i++) {
    EQ(pthread_create(&t, NULL, square, (void *)i), 0);
    EQ(pthread_join(t, &result), 0);
    EQ((long)result, i * i);
  }
  STEP("a hundred threads, one after the other");

  for (int i = 0; i < 8; i++) EQ(pthread_create(&list[i], NULL, identity, NULL), 0);
  long ids[8];
  for (int i = 0; i < 8; i++) {
    EQ(pthread_join(list[i], &result), 0);
    ids[i] = (long)result;
    CHECK(ids[i] > 0 && ids[i] != getpid());
  }
  STEP("thread ids differ from the process id");

  for (int i = 0; i < 10; i++) EQ(pthread_create(&t, NULL, detach, NULL), 0);
  while (__atomic_load_n(&detached, __ATOMIC_SEQ_CST) < 10) pause_ms(1);
  STEP("ten detached");

  EQ(pthread_create(&t, NULL, exits, "x"), 0);
  EQ(pthread_join(t, &result), 0);
  STREQ((char *)result, "");
  int cleaned = 0;
  EQ(pthread_create(&t, NULL, endless, &cleaned), 0);
  EQ(pthread_cancel(t), 0);
  EQ(pthread_join(t, &result), 0);
  CHECK(result == PTHREAD_CANCELED);
  CHECK(cleaned == 1 || cleaned == 0);  // cancelled before the push, perhaps
  STEP("pthread_exit and cancellation");

  pthread_attr_t attr;
  pthread_attr_init(&attr);
  EQ(pthread_attr_setstacksize(&attr, 1 << 17), 0);
  EQ(pthread_create(&t, &attr, small_stack, &detached), 0);
  EQ(pthread_join(t, &result), 0);
  CHECK(result == &detached);
  STEP("own stack size");

  static pthread_t self;
  self = pthread_self();
  EQ(pthread_create(&t, NULL, survivor, &self), 0);
  pthread_exit((void *)99);
}

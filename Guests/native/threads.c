// Threads, waiting on addresses, and exceptions.
#include "native.h"

enum { threads = 4, turns = 50 };
static uint32_t lock, counter, ended[threads];

static void acquire(void) {
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) godwit_wait_on_address(&lock, 1, GODWIT_NEVER);
}
static void release(void) {
  __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
  godwit_wake_address(&lock, 1);
}

static void count(void *argument) {
  for (int i = 0; i < turns; i++) {
    acquire();
    uint32_t seen = counter;
    if (i % 8 == 0) sleep_until(clock_now(GODWIT_CLOCK_MONOTONIC) + 100000);
    counter = seen + (uint32_t)(uint64_t)argument;
    release();
  }
  thread_end();
}

static int64_t page;
static volatile int faults;

static void handle(struct godwit_exception *exception) {
  faults++;
  if (exception->kind != GODWIT_EXCEPTION_KIND_PROTECTION || exception->access != GODWIT_ACCESS_WRITE ||
      exception->address != (uint64_t)page + 8)
    godwit_end(9, 1);
  // What it does is what the instruction was for, once it is made again.
  check(godwit_protect_memory((void *)page, 4096, GODWIT_MEMORY_READ | GODWIT_MEMORY_WRITE) == 0, "protect, in the handler");
  godwit_resume_exception(exception);
  godwit_end(8, 1);
}

int main(int argc, char **argv) {
  (void)argc, (void)argv;
  for (uint64_t i = 0; i < threads; i++) check(thread_start(count, (void *)(i + 1), &ended[i]) > 0, "start a thread");
  for (int i = 0; i < threads; i++) thread_join(&ended[i]);
  check(counter == turns * threads * (threads + 1) / 2, "what they counted");
  check_error(godwit_wait_on_address(&counter, 0, GODWIT_NEVER), GODWIT_WOULD_BLOCK, "another value");
  check_error(godwit_wait_on_address(&counter, counter, clock_now(GODWIT_CLOCK_MONOTONIC) + 5000000), GODWIT_TIMED_OUT,
              "nobody wakes it");
  check(godwit_wake_address(&counter, 5) == 0, "nobody waits");
  page = godwit_map_memory(4096, GODWIT_MEMORY_READ, 0);
  check(page > 0, "map");
  int64_t stack = godwit_map_memory(16384, GODWIT_MEMORY_READ | GODWIT_MEMORY_WRITE, 0);
  check(godwit_set_exception_handler((const void *)handle, (void *)(stack + 16384)) == 0, "set a handler");
  double before = 1.5 * (argc + 1);
  *(volatile uint64_t *)(page + 8) = 42;
  check(faults == 1 && *(volatile uint64_t *)(page + 8) == 42, "the instruction was made again");
  check(before == 1.5 * (argc + 1), "other registers");
  check(godwit_unmap_memory((void *)page, 4096) == 0, "unmap");
  put("threads ok\n");
  return 0;
}

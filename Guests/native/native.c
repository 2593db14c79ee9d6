#include "native.h"

void *memcpy(void *to, const void *from, size_t count) {
  for (size_t i = 0; i < count; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}
void *memmove(void *to, const void *from, size_t count) {
  if (to <= from) return memcpy(to, from, count);
  while (count-- > 0) ((volatile char *)to)[count] = ((const char *)from)[count];
  return to;
}
void *memset(void *to, int byte, size_t count) {
  for (size_t i = 0; i < count; i++) ((volatile char *)to)[i] = (char)byte;
  return to;
}
int memcmp(const void *one, const void *other, size_t count) {
  const uint8_t *a = one, *b = other;
  for (size_t i = 0; i < count; i++)
    if (a[i] != b[i]) return a[i] - b[i];
  return 0;
}
size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

static int32_t output = -1;

void godwit_start(const uint64_t *stack) {
  output = open_uri("stdio:1", 0);
  godwit_end(main((int)stack[0], (char **)(stack + 1)), 1);
}

int32_t open_uri(const char *uri, uint32_t options) { return (int32_t)godwit_open(uri, strlen(uri), options); }

struct godwit_name beneath(int32_t directory, const char *path) {
  return (struct godwit_name){directory, (uint32_t)strlen(path), path};
}

void wait_for(int32_t handle, uint8_t interest) {
  struct godwit_wait_item item = {handle, interest, 0, 0};
  while (godwit_wait(&item, 1, GODWIT_NEVER) == 0) {}
}

void write_all(int32_t handle, const void *bytes, uint64_t count) {
  const char *next = bytes;
  while (count > 0) {
    int64_t written = godwit_write(handle, GODWIT_NO_OFFSET, next, count);
    if (written == -GODWIT_WOULD_BLOCK) {
      wait_for(handle, GODWIT_READY_WRITABLE);
      continue;
    }
    if (written < 0) return;
    next += written;
    count -= (uint64_t)written;
  }
}

int64_t read_some(int32_t handle, void *bytes, uint64_t count) {
  for (;;) {
    int64_t got = godwit_read(handle, GODWIT_NO_OFFSET, bytes, count);
    if (got != -GODWIT_WOULD_BLOCK) return got;
    wait_for(handle, GODWIT_READY_READABLE);
  }
}

void put(const char *text) { write_all(output, text, strlen(text)); }

void put_number(int64_t number) {
  char digits[24];
  int place = sizeof digits;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  digits[--place] = 0;
  do digits[--place] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0) digits[--place] = '-';
  put(digits + place);
}

int64_t clock_now(enum godwit_clock clock) {
  struct godwit_time time;
  check(godwit_now(clock, &time) == 0, "now");
  return time.seconds * 1000000000 + time.nanoseconds;
}

void sleep_until(int64_t deadline) {
  while (clock_now(GODWIT_CLOCK_MONOTONIC) < deadline) godwit_wait((void *)&deadline, 0, deadline);
}

void check(int holds, const char *what) {
  if (holds) return;
  put("failed: ");
  put(what);
  put("\n");
  godwit_end(1, 1);
}

void check_error(int64_t result, int error, const char *what) {
  if (result == -error) return;
  put("failed: ");
  put(what);
  put(" gave ");
  put_number(result);
  put(", not ");
  put_number(-error);
  put("\n");
  godwit_end(1, 1);
}

int64_t thread_start(void (*entry)(void *), void *argument, uint32_t *ended) {
  uint64_t size = 65536;
  int64_t stack = godwit_map_memory(size, GODWIT_MEMORY_READ | GODWIT_MEMORY_WRITE, 0);
  check(stack > 0, "a stack");
  *ended = 1;
  // A function is called with a return address on x86-64, which takes eight bytes.
#if defined(__x86_64__)
  uint64_t top = (uint64_t)stack + size - 8;
#else
  uint64_t top = (uint64_t)stack + size;
#endif
  return godwit_start_thread((const void *)entry, (const void *)top, (uint64_t)argument, 0, ended);
}

void thread_join(uint32_t *ended) {
  uint32_t value;
  while ((value = __atomic_load_n(ended, __ATOMIC_ACQUIRE)) != 0) godwit_wait_on_address(ended, value, GODWIT_NEVER);
}

_Noreturn void thread_end(void) {
  godwit_end(0, 0);
  for (;;) {}
}

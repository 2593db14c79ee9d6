// What the guests in this directory share: a C library of a page, on nothing but the host ABI.
#ifndef NATIVE_H
#define NATIVE_H
#include "godwit.h"

int main(int argc, char **argv);

void *memcpy(void *to, const void *from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *one, const void *other, size_t count);
size_t strlen(const char *text);

// Opens what a URI names; the handle, or minus an error.
int32_t open_uri(const char *uri, uint32_t options);
// A name beneath a handle. `path` must stay where it is.
struct godwit_name beneath(int32_t directory, const char *path);

// Standard output: texts and numbers, and waits while there is no room.
void put(const char *text);
void put_number(int64_t number);
void write_all(int32_t handle, const void *bytes, uint64_t count);
// Reads at least a byte, waiting for it; 0 at the end.
int64_t read_some(int32_t handle, void *bytes, uint64_t count);
// Waits for one handle.
void wait_for(int32_t handle, uint8_t interest);
int64_t clock_now(enum godwit_clock clock);
void sleep_until(int64_t deadline);

// A check of one thing: says what failed, and ends with 1.
void check(int holds, const char *what);
void check_error(int64_t result, int error, const char *what);

// Starts a thread with a stack of its own; `*ended` becomes 0 when it has ended.
int64_t thread_start(void (*entry)(void *), void *argument, uint32_t *ended);
void thread_join(uint32_t *ended);
_Noreturn void thread_end(void);
#endif

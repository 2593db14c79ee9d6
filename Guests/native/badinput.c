// Bad numbers, handles, pointers and arguments: each gives an error of the contract, or a number; none ends the guest.
#include "native.h"

int main(int argc, char **argv) {
  (void)argc, (void)argv;
  check_error(godwit_call(0, 0, 0, 0, 0, 0, 0), GODWIT_NOT_SUPPORTED, "call 0");
  const uint64_t numbers[] = {45, 63, 74, 75, 100, 222, 1000, 1 << 20, 1ull << 32 | 1, UINT64_MAX, INT64_MAX};
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
    check_error(godwit_call(numbers[i], 1, 2, 3, 4, 5, 6), GODWIT_NOT_SUPPORTED, "a number that no call has");
  int32_t root = open_uri("file:/", GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  int32_t output = open_uri("stdio:1", 0);
  check(root >= 3 && output >= 3, "handles");
  char byte;
  // 0 to 2 are streams to open, no handles.
  const int32_t handles[] = {-1, 0, 1, 2, 99, INT32_MAX, INT32_MIN};
  for (unsigned i = 0; i < sizeof handles / sizeof *handles; i++) {
    check_error(godwit_read(handles[i], GODWIT_NO_OFFSET, &byte, 1), GODWIT_INVALID, "read no handle");
    check_error(godwit_kind(handles[i]), GODWIT_INVALID, "the kind of no handle");
    check(godwit_close(handles[i]) == 0, "close no handle");
    struct godwit_name name = beneath(handles[i], "x");
    check_error(godwit_make_directory(&name, 0700), GODWIT_INVALID, "a name beneath no handle");
  }
  check_error(godwit_read(root, GODWIT_NO_OFFSET, &byte, 1), GODWIT_INVALID, "read what is for names");
  check_error(godwit_accept(root, (void *)&byte), GODWIT_INVALID, "accept from a directory");
  check_error(godwit_write(output, (uint64_t)INT64_MAX + 5, &byte, 1), GODWIT_INVALID, "an offset beyond all");
  const uint64_t pointers[] = {0, 8, UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 0x00007ffffffff000, 0x8000000000};
  for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++) {
    void *bad = (void *)pointers[i];
    check_error(godwit_open(bad, 5, 0), GODWIT_INVALID, "a name nowhere");
    check_error(godwit_make_directory(bad, 0700), GODWIT_INVALID, "a structure nowhere");
    check_error(godwit_now(GODWIT_CLOCK_MONOTONIC, bad), GODWIT_INVALID, "a result nowhere");
    check_error(godwit_wait(bad, 1, 0), GODWIT_INVALID, "items nowhere");
    check_error(godwit_entropy(bad, 8), GODWIT_INVALID, "random bytes nowhere");
    check_error(godwit_facts(bad), GODWIT_INVALID, "facts nowhere");
    check_error(godwit_wait_on_address(bad, 0, 0), GODWIT_INVALID, "wait nowhere");
    check_error(godwit_wake_address(bad, 1), GODWIT_INVALID, "wake nowhere");
    check_error(godwit_write(output, GODWIT_NO_OFFSET, bad, 8), GODWIT_INVALID, "write from nowhere");
    struct godwit_name name = {root, 4, bad};
    check_error(godwit_remove(&name, 0), GODWIT_INVALID, "a path nowhere");
  }
  const char *uris[] = {"", ":", "file", "file:", "file:tmp", "nothing:/", "stdio:x", "stdio:-1", "tcp:", "tcp:1.2.3:4",
                        "udp:[::1]", "tty:x", "tcp:1.2.3.4:99999"};
  for (unsigned i = 0; i < sizeof uris / sizeof *uris; i++)
    check_error(open_uri(uris[i], GODWIT_OPEN_READ | GODWIT_OPEN_WRITE), GODWIT_INVALID, uris[i]);
  check_error(open_uri("pipe:x", GODWIT_OPEN_READ), GODWIT_NOT_SUPPORTED, "pipe:");
  check_error(open_uri("stdio:7", 0), GODWIT_PERMISSION_DENIED, "stdio:7");
  check_error(godwit_open("file:/\0tmp", 10, GODWIT_OPEN_READ), GODWIT_INVALID, "a NUL in a grant");
  check_error(open_uri("file:/etc/passwd", GODWIT_OPEN_READ), GODWIT_PERMISSION_DENIED, "no grant");
  check_error(open_uri("file:/../", GODWIT_OPEN_READ), GODWIT_PERMISSION_DENIED, "no grant, upwards");
  check_error(open_uri("file:/", 1024), GODWIT_INVALID, "an option of a later version");
  const char *paths[] = {"/", "/tmp", ".", "..", "tmp/..", "tmp//x", "tmp/", "x/../../y"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
    struct godwit_name name = beneath(root, paths[i]);
    check_error(godwit_open_beneath(&name, GODWIT_OPEN_READ, 0), GODWIT_INVALID, paths[i]);
  }
  struct godwit_name nul = {root, 3, "a\0b"}, huge = {root, UINT32_MAX, "x"};
  check_error(godwit_open_beneath(&nul, GODWIT_OPEN_READ, 0), GODWIT_INVALID, "a NUL");
  check_error(godwit_open_beneath(&huge, GODWIT_OPEN_READ, 0), GODWIT_NAME_TOO_LONG, "a long path");
  check_error(godwit_map_memory(0, 3, 0), GODWIT_INVALID, "no memory");
  check_error(godwit_map_memory(UINT64_MAX, 3, 0), GODWIT_OUT_OF_MEMORY, "all memory");
  check_error(godwit_map_memory(4096, 8, 0), GODWIT_INVALID, "an unknown protection");
  check_error(godwit_map_memory(4096, 3, (void *)0x12345), GODWIT_INVALID, "an address within a page");
  check_error(godwit_unmap_memory((void *)1, 4096), GODWIT_INVALID, "unmap within a page");
  check_error(godwit_protect_memory((void *)UINT64_MAX, 4096, 3), GODWIT_INVALID, "protect nothing");
  check_error(godwit_start_thread(0, 0, 0, 0, 0), GODWIT_INVALID, "a thread of nothing");
  check_error(godwit_start_thread((void *)main, (void *)UINT64_MAX, 0, 0, 0), GODWIT_INVALID, "a stack nowhere");
  check_error(godwit_set_thread_pointer((void *)(1ull << 63)), GODWIT_INVALID, "a thread pointer nowhere");
  check_error(godwit_resume_exception(&byte), GODWIT_INVALID, "no exception");
  check_error(godwit_set_exception_handler((void *)UINT64_MAX, 0), GODWIT_INVALID, "a handler nowhere");
  check_error(godwit_wait(0, UINT64_MAX, 0), GODWIT_INVALID, "too many items");
  check_error(godwit_terminal_modes(root, (void *)&byte), GODWIT_NOT_TERMINAL, "modes of a directory");
  // Whatever the arguments, there is an answer. What ends threads or waits is left out.
  const uint64_t values[] = {0, 1, 3, 4, UINT64_MAX, 1ull << 63, (uint64_t)&byte, 4096, INT32_MAX, 0x7ffffffff000};
  uint64_t seed = 88172645463325252ull;
  for (int i = 0; i < 3000; i++) {
    uint64_t arguments[6];
    for (int j = 0; j < 6; j++) {
      seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
      arguments[j] = values[seed % (sizeof values / sizeof *values)];
    }
    uint64_t number = 1 + (uint64_t)i % 43;
    if (number == 3 || number == 38 || number == 42 || number == 6) continue;
    if (number == 37 || number == 43 || number == 41 || number == 13 || number == 25) arguments[1] = arguments[0] = 5;
    if (arguments[0] == (uint64_t)output && number == 7) continue;
    int64_t result = godwit_call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    check(result >= -36, "an error that there is not");
  }
  put("badinput ok\n");
  return 0;
}

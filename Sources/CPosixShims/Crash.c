// What becomes of a crash of this process itself. The handler does async-signal-safe things only
// (signal-safety(7)): it may have interrupted anything.
#include "CPosixShims.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/// Where the handler runs when the stack is what was used up.
static char handler_stack[16384];
static int exit_status;

static size_t append(char *line, size_t length, const char *text) {
  size_t count = strlen(text);
  memcpy(line + length, text, count);
  return length + count;
}

static size_t append_hex(char *line, size_t length, uintptr_t value) {
  char digits[2 * sizeof value];
  size_t count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value & 15];
    value >>= 4;
  } while (value != 0);
  while (count > 0) line[length++] = digits[--count];
  return length;
}

static const char *name_of(int signal) {
  switch (signal) {
    // What traps of Swift's own checks raise on x86-64 and ARM64.
    case SIGILL:
    case SIGTRAP: return "a check failed";
    case SIGABRT: return "aborted";
    case SIGBUS: return "bus error";
    case SIGFPE: return "arithmetic error";
    default: return "segmentation fault";
  }
}

static void report(int signal, siginfo_t *info, void *context) {
  (void)context;
  char line[160];
  size_t length = append(line, 0, "godwit: internal error: ");
  length = append(line, length, name_of(signal));
  // Only the kernel's own signals have an address.
  if (info->si_code > 0 && signal != SIGABRT) {
    length = append(line, length, " at 0x");
    length = append_hex(line, length, (uintptr_t)info->si_addr);
  }
  length = append(line, length, " (GODWIT_BACKTRACE=1 tells more)\n");
  ssize_t ignored = write(2, line, length);
  (void)ignored;
  _exit(exit_status);
}

void godwit_crashes_exit(int status) {
  exit_status = status;
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = report;
  // A crash within the handler takes its default action.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  sigfillset(&action.sa_mask);
  const int signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

static struct {
  uintptr_t start, end;
  int status;
  size_t length;
  char line[1024];
  struct sigaction others;
} bus_errors;

static void report_bus_error(int signal, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)info->si_addr;
  if (info->si_code > 0 && address >= bus_errors.start && address < bus_errors.end) {
    ssize_t ignored = write(2, bus_errors.line, bus_errors.length);
    (void)ignored;
    _exit(bus_errors.status);
  }
  // Not of that memory: it happens again, as if this handler were not there.
  sigaction(signal, &bus_errors.others, NULL);
}

void godwit_bus_errors_exit(uintptr_t start, uintptr_t end, int status, const char *line) {
  bus_errors.start = start;
  bus_errors.end = end;
  bus_errors.status = status;
  bus_errors.length = strnlen(line, sizeof bus_errors.line - 1);
  memcpy(bus_errors.line, line, bus_errors.length);
  bus_errors.line[bus_errors.length++] = '\n';
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = report_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  sigaction(SIGBUS, &action, &bus_errors.others);
}

// What every guest program shares: say what failed and where, and leave. A guest prints progress to stdout with
// STEP (one write each, nothing that differs between two runs: no pids, addresses, times) and exits 0 when all is
// well. It may be suspended and resumed elsewhere at any system call, so clocks may jump forward between two calls.
//
// With GUEST_KTAP in the environment a guest tells results instead, as KTAP: what a STEP ends is a check, named by the
// format of the STEP (checks.tsv gives it an id), and one that fails does not end the guest.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP(...) step_line(__VA_ARGS__)

// The condition holds.
#define CHECK(cond) \
  do { if (!(cond)) fail_at(__FILE__, __LINE__, "%s (errno %d)", #cond, errno); } while (0)

// Two integers are equal.
#define EQ(a, b) \
  do { long long eq_a_ = (long long)(a), eq_b_ = (long long)(b); \
       if (eq_a_ != eq_b_) fail_at(__FILE__, __LINE__, "%s is %lld (%#llx), not %s = %lld (%#llx); errno %d", #a, \
                                   eq_a_, eq_a_, #b, eq_b_, eq_b_, errno); } while (0)

// Two strings are equal.
#define STREQ(a, b) \
  do { const char *se_a_ = (a), *se_b_ = (b); \
       if (strcmp(se_a_, se_b_)) fail_at(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, se_a_, se_b_); } while (0)

// A system call that must succeed; its value. What follows relies on it: if it fails, the rest of the PART is left out.
#define OK(call) \
  ({ errno = 0; long ok_r_ = (long)(call); \
     if (ok_r_ == -1) { fail_at(__FILE__, __LINE__, "%s: %s", #call, strerror(errno)); leave_part(); } \
     ok_r_; })

// A system call that must fail with this errno.
#define FAILS(error, call) \
  do { errno = 0; long fa_r_ = (long)(call); int fa_e_ = errno; \
       if (fa_r_ != -1 || fa_e_ != (error)) \
         fail_at(__FILE__, __LINE__, "%s is %ld, errno %d, not %s", #call, fa_r_, fa_e_, #error); } while (0)

// What can be checked whatever became of what went before it.
#define PART(call) \
  do { if (ktap.process) { \
         sigjmp_buf part_; ktap.part = &part_; if (!sigsetjmp(part_, 1)) call; ktap.part = NULL; \
       } else call; } while (0)

static struct {
  pid_t process;       // that tells results; 0 if nobody asked for them
  int failures;        // since the last step
  int all_failures;
  sigjmp_buf *part;    // where to go on if the part that runs can't
} ktap;

__attribute__((constructor)) static void ktap_begin(void) {
  static const char line[] = "KTAP version 1\n";
  if (!getenv("GUEST_KTAP")) return;
  ktap.process = getpid();
  if (write(1, line, sizeof line - 1) < 0) _exit(3);
}

// What is checked after the last step, or in none, is a check too.
__attribute__((destructor)) static void ktap_end(void) {
  if (!ktap.process || getpid() != ktap.process) return;
  const char *line = ktap.failures ? "not ok - (end)\n" : "ok - (end)\n";
  if (write(1, line, strlen(line)) < 0) _exit(3);
  if (ktap.all_failures) _exit(1);
}

// Ends the guest, unless it tells results. A child process ends in any case: it is its parent that tells.
__attribute__((format(printf, 3, 4), unused))
static void fail_at(const char *file, int line, const char *format, ...) {
  char text[1024];
  int n = snprintf(text, sizeof text, "%s%s:%d: ", ktap.process ? "# " : "", file, line);
  va_list list;
  va_start(list, format);
  n += vsnprintf(text + n, sizeof text - n - 1, format, list);
  va_end(list);
  if (n > (int)sizeof text - 2) n = sizeof text - 2;
  text[n++] = '\n';
  if (write(ktap.process ? 1 : 2, text, n) < 0) _exit(2);
  if (getpid() != ktap.process) _exit(1);
  ktap.failures++;
  // One in a long loop.
  if (++ktap.all_failures > 100) _exit(1);
}

// After a failure without which nothing that follows makes sense.
_Noreturn __attribute__((unused)) static void leave_part(void) {
  static const char line[] = "# left\n";
  if (write(1, line, sizeof line - 1) < 0) _exit(3);
  if (ktap.part && syscall(SYS_gettid) == ktap.process) siglongjmp(*ktap.part, 1);
  _exit(1);
}

__attribute__((format(printf, 1, 2), unused))
static void step_line(const char *format, ...) {
  char text[1024];
  int n;
  if (ktap.process) {
    n = snprintf(text, sizeof text - 1, "%sok - %s", ktap.failures ? "not " : "", format);
    ktap.failures = 0;
  } else {
    va_list list;
    va_start(list, format);
    n = vsnprintf(text, sizeof text - 1, format, list);
    va_end(list);
  }
  text[n++] = '\n';
  if (write(1, text, n) != n) _exit(3);
}

// What must never come has come.
#define LEAVE(...) do { fail_at(__FILE__, __LINE__, __VA_ARGS__); leave_part(); } while (0)

static char scratch_path[64];

__attribute__((unused)) static void remove_scratch(void) {
  if (chdir("/") || rmdir(scratch_path)) { /* a guest that leaves files behind leaves them in a fresh /tmp */ }
}

// Makes a fresh directory under /tmp, or where GUEST_SCRATCH says, the current one; it is removed at exit if it is
// empty by then.
__attribute__((unused)) static void enter_scratch(void) {
  const char *where = getenv("GUEST_SCRATCH");
  CHECK(snprintf(scratch_path, sizeof scratch_path, "%s/guest.XXXXXX", where ? where : "/tmp") <
        (int)sizeof scratch_path);
  CHECK(mkdtemp(scratch_path));
  OK(chdir(scratch_path));
  atexit(remove_scratch);
}

// glibc declares sigprocmask and raise "leaf": what their handlers write must be volatile, or be behind this.
#define BARRIER() __asm__ volatile("" : : : "memory")

// Sleeps at least this long, whatever signals arrive.
__attribute__((unused)) static void pause_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) && errno == EINTR) {}
}

__attribute__((unused)) static int64_t now_ns(clockid_t clock) {
  struct timespec t;
  OK(clock_gettime(clock, &t));
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// A small deterministic generator and a checksum, for guests that compute.
__attribute__((unused)) static uint64_t mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Root of the machine, not of a user namespace, where some things are refused.
__attribute__((unused)) static int is_host_root(void) {
  unsigned long first, host, count = 4294967295;
  FILE *map = fopen("/proc/self/uid_map", "r");
  if (map) {
    if (fscanf(map, "%lu %lu %lu", &first, &host, &count) != 3) count = 0;
    fclose(map);
  }
  return geteuid() == 0 && count == 4294967295;
}

// Runs a function in a process of its own; its status as waitpid(2) gives it, 0 if nothing in it failed.
__attribute__((unused)) static int status_of(void (*body)(void)) {
  int status;
  pid_t pid = OK(fork());
  if (!pid) {
    body();
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  return status;
}

__attribute__((unused)) static void in_child(void (*body)(void)) { EQ(status_of(body), 0); }

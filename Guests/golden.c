// BUILD: -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -Wl,-z,noseparate-code -s
// A program for snapshots that are kept for years: it runs from memory, has something of many kinds, and needs neither
// files nor a C library. With an argument it waits for a byte of standard input twice: with all of it there, and with
// some of it changed. Then it checks everything.
// QEMU: it can't run a program from a memfd.
#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { PAGE = 4096, STACK = 4 * PAGE, AREA = 24 * PAGE };

// --- System calls, threads and the start -----------------------------------------------------------------------------

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return number;
}

static long start_thread(long flags, void *stack, uint32_t *tid, void (*body)(void)) {
  register void *r10 __asm__("r10") = tid;
  register void (*r12)(void) __asm__("r12") = body;
  long result = SYS_clone;
  __asm__ volatile("syscall; test %%rax, %%rax; jnz 1f; xor %%ebp, %%ebp; call *%%r12; ud2; 1:"
                   : "+a"(result) : "D"(flags), "S"(stack), "d"(tid), "r"(r10), "r"(r12) : "rcx", "r11", "memory");
  return result;
}

__asm__(".globl _start; _start: xor %ebp, %ebp; mov %rsp, %rdi; and $-16, %rsp; call begin; ud2");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

static long start_thread(long flags, void *stack, uint32_t *tid, void (*body)(void)) {
  register long x8 __asm__("x8") = SYS_clone, x0 __asm__("x0") = flags;
  register void *x1 __asm__("x1") = stack, *x2 __asm__("x2") = tid, *x3 __asm__("x3") = NULL, *x4 __asm__("x4") = tid;
  register void (*x9)(void) __asm__("x9") = body;
  __asm__ volatile("svc 0; cbnz x0, 1f; mov x29, 0; blr x9; brk 1; 1:"
                   : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x9) : "memory");
  return x0;
}

__asm__(".globl _start; _start: mov x29, 0; mov x0, sp; bl begin; brk 1");
#elif defined(__riscv)
static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
  register long a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
}

static long start_thread(long flags, void *stack, uint32_t *tid, void (*body)(void)) {
  register long a7 __asm__("a7") = SYS_clone, a0 __asm__("a0") = flags;
  register void *a1 __asm__("a1") = stack, *a2 __asm__("a2") = tid, *a3 __asm__("a3") = NULL, *a4 __asm__("a4") = tid;
  register void (*t1)(void) __asm__("t1") = body;
  __asm__ volatile("ecall; bnez a0, 1f; li fp, 0; jalr t1; ebreak; 1:"
                   : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(t1) : "ra", "memory");
  return a0;
}

__asm__(".globl _start; _start: .option push; .option norelax; lla gp, __global_pointer$; .option pop;"
        "li fp, 0; mv a0, sp; call begin; ebreak");
#endif

#define CALL6(number, a, b, c, d, e, f, ...) \
  call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(...) CALL6(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

// What a compiler may call without being asked.
void *memset(void *to, int byte, size_t count) {
  for (volatile char *p = to; count--;) *p++ = (char)byte;
  return to;
}

void *memcpy(void *to, const void *from, size_t count) {
  const char *q = from;
  for (volatile char *p = to; count--;) *p++ = *q++;
  return to;
}

static size_t length(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

static int is_same(const char *left, const char *right, long count) {
  while (count--)
    if (*left++ != *right++) return 0;
  return 1;
}

static void say(const char *text) { CALL(SYS_write, 1, text, length(text)); }

#define CHECK(condition) \
  do { if (!(condition)) fail("golden.c: " #condition "\n"); } while (0)

static void fail(const char *text) {
  CALL(SYS_write, 2, text, length(text));
  CALL(SYS_exit_group, 1);
}

// --- What is there ---------------------------------------------------------------------------------------------------

static int pipe_fds[2], gate[2], sockets[2], event, timer, epoll, file;
static char file_name[32];
static uint64_t *private_area, *shared_area;
static _Alignas(16) char stacks[2][STACK];
static uint32_t tids[2], go;
static uint32_t done[2];
static volatile int handled;

static uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  return x ^ (x >> 27);
}

static void *map(size_t size, int flags) {
  long address = CALL(SYS_mmap, 0, size, 3, flags | 0x20, -1, 0);  // MAP_ANONYMOUS
  CHECK(address > 0);
  return (void *)address;
}

// Sleeps on a futex until all may go on.
static void sleeper(void) {
  while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST)) CALL(SYS_futex, &go, FUTEX_WAIT, 0, 0);
  __atomic_store_n(&done[0], 1, __ATOMIC_SEQ_CST);
  CALL(SYS_exit, 0);
}

// Sleeps in a read until the gate opens. What it computes meanwhile stays in floating-point registers.
static void reader(void) {
  double value = (double)stacks[0][0] + 1.5;
  char byte = 0;
  CHECK(CALL(SYS_read, gate[0], &byte, 1) == 1);
  CHECK(byte == 'g');
  CHECK(value * 2 == 3.0);
  __atomic_store_n(&done[1], 1, __ATOMIC_SEQ_CST);
  CALL(SYS_exit, 0);
}

// The child sleeps until its parent says so in memory that they share, and answers there.
static void child(void) {
  while (!__atomic_load_n((uint32_t *)shared_area, __ATOMIC_SEQ_CST)) CALL(SYS_futex, shared_area, FUTEX_WAIT, 0, 0);
  shared_area[1] = mixed(private_area[7]);
  CALL(SYS_exit_group, 7);
}

static void handler(int signal) { handled = signal; }

#if defined(__x86_64__)
__asm__("restorer: mov $15, %eax; syscall");
void restorer(void);
#endif

static void set_up(void) {
  CHECK(CALL(SYS_pipe2, pipe_fds, 0) == 0);
  CHECK(CALL(SYS_write, pipe_fds[1], "in the pipe", 11) == 11);
  CHECK(CALL(SYS_pipe2, gate, 0) == 0);
  CHECK(CALL(SYS_socketpair, 1, 1, 0, sockets) == 0);
  CHECK(CALL(SYS_write, sockets[0], "in the socket", 13) == 13);
  CHECK((event = CALL(SYS_eventfd2, 41, 0)) >= 0);
  CHECK((timer = CALL(SYS_timerfd_create, 1, 0)) >= 0);
  uint64_t never[4] = {0, 0, 1000000000, 0};
  CHECK(CALL(SYS_timerfd_settime, timer, 0, never, 0) == 0);
  CHECK((epoll = CALL(SYS_epoll_create1, 0)) >= 0);
  struct { uint32_t events, low; uint64_t more; } watch = {1, 99, 0};
  CHECK(CALL(SYS_epoll_ctl, epoll, 1, event, &watch) == 0);

  private_area = map(AREA, 2);
  for (int i = 0; i < AREA / 8; i++) private_area[i] = i % 512 < 64 ? mixed(i + 1) : 0;
  shared_area = map(PAGE, 1);

  // SIGUSR1 is blocked and pending.
  uint64_t action[4] = {(uint64_t)handler, 0, 0, 0};
#if defined(__x86_64__)
  action[1] = 0x04000000;  // SA_RESTORER
  action[2] = (uint64_t)restorer;
#endif
  CHECK(CALL(SYS_rt_sigaction, 10, action, 0, 8) == 0);
  uint64_t mask = 1 << 9;
  CHECK(CALL(SYS_rt_sigprocmask, 0, &mask, 0, 8) == 0);
  CHECK(CALL(SYS_kill, CALL(SYS_getpid, 0), 10) == 0);

  long pid = CALL(SYS_clone, 17, 0, 0, 0, 0);  // SIGCHLD: fork
  CHECK(pid >= 0);
  if (pid == 0) child();
  // CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID, PARENT_SETTID
  long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x200000 | 0x100000;
  CHECK(start_thread(flags, stacks[0] + STACK, &tids[0], sleeper) > 0);
  CHECK(start_thread(flags, stacks[1] + STACK, &tids[1], reader) > 0);
}

// A name that no other run has.
static void make_file(void) {
  memcpy(file_name, "/dev/shm/golden.", 17);
  long pid = CALL(SYS_getpid, 0);
  char *end = file_name + 16;
  for (; pid; pid /= 10) *end++ = (char)('0' + pid % 10);
  CHECK((file = CALL(SYS_openat, -100, file_name, 0102, 0640)) >= 0);  // O_RDWR, O_CREAT
  CHECK(CALL(SYS_write, file, "in the file", 11) == 11);
  CHECK(CALL(SYS_ftruncate, file, 5 * PAGE) == 0);
}

static void change(void) {
  CHECK(CALL(SYS_write, pipe_fds[1], ", and more", 10) == 10);
  CHECK(CALL(SYS_pwrite64, file, "at its end", 10, 5 * PAGE - 10) == 10);
  for (int i = 0; i < AREA / 8; i += 512 * 7) private_area[i] ^= 1;
}

static void wait_for(uint32_t *tid) {
  for (uint32_t value; (value = __atomic_load_n(tid, __ATOMIC_SEQ_CST));) CALL(SYS_futex, tid, FUTEX_WAIT, value, 0);
}

static void check_all(void) {
  char text[64];
  for (int i = 0; i < AREA / 8; i++)
    CHECK(private_area[i] == ((i % 512 < 64 ? mixed(i + 1) : 0) ^ (i % (512 * 7) == 0)));
  say("the memory is as it was\n");
  CHECK(CALL(SYS_read, pipe_fds[0], text, sizeof text) == 21);
  CHECK(is_same(text, "in the pipe, and more", 21));
  CHECK(CALL(SYS_read, sockets[1], text, sizeof text) == 13);
  CHECK(is_same(text, "in the socket", 13));
  CHECK(CALL(SYS_pread64, file, text, 11, 0) == 11);
  CHECK(is_same(text, "in the file", 11));
  CHECK(CALL(SYS_pread64, file, text, 64, 5 * PAGE - 12) == 12);
  CHECK(is_same(text, "\0\0at its end", 12));
  say("the files are as they were\n");
  uint32_t events[4] = {0};
  uint64_t count = 0;
  CHECK(CALL(SYS_epoll_pwait, epoll, events, 1, 0, 0, 8) == 1);
  CHECK(CALL(SYS_read, event, &count, 8) == 8);
  CHECK(count == 41);
  uint64_t left[4] = {0};
  CHECK(CALL(SYS_timerfd_gettime, timer, left) == 0);
  CHECK(left[2] > 0 && left[2] < 1000000000);
  say("the descriptors are as they were\n");
  CHECK(handled == 0);
  uint64_t mask = 1 << 9;
  CHECK(CALL(SYS_rt_sigprocmask, 1, &mask, 0, 8) == 0);
  CHECK(handled == 10);
  say("the signal was delivered\n");
  __atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
  CALL(SYS_futex, &go, FUTEX_WAKE, 1);
  CHECK(CALL(SYS_write, gate[1], "g", 1) == 1);
  wait_for(&tids[0]);
  wait_for(&tids[1]);
  CHECK(done[0] && done[1]);
  say("the threads went on\n");
  __atomic_store_n((uint32_t *)shared_area, 1, __ATOMIC_SEQ_CST);
  CALL(SYS_futex, shared_area, FUTEX_WAKE, 1);
  int status = 0;
  CHECK(CALL(SYS_wait4, -1, &status, 0, 0) > 0);
  CHECK(status == 7 << 8);
  CHECK(shared_area[1] == mixed(mixed(8)));
  say("the child went on\n");
  CHECK(CALL(SYS_unlinkat, -100, file_name, 0) == 0);
}

// Copies the program into a file in memory and runs it from there.
static void move_to_memory(const char *argument) {
  static char bytes[PAGE];
  long self = CALL(SYS_openat, -100, "/proc/self/exe", 0, 0);
  CHECK(self >= 0);
  long copy = CALL(SYS_memfd_create, "golden", 1);  // MFD_CLOEXEC
  CHECK(copy >= 0);
  for (long count; (count = CALL(SYS_read, self, bytes, PAGE)) != 0;)
    CHECK(count > 0 && CALL(SYS_write, copy, bytes, count) == count);
  CHECK(CALL(SYS_close, self) == 0);
  const char *arguments[] = {"in memory", argument, NULL}, *environment[] = {NULL};
  CALL(SYS_execveat, copy, "", arguments, environment, 0x1000);  // AT_EMPTY_PATH
  fail("golden.c: execveat\n");
}

// Waits until standard input, a file, has another byte.
static void wait_for_input(void) {
  char byte;
  long pause[2] = {0, 10000000};
  while (CALL(SYS_read, 0, &byte, 1) == 0) CALL(SYS_nanosleep, pause, 0);
}

__attribute__((used)) void begin(long *stack) {
  long count = stack[0];
  char **arguments = (char **)(stack + 1);
  if (!is_same(arguments[0], "in memory", 10)) move_to_memory(arguments[1]);
  int waits = count > 1;
  CHECK(CALL(SYS_chdir, "/") == 0);
  set_up();
  make_file();
  say("all is there\n");
  if (waits) wait_for_input();
  change();
  say("some of it has changed\n");
  if (waits) wait_for_input();
  check_all();
  CALL(SYS_exit_group, 0);
}

// Restartable sequences: who may register what, and a signal in one, before it, behind it, or while one is named that is no good.
// QEMU: qemu-user has no restartable sequences.
#include "check.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <ucontext.h>

#define MINE 0x1234abcd
#define ALIGNED __attribute__((aligned(32)))
enum { UNREGISTER = 1 };

static struct area { uint32_t first_cpu, cpu; volatile uint64_t section; uint32_t flags, rest[3]; } area ALIGNED, other ALIGNED;
static struct section { uint32_t version, flags; uint64_t start, length, abort; } section ALIGNED;

static long rseq(void *where, unsigned length, int flags, unsigned signature) {
  return syscall(SYS_rseq, where, length, flags, signature);
}

// Takes the C library's from this thread, if it has one: it can have but one.
static void forget(void) {
#ifdef RSEQ_SIG
  if (!__rseq_size) return;
  char *its = (char *)__builtin_thread_pointer() + __rseq_offset;
  rseq(its, 32, UNREGISTER, RSEQ_SIG);
#endif
}

// Names the section, meets an instruction that there is not, and returns 1, or 2 if it was aborted.
long run(volatile uint64_t *name, struct section *section);
extern char meeting[], aborted[];
#define GLOBAL ".globl run, meeting, aborted\n"
#if defined __x86_64__
enum { INSTRUCTION = 2 };
__asm__(GLOBAL ".text\nrun:\n mov %rsi, (%rdi)\nmeeting:\n ud2\n mov $1, %eax\n ret\n .long 0x1234abcd\naborted:\n mov $2, %eax\n ret\n");
#define PC(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined __aarch64__
enum { INSTRUCTION = 4 };
__asm__(GLOBAL ".text\n.balign 4\nrun:\n str x1, [x0]\nmeeting:\n .inst 0\n mov x0, #1\n ret\n .word 0x1234abcd\naborted:\n mov x0, #2\n ret\n");
#define PC(context) ((context)->uc_mcontext.pc)
#elif defined __riscv
enum { INSTRUCTION = 4 };
__asm__(GLOBAL ".text\n.balign 4\n.option push\n.option norvc\nrun:\n sd a1, (a0)\nmeeting:\n .word 0xc0001073\n li a0, 1\n ret\n .word 0x1234abcd\n"
        "aborted:\n li a0, 2\n ret\n.option pop\n");
#define PC(context) ((context)->uc_mcontext.__gregs[0])
#endif

static volatile int signals;
static char *volatile seen;
static void on_signal(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  signals++;
  seen = (char *)PC(c);
  if (seen == meeting) PC(c) += INSTRUCTION;
}

// Who has been elsewhere meanwhile was aborted before there was a signal: once more.
static long met(char *start, uint64_t length) {
  long r;
  do {
    signals = 0;
    section = (struct section){.start = (uintptr_t)start, .length = length, .abort = (uintptr_t)aborted};
    r = run(&area.section, &section);
  } while (!signals);
  EQ(signals, 1);
  EQ(area.section, 0);
  return r;
}

static void sections(void) {
  OK(sigaction(SIGILL, &(struct sigaction){.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO}, NULL));
  EQ(met(meeting, INSTRUCTION), 2);
  CHECK(seen == aborted);
  // To the byte.
  EQ(met(meeting, 1), 2);
  EQ(met(meeting - 8, 9), 2);
  CHECK(seen == aborted);
  EQ(met(meeting - 8, 8), 1);
  CHECK(seen == meeting);
  EQ(met(meeting + 1, 1), 1);
  EQ(met(meeting, 0), 1);
  CHECK(seen == meeting);
  // Without one.
  signals = 0;
  EQ(run(&area.section, NULL), 1);
  EQ(signals, 1);
  CHECK(seen == meeting);
  // A signal that a call sends finds no section either.
  do {
    signals = 0;
    section = (struct section){.start = (uintptr_t)meeting, .length = INSTRUCTION, .abort = (uintptr_t)aborted};
    area.section = (uintptr_t)&section;
    OK(raise(SIGILL));
  } while (!signals);
  EQ(area.section, 0);
}

// Each dies of a signal that it can't be told of.
static struct section bad;
static uintptr_t name;
static void unfortunate(void) {
  OK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
  OK(sigaction(SIGILL, &(struct sigaction){.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO}, NULL));
  section = bad;
  run(&area.section, (struct section *)(name ? name : (uintptr_t)&section));
}
static void no_good(void) {
  const struct section good = {.start = (uintptr_t)meeting, .length = INSTRUCTION, .abort = (uintptr_t)aborted};
  bad = good;
  EQ(status_of(unfortunate), 0);
  bad = good, bad.version = 1;
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  bad = good, bad.abort++;  // no signature before it
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  bad = good, bad.abort = bad.start;  // within
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  bad = good, bad.length = bad.abort - bad.start;  // the last that is not
  EQ(status_of(unfortunate), 0);
  bad.length++;
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  bad = good, bad.abort = -8ul;
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  bad = good, bad.length = -1ul;
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
  name = 8;
  EQ(status_of(unfortunate) & 0x7f, SIGSEGV);
}

static void refusals(void) {
  FAILS(EBUSY, rseq(&area, 32, 0, MINE));
  FAILS(EPERM, rseq(&area, 32, 0, MINE + 1));
  FAILS(EINVAL, rseq(&other, 32, 0, MINE));
  FAILS(EINVAL, rseq(&area, 32, 2, MINE));
  FAILS(EINVAL, rseq(&area, 32, UNREGISTER | 2, MINE));
  FAILS(EINVAL, rseq(&other, 32, UNREGISTER, MINE));
  FAILS(EINVAL, rseq(&area, 31, UNREGISTER, MINE));
  FAILS(EPERM, rseq(&area, 32, UNREGISTER, MINE + 1));
  FAILS(EINVAL, rseq(NULL, 32, UNREGISTER, MINE));
  OK(rseq(&area, 32, UNREGISTER, MINE));
  FAILS(EINVAL, rseq(&area, 32, UNREGISTER, MINE));
  FAILS(EINVAL, rseq(&area, 31, 0, MINE));
  FAILS(EINVAL, rseq(&area, 0, 0, MINE));
  FAILS(EINVAL, rseq((char *)&area + 4, 32, 0, MINE));
  FAILS(EFAULT, rseq((void *)32, 32, 0, MINE));
  OK(rseq(&area, 32, 0, MINE));
}

static void *threaded(void *unused) {
  forget();
  FAILS(EINVAL, rseq(&other, 32, UNREGISTER, MINE));
  OK(rseq(&other, 32, 0, MINE + 1));
  FAILS(EBUSY, rseq(&other, 32, 0, MINE + 1));
  return unused;
}
static void inherited(void) {
  FAILS(EBUSY, rseq(&area, 32, 0, MINE));
  OK(rseq(&area, 32, UNREGISTER, MINE));
  OK(rseq(&area, 32, 0, MINE + 1));
}

static void given_back(void) {
  // Another length, which is another registration.
  FAILS(EINVAL, rseq(&area, 33, 0, MINE));
  OK(rseq(&area, 32, UNREGISTER, MINE));
  EQ(area.cpu, -1u);
  EQ(area.first_cpu, 0);
  area.cpu = area.first_cpu = 77777;
  OK(rseq(&area, 32, 0, MINE));
  CHECK(area.cpu < 77777);
  EQ(area.first_cpu, area.cpu);
}

int main(void) {
  pthread_t thread;
  forget();
  if (rseq(&area, 32, 0, MINE)) {
    EQ(errno, ENOSYS);
    return 0;
  }
  CHECK(area.cpu < 77777);
  PART(refusals());
  STEP("refusals");
  PART(sections());
  STEP("sections");
  PART(no_good());
  STEP("no good");
  EQ(pthread_create(&thread, NULL, threaded, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  in_child(inherited);
  FAILS(EBUSY, rseq(&area, 32, 0, MINE));
  STEP("threads and children");
  PART(given_back());
  STEP("given back");
  return 0;
}

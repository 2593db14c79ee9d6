// seccomp: strict mode, filters and their answers, what is inherited, and threads that are all to have one.
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

static long install(int flags, struct sock_filter *filter, int count) {
  struct sock_fprog program = {count, filter};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
#define INSTALL(flags, ...) \
  ({ struct sock_filter f_[] = {__VA_ARGS__}; install(flags, f_, sizeof f_ / sizeof *f_); })

// What a call of getpriority gets.
static long answer_all(unsigned value) {
  return INSTALL(0, LOAD(arch), IS(ARCH, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS), LOAD(nr), IS(SYS_getpriority, 0, 1),
                 ANSWER(value), ANSWER(SECCOMP_RET_ALLOW));
}

static void strict(void) {
  OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
  write(1, "", 0);
  syscall(SYS_exit, 7);
}
static void strict_kills(void) {
  OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
  syscall(SYS_getpid);
  syscall(SYS_exit, 7);
}

static void errors(void) {
  OK(answer_all(SECCOMP_RET_ERRNO | 77));
  FAILS(77, syscall(SYS_getpriority, 0, 0));
  EQ(prctl(PR_GET_SECCOMP), 2);
  // The stricter of two answers counts.
  OK(answer_all(SECCOMP_RET_ALLOW));
  FAILS(77, syscall(SYS_getpriority, 0, 0));
  OK(answer_all(SECCOMP_RET_TRACE));
  FAILS(77, syscall(SYS_getpriority, 0, 0));
  OK(answer_all(SECCOMP_RET_ERRNO | 5));
  FAILS(5, syscall(SYS_getpriority, 0, 0));
  char text[4096];
  int fd = OK(open("/proc/self/status", O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  CHECK(strstr(text, "\nSeccomp:\t2\n"));
  CHECK(strstr(text, "\nSeccomp_filters:\t4\n"));
  int status;
  pid_t pid = OK(fork());
  if (!pid) _exit(syscall(SYS_getpriority, 0, 0) == -1 && errno == 5 ? 3 : 4);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(WEXITSTATUS(status), 3);
}

static void untraced(void) {
  OK(answer_all(SECCOMP_RET_TRACE | 3));
  FAILS(ENOSYS, syscall(SYS_getpriority, 0, 0));
}

static volatile int trapped;
static void on_trap(int signal, siginfo_t *info, void *context) {
  (void)context;
  EQ(signal, SIGSYS);
  EQ(info->si_code, SYS_SECCOMP);
  EQ(info->si_errno, 123);
  EQ(info->si_syscall, SYS_getpriority);
  EQ(info->si_arch, ARCH);
  CHECK(info->si_call_addr);
  trapped++;
}
static void traps(void) {
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGSYS, &action, NULL));
  OK(answer_all(SECCOMP_RET_TRAP | 123));
  syscall(SYS_getpriority, 0, 0);
  syscall(SYS_getpriority, 0, 0);
  EQ(trapped, 2);
}
static void trap_kills(void) {
  OK(answer_all(SECCOMP_RET_TRAP));
  syscall(SYS_getpriority, 0, 0);
}
static void kills(void) {
  OK(answer_all(SECCOMP_RET_KILL_PROCESS));
  syscall(SYS_getpriority, 0, 0);
}

static void *killed(void *unused) {
  syscall(SYS_getpriority, 0, 0);
  LEAVE("it lives");
  return unused;
}
static void kills_thread(void) {
  pthread_t thread;
  OK(answer_all(SECCOMP_RET_KILL_THREAD));
  EQ(pthread_create(&thread, NULL, killed, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
}

static void arguments(void) {
  // Only a priority of 5 is refused.
  OK(INSTALL(0, LOAD(nr), IS(SYS_setpriority, 0, 3), LOAD(args[2]), IS(5, 0, 1), ANSWER(SECCOMP_RET_ERRNO | 9),
             ANSWER(SECCOMP_RET_ALLOW)));
  OK(syscall(SYS_setpriority, 0, 0, 4));
  FAILS(9, syscall(SYS_setpriority, 0, 0, 5));
}

static void computed(void) {
  // (nr * 3 + 1) ^ mask through memory and the index register.
  unsigned expected = (SYS_getpriority * 3u + 1) ^ 0x55;
  OK(INSTALL(0, LOAD(nr), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 3), BPF_STMT(BPF_ST, 2), BPF_STMT(BPF_LDX | BPF_MEM, 2),
             BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0),
             BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0x55), IS(expected, 0, 1),
             ANSWER(SECCOMP_RET_ERRNO | 44), ANSWER(SECCOMP_RET_ALLOW)));
  FAILS(44, syscall(SYS_getpriority, 0, 0));
}

static void refused(void) {
  FAILS(EINVAL, install(0, NULL, 0));
  FAILS(EFAULT, install(0, (struct sock_filter *)8, 1));
  FAILS(EINVAL, INSTALL(0, LOAD(nr)));                                                             // no answer
  FAILS(EINVAL, INSTALL(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ANSWER(0)));                     // not aligned
  FAILS(EINVAL, INSTALL(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ANSWER(0)));                    // beyond
  FAILS(EINVAL, INSTALL(0, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ANSWER(0)));                     // half a word
  FAILS(EINVAL, INSTALL(0, IS(1, 5, 0), ANSWER(0)));                                               // too far
  FAILS(EINVAL, INSTALL(0, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ANSWER(0)));                    // by zero
  FAILS(EINVAL, INSTALL(0x1000, ANSWER(SECCOMP_RET_ALLOW)));
  FAILS(EINVAL, syscall(SYS_seccomp, 99, 0, NULL));
  FAILS(EINVAL, syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
  unsigned action = SECCOMP_RET_TRAP;
  OK(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  action = 0x12340000;
  FAILS(EOPNOTSUPP, syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  EQ(prctl(PR_GET_SECCOMP), 0);
}

static int up[2], down[2];
static void *other(void *unused) {
  char c;
  EQ(OK(write(up[1], "x", 1)), 1);
  EQ(OK(read(down[0], &c, 1)), 1);
  FAILS(77, syscall(SYS_getpriority, 0, 0));
  EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
  return unused;
}
static void *diverging(void *unused) {
  char c;
  OK(answer_all(SECCOMP_RET_ALLOW));
  EQ(OK(write(up[1], "x", 1)), 1);
  EQ(OK(read(down[0], &c, 1)), 1);
  return unused;
}
static void synchronised(void) {
  pthread_t thread;
  char c;
  OK(pipe(up));
  OK(pipe(down));
  EQ(pthread_create(&thread, NULL, other, NULL), 0);
  EQ(OK(read(up[0], &c, 1)), 1);
  OK(INSTALL(SECCOMP_FILTER_FLAG_TSYNC, LOAD(nr), IS(SYS_getpriority, 0, 1), ANSWER(SECCOMP_RET_ERRNO | 77),
             ANSWER(SECCOMP_RET_ALLOW)));
  EQ(OK(write(down[1], "x", 1)), 1);
  EQ(pthread_join(thread, NULL), 0);
  EQ(pthread_create(&thread, NULL, diverging, NULL), 0);
  EQ(OK(read(up[0], &c, 1)), 1);
  CHECK(INSTALL(SECCOMP_FILTER_FLAG_TSYNC, ANSWER(SECCOMP_RET_ALLOW)) > 1);
  FAILS(ESRCH, INSTALL(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, ANSWER(SECCOMP_RET_ALLOW)));
  EQ(OK(write(down[1], "x", 1)), 1);
  EQ(pthread_join(thread, NULL), 0);
}

static void unprivileged(void) {
  OK(setresuid(1000, 1000, 1000));
  FAILS(EACCES, answer_all(SECCOMP_RET_ALLOW));
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  OK(answer_all(SECCOMP_RET_ALLOW));
}

int main(void) {
  EQ(WEXITSTATUS(status_of(strict)), 7);
  EQ(WTERMSIG(status_of(strict_kills)), SIGKILL);
  STEP("strict");
  if (!geteuid()) EQ(status_of(unprivileged), 0);
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  EQ(status_of(errors), 0);
  EQ(status_of(untraced), 0);
  STEP("errors");
  EQ(status_of(traps), 0);
  EQ(WTERMSIG(status_of(trap_kills)), SIGSYS);
  EQ(WTERMSIG(status_of(kills)), SIGSYS);
  EQ(status_of(kills_thread), 0);
  STEP("signals");
  EQ(status_of(arguments), 0);
  EQ(status_of(computed), 0);
  STEP("programs");
  EQ(status_of(refused), 0);
  STEP("refused");
  EQ(status_of(synchronised), 0);
  STEP("all threads");
  return 0;
}

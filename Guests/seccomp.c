// seccomp: strict mode, filters and their answers, what is inherited, threads that are all to have one, listeners.
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

// A call that is refused, whatever way, has not been made.
static char kept_name[64];
static void strict_keeps(void) {
  OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
  syscall(SYS_unlinkat, AT_FDCWD, kept_name, 0);
  syscall(SYS_exit, 7);
}
static void strict_signals(void) {
  pid_t parent = getppid();
  OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
  syscall(SYS_kill, parent, SIGUSR1);
  syscall(SYS_exit, 7);
}
static unsigned refusal;
static void ignore(int signal) { (void)signal; }
static void filter_keeps(void) {
  signal(SIGSYS, refusal == SECCOMP_RET_TRAP ? ignore : SIG_DFL);
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  OK(INSTALL(0, LOAD(nr), IS(SYS_unlinkat, 0, 1), ANSWER(refusal), ANSWER(SECCOMP_RET_ALLOW)));
  syscall(SYS_unlinkat, AT_FDCWD, kept_name, 0);
}
static void keeps(void) {
  snprintf(kept_name, sizeof kept_name, "/tmp/seccomp.%d", getpid());
  OK(close(OK(open(kept_name, O_CREAT | O_EXCL | O_WRONLY, 0600))));
  EQ(WTERMSIG(status_of(strict_keeps)), SIGKILL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  EQ(WTERMSIG(status_of(strict_signals)), SIGKILL);
  FAILS(EAGAIN, sigtimedwait(&set, NULL, &(struct timespec){0, 0}));
  OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
  OK(access(kept_name, F_OK));
  const unsigned refusals[] = {SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_TRACE, SECCOMP_RET_KILL_THREAD,
                               SECCOMP_RET_KILL_PROCESS};
  for (unsigned i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    refusal = refusals[i];
    int status = status_of(filter_keeps);
    EQ(status & 0x7f, i < 4 ? 0 : SIGSYS);
    OK(access(kept_name, F_OK));
  }
  refusal = SECCOMP_RET_LOG;
  EQ(status_of(filter_keeps), 0);
  FAILS(ENOENT, access(kept_name, F_OK));
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

// Those whose filters the caller has too are all given the new one.
static void *also(void *unused) {
  char c;
  FAILS(66, syscall(SYS_getpriority, 0, 0));
  EQ(OK(write(up[1], "x", 1)), 1);
  EQ(OK(read(down[0], &c, 1)), 1);
  FAILS(66, syscall(SYS_getpriority, 0, 0));
  FAILS(88, syscall(SYS_getpgid, 0));
  return unused;
}
static void same_filters(void) {
  pthread_t thread;
  char c;
  OK(pipe(up));
  OK(pipe(down));
  OK(answer_all(SECCOMP_RET_ERRNO | 66));
  EQ(pthread_create(&thread, NULL, also, NULL), 0);
  EQ(OK(read(up[0], &c, 1)), 1);
  EQ(OK(INSTALL(SECCOMP_FILTER_FLAG_TSYNC, LOAD(nr), IS(SYS_getpgid, 0, 1), ANSWER(SECCOMP_RET_ERRNO | 88), ANSWER(SECCOMP_RET_ALLOW))), 0);
  EQ(OK(write(down[1], "x", 1)), 1);
  EQ(pthread_join(thread, NULL), 0);
}

static void unprivileged(void) {
  OK(setresuid(1000, 1000, 1000));
  FAILS(EACCES, answer_all(SECCOMP_RET_ALLOW));
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  OK(answer_all(SECCOMP_RET_ALLOW));
}

// A thread answers what another one's filter leaves to it.
static int listener, ready[2], gift[2], later[2];
static pthread_t caller;

static struct seccomp_notif next_call(void) {
  struct seccomp_notif call;
  struct pollfd poller = {.fd = listener, .events = POLLIN | POLLOUT};
  while (!(poller.revents & POLLIN)) OK(poll(&poller, 1, -1));
  memset(&call, 0, sizeof call);
  OK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call));
  EQ(call.data.nr, SYS_getpriority);
  EQ(call.data.arch, ARCH);
  CHECK(call.data.instruction_pointer);
  poller.events = POLLOUT;
  EQ(OK(poll(&poller, 1, 0)), 1);
  EQ(poller.revents, POLLOUT);
  OK(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
  return call;
}

static int answer(uint64_t id, long value, int error, unsigned flags) {
  struct seccomp_notif_resp reply = {.id = id, .val = value, .error = error, .flags = flags};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static int give(uint64_t id, unsigned flags, int file, int place, unsigned options) {
  struct seccomp_notif_addfd add = {.id = id, .flags = flags, .srcfd = file, .newfd = place, .newfd_flags = options};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

// Once the caller goes on there is no such call; and the next one that waits is another, with its own result.
static void answered(uint64_t id) {
  char c;
  EQ(OK(read(ready[0], &c, 1)), 1);
  FAILS(ENOENT, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
  FAILS(ENOENT, answer(id, 0, 0, 0));
  FAILS(ENOENT, give(id, 0, gift[1], 0, 0));
  pause_ms(2);
  EQ(OK(write(later[1], "abc", 3)), 3);
}
static void goes_on(void) {
  char bytes[8];
  EQ(OK(write(ready[1], "x", 1)), 1);
  EQ(read(later[0], bytes, sizeof bytes), 3);
}

static void *answerer(void *unused) {
  char c;
  EQ(OK(read(ready[0], &c, 1)), 1);
  struct seccomp_notif call = next_call();
  EQ(call.data.args[1], 1);
  FAILS(ENOENT, answer(call.id + 1000, 0, 0, 0));
  FAILS(EINVAL, answer(call.id, 0, 0, 2));
  FAILS(EINVAL, answer(call.id, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
  FAILS(EFAULT, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, 8));
  FAILS(EINVAL, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call));
  FAILS(EINVAL, ioctl(listener, 0x2177, 0));
  OK(answer(call.id, 4711, 0, 0));
  answered(call.id);

  call = next_call();
  EQ(call.data.args[1], 2);
  OK(answer(call.id, 0, -EXDEV, 0));
  answered(call.id);
  call = next_call();
  EQ(call.data.args[1], 0);
  OK(answer(call.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
  answered(call.id);

  call = next_call();
  EQ(call.data.args[1], 4);
  FAILS(EINVAL, give(call.id, 0, gift[1], 200, 0));
  FAILS(EINVAL, give(call.id, 8, gift[1], 0, 0));
  FAILS(EBADF, give(call.id, 0, 999, 0, 0));
  FAILS(ENOENT, give(call.id + 1000, 0, gift[1], 0, 0));
  EQ(give(call.id, SECCOMP_ADDFD_FLAG_SETFD, gift[1], 200, O_CLOEXEC), 200);
  int other = OK(give(call.id, 0, gift[0], 0, 0));
  OK(answer(call.id, other, 0, 0));
  answered(call.id);
  call = next_call();
  EQ(call.data.args[1], 5);
  EQ(give(call.id, SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND, gift[1], 201, 0), 201);

  // A signal withdraws a call, and the caller sees that.
  call = next_call();
  EQ(call.data.args[1], 6);
  EQ(pthread_kill(caller, SIGUSR1), 0);
  while (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0) pause_ms(1);
  EQ(errno, ENOENT);
  FAILS(ENOENT, answer(call.id, 0, 0, 0));
  call = next_call();
  EQ(call.data.args[1], 7);
  OK(close(listener));
  return unused;
}

static void on_signal(int signal) { (void)signal; }

static void listened(void) {
  pthread_t thread;
  long ordinary = syscall(SYS_getpriority, 0, 0);
  struct sigaction action = {.sa_handler = on_signal};
  OK(sigaction(SIGUSR1, &action, NULL));
  caller = pthread_self();
  OK(pipe(ready));
  OK(pipe(gift));
  OK(pipe(later));
  EQ(pthread_create(&thread, NULL, answerer, NULL), 0);
  FAILS(EINVAL, INSTALL(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, ANSWER(SECCOMP_RET_ALLOW)));
  FAILS(EINVAL, INSTALL(32, ANSWER(SECCOMP_RET_ALLOW)));
  listener = OK(INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, LOAD(nr), IS(SYS_getpriority, 0, 1),
                        ANSWER(SECCOMP_RET_USER_NOTIF), ANSWER(SECCOMP_RET_ALLOW)));
  CHECK(fcntl(listener, F_GETFD) & FD_CLOEXEC);
  FAILS(EBUSY, INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, ANSWER(SECCOMP_RET_ALLOW)));
  EQ(OK(write(ready[1], "x", 1)), 1);
  EQ(syscall(SYS_getpriority, 0, 1), 4711);
  goes_on();
  FAILS(EXDEV, syscall(SYS_getpriority, 0, 2));
  goes_on();
  EQ(syscall(SYS_getpriority, 0, 0), ordinary);
  goes_on();
  char text[8] = "";
  int from = syscall(SYS_getpriority, 0, 4);
  goes_on();
  EQ(OK(write(200, "given", 5)), 5);
  EQ(OK(read(from, text, 5)), 5);
  STREQ(text, "given");
  EQ(fcntl(200, F_GETFD), FD_CLOEXEC);
  EQ(syscall(SYS_getpriority, 0, 5), 201);
  EQ(fcntl(201, F_GETFD), 0);
  FAILS(EINTR, syscall(SYS_getpriority, 0, 6));
  // Nobody answers any more.
  FAILS(ENOSYS, syscall(SYS_getpriority, 0, 7));
  FAILS(ENOSYS, syscall(SYS_getpriority, 0, 8));
  EQ(pthread_join(thread, NULL), 0);
}

// With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV a call that was received goes on whatever signals come; one that was not does not.
static volatile int signalled;
static void count_signal(int signal) { signalled += signal == SIGUSR1; }
static void *patient(void *unused) {
  char c;
  EQ(OK(read(ready[0], &c, 1)), 1);
  struct seccomp_notif call = next_call();
  EQ(call.data.args[1], 11);
  EQ(pthread_kill(caller, SIGUSR1), 0);
  pause_ms(5);
  OK(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
  EQ(signalled, 0);
  OK(answer(call.id, 4712, 0, 0));
  // It waits, and nobody has received it.
  EQ(OK(read(ready[0], &c, 1)), 1);
  struct pollfd poller = {.fd = listener, .events = POLLIN};
  EQ(OK(poll(&poller, 1, -1)), 1);
  EQ(pthread_kill(caller, SIGUSR1), 0);
  return unused;
}
static void killable(void) {
  pthread_t thread;
  struct sigaction action = {.sa_handler = count_signal};
  OK(sigaction(SIGUSR1, &action, NULL));
  caller = pthread_self();
  OK(pipe(ready));
  EQ(pthread_create(&thread, NULL, patient, NULL), 0);
  listener = OK(INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER | 32, LOAD(nr), IS(SYS_getpriority, 0, 1), ANSWER(SECCOMP_RET_USER_NOTIF),
                        ANSWER(SECCOMP_RET_ALLOW)));
  EQ(OK(write(ready[1], "x", 1)), 1);
  EQ(syscall(SYS_getpriority, 0, 11), 4712);
  EQ(signalled, 1);
  EQ(OK(write(ready[1], "x", 1)), 1);
  FAILS(EINTR, syscall(SYS_getpriority, 0, 12));
  EQ(signalled, 2);
  EQ(pthread_join(thread, NULL), 0);
}

// A listener whose filter nobody has any more.
static void left_alone(void) {
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
  pid_t pid = OK(syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL));
  if (!pid) {
    *shared = INSTALL(SECCOMP_FILTER_FLAG_NEW_LISTENER, ANSWER(SECCOMP_RET_ALLOW));
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  struct pollfd poller = {.fd = *shared, .events = POLLIN};
  EQ(OK(poll(&poller, 1, 5000)), 1);
  EQ(poller.revents, POLLHUP);
}

int main(void) {
  EQ(WEXITSTATUS(status_of(strict)), 7);
  EQ(WTERMSIG(status_of(strict_kills)), SIGKILL);
  STEP("strict");
  keeps();
  STEP("refused calls are not made");
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
  EQ(status_of(same_filters), 0);
  STEP("all threads");
  EQ(status_of(listened), 0);
  EQ(status_of(left_alone), 0);
  STEP("listeners");
  EQ(status_of(killable), 0);
  STEP("listeners that signals wait for");
  return 0;
}

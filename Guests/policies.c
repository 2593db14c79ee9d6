// What a thread is told to have, it keeps, and hands down: input/output priority, memory policy, timer slack, huge pages,
// time stamps, and who has logged in.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PRIORITY(kind, level) ((kind) << 13 | (level))

static void as_other(void) {
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, syscall(SYS_ioprio_set, 1, 0, PRIORITY(1, 4)));
  FAILS(EPERM, syscall(SYS_ioprio_set, 1, getppid(), PRIORITY(2, 4)));
  OK(syscall(SYS_ioprio_set, 1, 0, PRIORITY(3, 0)));
}

static void *threaded(void *unused) {
  EQ(syscall(SYS_ioprio_get, 1, 0), PRIORITY(2, 6));
  OK(syscall(SYS_ioprio_set, 1, 0, PRIORITY(2, 1)));
  EQ(syscall(SYS_ioprio_get, 1, 0), PRIORITY(2, 1));
  EQ(prctl(PR_GET_TIMERSLACK), 70000);
  OK(prctl(PR_SET_TIMERSLACK, 1));
  OK(prctl(PR_SET_TIMERSLACK, 0));
  EQ(prctl(PR_GET_TIMERSLACK), 70000);
  return unused;
}

#if defined __x86_64__
static sigjmp_buf away;
static volatile int faults;
static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)context;
  EQ(signal, SIGSEGV);
  EQ(info->si_code, SI_KERNEL);
  faults++;
  siglongjmp(away, 1);
}

static unsigned long read_stamp(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (unsigned long)high << 32 | low;
}

static void no_stamp(void) {
  if (!sigsetjmp(away, 1)) {
    read_stamp();
    fail_at(__FILE__, __LINE__, "it read a time stamp");
  }
}

static void *without_stamps(void *unused) {
  int stamps = 0;
  OK(prctl(PR_GET_TSC, &stamps));
  EQ(stamps, PR_TSC_SIGSEGV);
  no_stamp();
  return unused;
}

static void *switching(void *unused) {
  for (int i = 0; i < 50; i++) {
    read_stamp();
    sched_yield();
  }
  return unused;
}

// Only the thread that asked for it, and those it makes, get a signal for reading the time stamp counter.
static void time_stamps(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  OK(sigaction(SIGSEGV, &action, NULL));
  pthread_t reader, child;
  read_stamp();
  EQ(pthread_create(&reader, NULL, switching, NULL), 0);
  OK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
  for (int i = 0; i < 20; i++) {
    no_stamp();
    sched_yield();
  }
  EQ(pthread_create(&child, NULL, without_stamps, NULL), 0);
  EQ(pthread_join(child, NULL), 0);
  EQ(pthread_join(reader, NULL), 0);
  EQ(faults, 21);
  OK(prctl(PR_SET_TSC, PR_TSC_ENABLE));
  read_stamp();
}
#endif

// The number of bits is one more than there are: of 1 nothing is read.
static void bits(void) {
  if (syscall(SYS_set_mempolicy, 0, NULL, 0) == -1) {
    EQ(errno, ENOSYS);
    return;
  }
  unsigned long nodes = ~0ul;
  FAILS(EINVAL, syscall(SYS_set_mempolicy, 0, 8, 0));
  OK(syscall(SYS_set_mempolicy, 0, 8, 1));
  FAILS(EFAULT, syscall(SYS_set_mempolicy, 0, 8, 2));
  FAILS(EINVAL, syscall(SYS_set_mempolicy, 0, &nodes, 2));
  static char none[8192];
  OK(syscall(SYS_set_mempolicy, 0, none, 32769));
  FAILS(EINVAL, syscall(SYS_set_mempolicy, 0, none, 32770));
  OK(syscall(SYS_set_mempolicy, 1, &nodes, 2));
  nodes = 1ul << 63;
  OK(syscall(SYS_set_mempolicy, 0, &nodes, 64));
  nodes |= 1;
  OK(syscall(SYS_set_mempolicy, 1, &nodes, 64));
  OK(syscall(SYS_set_mempolicy, 0, NULL, 0));
}

static void handed_down(void) {
  EQ(syscall(SYS_ioprio_get, 1, 0), PRIORITY(2, 6));
  EQ(prctl(PR_GET_TIMERSLACK), 70000);
  EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
  int mode = -1;
  unsigned long nodes = 9;
  if (syscall(SYS_get_mempolicy, &mode, &nodes, 64, NULL, 0) == 0) {
    EQ(mode, 3);
    EQ(nodes, 1);
  }
}

// Of a machine that tells memory's nodes: there is node 0, and no node 999.
static void places(void) {
  unsigned long first = 1, none = 0;
  if (syscall(SYS_migrate_pages, 0, 64, &first, &first) == -1) {
    EQ(errno, ENOSYS);
    return;
  }
  FAILS(EINVAL, syscall(SYS_migrate_pages, 0, 64, &first, &none));
  FAILS(ESRCH, syscall(SYS_migrate_pages, 0x3fffff, 64, &first, &first));
  FAILS(EFAULT, syscall(SYS_migrate_pages, 0, 64, 8, &first));
  char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  OK(munmap(page + 2 * 4096, 4096));
  void *pages[] = {page, page + 4096, page + 2 * 4096};
  int nodes[] = {0, 999}, status[] = {77, 77, 77};
  OK(syscall(SYS_move_pages, 0, 3, pages, NULL, status, 0));
  CHECK(status[0] >= 0 && status[0] < 64);
  CHECK(status[1] == -ENOENT || status[1] == -EFAULT);
  EQ(status[2], -EFAULT);
  OK(syscall(SYS_move_pages, 0, 1, pages, nodes, status, 2));
  EQ(status[0], 0);
  FAILS(ENODEV, syscall(SYS_move_pages, 0, 1, pages, nodes + 1, status, 2));
  FAILS(EINVAL, syscall(SYS_move_pages, 0, 1, pages, NULL, status, 1));
  FAILS(EFAULT, syscall(SYS_move_pages, 0, 1, 8, NULL, status, 0));
  FAILS(ESRCH, syscall(SYS_move_pages, 0x3fffff, 1, pages, NULL, status, 0));
  FAILS(ENOENT, syscall(SYS_set_mempolicy_home_node, page, 4096, 0, 0));
  FAILS(EINVAL, syscall(SYS_set_mempolicy_home_node, page + 1, 4096, 0, 0));
  FAILS(EINVAL, syscall(SYS_set_mempolicy_home_node, page, 4096, 999, 0));
  FAILS(EINVAL, syscall(SYS_set_mempolicy_home_node, page, 4096, 0, 1));
}

int main(void) {
  FAILS(EINVAL, syscall(SYS_ioprio_set, 1, 0, PRIORITY(0, 1)));
  FAILS(EINVAL, syscall(SYS_ioprio_set, 9, 0, PRIORITY(2, 1)));
  FAILS(ESRCH, syscall(SYS_ioprio_get, 1, 0x3fffff));
  OK(syscall(SYS_ioprio_set, 1, 0, PRIORITY(2, 6)));
  EQ(syscall(SYS_ioprio_get, 1, 0), PRIORITY(2, 6));
  if (is_host_root()) {
    in_child(as_other);
    OK(syscall(SYS_ioprio_set, 1, getpid(), PRIORITY(1, 2)));
    EQ(syscall(SYS_ioprio_get, 1, getpid()), PRIORITY(1, 2));
    OK(syscall(SYS_ioprio_set, 1, 0, PRIORITY(2, 6)));
  }
  STEP("input and output");

  unsigned long node = 1, none = 0;
  if (syscall(SYS_set_mempolicy, 3, &node, 64) == 0) {
    FAILS(EINVAL, syscall(SYS_set_mempolicy, 0, &node, 64));
    FAILS(EINVAL, syscall(SYS_set_mempolicy, 2, &none, 64));
    FAILS(EINVAL, syscall(SYS_set_mempolicy, 77, &node, 64));
  } else {
    EQ(errno, ENOSYS);
  }
  places();
  in_child(bits);
  OK(prctl(PR_SET_TIMERSLACK, 70000));
  EQ(prctl(PR_GET_TIMERSLACK), 70000);
  FAILS(EINVAL, prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
  OK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
  EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
#if defined __x86_64__
  int stamps = 0;
  OK(prctl(PR_GET_TSC, &stamps));
  EQ(stamps, PR_TSC_ENABLE);
  FAILS(EINVAL, prctl(PR_SET_TSC, 7));
  in_child(time_stamps);
#endif
  unsigned long long hint = 9;
  int fd = OK(open("/tmp", O_TMPFILE | O_RDWR, 0600));
  OK(fcntl(fd, F_GET_RW_HINT, &hint));
  EQ(hint, 0);
  hint = 3;
  OK(fcntl(fd, F_SET_RW_HINT, &hint));
  hint = 9;
  OK(fcntl(fd, F_GET_RW_HINT, &hint));
  EQ(hint, 3);
  hint = 6;
  FAILS(EINVAL, fcntl(fd, F_SET_RW_HINT, &hint));
  in_child(handed_down);
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, threaded, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  EQ(syscall(SYS_ioprio_get, 1, 0), PRIORITY(2, 6));
  STEP("handed down");
  return 0;
}

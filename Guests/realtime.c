// Real-time policies: who may ask for them, what is inherited, and that they decide who runs.
#include "processors.h"
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define SCHED_RESET 0x40000000

// glibc 2.36 has it not, and the kernel's header redefines what it has.
struct attributes {
  uint32_t size, sched_policy;
  uint64_t sched_flags;
  int32_t sched_nice;
  uint32_t sched_priority;
  uint64_t times[3];
};

static char order[16];
static int place;
static pthread_barrier_t barrier;
static int gate[2];

struct job { char name; int policy, priority; };

static void schedule(int policy, int priority) {
  struct sched_param param = {.sched_priority = priority};
  OK(sched_setscheduler(0, policy, &param));
}

// Each waits for the gate; one byte for all of them is written by a thread that goes before them all.
static void *worker(void *argument) {
  struct job *job = argument;
  char c;
  schedule(job->policy, job->priority);
  pthread_barrier_wait(&barrier);
  EQ(OK(read(gate[0], &c, 1)), 1);
  order[__atomic_fetch_add(&place, 1, __ATOMIC_SEQ_CST)] = job->name;
  for (volatile int i = 0; i < 200000; i++) continue;
  return NULL;
}

static pthread_mutex_t mutex;
static volatile int stage;

// Has the mutex at a low priority; who waits for it lends it a high one, so that the middle one does not run first.
static void *low(void *unused) {
  schedule(SCHED_FIFO, 10);
  EQ(pthread_mutex_lock(&mutex), 0);
  stage = 1;
  while (stage != 2) continue;
  order[place++] = 'l';
  EQ(pthread_mutex_unlock(&mutex), 0);
  return unused;
}
static void *middle(void *unused) {
  schedule(SCHED_FIFO, 20);
  order[place++] = 'm';
  return unused;
}
static void *high(void *unused) {
  schedule(SCHED_FIFO, 30);
  EQ(pthread_mutex_lock(&mutex), 0);
  order[place++] = 'h';
  EQ(pthread_mutex_unlock(&mutex), 0);
  return unused;
}

static void user(void) {
  struct rlimit limit = {10, 10};
  struct sched_param param = {.sched_priority = 5};
  OK(setrlimit(RLIMIT_RTPRIO, &limit));
  OK(setresuid(1000, 1000, 1000));
  OK(sched_setscheduler(0, SCHED_FIFO, &param));
  param.sched_priority = 11;
  FAILS(EPERM, sched_setparam(0, &param));
  param.sched_priority = 10;
  OK(sched_setparam(0, &param));
  param.sched_priority = 0;
  OK(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET, &param));
  FAILS(EPERM, sched_setscheduler(0, SCHED_OTHER, &param));
}

static void stranger(void) {
  struct rlimit none = {0, 0};
  struct sched_param param = {.sched_priority = 1};
  OK(setrlimit(RLIMIT_RTPRIO, &none));
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, sched_setscheduler(0, SCHED_FIFO, &param));
  FAILS(EPERM, sched_setscheduler(0, SCHED_RR, &param));
  param.sched_priority = 0;
  OK(sched_setscheduler(0, SCHED_BATCH, &param));
  OK(sched_setscheduler(0, SCHED_IDLE, &param));
  EQ(sched_getscheduler(0), SCHED_IDLE);
  FAILS(EPERM, sched_setscheduler(0, SCHED_OTHER, &param));
  FAILS(EPERM, sched_setscheduler(getppid(), SCHED_OTHER, &param));
}

// Without a limit one may go down in one's own policy, and no further.
static void descending(void) {
  struct rlimit none = {0, 0};
  struct sched_param param = {.sched_priority = 3};
  schedule(SCHED_FIFO, 5);
  OK(setrlimit(RLIMIT_RTPRIO, &none));
  OK(setresuid(1000, 1000, 1000));
  OK(sched_setscheduler(0, SCHED_FIFO, &param));
  FAILS(EPERM, sched_setscheduler(0, SCHED_RR, &param));
  param.sched_priority = 4;
  FAILS(EPERM, sched_setscheduler(0, SCHED_FIFO, &param));
}

static void kept(void) {
  struct sched_param param;
  schedule(SCHED_RR, 42);
  EQ(sched_getscheduler(0), SCHED_RR);
  OK(sched_getparam(0, &param));
  EQ(param.sched_priority, 42);
  struct timespec slice;
  OK(sched_rr_get_interval(0, &slice));
  CHECK(slice.tv_sec == 0 && slice.tv_nsec > 0);
  char text[1024];
  int fd = OK(open("/proc/self/stat", O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *field = strrchr(text, ')') + 2;
  long fields[60];
  int n = 3;
  for (char *word = strtok(field, " "); word; word = strtok(NULL, " ")) fields[n++] = atol(word);
  EQ(fields[18], -43);
  EQ(fields[40], 42);
  EQ(fields[41], SCHED_RR);
  int status;
  pid_t pid = OK(fork());
  if (!pid) {
    EQ(sched_getscheduler(0), SCHED_RR);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  schedule(SCHED_FIFO | SCHED_RESET, 7);
  EQ(sched_getscheduler(0), SCHED_FIFO | SCHED_RESET);
  OK(sched_rr_get_interval(0, &slice));
  EQ(slice.tv_nsec, 0);
  pid = OK(fork());
  if (!pid) {
    EQ(sched_getscheduler(0), SCHED_OTHER);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  param.sched_priority = 0;
  FAILS(EINVAL, sched_setparam(0, &param));
  FAILS(EINVAL, sched_setscheduler(0, SCHED_FIFO, &param));
  struct attributes attr = {.size = sizeof attr, .sched_policy = SCHED_FIFO, .sched_priority = 9};
  OK(syscall(SYS_sched_setattr, 0, &attr, 0));
  memset(&attr, 0, sizeof attr);
  OK(syscall(SYS_sched_getattr, 0, &attr, 48, 0));
  EQ(attr.sched_policy, SCHED_FIFO);
  EQ(attr.sched_priority, 9);
}

static void ordered(void) {
  struct job jobs[] = {{'o', SCHED_OTHER, 0}, {'b', SCHED_FIFO, 20}, {'a', SCHED_RR, 30}, {'c', SCHED_FIFO, 10}};
  pthread_t thread[4];
  one_processor();
  OK(pipe(gate));
  schedule(SCHED_FIFO, 50);
  pthread_barrier_init(&barrier, NULL, 5);
  for (int i = 0; i < 4; i++) EQ(pthread_create(&thread[i], NULL, worker, &jobs[i]), 0);
  pthread_barrier_wait(&barrier);
  // All must sleep in their reads before the gate opens.
  struct timespec moment = {0, 100000000};
  OK(nanosleep(&moment, NULL));
  EQ(OK(write(gate[1], "xxxx", 4)), 4);
  for (int i = 0; i < 4; i++) EQ(pthread_join(thread[i], NULL), 0);
  STREQ(order, "abco");
}

static void inherited(void) {
  pthread_mutexattr_t attr;
  pthread_t thread[3];
  one_processor();
  schedule(SCHED_FIFO, 50);
  pthread_mutexattr_init(&attr);
  EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
  EQ(pthread_mutex_init(&mutex, &attr), 0);
  struct timespec moment = {0, 20000000};
  EQ(pthread_create(&thread[0], NULL, low, NULL), 0);
  while (stage != 1) OK(nanosleep(&moment, NULL));
  EQ(pthread_create(&thread[1], NULL, high, NULL), 0);
  OK(nanosleep(&moment, NULL));  // It waits for the mutex now.
  EQ(pthread_create(&thread[2], NULL, middle, NULL), 0);
  stage = 2;
  for (int i = 0; i < 3; i++) EQ(pthread_join(thread[i], NULL), 0);
  STREQ(order, "lhm");
}

static void protected(void) {
  pthread_mutexattr_t attr;
  struct sched_param param;
  int policy;
  schedule(SCHED_FIFO, 5);
  pthread_mutexattr_init(&attr);
  EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT), 0);
  EQ(pthread_mutexattr_setprioceiling(&attr, 33), 0);
  EQ(pthread_mutex_init(&mutex, &attr), 0);
  EQ(pthread_mutex_lock(&mutex), 0);
  OK(sched_getparam(0, &param));
  EQ(param.sched_priority, 33);
  EQ(pthread_mutex_unlock(&mutex), 0);
  EQ(pthread_getschedparam(pthread_self(), &policy, &param), 0);
  OK(sched_getparam(0, &param));
  EQ(param.sched_priority, 5);
}

static volatile int turn;
static void *ordinary(void *unused) {
  while (turn < 1) continue;
  turn = 2;
  return unused;
}

// A thread that never sleeps does not keep others from running for ever.
static void throttled(void) {
  pthread_t thread;
  one_processor();
  EQ(pthread_create(&thread, NULL, ordinary, NULL), 0);
  schedule(SCHED_FIFO, 50);
  turn = 1;
  while (turn < 2) continue;
  EQ(pthread_join(thread, NULL), 0);
}

static long deadline(uint64_t flags, uint64_t runtime, uint64_t deadline, uint64_t period) {
  struct attributes attr = {.size = sizeof attr, .sched_policy = 6, .sched_flags = flags,
                            .times = {runtime, deadline, period}};
  return syscall(SYS_sched_setattr, 0, &attr, 0);
}

static void stranger_to_deadlines(void) {
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, deadline(0, 1000000, 10000000, 20000000));
}

// What is kept: the policy with SCHED_FLAG_KEEP_POLICY, all with SCHED_FLAG_KEEP_PARAMS, though what is asked for must be sound.
enum { KEEP_POLICY = 8, KEEP_PARAMS = 16 };
static const struct keep { int before, asked, flags, priority, error, after, left; } keeps[] = {
  {SCHED_RR, SCHED_OTHER, KEEP_POLICY, 11, 0, SCHED_RR, 11}, {SCHED_RR, SCHED_FIFO, KEEP_POLICY, 0, EINVAL, SCHED_RR, 7},
  {SCHED_OTHER, SCHED_RR, KEEP_POLICY, 0, 0, SCHED_OTHER, 0}, {SCHED_OTHER, 4, KEEP_POLICY, 0, 0, SCHED_OTHER, 0},
  {SCHED_OTHER, SCHED_RR, KEEP_POLICY, 9, EINVAL, SCHED_OTHER, 0}, {SCHED_RR, SCHED_FIFO, KEEP_PARAMS, 9, 0, SCHED_RR, 7},
  {SCHED_FIFO, SCHED_RR, KEEP_PARAMS, 0, 0, SCHED_FIFO, 7}, {SCHED_FIFO, SCHED_OTHER, KEEP_PARAMS, 0, EINVAL, SCHED_FIFO, 7},
  {SCHED_OTHER, SCHED_FIFO, KEEP_PARAMS, 9, 0, SCHED_OTHER, 0}, {SCHED_OTHER, SCHED_FIFO, KEEP_PARAMS, 0, EINVAL, SCHED_OTHER, 0},
  {SCHED_OTHER, SCHED_BATCH, KEEP_PARAMS, 0, 0, SCHED_OTHER, 0}, {SCHED_BATCH, SCHED_OTHER, KEEP_PARAMS, 0, 0, SCHED_BATCH, 0},
  {SCHED_OTHER, 4, KEEP_PARAMS, 0, EINVAL, SCHED_OTHER, 0}, {SCHED_OTHER, SCHED_OTHER, KEEP_POLICY | KEEP_PARAMS, 9, EINVAL, SCHED_OTHER, 0},
  {SCHED_RR, SCHED_OTHER, KEEP_POLICY | KEEP_PARAMS, 0, 0, SCHED_RR, 7}, {6, SCHED_OTHER, KEEP_PARAMS, 0, 0, 6, 0},
  {6, 6, KEEP_PARAMS, 0, 0, 6, 0}, {6, SCHED_FIFO, KEEP_PARAMS, 9, EINVAL, 6, 0}, {SCHED_OTHER, 6, KEEP_PARAMS, 0, EINVAL, SCHED_OTHER, 0},
};
static const struct keep *kept_one;
static void keep(void) {
  const uint64_t ms = 1000000;
  struct attributes attr = {.size = sizeof attr, .sched_policy = kept_one->before};
  if (attr.sched_policy == 6) attr.times[0] = ms, attr.times[1] = attr.times[2] = 20 * ms;
  if (attr.sched_policy == SCHED_FIFO || attr.sched_policy == SCHED_RR) attr.sched_priority = 7;
  OK(syscall(SYS_sched_setattr, 0, &attr, 0));
  attr = (struct attributes){.size = sizeof attr, .sched_policy = kept_one->asked, .sched_flags = kept_one->flags,
                             .sched_priority = kept_one->priority};
  errno = 0;
  syscall(SYS_sched_setattr, 0, &attr, 0);
  EQ(errno, kept_one->error);
  OK(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0));
  EQ(attr.sched_policy, kept_one->after);
  EQ(attr.sched_priority, kept_one->left);
  if (attr.sched_policy == 6) EQ(attr.times[1], 20 * ms);
}
static void some_kept(void) {
  for (kept_one = keeps; kept_one < keeps + sizeof keeps / sizeof *keeps; kept_one++) in_child(keep);
  // Who has a deadline's place no longer may have children.
  pid_t pid = OK(fork());
  if (!pid) {
    OK(deadline(0, 1000000, 10000000, 20000000));
    struct attributes attr = {.size = sizeof attr};
    OK(syscall(SYS_sched_setattr, 0, &attr, 0));
    pid = OK(fork());
    if (!pid) _exit(0);
    EQ(waitpid(pid, NULL, 0), pid);
    // How nice one is does not matter to SCHED_IDLE, and stays.
    attr.sched_nice = 4;
    OK(syscall(SYS_sched_setattr, 0, &attr, 0));
    attr.sched_policy = SCHED_IDLE, attr.sched_nice = 9;
    OK(syscall(SYS_sched_setattr, 0, &attr, 0));
    EQ(getpriority(PRIO_PROCESS, 0), 4);
    _exit(0);
  }
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
}

// How much time, how soon, how often: what is kept of it, what is refused, and that a child must not have it.
static void deadlines(void) {
  const uint64_t ms = 1000000;
  struct sched_param param = {0};
  struct attributes attr;
  FAILS(EINVAL, sched_setscheduler(0, 6, &param));
  FAILS(EINVAL, deadline(0, 0, 10 * ms, 20 * ms));
  FAILS(EINVAL, deadline(0, 1000, 10 * ms, 20 * ms));
  FAILS(EINVAL, deadline(0, 11 * ms, 10 * ms, 20 * ms));
  FAILS(EINVAL, deadline(0, 5 * ms, 30 * ms, 20 * ms));
  FAILS(EINVAL, deadline(0, 5 * ms, 1ul << 63, 0));
  FAILS(EINVAL, deadline(0x100, 5 * ms, 10 * ms, 20 * ms));
  in_child(stranger_to_deadlines);
  OK(deadline(0, ms, 10 * ms, 20 * ms));
  EQ(sched_getscheduler(0), 6);
  memset(&attr, 0, sizeof attr);
  OK(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0));
  EQ(attr.sched_policy, 6);
  EQ(attr.sched_priority, 0);
  EQ(attr.sched_flags, 0);
  EQ(attr.times[0], ms);
  EQ(attr.times[1], 10 * ms);
  EQ(attr.times[2], 20 * ms);
  OK(sched_getparam(0, &param));
  EQ(param.sched_priority, 0);
  FAILS(EAGAIN, fork());
  OK(deadline(1, ms, 10 * ms, 0));
  int status;
  pid_t pid = OK(fork());
  if (!pid) _exit(sched_getscheduler(0) == SCHED_OTHER ? 0 : 1);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  memset(&attr, 0, sizeof attr);
  OK(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0));
  EQ(attr.sched_flags, 1);
  EQ(attr.times[2], 10 * ms);
  OK(sched_setscheduler(0, SCHED_OTHER, &param));
  memset(&attr, 0, sizeof attr);
  OK(syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0));
  EQ(attr.sched_policy, SCHED_OTHER);
}

int main(void) {
  if (!is_host_root()) return 0;
  in_child(kept);
  STEP("kept");
  in_child(stranger);
  in_child(descending);
  STEP("who may not");
  in_child(ordered);
  STEP("order");
  in_child(inherited);
  STEP("inheritance");
  in_child(protected);
  STEP("protection");
  in_child(throttled);
  STEP("others run too");
  // Without CAP_SYS_RESOURCE the limit can't be raised.
  struct rlimit limit = {10, 10};
  pid_t pid = OK(fork());
  if (!pid) _exit(setrlimit(RLIMIT_RTPRIO, &limit) != 0);
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  if (!status) in_child(user);
  STEP("a limit");
  in_child(deadlines);
  STEP("deadlines");
  some_kept();
  STEP("what is to be kept");
  return 0;
}

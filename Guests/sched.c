// The scheduler's calls: affinity, policy, priorities, yield, getcpu; and names of threads.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void *named(void *unused) {
  char name[16];
  OK(prctl(PR_GET_NAME, name));
  STREQ(name, "first");  // inherited from the creator
  OK(prctl(PR_SET_NAME, "a name longer than sixteen bytes"));
  OK(prctl(PR_GET_NAME, name));
  STREQ(name, "a name longer t");
  EQ(pthread_getname_np(pthread_self(), name, 16), 0);
  STREQ(name, "a name longer t");
  return unused;
}

// What makes no sense is refused to anybody, and what does to those who may not. Times in nanoseconds.
static const struct times { uint64_t run, by, every; int is_sound; } times[] = {
    {1024, 1000000, 1000000, 1},      {1023, 1000000, 1000000, 0},      {1024, 1024, 100000, 1},         {1025, 1024, 100000, 0},
    {1024, 100000, 100000, 1},        {1024, 100001, 100000, 0},        {1024, 99999, 99999, 0},         {1024, 100000, 0, 1},
    {1024, 99999, 0, 0},              {1024, 50000, 4194304000, 1},     {1024, 50000, 4194304001, 0},    {1024, 4194304000, 0, 1},
    {1024, 0, 1000000, 0},            {0, 1000000, 1000000, 0},         {1024, 1ul << 63, 1ul << 63, 0}, {-1ul, -1ul, 1000000, 0},
};
static const struct times *asked;
static void ask(void) {
  // Who gets what is asked for would hardly run any more.
  struct { uint32_t version; int pid; } header = {0x20080522, 0};
  OK(syscall(SYS_capset, &header, (uint32_t[6]){0}));
  struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t times[3]; } attr = {
      .size = 48, .policy = 6, .times = {asked->run, asked->by, asked->every}};
  long r = syscall(SYS_sched_setattr, 0, &attr, 0);
  EQ(r, -1);
  EQ(errno, asked->is_sound ? EPERM : EINVAL);
  attr.policy = SCHED_OTHER, attr.flags = 0x100;
  FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &attr, 0));
  attr.policy = 4, attr.flags = 0;
  FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &attr, 0));
}

int main(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  OK(sched_getaffinity(0, sizeof set, &set));
  int cpus = CPU_COUNT(&set);
  CHECK(cpus >= 1);
  OK(sched_setaffinity(0, sizeof set, &set));
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  unsigned long raw[64];
  long size = OK(syscall(SYS_sched_getaffinity, 0, sizeof raw, raw));
  CHECK(size > 0 && size % 8 == 0);
  FAILS(EINVAL, syscall(SYS_sched_getaffinity, 0, 7, raw));
  FAILS(ESRCH, sched_getaffinity(999999999, sizeof set, &set));
  CPU_ZERO(&set);
  FAILS(EINVAL, sched_setaffinity(0, sizeof set, &set));
  STEP("affinity");

  unsigned cpu = 99999, node = 99999;
  OK(syscall(SYS_getcpu, &cpu, &node, NULL));
  CHECK(cpu < 4096 && node < 4096);
  OK(syscall(SYS_getcpu, NULL, NULL, NULL));
  CHECK(sched_getcpu() >= 0);
  OK(sched_yield());
  STEP("getcpu, yield");

  struct sched_param param = {.sched_priority = 77};
  EQ(sched_getscheduler(0), SCHED_OTHER);
  OK(sched_getparam(0, &param));
  EQ(param.sched_priority, 0);
  OK(sched_setscheduler(0, SCHED_OTHER, &param));
  EQ(sched_get_priority_min(SCHED_FIFO), 1);
  EQ(sched_get_priority_max(SCHED_FIFO), 99);
  EQ(sched_get_priority_max(SCHED_OTHER), 0);
  FAILS(EINVAL, sched_get_priority_max(42));
  FAILS(EINVAL, sched_setscheduler(0, 42, &param));
  param.sched_priority = 5;
  FAILS(EINVAL, sched_setscheduler(0, SCHED_OTHER, &param));
  struct timespec slice = {-1, -1};
  OK(sched_rr_get_interval(0, &slice));
  CHECK(slice.tv_sec >= 0 && slice.tv_nsec >= 0);
  errno = 0;
  int nice_value = getpriority(PRIO_PROCESS, 0);
  EQ(errno, 0);
  OK(setpriority(PRIO_PROCESS, 0, nice_value));
  FAILS(EINVAL, getpriority(77, 0));
  // A child has not the flag that took the policy from it.
  OK(sched_setscheduler(0, SCHED_BATCH | 0x40000000, &(struct sched_param){0}));
  EQ(sched_getscheduler(0), SCHED_BATCH | 0x40000000);
  pid_t heir = OK(fork());
  if (!heir) {
    EQ(sched_getscheduler(0), SCHED_BATCH);
    _exit(0);
  }
  int heirs;
  EQ(OK(waitpid(heir, &heirs, 0)), heir);
  EQ(heirs, 0);
  STEP("policy and priority");

  // Process 1 may be asked about by anybody, and there are none with negative numbers.
  EQ(sched_getscheduler(1) & ~0x40000000, SCHED_OTHER);
  OK(sched_getparam(1, &param));
  EQ(param.sched_priority, 0);
  OK(sched_rr_get_interval(1, &slice));
  OK(sched_getaffinity(1, sizeof set, &set));
  errno = 0;
  getpriority(PRIO_PROCESS, 1);
  EQ(errno, 0);
  FAILS(EINVAL, sched_getscheduler(-1));
  FAILS(EINVAL, sched_getparam(-1, &param));
  FAILS(EINVAL, sched_setscheduler(-1, SCHED_OTHER, &param));
  FAILS(EINVAL, sched_rr_get_interval(-1, &slice));
  FAILS(ESRCH, sched_getaffinity(-1, sizeof set, &set));
  FAILS(ESRCH, sched_setaffinity(-1, sizeof set, &set));
  FAILS(ESRCH, getpriority(PRIO_PROCESS, -1));
  STEP("other processes");

  char name[16];
  OK(prctl(PR_SET_NAME, "first"));
  pthread_t t;
  EQ(pthread_create(&t, NULL, named, NULL), 0);
  EQ(pthread_join(t, NULL), 0);
  OK(prctl(PR_GET_NAME, name));
  STREQ(name, "first");
  int fd = OK(open("/proc/self/comm", O_RDONLY));
  char comm[32] = "";
  OK(read(fd, comm, sizeof comm));
  STREQ(comm, "first\n");
  STEP("thread names");
  for (asked = times; asked < times + sizeof times / sizeof *times; asked++) in_child(ask);
  STEP("deadlines that make sense");
  return 0;
}

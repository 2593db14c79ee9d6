// Every field of /proc/self/stat, and what the program's own headers, addresses and calls say of the same; of threads and children, too.
// QEMU: qemu-user shows its own process.
#include "check.h"
#include <elf.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/times.h>

static long long field[64];
static char name[64], state;
static void look(const char *path) {
  char text[1024];
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *open = strchr(text, '('), *shut = strrchr(text, ')');
  CHECK(open && shut);
  field[1] = atoll(text);
  snprintf(name, sizeof name, "%.*s", (int)(shut - open - 1), open + 1);
  state = shut[2];
  char *place = shut + 3;
  int number = 4;
  for (; number < 60; number++) {
    char *end;
    unsigned long long value = strtoull(place, &end, 10);
    if (end == place) break;
    field[number] = value;
    place = end;
  }
  EQ(number, 53);
  STREQ(place, "\n");
}

static void relatives(void) {
  look("/proc/self/stat");
  EQ(field[1], getpid());
  STREQ(name, "procfields");
  EQ(state, 'R');
  EQ(field[4], getppid());
  EQ(field[5], getpgrp());
  EQ(field[6], getsid(0));
}

static void signals(void) {
  sigset_t set;
  OK(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
  OK(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = (void (*)(int))relatives}, NULL));
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGWINCH);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  look("/proc/self/stat");
  EQ(field[31], 0);
  OK(raise(SIGTERM));
  look("/proc/self/stat");
  EQ(field[31], 1 << (SIGTERM - 1));
  EQ(field[32], 1 << (SIGTERM - 1) | 1 << (SIGWINCH - 1));
  EQ(field[33] & 1 << (SIGUSR1 - 1), 1 << (SIGUSR1 - 1));
  EQ(field[33] & 1 << (SIGUSR2 - 1), 0);
  EQ(field[34] & 1 << (SIGUSR2 - 1), 1 << (SIGUSR2 - 1));
  EQ(field[34] & 1 << (SIGUSR1 - 1), 0);
  OK(sigaction(SIGTERM, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
  look("/proc/self/stat");
  EQ(field[31], 0);
}

static void times_of(void) {
  struct tms spent;
  long tick = sysconf(_SC_CLK_TCK);
  OK(times(&spent));
  look("/proc/self/stat");
  CHECK(field[14] >= 0 && field[14] <= spent.tms_utime + tick);
  CHECK(field[15] >= 0 && field[15] <= spent.tms_stime + tick);
  EQ(field[16], 0);
  EQ(field[17], 0);
  EQ(field[21], 0);
  CHECK(field[22] >= 0);
  CHECK(field[10] > 0);
  struct rusage usage;
  OK(getrusage(RUSAGE_SELF, &usage));
  CHECK(field[10] <= usage.ru_minflt);
}

static void priorities(void) {
  look("/proc/self/stat");
  EQ(field[18], 20 + field[19]);
  EQ(field[19], getpriority(PRIO_PROCESS, 0));
  EQ(field[20], 1);
  EQ(field[40], 0);
  EQ(field[41], SCHED_OTHER);
  CHECK(field[39] >= 0 && field[39] < sysconf(_SC_NPROCESSORS_CONF));
  OK(setpriority(PRIO_PROCESS, 0, field[19] + 3));
  long long before = field[19];
  look("/proc/self/stat");
  EQ(field[19], before + 3);
  EQ(field[18], 20 + before + 3);
  OK(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}));
  look("/proc/self/stat");
  EQ(field[41], SCHED_BATCH);
}

static void memory(void) {
  // What the headers of the program say.
  Elf64_Phdr *header = (void *)getauxval(AT_PHDR);
  unsigned long code = ULONG_MAX, code_end = 0, data = 0, data_end = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
    if (header[i].p_type != PT_LOAD) continue;
    unsigned long start = header[i].p_vaddr, end = start + header[i].p_filesz;
    if (header[i].p_flags & PF_X && start < code) code = start;
    if (header[i].p_flags & PF_X && end > code_end) code_end = end;
    if (start > data) data = start;
    if (end > data_end) data_end = end;
  }
  look("/proc/self/stat");
  EQ(field[26], code);
  EQ(field[27], code_end);
  EQ(field[45], data);
  EQ(field[46], data_end);
  CHECK((unsigned long)field[47] <= (unsigned long)sbrk(0) && (unsigned long)field[47] > data);
  CHECK((char *)field[28] > (char *)&header);
  extern char **environ;
  EQ(field[50], (uintptr_t)environ[0]);
  EQ(field[49], field[50]);
  char line[256];
  int fd = OK(open("/proc/self/cmdline", O_RDONLY));
  long length = OK(read(fd, line, sizeof line));
  OK(close(fd));
  EQ(field[49] - field[48], length);
  EQ(memcmp((void *)field[48], line, length), 0);
  CHECK(field[51] > field[50]);
  EQ(*((char *)field[51] - 1), 0);
  EQ(field[52], 0);
  long page = getpagesize(), size = field[23];
  char *more = mmap(NULL, 10 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(more != MAP_FAILED);
  look("/proc/self/stat");
  EQ(field[23], size + 10 * page);
  CHECK(field[24] > 0 && field[24] * page <= field[23]);
  struct rlimit limit;
  OK(getrlimit(RLIMIT_RSS, &limit));
  EQ(field[25], limit.rlim_cur == RLIM_INFINITY ? -1 : (long long)limit.rlim_cur);
  OK(munmap(more, 10 * page));
}

static long long of_leader[3], of_other;
static long long spent(const char *path) {
  char text[128];
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  return atoll(text);
}

static volatile int go;
static void *thread_body(void *tid) {
  char path[64];
  *(volatile int *)tid = syscall(SYS_gettid);
  pthread_setname_np(pthread_self(), "other)name (x");
  while (!go) pause_ms(1);
  uint64_t number = 1;
  for (int i = 0; i < 200000; i++) number = mix64(number);
  snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", getpid());
  of_leader[0] = spent(path);
  of_leader[1] = spent("/proc/self/schedstat");
  of_leader[2] = spent(path);
  snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", *(int *)tid);
  of_other = spent(path) + (number == 0);
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", *(int *)tid);
  look(path);
  return tid;
}

static void threads(void) {
  int tid = 0;
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, thread_body, &tid), 0);
  while (!*(volatile int *)&tid) pause_ms(1);
  look("/proc/self/stat");
  EQ(field[20], 2);
  go = 1;
  EQ(pthread_join(thread, NULL), 0);
  // What the other computed is its own, not the first one's, which is told for all.
  CHECK(of_leader[0] <= of_leader[1] && of_leader[1] <= of_leader[2]);
  CHECK(of_other > 0);
  EQ(field[1], tid);
  STREQ(name, "other)name (x");
  EQ(field[4], getppid());
  EQ(field[20], 2);
  EQ(field[38], -1);
  EQ(state, 'R');
}

static void children(void) {
  char path[64];
  int p[2], status;
  OK(pipe(p));
  pid_t child = OK(fork());
  if (!child) {
    OK(setpgid(0, 0));
    EQ(write(p[1], "x", 1), 1);
    for (;;) pause();
  }
  EQ(read(p[0], path, 1), 1);
  snprintf(path, sizeof path, "/proc/%d/stat", child);
  do look(path);
  while (state != 'S');
  EQ(field[1], child);
  EQ(field[4], getpid());
  EQ(field[5], child);
  EQ(field[6], getsid(0));
  EQ(field[38], SIGCHLD);
  OK(kill(child, SIGSTOP));
  EQ(OK(waitpid(child, &status, WUNTRACED)), child);
  look(path);
  EQ(state, 'T');
  OK(kill(child, SIGKILL));
  siginfo_t info;
  OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  look(path);
  EQ(state, 'Z');
  EQ(field[20], 1);
  EQ(field[23] | field[24] | field[26] | field[28] | field[45] | field[48], 0);
  EQ(field[52], SIGKILL);
  EQ(OK(waitpid(child, &status, 0)), child);
  FAILS(ENOENT, open(path, O_RDONLY));
}

int main(void) {
  PART(relatives());
  STEP("relatives");
  PART(memory());
  STEP("memory");
  PART(signals());
  STEP("signals");
  PART(times_of());
  STEP("times");
  PART(priorities());
  STEP("priorities");
  PART(threads());
  STEP("threads");
  PART(children());
  STEP("children");
  return 0;
}

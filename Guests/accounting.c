// acct: records of processes that end, and who may ask for them. Off afterwards.
#include "check.h"

#include <linux/acct.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

// Thirteen bits and an exponent of 8.
static long value(comp_t number) { return (long)(number & 8191) << 3 * (number >> 13); }

static void sleeps(void) {
  OK(setgid(77));
  OK(setuid(1234));
  pause_ms(60);
  _exit(200);
}
static void is_killed(void) {
  kill(getpid(), SIGKILL);
}
static void has_no_core(void) {
  OK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
  raise(SIGQUIT);
}
static void works(void) {
  struct timespec used;
  CHECK(mmap(NULL, 600 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED);
  do {
    // Between the calls: their number counts where a run has digests.
    for (volatile int i = 0; i < 100000; i++) continue;
    OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used));
  } while (used.tv_nsec < 120000000);
  _exit(0);
}
static void executes(void) {
  execl("/proc/self/exe", "other", "end", NULL);
  _exit(99);
}

// The record of a process that does this and ends.
static struct acct_v3 record_of(int file, void (*body)(void)) {
  struct acct_v3 record;
  int status;
  OK(acct("file"));
  pid_t child = OK(fork());
  if (!child) body();
  EQ(OK(waitpid(child, &status, 0)), child);
  OK(acct(NULL));
  do EQ(OK(read(file, &record, sizeof record)), sizeof record);
  while (record.ac_pid != (uint32_t)child);
  EQ(record.ac_exitcode, status);
  EQ(record.ac_ppid, getpid());
  EQ(record.ac_tty, 0);
  return record;
}

static void records(int file) {
  time_t now = time(NULL);
  struct acct_v3 record = record_of(file, sleeps);
  EQ(record.ac_flag & (AFORK | AXSIG | ACORE), AFORK);
  EQ(record.ac_exitcode, 200 << 8);
  EQ(record.ac_uid, 1234);
  EQ(record.ac_gid, 77);
  float ticks;
  memcpy(&ticks, &record.ac_etime, sizeof ticks);
  CHECK(ticks >= 6);
  CHECK((time_t)record.ac_btime + 1 >= now && (time_t)record.ac_btime <= time(NULL));
  record = record_of(file, is_killed);
  EQ(record.ac_flag & (AFORK | AXSIG | ACORE), AFORK | AXSIG);
  EQ(record.ac_exitcode, SIGKILL);
  record = record_of(file, has_no_core);
  EQ(record.ac_flag & (AFORK | AXSIG), AFORK | AXSIG);
  EQ(record.ac_exitcode, SIGQUIT);
  record = record_of(file, works);
  CHECK(value(record.ac_utime) + value(record.ac_stime) >= 10);
  CHECK(value(record.ac_mem) >= 600 << 10 && value(record.ac_mem) < 700 << 10);
  record = record_of(file, executes);
  EQ(record.ac_flag & (AFORK | AXSIG | ACORE), 0);
  STREQ(record.ac_comm, "exe");
}

int main(int argc, char **argv) {
  if (argc > 1) return strcmp(argv[1], "end");
  if (!is_host_root()) return 0;
  enter_scratch();
  pid_t child = fork();
  if (child == 0) {
    OK(setuid(1234));
    FAILS(EPERM, acct(NULL));
    FAILS(EPERM, acct("file"));
    _exit(0);
  }
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  FAILS(ENOENT, acct("missing"));
  FAILS(EACCES, acct("/dev/null"));
  FAILS(EISDIR, acct("/"));
  FAILS(EFAULT, acct((char *)8));
  STEP("refused");

  int file = OK(open("file", O_CREAT | O_RDWR, 0600));
  if (acct("file") == -1) return errno == ENOSYS ? 0 : 1;
  time_t before = time(NULL);
  child = fork();
  if (child == 0) _exit(3);
  EQ(waitpid(child, &status, 0), child);
  OK(acct(NULL));
  struct acct_v3 record;
  int found = 0;
  while (read(file, &record, sizeof record) == sizeof record) {
    EQ(record.ac_version & 15, 3);
    if (record.ac_pid != child) continue;
    found++;
    EQ(record.ac_flag & 1, 1);
    EQ(record.ac_exitcode, 3 << 8);
    EQ(record.ac_ppid, getpid());
    EQ(record.ac_uid, 0);
    CHECK(record.ac_btime + 2 >= before);
    STREQ(record.ac_comm, "accounting");
  }
  EQ(found, 1);
  child = fork();
  if (child == 0) _exit(3);
  EQ(waitpid(child, &status, 0), child);
  EQ(read(file, &record, sizeof record), 0);
  STEP("a record");
  records(file);
  OK(unlink("file"));
  STEP("records of all kinds");
  return 0;
}

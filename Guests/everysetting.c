// Every setting that prctl, arch_prctl and their kin have, by every value that it takes and some that it does not: what they answer, what
// is read back, and what a thread, a child and a new program have of it.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const struct table expected[] = {
  {"parent's death",
   "0 0 0 0 1 0 2 0 3 0 4 0 5 0 8 0 15 0 64 INVAL 64 0 63 INVAL 63 INVAL 63 INVAL 63 INVAL 63 INVAL 63 * 0"},
  {"dumpable",
   "0 0 0 0 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 "
   "INVAL 1 1 1"},
  {"keeping",
   "0 0 0 0 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 "
   "INVAL 1 1 1"},
  {"secure bits",
   "0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 PERM 0 "
   "0 0"},
  {"slack",
   "50000 0 50000 0 1 0 2 0 3 0 4 0 5 0 8 0 15 0 64 0 65 0 63 0 511 0 1023 0 100000 0 PERM 0 0 0 0"},
  {"no new privileges",
   "0 INVAL 0 0 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 "
   "INVAL 1 INVAL 1 1 1"},
  {"no new privileges, more",
   "0 0 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 INVAL 1 "
   "INVAL 1 INVAL 1 1 1"},
  {"subreaper",
   "0 0 0 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 1 0"},
  {"huge pages",
   "0 0 0 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 1 1"},
  {"in and out",
   "0 INVAL 0 PERM 0 0 16387 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 0 24579 "
   "INVAL 24579 0 24579 24579 24579"},
  {"persona",
   "0 0 0 0 1 0 2 0 3 0 4 0 5 0 8 0 15 0 64 0 65 0 63 0 511 0 1023 0 100000 0 100000 0 0 0 0"},
  {"nice",
   "20 0 20 0 19 0 18 0 17 0 16 0 15 0 12 0 5 0 1 0 1 0 1 0 1 0 1 0 1 ACCES 1 ACCES 1 1 1"},
  {"umask",
   "18 0 0 0 1 0 2 0 3 0 4 0 5 0 8 0 15 0 64 0 65 0 63 0 511 0 511 0 160 0 511 0 0 0 0"},
  {"names",
   "0 0 0 1 0 120 0 0 1 1 0 120 0 0 15 1 0 120 0 0 15 1 0 120 0 0 15 1 0 120 0 0 10 1 0 120 FAULT FAULT FAULT FAULT "
   "INVAL INVAL INVAL 1 INVAL INVAL 0 INVAL INVAL INVAL 0 INVAL 0 0 INVAL INVAL"},
  {"attributes",
   "INVAL 0 0 0 INVAL 0 2BIG 0 INVAL 0 2BIG 0 0 48 0 0 0 * 0 0 0 * 0 0 0 * 0 0 0 * 0 * 0 * 0 * 0 * 0 0 INVAL 0 2BIG * "
   "* INVAL INVAL SRCH INVAL INVAL INVAL 0 0 0 0 3 INVAL INVAL INVAL INVAL 0 0 3 PERM INVAL INVAL INVAL 0 0 3 PERM "
   "INVAL PERM 0 0 3 3 INVAL INVAL INVAL INVAL 0 3 3 INVAL INVAL * 0 0 5 3 INVAL INVAL INVAL INVAL 0 5 3 INVAL INVAL "
   "PERM 0 3 PERM PERM 0 0 PERM"},
  {NULL, NULL}};

static void without_rights(void) {
  if (geteuid()) return;
  OK(setgroups(0, NULL));
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(1000, 1000, 1000));
}

// How each is read.
static long parent_death(void) {
  int value = -9;
  return prctl(PR_GET_PDEATHSIG, &value) ? -1 : value;
}
static long dumpable(void) { return prctl(PR_GET_DUMPABLE); }
static long keeps_capabilities(void) { return prctl(PR_GET_KEEPCAPS); }
static long secure_bits(void) { return prctl(PR_GET_SECUREBITS); }
static long slack(void) { return prctl(PR_GET_TIMERSLACK); }
static long no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }
static long subreaper(void) {
  int value = -9;
  return prctl(PR_GET_CHILD_SUBREAPER, &value) ? -1 : value;
}
static long huge_pages(void) { return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0); }
static long in_out(void) { return syscall(SYS_ioprio_get, 1, 0); }
static long persona(void) { return personality(0xffffffff); }
static long nice_value(void) { return syscall(SYS_getpriority, PRIO_PROCESS, 0); }
static long own_umask(void) {
  long mask = umask(0);
  umask(mask);
  return mask;
}

static long set_parent_death(long value) { return prctl(PR_SET_PDEATHSIG, value); }
static long set_dumpable(long value) { return prctl(PR_SET_DUMPABLE, value); }
static long set_keeping(long value) { return prctl(PR_SET_KEEPCAPS, value); }
static long set_secure_bits(long value) { return prctl(PR_SET_SECUREBITS, value); }
static long set_slack(long value) { return prctl(PR_SET_TIMERSLACK, value); }
static long set_no_new_privileges(long value) { return prctl(PR_SET_NO_NEW_PRIVS, value, 0, 0, 0); }
static long set_no_new_privileges_more(long value) { return prctl(PR_SET_NO_NEW_PRIVS, 1, value, 0, 0); }
static long set_subreaper(long value) { return prctl(PR_SET_CHILD_SUBREAPER, value); }
static long set_huge_pages(long value) { return prctl(PR_SET_THP_DISABLE, value, 0, 0, 0); }
static long set_in_out(long value) { return value < 4 ? syscall(SYS_ioprio_set, 1, 0, value << 13 | 3) : 0; }
static long set_persona(long value) { return personality(value) < 0 ? -1 : 0; }
static long set_nice(long value) { return setpriority(PRIO_PROCESS, 0, value); }
static long set_umask(long value) {
  umask(value);
  return 0;
}

static const struct setting { const char *name; long (*read)(void), (*set)(long); } settings[] = {
  {"parent's death", parent_death, set_parent_death}, {"dumpable", dumpable, set_dumpable}, {"keeping", keeps_capabilities, set_keeping},
  {"secure bits", secure_bits, set_secure_bits}, {"slack", slack, set_slack}, {"no new privileges", no_new_privileges, set_no_new_privileges},
  {"no new privileges, more", no_new_privileges, set_no_new_privileges_more}, {"subreaper", subreaper, set_subreaper},
  {"huge pages", huge_pages, set_huge_pages}, {"in and out", in_out, set_in_out}, {"persona", persona, set_persona}, {"nice", nice_value, set_nice}, {"umask", own_umask, set_umask}};

static const struct setting *setting;
static volatile long seen;
static void *in_thread(void *unused) {
  seen = setting->read();
  return unused;
}
static long of_child(void) {
  int p[2], status;
  long value = 0;
  OK(pipe(p));
  pid_t pid = OK(fork());
  if (!pid) {
    value = setting->read();
    EQ(write(p[1], &value, sizeof value), sizeof value);
    _exit(0);
  }
  EQ(read(p[0], &value, sizeof value), sizeof value);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  OK(close(p[0])), OK(close(p[1]));
  return value;
}

static void one(void) {
  static const long values[] = {0, 1, 2, 3, 4, 5, 8, 15, 64, 65, 077, 0777, 01777, 100000, -1, 1L << 32};
  without_rights();
  begin_row(setting->name);
  SHOW(setting->read());
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    TRY(setting->set(values[i]));
    TRY(setting->read());
  }
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, in_thread, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  SHOW(seen);
  SHOW(of_child());
  END_ROW(expected);
}

// Names of threads: cut, and ended.
static void names(void) {
  char name[20];
  begin_row("names");
  static const char *const texts[] = {"", "a", "fifteen letters", "sixteen letters!", "seventeen letters", "with\nlines"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    TRY(prctl(PR_SET_NAME, texts[i]));
    memset(name, 'x', sizeof name);
    TRY(prctl(PR_GET_NAME, name));
    SHOW(strlen(name));
    SHOW(!strncmp(name, texts[i], 15));
    SHOW(name[15]);
    SHOW(name[16]);
  }
  TRY(prctl(PR_SET_NAME, 8));
  TRY(prctl(PR_GET_NAME, 8));
  TRY(prctl(PR_GET_PDEATHSIG, 8));
  TRY(prctl(PR_GET_CHILD_SUBREAPER, 8));
  TRY(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
  TRY(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
  TRY(prctl(PR_SET_THP_DISABLE, 0, 1, 0, 0));
  TRY(prctl(PR_CAPBSET_READ, 0));
  TRY(prctl(PR_CAPBSET_READ, 63));
  TRY(prctl(PR_CAPBSET_READ, -1));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 63, 0, 0));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 1, 0));
  TRY(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));
  TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, 0, 0, 0));
  TRY(prctl(PR_GET_SECCOMP));
  TRY(prctl(12345, 0, 0, 0, 0));
  TRY(prctl(-1, 0, 0, 0, 0));
  END_ROW(expected);
}

// What sched_setattr takes: each field that is wrong, and each size.
struct attributes { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; uint32_t least, most; };
static long set_attributes(struct attributes a, unsigned flags) { return syscall(SYS_sched_setattr, 0, &a, flags); }
static void attributes(void) {
  without_rights();
  begin_row("attributes");
  struct attributes got;
  static const unsigned sizes[] = {0, 1, 47, 48, 49, 55, 56, 57, 64, 4096, 4097};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char room[8192];
    memset(room, 0, sizeof room);
    TRY(syscall(SYS_sched_getattr, 0, room, sizes[i], 0));
    SHOW(*(uint32_t *)room);
    memset(room, 0, sizeof room);
    *(uint32_t *)room = sizes[i];
    TRY(syscall(SYS_sched_setattr, 0, room, 0));
    if (sizes[i] < 4096) room[sizes[i] > 56 ? sizes[i] - 1 : 56] = 1;
    TRY(sizes[i] > 56 ? syscall(SYS_sched_setattr, 0, room, 0) : 0);
  }
  TRY(syscall(SYS_sched_getattr, 0, NULL, 56, 0));
  TRY(syscall(SYS_sched_getattr, 0, &got, 56, 1));
  TRY(syscall(SYS_sched_getattr, -1, &got, 56, 0));
  TRY(syscall(SYS_sched_getattr, 1000000, &got, 56, 0));
  TRY(syscall(SYS_sched_setattr, 0, NULL, 0));
  TRY(syscall(SYS_sched_setattr, -1, &got, 0));
  TRY(set_attributes((struct attributes){.size = 48}, 1));
  for (int policy = 0; policy < 8; policy++) {
    if (policy == 7) continue;
    TRY(set_attributes((struct attributes){.size = 48, .policy = policy}, 0));
    TRY(set_attributes((struct attributes){.size = 48, .policy = policy, .nice = 3}, 0));
    TRY(syscall(SYS_sched_getattr, 0, &got, 56, 0));
    SHOW(got.policy);
    SHOW(got.nice);
    TRY(set_attributes((struct attributes){.size = 48, .policy = policy, .priority = 1}, 0));
    TRY(set_attributes((struct attributes){.size = 48, .policy = policy, .nice = 3, .flags = 1 << 20}, 0));
  }
  TRY(set_attributes((struct attributes){.size = 48, .nice = 50}, 0));
  TRY(syscall(SYS_sched_getattr, 0, &got, 56, 0));
  SHOW(got.nice);
  TRY(set_attributes((struct attributes){.size = 48, .nice = -1}, 0));
  TRY(set_attributes((struct attributes){.size = 48, .nice = 19, .flags = 1}, 0));
  TRY(syscall(SYS_sched_getattr, 0, &got, 56, 0));
  SHOW(got.flags);
  TRY(set_attributes((struct attributes){.size = 48, .nice = 19}, 0));
  END_ROW(expected);
}

int main(void) {
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) {
    setting = &settings[i];
    in_child(one);
  }
  STEP("settings");
  in_child(names);
  STEP("names and the rest");
  in_child(attributes);
  STEP("attributes of scheduling");
  return 0;
}

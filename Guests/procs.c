// /proc of other processes: their state, names, relatives, files and memory; zombies; threads; who owns it; settings.
#include "check.h"
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char text[1 << 16];

static const char *path_of(pid_t pid, const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return path;
}

static long slurp_path(const char *path) {
  int fd = OK(open(path, O_RDONLY));
  long size = 0, n;
  while ((n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
  text[size] = 0;
  OK(close(fd));
  return size;
}
static long slurp(pid_t pid, const char *name) { return slurp_path(path_of(pid, name)); }

static const char *link_of(pid_t pid, const char *name) {
  static char to[300];
  to[OK(readlink(path_of(pid, name), to, 299))] = 0;
  return to;
}

// Field `number` of /proc/PID/stat, counted as proc(5) does, from the third on.
static char state;
static long long stat_field(pid_t pid, int number) {
  slurp(pid, "stat");
  char *p = strrchr(text, ')') + 2;
  state = *p;
  for (int i = 3; i < number; i++) p = strchr(p, ' ') + 1;
  return strtoll(p, NULL, 10);
}

static void has_state(pid_t pid, char wanted) {
  do stat_field(pid, 3); while (state != wanted && (pause_ms(1), 1));
  char line[32];
  snprintf(line, sizeof line, "\nState:\t%c (", wanted);
  slurp(pid, "status");
  CHECK(strstr(text, line));
}

static int has_entry(const char *directory, long number) {
  DIR *dir = opendir(directory);
  CHECK(dir);
  int found = 0;
  for (struct dirent *entry; (entry = readdir(dir));) found += entry->d_name[0] != '.' && atol(entry->d_name) == number;
  closedir(dir);
  return found;
}

static void a_child(void) {
  int ready[2];
  OK(pipe(ready));
  int file = OK(open("file", O_RDWR | O_CREAT, 0600));
  OK(mkdir("below", 0700));
  pid_t pid = OK(fork());
  if (pid == 0) {
    OK(setpgid(0, 0));
    OK(prctl(PR_SET_NAME, "a (b) c"));
    OK(chdir("below"));
    OK(dup2(file, 50));
    EQ(nice(3), 3);
    OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){333, 444}));
    static const char secret[] = "to be read by the parent";
    const char *address = secret;
    EQ(write(ready[1], &address, sizeof address), sizeof address);
    for (;;) pause();
  }
  char *secret;
  EQ(read(ready[0], &secret, sizeof secret), sizeof secret);
  has_state(pid, 'S');
  CHECK(has_entry("/proc", pid));
  EQ(stat_field(pid, 4), getpid());
  EQ(stat_field(pid, 5), pid);
  EQ(stat_field(pid, 6), getsid(0));
  EQ(stat_field(pid, 18), 23);
  EQ(stat_field(pid, 19), 3);
  EQ(stat_field(pid, 20), 1);
  EQ(stat_field(pid, 38), SIGCHLD);
  CHECK(stat_field(pid, 22) >= stat_field(getpid(), 22));
  slurp(pid, "comm");
  STREQ(text, "a (b) c\n");
  slurp(pid, "stat");
  CHECK(strstr(text, " (a (b) c) "));
  long own = slurp(getpid(), "cmdline");
  char command[300];
  memcpy(command, text, own);
  EQ(slurp(pid, "cmdline"), own);
  EQ(memcmp(text, command, own), 0);
  char here[128];
  snprintf(here, sizeof here, "%s/below", scratch_path);
  STREQ(link_of(pid, "cwd"), here);
  STREQ(link_of(pid, "root"), "/");
  snprintf(here, sizeof here, "%s/file", scratch_path);
  STREQ(link_of(pid, "fd/50"), here);
  CHECK(has_entry(path_of(pid, "fd"), 50));
  CHECK(has_entry(path_of(pid, "fdinfo"), 50));
  CHECK(!has_entry("/proc/self/fd", 50));
  int again = OK(open(path_of(pid, "fd/50"), O_WRONLY));
  EQ(write(again, "x", 1), 1);
  OK(close(again));
  struct stat mine, its;
  OK(stat("/proc/self/exe", &mine));
  OK(stat(path_of(pid, "exe"), &its));
  EQ(mine.st_ino, its.st_ino);
  slurp(pid, "limits");
  CHECK(strstr(text, "Max open files            333                  444"));
  slurp(pid, "environ");
  slurp(pid, "maps");
  CHECK(strstr(text, "[stack]"));
  slurp(pid, "smaps_rollup");
  CHECK(strstr(text, "[rollup]\n") && strstr(text, "\nRss:"));
  int memory = OK(open(path_of(pid, "mem"), O_RDONLY));
  char copy[32] = "";
  EQ(pread(memory, copy, 24, (off_t)secret), 24);
  STREQ(copy, "to be read by the parent");
  FAILS(EIO, pread(memory, copy, 8, 16));
  OK(close(memory));
  EQ(stat_field(pid, 52), 0);
  STEP("a child");

  // Stopped, continued, ended, gone.
  OK(kill(pid, SIGSTOP));
  EQ(waitpid(pid, NULL, WUNTRACED), pid);
  has_state(pid, 'T');
  OK(kill(pid, SIGCONT));
  has_state(pid, 'S');
  int stat_fd = OK(open(path_of(pid, "stat"), O_RDONLY));
  int directory = OK(open(path_of(pid, "."), O_RDONLY | O_DIRECTORY));
  OK(kill(pid, SIGKILL));
  has_state(pid, 'Z');
  slurp(pid, "comm");
  STREQ(text, "a (b) c\n");
  EQ(slurp(pid, "cmdline"), 0);
  EQ(slurp(pid, "maps"), 0);
  FAILS(ENOENT, readlink(path_of(pid, "exe"), copy, sizeof copy));
  FAILS(ENOENT, readlink(path_of(pid, "cwd"), copy, sizeof copy));
  CHECK(!has_entry(path_of(pid, "fd"), 50));
  EQ(stat_field(pid, 4), getpid());
  EQ(stat_field(pid, 20), 1);
  EQ(stat_field(pid, 23), 0);
  slurp(pid, "status");
  CHECK(!strstr(text, "VmSize"));
  CHECK(has_entry("/proc", pid));
  EQ(waitpid(pid, NULL, 0), pid);
  CHECK(!has_entry("/proc", pid));
  FAILS(ENOENT, open(path_of(pid, "stat"), O_RDONLY));
  FAILS(ESRCH, read(stat_fd, copy, sizeof copy));
  EQ(openat(directory, "stat", O_RDONLY), -1);
  CHECK(errno == ESRCH || errno == ENOENT);
  OK(close(stat_fd)), OK(close(directory)), OK(close(file)), OK(close(ready[0])), OK(close(ready[1]));
  OK(unlink("file")), OK(rmdir("below"));
  STEP("its life");
}

// A file that is kept open tells what is true when it is read from its beginning.
static void rereading(void) {
  int fd = OK(open("/proc/self/stat", O_RDONLY));
  char first[1024] = "", second[1024] = "";
  CHECK(OK(pread(fd, first, sizeof first - 1, 0)) > 0);
  OK(prctl(PR_SET_NAME, "renamed"));
  CHECK(OK(pread(fd, second, sizeof second - 1, 0)) > 0);
  CHECK(!strstr(first, "(renamed)") && strstr(second, "(renamed)"));
  OK(close(fd));
  int comm = OK(open("/proc/self/comm", O_RDWR));
  EQ(write(comm, "by file", 7), 7);
  char name[16] = "";
  EQ(pread(comm, name, sizeof name, 0), 8);
  STREQ(name, "by file\n");
  OK(close(comm));
  // Of a process that has gone, whatever it was of, nothing more is told.
  static const char *const files[] = {"stat", "status", "limits", "task/%d/stat", "ns", "fd", "fdinfo"};
  enum { FILES = sizeof files / sizeof *files };
  int open_ones[FILES];
  pid_t child = OK(fork());
  if (!child) for (;;) pause();
  for (int i = 0; i < FILES; i++) {
    char path[64], below[64];
    snprintf(below, sizeof below, files[i], child);
    snprintf(path, sizeof path, "/proc/%d/%s", child, below);
    open_ones[i] = OK(open(path, O_RDONLY));
  }
  OK(kill(child, SIGKILL));
  EQ(waitpid(child, NULL, 0), child);
  for (int i = 0; i < 60; i++) OK(getppid());
  for (int i = 0; i < FILES; i++) {
    if (i < 4) FAILS(ESRCH, pread(open_ones[i], first, sizeof first - 1, 0));
    OK(close(open_ones[i]));
  }
  STEP("reading again");
}

static void accounts(void) {
  long long before[4], after[4];
  const char *format = "rchar: %lld\nwchar: %lld\nsyscr: %lld\nsyscw: %lld\n";
  int fd = OK(open("data", O_RDWR | O_CREAT, 0600));
  slurp_path("/proc/self/io");
  EQ(sscanf(text, format, before, before + 1, before + 2, before + 3), 4);
  long own = strlen(text);
  for (int i = 0; i < 5; i++) EQ(pwrite(fd, text, 100, i * 100), 100);
  char copy[500];
  EQ(pread(fd, copy, 500, 0), 500);
  slurp_path("/proc/self/io");
  EQ(sscanf(text, format, after, after + 1, after + 2, after + 3), 4);
  EQ(after[1] - before[1], 500);
  EQ(after[3] - before[3], 5);
  EQ(after[0] - before[0], 500 + own);
  EQ(after[2] - before[2], 1 + 2);  // and the reads that showed what was before
  OK(close(fd));
  OK(unlink("data"));
  STEP("accounts");
}

static void killing_order(void) {
  slurp_path("/proc/self/oom_score_adj");
  STREQ(text, "0\n");
  int fd = OK(open("/proc/self/oom_score_adj", O_RDWR));
  EQ(write(fd, "100", 3), 3);
  FAILS(EINVAL, write(fd, "1001", 4));
  FAILS(EINVAL, write(fd, "many", 4));
  OK(close(fd));
  pid_t pid = OK(fork());
  if (pid == 0) {
    slurp_path("/proc/self/oom_score_adj");
    STREQ(text, "100\n");
    _exit(0);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  STEP("killing order");
}

static void owners(void) {
  if (geteuid()) return;
  int ready[2];
  OK(pipe(ready));
  pid_t pid = OK(fork());
  if (pid == 0) {
    OK(setresgid(1000, 1001, 1002));
    OK(setresuid(1000, 1001, 1002));
    OK(prctl(PR_SET_DUMPABLE, 1));
    OK(open("/proc/self/environ", O_RDONLY));
    OK(open("/proc/self/fd", O_RDONLY));
    FAILS(EACCES, open(path_of(getppid(), "environ"), O_RDONLY));
    FAILS(EACCES, open(path_of(getppid(), "fd"), O_RDONLY));
    slurp(getppid(), "stat");
    EQ(write(ready[1], "", 1), 1);
    for (;;) pause();
  }
  char c;
  EQ(read(ready[0], &c, 1), 1);
  struct stat st;
  OK(stat(path_of(pid, ""), &st));
  EQ(st.st_uid, 1001);
  EQ(st.st_gid, 1001);
  OK(stat(path_of(pid, "stat"), &st));
  EQ(st.st_uid, 1001);
  slurp(pid, "status");
  CHECK(strstr(text, "\nUid:\t1000\t1001\t1002\t1001\nGid:\t1000\t1001\t1002\t1001\n"));
  OK(kill(pid, SIGKILL));
  EQ(waitpid(pid, NULL, 0), pid);
  STEP("owners");
}

static void spaces(void) {
  char mine[64];
  strcpy(mine, link_of(getpid(), "ns/mnt"));
  EQ(strncmp(mine, "mnt:[", 5), 0);
  if (OK(fork()) == 0) {
    STREQ(link_of(getpid(), "ns/mnt"), mine);
    _exit(0);
  }
  int status;
  CHECK(wait(&status) > 0 && status == 0);
  struct stat st;
  OK(stat(path_of(getpid(), "ns/uts"), &st));
  snprintf(mine, sizeof mine, "uts:[%lu]", (unsigned long)st.st_ino);
  STREQ(link_of(getpid(), "ns/uts"), mine);
  slurp_path("/proc/self/uid_map");
  unsigned first, below, count;
  EQ(sscanf(text, "%u %u %u", &first, &below, &count), 3);
  EQ(first, 0);
  // Whoever is first of all is always there.
  slurp(1, "stat");
  CHECK(!strncmp(text, "1 (", 3));
  EQ(stat_field(1, 4), 0);
  slurp(1, "comm");
  CHECK(has_entry("/proc", 1));
  CHECK(has_entry("/proc/1/task", 1));
  STEP("spaces");
}

static void settings(void) {
  static const char *const numbers[] = {
      "kernel/pid_max", "kernel/threads-max", "kernel/ngroups_max", "kernel/cap_last_cap", "kernel/overflowuid",
      "kernel/overflowgid", "kernel/randomize_va_space", "kernel/printk", "kernel/msgmax", "kernel/sem",
      "kernel/shmmax", "kernel/random/entropy_avail", "kernel/pty/max", "kernel/sched_rr_timeslice_ms",
      "fs/file-max", "fs/file-nr", "fs/nr_open", "fs/pipe-max-size", "fs/aio-max-nr", "fs/inotify/max_user_watches",
      "fs/epoll/max_user_watches", "fs/suid_dumpable", "fs/protected_symlinks", "vm/overcommit_memory",
      "vm/max_map_count", "vm/swappiness", "vm/dirty_ratio", "vm/nr_hugepages", "vm/min_free_kbytes",
      "vm/page-cluster", "vm/vfs_cache_pressure",
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/%s", numbers[i]);
    CHECK(slurp_path(path) > 1);
    if (text[0] < '0' || text[0] > '9') fail_at(__FILE__, __LINE__, "%s is \"%s\"", path, text);
    EQ(text[strlen(text) - 1], '\n');
  }
  static const char *const files[] = {"loadavg", "stat", "uptime", "vmstat", "devices", "swaps", "partitions",
                                      "diskstats", "misc", "cgroups", "filesystems", "mounts", "version"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[100];
    snprintf(path, sizeof path, "/proc/%s", files[i]);
    slurp_path(path);
  }
  STEP("settings");
}

// Whoever reaps orphans is there for all who ask, and no signal ends it.
static void the_first(void) {
  if (geteuid() == 0) {
    OK(kill(1, 0));
    OK(kill(1, SIGURG));
    FAILS(EINVAL, kill(1, 65));
  }
  OK(getpgid(1));
  OK(getsid(1));
  slurp(1, "stat");
  CHECK(!strncmp(text, "1 (", 3));
  STEP("the first process");
}

int main(void) {
  enter_scratch();
  PART(a_child());
  PART(rereading());
  PART(accounts());
  PART(killing_order());
  PART(owners());
  PART(spaces());
  PART(settings());
  PART(the_first());
  return 0;
}

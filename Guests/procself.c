// /proc/self: exe, cmdline, environ, status, stat, statm, fd, task, cwd, root, limits and comm agree with the system calls.
// QEMU: qemu-user shows its own environment, descriptors and status.
#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/prctl.h>

static char text[1 << 18];
static long slurp(const char *path) {
  int fd = OK(open(path, O_RDONLY));
  long size = 0, n;
  while ((n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
  text[size] = 0;
  OK(close(fd));
  return size;
}
static long field(const char *name) {  // of /proc/self/status
  char key[40];
  snprintf(key, sizeof key, "\n%s:", name);
  char *at = strstr(text, key);
  if (!at) LEAVE("status has no %s", name);
  return strtol(at + strlen(key), NULL, strstr(name, "Sig") ? 16 : 10);
}
static const char *link_of(const char *path) {
  static char to[300];
  to[OK(readlink(path, to, 299))] = 0;
  return to;
}
static pthread_barrier_t barrier;
static void *idle(void *unused) {
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  return unused;
}

int main(int argc, char **argv) {
  char path[100];
  snprintf(path, sizeof path, "%d", getpid());
  STREQ(link_of("/proc/self"), path);
  snprintf(path, sizeof path, "%d/task/%d", getpid(), gettid());
  STREQ(link_of("/proc/thread-self"), path);
  snprintf(path, sizeof path, "/proc/%d/exe", getpid());
  struct stat a, b;
  OK(stat("/proc/self/exe", &a));
  OK(stat(path, &b));
  EQ(a.st_ino, b.st_ino);
  char *name = strrchr(link_of("/proc/self/exe"), '/') + 1;
  CHECK(strstr(argv[0], name));
  int exe = OK(open("/proc/self/exe", O_RDONLY));
  char magic[4];
  EQ(read(exe, magic, 4), 4);
  EQ(memcmp(magic, "\177ELF", 4), 0);
  OK(close(exe));
  STEP("self, thread-self, exe");

  long n = slurp("/proc/self/environ"), at = 0;
  for (char **e = environ; *e; at += strlen(*e++) + 1) STREQ(text + at, *e);
  EQ(at, n);
  STEP("environ");

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
  signal(SIGUSR2, SIG_IGN);
  raise(SIGUSR1);
  slurp("/proc/self/status");
  char own[64];
  snprintf(own, sizeof own, "Name:\t%.15s\n", program_invocation_short_name);
  CHECK(!strncmp(text, own, strlen(own)));
  EQ(field("Pid"), getpid());
  EQ(field("Tgid"), getpid());
  EQ(field("PPid"), getppid());
  EQ(field("Uid"), getuid());
  EQ(field("Gid"), getgid());
  EQ(field("Threads"), 1);
  EQ(field("SigBlk") >> (SIGUSR1 - 1) & 1, 1);
  EQ(field("SigIgn") >> (SIGUSR2 - 1) & 1, 1);
  EQ(field("SigPnd") >> (SIGUSR1 - 1) & 1, 1);
  CHECK(field("VmRSS") > 0 && field("VmSize") >= field("VmRSS"));
  STEP("status");

  slurp("/proc/self/stat");
  int pid, ppid, count = 0;
  char comm[32], state;
  CHECK(sscanf(text, "%d (%31[^)]) %c %d", &pid, comm, &state, &ppid) == 4);
  EQ(pid, getpid());
  EQ(ppid, getppid());
  EQ(strncmp(comm, program_invocation_short_name, 15), 0);
  EQ(state, 'R');
  for (char *p = strrchr(text, ')'); *p; p++) count += *p == ' ';
  EQ(count, 50);
  long pages, resident;
  slurp("/proc/self/statm");
  CHECK(sscanf(text, "%ld %ld", &pages, &resident) == 2);
  CHECK(pages >= resident && resident > 0);
  STEP("stat, statm");

  pthread_t t[3];
  pthread_barrier_init(&barrier, NULL, 4);
  for (int i = 0; i < 3; i++) EQ(pthread_create(&t[i], NULL, idle, NULL), 0);
  pthread_barrier_wait(&barrier);
  DIR *dir = opendir("/proc/self/task");
  CHECK(dir);
  int tasks = 0, me = 0;
  for (struct dirent *d; (d = readdir(dir));) {
    tasks += d->d_name[0] != '.';
    me += atoi(d->d_name) == gettid();
  }
  closedir(dir);
  EQ(tasks, 4);
  EQ(me, 1);
  slurp("/proc/self/status");
  EQ(field("Threads"), 4);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 3; i++) EQ(pthread_join(t[i], NULL), 0);
  STEP("task");

  enter_scratch();
  STREQ(link_of("/proc/self/cwd"), scratch_path);
  STREQ(link_of("/proc/self/root"), "/");
  int fd = OK(open("f", O_RDWR | O_CREAT | O_APPEND, 0600)), ends[2];
  OK(pipe(ends));
  EQ(dup2(fd, 77), 77);
  char want[100];
  snprintf(want, sizeof want, "%s/f", scratch_path);
  STREQ(link_of("/proc/self/fd/77"), want);
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  CHECK(!strncmp(link_of(path), "pipe:[", 6));
  FAILS(ENOENT, readlink("/proc/self/fd/78", want, 10));
  dir = opendir("/proc/self/fd");
  CHECK(dir);
  int found = 0, last = -1;
  for (struct dirent *d; (d = readdir(dir));) {
    if (d->d_name[0] == '.') continue;
    int number = atoi(d->d_name);
    CHECK(number > last);
    OK(fcntl(number, F_GETFD));
    last = number;
    found += number == 77 || number == ends[0] || number == ends[1] || number == dirfd(dir);
  }
  closedir(dir);
  EQ(found, 4);
  EQ(write(77, "12345", 5), 5);
  slurp("/proc/self/fdinfo/77");
  long pos;
  unsigned flags;
  CHECK(sscanf(text, "pos:\t%ld\nflags:\t%o", &pos, &flags) == 2);
  EQ(pos, 5);
  EQ(flags & (O_APPEND | O_ACCMODE), O_APPEND | O_RDWR);
  OK(unlink("f"));
  STEP("cwd, root, fd, fdinfo");

  slurp("/proc/self/limits");
  CHECK(strstr(text, "Max open files"));
  FAILS(ENOENT, open("/proc/self/no-such-file", O_RDONLY));
  FAILS(ENOENT, open("/proc/999999999/stat", O_RDONLY));
  STEP("limits, errors");

  // Read from the beginning, it tells what is true now; read on, it ends what it began.
  fd = OK(open("/proc/self/comm", O_RDONLY));
  OK(prctl(PR_SET_NAME, "first"));
  char said[20] = "";
  EQ(read(fd, said, 2), 2);
  OK(prctl(PR_SET_NAME, "FIRST"));
  EQ(read(fd, said + 2, 18), 4);
  STREQ(said, "first\n");
  EQ(read(fd, said, 20), 0);
  OK(lseek(fd, 0, SEEK_SET));
  EQ(read(fd, said, 20), 6);
  CHECK(!memcmp(said, "FIRST\n", 6));
  OK(prctl(PR_SET_NAME, "third"));
  EQ(pread(fd, said, 20, 0), 6);
  CHECK(!memcmp(said, "third\n", 6));
  OK(close(fd));
  STEP("read again");
  return 0;
}

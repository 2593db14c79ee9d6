// What few programs ask of /proc and the like: pagemap, map_files, timers, loginuid, the next pid; and all bytes of a siginfo.
#include "check.h"
#include <net/if.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static uint64_t entry(int map, const char *address) {
  uint64_t entry;
  EQ(OK(pread(map, &entry, 8, (uintptr_t)address / 4096 * 8)), 8);
  return entry;
}

static void pages(void) {
  int map = OK(open("/proc/self/pagemap", O_RDONLY)), file = OK(open("file", O_RDWR | O_CREAT, 0600));
  OK(ftruncate(file, 8192));
  char *own = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  own[0] = 1;
  shared[0] = 1;
  EQ(entry(map, own) >> 61 & 5, 4);
  EQ(entry(map, own + 4096) >> 61, 0);
  // A kernel may take a file's page out of the table at any time.
  uint64_t of_file = 0;
  for (int i = 0; i < 3 && of_file != 5; i++) {
    shared[0] = 1;
    of_file = entry(map, (char *)shared) >> 61 & 5;
  }
  EQ(of_file, 5);
  uint64_t two[2];
  EQ(OK(pread(map, two, 16, (uintptr_t)own / 4096 * 8)), 16);
  EQ(two[1] >> 63, 0);
  FAILS(EINVAL, pread(map, two, 7, (uintptr_t)own / 4096 * 8));
  FAILS(EINVAL, pread(map, two, 8, 4));
  EQ(OK(pread(map, two, 8, 1L << 56)), 0);
  CHECK(write(map, two, 8) == -1);
  STEP("pagemap");

  char path[128], target[256] = "", here[256];
  snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", (long)shared, (long)shared + 8192);
  CHECK(OK(readlink(path, target, sizeof target - 1)) > 0);
  CHECK(getcwd(here, sizeof here - 8));
  strcat(here, "/file");
  STREQ(target, here);
  struct stat a, b;
  OK(fstat(file, &a));
  if (is_host_root()) {
    OK(stat(path, &b));
    EQ(a.st_ino, b.st_ino);
  }
  FAILS(ENOENT, stat("/proc/self/map_files/1000-2000", &b));
  OK(unlink("file"));
  STEP("map_files");
}

static void contents(const char *path, char *text, int size) {
  int fd = OK(open(path, O_RDONLY));
  int count = OK(read(fd, text, size - 1));
  text[count] = 0;
  OK(close(fd));
}

static void timers(void) {
  char text[1024];
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_ptr = (void *)0x4711};
  timer_t timer;
  contents("/proc/self/timers", text, sizeof text);
  STREQ(text, "");
  OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
  contents("/proc/self/timers", text, sizeof text);
  char expected[256];
  snprintf(expected, sizeof expected, "ID: 0\nsignal: 12/0000000000004711\nnotify: signal/pid.%d\nClockID: 1\n", getpid());
  STREQ(text, expected);
  STEP("timers");
}

// The bytes between the code and the sender travel with the rest.
static siginfo_t seen;
static void on_signal(int number, siginfo_t *info, void *context) { seen = *info; }
static void all_bytes(void) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  siginfo_t sent;
  OK(sigaction(SIGUSR1, &action, NULL));
  for (unsigned i = 0; i < sizeof sent; i++) ((unsigned char *)&sent)[i] = i;
  sent.si_signo = SIGUSR1;
  sent.si_errno = 5;
  sent.si_code = SI_QUEUE;
  OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sent));
  BARRIER();
  EQ(memcmp(&seen, &sent, 48), 0);
  STEP("siginfo");
}

static void logged_in(void) {
  char text[64];
  contents("/proc/self/loginuid", text, sizeof text);
  STREQ(text, "4294967295");
  int fd = open("/proc/self/loginuid", O_WRONLY);
  // Who may set it depends on CAP_AUDIT_CONTROL.
  if (fd < 0) return;
  EQ(OK(write(fd, "1000\0junk", 9)), 9);
  contents("/proc/self/loginuid", text, sizeof text);
  STREQ(text, "1000");
}

// The last one that was given, unless others were quicker.
static void last_pid(void) {
  char text[64];
  pid_t pid = 0;
  int tries = 0;
  for (; tries < 50; tries++) {
    int status;
    pid = OK(fork());
    if (!pid) _exit(0);
    contents("/proc/sys/kernel/ns_last_pid", text, sizeof text);
    EQ(OK(waitpid(pid, &status, 0)), pid);
    if (atoi(text) == pid) break;
  }
  CHECK(tries < 50);
  contents("/proc/loadavg", text, sizeof text);
  CHECK(strrchr(text, ' ') && atoi(strrchr(text, ' ')) >= pid);
}

static void next_pid(void) {
  char text[64];
  contents("/proc/sys/kernel/ns_last_pid", text, sizeof text);
  CHECK(atoi(text) > 0);
  int fd = OK(open("/proc/sys/kernel/ns_last_pid", O_WRONLY));
  FAILS(EINVAL, write(fd, "word", 4));
}

// Where a thread waits, and the call that looks.
static void waiting(void) {
  char text[256], wanted[128], path[64];
  int fd = OK(open("/proc/self/syscall", O_RDONLY));
  long size = OK(syscall(SYS_read, fd, text, sizeof text));
  snprintf(wanted, sizeof wanted, "%d 0x%x 0x%lx 0x%lx ", SYS_read, fd, (long)text, (long)sizeof text);
  CHECK(size > (long)strlen(wanted) && !memcmp(text, wanted, strlen(wanted)));
  OK(close(fd));
  int hold[2];
  OK(pipe(hold));
  pid_t child = OK(fork());
  if (!child) {
    OK(close(hold[1]));
    _exit(syscall(SYS_read, hold[0], text, 1));
  }
  OK(close(hold[0]));
  snprintf(path, sizeof path, "/proc/%d/syscall", child);
  snprintf(wanted, sizeof wanted, "%d 0x%x 0x%lx 0x1 ", SYS_read, hold[0], (long)text);
  char seen[256];
  do contents(path, seen, sizeof seen);
  while (memcmp(seen, wanted, strlen(wanted)) && !usleep(1000));
  OK(close(hold[1]));
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
}

// Where a thread waits in its program: its own stack, and the call that it made.
static volatile pid_t sleeper_tid;
static char *volatile sleeper_place;
static void *sleeper(void *fd) {
  char byte;
  sleeper_place = &byte;
  sleeper_tid = syscall(SYS_gettid);
  EQ(syscall(SYS_read, *(int *)fd, &byte, 1), 0);
  return NULL;
}
static void places(void) {
  char path[64], seen[256];
  int hold[2];
  unsigned long arguments[6], stack, counter;
  pthread_t thread;
  OK(pipe(hold));
  EQ(pthread_create(&thread, NULL, sleeper, &hold[0]), 0);
  while (!sleeper_tid) pause_ms(1);
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", sleeper_tid);
  long number;
  int count;
  do {
    contents(path, seen, sizeof seen);
    count = sscanf(seen, "%ld %lx %lx %lx %lx %lx %lx %lx %lx", &number, arguments, arguments + 1, arguments + 2, arguments + 3, arguments + 4,
                   arguments + 5, &stack, &counter);
  } while ((count != 9 || number != SYS_read) && !usleep(1000));
  EQ(arguments[0], hold[0]);
  EQ(arguments[1], (uintptr_t)sleeper_place);
  EQ(arguments[2], 1);
  CHECK(stack <= (uintptr_t)sleeper_place && (uintptr_t)sleeper_place - stack < 4096);
  CHECK(counter > (uintptr_t)syscall && counter - (uintptr_t)syscall < 256);
  // And where this one is.
  contents("/proc/self/syscall", seen, sizeof seen);
  EQ(sscanf(seen, "%ld %*x %*x %*x %*x %*x %*x %lx %lx", &number, &stack, &counter), 3);
  EQ(number, SYS_read);
  CHECK(stack <= (uintptr_t)path && (uintptr_t)path - stack < 4096);
  OK(close(hold[1]));
  EQ(pthread_join(thread, NULL), 0);
  OK(close(hold[0]));
}

// Each login has a session of its own, which goes on to children; who has logged in, does not do so again without a privilege.
static void log_in(const char *name, int is_allowed) {
  int fd = OK(open("/proc/self/loginuid", O_WRONLY));
  if (is_allowed) EQ(OK(write(fd, name, strlen(name))), (long)strlen(name));
  else FAILS(EPERM, write(fd, name, strlen(name)));
  OK(close(fd));
}
static long session(void) {
  char text[64];
  contents("/proc/self/sessionid", text, sizeof text);
  return atol(text);
}
static long told_session(void) {
  int p[2], status;
  long number;
  OK(pipe(p));
  pid_t pid = OK(fork());
  if (!pid) {
    char text[64];
    EQ(session(), 4294967295);
    OK(setresgid(1000, 1000, 1000));
    OK(setresuid(1000, 1000, 1000));
    OK(prctl(PR_SET_DUMPABLE, 1));
    log_in("1000", 1);
    contents("/proc/self/loginuid", text, sizeof text);
    STREQ(text, "1000");
    log_in("1001", 0);
    number = session();
    pid_t inner = OK(fork());
    if (!inner) {
      EQ(session(), number);
      _exit(0);
    }
    EQ(OK(waitpid(inner, &status, 0)), inner);
    EQ(status, 0);
    EQ(write(p[1], &number, sizeof number), sizeof number);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  OK(close(p[1]));
  EQ(read(p[0], &number, sizeof number), sizeof number);
  OK(close(p[0]));
  return number;
}
static void sessions(void) {
  char text[64];
  contents("/proc/self/loginuid", text, sizeof text);
  if (geteuid() || strcmp(text, "4294967295")) return;
  long first = told_session(), second = told_session();
  CHECK(first != 4294967295 && second != 4294967295 && first != second);
  EQ(session(), 4294967295);
}

// Of arguments of which the rest is not there any more, those that are.
static int without_rest(char **argument) {
  static char line[1 << 15];
  unsigned long start, end, top = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps);
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &start, &end) == 2) top = end;
  fclose(maps);
  char *cut = (char *)(((uintptr_t)argument[1] + 8192) & -4096UL), *first = argument[0];
  CHECK(top > (uintptr_t)cut);
  OK(munmap(cut, top - (uintptr_t)cut));
  int fd = OK(open("/proc/self/cmdline", O_RDONLY));
  long length = 0, n;
  while ((n = OK(read(fd, line + length, sizeof line - length))) > 0) length += n;
  EQ(length, cut - first);
  EQ(memcmp(line, first, length), 0);
  OK(close(fd));
  fd = OK(open("/proc/self/environ", O_RDONLY));
  EQ(read(fd, line, sizeof line), 0);
  _exit(0);
}
static void without_rest_again(void) {
  static char text[3 * 4096];
  memset(text, 'a', sizeof text - 1);
  execle("/proc/self/exe", "procrare", text, NULL, (char *[]){"A=B", NULL});
  _exit(99);
}

int main(int argc, char **argv) {
  if (argc == 2) return without_rest(argv);
  enter_scratch();
  pages();
  timers();
  all_bytes();
  in_child(logged_in);
  STEP("loginuid");
  PART(last_pid());
  if (!geteuid()) in_child(next_pid);
  STEP("pids");
  waiting();
  STEP("syscall");
  PART(places());
  STEP("places in the program");
  PART(sessions());
  STEP("sessions of logins");
  in_child(without_rest_again);
  STEP("arguments that are gone");
  int inet = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct ifreq request = {.ifr_name = "lo"};
  FAILS(EINVAL, ioctl(inet, 0x8935, &request));  // SIOCGIFPFLAGS
  STEP("interfaces");
  return 0;
}

// What few programs ask of /proc and the like: pagemap, map_files, timers, loginuid, the next pid; and all bytes of a siginfo.
#include "check.h"
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

int main(void) {
  enter_scratch();
  pages();
  timers();
  all_bytes();
  in_child(logged_in);
  STEP("loginuid");
  if (!geteuid()) in_child(next_pid);
  STEP("pids");
  waiting();
  STEP("syscall");
  int inet = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct ifreq request = {.ifr_name = "lo"};
  FAILS(EINVAL, ioctl(inet, 0x8935, &request));  // SIOCGIFPFLAGS
  STEP("interfaces");
  return 0;
}

// System-wide /proc files have the shape programs parse: cpuinfo, meminfo, uptime, stat, version, loadavg, mounts, sys/kernel; /sys of processors.
// QEMU riscv64: qemu-user 7.2 shows the host's /proc/cpuinfo.
#include "check.h"
#include <sys/utsname.h>

static char text[1 << 17];
static long slurp(const char *path) {
  int fd = OK(open(path, O_RDONLY));
  long size = 0, n;
  while (size < (long)sizeof text - 1 && (n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
  text[size] = 0;
  OK(close(fd));
  return size;
}

int main(void) {
  slurp("/proc/cpuinfo");
  CHECK(strstr(text, "processor\t: 0"));
#if defined __x86_64__
  CHECK(strstr(text, "\nflags\t\t: ") && strstr(text, " sse2 "));
#elif defined __riscv
  CHECK(strstr(text, "\nisa\t\t: rv64imafdc"));
#endif
  slurp("/proc/meminfo");
  long total, available;
  CHECK(sscanf(text, "MemTotal: %ld kB", &total) == 1 && total > 0);
  CHECK(strstr(text, "\nMemFree:"));
  CHECK(sscanf(strstr(text, "\nMemAvailable:"), " MemAvailable: %ld kB", &available) == 1 && available <= total);
  slurp("/proc/uptime");
  double up, idle;
  CHECK(sscanf(text, "%lf %lf", &up, &idle) == 2 && up > 0);
  slurp("/proc/stat");
  long user, btime;
  CHECK(sscanf(text, "cpu %ld", &user) == 1);
  CHECK(strstr(text, "\ncpu0 "));
  CHECK(sscanf(strstr(text, "\nbtime "), " btime %ld", &btime) == 1 && btime > 0);
  STEP("cpuinfo, meminfo, uptime, stat");
  struct utsname u;
  OK(uname(&u));
  slurp("/proc/version");
  CHECK(!strncmp(text, "Linux version ", 14));
  CHECK(strstr(text, u.release));
  slurp("/proc/loadavg");
  double a, b, c;
  CHECK(sscanf(text, "%lf %lf %lf", &a, &b, &c) == 3);
  slurp("/proc/mounts");
  CHECK(strstr(text, " / ") && strstr(text, " /proc proc "));
  slurp("/proc/sys/kernel/osrelease");
  EQ(strncmp(text, u.release, strlen(u.release)), 0);
  CHECK(slurp("/proc/sys/kernel/pid_max") > 0 && atoi(text) >= 1000);
  CHECK(slurp("/proc/sys/vm/overcommit_memory") > 0);
  slurp("/proc/filesystems");
  CHECK(strstr(text, "tmpfs"));
  CHECK(slurp("/proc/self/mountinfo") > 0);
  struct stat st;
  OK(stat("/proc/version", &st));
  EQ(st.st_mode, S_IFREG | 0444);
  OK(stat("/proc/sys/kernel/hostname", &st));
  EQ(st.st_mode, S_IFREG | 0644);
  STEP("version, loadavg, mounts, sys");
  CHECK(slurp("/sys/devices/system/cpu/online") > 0 && atoi(text) == 0);
  CHECK(slurp("/sys/devices/system/cpu/cpu0/topology/core_id") > 0);
  CHECK(slurp("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list") > 0 && atoi(text) == 0);
  STEP("processors");
  FAILS(ENOENT, open("/proc/no-such-file", O_RDONLY));
  int fd = open("/proc/version", O_WRONLY);
  CHECK(fd == -1 || write(fd, "x", 1) == -1);
  return 0;
}

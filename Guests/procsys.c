// System-wide /proc files have the shape programs parse: cpuinfo, meminfo, uptime, stat, version, loadavg, mounts, sys/kernel; /sys of processors.
// QEMU riscv64: qemu-user 7.2 shows the host's /proc/cpuinfo.
#include "check.h"
#include <sched.h>
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

// The processors of a list like 0-3,5.
static cpu_set_t listed(const char *path) {
  cpu_set_t set;
  CPU_ZERO(&set);
  slurp(path);
  for (char *place = text; *place >= '0' && *place <= '9';) {
    int first = strtol(place, &place, 10), last = *place == '-' ? strtol(place + 1, &place, 10) : first;
    for (int i = first; i <= last; i++) CPU_SET(i, &set);
    place += *place == ',';
  }
  return set;
}
// Those that lines of a file begin with.
static cpu_set_t named(const char *path, const char *format) {
  cpu_set_t set;
  int number;
  CPU_ZERO(&set);
  slurp(path);
  for (char *line = text; *line; line = strchrnul(line, '\n'), line += *line != 0)
    if (strncmp(line, "cpu ", 4) && sscanf(line, format, &number) == 1) CPU_SET(number, &set);
  return set;
}

// All that tell of processors tell of the same.
static void processors(void) {
  cpu_set_t online = listed("/sys/devices/system/cpu/online"), present = listed("/sys/devices/system/cpu/present");
  cpu_set_t possible = listed("/sys/devices/system/cpu/possible"), set;
  CHECK(CPU_ISSET(0, &online));
  EQ(sysconf(_SC_NPROCESSORS_ONLN), CPU_COUNT(&online));
  set = named("/proc/stat", "cpu%d ");
  CHECK(CPU_EQUAL(&set, &online));
  set = named("/proc/cpuinfo", "processor : %d");
  CHECK(CPU_EQUAL(&set, &online));
  CPU_AND(&set, &online, &present);
  CHECK(CPU_EQUAL(&set, &online));
  CPU_AND(&set, &present, &possible);
  CHECK(CPU_EQUAL(&set, &present));
  OK(sched_getaffinity(0, sizeof set, &set));
  CPU_AND(&possible, &set, &online);
  CHECK(CPU_EQUAL(&set, &possible));
  slurp("/sys/devices/system/cpu/kernel_max");
  CHECK(atoi(text) >= CPU_COUNT(&online) - 1);
  char path[128];
  for (int i = 0; i < 64; i++) {
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", i);
    EQ(access(path, F_OK) == 0, CPU_ISSET(i, &present) != 0);
    if (!CPU_ISSET(i, &online)) continue;
    static const char *const lists[] = {"thread_siblings_list", "core_siblings_list"};
    for (int j = 0; j < 2; j++) {
      snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", i, lists[j]);
      set = listed(path);
      CHECK(CPU_ISSET(i, &set));
      CPU_AND(&possible, &set, &online);
      CHECK(CPU_EQUAL(&set, &possible));
    }
  }
  if (access("/sys/devices/system/node/node0/cpumap", R_OK)) return;
  set = listed("/sys/devices/system/node/node0/cpulist");
  CHECK(CPU_ISSET(0, &set));
  CPU_AND(&possible, &set, &present);
  CHECK(CPU_EQUAL(&set, &possible));
  // Words of 32 bits, the last one first.
  slurp("/sys/devices/system/node/node0/cpumap");
  int word = 0;
  for (char *place = text; *place; place++) word += *place == ',';
  CPU_ZERO(&possible);
  for (char *place = text; word >= 0; word--, place += *place == ',') {
    unsigned long bits = strtoul(place, &place, 16);
    for (int i = 0; i < 32; i++)
      if (bits >> i & 1) CPU_SET(word * 32 + i, &possible);
  }
  CHECK(CPU_EQUAL(&set, &possible));
  slurp("/sys/devices/system/node/node0/meminfo");
  long node, total;
  CHECK(sscanf(text, "Node 0 MemTotal: %ld kB", &node) == 1);
  slurp("/proc/meminfo");
  CHECK(sscanf(text, "MemTotal: %ld kB", &total) == 1 && node > 0 && node <= total + total / 2);
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
  processors();
  STEP("processors");
  FAILS(ENOENT, open("/proc/no-such-file", O_RDONLY));
  int fd = open("/proc/version", O_WRONLY);
  CHECK(fd == -1 || write(fd, "x", 1) == -1);
  return 0;
}

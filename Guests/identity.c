// Who and where: uname, ids and groups, sessions, sysinfo, resource limits, getrandom, personality, membarrier, rseq.
#include "check.h"
#include <grp.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void) {
  struct utsname u;
  OK(uname(&u));
  STREQ(u.sysname, "Linux");
#if defined __x86_64__
  STREQ(u.machine, "x86_64");
#elif defined __aarch64__
  STREQ(u.machine, "aarch64");
#elif defined __riscv
  STREQ(u.machine, "riscv64");
#endif
  int major, minor;
  CHECK(sscanf(u.release, "%d.%d", &major, &minor) == 2 && major >= 4);
  CHECK(u.nodename[0] && u.version[0]);
  STEP("uname");

  uid_t r, e, s;
  gid_t gr, ge, gs, groups[256];
  OK(getresuid(&r, &e, &s));
  EQ(r, getuid());
  EQ(e, geteuid());
  OK(getresgid(&gr, &ge, &gs));
  EQ(gr, getgid());
  int n = OK(getgroups(256, groups));
  EQ(getgroups(0, NULL), n);
  OK(setuid(getuid()));
  OK(setgid(getgid()));
  OK(setresuid(-1, -1, -1));
  OK(setresgid(-1, getegid(), -1));
  CHECK(getpid() > 0 && getppid() >= 0 && getpgrp() >= 0);
  EQ(getpgid(0), getpgrp());
  EQ(getpgid(getpid()), getpgrp());
  CHECK(getsid(0) >= 0);
  FAILS(ESRCH, getpgid(999999999));
  STEP("ids");

  struct sysinfo si;
  OK(sysinfo(&si));
  CHECK(si.uptime >= 0 && si.totalram > 0 && si.freeram <= si.totalram && si.mem_unit >= 1 && si.procs >= 1);
  STEP("sysinfo");

  struct rlimit old, limit, again;
  for (int i = 0; i < RLIM_NLIMITS; i++) {
    OK(getrlimit(i, &limit));
    CHECK(limit.rlim_cur <= limit.rlim_max);
  }
  FAILS(EINVAL, getrlimit(99, &limit));
  FAILS(EINVAL, getrlimit(RLIM_NLIMITS, &limit));
  FAILS(EINVAL, setrlimit(RLIM_NLIMITS, &limit));
  FAILS(EINVAL, prlimit(0, RLIM_NLIMITS, NULL, &limit));
  FAILS(EINVAL, prlimit(0, -1, NULL, &limit));
  FAILS(EINVAL, syscall(SYS_getrlimit, RLIM_NLIMITS, &limit));
  FAILS(EINVAL, syscall(SYS_setrlimit, RLIM_NLIMITS, &limit));
  OK(getrlimit(RLIMIT_CORE, &old));
  limit = (struct rlimit){0, old.rlim_max};
  OK(prlimit(0, RLIMIT_CORE, &limit, &again));
  EQ(again.rlim_cur, old.rlim_cur);
  OK(prlimit(getpid(), RLIMIT_CORE, NULL, &again));
  EQ(again.rlim_cur, 0);
  OK(getrlimit(RLIMIT_NOFILE, &limit));
  rlim_t max = limit.rlim_max;
  limit.rlim_cur = max + 1;
  if (max != RLIM_INFINITY) FAILS(EINVAL, setrlimit(RLIMIT_NOFILE, &limit));
  FAILS(EFAULT, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, (void *)8));
  OK(getrlimit(RLIMIT_FSIZE, &old));
  enter_scratch();
  int fd = OK(open("f", O_RDWR | O_CREAT, 0600));
  limit = (struct rlimit){10, old.rlim_max};
  OK(setrlimit(RLIMIT_FSIZE, &limit));
  signal(SIGXFSZ, SIG_IGN);
  EQ(write(fd, "0123456789abc", 13), 10);
  FAILS(EFBIG, write(fd, "x", 1));
  FAILS(EFBIG, ftruncate(fd, 11));
  OK(setrlimit(RLIMIT_FSIZE, &old));
  EQ(write(fd, "x", 1), 1);
  OK(unlink("f"));
  STEP("limits");

  unsigned char a[64] = {0}, b[64] = {0};
  EQ(getrandom(a, 64, 0), 64);
  EQ(getrandom(b, 64, GRND_NONBLOCK), 64);
  CHECK(memcmp(a, b, 64));
  EQ(getrandom(b, 16, GRND_RANDOM | GRND_NONBLOCK), 16);
  EQ(getrandom(b, 0, 0), 0);
  FAILS(EINVAL, getrandom(b, 1, 64));
  FAILS(EFAULT, getrandom((void *)8, 1, 0));
  STEP("getrandom");

  CHECK(personality(0xffffffff) >= 0);
  errno = 0;
  long mb = syscall(SYS_membarrier, 0, 0, 0);  // query
  CHECK(mb >= 0 || errno == ENOSYS);
  if (mb > 0 && (mb & 16)) {
    OK(syscall(SYS_membarrier, 16, 0, 0));  // register private expedited
    OK(syscall(SYS_membarrier, 8, 0, 0));
  }
  errno = 0;
  long rs = syscall(SYS_rseq, (void *)64, 32, 0, 0);
  CHECK(rs == -1 && (errno == ENOSYS || errno == EINVAL || errno == EPERM || errno == EBUSY || errno == EFAULT));
  // A thread has one: the C library's, or this.
  static char area[32] __attribute__((aligned(32)));
  syscall(SYS_rseq, area, 32, 0, 0x53053053);
  rs = syscall(SYS_rseq, area, 32, 0, 0x53053053);
  CHECK(rs == -1 && (errno == ENOSYS || errno == EINVAL || errno == EBUSY));
  FAILS(ENOSYS, syscall(9999));
  FAILS(ENOSYS, syscall(-1));
  STEP("personality, membarrier, rseq, no such call");
  return 0;
}

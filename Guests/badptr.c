// Bad pointers are EFAULT, never a crash: missing, kernel half, non-canonical, read-only where written, ending in a hole.
// QEMU: qemu-user passes some bad pointers on as other errors.
#include "check.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#define PAGE 4096L
static char *edge;  // one byte before a hole
static long bad[5];

// Each call is made with each bad pointer in the place of BAD.
#define ALL(call) \
  do for (int i_ = 0; i_ < 5; i_++) { long BAD = bad[i_]; FAILS(EFAULT, call); } while (0)
// The same for calls that only read there: a read-only page would be fine.
#define READS(call) \
  do for (int i_ = 0; i_ < 4; i_++) { long BAD = bad[i_]; FAILS(EFAULT, call); } while (0)

int main(void) {
  char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OK(munmap(p + PAGE, PAGE));
  OK(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
  edge = p + PAGE - 1;
  long list[5] = {8, (long)(p + PAGE), (long)0xffff800000001000, (long)edge, (long)(p + 2 * PAGE)};
  memcpy(bad, list, sizeof list);
  memset(p, 'x', PAGE);
  enter_scratch();
  int fd = OK(open("f", O_RDWR | O_CREAT, 0600)), pp[2], ep = OK(epoll_create1(0));
  OK(pipe(pp));
  EQ(write(fd, "some bytes that are there", 25), 25);

  static const int paths[] = {SYS_openat, SYS_newfstatat, SYS_mkdirat, SYS_unlinkat, SYS_faccessat, SYS_fchmodat};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) READS(syscall(paths[i], AT_FDCWD, BAD, 0, 0, 0));
  READS(syscall(SYS_readlinkat, AT_FDCWD, BAD, p, 10));
  READS(syscall(SYS_chdir, BAD));
  READS(syscall(SYS_truncate, BAD, 0));
  READS(syscall(SYS_statfs, BAD, p));
  READS(syscall(SYS_renameat2, AT_FDCWD, BAD, AT_FDCWD, "x", 0));
  READS(syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, BAD, 0));
  READS(syscall(SYS_linkat, AT_FDCWD, "f", AT_FDCWD, BAD, 0));
  READS(syscall(SYS_symlinkat, BAD, AT_FDCWD, "s"));
  READS(syscall(SYS_utimensat, AT_FDCWD, "f", BAD, 0));
  STEP("paths");

  ALL(syscall(SYS_newfstatat, AT_FDCWD, "f", BAD, 0));
  ALL(syscall(SYS_fstat, fd, BAD));
  ALL(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, BAD));
  ALL(syscall(SYS_fstatfs, fd, BAD));
  ALL(syscall(SYS_pipe2, BAD, 0));
  OK(symlink("target", "s"));
  for (int i = 0; i < 3; i++) FAILS(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, "s", bad[i], 10));
  EQ(pread(fd, p, 0, 0), 0);
  for (int i = 0; i < 5; i++)
    if (i != 3) FAILS(EFAULT, pread(fd, (void *)bad[i], 10, 0));
  EQ(pread(fd, edge, 10, 0) == 1 || errno == EFAULT, 1);  // what fits may be copied
  for (int i = 0; i < 3; i++) FAILS(EFAULT, pwrite(fd, (void *)bad[i], 10, 0));
  struct iovec v[2] = {{p, 4}, {(void *)8, 4}};
  EQ(preadv(fd, v, 2, 0), 4);
  EQ(pwritev(fd, v, 2, 0), 4);
  READS(syscall(SYS_readv, fd, BAD, 1));
  READS(syscall(SYS_writev, fd, BAD, 1));
  for (int i = 0; i < 3; i++) FAILS(EFAULT, write(pp[1], (void *)bad[i], 10));
  EQ(write(pp[1], "abc", 3), 3);
  for (int i = 0; i < 3; i++) FAILS(EFAULT, read(pp[0], (void *)bad[i], 10));
  char text[8];
  EQ(read(pp[0], text, 8), 3);  // a failed read takes nothing
  int ev = OK(eventfd(5, 0));
  FAILS(EFAULT, read(ev, (void *)8, 8));
  STEP("descriptors");

  ALL(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, BAD));
  ALL(syscall(SYS_clock_getres, CLOCK_MONOTONIC, BAD));
  READS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, BAD, NULL));
  READS(syscall(SYS_nanosleep, BAD, NULL));
  ALL(syscall(SYS_gettimeofday, BAD, NULL));
  ALL(syscall(SYS_times, BAD));
  ALL(syscall(SYS_getrusage, 0, BAD));
  ALL(syscall(SYS_getitimer, 0, BAD));
  READS(syscall(SYS_setitimer, 0, BAD, NULL));
  int tfd = OK(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0));
  ALL(syscall(SYS_timerfd_gettime, tfd, BAD));
  READS(syscall(SYS_timerfd_settime, tfd, 0, BAD, NULL));
  STEP("time");

  READS(syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8));
  ALL(syscall(SYS_rt_sigaction, SIGUSR1, NULL, BAD, 8));
  READS(syscall(SYS_rt_sigprocmask, 0, BAD, NULL, 8));
  ALL(syscall(SYS_rt_sigprocmask, 0, NULL, BAD, 8));
  ALL(syscall(SYS_rt_sigpending, BAD, 8));
  READS(syscall(SYS_rt_sigsuspend, BAD, 8));
  READS(syscall(SYS_sigaltstack, BAD, NULL));
  ALL(syscall(SYS_sigaltstack, NULL, BAD));
  READS(syscall(SYS_signalfd4, -1, BAD, 8, 0));
  READS(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, BAD));
  STEP("signals");

  struct timespec zero = {0, 0};
  ALL(syscall(SYS_ppoll, BAD, 1, &zero, NULL, 0));
  READS(syscall(SYS_ppoll, NULL, 0, BAD, NULL, 0));
  ALL(syscall(SYS_pselect6, 64, BAD, NULL, NULL, &zero, NULL));
  READS(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, pp[0], BAD));
  struct epoll_event e = {EPOLLIN | EPOLLOUT, {.u32 = 1}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, pp[1], &e));
  for (int i = 0; i < 3; i++) FAILS(EFAULT, syscall(SYS_epoll_pwait, ep, bad[i], 1, 0, NULL, 8));
  ALL(syscall(SYS_uname, BAD));
  ALL(syscall(SYS_sysinfo, BAD));
  ALL(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, BAD));
  ALL(syscall(SYS_getresuid, BAD, p, p));
  ALL(syscall(SYS_getcwd, BAD, 100));
  ALL(syscall(SYS_sched_getaffinity, 0, 128, BAD));
  int dir = OK(open(".", O_RDONLY));
  for (int i = 0; i < 3; i++) FAILS(EFAULT, syscall(SYS_getdents64, dir, bad[i], 500));
  for (int i = 0; i < 3; i++) FAILS(EFAULT, syscall(SYS_getrandom, bad[i], 10, 0));
  OK(unlink("f")), OK(unlink("s"));
  STEP("the rest");
  return 0;
}

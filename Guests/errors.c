// Errors that the manual names of calls which hardly ever fail: bad numbers, missing files, full tables, and what only a
// privileged program may do.
// QEMU: qemu-user 7.2 lacks some of the calls, and passes some bad pointers on.
#include "check.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>

#define BAD ((void *)8)
enum { NONE = -1, OTHER = 65533 };

static void files(void) {
  int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ends[2];
  OK(pipe(ends));
  FAILS(EBADF, syscall(SYS_fadvise64, NONE, 0L, 0L, POSIX_FADV_NORMAL));
  for (int advice = POSIX_FADV_NORMAL; advice <= POSIX_FADV_NOREUSE; advice++) OK(syscall(SYS_fadvise64, fd, 0L, 0L, advice));
  FAILS(EINVAL, syscall(SYS_fadvise64, fd, 0L, 0L, 99));
  FAILS(ESPIPE, syscall(SYS_fadvise64, ends[0], 0L, 0L, POSIX_FADV_NORMAL));
  FAILS(EBADF, fchown(NONE, 0, 0));
  struct stat status;
  OK(syscall(SYS_fstat, fd, &status));
  EQ(status.st_size, 0);
  FAILS(EBADF, syscall(SYS_fsync, NONE));
  FAILS(EINVAL, syscall(SYS_fsync, ends[0]));
  FAILS(EBADF, syscall(SYS_syncfs, NONE));
  FAILS(EBADF, syscall(SYS_flistxattr, NONE, NULL, 0L));
  FAILS(EBADF, syscall(SYS_fremovexattr, NONE, "user.none"));
  FAILS(ENOENT, syscall(SYS_llistxattr, "none", NULL, 0L));
  FAILS(ENOTDIR, syscall(SYS_llistxattr, "file/none", NULL, 0L));
  struct iovec part = {"", 1}, many[2000] = {part};
  FAILS(EBADF, preadv(NONE, &part, 1, 0));
  FAILS(EINVAL, preadv(fd, many, 2000, 0));
  FAILS(EINVAL, preadv(fd, &part, 1, -1));
  FAILS(ESPIPE, preadv(ends[0], &part, 1, 0));
  FAILS(EINVAL, syscall(SYS_close_range, 9, 8, 0));
  FAILS(EINVAL, syscall(SYS_close_range, 1000, 1001, 64));
  FAILS(EINVAL, syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 64));
  OK(close(ends[0]));
  OK(close(ends[1]));
  OK(close(fd));
  OK(unlink("file"));
  STEP("files");
}

static void old_calls(void) {
#if defined __x86_64__
  struct stat status;
  struct timeval times[2] = {{1, 0}, {2, 0}};
  char names[64];
  fd_set set;
  int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
  FAILS(ENOENT, syscall(SYS_creat, "none/file", 0600));
  FAILS(EISDIR, syscall(SYS_creat, ".", 0600));
  FAILS(EFAULT, syscall(SYS_creat, BAD, 0600));
  FAILS(ENOENT, syscall(SYS_stat, "none", &status));
  FAILS(ENOTDIR, syscall(SYS_stat, "file/none", &status));
  FAILS(EFAULT, syscall(SYS_stat, "file", BAD));
  FAILS(ENOENT, syscall(SYS_lstat, "", &status));
  FAILS(ENOTDIR, syscall(SYS_lstat, "file/none", &status));
  FAILS(EEXIST, syscall(SYS_mknod, "file", S_IFREG | 0600, 0L));
  FAILS(ENOENT, syscall(SYS_mknod, "none/file", S_IFREG | 0600, 0L));
  FAILS(EINVAL, syscall(SYS_mknod, "other", 0xf000 | 0600, 0L));
  FAILS(ENOENT, syscall(SYS_lchown, "none", 0, 0));
  FAILS(ENOENT, syscall(SYS_utime, "none", NULL));
  FAILS(ENOENT, syscall(SYS_utimes, "none", times));
  FAILS(ENOENT, syscall(SYS_futimesat, AT_FDCWD, "none", times));
  FAILS(EBADF, syscall(SYS_futimesat, NONE, "none", times));
  FAILS(ENOTDIR, syscall(SYS_futimesat, fd, "none", times));
  times[0].tv_usec = 1000000;
  FAILS(EINVAL, syscall(SYS_utimes, "file", times));
  FAILS(EBADF, syscall(SYS_getdents, NONE, names, sizeof names));
  FAILS(ENOTDIR, syscall(SYS_getdents, fd, names, sizeof names));
  int folder = OK(open(".", O_RDONLY | O_DIRECTORY));
  FAILS(EINVAL, syscall(SYS_getdents, folder, names, 8L));
  OK(close(folder));
  FAILS(EINVAL, syscall(SYS_select, -1, NULL, NULL, NULL, NULL));
  // Linux does not look beyond its table of descriptors, which has 64 at first.
  FD_ZERO(&set);
  FD_SET(fd + 1, &set);
  FAILS(EBADF, syscall(SYS_select, fd + 2, &set, NULL, NULL, NULL));
  FAILS(EFAULT, syscall(SYS_pipe, BAD));
  FAILS(EFAULT, syscall(SYS_time, BAD));
  FAILS(EINVAL, syscall(SYS_signalfd, fd, &(long){0}, 8L));
  FAILS(EINVAL, syscall(SYS_signalfd, NONE, &(long){0}, 7L));
  OK(close(fd));
  OK(unlink("file"));
#endif
  STEP("calls of x86-64 alone");
}

// Descriptors that there is no room for.
static void without_room(void) {
  int fd = OK(open(".", O_PATH));
  OK(close(fd));
  OK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){fd, fd}));
  FAILS(EMFILE, epoll_create1(0));
  FAILS(EMFILE, syscall(SYS_eventfd2, 0, 0));
  FAILS(EMFILE, syscall(SYS_inotify_init1, 0));
  FAILS(EMFILE, syscall(SYS_pipe2, (int[2]){0}, 0));
  FAILS(EMFILE, syscall(SYS_signalfd4, NONE, &(long){0}, 8L, 0));
  FAILS(EMFILE, syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0));
  FAILS(EMFILE, socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(EMFILE, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0}));
  FAILS(EMFILE, syscall(SYS_memfd_create, "none", 0));
  FAILS(EMFILE, dup(0));
#if defined __x86_64__
  FAILS(EMFILE, syscall(SYS_eventfd, 0));
  FAILS(EMFILE, syscall(SYS_inotify_init));
  FAILS(EMFILE, syscall(SYS_epoll_create, 1));
  FAILS(EMFILE, syscall(SYS_pipe, (int[2]){0}));
  FAILS(EMFILE, syscall(SYS_creat, "none", 0600));
  FAILS(EMFILE, syscall(SYS_open, ".", O_RDONLY));
#endif
}

static void sockets(void) {
  struct sockaddr name;
  socklen_t length = sizeof name;
  int fd = OK(open(".", O_RDONLY)), dgram = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), tcp = OK(socket(AF_INET, SOCK_STREAM, 0));
  FAILS(EBADF, accept4(NONE, NULL, NULL, 0));
  FAILS(ENOTSOCK, accept4(fd, NULL, NULL, 0));
  FAILS(EOPNOTSUPP, accept4(dgram, NULL, NULL, 0));
  FAILS(EINVAL, accept4(tcp, NULL, NULL, 0));
  FAILS(EINVAL, accept4(tcp, NULL, NULL, 1));
  FAILS(EBADF, getsockname(NONE, &name, &length));
  FAILS(ENOTSOCK, getsockname(fd, &name, &length));
  FAILS(EFAULT, getsockname(dgram, BAD, &length));
  length = -1;
  FAILS(EINVAL, getsockname(dgram, &name, &length));
  OK(close(fd));
  OK(close(dgram));
  OK(close(tcp));
  STEP("sockets");
}

static void times_and_signals(void) {
  struct itimerspec setting;
  siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
  int me = getpid();
  FAILS(EFAULT, syscall(SYS_adjtimex, BAD));
  FAILS(EINVAL, syscall(SYS_timer_gettime, 999, &setting));
  FAILS(EINVAL, syscall(SYS_timer_getoverrun, 999));
  FAILS(EINVAL, sched_get_priority_min(77));
  FAILS(EINVAL, sched_get_priority_max(77));
  FAILS(EINVAL, syscall(SYS_rt_tgsigqueueinfo, me, me, 65, &info));
  FAILS(EINVAL, syscall(SYS_rt_tgsigqueueinfo, 0, me, SIGUSR1, &info));
  FAILS(ESRCH, syscall(SYS_rt_tgsigqueueinfo, me, 1 << 21, SIGUSR1, &info));
  FAILS(EFAULT, syscall(SYS_rt_tgsigqueueinfo, me, me, SIGUSR1, BAD));
  pid_t child = OK(fork());
  if (!child) {
    pause();
    _exit(1);
  }
  // Only the kernel signals like this, or a program to itself.
  info.si_code = SI_USER;
  FAILS(EPERM, syscall(SYS_rt_tgsigqueueinfo, child, child, SIGUSR1, &info));
  OK(kill(child, SIGKILL));
  EQ(OK(waitpid(child, NULL, 0)), child);
  STEP("times and signals");
}

static void waiting(void) {
  struct epoll_event event;
  int poll = OK(epoll_create1(0));
  FAILS(EBADF, syscall(SYS_epoll_pwait2, NONE, &event, 1, NULL, NULL, 8L));
  FAILS(EINVAL, syscall(SYS_epoll_pwait2, poll, &event, 0, NULL, NULL, 8L));
  FAILS(EINVAL, syscall(SYS_epoll_pwait2, poll, &event, 1, &(struct timespec){0, 1000000000}, NULL, 8L));
  FAILS(EFAULT, syscall(SYS_epoll_pwait2, poll, &event, 1, BAD, NULL, 8L));
  OK(close(poll));
  aio_context_t context = 0;
  struct io_event done;
  FAILS(EINVAL, syscall(SYS_io_pgetevents, 77L, 1L, 1L, &done, NULL, NULL));
  OK(syscall(SYS_io_setup, 4, &context));
  FAILS(EINVAL, syscall(SYS_io_pgetevents, context, 2L, 1L, &done, NULL, NULL));
  FAILS(EFAULT, syscall(SYS_io_pgetevents, context, 0L, 1L, &done, BAD, NULL));
  OK(syscall(SYS_io_destroy, context));
  int set = OK(semget(IPC_PRIVATE, 1, 0600));
  struct sembuf change = {0, 1, 0};
  // C libraries make it as semtimedop.
  FAILS(EINVAL, syscall(SYS_semop, set, &change, 0L));
  FAILS(E2BIG, syscall(SYS_semop, set, &change, 100000L));
  FAILS(EFAULT, syscall(SYS_semop, set, BAD, 1L));
  change.sem_num = 1;
  FAILS(EFBIG, syscall(SYS_semop, set, &change, 1L));
  change = (struct sembuf){0, -1, IPC_NOWAIT};
  FAILS(EAGAIN, syscall(SYS_semop, set, &change, 1L));
  OK(semctl(set, 0, IPC_RMID));
  FAILS(EINVAL, semop(set, &change, 1));
  STEP("waiting");
}

static void memory_and_limits(void) {
  char *hole = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OK(munmap(hole + 4096, 4096));
  FAILS(ENOMEM, munlock(hole, 8192));
  OK(munmap(hole, 4096));
  int mode;
  struct rlimit limit = {2, 1};
  FAILS(EINVAL, syscall(SYS_get_mempolicy, &mode, NULL, 0L, NULL, 0x100L));
  FAILS(EFAULT, syscall(SYS_get_mempolicy, BAD, NULL, 0L, NULL, 0L));
  FAILS(EINVAL, syscall(SYS_getrlimit, 16, &limit));
  FAILS(EFAULT, syscall(SYS_getrlimit, RLIMIT_CORE, BAD));
  FAILS(EINVAL, syscall(SYS_setrlimit, 16, &limit));
  FAILS(EINVAL, syscall(SYS_setrlimit, RLIMIT_CORE, &limit));
  FAILS(EFAULT, syscall(SYS_getcpu, BAD, NULL, NULL));
  FAILS(EFAULT, syscall(SYS_getresgid, BAD, BAD, BAD));
  FAILS(EFAULT, syscall(SYS_getresuid, BAD, BAD, BAD));
  FAILS(EINVAL, syscall(SYS_getgroups, -1, NULL));
  STEP("memory and limits");
}

// What a program that is nobody may not do.
static void as_nobody(void) {
  OK(setgroups(0, NULL));
  OK(setresgid(OTHER, OTHER, OTHER));
  OK(setresuid(OTHER, OTHER, OTHER));
  FAILS(EPERM, setregid(0, -1));
  FAILS(EPERM, setresgid(-1, 0, -1));
  FAILS(EPERM, setreuid(-1, 0));
  FAILS(EPERM, setresuid(-1, -1, 0));
  FAILS(EPERM, setgid(0));
  FAILS(EPERM, setuid(0));
  FAILS(EPERM, syscall(SYS_setdomainname, "none", 4L));
  FAILS(EPERM, syscall(SYS_sethostname, "none", 4L));
  FAILS(EPERM, syscall(SYS_vhangup));
  FAILS(EPERM, syscall(SYS_syslog, 5, NULL, 0));
  FAILS(EPERM, syscall(SYS_adjtimex, &(struct timex){.modes = ADJ_FREQUENCY}));
  FAILS(EPERM, chroot("/"));
  FAILS(EPERM, syscall(SYS_setgroups, 0, NULL));
  FAILS(EACCES, mkdir("/none", 0700));
  CHECK(madvise((void *)0x10000, 4096, MADV_HWPOISON) == -1 && (errno == EPERM || errno == EINVAL));
  // There is one process of this user: itself.
  OK(setrlimit(RLIMIT_NPROC, &(struct rlimit){1, 1}));
#if defined __x86_64__
  FAILS(EAGAIN, syscall(SYS_fork));
  FAILS(EAGAIN, vfork());
#endif
  FAILS(EAGAIN, syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L));
}

int main(void) {
  enter_scratch();
  PART(files());
  PART(old_calls());
  PART(sockets());
  PART(times_and_signals());
  PART(waiting());
  PART(memory_and_limits());
  in_child(without_room);
  STEP("no room for descriptors");
  if (geteuid() == 0) {
    in_child(as_nobody);
    STEP("as nobody");
  }
  return 0;
}

// Each flag of a call by itself: which ones it takes, and that it refuses the others.
#include "check.h"
#include "pty.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define PAGE 4096
#define EACH(list, flag) for (unsigned long at_ = 0, flag; at_ < sizeof(list) / sizeof *(list) && (flag = (list)[at_], 1); at_++)

static int folder, file;

// `result` is that of `call` with one flag; it must succeed if `taken` has it, else fail with `error`.
static void judge(const char *call, unsigned long flag, unsigned long taken, int error, long result) {
  int wanted = (flag & taken) == flag ? 0 : error, got = result == -1 ? errno : 0;
  if (got != wanted) fail_at(__FILE__, __LINE__, "%s with flag %#lx: errno is %d, not %d", call, flag, got, wanted);
}

static const unsigned at_flags[] = {0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000};

static void at_calls(void) {
  struct stat st;
  char room[256];
  EACH(at_flags, f) judge("fstatat", f, 0x7900, EINVAL, fstatat(folder, "file", &st, f));
  EACH(at_flags, f) judge("statx", f, 0x7900, EINVAL, syscall(SYS_statx, folder, "file", f, 0x7ff, room));
  FAILS(EINVAL, syscall(SYS_statx, folder, "file", 0x6000, 0x7ff, room));
  EACH(at_flags, f) judge("faccessat2", f, 0x1300, EINVAL, syscall(SYS_faccessat2, folder, "file", W_OK, f));
  EACH(at_flags, f) judge("fchownat", f, 0x1100, EINVAL, fchownat(folder, "file", -1, -1, f));
  EACH(at_flags, f) judge("utimensat", f, 0x1100, EINVAL, syscall(SYS_utimensat, folder, "file", NULL, f));
  EACH(at_flags, f) {
    // The root of the machine may link what has no name.
    if (f == AT_EMPTY_PATH && geteuid()) continue;
    judge("linkat", f, 0x1400, EINVAL, linkat(folder, "file", folder, "other", f));
    unlinkat(folder, "other", 0);
  }
  EACH(at_flags, f) {
    OK(mkdirat(folder, "sub", 0700));
    judge("unlinkat", f, AT_REMOVEDIR, EINVAL, unlinkat(folder, "sub", f));
    unlinkat(folder, "sub", AT_REMOVEDIR);
  }
  EACH(at_flags, f) {
    if ((f & 0x1100) == 0) judge("execveat", f, 0, EINVAL, syscall(SYS_execveat, folder, "file", NULL, NULL, f));
    else FAILS(EACCES, syscall(SYS_execveat, folder, "file", NULL, NULL, f));
  }
}

static const unsigned long statx_masks[] = {0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000};

static void masks(void) {
  char room[256];
  EACH(statx_masks, f) OK(syscall(SYS_statx, folder, "file", 0, f, room));
  FAILS(EINVAL, syscall(SYS_statx, folder, "file", 0, 0x80000000, room));
}

static const int open_flags[] = {
    O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC, O_ASYNC,
    O_DIRECTORY, O_NOFOLLOW, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE, O_DIRECT,
#ifdef __x86_64__
    0x8000,  // O_LARGEFILE
#endif
};

static void opening(void) {
  // Not all filesystems know O_DIRECT.
#ifdef SYS_open
  EACH(open_flags, f) {
    if (f == O_DIRECT) continue;
    int fd = syscall(SYS_open, "file", f, 0600);
    judge("open", f, ~(unsigned long)O_DIRECTORY, f == (unsigned long)O_TMPFILE ? EINVAL : ENOTDIR, fd);
    if (fd >= 0) OK(close(fd));
  }
#endif
  EACH(open_flags, f) {
    if (f == O_DIRECT) continue;
    int fd = openat(folder, "file", f, 0600);
    judge("openat", f, ~(unsigned long)O_DIRECTORY, f == (unsigned long)O_TMPFILE ? EINVAL : ENOTDIR, fd);
    if (fd < 0) continue;
    int kept = f & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | O_LARGEFILE);
    EQ(fcntl(fd, F_GETFL) & ~(O_LARGEFILE | 0x8000 | 0x20000 | O_NOFOLLOW), kept & ~(O_LARGEFILE | 0x8000 | 0x20000 | O_NOFOLLOW));
    EQ(fcntl(fd, F_GETFD), f == O_CLOEXEC ? FD_CLOEXEC : 0);
    OK(close(fd));
  }
  EACH(open_flags, f) {
    int fd = dup3(file, 77, f);
    judge("dup3", f, O_CLOEXEC, EINVAL, fd);
    if (fd >= 0) OK(close(fd));
  }
  EACH(open_flags, f) {
    int fds[2];
    // O_EXCL makes a pipe for notices of the kernel, where it has these.
    if (f == O_EXCL) continue;
    int made = pipe2(fds, f);
    judge("pipe2", f, O_CLOEXEC | O_NONBLOCK | O_DIRECT, EINVAL, made);
    if (!made) OK(close(fds[0])), OK(close(fds[1]));
  }
  struct { struct file_handle handle; char room[128]; } place = {{.handle_bytes = 128}, ""};
  int mount;
  if (!is_host_root() || name_to_handle_at(folder, "file", &place.handle, &mount, 0)) return;
  EACH(open_flags, f) {
    if (f == O_DIRECT) continue;
    int fd = open_by_handle_at(folder, &place.handle, f);
    judge("open_by_handle_at", f, ~(unsigned long)O_DIRECTORY, f == (unsigned long)O_TMPFILE ? EINVAL : ENOTDIR, fd);
    if (fd >= 0) OK(close(fd));
  }
}

static const int lock_commands[] = {F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK};

static void file_calls(void) {
  EACH(lock_commands, command) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
    OK(fcntl(file, command, &lock));
    lock.l_pid = 1;
    FAILS(EINVAL, fcntl(file, command, &lock));
  }
  OK(fcntl(file, F_SETOWN, getpid()));
  EQ(fcntl(file, F_GETOWN), getpid());
  EQ(syscall(SYS_fcntl, file, F_GETOWN), getpid());
  OK(fcntl(file, F_SETOWN, 0));
  uint64_t hint = 2;
  OK(fcntl(file, F_SET_RW_HINT, &hint));
  hint = 0;
  OK(fcntl(file, F_GET_RW_HINT, &hint));
  EQ(hint, 2);
  hint = 6;
  FAILS(EINVAL, fcntl(file, F_SET_RW_HINT, &hint));
  // Open files have had none of their own since Linux 5.18.
  FAILS(EINVAL, fcntl(file, 1037, &hint));
  FAILS(EINVAL, fcntl(file, 1038, &hint));
  static const unsigned ranges[] = {SYNC_FILE_RANGE_WAIT_BEFORE, SYNC_FILE_RANGE_WRITE, SYNC_FILE_RANGE_WAIT_AFTER, 8};
  EACH(ranges, f) judge("sync_file_range", f, 7, EINVAL, sync_file_range(file, 0, PAGE, f));
  static const int hints[] = {RWF_HIPRI, RWF_DSYNC, RWF_SYNC, RWF_NOWAIT, RWF_APPEND, 0x40000000};
  char byte = 'x';
  struct iovec one = {&byte, 1};
  EACH(hints, f) {
    // Filesystems differ in what they can do without waiting.
    if (f == RWF_NOWAIT) continue;
    judge("preadv2", f, RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND, EOPNOTSUPP, preadv2(file, &one, 1, 0, f));
    judge("pwritev2", f, RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND, EOPNOTSUPP, pwritev2(file, &one, 1, 0, f));
  }
  // These move what is in a file: not all filesystems can, and none within a page.
  static const int moves[] = {FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE};
  EACH(moves, f) {
    CHECK(fallocate(file, f, 1, PAGE) == -1 && (errno == EINVAL || errno == EOPNOTSUPP));
    FAILS(EOPNOTSUPP, fallocate(file, f | FALLOC_FL_KEEP_SIZE, 0, PAGE));
  }
  OK(ftruncate(file, 3 * PAGE));
  CHECK(!fallocate(file, FALLOC_FL_ZERO_RANGE, 0, PAGE) || errno == EOPNOTSUPP);
  CHECK(!fallocate(file, FALLOC_FL_UNSHARE_RANGE, 0, PAGE) || errno == EOPNOTSUPP);
  static const unsigned events[] = {IN_UNMOUNT, IN_Q_OVERFLOW, IN_IGNORED, IN_ISDIR, IN_ACCESS, 1u << 16};
  int watcher = OK(inotify_init());
  EACH(events, f) judge("inotify_add_watch", f, ~(1ul << 16), EINVAL, inotify_add_watch(watcher, ".", f));
  OK(close(watcher));
}

static void splicing(void) {
  static const unsigned flags[] = {SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_GIFT, 16};
  int a[2], b[2];
  char byte = 'x';
  struct iovec one = {&byte, 1};
  OK(pipe(a)), OK(pipe(b));
  EACH(flags, f) {
    judge("vmsplice", f, 15, EINVAL, vmsplice(a[1], &one, 1, f));
    if (f == 16) EQ(write(a[1], "x", 1), 1);
    judge("tee", f, 15, EINVAL, tee(a[0], b[1], 1, f));
    if (f == 16) EQ(write(b[1], "x", 1), 1);
    EQ(read(b[0], &byte, 1), 1);
    judge("splice", f, 15, EINVAL, splice(a[0], NULL, b[1], NULL, 1, f));
    if (f != 16) EQ(read(b[0], &byte, 1), 1);
  }
  OK(close(a[0])), OK(close(a[1])), OK(close(b[0])), OK(close(b[1]));
}

static void mapping(void) {
  static const int protections[] = {PROT_READ, PROT_WRITE, PROT_EXEC, 8};
  char *page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  EACH(protections, f) OK(mprotect(page, PAGE, f));
  FAILS(EINVAL, mprotect(page, PAGE, PROT_READ | 0x02000000));  // PROT_GROWSUP: no stack grows upwards
  OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
  static const int flags[] = {0x40, MAP_NORESERVE, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NONBLOCK, MAP_POPULATE, MAP_STACK, MAP_LOCKED};
  EACH(flags, f) {
    char *made = mmap(NULL, PAGE, 3 | 8, MAP_PRIVATE | MAP_ANONYMOUS | f, -1, 0);
    CHECK(made != MAP_FAILED);
    OK(munmap(made, PAGE));
  }
  // The protections that are not for mmap(2) say nothing to it.
  char *made = mmap(NULL, PAGE, PROT_READ | 0x03000000, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(made != MAP_FAILED);
  OK(munmap(made, PAGE));
  OK(munmap(page, 4 * PAGE));
  page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  page[PAGE] = 7;
  // MREMAP_DONTUNMAP, which takes the fifth argument for a wish.
  FAILS(EINVAL, syscall(SYS_mremap, page, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | 4, 1));
  char *moved = (char *)OK(syscall(SYS_mremap, page, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | 4, 0));
  CHECK(moved != page);
  EQ(moved[PAGE], 7);
  EQ(page[PAGE], 0);
  FAILS(EINVAL, syscall(SYS_mremap, page, 4 * PAGE, 4 * PAGE, 4, 0));
  FAILS(EINVAL, syscall(SYS_mremap, page, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | 4, 0));
  FAILS(EINVAL, syscall(SYS_mremap, page, PAGE, PAGE, 8, 0));
  OK(munmap(moved, 4 * PAGE)), OK(munmap(page, 4 * PAGE));
  char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  for (unsigned f = 1; f <= MAP_FIXED_NOREPLACE; f *= 2) OK(syscall(SYS_remap_file_pages, shared, PAGE, 0, 0, f));
  OK(munmap(shared, PAGE));
}

static void ipc(void) {
  static const int gets[] = {IPC_CREAT, IPC_CREAT | IPC_EXCL, IPC_NOWAIT, IPC_CREAT | IPC_NOWAIT};
  EACH(gets, f) {
    OK(msgctl(OK(msgget(IPC_PRIVATE, 0600 | f)), IPC_RMID, NULL));
    OK(semctl(OK(semget(IPC_PRIVATE, 1, 0600 | f)), 0, IPC_RMID));
    // To shmget(2) it is a wish for huge pages.
    if (f & IPC_NOWAIT) continue;
    OK(shmctl(OK(shmget(IPC_PRIVATE, PAGE, 0600 | f)), IPC_RMID, NULL));
  }
  int queue = OK(msgget(IPC_PRIVATE, 0600));
  struct { long type; char text[4]; } message = {3, "abc"};
  static const int sends[] = {IPC_NOWAIT, MSG_NOERROR, 020000, 040000};
  EACH(sends, f) OK(msgsnd(queue, &message, 3, f));
  EQ(msgrcv(queue, &message, 3, 0, 040000 | IPC_NOWAIT), 3);  // MSG_COPY: the first
  FAILS(EINVAL, msgrcv(queue, &message, 3, 0, 040000));
  FAILS(EINVAL, msgrcv(queue, &message, 3, 0, 040000 | IPC_NOWAIT | 020000));
  FAILS(ENOMSG, msgrcv(queue, &message, 3, 4, 040000 | IPC_NOWAIT));
  EQ(msgrcv(queue, &message, 3, 4, 020000), 3);  // MSG_EXCEPT
  FAILS(E2BIG, msgrcv(queue, &message, 1, 0, 0));
  EQ(msgrcv(queue, &message, 1, 0, MSG_NOERROR), 1);
  OK(msgctl(queue, IPC_RMID, NULL));
  int segment = OK(shmget(IPC_PRIVATE, 64 * PAGE, 0700));
  char *at = shmat(segment, NULL, 0);
  CHECK(at != (void *)-1);
  OK(shmdt(at));
  FAILS(EINVAL, (long)shmat(segment, at + 1, 0));
  EQ((long)shmat(segment, at + 1, SHM_RND), (long)at - (long)at % SHMLBA);
  FAILS(EINVAL, (long)shmat(segment, at - (long)at % SHMLBA, 0));
  EQ((long)shmat(segment, at - (long)at % SHMLBA, SHM_REMAP), (long)at - (long)at % SHMLBA);
  FAILS(EINVAL, (long)shmat(segment, NULL, SHM_REMAP));
  OK(shmdt(at - (long)at % SHMLBA));
  at = shmat(segment, NULL, SHM_EXEC | SHM_RDONLY);
  CHECK(at != (void *)-1);
  OK(shmdt(at));
  OK(shmctl(segment, IPC_RMID, NULL));
}

static void waiting(void) {
  // WNOHANG and its kin are in other guests. What is waitid's alone wait4 refuses.
  static const int flags[] = {WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, 0x20000000, 0x40000000, 0x80000000};
  EACH(flags, f) {
    pid_t child = OK(fork());
    if (!child) _exit(0);
    siginfo_t info;
    int status, gone = wait4(child, &status, f, NULL);
    // __WCLONE: a child whose end is told by SIGCHLD is not one of those.
    unsigned long taken = WUNTRACED | WCONTINUED | 0x20000000 | 0x40000000;
    judge("wait4", f & 0xffffffff, taken, f == 0xffffffff80000000 ? ECHILD : EINVAL, gone);
    if (gone != child) EQ(waitpid(child, &status, 0), child);
    child = OK(fork());
    if (!child) _exit(0);
    gone = waitid(P_PID, child, &info, f | WEXITED);
    judge("waitid", f & 0xffffffff, taken | WEXITED | WNOWAIT, ECHILD, gone);
    if (gone || f == WNOWAIT) EQ(waitpid(child, &status, 0), child);
  }
  static const int others[] = {0x10, 0x40};
  siginfo_t info;
  EACH(others, f) judge("waitid", f, 0, EINVAL, waitid(P_ALL, 0, &info, f | WEXITED));
}

static void families(void) {
  FAILS(EAFNOSUPPORT, socket(AF_UNSPEC, SOCK_STREAM, 0));
  FAILS(EAFNOSUPPORT, socketpair(AF_UNSPEC, SOCK_STREAM, 0, (int[2]){0}));
  FAILS(EOPNOTSUPP, socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
  FAILS(EOPNOTSUPP, socketpair(AF_INET6, SOCK_STREAM, 0, (int[2]){0}));
  FAILS(EOPNOTSUPP, socketpair(AF_NETLINK, SOCK_RAW, 0, (int[2]){0}));
}

static void cloning(void) {
  // Each with an exit signal, and where others must be with it, without these.
  static const unsigned alone[] = {CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED, CLONE_IO, CLONE_SYSVSEM, CLONE_DETACHED};
  EACH(alone, f) {
    int status;
    // Nobody is told of the end of a brother: its end can be waited for, here by nobody.
    if (f == CLONE_PARENT) continue;
    pid_t child = OK(syscall(SYS_clone, f | SIGCHLD, 0, 0, 0, 0));
    if (!child) _exit(7);
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 7 << 8);
  }
  int descriptor = -1, status;
  pid_t child = OK(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &descriptor, 0, 0));
  if (!child) _exit(7);
  EQ(waitpid(child, &status, 0), child);
  OK(close(descriptor));
  FAILS(EINVAL, syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &descriptor, 0, 0));
  FAILS(EINVAL, syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &descriptor, 0, 0));
  static const unsigned refused[] = {CLONE_PTRACE, CLONE_VFORK, CLONE_PARENT, CLONE_SETTLS, CLONE_PIDFD, CLONE_UNTRACED,
                                     CLONE_DETACHED, CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_IO};
  EACH(refused, f) judge("unshare", f, 0, EINVAL, unshare(f));
  static const unsigned taken[] = {CLONE_FS, CLONE_FILES, CLONE_SYSVSEM, CLONE_THREAD, CLONE_SIGHAND, CLONE_VM};
  EACH(taken, f) judge("unshare", f, ~0ul, EINVAL, unshare(f));
}

// <asm/termbits.h> can't be had beside <termios.h>; the numbers of requests need the size.
struct termios2 { char bytes[44]; };

// Requests that a pseudoterminal takes at its master, at its slave, and a file and a pipe.
static const struct { unsigned long request; int results[4]; } requests[] = {
    {TCSETS, {0, 0, ENOTTY, ENOTTY}}, {TCSETSW, {0, 0, ENOTTY, ENOTTY}}, {TCSETSF, {0, 0, ENOTTY, ENOTTY}},
    {TCGETA, {0, 0, ENOTTY, ENOTTY}}, {TCSETA, {0, 0, ENOTTY, ENOTTY}}, {TCSETAW, {0, 0, ENOTTY, ENOTTY}},
    {TCSETAF, {0, 0, ENOTTY, ENOTTY}}, {TCGETS2, {0, 0, ENOTTY, ENOTTY}}, {TCSETS2, {0, 0, ENOTTY, ENOTTY}},
    {TCSETSW2, {0, 0, ENOTTY, ENOTTY}}, {TCSETSF2, {0, 0, ENOTTY, ENOTTY}}, {TIOCEXCL, {0, 0, ENOTTY, ENOTTY}},
    {TIOCGEXCL, {0, 0, ENOTTY, ENOTTY}}, {TIOCNXCL, {0, 0, ENOTTY, ENOTTY}}, {TIOCMGET, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCMBIS, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}}, {TIOCMBIC, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCMSET, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}}, {TIOCGSOFTCAR, {0, 0, ENOTTY, ENOTTY}},
    {TIOCSSOFTCAR, {0, 0, ENOTTY, ENOTTY}}, {TIOCLINUX, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCGSERIAL, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}}, {TIOCSSERIAL, {ENOTTY, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCGETD, {0, 0, ENOTTY, ENOTTY}}, {TIOCSETD, {0, 0, ENOTTY, ENOTTY}}, {TCSBRK, {0, 0, ENOTTY, ENOTTY}},
    {TCSBRKP, {0, 0, ENOTTY, ENOTTY}}, {TIOCSBRK, {0, 0, ENOTTY, ENOTTY}}, {TIOCCBRK, {0, 0, ENOTTY, ENOTTY}},
    {TIOCGDEV, {0, 0, ENOTTY, ENOTTY}}, {FIOCLEX, {0, 0, 0, 0}}, {FIONCLEX, {0, 0, 0, 0}},
    {FIOQSIZE, {ENOTTY, ENOTTY, 0, ENOTTY}}, {TIOCGPTLCK, {0, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCGPTN, {0, ENOTTY, ENOTTY, ENOTTY}}, {TIOCGPKT, {0, ENOTTY, ENOTTY, ENOTTY}}, {TIOCPKT, {0, ENOTTY, ENOTTY, ENOTTY}},
    {TIOCSIG, {EINVAL, ENOTTY, ENOTTY, ENOTTY}}, {TIOCOUTQ, {0, 0, ENOTTY, ENOTTY}}, {FIONREAD, {0, 0, 0, 0}},
    {TIOCGWINSZ, {0, 0, ENOTTY, ENOTTY}}, {TIOCSWINSZ, {0, 0, ENOTTY, ENOTTY}},
};

static void terminals(void) {
  char state[256], old[256], new[256], zeros[256];
  int pipes[2];
  open_pair();
  OK(pipe(pipes));
  int targets[] = {master, slave, file, pipes[0]};
  OK(ioctl(slave, TCGETS, state)), OK(ioctl(slave, TCGETA, old)), OK(ioctl(slave, TCGETS2, new));
  for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++)
    for (int t = 0; t < 4; t++) {
      unsigned long request = requests[i].request;
      memset(zeros, 0, sizeof zeros);
      char *argument = request == TCSETS || request == TCSETSW || request == TCSETSF      ? state
                       : request == TCSETA || request == TCSETAW || request == TCSETAF    ? old
                       : request == TCSETS2 || request == TCSETSW2 || request == TCSETSF2 ? new
                                                                                          : zeros;
      judge("ioctl", request, requests[i].results[t] ? 0 : request, requests[i].results[t], ioctl(targets[t], request, argument));
    }
  close_pair();
  OK(close(pipes[0])), OK(close(pipes[1]));
}

static int queue_flags[] = {O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_SYNC, O_DSYNC, O_ASYNC, O_DIRECTORY,
                            O_NOFOLLOW, O_NOATIME, O_CLOEXEC, O_PATH, O_TMPFILE};

static void queues(void) {
  int queue = OK(syscall(SYS_mq_open, "flagwise", O_CREAT | O_RDWR, 0600, NULL));
  EACH(queue_flags, f) OK(close(OK(syscall(SYS_mq_open, "flagwise", O_RDWR | f, 0600, NULL))));
  OK(close(queue));
  OK(syscall(SYS_mq_unlink, "flagwise"));
}

// Datagrams of a unix socket: flags that mean nothing to them they pass over.
static void messages(void) {
  char text[4] = "abc";
  struct iovec one = {text, 3};
  struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1};
  struct mmsghdr many = {.msg_hdr = message};
  for (unsigned long f = 1; f < 1ul << 31; f *= 2) {
    int pair[2];
    OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    judge("sendto", f, ~1ul, EOPNOTSUPP, sendto(pair[0], text, 3, f, NULL, 0));
    judge("sendmsg", f, ~1ul, EOPNOTSUPP, sendmsg(pair[0], &message, f));
    judge("sendmmsg", f, ~1ul, EOPNOTSUPP, sendmmsg(pair[0], &many, 1, f));
    for (int i = 0; i < 4; i++) EQ(send(pair[0], text, 3, 0), 3);
    judge("recvfrom", f, ~1ul, EOPNOTSUPP, recvfrom(pair[1], text, 3, f, NULL, NULL));
    judge("recvmsg", f, ~1ul, EOPNOTSUPP, recvmsg(pair[1], &message, f));
    judge("recvmmsg", f, ~1ul, EOPNOTSUPP, recvmmsg(pair[1], &many, 1, f, NULL));
    OK(close(pair[0])), OK(close(pair[1]));
  }
#ifndef __riscv  // whose Linux may have no programs of 32 bits, and then passes over the flag
  int pair[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  FAILS(EINVAL, sendmsg(pair[0], &message, 0x80000000));  // MSG_CMSG_COMPAT
  FAILS(EINVAL, recvmsg(pair[0], &message, 0x80000000));
  FAILS(EINVAL, sendmmsg(pair[0], &many, 1, 0x80000000));
  FAILS(EINVAL, recvmmsg(pair[0], &many, 1, 0x80000000, NULL));
  OK(close(pair[0])), OK(close(pair[1]));
#endif
}

static const int clock_ids[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11};

// The clocks that wake a machine are not in all of them.
static void clocks(void) {
  EACH(clock_ids, id) {
    struct timespec time = {0, 1};
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct timex adjustment = {0};
    int is_coarse = id >= 4 && id <= 6, is_none = id == 10;
    int fd = timerfd_create(id, 0);
    judge("timerfd_create", id, id < 2 || id == 7 ? id : 0, EINVAL, id == 2 || id == 3 || is_coarse || id > 9 ? fd : OK(fd) - fd);
    if (fd >= 0) OK(close(fd));
    judge("clock_gettime", id, is_none ? 0 : id, EINVAL, syscall(SYS_clock_gettime, id, &time));
    judge("clock_getres", id, is_none ? 0 : id, EINVAL, syscall(SYS_clock_getres, id, &time));
    judge("clock_adjtime", id, 0, is_none ? EINVAL : EOPNOTSUPP, syscall(SYS_clock_adjtime, id, &adjustment) < 0 ? -1 : 0);
    time = (struct timespec){0, 1};
    int wanted = is_coarse ? EOPNOTSUPP : EINVAL;
    // No processor time passes while its clock is waited for.
    if (id != 2 && id != 3) judge("clock_nanosleep", id, is_coarse || is_none ? 0 : id, wanted, syscall(SYS_clock_nanosleep, id, 0, &time, NULL));
    else FAILS(id == 2 ? EINVAL : EOPNOTSUPP, syscall(SYS_clock_nanosleep, id, 0, (&(struct timespec){0, -1}), NULL));
    judge("timer_create", id, is_coarse || is_none ? 0 : id, wanted, syscall(SYS_timer_create, id, &event, &timer));
  }
}

static void controls(void) {
  char room[512];
  struct shmid_ds segment_state;
  struct semid_ds set_state;
  struct msqid_ds queue_state;
  int segment = OK(shmget(IPC_PRIVATE, PAGE, 0600)), set = OK(semget(IPC_PRIVATE, 1, 0600)), queue = OK(msgget(IPC_PRIVATE, 0600));
  OK(shmctl(segment, IPC_STAT, &segment_state)), OK(shmctl(segment, IPC_SET, &segment_state));
  OK(shmctl(segment, SHM_LOCK, NULL)), OK(shmctl(segment, SHM_UNLOCK, NULL));
  OK(semctl(set, 0, IPC_STAT, &set_state)), OK(semctl(set, 0, IPC_SET, &set_state));
  OK(msgctl(queue, IPC_STAT, &queue_state)), OK(msgctl(queue, IPC_SET, &queue_state));
  int last = OK(shmctl(0, IPC_INFO, (void *)room));
  EQ(OK(shmctl(0, SHM_INFO, (void *)room)), last);
  CHECK((shmctl(last, SHM_STAT, &segment_state) >= 0 || errno == EACCES) && shmctl(last, 15, &segment_state) >= 0);  // SHM_STAT_ANY
  last = OK(semctl(0, 0, IPC_INFO, room));
  EQ(OK(semctl(0, 0, SEM_INFO, room)), last);
  CHECK((semctl(last, 0, SEM_STAT, &set_state) >= 0 || errno == EACCES) && semctl(last, 0, 20, &set_state) >= 0);
  last = OK(msgctl(0, IPC_INFO, (void *)room));
  EQ(OK(msgctl(0, MSG_INFO, (void *)room)), last);
  // It may be another user's, which only MSG_STAT_ANY shows.
  CHECK((msgctl(last, MSG_STAT, &queue_state) >= 0 || errno == EACCES) && msgctl(last, 13, &queue_state) >= 0);
  OK(shmctl(segment, IPC_RMID, NULL)), OK(semctl(set, 0, IPC_RMID)), OK(msgctl(queue, IPC_RMID, NULL));
  // Not all filesystems keep attributes.
  static const int creations[] = {XATTR_CREATE, XATTR_REPLACE};
  EACH(creations, f) {
    if (fsetxattr(file, "user.flagwise", "x", 1, f)) CHECK(errno == EOPNOTSUPP);
    if (lsetxattr("file", "user.flagwise", "x", 1, f)) CHECK(errno == (f == XATTR_CREATE ? EEXIST : 0) || errno == EOPNOTSUPP);
    FAILS(EINVAL, fsetxattr(file, "user.flagwise", "x", 1, 4));
  }
}

int main(void) {
  enter_scratch();
  file = OK(open("file", O_RDWR | O_CREAT, 0600));
  folder = OK(open(".", O_RDONLY | O_DIRECTORY));
  at_calls();
  STEP("flags of calls with a directory");
  masks();
  STEP("masks of statx");
  opening();
  STEP("flags of open files");
  file_calls();
  STEP("flags of calls with a file");
  splicing();
  STEP("flags of splicing");
  mapping();
  STEP("flags of mappings");
  ipc();
  STEP("flags of System V IPC");
  waiting();
  STEP("flags of waiting");
  families();
  STEP("families");
  cloning();
  STEP("flags of sharing");
  terminals();
  STEP("requests of terminals");
  queues();
  STEP("flags of message queues");
  messages();
  STEP("flags of messages");
  clocks();
  STEP("clocks of calls");
  controls();
  STEP("commands of System V IPC, and flags of attributes");
  OK(unlink("file"));
  return 0;
}

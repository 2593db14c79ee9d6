// Looking at other processes and at how one is scheduled: process_vm_readv, kcmp, sched_getattr, ioprio.
#include "check.h"
#include <linux/kcmp.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

static struct iovec bad_page = {(void *)0x10000000000, 4096};
static char text[] = "the parent's own text";

static void other_memory(void) {
  int ready[2], done[2];
  OK(pipe(ready));
  OK(pipe(done));
  pid_t child = OK(fork());
  if (child == 0) {
    char byte;
    strcpy(text, "the child's own text!");
    OK(write(ready[1], "r", 1));
    EQ(read(done[0], &byte, 1), 1);
    _exit(strcmp(text, "written from outside!") != 0);
  }
  char byte, first[4], rest[64] = "";
  EQ(read(ready[0], &byte, 1), 1);
  struct iovec local[2] = {{first, 4}, {rest, 17}};
  struct iovec remote[2] = {{text, 9}, {text + 9, sizeof text - 9}};
  EQ(process_vm_readv(child, local, 2, remote, 2, 0), 21);
  CHECK(memcmp(first, "the ", 4) == 0);
  STREQ(rest, "child's own text!");
  STREQ(text, "the parent's own text");
  struct iovec bad = {(void *)16, 4};
  FAILS(EFAULT, process_vm_readv(child, local, 2, &bad, 1, 0));
  FAILS(EFAULT, process_vm_readv(child, &bad, 1, remote, 1, 0));
  FAILS(EINVAL, process_vm_readv(child, local, 2, remote, 2, 1));
  FAILS(ESRCH, process_vm_readv(1 << 22, local, 2, remote, 2, 0));
  int fd = OK(syscall(SYS_pidfd_open, child, 0));
  if (is_host_root()) {
    struct iovec part = {(void *)((uintptr_t)text & -4096L), 4096};
    static const int heard[] = {MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED};
    for (int i = 0; i < 3; i++) EQ(syscall(SYS_process_madvise, fd, &part, 1, heard[i], 0), 4096);
    for (int advice = 0; advice <= MADV_HWPOISON; advice++) {
      if (advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED) continue;
      if (advice <= 23 || advice == MADV_HWPOISON) FAILS(EINVAL, syscall(SYS_process_madvise, fd, &part, 1, advice, 0));
    }
    FAILS(EINVAL, syscall(SYS_process_madvise, fd, &part, 1, MADV_COLD, 1));
    FAILS(ENOMEM, syscall(SYS_process_madvise, fd, &bad_page, 1, MADV_COLD, 0));
    FAILS(EBADF, syscall(SYS_process_madvise, -1, &part, 1, MADV_COLD, 0));
  }
  FAILS(EINVAL, syscall(SYS_process_mrelease, fd, 1));
  FAILS(EINVAL, syscall(SYS_process_mrelease, fd, 0));
  OK(close(fd));
  // What lies behind the last page is not there: as much as there is.
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OK(munmap(page + 4096, 4096));
  struct iovec over = {page + 4090, 20};
  struct iovec own = {text, 20};
  EQ(process_vm_readv(getpid(), &over, 1, &own, 1, 0), 6);
  struct iovec from = {"written from outside!", 22}, to = {text, 22};
  EQ(process_vm_writev(child, &from, 1, &to, 1, 0), 22);
  OK(write(done[1], "d", 1));
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  STEP("memory of another process");
}

static long compare(pid_t one, pid_t two, int what, long a, long b) {
  return syscall(SYS_kcmp, one, two, what, a, b);
}

static void sharing(void) {
  int one = OK(dup(1)), two = OK(open("/dev/null", O_RDONLY));
  pid_t self = getpid();
  EQ(compare(self, self, KCMP_FILE, 1, one), 0);
  CHECK(compare(self, self, KCMP_FILE, 1, two) > 0);
  FAILS(EBADF, compare(self, self, KCMP_FILE, 1, 99));
  EQ(compare(self, self, KCMP_VM, 0, 0), 0);
  FAILS(EINVAL, compare(self, self, 99, 0, 0));
  pid_t child = OK(fork());
  if (child == 0) {
    EQ(compare(self, getpid(), KCMP_FILE, one, 1), 0);
    CHECK(compare(self, getpid(), KCMP_VM, 0, 0) > 0);
    CHECK(compare(self, getpid(), KCMP_FILES, 0, 0) > 0);
    _exit(0);
  }
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  STEP("what two processes share");
}

struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

static void scheduling(void) {
  struct attributes a = {0};
  OK(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
  EQ(a.policy, 0);
  FAILS(EINVAL, syscall(SYS_sched_getattr, 0, &a, 8, 0));
  FAILS(ESRCH, syscall(SYS_sched_getattr, 1 << 22, &a, sizeof a, 0));
  int before = a.nice;
  a.nice = before + 3;
  OK(syscall(SYS_sched_setattr, 0, &a, 0));
  memset(&a, 0, sizeof a);
  OK(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
  EQ(a.nice, before + 3);
  a.policy = 77;
  FAILS(EINVAL, syscall(SYS_sched_setattr, 0, &a, 0));
  CHECK(OK(syscall(SYS_ioprio_get, 1, 0)) >= 0);
  OK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
  FAILS(EINVAL, syscall(SYS_ioprio_get, 9, 0));
  OK(syscall(SYS_unshare, 0x400));
  STEP("scheduling");
}

int main(void) {
  PART(other_memory());
  PART(sharing());
  PART(scheduling());
  return 0;
}

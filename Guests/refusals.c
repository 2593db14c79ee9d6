// Errors for arguments that few programs get wrong: futexes, memory barriers, epoll, priorities, syncing, splicing.
#include "check.h"
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static long futex(void *word, int operation, int value) {
  return syscall(SYS_futex, word, operation, value, 0, 0, 0);
}

static long requeue(void *from, void *to, int operation) {
  return syscall(SYS_futex, from, operation, 1, 1, to, 0);
}

static long barrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

static void barriers(void) {
  long known = OK(barrier(MEMBARRIER_CMD_QUERY));
  FAILS(EINVAL, barrier(1 << 30));
  FAILS(EINVAL, syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0));
  static const struct { int command, registration; } kinds[] = {
    {MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED},
    {MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE},
  };
  OK(barrier(MEMBARRIER_CMD_GLOBAL));
  OK(barrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED));
  for (int i = 0; i < 2; i++) {
    if (!(known & kinds[i].command)) continue;
    FAILS(EPERM, barrier(kinds[i].command));
    OK(barrier(kinds[i].registration));
    OK(barrier(kinds[i].command));
  }
  // A child is registered as its parent was.
  pid_t pid = OK(fork());
  if (!pid) {
    OK(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
    _exit(0);
  }
  int status;
  OK(waitpid(pid, &status, 0));
  EQ(status, 0);
}

int main(void) {
  char *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int word = 0;
  CHECK(none != MAP_FAILED);
  OK(munmap(none, 4096));
  // A private futex is only an address; for a shared one the page has to be there.
  FAILS(EFAULT, futex(none, FUTEX_WAKE, 1));
  EQ(futex(none, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1), 0);
  FAILS(EFAULT, futex((void *)(~0ul & ~3ul), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1));
  FAILS(EFAULT, requeue(&word, none, FUTEX_REQUEUE));
  FAILS(EFAULT, requeue(none, &word, FUTEX_REQUEUE));
  EQ(requeue(&word, none, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG), 0);
  FAILS(EINVAL, futex((char *)&word + 1, FUTEX_WAKE, 1));
  STEP("futex");
  barriers();
  STEP("membarrier");

  struct epoll_event event = {.events = EPOLLIN};
  int set = OK(epoll_create1(0)), path = OK(open("/", O_PATH)), null = OK(open("/dev/null", O_RDWR));
  FAILS(EBADF, epoll_ctl(set, EPOLL_CTL_ADD, path, &event));
  FAILS(EBADF, epoll_ctl(set, EPOLL_CTL_DEL, path, &event));
  STEP("epoll");
  FAILS(ESRCH, getpriority(PRIO_USER, -1));
  FAILS(ESRCH, getpriority(PRIO_PGRP, -1));
  FAILS(EINVAL, sched_getparam(0, 0));
  STEP("scheduling");

  int event_file = OK(eventfd(0, 0)), folder = OK(open("/tmp", O_RDONLY | O_DIRECTORY)), ends[2];
  OK(pipe(ends));
  FAILS(EINVAL, fsync(null));
  FAILS(EINVAL, fdatasync(null));
  FAILS(EINVAL, fsync(event_file));
  FAILS(EINVAL, fsync(ends[0]));
  OK(fsync(folder));
  FAILS(ESPIPE, sync_file_range(null, 0, 0, 0));
  FAILS(ESPIPE, sync_file_range(ends[0], 0, 0, 0));
  OK(sync_file_range(folder, 0, 0, 0));
  FAILS(EINVAL, readahead(event_file, 0, 1));
  FAILS(EINVAL, readahead(ends[0], 0, 1));
  FAILS(EINVAL, splice(folder, 0, ends[1], 0, 1, 0));
  STEP("files");
  return 0;
}

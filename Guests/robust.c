// Robust mutexes: a thread that exits holding one makes the next owner get EOWNERDEAD; the raw list is also honoured.
// QEMU: qemu-user has no robust lists.
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

static pthread_mutex_t m;
static struct { struct robust_list_head head; struct robust_list entry; uint32_t word; } raw;

static void *dies_holding(void *unused) {
  EQ(pthread_mutex_lock(&m), 0);
  return unused;
}

static void *dies_with_raw_list(void *unused) {
  raw.head.list.next = &raw.entry;
  raw.entry.next = &raw.head.list;
  raw.head.futex_offset = (char *)&raw.word - (char *)&raw.entry;
  raw.head.list_op_pending = NULL;
  OK(syscall(SYS_set_robust_list, &raw.head, sizeof raw.head));
  struct robust_list_head *head;
  size_t size;
  OK(syscall(SYS_get_robust_list, 0, &head, &size));
  CHECK(head == &raw.head);
  EQ(size, sizeof raw.head);
  raw.word = gettid() | FUTEX_WAITERS;
  return unused;
}

// A list is followed so far, and no further; what is about to be locked or unlocked is looked at whatever there is.
#define LIMIT 2048
static struct node { struct robust_list entry; uint32_t word; } nodes[LIMIT + 2];
static struct robust_list_head long_head;
static int length;
static void *dies_with_many(void *unused) {
  uint32_t tid = gettid();
  for (int i = 0; i < length; i++) nodes[i] = (struct node){{i + 1 < length ? &nodes[i + 1].entry : &long_head.list}, tid};
  nodes[LIMIT + 1].word = tid;
  long_head = (struct robust_list_head){{&nodes[0].entry}, offsetof(struct node, word) - offsetof(struct node, entry), &nodes[LIMIT + 1].entry};
  OK(syscall(SYS_set_robust_list, &long_head, sizeof long_head));
  return unused;
}
static void long_lists(void) {
  for (length = LIMIT - 1; length <= LIMIT + 1; length++) {
    pthread_t thread;
    EQ(pthread_create(&thread, NULL, dies_with_many, NULL), 0);
    EQ(pthread_join(thread, NULL), 0);
    int marked = 0;
    for (int i = 0; i < length; i++) marked += nodes[i].word == FUTEX_OWNER_DIED;
    EQ(marked, length < LIMIT ? length : LIMIT);
    EQ(nodes[0].word, FUTEX_OWNER_DIED);
    EQ(nodes[length - 1].word == FUTEX_OWNER_DIED, length <= LIMIT);
    EQ(nodes[LIMIT + 1].word, FUTEX_OWNER_DIED);
  }
}

// What others see, in memory that they share, of a process whose main thread (0) and another one (1) hold a lock and have a place for their number:
// a lock is marked once its owner ends or leaves its program, and a place is cleared if there is another thread then.
static struct shared {
  struct robust_list_head heads[2];
  struct robust_list entries[2];
  uint32_t words[2];
  int places[2], stage;
} *shared;
static int ready[2];

static void hold(int i) {
  shared->heads[i] = (struct robust_list_head){{&shared->entries[i]}, (char *)&shared->words[i] - (char *)&shared->entries[i], NULL};
  shared->entries[i].next = &shared->heads[i].list;
  shared->words[i] = gettid() | FUTEX_WAITERS;
  OK(syscall(SYS_set_robust_list, &shared->heads[i], sizeof shared->heads[i]));
  __atomic_store_n(&shared->places[i], 77, __ATOMIC_SEQ_CST);
  syscall(SYS_set_tid_address, &shared->places[i]);
}
static void await_change(void *word, uint32_t old) {
  while (__atomic_load_n((uint32_t *)word, __ATOMIC_SEQ_CST) == old) syscall(SYS_futex, word, FUTEX_WAIT, old, NULL, NULL, 0);
}

enum way { ENDS, MAIN_EXECUTES, OTHER_EXECUTES, KILLED, EXITS };
static enum way way;
static void execute(void) {
  execve("/proc/self/exe", (char *[]){"robust", "alone", NULL}, (char *[]){NULL});
  _exit(99);
}
static void *another(void *unused) {
  hold(1);
  OK(write(ready[1], "x", 1));
  await_change(&shared->stage, 0);
  if (way == ENDS) syscall(SYS_exit, 0);
  if (way == OTHER_EXECUTES) execute();
  if (way == EXITS) syscall(SYS_exit_group, 0);
  for (;;) pause();
  return unused;
}
static void holder(void) {
  pthread_t thread;
  hold(0);
  EQ(pthread_create(&thread, NULL, another, NULL), 0);
  await_change(&shared->stage, 0);
  if (way == MAIN_EXECUTES) execute();
  if (way == KILLED) OK(kill(getpid(), SIGKILL));
  // Only one that waits is woken, and that is another process.
  if (way == ENDS) {
    while (__atomic_load_n(&shared->places[1], __ATOMIC_SEQ_CST)) pause_ms(1);
    _exit(0);
  }
  for (;;) pause();
}

// Only one thread is left once a process has executed a program.
static int alone(void) {
  char text[4096];
  int fd = OK(open("/proc/self/status", O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  struct stat tasks;
  OK(stat("/proc/self/task", &tasks));
  return strstr(text, "\nThreads:\t1\n") && tasks.st_nlink == 3 && gettid() == getpid() ? 0 : 5;
}

// A thread other than the first takes the first one's number when it executes a program: it is not the owner of its own locks any more.
static int is_kept;
static void seen_by_others(void) {
  int status;
  char c;
  OK(pipe(ready));
  for (way = ENDS; way <= EXITS; way++) {
    memset(shared, 0, sizeof *shared);
    pid_t pid = OK(fork());
    if (!pid) {
      holder();
      _exit(1);
    }
    EQ(OK(read(ready[0], &c, 1)), 1);
    uint32_t words[2] = {shared->words[0], shared->words[1]};
    // They wait for a lock, and for a place.
    pid_t waiters[2];
    for (int i = 0; i < 2; i++) {
      waiters[i] = OK(fork());
      if (!waiters[i]) {
        if (i == 0) await_change(&shared->words[way != OTHER_EXECUTES], words[way != OTHER_EXECUTES]);
        else if (way == OTHER_EXECUTES) await_change(&shared->places[0], 77);
        else if (way <= MAIN_EXECUTES) await_change(&shared->places[1], 77);
        _exit(0);
      }
    }
    pause_ms(2);
    __atomic_store_n(&shared->stage, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &shared->stage, FUTEX_WAKE, 100, NULL, NULL, 0);
    EQ(OK(waitpid(pid, &status, 0)), pid);
    EQ(status, way == KILLED ? SIGKILL : 0);
    EQ(shared->words[0], FUTEX_WAITERS | FUTEX_OWNER_DIED);
    if (way == OTHER_EXECUTES) is_kept = shared->words[1] == words[1];
    else EQ(shared->words[1], FUTEX_WAITERS | FUTEX_OWNER_DIED);
    int cleared = way == OTHER_EXECUTES ? !shared->places[0] : way <= MAIN_EXECUTES ? !shared->places[1] : 1;
    CHECK(cleared);
    // What the program that executes another has of its own is as it was: nobody else has that memory any more.
    if (way == MAIN_EXECUTES) EQ(shared->places[0], 77);
    if (way == OTHER_EXECUTES) EQ(shared->places[1], 77);
    for (int i = 0; i < 2; i++) {
      if (i ? !cleared : shared->words[way != OTHER_EXECUTES] == words[way != OTHER_EXECUTES]) OK(kill(waiters[i], SIGKILL));
      EQ(OK(waitpid(waiters[i], &status, 0)), waiters[i]);
      EQ(status, 0);
    }
  }
  for (int i = 0; i < 2; i++) OK(close(ready[i]));
}

int main(int count, char **words) {
  if (count == 2 && !strcmp(words[1], "alone")) return alone();
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&m, &attr);
  pthread_t t;
  for (int i = 0; i < 3; i++) {
    EQ(pthread_create(&t, NULL, dies_holding, NULL), 0);
    EQ(pthread_join(t, NULL), 0);
    EQ(pthread_mutex_lock(&m), EOWNERDEAD);
    EQ(pthread_mutex_consistent(&m), 0);
    EQ(pthread_mutex_unlock(&m), 0);
    EQ(pthread_mutex_lock(&m), 0);
    EQ(pthread_mutex_unlock(&m), 0);
  }
  STEP("owner died, made consistent");
  EQ(pthread_create(&t, NULL, dies_holding, NULL), 0);
  EQ(pthread_join(t, NULL), 0);
  EQ(pthread_mutex_lock(&m), EOWNERDEAD);
  EQ(pthread_mutex_unlock(&m), 0);
  EQ(pthread_mutex_lock(&m), ENOTRECOVERABLE);
  STEP("not made consistent: not recoverable");

  EQ(pthread_create(&t, NULL, dies_with_raw_list, NULL), 0);
  uint32_t seen;
  while (!((seen = __atomic_load_n(&raw.word, __ATOMIC_SEQ_CST)) & FUTEX_OWNER_DIED))
    syscall(SYS_futex, &raw.word, FUTEX_WAIT, seen, NULL, NULL, 0);
  EQ(seen & FUTEX_TID_MASK, 0);
  CHECK(seen & FUTEX_WAITERS);
  EQ(pthread_join(t, NULL), 0);
  FAILS(EINVAL, syscall(SYS_set_robust_list, &raw.head, 7));
  STEP("a raw robust list");
  long_lists();
  STEP("a long list");
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  seen_by_others();
  STEP("seen by other processes");
  CHECK(is_kept);
  STEP("locks of who takes another number");
  return 0;
}

// Robust mutexes: a thread that exits holding one makes the next owner get EOWNERDEAD; the raw list is also honoured.
// QEMU: qemu-user has no robust lists.
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>

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

int main(void) {
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
  return 0;
}

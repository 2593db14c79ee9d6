// Locks with priority inheritance: the raw operations, the death of an owner, conditions, and glibc's mutexes.
#include "futex.h"
#include <limits.h>
#include <sched.h>
#include <sys/wait.h>

static uint32_t word;

static long lock(uint32_t *w) { return futex(w, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0); }
static long unlock(uint32_t *w) { return futex(w, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0); }
static uint32_t value(uint32_t *w) { return __atomic_load_n(w, __ATOMIC_SEQ_CST); }
static void await_waiters(uint32_t *w) {
  while (!(value(w) & FUTEX_WAITERS)) sched_yield();
}

static uint32_t second, count;
static void *taker(void *unused) {
  OK(lock(&word));
  EQ(value(&word) & FUTEX_TID_MASK, gettid());
  count++;
  OK(unlock(&word));
  return unused;
}

static void *holding(void *unused) {
  OK(lock(&word));
  __atomic_store_n(&count, 1, __ATOMIC_SEQ_CST);
  while (!value(&second)) sched_yield();
  OK(unlock(&word));
  return unused;
}

static void *dying(void *unused) {
  OK(lock(&word));
  __atomic_store_n(&count, 1, __ATOMIC_SEQ_CST);
  await_waiters(&word);
  return unused;
}

// Of two that wait for each other the later one is refused, or both are.
static int is_refused;
static void *crossing(void *unused) {
  OK(lock(&second));
  __atomic_store_n(&count, 1, __ATOMIC_SEQ_CST);
  is_refused = lock(&word) == -1;
  if (is_refused) EQ(errno, EDEADLK);
  else OK(unlock(&word));
  OK(unlock(&second));
  return unused;
}

static uint32_t condition;
static void *conditional(void *unused) {
  long r;
  __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  do r = futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &word, 0);
  while (r == -1 && errno == EAGAIN && value(&condition) == 0);
  OK(r);
  EQ(value(&word) & FUTEX_TID_MASK, gettid());
  __atomic_add_fetch(&second, 1, __ATOMIC_SEQ_CST);
  OK(unlock(&word));
  return unused;
}

static void raw(void) {
  pthread_t thread[4];
  OK(lock(&word));
  EQ(word, gettid());
  FAILS(EDEADLK, lock(&word));
  FAILS(EDEADLK, futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
  for (int i = 0; i < 4; i++) EQ(pthread_create(&thread[i], NULL, taker, NULL), 0);
  await_waiters(&word);
  EQ(value(&word), gettid() | FUTEX_WAITERS);
  OK(unlock(&word));
  for (int i = 0; i < 4; i++) EQ(pthread_join(thread[i], NULL), 0);
  EQ(count, 4);
  EQ(word, 0);
  FAILS(EPERM, unlock(&word));
  OK(futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
  OK(unlock(&word));
  word = 0x3ffffffe;
  FAILS(ESRCH, lock(&word));
  word = 0;
  FAILS(EINVAL, lock((uint32_t *)((char *)&word + 1)));
  FAILS(EFAULT, lock((uint32_t *)8));
  STEP("lock and unlock");

  // A time limit, on the wall clock and on the monotonic one.
  count = 0;
  word = 0;
  EQ(pthread_create(&thread[0], NULL, holding, NULL), 0);
  while (!value(&count)) sched_yield();
  struct timespec past = {1, 0};
  FAILS(ETIMEDOUT, futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, &past, NULL, 0));
  FAILS(EINVAL, futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, &(struct timespec){1, -1}, NULL, 0));
  // FUTEX_LOCK_PI2, whose clock is the monotonic one.
  FAILS(ETIMEDOUT, futex(&word, 13 | FUTEX_PRIVATE_FLAG, 0, &(struct timespec){0, 1}, NULL, 0));
  __atomic_store_n(&second, 1, __ATOMIC_SEQ_CST);
  EQ(pthread_join(thread[0], NULL), 0);
  STEP("time limits");

  // Nobody has waited for this one yet.
  count = 0;
  word = 0;
  EQ(pthread_create(&thread[0], NULL, dying, NULL), 0);
  while (!value(&count)) sched_yield();
  long r = lock(&word);
  EQ(r, 0);
  CHECK(value(&word) & FUTEX_OWNER_DIED);
  EQ(value(&word) & FUTEX_TID_MASK, gettid());
  EQ(pthread_join(thread[0], NULL), 0);
  OK(unlock(&word));
  STEP("an owner that has died");

  count = 0;
  word = second = 0;
  OK(lock(&word));
  EQ(pthread_create(&thread[0], NULL, crossing, NULL), 0);
  while (!value(&count)) sched_yield();
  await_waiters(&word);
  int is_refused_here = lock(&second) == -1;
  if (is_refused_here) EQ(errno, EDEADLK);
  else OK(unlock(&second));
  OK(unlock(&word));
  EQ(pthread_join(thread[0], NULL), 0);
  CHECK(is_refused_here || is_refused);
  STEP("deadlock");

  count = second = 0;
  for (int i = 0; i < 4; i++) EQ(pthread_create(&thread[i], NULL, conditional, NULL), 0);
  while (value(&count) < 4) sched_yield();
  FAILS(EINVAL, futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 2, NULL, &word, 0));
  FAILS(EAGAIN, futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, NULL, &word, 7));
  for (int moved = 0; moved < 4;) {
    long n = OK(futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)(uintptr_t)INT_MAX, &word, 0));
    moved += n;
    if (!n) sched_yield();
  }
  for (int i = 0; i < 4; i++) EQ(pthread_join(thread[i], NULL), 0);
  EQ(second, 4);
  EQ(word & FUTEX_TID_MASK, 0);
  STEP("conditions");
}

static pthread_mutex_t mutex;
static int total;
static void *adder(void *unused) {
  for (int i = 0; i < 50; i++) {
    EQ(pthread_mutex_lock(&mutex), 0);
    total++;
    if (i % 10 == 0) sched_yield();
    EQ(pthread_mutex_unlock(&mutex), 0);
  }
  return unused;
}

static void *leaves(void *unused) {
  EQ(pthread_mutex_lock(&mutex), 0);
  return unused;
}

static void mutexes(int protocol) {
  pthread_mutexattr_t attr;
  pthread_t thread[3];
  pthread_mutexattr_init(&attr);
  EQ(pthread_mutexattr_setprotocol(&attr, protocol), 0);
  EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK), 0);
  EQ(pthread_mutex_init(&mutex, &attr), 0);
  total = 0;
  for (int i = 0; i < 3; i++) EQ(pthread_create(&thread[i], NULL, adder, NULL), 0);
  for (int i = 0; i < 3; i++) EQ(pthread_join(thread[i], NULL), 0);
  EQ(total, 150);
  EQ(pthread_mutex_lock(&mutex), 0);
  EQ(pthread_mutex_lock(&mutex), EDEADLK);
  EQ(pthread_mutex_unlock(&mutex), 0);
  EQ(pthread_mutex_destroy(&mutex), 0);
}

static void robust(void) {
  pthread_mutexattr_t attr;
  pthread_t thread;
  pthread_mutexattr_init(&attr);
  EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
  EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
  EQ(pthread_mutex_init(&mutex, &attr), 0);
  EQ(pthread_create(&thread, NULL, leaves, NULL), 0);
  EQ(pthread_join(thread, NULL), 0);
  EQ(pthread_mutex_lock(&mutex), EOWNERDEAD);
  EQ(pthread_mutex_consistent(&mutex), 0);
  EQ(pthread_mutex_unlock(&mutex), 0);
}

int main(void) {
  PART(raw());
  mutexes(PTHREAD_PRIO_INHERIT);
  STEP("mutexes");
  robust();
  STEP("robust ones");
  return 0;
}

// Priority-inheriting futexes: either they work or they are refused with ENOSYS, at once and for every operation.
#include "futex.h"

int main(void) {
  uint32_t word = 0;
  errno = 0;
  long r = futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
  if (r == 0) {
    EQ(word & FUTEX_TID_MASK, gettid());
    FAILS(EDEADLK, futex(&word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    OK(futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    EQ(word, 0);
  } else {
    EQ(errno, ENOSYS);
    FAILS(ENOSYS, futex(&word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    FAILS(ENOSYS, futex(&word, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
    FAILS(ENOSYS, futex(&word, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, NULL, 0));
    FAILS(ENOSYS, futex(&word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 0, NULL, NULL, 0));
  }
  STEP("works or is refused");

  pthread_mutexattr_t attr;
  pthread_mutex_t m;
  pthread_mutexattr_init(&attr);
  EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
  int error = pthread_mutex_init(&m, &attr);
  CHECK(error == 0 || error == ENOTSUP);
  if (!error) {
    EQ(pthread_mutex_lock(&m), 0);
    EQ(pthread_mutex_unlock(&m), 0);
  }
  STEP("glibc agrees");
  return 0;
}

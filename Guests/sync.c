// Threads contend: create and join, mutex, recursive and error-checking mutexes, condition variables, rwlock, barrier, semaphores.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>

#define THREADS 4
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, room = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t semaphore;
static long counter, ring[4], in, out, total, pair[2];

static void all(void *(*body)(void *)) {
  pthread_t t[THREADS];
  for (long i = 0; i < THREADS; i++) EQ(pthread_create(&t[i], NULL, body, (void *)i), 0);
  for (long i = 0; i < THREADS; i++) {
    void *result;
    EQ(pthread_join(t[i], &result), 0);
    EQ((long)result, i);
  }
}

static void *count(void *n) {
  for (int i = 0; i < 5000; i++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
  }
  return n;
}

static void *exchange(void *n) {  // two producers, two consumers, a ring of four
  for (int i = 1; i <= 200; i++) {
    pthread_mutex_lock(&lock);
    if ((long)n < 2) {
      while (in - out == 4) pthread_cond_wait(&room, &lock);
      ring[in++ % 4] = i;
      pthread_cond_signal(&more);
    } else {
      while (in == out) pthread_cond_wait(&more, &lock);
      total += ring[out++ % 4];
      pthread_cond_signal(&room);
    }
    pthread_mutex_unlock(&lock);
  }
  return n;
}

static void *read_write(void *n) {
  for (int i = 0; i < 300; i++) {
    if (i % 4 == (long)n) {
      pthread_rwlock_wrlock(&rw);
      pair[0]++;
      if (i % 16 == 0) sched_yield();
      pair[1]++;
    } else {
      pthread_rwlock_rdlock(&rw);
      EQ(pair[0], pair[1]);
    }
    pthread_rwlock_unlock(&rw);
  }
  return n;
}

static void *phases(void *n) {
  for (int i = 0; i < 20; i++) {
    __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    int last = pthread_barrier_wait(&barrier);
    EQ(__atomic_load_n(&counter, __ATOMIC_SEQ_CST), THREADS * (i + 1));
    if (last == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&barrier);
  }
  return n;
}

static void *tokens(void *n) {
  for (int i = 0; i < 100; i++) {
    while (sem_wait(&semaphore)) EQ(errno, EINTR);
    long inside = __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    CHECK(inside <= 2);
    if (i % 10 == 0) sched_yield();
    __atomic_sub_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    sem_post(&semaphore);
  }
  return n;
}

int main(void) {
  all(count);
  EQ(counter, THREADS * 5000);
  STEP("mutex");
  all(exchange);
  EQ(total, 2 * 200 * 201 / 2);
  STEP("condition variables");
  all(read_write);
  EQ(pair[0], 300);
  EQ(pair[1], 300);
  STEP("read-write lock");
  counter = total = 0;
  pthread_barrier_init(&barrier, NULL, THREADS);
  all(phases);
  EQ(total, 20);
  STEP("barrier");
  counter = 0;
  sem_init(&semaphore, 0, 2);
  all(tokens);
  STEP("semaphore");

  pthread_mutexattr_t attr;
  pthread_mutex_t special;
  pthread_mutexattr_init(&attr);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&special, &attr);
  EQ(pthread_mutex_lock(&special), 0);
  EQ(pthread_mutex_lock(&special), 0);
  EQ(pthread_mutex_unlock(&special), 0);
  EQ(pthread_mutex_unlock(&special), 0);
  pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&special, &attr);
  EQ(pthread_mutex_unlock(&special), EPERM);
  EQ(pthread_mutex_lock(&special), 0);
  EQ(pthread_mutex_lock(&special), EDEADLK);
  struct timespec past = {1, 0};
  pthread_mutex_lock(&lock);
  EQ(pthread_cond_timedwait(&more, &lock, &past), ETIMEDOUT);
  EQ(pthread_mutex_timedlock(&lock, &past), ETIMEDOUT);
  STEP("kinds of mutex, timeouts");
  return 0;
}

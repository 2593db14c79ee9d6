// Sessions, process groups, pidfds, pipelines of processes, process-shared futexes.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static void sessions(void) {
  pid_t pid = OK(fork());
  if (pid == 0) {
    pid_t before = getsid(0);
    EQ(setsid(), getpid());
    EQ(getsid(0), getpid());
    EQ(getpgrp(), getpid());
    CHECK(before != getpid());
    FAILS(EPERM, setsid());
    FAILS(EPERM, setpgid(0, 0));
    FAILS(EPERM, setpgid(0, 1));
    FAILS(ENXIO, open("/dev/tty", O_RDWR));
    _exit(0);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  FAILS(ESRCH, getsid(pid));
  FAILS(ESRCH, setpgid(1 << 21, 0));
  FAILS(EINVAL, setpgid(0, -1));
  STEP("sessions");
}

static void pidfds(void) {
  int ends[2];
  OK(pipe(ends));
  pid_t pid = OK(fork());
  if (pid == 0) for (;;) pause();
  OK(close(ends[0]));
  OK(close(ends[1]));
  int fd = OK(syscall(SYS_pidfd_open, pid, 0));
  EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  // The child still has the pipe.
  int reader = OK(syscall(SYS_pidfd_getfd, fd, ends[0], 0)), writer = OK(syscall(SYS_pidfd_getfd, fd, ends[1], 0));
  EQ(fcntl(reader, F_GETFD), FD_CLOEXEC);
  char byte = 0;
  EQ(write(writer, "x", 1), 1);
  EQ(read(reader, &byte, 1), 1);
  EQ(byte, 'x');
  OK(close(reader));
  OK(close(writer));
  FAILS(EBADF, syscall(SYS_pidfd_getfd, fd, 999, 0));
  FAILS(EINVAL, syscall(SYS_pidfd_getfd, fd, ends[0], 1));
  FAILS(EBADF, syscall(SYS_pidfd_getfd, STDIN_FILENO, 0, 0));
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  EQ(poll(&poller, 1, 0), 0);
  OK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  OK(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));
  EQ(poll(&poller, 1, -1), 1);
  EQ(poller.revents, POLLIN);
  siginfo_t info;
  OK(waitid((idtype_t)3, fd, &info, WEXITED));
  EQ(info.si_pid, pid);
  EQ(info.si_code, CLD_KILLED);
  FAILS(ESRCH, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  OK(close(fd));
  FAILS(ESRCH, syscall(SYS_pidfd_open, pid, 0));
  FAILS(EINVAL, syscall(SYS_pidfd_open, 0, 0));
  STEP("pidfds");
}

// producer | doubler | doubler, each a process, the sum read here. Not many numbers: whoever saves programs all along does so
// hundreds of times meanwhile.
static void pipeline(void) {
  enum { COUNT = 500 };
  int in = -1;
  for (int stage = 0; stage < 3; stage++) {
    int ends[2];
    OK(pipe(ends));
    pid_t pid = OK(fork());
    if (pid == 0) {
      close(ends[0]);
      int number;
      if (stage == 0)
        for (number = 1; number <= COUNT; number++) EQ(write(ends[1], &number, sizeof number), 4);
      else
        while (OK(read(in, &number, sizeof number)) == 4) {
          number *= 2;
          EQ(write(ends[1], &number, sizeof number), 4);
        }
      _exit(0);
    }
    OK(close(ends[1]));
    if (in >= 0) OK(close(in));
    in = ends[0];
  }
  long sum = 0;
  int number;
  while (OK(read(in, &number, sizeof number)) == 4) sum += number;
  EQ(sum, 4L * COUNT * (COUNT + 1) / 2);
  OK(close(in));
  for (int i = 0; i < 3; i++) {
    int status;
    CHECK(wait(&status) > 0);
    EQ(status, 0);
  }
  STEP("pipeline");
}

struct shared {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  sem_t done;
  long count;
  int turn;
};

static void locks(void) {
  struct shared *shared =
      mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  pthread_mutexattr_t mutex;
  pthread_mutexattr_init(&mutex);
  pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared->mutex, &mutex);
  pthread_condattr_t cond;
  pthread_condattr_init(&cond);
  pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
  pthread_cond_init(&shared->changed, &cond);
  OK(sem_init(&shared->done, 1, 0));
  enum { PROCESSES = 3, ROUNDS = 30 };
  for (int i = 0; i < PROCESSES; i++)
    if (OK(fork()) == 0) {
      for (int round = 0; round < ROUNDS; round++) {
        EQ(pthread_mutex_lock(&shared->mutex), 0);
        while (shared->turn != i) pthread_cond_wait(&shared->changed, &shared->mutex);
        shared->count++;
        shared->turn = (i + 1) % PROCESSES;
        pthread_cond_broadcast(&shared->changed);
        pthread_mutex_unlock(&shared->mutex);
      }
      sem_post(&shared->done);
      _exit(0);
    }
  for (int i = 0; i < PROCESSES; i++) OK(sem_wait(&shared->done));
  EQ(shared->count, PROCESSES * ROUNDS);
  while (wait(NULL) > 0) {}

  // A robust mutex whose owner died.
  pid_t pid = OK(fork());
  if (pid == 0) {
    pthread_mutex_lock(&shared->mutex);
    _exit(0);
  }
  EQ(waitpid(pid, NULL, 0), pid);
  EQ(pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
  EQ(pthread_mutex_consistent(&shared->mutex), 0);
  EQ(pthread_mutex_unlock(&shared->mutex), 0);
  OK(munmap(shared, sizeof *shared));
  STEP("locks between processes");
}

static void file_locks(void) {
  int fd = OK(open("lock", O_RDWR | O_CREAT, 0600));
  int ready[2], go[2];
  OK(pipe(ready));
  OK(pipe(go));
  pid_t pid = OK(fork());
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  if (pid == 0) {
    OK(fcntl(fd, F_SETLK, &lock));
    write(ready[1], "r", 1);
    char c;
    read(go[0], &c, 1);
    _exit(0);
  }
  char c;
  EQ(read(ready[0], &c, 1), 1);
  FAILS(EAGAIN, fcntl(fd, F_SETLK, &lock));
  struct flock asked = lock;
  OK(fcntl(fd, F_GETLK, &asked));
  EQ(asked.l_type, F_WRLCK);
  EQ(asked.l_pid, pid);
  EQ(write(go[1], "g", 1), 1);
  OK(fcntl(fd, F_SETLKW, &lock));
  EQ(waitpid(pid, NULL, 0), pid);
  // fork does not inherit it.
  pid = OK(fork());
  if (pid == 0) {
    FAILS(EAGAIN, fcntl(fd, F_SETLK, &lock));
    _exit(0);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  OK(close(fd));
  OK(unlink("lock"));
  STEP("file locks");
}

int main(void) {
  PART(sessions());
  PART(pidfds());
  PART(pipeline());
  PART(locks());
  PART(file_locks());
  return 0;
}

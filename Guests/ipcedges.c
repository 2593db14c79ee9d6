// System V IPC and POSIX message queues at their edges: what just fits and what is one too much, which operation of several fails,
// who is woken and in which order, and what a call that fails leaves as it was.
// QEMU: qemu-user 7.2 does not know MSG_EXCEPT.
#include "fault.h"
#include <grp.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define PAGE 4096L

union semun {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
};

static int set, queue;
static void wait_for(pid_t pid) {
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
}

static int value(int number) { return semctl(set, number, GETVAL); }
static void assign(int number, int to) { OK(semctl(set, number, SETVAL, (union semun){.val = to})); }
static int one(int number, int change, int flags) { return semop(set, &(struct sembuf){number, change, flags}, 1); }

static void semaphores(void) {
  FAILS(EINVAL, semget(IPC_PRIVATE, -1, 0600));
  FAILS(EINVAL, semget(IPC_PRIVATE, 0, 0600));
  FAILS(EINVAL, semget(IPC_PRIVATE, 32001, 0600));
  key_t key = 0x5e000000 + getpid();
  set = OK(semget(key, 4, IPC_CREAT | IPC_EXCL | 0600));
  EQ(semget(key, 4, 0), set);
  EQ(semget(key, 1, 0), set);
  FAILS(EINVAL, semget(key, 5, 0));
  FAILS(EINVAL, semget(key, 5, IPC_CREAT | 0600));
  FAILS(EEXIST, semget(key, 4, IPC_CREAT | IPC_EXCL | 0600));
  struct semid_ds status;
  OK(semctl(set, 0, IPC_STAT, (union semun){.buf = &status}));
  EQ(status.sem_otime, 0);
  for (int i = 0; i < 4; i++) EQ(semctl(set, i, GETPID), 0);

  // Numbers and values.
  FAILS(EINVAL, semctl(set, -1, GETVAL));
  FAILS(EINVAL, semctl(set, 4, GETVAL));
  FAILS(EINVAL, semctl(set, 4, SETVAL, (union semun){.val = 0}));
  FAILS(EINVAL, semctl(set, -1, SETVAL, (union semun){.val = 0}));
  FAILS(EINVAL, semctl(set, 4, GETPID));
  FAILS(EINVAL, semctl(set, 4, GETNCNT));
  FAILS(EINVAL, semctl(set, 4, GETZCNT));
  FAILS(EINVAL, semctl(set, 0, 99));
  FAILS(EINVAL, semctl(-1, 0, GETVAL));
  FAILS(EINVAL, semctl(set + (1 << 15), 0, GETVAL));
  FAILS(ERANGE, semctl(set, 0, SETVAL, (union semun){.val = -1}));
  FAILS(ERANGE, semctl(set, 0, SETVAL, (union semun){.val = 32768}));
  assign(0, 32767);
  EQ(value(0), 32767);
  EQ(semctl(set, 0, GETPID), getpid());
  EQ(semctl(set, 1, GETPID), 0);
  unsigned short all[5] = {1, 2, 32768, 3, 0xee};
  FAILS(ERANGE, semctl(set, 0, SETALL, (union semun){.array = all}));
  EQ(value(0), 32767);
  EQ(value(1), 0);
  all[2] = 32767;
  OK(semctl(set, 0, SETALL, (union semun){.array = all}));
  for (int i = 0; i < 4; i++) EQ(semctl(set, i, GETPID), getpid());
  memset(all, 0, 8);
  OK(semctl(set, 0, GETALL, (union semun){.array = all}));
  EQ(all[0], 1);
  EQ(all[1], 2);
  EQ(all[2], 32767);
  EQ(all[3], 3);
  EQ(all[4], 0xee);
  FAILS(EFAULT, semctl(set, 0, GETALL, (union semun){.array = (void *)8}));
  FAILS(EFAULT, semctl(set, 0, SETALL, (union semun){.array = (void *)8}));
  STEP("semaphores: numbers and values");

  // Operations.
  FAILS(EINVAL, semop(set, &(struct sembuf){0, 1, 0}, 0));
  FAILS(EINVAL, semop(-1, &(struct sembuf){0, 1, 0}, 1));
  FAILS(EFAULT, semop(set, (void *)8, 1));
  static struct sembuf many[501];
  for (int i = 0; i < 501; i++) many[i] = (struct sembuf){1, i & 1 ? -1 : 1, IPC_NOWAIT};
  FAILS(E2BIG, semop(set, many, 501));
  OK(semop(set, many, 500));
  EQ(value(1), 2);
  FAILS(EFBIG, one(4, 1, 0));
  FAILS(EFBIG, semop(set, (struct sembuf[]){{0, 1, 0}, {4, 1, 0}}, 2));
  EQ(value(0), 1);
  FAILS(ERANGE, one(2, 1, 0));
  FAILS(ERANGE, semop(set, (struct sembuf[]){{0, 1, 0}, {2, 1, 0}}, 2));
  EQ(value(0), 1);
  OK(one(2, -32767, 0));
  EQ(value(2), 0);
  OK(one(2, 0, 0));
  OK(one(2, 32767, 0));
  EQ(value(2), 32767);
  OK(one(2, -32766, 0));
  EQ(value(2), 1);
  FAILS(EAGAIN, one(2, -2, IPC_NOWAIT));
  FAILS(EAGAIN, one(2, 0, IPC_NOWAIT));
  OK(one(2, -1, IPC_NOWAIT));
  // One after the other, as if each were alone; all of them or none.
  OK(semop(set, (struct sembuf[]){{2, 0, IPC_NOWAIT}, {2, 1, 0}}, 2));
  FAILS(EAGAIN, semop(set, (struct sembuf[]){{2, 0, IPC_NOWAIT}, {2, 1, 0}}, 2));
  EQ(value(2), 1);
  OK(semop(set, (struct sembuf[]){{2, 1, IPC_NOWAIT}, {2, -2, IPC_NOWAIT}}, 2));
  FAILS(EAGAIN, semop(set, (struct sembuf[]){{2, -1, IPC_NOWAIT}, {2, 1, 0}}, 2));
  EQ(value(2), 0);
  FAILS(EAGAIN, semop(set, (struct sembuf[]){{0, -1, 0}, {2, -1, IPC_NOWAIT}}, 2));
  EQ(value(0), 1);
  // Timeouts.
  struct timespec never = {0, 1000000000}, before = {-1, 0}, soon = {0, 1000000}, at_once = {0, 0};
  FAILS(EINVAL, semtimedop(set, &(struct sembuf){2, -1, 0}, 1, &never));
  FAILS(EINVAL, semtimedop(set, &(struct sembuf){2, -1, 0}, 1, &before));
  FAILS(EAGAIN, semtimedop(set, &(struct sembuf){2, -1, 0}, 1, &soon));
  FAILS(EAGAIN, semtimedop(set, &(struct sembuf){2, -1, 0}, 1, &at_once));
  FAILS(EFAULT, semtimedop(set, &(struct sembuf){2, -1, 0}, 1, (void *)8));
  OK(semtimedop(set, &(struct sembuf){2, 1, 0}, 1, &at_once));
  EQ(value(2), 1);
  OK(semctl(set, 0, IPC_STAT, (union semun){.buf = &status}));
  CHECK(status.sem_otime > 0);
  STEP("semaphores: operations");
}

// What a process owes at its end.
static void owing(void) {
  OK(one(0, 3, SEM_UNDO));
  OK(one(0, 4, SEM_UNDO));
  OK(one(0, -2, SEM_UNDO));
  OK(one(1, -1, SEM_UNDO));
  OK(one(1, 1, 0));
  FAILS(EAGAIN, one(2, -9, SEM_UNDO | IPC_NOWAIT));
  OK(one(3, 5, SEM_UNDO));
  assign(3, 6);  // forgets what was to be undone
}
static void no_more(void) {
  OK(one(0, 5, SEM_UNDO));
  OK(one(0, -9, 0));
}
static void over(void) {
  OK(one(0, -1, SEM_UNDO));
  OK(one(0, 32767, 0));
}
static void too_much(void) {
  assign(0, 0);
  OK(one(0, 32767, SEM_UNDO));
  OK(one(0, -32767, 0));
  FAILS(ERANGE, one(0, 2, SEM_UNDO));
  EQ(value(0), 0);
}
static void inherits_nothing(void) {
  OK(one(0, 1, SEM_UNDO));
  in_child(no_more);  // 0 + 1 + 5 + 4 - 9, and then the child's 5
}

static void undone(void) {
  unsigned short all[4] = {10, 10, 1, 0};
  OK(semctl(set, 0, SETALL, (union semun){.array = all}));
  in_child(owing);
  EQ(value(0), 10);
  EQ(value(1), 11);
  EQ(value(2), 1);
  EQ(value(3), 6);
  // Not below 0, and not above the most.
  assign(0, 4);
  in_child(no_more);
  EQ(value(0), 0);
  assign(0, 1);
  in_child(over);
  EQ(value(0), 32767);
  in_child(too_much);
  EQ(value(0), 0);
  assign(0, 8);
  in_child(inherits_nothing);
  EQ(value(0), 0);
  STEP("semaphores: undone");
}

// Who waits gets it in the order in which they came, and nobody who asks for more than there is.
static void in_line(void) {
  int order[2];
  OK(pipe(order));
  for (int i = 0; i < 4; i++) assign(i, 0);
  pid_t pids[4];
  static const short wanted[] = {-3, -1, -1, -2};
  for (int i = 0; i < 4; i++) {
    pids[i] = OK(fork());
    if (!pids[i]) {
      OK(one(0, wanted[i], 0));
      EQ(write(order[1], &(char){'a' + i}, 1), 1);
      _exit(0);
    }
    while (semctl(set, 0, GETNCNT) != i + 1) pause_ms(1);
  }
  EQ(semctl(set, 0, GETZCNT), 0);
  EQ(semctl(set, 1, GETNCNT), 0);
  char got[5] = "";
  OK(one(0, 1, 0));
  EQ(read(order[0], got, 4), 1);
  EQ(got[0], 'b');
  EQ(value(0), 0);
  EQ(semctl(set, 0, GETNCNT), 3);
  wait_for(pids[1]);
  OK(one(0, 2, 0));
  EQ(read(order[0], got, 4), 1);
  EQ(got[0], 'c');
  wait_for(pids[2]);
  EQ(value(0), 1);
  EQ(semctl(set, 0, GETNCNT), 2);
  OK(one(0, 2, 0));
  EQ(read(order[0], got, 4), 1);
  EQ(got[0], 'a');
  wait_for(pids[0]);
  EQ(value(0), 0);
  EQ(semctl(set, 0, GETNCNT), 1);
  EQ(semctl(set, 0, GETPID), pids[0]);
  assign(0, 2);  // SETVAL wakes, too
  wait_for(pids[3]);
  EQ(read(order[0], got, 4), 1);
  EQ(value(0), 0);

  // Until it is 0, and until two are.
  assign(0, 2);
  assign(1, 1);
  pids[0] = OK(fork());
  if (!pids[0]) {
    OK(semop(set, (struct sembuf[]){{0, 0, 0}, {1, 0, 0}, {2, 7, 0}}, 3));
    _exit(0);
  }
  while (semctl(set, 0, GETZCNT) != 1) pause_ms(1);
  EQ(semctl(set, 0, GETNCNT), 0);
  OK(one(0, -1, 0));
  while (semctl(set, 0, GETZCNT) != 1) pause_ms(1);
  OK(one(0, -1, 0));
  while (semctl(set, 1, GETZCNT) != 1) pause_ms(1);
  EQ(semctl(set, 0, GETZCNT), 0);
  EQ(value(2), 0);
  unsigned short none[4] = {0, 0, 0, 0};
  OK(semctl(set, 0, SETALL, (union semun){.array = none}));
  wait_for(pids[0]);
  EQ(value(2), 7);

  // The set goes: all who wait are told.
  for (int i = 0; i < 2; i++) {
    pids[i] = OK(fork());
    if (!pids[i]) {
      FAILS(EIDRM, one(i * 2, i ? 0 : -1, 0));
      _exit(0);
    }
  }
  while (semctl(set, 0, GETNCNT) != 1 || semctl(set, 2, GETZCNT) != 1) pause_ms(1);
  OK(semctl(set, 0, IPC_RMID));
  wait_for(pids[0]);
  wait_for(pids[1]);
  FAILS(EINVAL, semctl(set, 0, GETVAL));
  FAILS(EINVAL, one(0, 1, 0));
  FAILS(EINVAL, semctl(set, 0, IPC_RMID));
  OK(close(order[0])), OK(close(order[1]));
  STEP("semaphores: in line");
}

static struct { long type; char text[8200]; } message;
static long put(long type, const char *text, size_t size, int flags) {
  message.type = type;
  memcpy(message.text, text, size < sizeof message.text ? size : 0);
  return msgsnd(queue, &message, size, flags);
}
static long take(size_t size, long type, int flags) {
  memset(&message, 0xee, sizeof message);
  return msgrcv(queue, &message, size, type, flags | IPC_NOWAIT);
}
static void filled(long messages, long bytes) {
  struct msqid_ds status;
  OK(msgctl(queue, IPC_STAT, &status));
  EQ(status.msg_qnum, messages);
  EQ(status.__msg_cbytes, bytes);
}

static void messages(void) {
  static char big[8193];
  memset(big, 'x', sizeof big);
  queue = OK(msgget(IPC_PRIVATE, 0600));
  FAILS(EINVAL, put(0, "a", 1, 0));
  FAILS(EINVAL, put(-1, "a", 1, 0));
  FAILS(EINVAL, msgsnd(queue, &message, -1, 0));
  FAILS(EINVAL, put(1, big, 8193, 0));
  FAILS(EINVAL, msgsnd(-1, &message, 1, 0));
  FAILS(EFAULT, msgsnd(queue, (void *)8, 1, 0));
  FAILS(EINVAL, msgrcv(queue, &message, -1, 0, IPC_NOWAIT));
  FAILS(EINVAL, msgrcv(-1, &message, 1, 0, IPC_NOWAIT));
  FAILS(ENOMSG, take(1, 0, 0));
  filled(0, 0);
  OK(put(5, "", 0, 0));
  OK(put(3, "abc", 3, 0));
  OK(put(4, "wxyz", 4, 0));
  OK(put(3, "de", 2, 0));
  filled(4, 9);
  // Too long stays; cut is gone.
  FAILS(E2BIG, take(2, 3, 0));
  EQ(message.type, 0xeeeeeeeeeeeeeeee);
  filled(4, 9);
  EQ(take(3, 3, 0), 3);
  EQ(message.type, 3);
  EQ(memcmp(message.text, "abc\xee", 4), 0);
  EQ(take(3, 4, MSG_NOERROR), 3);
  EQ(memcmp(message.text, "wxy\xee", 4), 0);
  filled(2, 2);
  // The lowest type up to one; any but one.
  FAILS(ENOMSG, take(9, -2, 0));
  EQ(take(9, -3, 0), 2);
  EQ(message.type, 3);
  FAILS(ENOMSG, take(9, -4, 0));
  FAILS(ENOMSG, take(9, 5, MSG_EXCEPT));
  EQ(take(9, 4, MSG_EXCEPT), 0);
  EQ(message.type, 5);
  EQ(message.text[0], (char)0xee);
  for (long type = 5; type >= 2; type--) OK(put(type, "t", 1, 0));
  EQ(take(9, LONG_MIN, 0), 1);
  EQ(message.type, 2);
  EQ(take(0, -9, MSG_NOERROR), 0);
  EQ(message.type, 3);
  EQ(take(9, 0, 0), 1);
  EQ(message.type, 5);
  EQ(take(9, 4, 0), 1);
  filled(0, 0);
  FAILS(EFAULT, (put(1, "a", 1, 0), msgrcv(queue, (void *)8, 1, 0, IPC_NOWAIT)));
  STEP("messages: sizes and types");

  // Full to the byte, and with empty messages to the number.
  while (take(8192, 0, MSG_NOERROR) >= 0) {}
  struct msqid_ds status;
  OK(msgctl(queue, IPC_STAT, &status));
  EQ(status.msg_qbytes, 16384);
  status.msg_qbytes = 10;
  OK(msgctl(queue, IPC_SET, &status));
  FAILS(EAGAIN, put(1, "0123456789a", 11, IPC_NOWAIT));
  OK(put(1, "0123456", 7, IPC_NOWAIT));
  FAILS(EAGAIN, put(1, "789a", 4, IPC_NOWAIT));
  OK(put(1, "789", 3, IPC_NOWAIT));
  FAILS(EAGAIN, put(1, "a", 1, IPC_NOWAIT));
  OK(put(1, "", 0, IPC_NOWAIT));
  filled(3, 10);
  while (take(8192, 0, MSG_NOERROR) >= 0) {}
  for (int i = 0; i < 10; i++) OK(put(1, "", 0, IPC_NOWAIT));
  FAILS(EAGAIN, put(1, "", 0, IPC_NOWAIT));
  EQ(take(0, 0, 0), 0);
  OK(put(1, "a", 1, IPC_NOWAIT));
  FAILS(EAGAIN, put(1, "a", 1, IPC_NOWAIT));
  filled(10, 1);
  // Room that comes by IPC_SET wakes who waits for it.
  pid_t pid = OK(fork());
  if (!pid) {
    OK(put(2, "later", 5, 0));
    _exit(0);
  }
  pause_ms(5);
  filled(10, 1);
  status.msg_qbytes = 100;
  OK(msgctl(queue, IPC_SET, &status));
  wait_for(pid);
  filled(11, 6);
  EQ(take(9, 2, 0), 5);
  while (take(8192, 0, MSG_NOERROR) >= 0) {}
  STEP("messages: full");

  // Each who waits gets what it waits for, the first first.
  int order[2];
  OK(pipe(order));
  pid_t pids[4];
  static const long wanted[] = {7, -3, 0, 7};
  for (int i = 0; i < 4; i++) {
    pids[i] = OK(fork());
    if (!pids[i]) {
      OK(msgrcv(queue, &message, 9, wanted[i], 0));
      EQ(write(order[1], (char[]){'a' + i, message.type}, 2), 2);
      _exit(0);
    }
    pause_ms(30);
  }
  char got[2];
  static const struct { long type; int who; } sent[] = {{3, 1}, {7, 0}, {9, 2}, {7, 3}};
  for (int i = 0; i < 4; i++) {
    OK(put(sent[i].type, "m", 1, 0));
    EQ(read(order[0], got, 2), 2);
    EQ(got[0], 'a' + sent[i].who);
    EQ(got[1], sent[i].type);
    wait_for(pids[sent[i].who]);
    filled(0, 0);
  }
  // One that is too small for what comes is told, and the message stays.
  pid = OK(fork());
  if (!pid) {
    FAILS(E2BIG, msgrcv(queue, &message, 2, 0, 0));
    _exit(0);
  }
  pause_ms(30);
  OK(put(1, "long", 4, 0));
  wait_for(pid);
  filled(1, 4);
  for (int i = 0; i < 2; i++) {
    pids[i] = OK(fork());
    if (!pids[i]) {
      if (i) {
        FAILS(EIDRM, msgrcv(queue, &message, 2, 8, 0));
      } else {
        memset(message.text, 0, 8192);
        for (;;)
          if (put(1, big, 90, 0)) break;
        EQ(errno, EIDRM);
      }
      _exit(0);
    }
  }
  pause_ms(30);
  OK(msgctl(queue, IPC_RMID, NULL));
  wait_for(pids[0]);
  wait_for(pids[1]);
  FAILS(EINVAL, put(1, "a", 1, 0));
  FAILS(EINVAL, take(1, 0, 0));
  OK(close(order[0])), OK(close(order[1]));
  STEP("messages: in line");
}

static int segment;
static void stranger(void) {
  OK(setgroups(0, NULL));
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(1000, 1000, 1000));
  CHECK(shmat(segment, NULL, 0) == (void *)-1 && errno == EACCES);
  void *p = shmat(segment, NULL, SHM_RDONLY);
  CHECK(p != (void *)-1);
  CHECK(shmat(segment, NULL, SHM_RDONLY | SHM_EXEC) == (void *)-1 && errno == EACCES);
  OK(shmdt(p));
  struct shmid_ds status;
  OK(shmctl(segment, IPC_STAT, &status));
  FAILS(EPERM, shmctl(segment, IPC_SET, &status));
  FAILS(EPERM, shmctl(segment, IPC_RMID, NULL));
}

static void memory(void) {
  FAILS(EINVAL, shmget(IPC_PRIVATE, 0, 0600));
  key_t key = 0x5b000000 + getpid();
  segment = OK(shmget(key, PAGE + 1, IPC_CREAT | IPC_EXCL | 0604));
  EQ(shmget(key, PAGE + 1, 0), segment);
  EQ(shmget(key, 1, 0), segment);
  FAILS(EINVAL, shmget(key, PAGE + 2, 0));
  FAILS(EINVAL, shmget(key, 2 * PAGE, 0));
  struct shmid_ds status;
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_segsz, PAGE + 1);
  EQ(status.shm_nattch, 0);
  char *p = shmat(segment, NULL, 0);
  CHECK(p != (void *)-1);
  EQ((uintptr_t)p % PAGE, 0);
  p[2 * PAGE - 1] = 7;  // all of its pages
  char *q = shmat(segment, NULL, SHM_RDONLY);
  CHECK(q != (void *)-1 && q != p);
  EQ(q[2 * PAGE - 1], 7);
  FAULTS(SIGSEGV, SEGV_ACCERR, q, store8(q, 1));
  CHECK(shmat(segment, q + 1, 0) == (void *)-1 && errno == EINVAL);
  CHECK(shmat(segment, q, 0) == (void *)-1 && errno == EINVAL);
  CHECK(shmat(segment, q + PAGE, 0) == (void *)-1 && errno == EINVAL);
  CHECK(shmat(segment, NULL, SHM_REMAP) == (void *)-1 && errno == EINVAL);
  CHECK(shmat(-1, NULL, 0) == (void *)-1 && errno == EINVAL);
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_nattch, 2);
  // In another's place; rounded down.
  char *place = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(place != MAP_FAILED);
  CHECK(shmat(segment, place + PAGE, SHM_REMAP) == place + PAGE);
  EQ(place[0], 0);
  EQ(place[3 * PAGE - 1], 7);
  EQ(place[3 * PAGE], 0);
  FAULTS(SIGSEGV, SEGV_ACCERR, place, store8(place, 1));
  NO_FAULT(store8(place + PAGE, 1));
  OK(shmdt(place + PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, place + PAGE, load8(place + PAGE));
  NO_FAULT(load8(place + 3 * PAGE));
  CHECK(shmat(segment, place + PAGE + 17, SHM_RND) == place + PAGE);
  // What is left of it is dropped with it.
  OK(munmap(place + PAGE, PAGE));
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_nattch, 3);
  FAILS(EINVAL, shmdt(place + 2 * PAGE));
  OK(shmdt(place + PAGE));
  FAULTS(SIGSEGV, SEGV_MAPERR, place + 2 * PAGE, load8(place + 2 * PAGE));
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_nattch, 2);
  FAILS(EINVAL, shmdt(p + PAGE));
  FAILS(EINVAL, shmdt(p + 1));
  FAILS(EINVAL, shmdt(place));
  if (!geteuid()) in_child(stranger);
  // Split in two, it is attached twice.
  OK(mprotect(p, PAGE, PROT_READ));
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_nattch, 3);
  OK(shmdt(p));
  FAULTS(SIGSEGV, SEGV_MAPERR, p, load8(p));
  FAULTS(SIGSEGV, SEGV_MAPERR, p + PAGE, load8(p + PAGE));
  OK(shmctl(segment, IPC_RMID, NULL));
  OK(shmctl(segment, IPC_STAT, &status));
  EQ(status.shm_nattch, 1);
  EQ(status.shm_perm.mode & 07777, SHM_DEST | 0604);
  EQ(status.shm_perm.__key, IPC_PRIVATE);
  EQ(q[2 * PAGE - 1], 7);
  OK(munmap(q, 2 * PAGE));
  FAILS(EINVAL, shmctl(segment, IPC_STAT, &status));
  CHECK(shmat(segment, NULL, 0) == (void *)-1 && errno == EINVAL);
  STEP("shared memory");
}

// What is removed is gone with the last who has it, whichever call comes next; another one has another id.
static void gone(void) {
  for (int kind = 0; kind < 4; kind++) {
    int id = OK(shmget(IPC_PRIVATE, 1, 0600));
    void *p = NULL;
    if (kind) {
      p = shmat(id, NULL, 0);
      CHECK(p != (void *)-1);
    }
    OK(shmctl(id, IPC_RMID, NULL));
    if (kind) {
      // As long as somebody has it, others can have it.
      void *q = shmat(id, NULL, 0);
      CHECK(q != (void *)-1);
      OK(shmdt(q));
    }
    if (kind == 1) OK(shmdt(p));
    if (kind == 2) OK(munmap(p, PAGE));
    if (kind == 3) CHECK(mmap(p, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
    errno = 0;
    CHECK(shmat(id, NULL, 0) == (void *)-1);
    EQ(errno, EINVAL);
    FAILS(EINVAL, shmctl(id, IPC_RMID, NULL));
    if (kind == 3) OK(munmap(p, PAGE));
    int other = OK(shmget(IPC_PRIVATE, 1, 0600));
    CHECK(other != id);
    OK(shmctl(other, IPC_RMID, NULL));
  }
  int last[2] = {-1, -1};
  struct shmid_ds status;
  for (int place = -1; place < 0x8000; place += 0x8000 - 9) {
    FAILS(EINVAL, shmctl(place, SHM_STAT, &status));
    FAILS(EINVAL, shmctl(place, SHM_STAT_ANY, &status));
    FAILS(EINVAL, msgctl(place, MSG_STAT, (struct msqid_ds *)&status));
    FAILS(EINVAL, msgctl(place, MSG_STAT_ANY, (struct msqid_ds *)&status));
    FAILS(EINVAL, semctl(place, 0, SEM_STAT, (union semun){.buf = (struct semid_ds *)&status}));
    FAILS(EINVAL, semctl(place, 0, SEM_STAT_ANY, (union semun){.buf = (struct semid_ds *)&status}));
  }
  // All of what is said of the limits, and nothing behind it.
  unsigned long limits[10];
  memset(limits, 0xa5, sizeof limits);
  CHECK(shmctl(0, IPC_INFO, (struct shmid_ds *)limits) >= 0);
  EQ(limits[1], 1);
  EQ(limits[5] | limits[6] | limits[7] | limits[8], 0);
  EQ(limits[9], 0xa5a5a5a5a5a5a5a5);
  for (int i = 0; i < 4; i++) {
    int sets = OK(semget(IPC_PRIVATE, 1, 0600)), lines = OK(msgget(IPC_PRIVATE, 0600));
    CHECK(sets != last[0]);
    CHECK(lines != last[1]);
    // To say how one stands is no number.
    struct semid_ds of_set;
    struct msqid_ds of_line;
    EQ(semctl(sets, 0, IPC_STAT, (union semun){.buf = &of_set}), 0);
    EQ(msgctl(lines, IPC_STAT, &of_line), 0);
    OK(semctl(sets, 0, IPC_RMID));
    OK(msgctl(lines, IPC_RMID, NULL));
    FAILS(EINVAL, semctl(sets, 0, GETVAL));
    FAILS(EINVAL, msgsnd(lines, &(struct { long type; }){1}, 0, IPC_NOWAIT));
    last[0] = sets, last[1] = lines;
  }
  STEP("removed and made again");
}

static char name[300], text[200];
static mqd_t fresh(int flags, long count, long size) {
  struct mq_attr wanted = {.mq_maxmsg = count, .mq_msgsize = size};
  return mq_open(name, O_CREAT | O_EXCL | O_RDWR | flags, 0600, &wanted);
}

static void *sender(void *q) {
  EQ(mq_send(*(mqd_t *)q, "waited", 6, 2), 0);
  return NULL;
}
static int order_of[2];
static void *receiver(void *argument) {
  mqd_t q = ((intptr_t *)argument)[0];
  char got[20];
  EQ(mq_receive(q, got, 20, NULL), 1);
  EQ(write(order_of[1], (char[]){((intptr_t *)argument)[1], got[0]}, 2), 2);
  return NULL;
}

static void posix(void) {
  snprintf(name, sizeof name, "/edges.%d.", getpid());
  size_t end = strlen(name);
  memset(name + end, 'n', 256 - end);
  FAILS(ENAMETOOLONG, (name[256] = 'n', fresh(0, 1, 1)));
  name[256] = 0;
  mqd_t q = OK(fresh(0, 1, 1));
  FAILS(EEXIST, fresh(0, 1, 1));
  OK(mq_close(q));
  OK(mq_unlink(name));
  FAILS(ENOENT, mq_unlink(name));
  name[end] = 0;
  FAILS(EINVAL, fresh(0, 0, 1));
  FAILS(EINVAL, fresh(0, 1, 0));
  FAILS(EINVAL, fresh(0, -1, 1));
  FAILS(EINVAL, fresh(0, 1, -1));
  FAILS(ENOENT, mq_open(name, O_RDWR));
  q = OK(fresh(O_NONBLOCK, 3, 20));
  // Another queue is another file; its directory, if it can be seen, has changed.
  struct stat one, another;
  OK(fstat(q, &one));
  char second[310];
  snprintf(second, sizeof second, "%s2", name);
  mqd_t r = OK(mq_open(second, O_CREAT | O_EXCL | O_RDWR, 0600, &(struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = 1}));
  OK(fstat(r, &another));
  CHECK(one.st_ino != another.st_ino);
  EQ(one.st_dev, another.st_dev);
  OK(mq_unlink(second));
  OK(mq_close(r));
  // To the byte.
  unsigned priority = 99;
  FAILS(EMSGSIZE, mq_send(q, text, 21, 0));
  FAILS(EINVAL, mq_send(q, text, 20, 32768));
  FAILS(EAGAIN, mq_receive(q, text, 20, &priority));
  EQ(priority, 99);
  OK(mq_send(q, "12345678901234567890", 20, 0));
  FAILS(EMSGSIZE, mq_receive(q, text, 19, &priority));
  EQ(mq_receive(q, text, 20, &priority), 20);
  EQ(memcmp(text, "12345678901234567890", 20), 0);
  EQ(priority, 0);
  OK(mq_send(q, "a", 1, 5));
  OK(mq_send(q, "b", 1, 32767));
  OK(mq_send(q, "", 0, 5));
  FAILS(EAGAIN, mq_send(q, "d", 1, 5));
  struct mq_attr now;
  OK(mq_getattr(q, &now));
  EQ(now.mq_curmsgs, 3);
  EQ(now.mq_flags, O_NONBLOCK);
  struct pollfd look = {q, POLLIN | POLLOUT, 0};
  EQ(poll(&look, 1, 0), 1);
  EQ(look.revents, POLLIN);
  EQ(mq_receive(q, text, 20, &priority), 1);
  EQ(priority, 32767);
  EQ(poll(&look, 1, 0), 1);
  EQ(look.revents, POLLIN | POLLOUT);
  EQ(mq_receive(q, text, 20, NULL), 1);
  EQ(text[0], 'a');
  EQ(mq_receive(q, text, 20, &priority), 0);
  EQ(priority, 5);
  EQ(poll(&look, 1, 0), 1);
  EQ(look.revents, POLLOUT);
  // A deadline is looked at before the queue is: a bad one is an error even where nobody would wait.
  struct timespec bad = {1, 1000000000}, negative = {1, -1}, past = {1, 0};
  OK(mq_send(q, "here", 4, 0));
  FAILS(EINVAL, mq_timedreceive(q, text, 20, NULL, &bad));
  FAILS(EINVAL, mq_timedreceive(q, text, 20, NULL, &negative));
  FAILS(EINVAL, mq_timedsend(q, text, 1, 0, &bad));
  EQ(mq_timedreceive(q, text, 20, NULL, &past), 4);
  FAILS(EAGAIN, mq_timedreceive(q, text, 20, NULL, &past));
  // Only one flag may be set, and nothing else is.
  struct mq_attr wanted = {.mq_flags = O_NONBLOCK | O_RDWR}, old;
  FAILS(EINVAL, mq_setattr(q, &wanted, &old));
  wanted = (struct mq_attr){.mq_flags = 0, .mq_maxmsg = 9, .mq_msgsize = 9, .mq_curmsgs = 9};
  OK(mq_setattr(q, &wanted, &old));
  EQ(old.mq_flags, O_NONBLOCK);
  EQ(old.mq_curmsgs, 0);
  OK(mq_getattr(q, &now));
  EQ(now.mq_flags, 0);
  EQ(now.mq_maxmsg, 3);
  EQ(now.mq_msgsize, 20);
  EQ(now.mq_curmsgs, 0);
  FAILS(ETIMEDOUT, mq_timedreceive(q, text, 20, NULL, &past));
  STEP("POSIX queues: sizes");

  // A sender that waits comes in when there is room.
  for (int i = 0; i < 3; i++) OK(mq_send(q, (char[]){'0' + i}, 1, 1));
  FAILS(ETIMEDOUT, mq_timedsend(q, "x", 1, 0, &past));
  pthread_t thread[3];
  EQ(pthread_create(thread, NULL, sender, &q), 0);
  pause_ms(10);
  OK(mq_getattr(q, &now));
  EQ(now.mq_curmsgs, 3);
  EQ(mq_receive(q, text, 20, NULL), 1);
  EQ(text[0], '0');
  EQ(pthread_join(thread[0], NULL), 0);
  OK(mq_getattr(q, &now));
  EQ(now.mq_curmsgs, 3);
  EQ(mq_receive(q, text, 20, &priority), 6);
  EQ(priority, 2);
  EQ(mq_receive(q, text, 20, NULL), 1);
  EQ(mq_receive(q, text, 20, NULL), 1);
  EQ(text[0], '2');
  // Receivers get one each, the first that came the first.
  OK(pipe(order_of));
  intptr_t arguments[3][2];
  for (int i = 0; i < 3; i++) {
    arguments[i][0] = q;
    arguments[i][1] = 'a' + i;
    EQ(pthread_create(&thread[i], NULL, receiver, arguments[i]), 0);
    pause_ms(30);
  }
  for (int i = 0; i < 3; i++) {
    char got[2];
    OK(mq_send(q, (char[]){'1' + i}, 1, 0));
    EQ(read(order_of[0], got, 2), 2);
    EQ(got[0], 'a' + i);
    EQ(got[1], '1' + i);
    EQ(pthread_join(thread[i], NULL), 0);
    OK(mq_getattr(q, &now));
    EQ(now.mq_curmsgs, 0);
  }
  OK(mq_close(q));
  OK(mq_unlink(name));
  FAILS(EBADF, mq_getattr(q, &now));
  OK(close(order_of[0])), OK(close(order_of[1]));
  STEP("POSIX queues: in line");
}

int main(void) {
  catch_faults();
  PART(semaphores());
  PART(undone());
  PART(in_line());
  PART(messages());
  PART(memory());
  PART(gone());
  PART(posix());
  return 0;
}

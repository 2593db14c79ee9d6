// System V IPC between processes: shared memory, semaphores, message queues. sysvipc(7).

#include "check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>

union semun {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
};

static int finish(pid_t pid) {
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void pause_shortly(void) {
  struct timespec time = {0, 20000000};
  nanosleep(&time, NULL);
}

static void shared_memory(void) {
  key_t key = 0x600d0000 + getpid();
  FAILS(ENOENT, shmget(key, 100, 0600));
  int id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640);
  CHECK(id >= 0);
  FAILS(EEXIST, shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0600));
  FAILS(EINVAL, shmget(key, 10001, 0));
  EQ(shmget(key, 0, 0), id);
  FAILS(EINVAL, shmget(IPC_PRIVATE, 0, 0600));

  char *memory = shmat(id, NULL, 0);
  CHECK(memory != (void *)-1);
  const char *view = shmat(id, NULL, SHM_RDONLY);
  CHECK(view != (void *)-1 && view != memory);
  strcpy(memory + 9000, "seen by all");
  CHECK(strcmp(view + 9000, "seen by all") == 0);
  FAILS(EINVAL, (long)shmat(id, memory + 1, 0));
  FAILS(EINVAL, (long)shmat(id, memory, 0));

  struct shmid_ds status;
  EQ(shmctl(id, IPC_STAT, &status), 0);
  EQ(status.shm_segsz, 10000);
  EQ(status.shm_nattch, 2);
  EQ(status.shm_cpid, getpid());
  EQ(status.shm_perm.mode & 0777, 0640);
  EQ(status.shm_perm.__key, key);

  pid_t child = fork();
  if (child == 0) {
    struct shmid_ds inner;
    EQ(shmctl(id, IPC_STAT, &inner), 0);
    EQ(inner.shm_nattch, 4);
    strcpy(memory, "from the child");
    EQ(shmdt(view), 0);
    _exit(0);
  }
  EQ(finish(child), 0);
  CHECK(strcmp(memory, "from the child") == 0);
  EQ(shmctl(id, IPC_STAT, &status), 0);
  EQ(status.shm_nattch, 2);
  EQ(status.shm_lpid, child);
  CHECK(status.shm_dtime >= status.shm_ctime);

  // Removed, it lives as long as it is attached, and its key is free.
  EQ(shmctl(id, IPC_RMID, NULL), 0);
  FAILS(ENOENT, shmget(key, 0, 0));
  EQ(shmctl(id, IPC_STAT, &status), 0);
  CHECK(status.shm_perm.mode & SHM_DEST);
  CHECK(strcmp(view, "from the child") == 0);
  EQ(shmdt(memory), 0);
  FAILS(EINVAL, shmdt(memory));
  EQ(shmdt(view), 0);
  FAILS(EINVAL, shmctl(id, IPC_STAT, &status));
}

static int operate(int id, int number, int change, int flags) {
  struct sembuf operation = {number, change, flags};
  return semop(id, &operation, 1);
}

static void semaphores(void) {
  int id = semget(IPC_PRIVATE, 3, 0600);
  CHECK(id >= 0);
  FAILS(EINVAL, semget(IPC_PRIVATE, 0, 0600));
  EQ(semctl(id, 0, GETVAL), 0);
  EQ(semctl(id, 0, SETVAL, (union semun){.val = 2}), 0);
  FAILS(EINVAL, semctl(id, 3, GETVAL));
  FAILS(ERANGE, semctl(id, 0, SETVAL, (union semun){.val = 40000}));
  EQ(semctl(id, 1, SETVAL, (union semun){.val = 32766}), 0);
  EQ(operate(id, 1, 1, 0), 0);
  EQ(semctl(id, 1, GETVAL), 32767);
  FAILS(ERANGE, operate(id, 1, 1, 0));
  EQ(semctl(id, 1, SETVAL, (union semun){.val = 0}), 0);
  FAILS(EFBIG, operate(id, 7, 1, 0));
  FAILS(EAGAIN, operate(id, 0, -3, IPC_NOWAIT));
  FAILS(EAGAIN, operate(id, 0, 0, IPC_NOWAIT));

  // All or nothing.
  struct sembuf both[2] = {{0, -1, 0}, {1, -1, IPC_NOWAIT}};
  FAILS(EAGAIN, semop(id, both, 2));
  EQ(semctl(id, 0, GETVAL), 2);

  struct sembuf one = {2, -1, 0};
  struct timespec shortly = {0, 10000000};
  FAILS(EAGAIN, semtimedop(id, &one, 1, &shortly));

  pid_t child = fork();
  if (child == 0) {
    EQ(operate(id, 2, -2, 0), 0);
    EQ(operate(id, 0, -2, SEM_UNDO), 0);
    _exit(7);
  }
  while (semctl(id, 2, GETNCNT) == 0) pause_shortly();
  EQ(semctl(id, 2, GETZCNT), 0);
  EQ(operate(id, 2, 1, 0), 0);
  pause_shortly();
  EQ(semctl(id, 2, GETNCNT), 1);
  EQ(operate(id, 2, 1, 0), 0);
  EQ(finish(child), 7);
  EQ(semctl(id, 0, GETVAL), 2);
  EQ(semctl(id, 0, GETPID), child);

  unsigned short values[3] = {5, 6, 7};
  EQ(semctl(id, 0, SETALL, (union semun){.array = values}), 0);
  memset(values, 0, sizeof values);
  EQ(semctl(id, 0, GETALL, (union semun){.array = values}), 0);
  CHECK(values[0] == 5 && values[1] == 6 && values[2] == 7);
  struct semid_ds status;
  EQ(semctl(id, 0, IPC_STAT, (union semun){.buf = &status}), 0);
  EQ(status.sem_nsems, 3);
  CHECK(status.sem_otime != 0 && status.sem_ctime != 0);

  // Who waits when the set goes is told so.
  child = fork();
  if (child == 0) {
    FAILS(EIDRM, operate(id, 1, 0, 0));
    _exit(0);
  }
  while (semctl(id, 1, GETZCNT) == 0) pause_shortly();
  EQ(semctl(id, 0, IPC_RMID), 0);
  EQ(finish(child), 0);
  FAILS(EINVAL, operate(id, 0, 1, 0));
}

struct message {
  long type;
  char text[64];
};

static int queue;
static void stranger_to_queue(void) {
  struct msqid_ds status = {0};
  OK(setresuid(1000, 1000, 1000));
  FAILS(EACCES, msgctl(queue, IPC_STAT, &status));
  FAILS(EPERM, msgctl(queue, IPC_SET, &status));
  FAILS(EPERM, msgctl(queue, IPC_RMID, NULL));
}

static void queues(void) {
  int id = queue = msgget(IPC_PRIVATE, 0600);
  CHECK(id >= 0);
  if (!geteuid()) in_child(stranger_to_queue);
  struct message message = {0, "none"};
  FAILS(EINVAL, msgsnd(id, &message, 5, 0));
  FAILS(ENOMSG, msgrcv(id, &message, 64, 0, IPC_NOWAIT));
  for (long type = 3; type >= 1; type--) {
    message.type = type;
    message.text[0] = '0' + type;
    EQ(msgsnd(id, &message, type * 4, 0), 0);
  }
  struct msqid_ds status;
  EQ(msgctl(id, IPC_STAT, &status), 0);
  EQ(status.msg_qnum, 3);
  EQ(status.__msg_cbytes, 24);
  EQ(status.msg_lspid, getpid());
  FAILS(E2BIG, msgrcv(id, &message, 2, 2, 0));
  EQ(msgrcv(id, &message, 2, 2, MSG_NOERROR), 2);
  CHECK(message.type == 2 && message.text[0] == '2');
  EQ(msgrcv(id, &message, 64, -3, 0), 4);
  CHECK(message.type == 1);
  FAILS(ENOMSG, msgrcv(id, &message, 64, 3, MSG_EXCEPT | IPC_NOWAIT));
  EQ(msgrcv(id, &message, 64, 0, 0), 12);
  CHECK(message.type == 3);

  // A reader waits for its type, a writer for room.
  pid_t child = fork();
  if (child == 0) {
    EQ(msgrcv(id, &message, 64, 9, 0), 6);
    CHECK(strcmp(message.text, "hello") == 0);
    pause_shortly();
    int bytes = 0;
    while (bytes < 20000) bytes += msgrcv(id, &message, 64, 5, 0);
    _exit(bytes == 20000 ? 0 : 1);
  }
  message.type = 8;
  EQ(msgsnd(id, &message, 1, 0), 0);
  pause_shortly();
  message.type = 9;
  strcpy(message.text, "hello");
  EQ(msgsnd(id, &message, 6, 0), 0);
  message.type = 5;
  for (int count = 0; count < 400; count++) EQ(msgsnd(id, &message, 50, 0), 0);
  EQ(finish(child), 0);
  EQ(msgrcv(id, &message, 64, 0, 0), 1);
  CHECK(message.type == 8);
  EQ(msgctl(id, IPC_RMID, NULL), 0);
  FAILS(EINVAL, msgctl(id, IPC_STAT, &status));
}

static void handler(int signal) { (void)signal; }

static void interruption(void) {
  // Handlers do not restart these calls, whatever SA_RESTART says (signal(7)).
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  EQ(sigaction(SIGUSR1, &action, NULL), 0);
  int id = semget(IPC_PRIVATE, 1, 0600);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    while (semctl(id, 0, GETNCNT) == 0) pause_shortly();
    kill(parent, SIGUSR1);
    _exit(0);
  }
  FAILS(EINTR, operate(id, 0, -1, 0));
  EQ(finish(child), 0);
  EQ(semctl(id, 0, IPC_RMID), 0);
}

static void choose(const char *name, int id) {
  char path[64], text[16] = "";
  snprintf(path, sizeof path, "/proc/sys/kernel/%s_next_id", name);
  int fd = OK(open(path, O_RDWR));
  CHECK(read(fd, text, 15) > 0);
  STREQ(text, "-1\n");
  FAILS(EINVAL, pwrite(fd, "-2", 2, 0));
  snprintf(text, sizeof text, "%d", id);
  EQ(pwrite(fd, text, strlen(text), 0), (long)strlen(text));
  OK(close(fd));
}

static void chosen_ids(void) {
  const int id = 77 << 15 | 1234;
  choose("msg", id);
  EQ(msgget(IPC_PRIVATE, 0600), id);
  OK(msgctl(id, IPC_RMID, NULL));
  choose("sem", id);
  EQ(semget(IPC_PRIVATE, 1, 0600), id);
  OK(semctl(id, 0, IPC_RMID));
  choose("shm", id);
  EQ(shmget(IPC_PRIVATE, 4096, 0600), id);
  OK(shmctl(id, IPC_RMID, NULL));
  CHECK(OK(msgget(IPC_PRIVATE, 0600)) != id);
}

int main(void) {
  shared_memory();
  semaphores();
  queues();
  interruption();
  STEP("System V IPC works");
  if (!geteuid()) chosen_ids();
  STEP("ids that root chooses");
  return 0;
}

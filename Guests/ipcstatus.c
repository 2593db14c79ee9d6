// What System V IPC tells of its objects and limits: every field of each status, who changed it last and when, and by which number it is found.
// QEMU: qemu-user 7.2 does not know SHM_STAT_ANY.
#include "check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

union semun {
  int val;
  struct semid_ds *buf;
  struct seminfo *info;
  unsigned short *array;
};

// The numbers in a file below /proc/sys/kernel.
static void setting(const char *name, int count, uint64_t *values) {
  char path[64], text[128];
  snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *place = text;
  for (int i = 0; i < count; i++) values[i] = strtoull(place, &place, 10);
}

// The objects are made in a second that is over by the time that they are used.
static time_t begin, start;
static void then(time_t when) { CHECK(when >= begin && when < start); }
static void now(time_t when) { CHECK(when >= start && when <= time(NULL)); }

static void ours(struct ipc_perm *perm, key_t key, int mode) {
  EQ(perm->__key, key);
  EQ(perm->uid, geteuid());
  EQ(perm->gid, getegid());
  EQ(perm->cuid, geteuid());
  EQ(perm->cgid, getegid());
  EQ(perm->mode, mode);
}

// The line of a file in /proc/sysvipc that has this number; its numbers from the third column on.
static int listed(const char *name, key_t key, int id, long *values, int count) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
  FILE *file = fopen(path, "r");
  CHECK(file);
  int found = 0;
  while (!found && fgets(line, sizeof line, file)) {
    char *place = line;
    if (strtol(place, &place, 10) != key || strtol(place, &place, 10) != id) continue;
    found = 1;
    values[0] = strtol(place, &place, 8);
    for (int i = 1; i < count; i++) values[i] = strtol(place, &place, 10);
  }
  fclose(file);
  return found;
}

#define MEMORY_KEY_OF(pid) (0x1ac00000 + (pid))
#define SET_KEY_OF(pid) (0x1ac10000 + (pid))
#define QUEUE_KEY_OF(pid) (0x1ac20000 + (pid))
#define MEMORY_KEY MEMORY_KEY_OF(getpid())
#define SET_KEY SET_KEY_OF(getpid())
#define QUEUE_KEY QUEUE_KEY_OF(getpid())
static int segment, set[3], queue;

static void memory(void) {
  struct shmid_ds status;
  struct shminfo limits;
  struct shm_info used;
  memset(&used, -1, sizeof used);
  uint64_t value;
  long fields[14];
  int id = segment;
  key_t key = MEMORY_KEY;
  OK(shmctl(id, IPC_STAT, &status));
  ours(&status.shm_perm, key, 0604);
  EQ(status.shm_segsz, 5000);
  EQ(status.shm_atime, 0);
  EQ(status.shm_dtime, 0);
  then(status.shm_ctime);
  EQ(status.shm_cpid, getpid());
  EQ(status.shm_lpid, 0);
  EQ(status.shm_nattch, 0);
  char *place = shmat(id, NULL, 0);
  CHECK(place != (void *)-1);
  OK(shmctl(id, IPC_STAT, &status));
  now(status.shm_atime);
  EQ(status.shm_dtime, 0);
  then(status.shm_ctime);
  EQ(status.shm_lpid, getpid());
  EQ(status.shm_nattch, 1);
  time_t attached = status.shm_atime;
  place[0] = 1;
  OK(shmdt(place));
  OK(shmctl(id, IPC_STAT, &status));
  EQ(status.shm_atime, attached);
  now(status.shm_dtime);
  EQ(status.shm_nattch, 0);
  time_t detached = status.shm_dtime;
  status.shm_perm.mode = 0640;
  status.shm_segsz = 1;
  OK(shmctl(id, IPC_SET, &status));
  OK(shmctl(id, IPC_STAT, &status));
  ours(&status.shm_perm, key, 0640);
  EQ(status.shm_segsz, 5000);
  now(status.shm_ctime);
  EQ(status.shm_dtime, detached);
  STEP("shared memory");

  EQ(listed("shm", key, id, fields, 14), 1);
  long wanted[] = {0640, 5000, getpid(), getpid(), 0, geteuid(), getegid(), geteuid(), getegid(), attached, detached, status.shm_ctime};
  for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) EQ(fields[i], wanted[i]);
  EQ(fields[12], 4096);  // one of its pages was written
  EQ(fields[13], 0);
  int last = OK(shmctl(0, SHM_INFO, (void *)&used)), found = 0;
  CHECK(used.used_ids >= 1 && used.shm_tot >= 2 && used.shm_rss >= 1);
  EQ(used.shm_swp | used.swap_attempts | used.swap_successes, 0);
  EQ(shmctl(0, IPC_INFO, (void *)&limits), last);
  unsigned long total = used.shm_tot;
  int ids = used.used_ids;
  int more = OK(shmget(IPC_PRIVATE, 3 * 4096, 0600));
  OK(shmctl(0, SHM_INFO, (void *)&used));
  EQ(used.shm_tot, total + 3);
  EQ(used.used_ids, ids + 1);
  OK(shmctl(more, IPC_RMID, NULL));
  setting("shmmax", 1, &value);
  EQ(limits.shmmax, value);
  setting("shmall", 1, &value);
  EQ(limits.shmall, value);
  setting("shmmni", 1, &value);
  EQ(limits.shmmni, value);
  EQ(limits.shmseg, value);
  EQ(limits.shmmin, 1);
  for (int i = 0; i <= last; i++) {
    memset(&status, 0, sizeof status);
    int one = shmctl(i, SHM_STAT, &status);
    if (one != id) continue;
    ours(&status.shm_perm, key, 0640);
    EQ(shmctl(i, SHM_STAT_ANY, &status), id);
    found++;
  }
  EQ(found, 1);
  OK(shmctl(id, SHM_LOCK, NULL));
  OK(shmctl(id, IPC_STAT, &status));
  EQ(status.shm_perm.mode, 0640 | SHM_LOCKED);
  OK(shmctl(id, SHM_UNLOCK, NULL));
  OK(shmctl(id, IPC_STAT, &status));
  EQ(status.shm_perm.mode, 0640);
  OK(shmctl(id, IPC_RMID, NULL));
  FAILS(EINVAL, shmctl(id, IPC_STAT, &status));
  FAILS(EINVAL, shmctl(id, IPC_RMID, NULL));
  STEP("all of shared memory");
}

static void take(void) {
  struct sembuf operation = {1, -2, 0};
  OK(semop(set[0], &operation, 1));
}
static void await_zero(void) {
  struct sembuf operation = {0, 0, 0};
  OK(semop(set[0], &operation, 1));
}

static void semaphores(void) {
  struct semid_ds status;
  struct seminfo info, used;
  uint64_t values[4];
  long fields[8];
  int id = set[0];
  key_t key = SET_KEY;
  union semun to = {.buf = &status};
  OK(semctl(id, 0, IPC_STAT, to));
  ours(&status.sem_perm, key, 0640);
  EQ(status.sem_otime, 0);
  then(status.sem_ctime);
  EQ(status.sem_nsems, 3);
  struct sembuf operation = {0, 3, 0};
  OK(semop(id, &operation, 1));
  OK(semctl(id, 0, IPC_STAT, to));
  now(status.sem_otime);
  then(status.sem_ctime);
  EQ(semctl(id, 0, GETPID), getpid());
  EQ(semctl(id, 1, GETPID), 0);
  EQ(semctl(id, 0, GETVAL), 3);
  time_t operated = status.sem_otime;
  OK(semctl(id, 1, SETVAL, (union semun){.val = 1}));
  OK(semctl(id, 0, IPC_STAT, to));
  EQ(status.sem_otime, operated);
  now(status.sem_ctime);
  EQ(semctl(id, 1, GETPID), getpid());
  unsigned short all[3] = {1, 0, 2};
  OK(semctl(set[1], 0, SETALL, (union semun){.array = all}));
  OK(semctl(set[1], 0, IPC_STAT, to));
  now(status.sem_ctime);
  OK(semctl(id, 0, SETALL, (union semun){.array = all}));
  all[0] = 40000;
  FAILS(ERANGE, semctl(id, 0, SETALL, (union semun){.array = all}));
  EQ(semctl(id, 0, GETVAL), 1);
  all[0] = 32767;
  OK(semctl(id, 0, SETALL, (union semun){.array = all}));
  all[0] = 1;
  OK(semctl(id, 0, SETALL, (union semun){.array = all}));
  FAILS(EINVAL, semctl(id, -1, GETVAL));
  FAILS(EINVAL, semctl(id, 3, GETVAL));
  FAILS(EINVAL, semctl(id, 3, SETVAL, (union semun){.val = 1}));
  FAILS(ERANGE, semctl(id, 0, SETVAL, (union semun){.val = -1}));
  FAILS(ERANGE, semctl(id, 0, SETVAL, (union semun){.val = 32768}));
  OK(semctl(id, 0, SETVAL, (union semun){.val = 32767}));
  OK(semctl(id, 0, SETVAL, (union semun){.val = 1}));
  OK(semctl(set[2], 0, IPC_STAT, to));
  status.sem_perm.mode = 0640;
  OK(semctl(set[2], 0, IPC_SET, to));
  OK(semctl(set[2], 0, IPC_STAT, to));
  ours(&status.sem_perm, IPC_PRIVATE, 0640);
  now(status.sem_ctime);
  OK(semctl(id, 0, IPC_STAT, to));
  status.sem_perm.mode = 0604;
  OK(semctl(id, 0, IPC_SET, to));
  OK(semctl(id, 0, IPC_STAT, to));
  ours(&status.sem_perm, key, 0604);
  now(status.sem_ctime);
  STEP("semaphores");

  pid_t pid[3];
  for (int i = 0; i < 3; i++) {
    pid[i] = OK(fork());
    if (!pid[i]) i ? take() : await_zero(), _exit(0);
  }
  while (semctl(id, 1, GETNCNT) != 2 || semctl(id, 0, GETZCNT) != 1) pause_ms(1);
  EQ(semctl(id, 0, GETNCNT), 0);
  EQ(semctl(id, 1, GETZCNT), 0);
  EQ(semctl(id, 2, GETNCNT), 0);
  OK(semctl(id, 1, SETVAL, (union semun){.val = 4}));
  OK(semctl(id, 0, SETVAL, (union semun){.val = 0}));
  for (int i = 0; i < 3; i++) EQ(OK(waitpid(pid[i], NULL, 0)), pid[i]);
  EQ(semctl(id, 0, GETPID), pid[0]);
  CHECK(semctl(id, 1, GETPID) == pid[1] || semctl(id, 1, GETPID) == pid[2]);
  EQ(semctl(id, 1, GETVAL), 0);
  STEP("who waits for semaphores");

  OK(semctl(id, 0, IPC_STAT, to));
  EQ(listed("sem", key, id, fields, 8), 1);
  long wanted[] = {0604, 3, geteuid(), getegid(), geteuid(), getegid(), status.sem_otime, status.sem_ctime};
  for (int i = 0; i < 8; i++) EQ(fields[i], wanted[i]);
  int last = OK(semctl(0, 0, IPC_INFO, (union semun){.info = &info})), found = 0;
  setting("sem", 4, values);
  EQ(info.semmsl, values[0]);
  EQ(info.semmns, values[1]);
  EQ(info.semopm, values[2]);
  EQ(info.semmni, values[3]);
  EQ(info.semvmx, 32767);
  EQ(info.semaem, 32767);
  EQ(semctl(0, 0, SEM_INFO, (union semun){.info = &used}), last);
  CHECK(used.semusz >= 1 && used.semaem >= 3);
  int more = OK(semget(IPC_PRIVATE, 5, 0600)), sets = used.semusz, count = used.semaem;
  OK(semctl(0, 0, SEM_INFO, (union semun){.info = &used}));
  EQ(used.semusz, sets + 1);
  EQ(used.semaem, count + 5);
  EQ(used.semmsl, info.semmsl);
  OK(semctl(more, 0, IPC_RMID));
  for (int i = 0; i <= last; i++) {
    memset(&status, 0, sizeof status);
    if (semctl(i, 0, SEM_STAT, to) != id) continue;
    ours(&status.sem_perm, key, 0604);
    EQ(status.sem_nsems, 3);
    found++;
  }
  EQ(found, 1);
  for (int i = 0; i < 3; i++) OK(semctl(set[i], 0, IPC_RMID));
  FAILS(EINVAL, semctl(id, 0, IPC_STAT, to));
  FAILS(EINVAL, semctl(id, 0, IPC_RMID));
  STEP("all semaphores");
}

static void queues(void) {
  struct msqid_ds status;
  struct msginfo info;
  uint64_t value;
  long fields[12];
  struct { long type; char text[100]; } message = {7, "text"};
  int id = queue;
  key_t key = QUEUE_KEY;
  OK(msgctl(id, IPC_STAT, &status));
  ours(&status.msg_perm, key, 0620);
  EQ(status.msg_stime, 0);
  EQ(status.msg_rtime, 0);
  then(status.msg_ctime);
  EQ(status.__msg_cbytes, 0);
  EQ(status.msg_qnum, 0);
  EQ(status.msg_lspid, 0);
  EQ(status.msg_lrpid, 0);
  setting("msgmnb", 1, &value);
  EQ(status.msg_qbytes, value);
  OK(msgsnd(id, &message, 100, 0));
  OK(msgsnd(id, &message, 0, 0));
  OK(msgctl(id, IPC_STAT, &status));
  now(status.msg_stime);
  EQ(status.msg_rtime, 0);
  then(status.msg_ctime);
  EQ(status.__msg_cbytes, 100);
  EQ(status.msg_qnum, 2);
  EQ(status.msg_lspid, getpid());
  EQ(status.msg_lrpid, 0);
  time_t sent = status.msg_stime;
  int last = OK(msgctl(0, MSG_INFO, (void *)&info)), found = 0;
  int pool = info.msgpool, messages = info.msgmap, bytes = info.msgtql;
  message.type = 0;
  EQ(msgrcv(id, &message, 100, 0, 0), 100);
  EQ(message.type, 7);
  OK(msgctl(id, IPC_STAT, &status));
  EQ(status.msg_stime, sent);
  now(status.msg_rtime);
  EQ(status.__msg_cbytes, 0);
  EQ(status.msg_qnum, 1);
  EQ(status.msg_lrpid, getpid());
  time_t received = status.msg_rtime;
  EQ(msgctl(0, MSG_INFO, (void *)&info), last);
  EQ(info.msgpool, pool);
  EQ(info.msgmap, messages - 1);
  EQ(info.msgtql, bytes - 100);
  EQ(msgrcv(id, &message, 0, 0, 0), 0);
  status.msg_perm.mode = 0600;
  status.msg_qbytes = 150;
  OK(msgctl(id, IPC_SET, &status));
  OK(msgctl(id, IPC_STAT, &status));
  ours(&status.msg_perm, key, 0600);
  EQ(status.msg_qbytes, 150);
  now(status.msg_ctime);
  // Full to the byte, and by the number of its messages.
  OK(msgsnd(id, &message, 100, IPC_NOWAIT));
  FAILS(EAGAIN, msgsnd(id, &message, 51, IPC_NOWAIT));
  OK(msgsnd(id, &message, 50, IPC_NOWAIT));
  FAILS(EAGAIN, msgsnd(id, &message, 1, IPC_NOWAIT));
  OK(msgsnd(id, &message, 0, IPC_NOWAIT));
  EQ(msgrcv(id, &message, 100, 0, IPC_NOWAIT), 100);
  EQ(msgrcv(id, &message, 100, 0, IPC_NOWAIT), 50);
  EQ(msgrcv(id, &message, 100, 0, IPC_NOWAIT), 0);
  FAILS(ENOMSG, msgrcv(id, &message, 100, 0, IPC_NOWAIT));
  STEP("queues");

  OK(msgctl(id, IPC_STAT, &status));
  EQ(listed("msg", key, id, fields, 12), 1);
  long wanted[] = {0600, 0, 0, getpid(), getpid(), geteuid(), getegid(), geteuid(), getegid(), status.msg_stime, status.msg_rtime,
                   status.msg_ctime};
  CHECK(status.msg_rtime >= received);
  for (int i = 0; i < 12; i++) EQ(fields[i], wanted[i]);
  EQ(msgctl(0, IPC_INFO, (void *)&info), last);
  setting("msgmax", 1, &value);
  EQ(info.msgmax, value);
  setting("msgmnb", 1, &value);
  EQ(info.msgmnb, value);
  setting("msgmni", 1, &value);
  EQ(info.msgmni, value);
  // The rest is said as it always was, to the last byte.
  struct { struct msginfo info; uint32_t behind; } all;
  memset(&all, 0xa5, sizeof all);
  EQ(msgctl(0, IPC_INFO, (void *)&all), last);
  EQ(all.info.msgpool, 512000);
  EQ(all.info.msgmap, 16384);
  EQ(all.info.msgssz, 16);
  EQ(all.info.msgtql, 16384);
  EQ(all.info.msgseg, 0xffff);
  EQ(((uint16_t *)&all)[15], 0);
  EQ(all.behind, 0xa5a5a5a5);
  memset(&all, 0xa5, sizeof all);
  EQ(msgctl(0, MSG_INFO, (void *)&all), last);
  EQ(all.info.msgssz, 16);
  EQ(all.info.msgseg, 0xffff);
  EQ(((uint16_t *)&all)[15], 0);
  EQ(all.behind, 0xa5a5a5a5);
  for (int i = 0; i <= last; i++) {
    memset(&status, 0, sizeof status);
    if (msgctl(i, MSG_STAT, &status) != id) continue;
    ours(&status.msg_perm, key, 0600);
    EQ(status.msg_qbytes, 150);
    found++;
  }
  EQ(found, 1);
  // There may be as many as bytes, though they have none.
  status.msg_perm.mode = 0600;
  status.msg_qbytes = 3;
  OK(msgctl(id, IPC_SET, &status));
  for (int i = 0; i < 3; i++) OK(msgsnd(id, &message, 0, IPC_NOWAIT));
  FAILS(EAGAIN, msgsnd(id, &message, 0, IPC_NOWAIT));
  for (int i = 0; i < 3; i++) EQ(msgrcv(id, &message, 100, 0, IPC_NOWAIT), 0);
  status.msg_qbytes = 150;
  OK(msgctl(id, IPC_SET, &status));
  // Messages are found by their type: the first one, one that is no greater, any other.
  for (message.type = 5; message.type > 1; message.type--) OK(msgsnd(id, &message, message.type, 0));
  EQ(msgrcv(id, &message, 100, -3, 0), 2);
  EQ(msgrcv(id, &message, 100, -3, 0), 3);
  FAILS(ENOMSG, msgrcv(id, &message, 100, -3, IPC_NOWAIT));
  EQ(msgrcv(id, &message, 100, 5, MSG_EXCEPT), 4);
  FAILS(E2BIG, msgrcv(id, &message, 4, 0, 0));
  EQ(msgrcv(id, &message, 5, 0, 0), 5);
  OK(msgctl(id, IPC_RMID, NULL));
  FAILS(EINVAL, msgctl(id, IPC_STAT, &status));
  FAILS(EINVAL, msgctl(id, IPC_RMID, NULL));
  STEP("all queues");
}

// Who may not read an object is told of it only by the commands that anybody may give.
static void stranger(void) {
  struct shmid_ds memory;
  struct semid_ds semaphores;
  struct msqid_ds messages;
  int found = 0;
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(1000, 1000, 1000));
  FAILS(EACCES, shmctl(segment, IPC_STAT, &memory));
  FAILS(EACCES, semctl(set[1], 0, IPC_STAT, (union semun){.buf = &semaphores}));
  FAILS(EACCES, msgctl(queue, IPC_STAT, &messages));
  FAILS(EACCES, (long)shmat(segment, NULL, 0));
  FAILS(EACCES, (long)shmat(segment, NULL, SHM_RDONLY));
  FAILS(EPERM, shmctl(segment, IPC_SET, &memory));
  FAILS(EPERM, shmctl(segment, IPC_RMID, NULL));
  FAILS(EPERM, shmctl(segment, SHM_LOCK, NULL));
  unsigned short values[3] = {0};
  FAILS(EACCES, semop(set[1], &(struct sembuf){0, 1, 0}, 1));
  FAILS(EACCES, semop(set[1], &(struct sembuf){0, 0, 0}, 1));
  FAILS(EACCES, semctl(set[1], 0, GETVAL));
  FAILS(EACCES, semctl(set[1], 0, GETPID));
  FAILS(EACCES, semctl(set[1], 0, GETNCNT));
  FAILS(EACCES, semctl(set[1], 0, GETALL, (union semun){.array = values}));
  FAILS(EACCES, semctl(set[1], 0, SETVAL, (union semun){.val = 1}));
  FAILS(EACCES, semctl(set[1], 0, SETALL, (union semun){.array = values}));
  FAILS(EPERM, semctl(set[1], 0, IPC_SET, (union semun){.buf = &semaphores}));
  FAILS(EPERM, semctl(set[1], 0, IPC_RMID));
  struct { long type; char text[8]; } message = {1, ""};
  FAILS(EACCES, msgsnd(queue, &message, 1, IPC_NOWAIT));
  FAILS(EACCES, msgrcv(queue, &message, 1, 0, IPC_NOWAIT));
  FAILS(EPERM, msgctl(queue, IPC_SET, &messages));
  FAILS(EPERM, msgctl(queue, IPC_RMID, NULL));
  FAILS(EACCES, shmget(MEMORY_KEY_OF(getppid()), 1, 0600));
  FAILS(EACCES, semget(SET_KEY_OF(getppid()), 1, 0600));
  FAILS(EACCES, msgget(QUEUE_KEY_OF(getppid()), 0600));
  for (int i = 0; i < 100; i++) {
    if (shmctl(i, SHM_STAT_ANY, &memory) == segment) {
      FAILS(EACCES, shmctl(i, SHM_STAT, &memory));
      found |= 1;
    }
    if (semctl(i, 0, SEM_STAT_ANY, (union semun){.buf = &semaphores}) == set[1]) {
      FAILS(EACCES, semctl(i, 0, SEM_STAT, (union semun){.buf = &semaphores}));
      found |= 2;
    }
    if (msgctl(i, MSG_STAT_ANY, &messages) == queue) {
      FAILS(EACCES, msgctl(i, MSG_STAT, &messages));
      found |= 4;
    }
  }
  EQ(found, 7);
}

int main(void) {
  begin = time(NULL);
  segment = OK(shmget(MEMORY_KEY, 5000, IPC_CREAT | 0604));
  set[0] = OK(semget(SET_KEY, 3, IPC_CREAT | 0640));
  for (int i = 1; i < 3; i++) set[i] = OK(semget(IPC_PRIVATE, 3, 0600));
  queue = OK(msgget(QUEUE_KEY, IPC_CREAT | 0620));
  start = time(NULL) + 1;
  while (time(NULL) < start) pause_ms(10);
  if (!geteuid()) {
    int other = segment;
    segment = OK(shmget(IPC_PRIVATE, 4096, 0600));
    in_child(stranger);
    OK(shmctl(segment, IPC_RMID, NULL));
    segment = other;
  }
  STEP("of strangers");
  PART(memory());
  PART(semaphores());
  PART(queues());
  return 0;
}

// Settings that root may change: names of the system by calls and by /proc/sys, limits of System V IPC and of POSIX
// message queues, and what they do. In namespaces of its own where there are any.
#include "check.h"

#include <mqueue.h>
#include <sched.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/utsname.h>

static const char *get(const char *name) {
  static char text[128];
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int file = OK(open(path, O_RDONLY)), count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  return text;
}

static long put(const char *name, const char *text, size_t length) {
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  int file = OK(open(path, O_WRONLY));
  long result = write(file, text, length);
  int error = errno;
  close(file);
  errno = error;
  return result;
}

#define SET(name, text) EQ(put(name, text, sizeof text - 1), sizeof text - 1)

int main(void) {
  int file = open("/proc/sys/kernel/msgmax", O_WRONLY);
  if (file < 0) return 0;  // not root, or settings that nobody may change
  close(file);
  if (unshare(CLONE_NEWUTS | CLONE_NEWIPC)) EQ(errno, EPERM);

  struct utsname name;
  OK(sethostname("elsewhere", 9));
  OK(uname(&name));
  STREQ(name.nodename, "elsewhere");
  STREQ(get("kernel/hostname"), "elsewhere\n");
  SET("kernel/hostname", "again\n");
  OK(uname(&name));
  STREQ(name.nodename, "again");
  OK(setdomainname("example.org", 11));
  OK(uname(&name));
  STREQ(name.domainname, "example.org");
  STREQ(get("kernel/domainname"), "example.org\n");
  FAILS(EINVAL, sethostname("x", 65));
  FAILS(EINVAL, sethostname("x", -1));
  FAILS(EFAULT, sethostname((char *)8, 3));
  STEP("names");

  int queue = OK(msgget(IPC_PRIVATE, 0600));
  struct { long type; char text[9000]; } message = {1, ""};
  FAILS(EINVAL, msgsnd(queue, &message, 9000, IPC_NOWAIT));
  SET("kernel/msgmax", "9000\n");
  STREQ(get("kernel/msgmax"), "9000\n");
  OK(msgsnd(queue, &message, 9000, IPC_NOWAIT));
  OK(msgctl(queue, IPC_RMID, NULL));
  SET("kernel/msgmnb", "100");
  queue = OK(msgget(IPC_PRIVATE, 0600));
  FAILS(EAGAIN, msgsnd(queue, &message, 101, IPC_NOWAIT));
  OK(msgsnd(queue, &message, 100, IPC_NOWAIT));
  SET("kernel/msgmni", "1");
  FAILS(ENOSPC, msgget(IPC_PRIVATE, 0600));
  OK(msgctl(queue, IPC_RMID, NULL));
  STEP("messages");

  SET("kernel/sem", "10 20 3 2\n");
  STREQ(get("kernel/sem"), "10\t20\t3\t2\n");
  FAILS(EINVAL, semget(IPC_PRIVATE, 11, 0600));
  int first = OK(semget(IPC_PRIVATE, 10, 0600)), second = OK(semget(IPC_PRIVATE, 5, 0600));
  FAILS(ENOSPC, semget(IPC_PRIVATE, 1, 0600));
  struct sembuf operations[4] = {{0, 1, 0}, {1, 1, 0}, {2, 1, 0}, {3, 1, 0}};
  FAILS(E2BIG, semop(first, operations, 4));
  OK(semop(first, operations, 3));
  OK(semctl(second, 0, IPC_RMID));
  FAILS(ENOSPC, (semget(IPC_PRIVATE, 10, 0600), semget(IPC_PRIVATE, 1, 0600)));
  STEP("semaphores");

  // What was removed counts until nobody has it, and no longer.
  SET("kernel/shmmni", "1");
  int segment = OK(shmget(IPC_PRIVATE, 1, 0600));
  void *place = shmat(segment, NULL, 0);
  CHECK(place != (void *)-1);
  FAILS(ENOSPC, shmget(IPC_PRIVATE, 1, 0600));
  OK(shmctl(segment, IPC_RMID, NULL));
  FAILS(ENOSPC, shmget(IPC_PRIVATE, 1, 0600));
  OK(shmdt(place));
  segment = OK(shmget(IPC_PRIVATE, 1, 0600));
  OK(shmctl(segment, IPC_RMID, NULL));
  segment = OK(shmget(IPC_PRIVATE, 1, 0600));
  OK(shmctl(segment, IPC_RMID, NULL));
  STEP("segments");

  SET("fs/mqueue/msg_max", "20");
  SET("fs/mqueue/msgsize_default", "256");
  STREQ(get("fs/mqueue/msg_max"), "20\n");
  mqd_t made = OK(mq_open("/settings.guest", O_CREAT | O_RDWR, 0600, NULL));
  struct mq_attr attributes;
  OK(mq_getattr(made, &attributes));
  EQ(attributes.mq_msgsize, 256);
  OK(mq_unlink("/settings.guest"));
  FAILS(EINVAL, put("fs/mqueue/msgsize_max", "1", 1));
  FAILS(EINVAL, put("kernel/msgmax", "many", 4));
  FAILS(EINVAL, put("kernel/msgmax", "-1", 2));
  STEP("message queues");

  OK(mq_close(made));
  pid_t child = OK(fork());
  if (!child) {
    // Who may have more than any limit is not asked.
    struct { uint32_t version; int pid; } header = {0x20080522, 0};
    uint32_t sets[2][3];
    OK(syscall(SYS_capget, &header, sets));
    SET("fs/mqueue/queues_max", "2");
    sets[0][0] &= ~(1 << 24);  // CAP_SYS_RESOURCE
    OK(syscall(SYS_capset, &header, sets));
    mqd_t one = OK(mq_open("/settings.1", O_CREAT | O_RDWR, 0600, NULL));
    mqd_t two = OK(mq_open("/settings.2", O_CREAT | O_RDWR, 0600, NULL));
    FAILS(ENOSPC, mq_open("/settings.3", O_CREAT | O_RDWR, 0600, NULL));
    OK(mq_close(OK(mq_open("/settings.2", O_CREAT | O_RDWR, 0600, NULL))));
    // It is there as long as it has a name or a descriptor.
    OK(mq_unlink("/settings.1"));
    FAILS(ENOSPC, mq_open("/settings.3", O_CREAT | O_RDWR, 0600, NULL));
    OK(mq_close(one));
    one = OK(mq_open("/settings.3", O_CREAT | O_RDWR, 0600, NULL));
    OK(mq_unlink("/settings.3"));
    OK(mq_unlink("/settings.2"));
    OK(mq_close(one));
    OK(mq_close(two));
    _exit(0);
  }
  int status;
  EQ(OK(waitpid(child, &status, 0)), child);
  EQ(status, 0);
  STEP("how many queues");
  return 0;
}

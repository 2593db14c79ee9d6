// Users and groups belong to a thread by the raw calls; what setuid and its kin allow whom; what a change of them hides.
#include "check.h"
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int up[2], down[2];

static void ids(unsigned real, unsigned effective, unsigned saved) {
  unsigned r, e, s;
  OK(syscall(SYS_getresuid, &r, &e, &s));
  EQ(r, real);
  EQ(e, effective);
  EQ(s, saved);
}

static void *other(void *unused) {
  char c;
  OK(syscall(SYS_setresgid, 5, 6, 7));
  OK(syscall(SYS_setresuid, -1, 1234, -1));
  ids(0, 1234, 0);
  OK(write(up[1], "x", 1));
  EQ(OK(read(down[0], &c, 1)), 1);
  ids(0, 1234, 0);
  EQ(syscall(SYS_getegid), 6);
  // A file is made by the thread's user.
  FAILS(EACCES, open("/proc/1/environ", O_RDONLY));
  OK(syscall(SYS_setresuid, -1, 0, -1));
  return unused;
}

static void setuids(void) {
  OK(syscall(SYS_setreuid, 1000, 1001));
  ids(1000, 1001, 1001);
  FAILS(EPERM, syscall(SYS_setuid, 0));
  FAILS(EPERM, syscall(SYS_setresuid, 0, -1, -1));
  OK(syscall(SYS_setreuid, 1001, 1000));
  ids(1001, 1000, 1000);
  OK(syscall(SYS_setuid, 1001));
  ids(1001, 1001, 1000);
  OK(syscall(SYS_setreuid, -1, 1000));
  ids(1001, 1000, 1000);
  OK(syscall(SYS_setresuid, 1000, 1000, 1000));
  FAILS(EPERM, syscall(SYS_setuid, 1001));
  FAILS(EINVAL, syscall(SYS_setuid, -1));
}

static void setgids(void) {
  gid_t groups[] = {7, 8};
  OK(syscall(SYS_setgroups, 2, groups));
  OK(syscall(SYS_setregid, 20, 21));
  unsigned r, e, s;
  OK(syscall(SYS_getresgid, &r, &e, &s));
  EQ(r, 20);
  EQ(e, 21);
  EQ(s, 21);
  OK(syscall(SYS_setresuid, 1000, 1000, 1000));
  FAILS(EPERM, syscall(SYS_setgroups, 0, NULL));
  FAILS(EPERM, syscall(SYS_setgid, 7));
  OK(syscall(SYS_setgid, 20));
  EQ(syscall(SYS_getegid), 20);
  EQ(getgroups(0, NULL), 2);
}

static void files(void) {
  // What is made belongs to the group that is set for files.
  EQ(setfsgid(20), 0);
  int fd = OK(open(".", O_TMPFILE | O_RDWR, 0600));
  struct stat st;
  OK(fstat(fd, &st));
  EQ(st.st_gid, 20);
  OK(close(fd));
  EQ(setfsgid(-1), 20);
  EQ(setfsgid(0), 20);

  EQ(setfsuid(1000), 0);
  EQ(setfsuid(-1), 1000);
  FAILS(EACCES, open("/proc/1/environ", O_RDONLY));
  EQ(setfsuid(0), 1000);
  OK(syscall(SYS_setresuid, -1, 1000, -1));
  EQ(setfsuid(77), 1000);
  EQ(setfsuid(0), 1000);
  EQ(setfsuid(-1), 0);
}

// A process that changes users shows others nothing of itself.
static void guarded(void) {
  EQ(prctl(PR_GET_DUMPABLE), 1);
  OK(prctl(PR_SET_PDEATHSIG, SIGKILL));
  OK(syscall(SYS_setresuid, -1, 1000, -1));
  EQ(prctl(PR_GET_DUMPABLE), 0);
  int signal = -1;
  OK(prctl(PR_GET_PDEATHSIG, &signal));
  EQ(signal, 0);
}

int main(void) {
  if (geteuid()) return 0;
  pthread_t thread;
  char c;
  OK(pipe(up));
  OK(pipe(down));
  EQ(pthread_create(&thread, NULL, other, NULL), 0);
  EQ(OK(read(up[0], &c, 1)), 1);
  ids(0, 0, 0);
  EQ(syscall(SYS_getegid), getgid());
  OK(write(down[1], "x", 1));
  EQ(pthread_join(thread, NULL), 0);
  ids(0, 0, 0);
  STEP("they belong to a thread");
  in_child(setuids);
  STEP("users");
  in_child(setgids);
  STEP("groups");
  in_child(files);
  STEP("files");
  OK(prctl(PR_SET_DUMPABLE, 1));
  in_child(guarded);
  STEP("guarded");
  return 0;
}

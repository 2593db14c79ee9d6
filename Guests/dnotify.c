// F_NOTIFY: signals that tell of the entries of a directory, once or always, until it is closed.
#include "check.h"

static sigset_t waited;

static int told(int directory) {
  struct timespec now = {0, 0};
  siginfo_t info;
  int count = 0;
  while (sigtimedwait(&waited, &info, &now) > 0) {
    EQ(info.si_fd, directory);
    EQ(info.si_code, POLL_MSG);
    count++;
  }
  EQ(errno, EAGAIN);
  return count;
}

static void make(const char *name) { OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600)))); }

int main(void) {
  sigemptyset(&waited);
  sigaddset(&waited, SIGRTMIN + 4);
  OK(sigprocmask(SIG_BLOCK, &waited, NULL));
  enter_scratch();
  OK(mkdir("sub", 0700));
  int directory = OK(open("sub", O_RDONLY | O_DIRECTORY));
  int file = OK(open("plain", O_CREAT | O_RDWR, 0600));
  FAILS(ENOTDIR, fcntl(file, F_NOTIFY, DN_MODIFY));
  OK(fcntl(directory, F_SETSIG, SIGRTMIN + 4));
  OK(fcntl(directory, F_NOTIFY, DN_CREATE | DN_DELETE));
  EQ(fcntl(directory, F_GETOWN), getpid());
  make("sub/one");
  EQ(told(directory), 1);
  make("sub/two");
  EQ(told(directory), 0);
  STEP("once");

  OK(fcntl(directory, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  make("sub/three");
  EQ(told(directory), 1);
  make("sub/four");
  EQ(told(directory), 1);
  OK(unlink("sub/three"));
  EQ(told(directory), 0);
  OK(fcntl(directory, F_NOTIFY, DN_DELETE | DN_ATTRIB | DN_RENAME));
  OK(unlink("sub/four"));
  EQ(told(directory), 1);
  OK(chmod("sub/one", 0640));
  EQ(told(directory), 1);
  OK(fcntl(directory, F_NOTIFY, 0));
  OK(unlink("sub/two"));
  EQ(told(directory), 0);
  STEP("always, and no more");

  OK(fcntl(directory, F_NOTIFY, DN_MODIFY | DN_ACCESS | DN_MULTISHOT));
  int one = OK(open("sub/one", O_RDWR));
  EQ(write(one, "text", 4), 4);
  EQ(told(directory), 1);
  char text[4];
  EQ(pread(one, text, 4, 0), 4);
  EQ(told(directory), 1);
  OK(fcntl(directory, F_NOTIFY, 0));
  OK(fcntl(directory, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
  OK(rename("sub/one", "sub/other"));
  EQ(told(directory), 1);
  OK(rename("sub/other", "one"));
  EQ(told(directory), 0);
  STEP("each kind");

  OK(fcntl(directory, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  int copy = OK(dup(directory));
  close(directory);
  make("sub/last");
  EQ(told(directory), 0);
  close(copy);
  close(one);
  close(file);
  OK(unlink("sub/last"));
  OK(unlink("one"));
  OK(unlink("plain"));
  OK(rmdir("sub"));
  STEP("closing ends it");
  return 0;
}

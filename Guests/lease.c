// Leases: who holds one hears of others before they open the file, and these wait until it is given up.
#include "check.h"

#include <sys/wait.h>

static sigset_t waited;

static int take(siginfo_t *info) {
  struct timespec limit = {10, 0};
  int signal;
  do signal = sigtimedwait(&waited, info, &limit); while (signal == -1 && errno == EINTR);
  return signal;
}

static void finish(pid_t child) {
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
}

int main(void) {
  siginfo_t info;
  sigemptyset(&waited);
  sigaddset(&waited, SIGIO);
  sigaddset(&waited, SIGRTMIN + 2);
  OK(sigprocmask(SIG_BLOCK, &waited, NULL));
  enter_scratch();

  int file = OK(open("leased", O_CREAT | O_RDWR, 0600));
  EQ(fcntl(file, F_GETLEASE), F_UNLCK);
  FAILS(EAGAIN, fcntl(file, F_SETLEASE, F_UNLCK));
  FAILS(EAGAIN, fcntl(file, F_SETLEASE, F_RDLCK));
  OK(fcntl(file, F_SETLEASE, F_WRLCK));
  EQ(fcntl(file, F_GETLEASE), F_WRLCK);
  FAILS(EINVAL, fcntl(file, F_SETLEASE, 9));
  OK(fcntl(file, F_SETLEASE, F_UNLCK));
  EQ(fcntl(file, F_GETLEASE), F_UNLCK);
  int other = OK(open("leased", O_RDONLY));
  FAILS(EAGAIN, fcntl(file, F_SETLEASE, F_WRLCK));
  close(file);
  OK(fcntl(other, F_SETLEASE, F_RDLCK));
  close(OK(open("leased", O_RDONLY)));
  OK(fcntl(other, F_SETLEASE, F_WRLCK));
  OK(fcntl(other, F_SETLEASE, F_RDLCK));
  STEP("taken and given up");

  FAILS(EWOULDBLOCK, open("leased", O_RDWR | O_NONBLOCK));
  EQ(take(&info), SIGIO);
  EQ(info.si_code, SI_KERNEL);
  EQ(fcntl(other, F_GETLEASE), F_UNLCK);
  OK(fcntl(other, F_SETLEASE, F_UNLCK));
  close(OK(open("leased", O_RDWR | O_NONBLOCK)));
  STEP("broken, and nobody waits");

  OK(fcntl(other, F_SETSIG, SIGRTMIN + 2));
  OK(fcntl(other, F_SETLEASE, F_WRLCK));
  int before[2];
  OK(pipe(before));
  pid_t child = fork();
  if (child == 0) {
    close(other);
    int mine = OK(open("leased", O_RDONLY));
    EQ(write(before[1], "o", 1), 1);
    close(mine);
    _exit(0);
  }
  EQ(take(&info), SIGRTMIN + 2);
  EQ(info.si_code, POLL_MSG);
  EQ(info.si_fd, other);
  EQ(fcntl(other, F_GETLEASE), F_RDLCK);
  OK(fcntl(before[0], F_SETFL, O_NONBLOCK));
  char byte;
  pause_ms(20);
  FAILS(EAGAIN, read(before[0], &byte, 1));
  OK(fcntl(other, F_SETLEASE, F_RDLCK));
  finish(child);
  EQ(read(before[0], &byte, 1), 1);
  EQ(fcntl(other, F_GETLEASE), F_RDLCK);
  STEP("a reader waits for the writer to give way");

  child = fork();
  if (child == 0) {
    close(other);
    OK(truncate("leased", 100));
    close(OK(open("leased", O_WRONLY)));
    _exit(0);
  }
  EQ(take(&info), SIGRTMIN + 2);
  OK(close(other));
  finish(child);
  struct stat status;
  OK(stat("leased", &status));
  EQ(status.st_size, 100);
  STEP("closing gives it up");

  other = OK(open("leased", O_RDONLY));
  OK(fcntl(other, F_SETLEASE, F_RDLCK));
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", other);
  FILE *details = fopen(path, "r");
  int shown = 0;
  while (fgets(line, sizeof line, details)) shown += strstr(line, "LEASE  ACTIVE    READ") != NULL;
  fclose(details);
  EQ(shown, 1);
  close(other);
  STEP("shown in fdinfo");

  // Who waits goes on at once when it is given up.
  other = OK(open("leased", O_RDONLY));
  OK(fcntl(other, F_SETLEASE, F_RDLCK));
  child = fork();
  if (child == 0) {
    close(other);
    alarm(15);
    close(OK(open("leased", O_WRONLY)));
    _exit(0);
  }
  EQ(take(&info), SIGIO);
  pause_ms(20);
  OK(fcntl(other, F_SETLEASE, F_UNLCK));
  finish(child);
  close(other);
  STEP("given up while one waits");

  // Only the owner of a file takes a lease on it, or who may do so with any.
  if (!geteuid() && !setresuid(0, 1000, 0)) {
    OK(setresuid(0, 0, 0));
    OK(chmod("leased", 0666));
    OK(chown("leased", 2000, 0));
    other = OK(open("leased", O_RDONLY));
    OK(fcntl(other, F_SETLEASE, F_RDLCK));
    OK(fcntl(other, F_SETLEASE, F_UNLCK));
    for (int user = 1000; user <= 2000; user += 1000) {
      child = fork();
      if (child == 0) {
        OK(setresuid(user, user, user));
        if (user == 2000) OK(fcntl(other, F_SETLEASE, F_RDLCK));
        else FAILS(EACCES, fcntl(other, F_SETLEASE, F_RDLCK));
        _exit(0);
      }
      finish(child);
    }
    close(other);
  }
  OK(unlink("leased"));
  STEP("whose file it is");
  return 0;
}

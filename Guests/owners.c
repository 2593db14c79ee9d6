// Whom the owner of a file's signals may be, by the users of who named it and of who gets them (send_sigio): each pair of users of
// either, for pipes and sockets, processes and groups.
#include "check.h"
#include <sys/socket.h>

static int ends[2], ready[2], go[2];
static sigset_t wanted;

// The receiver: with these users, it says whether the signal came by the time that it is told to look.
static pid_t receiver(uid_t real, uid_t saved) {
  pid_t pid = OK(fork());
  if (pid) return pid;
  char c;
  OK(setpgid(0, 0));
  OK(setresuid(real, real, saved));
  OK(write(ready[1], "r", 1));
  EQ(OK(read(go[0], &c, 1)), 1);
  struct timespec none = {0, 0};
  _exit(sigtimedwait(&wanted, NULL, &none) == SIGIO ? 1 : 0);
}

// Names the owner as these users.
static void name_owner(uid_t real, uid_t effective, int owner) {
  pid_t pid = OK(fork());
  int status;
  if (!pid) {
    OK(setresuid(real, effective, effective));
    OK(fcntl(ends[0], F_SETOWN, owner));
    _exit(0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
}

static int is_sent(int socket, int to_group, uid_t real, uid_t effective, uid_t its_real, uid_t its_saved) {
  char c;
  int status;
  if (socket) OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  else OK(pipe(ends));
  pid_t pid = receiver(its_real, its_saved);
  EQ(OK(read(ready[0], &c, 1)), 1);
  name_owner(3000, 3000, pid);
  // Only who named the last one counts.
  name_owner(real, effective, to_group ? -pid : pid);
  OK(fcntl(ends[0], F_SETFL, O_ASYNC));
  OK(write(ends[1], "x", 1));
  OK(write(go[1], "g", 1));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  OK(close(ends[0])), OK(close(ends[1]));
  return WEXITSTATUS(status);
}

int main(void) {
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGIO);
  OK(sigprocmask(SIG_BLOCK, &wanted, NULL));
  OK(pipe(ready)), OK(pipe(go));
  // There are others than root only where they are mapped.
  if (geteuid() || setresuid(0, 1000, 0)) return 0;
  OK(setresuid(0, 0, 0));
  static const uid_t users[] = {1000, 2000};
  for (int socket = 0; socket < 2; socket++)
    for (int to_group = 0; to_group < 2; to_group++)
      for (int n = 0; n < 16; n++) {
        uid_t real = users[n & 1], effective = users[n >> 1 & 1], its_real = users[n >> 2 & 1], its_saved = users[n >> 3 & 1];
        int may = real == its_real || real == its_saved || effective == its_real || effective == its_saved;
        if (socket != (n >> 1 & 1) && to_group) continue;
        EQ(is_sent(socket, to_group, real, effective, its_real, its_saved), may);
      }
  STEP("by users");
  // The machine's root may send any to anybody.
  if (is_host_root()) {
    EQ(is_sent(0, 0, 1000, 0, 2000, 2000), 1);
    EQ(is_sent(0, 0, 0, 0, 2000, 2000), 1);
    EQ(is_sent(0, 0, 0, 1000, 2000, 2000), 0);
    EQ(is_sent(1, 1, 0, 0, 1000, 2000), 1);
  }
  EQ(is_sent(0, 0, 0, 2000, 1000, 1000), 0);
  STEP("by root");
  return 0;
}

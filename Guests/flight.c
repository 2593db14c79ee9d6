// Sockets nested in flight: each in the queue of the next, hundreds deep; unpacked again, or closed all at once.
#include "check.h"
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { DEPTH = 300 };

static int try_put(int socket, int fd) {
  char byte = 'z', control[CMSG_SPACE(sizeof fd)];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return sendmsg(socket, &message, 0);
}

static void put(int socket, int fd) { EQ(try_put(socket, fd), 1); }

static int take(int socket) {
  int fd = -1;
  char byte, control[CMSG_SPACE(sizeof fd)];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  EQ(recvmsg(socket, &message, 0), 1);
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  CHECK(head && head->cmsg_type == SCM_RIGHTS);
  memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

// Packs `fd` into sockets of the type, and closes all of them but the outermost.
static int pack(int fd, int type, int depth) {
  for (int i = 0; i < depth; i++) {
    int pair[2];
    OK(socketpair(AF_UNIX, type, 0, pair));
    put(pair[0], fd);
    OK(close(pair[0]));
    OK(close(fd));
    fd = pair[1];
  }
  return fd;
}

// A user may have as many files in flight as a process may have open, and one more.
static void limit(void) {
  STEP("limited for each user");
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct rlimit few = {40, 40};
    OK(setrlimit(RLIMIT_NOFILE, &few));
    // The limit binds a user without privileges, and counts what all of that user's processes sent.
    if (geteuid() == 0) OK(setresuid(54321, 54321, 54321));
    int pairs[3][2], sent = 0;
    for (int i = 0; i < 3; i++) OK(socketpair(AF_UNIX, types[i], 0, pairs[i]));
    while (sent < 1000 && try_put(pairs[sent < 30 ? 0 : sent < 36 ? 1 : 2][0], 0) == 1) sent++;
    EQ(errno, ETOOMANYREFS);
    EQ(sent, 41);
    OK(close(take(pairs[0][1])));
    put(pairs[0][0], 0);
    FAILS(ETOOMANYREFS, try_put(pairs[0][0], 0));
    OK(close(pairs[2][1]));
    OK(close(pairs[2][0]));
    put(pairs[0][0], 0);
    exit(0);
  }
  int status;
  OK(waitpid(child, &status, 0));
  EQ(status, 0);
}

int main(void) {
  PART(limit());
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  static const char *const names[] = {"stream", "dgram", "seqpacket"};
  for (int i = 0; i < 3; i++) {
    STEP("%s: unpacked", names[i]);
    int ends[2];
    OK(pipe(ends));
    int fd = pack(ends[1], types[i], 20);
    for (int level = 0; level < 20; level++) {
      int inner = take(fd);
      OK(close(fd));
      fd = inner;
    }
    EQ(write(fd, "!", 1), 1);
    OK(close(fd));
    char byte;
    EQ(read(ends[0], &byte, 1), 1);
    EQ(read(ends[0], &byte, 1), 0);
    STEP("%s: closed at once", names[i]);
    OK(close(ends[0]));
    OK(pipe(ends));
    OK(close(pack(ends[1], types[i], i == 0 ? DEPTH : 20)));
    EQ(read(ends[0], &byte, 1), 0);
    OK(close(ends[0]));
  }
  return 0;
}

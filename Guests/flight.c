// Sockets nested in flight: each in the queue of the next, hundreds deep; unpacked again, or closed all at once.
#include "check.h"
#include <sys/socket.h>

enum { DEPTH = 300 };

static void put(int socket, int fd) {
  char byte = 'z', control[CMSG_SPACE(sizeof fd)];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  EQ(sendmsg(socket, &message, 0), 1);
}

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

int main(void) {
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

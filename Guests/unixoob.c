// Urgent bytes of unix stream sockets (MSG_OOB), with a rest at each state that a suspension has to keep.
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static int s[2];
static char room[64];

static void fresh(void) {
  if (s[0] > 0) OK(close(s[0])), OK(close(s[1]));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
}

static void put(const char *text, int flags) { EQ(send(s[0], text, strlen(text), flags), strlen(text)); }

// A receive gives this and no more.
static void get(const char *text, int flags) {
  memset(room, 0, sizeof room);
  EQ(recv(s[1], room, sizeof room - 1, flags | MSG_DONTWAIT), strlen(text));
  STREQ(room, text);
}

static int mark(void) {
  int at;
  OK(ioctl(s[1], SIOCATMARK, &at));
  return at;
}

static int queued(void) {
  int count;
  OK(ioctl(s[1], FIONREAD, &count));
  return count;
}

static int events(void) {
  struct pollfd p = {.fd = s[1], .events = POLLIN | POLLPRI};
  OK(poll(&p, 1, 0));
  return p.revents;
}

static volatile sig_atomic_t urgent;
static void count(int number) { urgent++; }

int main(void) {
  fresh();
  FAILS(EINVAL, recv(s[1], room, 1, MSG_OOB));
  FAILS(EOPNOTSUPP, send(s[0], "", 0, MSG_OOB));
  put("ab!", MSG_OOB);
  put("cd", 0);
  getppid();
  EQ(events(), POLLIN | POLLPRI);
  EQ(queued(), 5);
  EQ(mark(), 0);
  get("!", MSG_OOB | MSG_PEEK);
  get("ab", 0);
  EQ(mark(), 1);
  getppid();
  get("!", MSG_OOB);
  EQ(events(), POLLIN);
  FAILS(EINVAL, recv(s[1], room, 1, MSG_OOB));
  get("cd", 0);
  EQ(mark(), 0);
  EQ(queued(), 0);
  STEP("out of band");

  fresh();
  put("a!", MSG_OOB);
  put("b", 0);
  get("a", 0);
  EQ(mark(), 1);
  getppid();
  get("b", 0);
  EQ(events() & POLLPRI, 0);
  FAILS(EINVAL, recv(s[1], room, 1, MSG_OOB));
  put("?", MSG_OOB);
  FAILS(EAGAIN, recv(s[1], room, 1, MSG_DONTWAIT));
  // Looked at in pieces, with the byte before them.
  fresh();
  put("?", MSG_OOB);
  put("abcd", 0);
  char halves[2][3] = {"", ""};
  struct iovec pieces[2] = {{halves[0], 2}, {halves[1], 2}};
  struct msghdr look = {.msg_iov = pieces, .msg_iovlen = 2};
  getppid();
  EQ(recvmsg(s[1], &look, MSG_PEEK), 4);
  STREQ(halves[0], "ab");
  STREQ(halves[1], "cd");
  get("?", MSG_OOB);
  EQ(recvmsg(s[1], &look, MSG_PEEK), 4);
  STREQ(halves[1], "cd");
  get("abcd", 0);
  STEP("skipped");

  fresh();
  put("a1", MSG_OOB);
  put("b2", MSG_OOB);
  put("c", 0);
  getppid();
  get("a1b", 0);
  get("2", MSG_OOB);
  get("c", 0);
  STEP("the last one counts");

  fresh();
  put("ab", 0);
  put("!", MSG_OOB);
  get("!", MSG_OOB);
  put("cd", 0);
  getppid();
  EQ(queued(), 4);
  put("?", MSG_OOB);
  EQ(events(), POLLIN | POLLPRI);
  get("?", MSG_OOB);
  STEP("received before its turn");

  fresh();
  int one = 1;
  OK(setsockopt(s[1], SOL_SOCKET, SO_OOBINLINE, &one, sizeof one));
  put("ab!", MSG_OOB);
  put("cd", 0);
  getppid();
  FAILS(EINVAL, recv(s[1], room, 1, MSG_OOB));
  EQ(events(), POLLIN | POLLPRI);
  get("ab", 0);
  EQ(mark(), 1);
  get("!cd", 0);
  EQ(events(), 0);
  STEP("in line");

  fresh();
  signal(SIGURG, count);
  OK(fcntl(s[1], F_SETOWN, getpid()));
  struct iovec parts[2] = {{"ab", 2}, {"c!", 2}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  EQ(sendmsg(s[0], &message, MSG_OOB), 4);
  EQ(urgent, 1);
  char byte;
  parts[0] = (struct iovec){&byte, 1};
  message.msg_iovlen = 1;
  EQ(recvmsg(s[1], &message, MSG_OOB), 1);
  EQ(byte, '!');
  EQ(message.msg_flags & MSG_OOB, MSG_OOB);
  get("abc", 0);
  STEP("SIGURG");

  // A descriptor goes with the first byte, which may be the urgent one.
  fresh();
  union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control = {0};
  control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(&control.head), &s[0], sizeof(int));
  parts[0] = (struct iovec){"xy", 2};
  message = (struct msghdr){.msg_iov = parts, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  EQ(sendmsg(s[0], &message, MSG_OOB), 2);
  getppid();
  parts[0] = (struct iovec){room, sizeof room};
  EQ(recvmsg(s[1], &message, 0), 1);
  EQ(message.msg_controllen, CMSG_SPACE(sizeof(int)));
  int passed;
  memcpy(&passed, CMSG_DATA(&control.head), sizeof passed);
  OK(fcntl(passed, F_GETFD));
  OK(close(passed));
  get("y", MSG_OOB);
  STEP("with a descriptor");

  static const int others[] = {SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 2; i++) {
    int p[2];
    OK(socketpair(AF_UNIX, others[i], 0, p));
    FAILS(EOPNOTSUPP, send(p[0], "x", 1, MSG_OOB));
    FAILS(EOPNOTSUPP, recv(p[1], room, 1, MSG_OOB));
    OK(close(p[0]));
    OK(close(p[1]));
  }
  STEP("streams alone");
}

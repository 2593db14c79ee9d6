// Unix datagram sockets: sources, full queues, a peer that goes and comes again, disconnecting, timeouts.
#include "sock.h"
#include <pthread.h>

static struct sockaddr_un from;
static long receive(int s, char *bytes, size_t n, socklen_t *length) {
  *length = sizeof from;
  memset(&from, 0, sizeof from);
  return recvfrom(s, bytes, n, 0, (struct sockaddr *)&from, length);
}
static long send_to(int s, const char *name, const char *text, int flags) {
  socklen_t n;
  struct sockaddr_un a = unix_name(name, &n);
  return sendto(s, text, strlen(text), flags, (struct sockaddr *)&a, n);
}
static void *sends_late(void *s) {
  EQ(send_to((long)s, "a", "waited", 0), 6);
  return NULL;
}

int main(void) {
  enter_scratch();
  signal(SIGPIPE, SIG_IGN);
  char b[64];
  socklen_t n;
  int a = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), c = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  EQ(events_of(c), POLLOUT);
  FAILS(ENOTCONN, send(c, "x", 1, 0));
  FAILS(EOPNOTSUPP, listen(c, 1));
  FAILS(EOPNOTSUPP, accept(c, NULL, NULL));
  FAILS(ENOENT, send_to(c, "a", "x", 0));
  OK(unix_bind(a, "a"));
  EQ(send_to(c, "a", "nameless", 0), 8);
  EQ(receive(a, b, 64, &n), 8);
  EQ(n, 0);
  OK(unix_bind(c, "c"));
  EQ(send_to(c, "a", "one", 0), 3);
  EQ(send_to(c, "a", "", 0), 0);
  EQ(send_to(c, "a", "three", 0), 5);
  int size;
  OK(ioctl(a, FIONREAD, &size));
  EQ(size, 3);
  EQ(receive(a, b, 64, &n), 3);
  STREQ(from.sun_path, "c");
  EQ(n, 2 + 2);
  EQ(receive(a, b, 64, &n), 0);
  EQ(receive(a, b, 2, &n), 2);
  FAILS(EAGAIN, recv(a, b, 1, MSG_DONTWAIT));
  STEP("names and records");

  OK(unix_connect(c, "a"));
  static char huge[400000];
  FAILS(EMSGSIZE, send(c, huge, sizeof huge, 0));
  OK(unix_connect(a, "a"));  // now it hears only itself
  FAILS(EPERM, send(c, "x", 1, 0));
  FAILS(EPERM, send_to(c, "a", "x", 0));
  FAILS(EPERM, unix_connect(c, "a"));
  struct sockaddr_un none = {.sun_family = AF_UNSPEC};
  OK(connect(a, (struct sockaddr *)&none, 2));
  n = sizeof none;
  FAILS(ENOTCONN, getpeername(a, (struct sockaddr *)&none, &n));
  EQ(send(c, "again", 5, 0), 5);
  expect(a, "again");
  STEP("connecting and disconnecting");

  fcntl(c, F_SETFL, O_NONBLOCK);
  int count = 0;
  while (send(c, "fill", 4, 0) == 4) CHECK(++count < 1000);
  EQ(errno, EAGAIN);
  EQ(events_of(c), 0);
  CHECK(events_of(a) & POLLIN);
  FAILS(EAGAIN, send_to(c, "a", "x", MSG_DONTWAIT));
  fcntl(c, F_SETFL, 0);
  struct timeval soon = {0, 20000};
  OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon));
  int64_t start = now_ns(CLOCK_MONOTONIC);
  FAILS(EAGAIN, send(c, "x", 1, 0));
  // Linux counts in ticks, of which the first is not whole.
  CHECK(now_ns(CLOCK_MONOTONIC) - start >= 10000000);
  soon.tv_usec = 0;
  OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon));
  pthread_t t;
  EQ(pthread_create(&t, NULL, sends_late, (void *)(long)c), 0);
  pause_ms(1);
  for (int i = 0; i < count; i++) expect(a, "fill");
  expect(a, "waited");
  EQ(pthread_join(t, NULL), 0);
  EQ(events_of(c), POLLOUT);
  STEP("a full queue");

  soon.tv_usec = 10000;
  OK(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon));
  FAILS(EAGAIN, recv(a, b, 1, 0));
  n = sizeof soon;
  soon.tv_usec = 0;
  OK(getsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &soon, &n));
  CHECK(soon.tv_usec >= 8000 && soon.tv_usec <= 12000);
  OK(close(a));
  FAILS(ECONNREFUSED, send(c, "x", 1, 0));
  FAILS(ENOTCONN, send(c, "x", 1, 0));
  FAILS(ECONNREFUSED, unix_connect(c, "a"));
  a = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  FAILS(EADDRINUSE, unix_bind(a, "a"));
  OK(unlink("a"));
  OK(unix_bind(a, "a"));
  OK(unix_connect(c, "a"));
  EQ(send(c, "new", 3, 0), 3);
  expect(a, "new");
  OK(rename("a", "b"));
  EQ(send(c, "moved", 5, 0), 5);
  EQ(send_to(c, "b", "by its new name", 0), 15);
  expect(a, "moved");
  expect(a, "by its new name");
  OK(shutdown(a, SHUT_RD));
  FAILS(EPIPE, send(c, "x", 1, 0));
  EQ(recv(a, b, 9, 0), 0);
  OK(close(a));
  OK(close(c));
  OK(unlink("b"));
  OK(unlink("c"));
  STEP("peers that go");

  int s[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  EQ(write(s[0], "pair", 4), 4);
  EQ(recv(s[1], b, 9, MSG_PEEK | MSG_TRUNC), 4);
  EQ(receive(s[1], b, 9, &n), 4);
  EQ(n, 0);
  OK(close(s[1]));
  FAILS(ECONNREFUSED, write(s[0], "x", 1));
  OK(close(s[0]));
  struct iovec v[2] = {{b, 2}, {b + 10, 3}};
  struct mmsghdr m[3] = {0};
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  for (int i = 0; i < 3; i++) m[i].msg_hdr = (struct msghdr){.msg_iov = v, .msg_iovlen = i};
  memcpy(b, "ab", 2);
  EQ(sendmmsg(s[0], m, 3, 0), 3);
  EQ(m[0].msg_len, 0);
  EQ(m[1].msg_len, 2);
  EQ(m[2].msg_len, 5);
  EQ(write(s[0], "last one", 8), 8);
  for (int i = 0; i < 3; i++) m[i].msg_hdr = (struct msghdr){.msg_iov = v, .msg_iovlen = 2};
  EQ(recvmmsg(s[1], m, 3, 0, NULL), 3);
  EQ(m[0].msg_len, 0);
  EQ(m[1].msg_len, 2);
  EQ(recvmmsg(s[1], m, 3, MSG_WAITFORONE, NULL), 1);
  EQ(m[0].msg_len, 5);
  EQ(m[0].msg_hdr.msg_flags & MSG_TRUNC, MSG_TRUNC);
  FAILS(EAGAIN, recvmmsg(s[1], m, 3, MSG_DONTWAIT, NULL));
  struct timespec no = {0, 2000000000};
  FAILS(EINVAL, recvmmsg(s[1], m, 3, 0, &no));
  STEP("pairs, sendmmsg, recvmmsg");
  return 0;
}

// Unix stream and seqpacket sockets: pairs, names, backlog, half close, records, resets, exact errors.
#include "sock.h"
#include <pthread.h>

static void pairs(void) {
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s));
  EQ(fcntl(s[0], F_GETFD), FD_CLOEXEC);
  EQ(fcntl(s[1], F_GETFL), O_RDWR | O_NONBLOCK);
  char c[16];
  FAILS(EAGAIN, read(s[0], c, 1));
  EQ(events_of(s[0]), POLLOUT);
  EQ(write(s[1], "ab", 2), 2);
  EQ(write(s[1], "cd", 2), 2);
  EQ(events_of(s[0]), POLLIN | POLLOUT);
  int n;
  OK(ioctl(s[0], FIONREAD, &n));
  EQ(n, 4);
  EQ(recv(s[0], c, 3, MSG_PEEK), 3);
  EQ(read(s[0], c, 16), 4);
  EQ(memcmp(c, "abcd", 4), 0);
  EQ(send(s[0], c, 0, 0), 0);
  FAILS(EAGAIN, recv(s[1], c, 1, 0));
  FAILS(EINVAL, listen(s[0], 1));
  FAILS(EISCONN, sendto(s[0], "x", 1, 0, (struct sockaddr *)&(struct sockaddr_un){AF_UNIX, "x"}, 4));
  OK(shutdown(s[1], SHUT_WR));
  EQ(read(s[0], c, 1), 0);
  EQ(events_of(s[0]), POLLIN | POLLOUT | POLLRDHUP);
  EQ(events_of(s[1]), POLLOUT);
  signal(SIGPIPE, SIG_IGN);
  FAILS(EPIPE, write(s[1], "x", 1));
  EQ(write(s[0], "back", 4), 4);
  expect(s[1], "back");
  OK(shutdown(s[0], SHUT_WR));
  EQ(events_of(s[0]), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
  OK(close(s[0]));
  EQ(events_of(s[1]), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
  OK(close(s[1]));
  STEP("a pair");

  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  EQ(write(s[0], "unread", 6), 6);
  OK(close(s[1]));
  EQ(int_option(s[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
  EQ(read(s[0], c, 1), 0);
  FAILS(EPIPE, send(s[0], c, 1, MSG_NOSIGNAL));
  OK(close(s[0]));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  EQ(write(s[0], "unread", 6), 6);
  EQ(write(s[1], "tail", 4), 4);
  OK(close(s[1]));
  CHECK(events_of(s[0]) & POLLERR);
  EQ(read(s[0], c, 16), 4);
  FAILS(ECONNRESET, read(s[0], c, 1));
  EQ(read(s[0], c, 1), 0);
  OK(close(s[0]));
  STEP("reset by unread bytes");

  FAILS(EOPNOTSUPP, socketpair(AF_INET, SOCK_STREAM, 0, s));
  FAILS(EPROTONOSUPPORT, socketpair(AF_UNIX, SOCK_STREAM, 7, s));
  FAILS(ESOCKTNOSUPPORT, socketpair(AF_UNIX, SOCK_RDM, 0, s));
  FAILS(EINVAL, socketpair(AF_UNIX, 0x100 | SOCK_STREAM, 0, s));
  FAILS(ESOCKTNOSUPPORT, socketpair(AF_UNIX, 0, 0, s));
  FAILS(EINVAL, socketpair(AF_UNIX, 11, 0, s));
  FAILS(EFAULT, socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8));
  FAILS(EAFNOSUPPORT, socket(46, SOCK_STREAM, 0));
  FAILS(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
  int null = OK(open("/dev/null", O_RDWR));
  FAILS(ENOTSOCK, listen(null, 1));
  FAILS(ENOTSOCK, send(null, "x", 1, 0));
  OK(close(null));
  FAILS(EBADF, listen(99, 1));
}

static void *connector(void *name) {
  int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_connect(s, name));
  EQ(write(s, "late", 4), 4);
  OK(close(s));
  return NULL;
}

static void names(void) {
  int l = OK(socket(AF_UNIX, SOCK_STREAM, 0)), c = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  char b[200];
  struct sockaddr_un a;
  socklen_t n = sizeof a;
  FAILS(ENOTCONN, getpeername(c, (struct sockaddr *)&a, &n));
  OK(getsockname(c, (struct sockaddr *)&a, &n));
  EQ(n, 2);
  FAILS(ENOENT, unix_connect(c, "name"));
  FAILS(EINVAL, listen(l, 1));
  OK(unix_bind(l, "name"));
  struct stat st;
  OK(lstat("name", &st));
  EQ(st.st_mode & S_IFMT, S_IFSOCK);
  FAILS(ENXIO, open("name", O_RDWR));
  FAILS(EINVAL, unix_bind(l, "other"));
  FAILS(ECONNREFUSED, unix_connect(c, "name"));
  FAILS(EINVAL, accept(l, NULL, NULL));
  OK(listen(l, 1));
  EQ(int_option(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
  EQ(int_option(c, SOL_SOCKET, SO_ACCEPTCONN), 0);
  FAILS(EADDRINUSE, unix_bind(c, "name"));
  int d = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  FAILS(EPROTOTYPE, unix_connect(d, "name"));
  OK(close(d));
  OK(creat("file", 0600));
  FAILS(ECONNREFUSED, unix_connect(c, "file"));
  OK(unlink("file"));
  EQ(events_of(l), 0);
  OK(unix_connect(c, "name"));
  FAILS(EISCONN, unix_connect(c, "name"));
  n = sizeof a;
  OK(getpeername(c, (struct sockaddr *)&a, &n));
  EQ(n, 2 + 5);
  STREQ(a.sun_path, "name");
  EQ(events_of(l), POLLIN);
  EQ(write(c, "early", 5), 5);  // before it is accepted
  n = sizeof a;
  int s = OK(accept4(l, (struct sockaddr *)&a, &n, SOCK_CLOEXEC | SOCK_NONBLOCK));
  EQ(n, 2);
  EQ(fcntl(s, F_GETFL), O_RDWR | O_NONBLOCK);
  n = 4;
  OK(getsockname(s, (struct sockaddr *)&a, &n));  // cut short, the length told
  EQ(n, 7);
  expect(s, "early");
  EQ(write(s, "hello", 5), 5);
  expect(c, "hello");
  OK(close(c));
  EQ(read(s, b, 9), 0);
  OK(close(s));
  STEP("bind, listen, connect, accept");

  fcntl(l, F_SETFL, O_NONBLOCK);
  FAILS(EAGAIN, accept(l, NULL, NULL));
  int full[2];
  for (int i = 0; i < 2; i++) {
    full[i] = OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    OK(unix_connect(full[i], "name"));
  }
  c = OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  FAILS(EAGAIN, unix_connect(c, "name"));  // the backlog of 1 takes two
  pthread_t t;
  EQ(pthread_create(&t, NULL, connector, "name"), 0);
  fcntl(l, F_SETFL, 0);
  s = OK(accept(l, NULL, NULL));
  OK(close(s));
  s = OK(accept(l, NULL, NULL));
  OK(close(s));
  s = OK(accept(l, NULL, NULL));
  expect(s, "late");
  EQ(pthread_join(t, NULL), 0);
  OK(close(s));
  for (int i = 0; i < 2; i++) OK(close(full[i]));
  OK(unix_connect(c, "name"));
  OK(unlink("name"));
  int c2 = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(ENOENT, unix_connect(c2, "name"));
  OK(close(l));  // an embryo is left behind
  FAILS(ECONNRESET, recv(c, b, 1, 0));
  EQ(recv(c, b, 1, 0), 0);
  OK(close(c));
  STEP("backlog, a listener that goes");

  l = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_bind(l, "@guest\1abstract"));
  OK(listen(l, 5));
  FAILS(EADDRINUSE, unix_bind(c2, "@guest\1abstract"));
  FAILS(ECONNREFUSED, unix_connect(c2, "@guest"));
  OK(unix_connect(c2, "@guest\1abstract"));
  n = sizeof a;
  OK(getpeername(c2, (struct sockaddr *)&a, &n));
  EQ(n, 2 + 15);
  EQ(a.sun_path[0], 0);
  OK(close(l));
  OK(close(c2));
  l = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  a.sun_family = AF_UNIX;
  OK(bind(l, (struct sockaddr *)&a, 2));  // a name of the kernel's choosing
  n = sizeof a;
  OK(getsockname(l, (struct sockaddr *)&a, &n));
  EQ(n, 2 + 6);
  EQ(a.sun_path[0], 0);
    OK(close(l));
  l = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(EINVAL, bind(l, (struct sockaddr *)&a, sizeof a + 1));
  a.sun_family = AF_INET;
  FAILS(EINVAL, bind(l, (struct sockaddr *)&a, 8));
  FAILS(EFAULT, bind(l, (struct sockaddr *)8, 8));
  OK(mkdir("dir", 0700));
  FAILS(ENOENT, unix_bind(l, "none/s"));
  OK(unix_bind(l, "dir/s"));
  FAILS(ENOTDIR, unix_connect(l, "dir/s/t"));
  OK(close(l));
  OK(unlink("dir/s"));  // the name outlives the socket
  OK(rmdir("dir"));
  STEP("abstract names, autobind, bad names");
}

static void records(void) {
  int s[2];
  char b[64];
  OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
  EQ(send(s[0], "first", 5, 0), 5);
  EQ(send(s[0], "", 0, 0), 0);
  EQ(send(s[0], "second", 6, MSG_EOR), 6);
  int n;
  OK(ioctl(s[1], FIONREAD, &n));
  EQ(n, 11);
  EQ(recv(s[1], b, 3, MSG_TRUNC | MSG_PEEK), 5);
  EQ(recv(s[1], b, 3, 0), 3);
  EQ(recv(s[1], b, 9, 0), 0);
  struct iovec v = {b, 2};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  EQ(recvmsg(s[1], &m, 0), 2);
  EQ(m.msg_flags & MSG_TRUNC, MSG_TRUNC);
  EQ(write(s[1], "w", 1), 1);
  EQ(read(s[0], b, 9), 1);
  OK(shutdown(s[0], SHUT_WR));
  EQ(recv(s[1], b, 9, 0), 0);
  FAILS(EPIPE, send(s[0], b, 1, MSG_NOSIGNAL));
  EQ(send(s[1], "x", 1, 0), 1);
  OK(close(s[0]));
  FAILS(ECONNRESET, recv(s[1], b, 1, 0));
  EQ(events_of(s[1]) & (POLLHUP | POLLRDHUP | POLLIN), POLLHUP | POLLRDHUP | POLLIN);
  OK(close(s[1]));
  int l = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0)), c = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
  OK(unix_bind(l, "@packets"));
  OK(listen(l, 2));
  FAILS(ENOTCONN, recv(c, b, 1, 0));
  FAILS(ENOTCONN, send(c, b, 1, 0));
  OK(unix_connect(c, "@packets"));
  s[0] = OK(accept(l, NULL, NULL));
  EQ(send(c, "packet", 6, 0), 6);
  expect(s[0], "packet");
  OK(close(s[0]));
  OK(close(c));
  OK(close(l));
  STEP("seqpacket");
}

static int big[2];
static void *drains(void *unused) {
  static char part[5000];
  uint64_t sum = 0;
  for (long n; (n = OK(read(big[1], part, sizeof part)));)
    for (long i = 0; i < n; i++) sum = sum * 31 + (unsigned char)part[i];
  return (void *)sum;
}

int main(void) {
  enter_scratch();
  PART(pairs());
  PART(names());
  PART(records());

  static char bytes[700000];
  uint64_t sum = 0;
  for (unsigned i = 0; i < sizeof bytes; i++) sum = sum * 31 + (unsigned char)(bytes[i] = i * 7 + i / 256);
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, big));
  set_int(big[0], SOL_SOCKET, SO_SNDBUF, 20000);
  EQ(int_option(big[0], SOL_SOCKET, SO_SNDBUF), 40000);
  long sent = OK(send(big[0], bytes, sizeof bytes, MSG_DONTWAIT));
  CHECK(sent >= 8000 && sent < 200000);
  FAILS(EAGAIN, send(big[0], bytes, 1, MSG_DONTWAIT));
  EQ(events_of(big[0]), 0);
  pthread_t t;
  EQ(pthread_create(&t, NULL, drains, NULL), 0);
  EQ(send(big[0], bytes + sent, sizeof bytes - sent, 0), (long)sizeof bytes - sent);
  OK(shutdown(big[0], SHUT_WR));
  void *result;
  EQ(pthread_join(t, &result), 0);
  EQ((uint64_t)result, sum);
  STEP("700 kB through a small buffer: %016lx", sum);
  return 0;
}

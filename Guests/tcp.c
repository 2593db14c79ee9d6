// TCP over loopback, IPv4 and IPv6: listen, connect, half close, resets, non-blocking connect, backlog, reuse of addresses, exact errors.
#include "sock.h"
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

static void life(void) {
  int port, l = tcp_listener(&port), c = OK(socket(AF_INET, SOCK_STREAM, 0));
  char b[64];
  EQ(events_of(l), 0);
  EQ(events_of(c), POLLOUT | POLLHUP);
  FAILS(ENOTCONN, recv(c, b, 1, 0));
  FAILS(EPIPE, send(c, b, 1, MSG_NOSIGNAL));
  int unused = OK(socket(AF_INET, SOCK_STREAM, 0));
  FAILS(ENOTCONN, shutdown(unused, SHUT_WR));
  FAILS(EINVAL, shutdown(unused, 3));
  OK(close(unused));
  FAILS(EINVAL, accept(c, NULL, NULL));
  FAILS(ENOTCONN, recv(l, b, 1, 0));
  struct sockaddr_in a = in4("127.0.0.1", port), from;
  socklen_t n = sizeof from;
  FAILS(ENOTCONN, getpeername(c, (struct sockaddr *)&from, &n));
  OK(connect(c, SA(a)));
  FAILS(EISCONN, connect(c, SA(a)));
  FAILS(EISCONN, connect(l, SA(a)));
  EQ(events_of(l), POLLIN);
  EQ(send(c, "early", 5, 0), 5);
  n = sizeof from;
  int s = OK(accept4(l, (struct sockaddr *)&from, &n, SOCK_CLOEXEC));
  EQ(n, sizeof from);
  EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  EQ(ntohs(from.sin_port), port_of(c));
  EQ(port_of(s), port);
  n = sizeof from;
  OK(getpeername(c, (struct sockaddr *)&from, &n));
  EQ(ntohs(from.sin_port), port);
  EQ(events_of(c), POLLOUT);
  expect(s, "early");
  EQ(send(s, "abc", 3, MSG_MORE), 3);
  EQ(send(s, "def", 3, 0), 3);
  EQ(recv(c, b, 2, MSG_PEEK), 2);
  EQ(recv(c, b, 6, MSG_WAITALL), 6);
  EQ(memcmp(b, "abcdef", 6), 0);
  FAILS(EAGAIN, recv(c, b, 1, MSG_DONTWAIT));
  EQ(send(s, "skipped", 7, 0), 7);
  EQ(recv(c, NULL, 7, MSG_TRUNC), 7);  // TCP throws away what is asked for so
  int count;
  EQ(send(s, "12345", 5, 0), 5);
  OK(ioctl(c, FIONREAD, &count));
  EQ(count, 5);
  FAILS(EINVAL, ioctl(l, FIONREAD, &count));
  OK(shutdown(s, SHUT_WR));
  EQ(events_of(c), POLLIN | POLLOUT | POLLRDHUP);
  expect(c, "12345");
  EQ(recv(c, b, 1, 0), 0);
  FAILS(EPIPE, send(s, b, 1, MSG_NOSIGNAL));
  EQ(send(c, "still", 5, 0), 5);
  expect(s, "still");
  OK(shutdown(c, SHUT_WR));
  EQ(events_of(c), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
  EQ(recv(s, b, 1, 0), 0);
  OK(close(c));
  OK(close(s));
  OK(close(l));
  STEP("a connection's life");
}

static void ends(void) {
  int s[2];
  char b[64];
  tcp_pair(s);
  OK(close(s[1]));
  EQ(events_of(s[0]), POLLIN | POLLOUT | POLLRDHUP);
  EQ(send(s[0], "x", 1, MSG_NOSIGNAL), 1);  // answered with a reset
  CHECK(events_of(s[0]) & POLLHUP);
  FAILS(EPIPE, send(s[0], "x", 1, MSG_NOSIGNAL));
  EQ(recv(s[0], b, 1, 0), 0);
  OK(close(s[0]));
  tcp_pair(s);
  EQ(send(s[0], "unread", 6, 0), 6);
  EQ(send(s[1], "tail", 4, 0), 4);
  OK(close(s[1]));
  EQ(events_of(s[0]), POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR);
  expect(s[0], "tail");
  FAILS(ECONNRESET, recv(s[0], b, 1, 0));
  EQ(recv(s[0], b, 1, 0), 0);
  FAILS(EPIPE, send(s[0], "x", 1, MSG_NOSIGNAL));
  OK(close(s[0]));
  tcp_pair(s);
  struct linger hard = {1, 0};
  OK(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  OK(close(s[1]));
  FAILS(ECONNRESET, send(s[0], "x", 1, 0));
  FAILS(ENOTCONN, getpeername(s[0], (struct sockaddr *)b, &(socklen_t){16}));
  OK(close(s[0]));
  tcp_pair(s);
  OK(shutdown(s[0], SHUT_RD));
  EQ(recv(s[0], b, 1, 0), 0);
  EQ(send(s[1], "late", 4, 0), 4);
  expect(s[0], "late");
  OK(shutdown(s[0], SHUT_RDWR));
  OK(close(s[0]));
  EQ(recv(s[1], b, 9, 0), 0);
  OK(close(s[1]));
  tcp_pair(s);
  struct sockaddr_in none = {.sin_family = AF_UNSPEC};
  OK(connect(s[0], SA(none)));  // hangs up
  FAILS(ECONNRESET, recv(s[1], b, 1, 0));
  EQ(events_of(s[0]), POLLOUT | POLLHUP | POLLERR);
  EQ(int_option(s[0], SOL_SOCKET, SO_ERROR), ECONNRESET);
  OK(close(s[0]));
  OK(close(s[1]));
  STEP("ways to end");
}

static void *accepts(void *l) {
  pause_ms(1);
  for (int i = 0; i < 4; i++) {
    int s = OK(accept((long)l, NULL, NULL));
    EQ(send(s, "in", 2, 0), 2);
    OK(close(s));
  }
  return NULL;
}

static void connecting(void) {
  int port, l = tcp_listener(&port), c = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  struct sockaddr_in a = in4("127.0.0.1", port);
  FAILS(EINPROGRESS, connect(c, SA(a)));
  struct pollfd p = {c, POLLOUT, 0};
  EQ(poll(&p, 1, -1), 1);
  EQ(p.revents, POLLOUT);
  EQ(int_option(c, SOL_SOCKET, SO_ERROR), 0);
  OK(connect(c, SA(a)));  // so it was
  FAILS(EISCONN, connect(c, SA(a)));
  OK(close(c));
  OK(close(l));
  c = OK(socket(AF_INET, SOCK_STREAM, 0));
  FAILS(ECONNREFUSED, connect(c, SA(a)));
  FAILS(ECONNREFUSED, connect(c, SA(a)));
  fcntl(c, F_SETFL, O_NONBLOCK);
  FAILS(EINPROGRESS, connect(c, SA(a)));
  p.fd = c;
  EQ(poll(&p, 1, -1), 1);
  EQ(p.revents, POLLOUT | POLLERR | POLLHUP);
  EQ(int_option(c, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
  EQ(int_option(c, SOL_SOCKET, SO_ERROR), 0);
  FAILS(ECONNABORTED, connect(c, SA(a)));  // the attempt is over
  FAILS(EAFNOSUPPORT, connect(c, (struct sockaddr *)&(struct sockaddr_in6){.sin6_family = AF_INET6}, 28));
  FAILS(EINVAL, connect(c, (struct sockaddr *)&a, 15));
  OK(close(c));

  // A full backlog has connecting wait.
  l = OK(socket(AF_INET, SOCK_STREAM, 0));
  a.sin_port = 0;
  OK(bind(l, SA(a)));
  OK(listen(l, 1));
  a.sin_port = htons(port_of(l));
  int fd[4];
  for (int i = 0; i < 2; i++) {
    fd[i] = OK(socket(AF_INET, SOCK_STREAM, 0));
    OK(connect(fd[i], SA(a)));
  }
  pthread_t t;
  EQ(pthread_create(&t, NULL, accepts, (void *)(long)l), 0);
  for (int i = 2; i < 4; i++) {
    fd[i] = OK(socket(AF_INET, SOCK_STREAM, 0));
    OK(connect(fd[i], SA(a)));
  }
  for (int i = 0; i < 4; i++) {
    expect(fd[i], "in");
    OK(close(fd[i]));
  }
  EQ(pthread_join(t, NULL), 0);
  // Those that nobody accepted are reset with their listener.
  fd[0] = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(fd[0], SA(a)));
  OK(close(l));
  FAILS(ECONNRESET, recv(fd[0], fd, 1, 0));
  OK(close(fd[0]));
  STEP("connecting without waiting, refused, with a full backlog");
}

// The ports below 1024 are root's.
static void low_ports(void) {
  if (!geteuid()) OK(setresuid(1000, 1000, 1000));
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
    static const struct { int port, error; } ports[] = {{0, 0}, {1, EACCES}, {80, EACCES}, {1023, EACCES}, {1024, 0}};
    for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++) {
      int s = OK(socket(AF_INET, type, 0));
      struct sockaddr_in a = in4("127.0.0.1", ports[i].port);
      if (ports[i].error) FAILS(EACCES, bind(s, SA(a)));
      else OK(bind(s, SA(a)));
      OK(close(s));
    }
  }
}

static void addresses(void) {
  struct sockaddr_in a = in4("127.0.0.1", 0), any = in4("0.0.0.0", 0), other = in4("127.0.0.2", 0);
  int l = OK(socket(AF_INET, SOCK_STREAM, 0)), s = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(bind(l, SA(a)));
  int port = port_of(l);
  CHECK(port >= 32768 && port < 61000);
  a.sin_port = any.sin_port = other.sin_port = htons(port);
  FAILS(EINVAL, bind(l, SA(a)));
  FAILS(EADDRINUSE, bind(s, SA(a)));
  FAILS(EADDRINUSE, bind(s, SA(any)));
  OK(bind(s, SA(other)));  // the same port of another address
  OK(listen(l, 1));
  OK(listen(s, 1));
  OK(close(s));
  s = OK(socket(AF_INET, SOCK_STREAM, 0));
  set_int(l, SOL_SOCKET, SO_REUSEADDR, 1);
  set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
  FAILS(EADDRINUSE, bind(s, SA(a)));  // not beside one that listens
  int c = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(c, SA(any)));  // this host
  int t = OK(accept(l, NULL, NULL));
  OK(close(l));
  OK(bind(s, SA(a)));  // beside a connection it may
  OK(listen(s, 1));
  OK(close(t));
  OK(close(c));
  OK(close(s));
  for (int i = 0; i < 2; i++) {
    l = OK(socket(AF_INET, SOCK_STREAM, 0));
    s = OK(socket(AF_INET, SOCK_STREAM, 0));
    set_int(l, SOL_SOCKET, i ? SO_REUSEPORT : SO_REUSEADDR, 1);
    set_int(s, SOL_SOCKET, i ? SO_REUSEPORT : SO_REUSEADDR, 1);
    a.sin_port = 0;
    OK(bind(l, SA(a)));
    a.sin_port = htons(port_of(l));
    OK(bind(s, SA(a)));
    OK(listen(l, 1));
    if (i) OK(listen(s, 1));
    else FAILS(EADDRINUSE, listen(s, 1));
    OK(close(l));
    OK(close(s));
  }
  s = OK(socket(AF_INET, SOCK_STREAM, 0));
  struct sockaddr_in far = in4("203.0.113.1", 0);
  FAILS(EADDRNOTAVAIL, bind(s, SA(far)));
  FAILS(EINVAL, bind(s, (struct sockaddr *)&a, 8));
  a.sin_family = AF_INET6;
  FAILS(EAFNOSUPPORT, bind(s, SA(a)));
  OK(listen(s, 1));  // a port is found for it
  CHECK(port_of(s) != 0);
  OK(close(s));
  in_child(low_ports);
  STEP("addresses and their reuse");
}

static void six(void) {
  int l = OK(socket(AF_INET6, SOCK_STREAM, 0)), c = OK(socket(AF_INET6, SOCK_STREAM, 0));
  struct sockaddr_in6 any = in6("::", 0), from, to;
  EQ(int_option(l, IPPROTO_IPV6, IPV6_V6ONLY), 0);
  OK(bind(l, SA(any)));
  OK(listen(l, 4));
  int port = port_of(l);
  to = in6("::1", port);
  OK(connect(c, SA(to)));
  socklen_t n = sizeof from;
  int s = OK(accept(l, (struct sockaddr *)&from, &n));
  EQ(n, sizeof from);
  CHECK(IN6_IS_ADDR_LOOPBACK(&from.sin6_addr));
  OK(close(s));
  OK(close(c));
  // IPv4 reaches it too, by a mapped address.
  c = OK(socket(AF_INET, SOCK_STREAM, 0));
  struct sockaddr_in four = in4("127.0.0.1", port);
  OK(connect(c, SA(four)));
  n = sizeof from;
  s = OK(accept(l, (struct sockaddr *)&from, &n));
  char text[64];
  inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text);
  STREQ(text, "::ffff:127.0.0.1");
  EQ(send(c, "four", 4, 0), 4);
  expect(s, "four");
  OK(close(s));
  OK(close(c));
  c = OK(socket(AF_INET6, SOCK_STREAM, 0));
  to = in6("::ffff:127.0.0.1", port);
  OK(connect(c, SA(to)));
  s = OK(accept(l, NULL, NULL));
  OK(close(s));
  OK(close(c));
  c = OK(socket(AF_INET, SOCK_STREAM, 0));
  four = in4("0.0.0.0", port);
  FAILS(EADDRINUSE, bind(c, SA(four)));
  OK(close(l));
  l = OK(socket(AF_INET6, SOCK_STREAM, 0));
  set_int(l, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  OK(bind(l, SA(any)));
  four = in4("0.0.0.0", port_of(l));
  OK(bind(c, SA(four)));  // two worlds
  OK(listen(l, 1));
  OK(listen(c, 1));
  FAILS(EINVAL, setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, 4));
  OK(close(l));
  OK(close(c));
  STEP("IPv6, mapped and alone");
}

static int ends_of_big[2];
static void *drains(void *unused) {
  static char part[9000];
  uint64_t sum = 0;
  for (long n; (n = OK(read(ends_of_big[1], part, sizeof part)));)
    for (long i = 0; i < n; i++) sum = sum * 31 + (unsigned char)part[i];
  return (void *)sum;
}

static void bulk(void) {
  enter_scratch();
  static char bytes[1000000];
  uint64_t sum = 0;
  for (int round = 0; round < 2; round++)
    for (unsigned i = 0; i < sizeof bytes; i++) sum = sum * 31 + (unsigned char)(bytes[i] = i * 7 + i / 256);
  tcp_pair(ends_of_big);
  set_int(ends_of_big[0], SOL_SOCKET, SO_SNDBUF, 30000);
  pthread_t t;
  EQ(pthread_create(&t, NULL, drains, NULL), 0);
  EQ(send(ends_of_big[0], bytes, sizeof bytes, 0), (long)sizeof bytes);
  int f = OK(open("file", O_RDWR | O_CREAT, 0600));
  OK(unlink("file"));
  EQ(write(f, bytes, sizeof bytes), (long)sizeof bytes);
  off_t at = 0;
  while (at < (off_t)sizeof bytes) OK(sendfile(ends_of_big[0], f, &at, sizeof bytes));
  OK(close(f));
  OK(shutdown(ends_of_big[0], SHUT_WR));
  void *result;
  EQ(pthread_join(t, &result), 0);
  EQ((uint64_t)result, sum);
  STEP("2 MB, half of it by sendfile: %016lx", sum);
  int p[2];
  OK(pipe(p));
  EQ(write(p[1], "spliced", 7), 7);
  EQ(splice(p[0], NULL, ends_of_big[1], NULL, 7, 0), 7);
  EQ(splice(ends_of_big[0], NULL, p[1], NULL, 4, 0), 4);
  char b[16];
  EQ(read(p[0], b, 16), 4);
  EQ(memcmp(b, "spli", 4), 0);
  expect(ends_of_big[0], "ced");
  OK(close(ends_of_big[0]));
  OK(close(ends_of_big[1]));
  STEP("splice");
}

static void processes(void) {
  int port, l = tcp_listener(&port);
  struct sockaddr_in a = in4("127.0.0.1", port);
  for (int i = 0; i < 3; i++)
    if (!OK(fork())) {
      OK(close(l));
      int c = OK(socket(AF_INET, SOCK_STREAM, 0));
      OK(connect(c, SA(a)));
      char b = 'a' + i;
      EQ(send(c, &b, 1, 0), 1);
      EQ(recv(c, &b, 1, 0), 1);
      _exit(b);
    }
  int sum = 0;
  for (int i = 0; i < 3; i++) {
    int s = OK(accept(l, NULL, NULL));
    char b;
    EQ(recv(s, &b, 1, 0), 1);
    sum += b;
    b -= 'a';
    EQ(send(s, &b, 1, 0), 1);
    OK(close(s));
  }
  EQ(sum, 'a' + 'b' + 'c');
  for (int i = 0; i < 3; i++) {
    int status;
    OK(wait(&status));
    sum += WEXITSTATUS(status);
  }
  EQ(sum, 'a' + 'b' + 'c' + 3);
  OK(close(l));
  STEP("three processes and a server");
}

int main(void) {
  PART(life());
  PART(ends());
  PART(connecting());
  PART(addresses());
  PART(six());
  PART(bulk());
  PART(processes());
  FAILS(EPROTONOSUPPORT, socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  FAILS(ESOCKTNOSUPPORT, socket(AF_INET, SOCK_SEQPACKET, 0));
  return 0;
}

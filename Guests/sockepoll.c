// Which events sockets tell poll, select and epoll, and when: level, edge, one-shot, nested; on every change of their state.
#include "sock.h"
#include <sys/epoll.h>
#include <sys/select.h>

static int ep;
static uint32_t next(void) {
  struct epoll_event e[4];
  int n = OK(epoll_wait(ep, e, 4, 0));
  CHECK(n <= 1);
  return n ? e[0].events : 0;
}
static void watch(int fd, uint32_t events) {
  struct epoll_event e = {events, {.fd = fd}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

static void edges(int s[2]) {
  char b[64];
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  EQ(next(), EPOLLOUT);
  EQ(next(), 0);
  send_all(s[1], "one", 3);
  EQ(next(), EPOLLIN | EPOLLOUT);
  EQ(next(), 0);
  send_all(s[1], "two", 3);  // each arrival is an edge
  EQ(next(), EPOLLIN | EPOLLOUT);
  EQ(recv(s[0], b, 2, 0), 2);
  EQ(next(), 0);  // a partial read is none
  EQ(recv(s[0], b, 64, 0), 4);
  EQ(next(), 0);
  // Room that comes back is one.
  OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
  static char big[1 << 20];
  long total = 0;
  for (long n; (n = send(s[0], big, sizeof big, 0)) > 0;) total += n;
  EQ(errno, EAGAIN);
  EQ(next(), 0);
  while (total > 0) total -= OK(recv(s[1], big, sizeof big, 0));
  EQ(next(), EPOLLOUT);
  EQ(next(), 0);
  OK(shutdown(s[1], SHUT_WR));
  EQ(next(), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  EQ(next(), 0);
  OK(close(s[1]));
  OK(close(s[0]));
  OK(close(ep));
}

static void levels(int s[2]) {
  char b[64];
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN);
  EQ(next(), 0);
  send_all(s[1], "level", 5);
  EQ(next(), EPOLLIN);
  EQ(next(), EPOLLIN);
  EQ(recv(s[0], b, 64, 0), 5);
  EQ(next(), 0);
  struct epoll_event e = {EPOLLIN | EPOLLONESHOT, {.fd = s[0]}};
  OK(epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &e));
  send_all(s[1], "once", 4);
  EQ(next(), EPOLLIN);
  EQ(next(), 0);
  OK(epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &e));
  EQ(next(), EPOLLIN);
  EQ(recv(s[0], b, 64, 0), 4);
  // A set in a set.
  int inner = ep;
  e.events = EPOLLIN;
  OK(epoll_ctl(inner, EPOLL_CTL_MOD, s[0], &e));
  ep = OK(epoll_create1(0));
  watch(inner, EPOLLIN);
  EQ(next(), 0);
  send_all(s[1], "in", 2);
  EQ(next(), EPOLLIN);
  EQ(recv(s[0], b, 64, 0), 2);
  EQ(next(), 0);
  OK(close(inner));
  OK(close(ep));
  fd_set r, w;
  FD_ZERO(&r);
  FD_ZERO(&w);
  FD_SET(s[0], &r);
  FD_SET(s[0], &w);
  struct timeval none = {0, 0};
  EQ(select(s[0] + 1, &r, &w, NULL, &none), 1);
  CHECK(!FD_ISSET(s[0], &r) && FD_ISSET(s[0], &w));
  OK(close(s[1]));
  FD_SET(s[0], &r);
  EQ(select(s[0] + 1, &r, &w, NULL, &none), 2);
  OK(close(s[0]));
}

static void listeners(int l, int c, const void *a, socklen_t n) {
  ep = OK(epoll_create1(0));
  watch(l, EPOLLIN | EPOLLET);
  EQ(next(), 0);
  OK(connect(c, a, n));
  EQ(next(), EPOLLIN);
  EQ(next(), 0);
  struct pollfd p = {l, POLLIN, 0};
  EQ(poll(&p, 1, -1), 1);
  int s = OK(accept(l, NULL, NULL));
  EQ(next(), 0);
  p = (struct pollfd){s, POLLIN, 0};
  send_all(c, "x", 1);
  EQ(poll(&p, 1, -1), 1);
  OK(close(s));
  OK(close(c));
  OK(close(l));
  OK(close(ep));
}

int main(void) {
  int s[2];
  signal(SIGPIPE, SIG_IGN);
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  edges(s);
  STEP("unix, edges");
  tcp_pair(s);
  edges(s);
  STEP("tcp, edges");
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  levels(s);
  OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
  levels(s);
  tcp_pair(s);
  levels(s);
  STEP("levels, one-shot, nested, select");

  socklen_t n;
  struct sockaddr_un u = unix_name("@guest-epoll", &n);
  int l = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(bind(l, (struct sockaddr *)&u, n));
  OK(listen(l, 4));
  listeners(l, OK(socket(AF_UNIX, SOCK_STREAM, 0)), &u, n);
  int port;
  l = tcp_listener(&port);
  struct sockaddr_in a = in4("127.0.0.1", port);
  listeners(l, OK(socket(AF_INET, SOCK_STREAM, 0)), &a, sizeof a);
  STEP("listeners");

  // A connection that is refused tells who waits for it.
  int c = OK(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  ep = OK(epoll_create1(0));
  watch(c, EPOLLIN | EPOLLOUT | EPOLLET);
  EQ(next(), EPOLLOUT | EPOLLHUP);
  FAILS(EINPROGRESS, connect(c, SA(a)));
  EQ(next(), EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP);
  OK(close(c));
  OK(close(ep));
  tcp_pair(s);
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  EQ(next(), EPOLLOUT);
  send_all(s[0], "unread", 6);
  OK(close(s[1]));
  EQ(next(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
  OK(close(s[0]));
  OK(close(ep));
  STEP("refusal and reset");
  return 0;
}

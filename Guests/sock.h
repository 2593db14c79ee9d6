// What guests about sockets share: addresses, and buffers that are sent and come back whole.
#pragma once
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

// A unix name; one that starts with @ is abstract. `*length` is what bind and connect want.
__attribute__((unused)) static struct sockaddr_un unix_name(const char *name, socklen_t *length) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  size_t n = strlen(name);
  memcpy(a.sun_path, name, n);
  if (name[0] == '@') a.sun_path[0] = 0;
  *length = offsetof(struct sockaddr_un, sun_path) + n + (name[0] != '@');
  return a;
}
__attribute__((unused)) static int unix_bind(int s, const char *name) {
  socklen_t n;
  struct sockaddr_un a = unix_name(name, &n);
  return bind(s, (struct sockaddr *)&a, n);
}
__attribute__((unused)) static int unix_connect(int s, const char *name) {
  socklen_t n;
  struct sockaddr_un a = unix_name(name, &n);
  return connect(s, (struct sockaddr *)&a, n);
}

__attribute__((unused)) static struct sockaddr_in in4(const char *text, int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  EQ(inet_pton(AF_INET, text, &a.sin_addr), 1);
  return a;
}
__attribute__((unused)) static struct sockaddr_in6 in6(const char *text, int port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  EQ(inet_pton(AF_INET6, text, &a.sin6_addr), 1);
  return a;
}
#define SA(a) (struct sockaddr *)&(a), sizeof(a)

// The port a socket is bound to.
__attribute__((unused)) static int port_of(int s) {
  struct sockaddr_in6 a;
  socklen_t n = sizeof a;
  OK(getsockname(s, (struct sockaddr *)&a, &n));
  return ntohs(a.sin6_port);
}

// A TCP socket that listens on 127.0.0.1 and a port of its own.
__attribute__((unused)) static int tcp_listener(int *port) {
  int s = OK(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct sockaddr_in a = in4("127.0.0.1", 0);
  OK(bind(s, SA(a)));
  OK(listen(s, 8));
  *port = port_of(s);
  return s;
}
// Both ends of a TCP connection.
__attribute__((unused)) static void tcp_pair(int ends[2]) {
  int port, l = tcp_listener(&port);
  struct sockaddr_in a = in4("127.0.0.1", port);
  ends[0] = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(ends[0], SA(a)));
  ends[1] = OK(accept(l, NULL, NULL));
  OK(close(l));
}

// Which of these events there are now.
__attribute__((unused)) static int events_of(int s) {
  struct pollfd p = {s, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0};
  OK(poll(&p, 1, 0));
  return p.revents;
}

__attribute__((unused)) static int int_option(int s, int level, int name) {
  int value = -1;
  socklen_t n = sizeof value;
  OK(getsockopt(s, level, name, &value, &n));
  EQ(n, sizeof value);
  return value;
}
__attribute__((unused)) static void set_int(int s, int level, int name, int value) {
  OK(setsockopt(s, level, name, &value, sizeof value));
}

__attribute__((unused)) static void send_all(int s, const void *bytes, size_t n) { EQ(send(s, bytes, n, 0), (long)n); }
__attribute__((unused)) static void expect(int s, const char *text) {
  char got[256];
  long n = OK(recv(s, got, sizeof got - 1, 0));
  got[n] = 0;
  STREQ(got, text);
}

// What a socket that is accepted has of its listener: each option that was set there, timeouts, linger, buffers; not the descriptor's flags.
// QEMU: qemu-user 7.2 knows some of the options only.
#include "sock.h"
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/time.h>

struct option { const char *name; int level, option, value; };
#define O(level, option, value) {#option, level, option, value}
static const struct option general[] = {
    O(SOL_SOCKET, SO_KEEPALIVE, 1), O(SOL_SOCKET, SO_OOBINLINE, 1), O(SOL_SOCKET, SO_RCVBUF, 30000), O(SOL_SOCKET, SO_SNDBUF, 40000),
    O(SOL_SOCKET, SO_RCVLOWAT, 3), O(SOL_SOCKET, SO_REUSEADDR, 1), O(SOL_SOCKET, SO_DONTROUTE, 1),
    O(SOL_SOCKET, SO_TIMESTAMP, 1), O(SOL_SOCKET, SO_BROADCAST, 1), O(SOL_SOCKET, SO_NO_CHECK, 1),
    O(IPPROTO_TCP, TCP_NODELAY, 1), O(IPPROTO_TCP, TCP_KEEPIDLE, 77), O(IPPROTO_TCP, TCP_KEEPINTVL, 11), O(IPPROTO_TCP, TCP_KEEPCNT, 4),
    O(IPPROTO_TCP, TCP_USER_TIMEOUT, 4321), O(IPPROTO_TCP, TCP_LINGER2, 17), O(IPPROTO_TCP, TCP_SYNCNT, 3),
    O(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000)};
static const struct option v4[] = {
    O(IPPROTO_IP, IP_TOS, 0x10), O(IPPROTO_IP, IP_TTL, 33), O(IPPROTO_IP, IP_RECVTTL, 1), O(IPPROTO_IP, IP_RECVTOS, 1),
    O(IPPROTO_IP, IP_PKTINFO, 1), O(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)};
static const struct option v6[] = {
    O(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44),
    O(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), O(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), O(IPPROTO_IPV6, IPV6_RECVTCLASS, 1)};

static int value(int fd, const struct option *o) {
  int result = -1;
  socklen_t size = sizeof result;
  if (getsockopt(fd, o->level, o->option, &result, &size)) fail_at(__FILE__, __LINE__, "%s: errno %d", o->name, errno);
  return result;
}

static void set(int fd, const struct option *options, int count) {
  for (const struct option *o = options; o < options + count; o++) {
    int before = value(fd, o);
    if (setsockopt(fd, o->level, o->option, &o->value, sizeof o->value)) fail_at(__FILE__, __LINE__, "%s: errno %d", o->name, errno);
    if (value(fd, o) == before) fail_at(__FILE__, __LINE__, "%s stays %d", o->name, before);
  }
}

static void compare(int listener, int child, const struct option *options, int count) {
  for (const struct option *o = options; o < options + count; o++)
    if (value(child, o) != value(listener, o))
      fail_at(__FILE__, __LINE__, "%s is %d, not %d", o->name, value(child, o), value(listener, o));
}
#define COUNT(a) (int)(sizeof a / sizeof *a)

static int listening(int family) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = OK(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  OK(family == AF_INET ? bind(fd, (struct sockaddr *)&four, sizeof four) : bind(fd, (struct sockaddr *)&six, sizeof six));
  OK(listen(fd, 5));
  return fd;
}

static int connected(int listener) {
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  OK(getsockname(listener, (struct sockaddr *)&name, &size));
  int fd = OK(socket(name.ss_family, SOCK_STREAM, 0));
  OK(connect(fd, (struct sockaddr *)&name, size));
  return fd;
}

static int accepted(int listener) {
  struct pollfd ready = {listener, POLLIN, 0};
  EQ(OK(poll(&ready, 1, -1)), 1);
  return OK(accept(listener, NULL, NULL));
}

static void tcp(int family, const struct option *own, int count) {
  int listener = listening(family);
  set(listener, general, COUNT(general));
  set(listener, own, count);
  int client = connected(listener), child = accepted(listener);
  compare(listener, child, general, COUNT(general));
  compare(listener, child, own, count);
  EQ(fcntl(child, F_GETFL) & O_NONBLOCK, 0);
  EQ(fcntl(child, F_GETFD), 0);
  // Set later, it does not reach those that are there.
  int off = 0;
  OK(setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off));
  EQ(value(child, &general[0]), 1);
  OK(close(child));
  OK(close(client));
  OK(close(listener));
}

static void structures(void) {
  int listener = listening(AF_INET);
  struct linger linger = {1, 12};
  struct timeval in = {3, 500000}, out = {4, 500000}, time;
  socklen_t size;
  OK(setsockopt(listener, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &in, sizeof in));
  OK(setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &out, sizeof out));
  int client = connected(listener), child = accepted(listener);
  memset(&linger, 0, sizeof linger);
  size = sizeof linger;
  OK(getsockopt(child, SOL_SOCKET, SO_LINGER, &linger, &size));
  CHECK(linger.l_onoff == 1 && linger.l_linger == 12);
  size = sizeof time;
  OK(getsockopt(child, SOL_SOCKET, SO_RCVTIMEO, &time, &size));
  CHECK(time.tv_sec == 3 && time.tv_usec == 500000);
  OK(getsockopt(child, SOL_SOCKET, SO_SNDTIMEO, &time, &size));
  EQ(time.tv_sec, 4);
  EQ(time.tv_usec, 500000);
  linger = (struct linger){0, 0};
  OK(setsockopt(child, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  OK(close(child));
  OK(close(client));
  OK(close(listener));
}

int main(void) {
  PART(tcp(AF_INET, v4, COUNT(v4)));
  STEP("IPv4");
  PART(tcp(AF_INET6, v6, COUNT(v6)));
  STEP("IPv6");
  PART(structures());
  STEP("structures");
  return 0;
}

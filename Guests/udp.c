// UDP over loopback, IPv4 and IPv6: sources, connected sockets, refusal, lost datagrams, control messages, sharing of ports.
#include "sock.h"

static int udp4(const char *address, int *port) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in a = in4(address, 0);
  OK(bind(s, SA(a)));
  *port = port_of(s);
  return s;
}
static int source_port(int s, char *bytes, size_t n, long expected) {
  struct sockaddr_in6 from;
  socklen_t length = sizeof from;
  EQ(recvfrom(s, bytes, n, 0, (struct sockaddr *)&from, &length), expected);
  return ntohs(from.sin6_port);
}

static char control[256] __attribute__((aligned(8)));
static long receive(int s, char *bytes, size_t n, struct msghdr *m) {
  static struct iovec v;
  v = (struct iovec){bytes, n};
  *m = (struct msghdr){.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  return recvmsg(s, m, 0);
}
static void *find(struct msghdr *m, int level, int type, size_t size) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    if (c->cmsg_level == level && c->cmsg_type == type) {
      EQ(c->cmsg_len, CMSG_LEN(size));
      return CMSG_DATA(c);
    }
  LEAVE("no control message %d of level %d", type, level);
}

static void plain(void) {
  int pa, pb, a = udp4("127.0.0.1", &pa), b = udp4("127.0.0.1", &pb);
  char t[64];
  EQ(events_of(a), POLLOUT);
  FAILS(EDESTADDRREQ, send(a, "x", 1, 0));
  struct sockaddr_in to = in4("127.0.0.1", pb), any = in4("0.0.0.0", pb), peer;
  EQ(sendto(a, "one", 3, 0, SA(to)), 3);
  EQ(sendto(a, "", 0, 0, SA(to)), 0);
  EQ(sendto(a, "three", 5, 0, SA(any)), 5);
  int size;
  EQ(events_of(b), POLLIN | POLLOUT);
  OK(ioctl(b, FIONREAD, &size));
  EQ(size, 3);
  EQ(recv(b, t, 1, MSG_PEEK | MSG_TRUNC), 3);
  EQ(source_port(b, t, 64, 3), pa);
  EQ(source_port(b, t, 64, 0), pa);
  EQ(recv(b, t, 2, 0), 2);
  FAILS(EAGAIN, recv(b, t, 2, MSG_DONTWAIT));
  to.sin_port = 0;
  FAILS(EINVAL, sendto(a, "x", 1, 0, SA(to)));
  to.sin_family = AF_INET6;
  FAILS(EAFNOSUPPORT, sendto(a, "x", 1, 0, SA(to)));
  FAILS(EINVAL, sendto(a, "x", 1, 0, (struct sockaddr *)&to, 8));
  static char huge[70000];
  to = in4("127.0.0.1", pb);
  FAILS(EMSGSIZE, sendto(a, huge, 65508, 0, SA(to)));
  EQ(sendto(a, huge, 65507, 0, SA(to)), 65507);
  EQ(recv(b, huge, sizeof huge, 0), 65507);
  // Who waits is woken.
  pid_t pid = OK(fork());
  if (!pid) {
    struct timespec moment = {0, 30000000};
    OK(nanosleep(&moment, NULL));
    EQ(sendto(a, "late", 4, 0, SA(to)), 4);
    _exit(0);
  }
  EQ(recv(b, t, 64, 0), 4);
  EQ(OK(waitpid(pid, &size, 0)), pid);
  EQ(size, 0);
  FAILS(EOPNOTSUPP, listen(a, 1));
  FAILS(EOPNOTSUPP, accept(a, NULL, NULL));
  FAILS(EACCES, sendto(a, "x", 1, 0, SA(((struct sockaddr_in){AF_INET, htons(9), {0xffffffff}}))));
  STEP("datagrams");

  OK(connect(a, SA(to)));
  socklen_t n = sizeof peer;
  OK(getpeername(a, (struct sockaddr *)&peer, &n));
  EQ(ntohs(peer.sin_port), pb);
  EQ(send(a, "by peer", 7, 0), 7);
  expect(b, "by peer");
  int pc, c = udp4("127.0.0.1", &pc);
  to.sin_port = htons(pa);
  EQ(sendto(c, "stranger", 8, 0, SA(to)), 8);  // not from its peer: dropped
  EQ(sendto(b, "friend", 6, 0, SA(to)), 6);
  expect(a, "friend");
  OK(close(b));
  EQ(send(a, "x", 1, 0), 1);
  EQ(events_of(a), POLLOUT | POLLERR);
  FAILS(ECONNREFUSED, recv(a, t, 1, MSG_DONTWAIT));
  FAILS(EAGAIN, recv(a, t, 1, MSG_DONTWAIT));
  EQ(send(a, "x", 1, 0), 1);
  FAILS(ECONNREFUSED, send(a, "x", 1, 0));
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  OK(connect(a, &none, sizeof none));
  n = sizeof peer;
  FAILS(ENOTCONN, getpeername(a, (struct sockaddr *)&peer, &n));
  FAILS(ENOTCONN, shutdown(a, SHUT_RD));
  OK(close(a));
  OK(close(c));
  a = OK(socket(AF_INET, SOCK_DGRAM, 0));
  EQ(port_of(a), 0);
  to.sin_port = htons(9);
  OK(connect(a, SA(to)));  // nobody need be there
  CHECK(port_of(a) >= 32768);
  OK(close(a));
  // A port that was chosen stays; another one goes with the connection.
  for (int chosen = 0; chosen < 2; chosen++) {
    int s = OK(socket(AF_INET, SOCK_DGRAM, 0)), port = 0;
    struct sockaddr_in here = in4("127.0.0.1", 0), none = {.sin_family = AF_UNSPEC};
    if (chosen) {
      OK(bind(s, SA(here)));
      port = port_of(s);
      OK(close(s));
      s = OK(socket(AF_INET, SOCK_DGRAM, 0));
    }
    here.sin_port = htons(port);
    OK(bind(s, SA(here)));
    CHECK(port_of(s) != 0);
    here.sin_port = htons(9);
    OK(connect(s, SA(here)));
    OK(connect(s, SA(none)));
    EQ(port_of(s), port);
    OK(close(s));
  }
  STEP("connected, refused, disconnected");
}

static void full(void) {
  int p, a = udp4("127.0.0.1", &p), s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  set_int(a, SOL_SOCKET, SO_RCVBUF, 4096);
  struct sockaddr_in to = in4("127.0.0.1", p);
  char b[1000];
  memset(b, 1, sizeof b);
  for (int i = 0; i < 50; i++) EQ(sendto(s, b, sizeof b, 0, SA(to)), sizeof b);
  int count = 0;
  while (recv(a, b, sizeof b, MSG_DONTWAIT) == sizeof b) count++;
  EQ(errno, EAGAIN);
  CHECK(count >= 2 && count < 20);  // the rest was lost
  OK(close(a));
  a = udp4("127.0.0.1", &p);
  int twin = OK(socket(AF_INET, SOCK_DGRAM, 0));
  to = in4("127.0.0.1", p);
  FAILS(EADDRINUSE, bind(twin, SA(to)));
  set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
  set_int(twin, SOL_SOCKET, SO_REUSEADDR, 1);
  OK(bind(twin, SA(to)));
  OK(close(twin));
  EQ(sendto(s, "only one", 8, 0, SA(to)), 8);
  expect(a, "only one");
  int any = OK(socket(AF_INET, SOCK_DGRAM, 0));
  set_int(any, SOL_SOCKET, SO_REUSEADDR, 1);
  to = in4("0.0.0.0", p);
  OK(bind(any, SA(to)));
  to = in4("127.0.0.1", p);
  EQ(sendto(s, "narrow", 6, 0, SA(to)), 6);  // the more exact address has it
  expect(a, "narrow");
  to = in4("127.0.0.9", p);
  EQ(sendto(s, "wide", 4, 0, SA(to)), 4);
  expect(any, "wide");
  STEP("lost datagrams, shared ports");
  OK(close(a));
  OK(close(s));
  OK(close(any));
}

static void ancillary(void) {
  int p, a = udp4("0.0.0.0", &p), s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  set_int(a, IPPROTO_IP, IP_PKTINFO, 1);
  set_int(a, IPPROTO_IP, IP_RECVTTL, 1);
  set_int(a, IPPROTO_IP, IP_RECVTOS, 1);
  set_int(s, IPPROTO_IP, IP_TTL, 33);
  set_int(s, IPPROTO_IP, IP_TOS, 0x10);
  struct sockaddr_in to = in4("127.0.0.7", p);
  EQ(sendto(s, "info", 4, 0, SA(to)), 4);
  struct msghdr m;
  char b[64];
  EQ(receive(a, b, 64, &m), 4);
  struct in_pktinfo *info = find(&m, IPPROTO_IP, IP_PKTINFO, sizeof *info);
  EQ(info->ipi_addr.s_addr, to.sin_addr.s_addr);
  EQ(info->ipi_spec_dst.s_addr, to.sin_addr.s_addr);
  EQ(info->ipi_ifindex, 1);
  EQ(*(int *)find(&m, IPPROTO_IP, IP_TTL, 4), 33);
  EQ(*(unsigned char *)find(&m, IPPROTO_IP, IP_TOS, 1), 0x10);
  set_int(a, SOL_SOCKET, SO_TIMESTAMP, 1);
  EQ(sendto(s, "when", 4, 0, SA(to)), 4);
  EQ(receive(a, b, 64, &m), 4);
  struct timeval *when = find(&m, SOL_SOCKET, SO_TIMESTAMP, sizeof *when);
  CHECK(when->tv_sec > 1600000000);
  OK(close(a));
  OK(close(s));

  a = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  s = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 six = in6("::", 0), from;
  OK(bind(a, SA(six)));
  p = port_of(a);
  set_int(a, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  set_int(a, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  set_int(a, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  set_int(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7);
  six = in6("::1", p);
  EQ(sendto(s, "six", 3, 0, SA(six)), 3);
  EQ(receive(a, b, 64, &m), 3);
  struct in6_pktinfo *info6 = find(&m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof *info6);
  CHECK(IN6_IS_ADDR_LOOPBACK(&info6->ipi6_addr));
  EQ(info6->ipi6_ifindex, 1);
  EQ(*(int *)find(&m, IPPROTO_IPV6, IPV6_HOPLIMIT, 4), 7);
  EQ(*(int *)find(&m, IPPROTO_IPV6, IPV6_TCLASS, 4), 0);
  // Hop limit of one datagram only, by control message.
  struct iovec v = {"hops", 4};
  for (int i = 0; i < 3; i++) {
    const int hops[] = {5, 255, 256};
    m = (struct msghdr){.msg_name = &six, .msg_namelen = sizeof six, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
                        .msg_controllen = CMSG_SPACE(4)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){CMSG_LEN(4), IPPROTO_IPV6, IPV6_HOPLIMIT};
    *(int *)CMSG_DATA(c) = hops[i];
    if (hops[i] > 255) {
      FAILS(EINVAL, sendmsg(s, &m, 0));
      continue;
    }
    EQ(sendmsg(s, &m, 0), 4);
    EQ(receive(a, b, 64, &m), 4);
    EQ(*(int *)find(&m, IPPROTO_IPV6, IPV6_HOPLIMIT, 4), hops[i]);
  }
  // From IPv4 to a socket of both.
  int four = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in to4 = in4("127.0.0.1", p);
  EQ(sendto(four, "mapped", 6, 0, SA(to4)), 6);
  socklen_t n = sizeof from;
  EQ(recvfrom(a, b, 64, 0, (struct sockaddr *)&from, &n), 6);
  EQ(n, sizeof from);
  CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
  EQ(sendto(a, "back", 4, 0, SA(from)), 4);
  expect(four, "back");
  OK(close(four));
  OK(close(a));
  OK(close(s));
  STEP("control messages, IPv6");
}

int main(void) {
  PART(plain());
  PART(full());
  PART(ancillary());
  int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  CHECK(s >= 0 || errno == EPERM || errno == EPROTONOSUPPORT);
  FAILS(EPROTONOSUPPORT, socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  return 0;
}

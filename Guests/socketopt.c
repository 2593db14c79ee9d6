// Socket options: what each gives back after it was set, its default, its bounds and errors, on every kind of socket.
#include "sock.h"
#include <sys/time.h>

static void toggles(int s, int level, const int *names, int count) {
  for (int i = 0; i < count; i++) {
    int before = int_option(s, level, names[i]);
    CHECK(before == 0 || before == 1);
    set_int(s, level, names[i], 77);
    EQ(int_option(s, level, names[i]), 1);
    set_int(s, level, names[i], 0);
    EQ(int_option(s, level, names[i]), 0);
  }
}

static void general(int domain, int type, int protocol) {
  int s = OK(socket(domain, type, 0));
  EQ(int_option(s, SOL_SOCKET, SO_DOMAIN), domain);
  EQ(int_option(s, SOL_SOCKET, SO_TYPE), type);
  EQ(int_option(s, SOL_SOCKET, SO_PROTOCOL), protocol);
  EQ(int_option(s, SOL_SOCKET, SO_ERROR), 0);
  EQ(int_option(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
  EQ(int_option(s, SOL_SOCKET, SO_RCVLOWAT), 1);
  EQ(int_option(s, SOL_SOCKET, SO_SNDLOWAT), 1);
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_TYPE, &s, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_ERROR, &s, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, 999, &s, 4));
  FAILS(EINVAL, setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &s, 3));
  FAILS(EFAULT, setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4));
  int value;
  socklen_t n = 4;
  FAILS(ENOPROTOOPT, getsockopt(s, SOL_SOCKET, 999, &value, &n));
  n = -1;
  FAILS(EINVAL, getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &n));
  n = 2;
  value = -1;
  OK(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &n));
  EQ(n, 2);
  EQ((short)value, type);
  EQ(value >> 16, -1);
  n = 99;
  OK(getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &n));
  EQ(n, 4);
  static const int names[] = {SO_REUSEADDR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_TIMESTAMP, SO_TIMESTAMPNS};
  toggles(s, SOL_SOCKET, names, sizeof names / sizeof *names);
  for (int name = SO_SNDBUF; name <= SO_RCVBUF; name++) {
    CHECK(int_option(s, SOL_SOCKET, name) >= 16384);
    set_int(s, SOL_SOCKET, name, 10000);
    EQ(int_option(s, SOL_SOCKET, name), 20000);
    set_int(s, SOL_SOCKET, name, 1);
    value = int_option(s, SOL_SOCKET, name);
    CHECK(value >= 2000 && value <= 5000);
  }
  set_int(s, SOL_SOCKET, SO_PRIORITY, 5);
  EQ(int_option(s, SOL_SOCKET, SO_PRIORITY), 5);
  set_int(s, SOL_SOCKET, SO_RCVLOWAT, 3);
  EQ(int_option(s, SOL_SOCKET, SO_RCVLOWAT), 3);
  struct linger g = {1, 9};
  OK(setsockopt(s, SOL_SOCKET, SO_LINGER, &g, sizeof g));
  FAILS(EINVAL, setsockopt(s, SOL_SOCKET, SO_LINGER, &g, 4));
  g = (struct linger){0, 0};
  n = sizeof g;
  OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &g, &n));
  EQ(g.l_onoff, 1);
  EQ(g.l_linger, 9);
  struct timeval t = {3, 500000};
  OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
  t = (struct timeval){0, 0};
  n = sizeof t;
  OK(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, &n));
  EQ(t.tv_sec, 0);
  OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, &n));
  EQ(t.tv_sec, 3);
  EQ(t.tv_usec, 500000);
  t.tv_usec = 1000000;
  FAILS(EDOM, setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
  FAILS(EINVAL, setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, 8));
  uint64_t cookie = 0;
  n = sizeof cookie;
  OK(getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &n));
  CHECK(cookie != 0);
  OK(close(s));
}

int main(void) {
  general(AF_UNIX, SOCK_STREAM, 0);
  general(AF_UNIX, SOCK_DGRAM, 0);
  general(AF_UNIX, SOCK_SEQPACKET, 0);
  general(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  general(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  general(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
  general(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  STEP("SOL_SOCKET");

  int s = OK(socket(AF_INET, SOCK_STREAM, 0)), value;
  socklen_t n = 4;
  static const int ip[] = {IP_RECVTTL, IP_RECVTOS, IP_PKTINFO, IP_RECVERR, IP_FREEBIND};
  toggles(s, IPPROTO_IP, ip, 5);
  EQ(int_option(s, IPPROTO_IP, IP_TTL), 64);
  set_int(s, IPPROTO_IP, IP_TTL, 9);
  EQ(int_option(s, IPPROTO_IP, IP_TTL), 9);
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_TTL, &(int){256}, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_TTL, &(int){0}, 4));
  set_int(s, IPPROTO_IP, IP_TOS, 0x10);
  EQ(int_option(s, IPPROTO_IP, IP_TOS), 0x10);
  char byte = 0x08;
  OK(setsockopt(s, IPPROTO_IP, IP_TOS, &byte, 1));
  n = 1;
  OK(getsockopt(s, IPPROTO_IP, IP_TOS, &byte, &n));
  EQ(byte, 8);
  EQ(n, 1);
  n = 4;
  FAILS(ENOPROTOOPT, getsockopt(s, IPPROTO_IP, 250, &value, &n));
  FAILS(ENOTCONN, getsockopt(s, IPPROTO_IP, IP_MTU, &value, &n));
  FAILS(EOPNOTSUPP, getsockopt(s, 250, 1, &value, &n));
  FAILS(ENOPROTOOPT, setsockopt(s, 250, 1, &value, 4));
  STEP("IPPROTO_IP");

  static const int tcp[] = {TCP_NODELAY, TCP_CORK};
  toggles(s, IPPROTO_TCP, tcp, 2);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPINTVL), 75);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPCNT), 9);
  EQ(int_option(s, IPPROTO_TCP, TCP_SYNCNT), 6);
  EQ(int_option(s, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  EQ(int_option(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
  set_int(s, IPPROTO_TCP, TCP_KEEPIDLE, 11);
  set_int(s, IPPROTO_TCP, TCP_KEEPINTVL, 12);
  set_int(s, IPPROTO_TCP, TCP_KEEPCNT, 13);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPIDLE), 11);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPINTVL), 12);
  EQ(int_option(s, IPPROTO_TCP, TCP_KEEPCNT), 13);
  FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_KEEPCNT, &(int){128}, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &(int){0}, 4));
  set_int(s, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
  EQ(int_option(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 3000);
  char name[16] = "";
  n = sizeof name;
  OK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &n));
  CHECK(strlen(name) > 2);
  struct tcp_info info;
  n = sizeof info;
  OK(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &n));
  EQ(info.tcpi_state, TCP_CLOSE);
  int ends[2];
  tcp_pair(ends);
  n = sizeof info;
  OK(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, &info, &n));
  EQ(info.tcpi_state, TCP_ESTABLISHED);
  CHECK(info.tcpi_rto >= 200000 && info.tcpi_rto < 2000000);
  CHECK(info.tcpi_snd_mss >= 536 && info.tcpi_snd_mss < 65536 && info.tcpi_rcv_mss >= 536 && info.tcpi_rcv_mss < 65536);
  EQ(info.tcpi_retransmits | info.tcpi_probes | info.tcpi_lost | info.tcpi_retrans, 0);
  OK(shutdown(ends[0], SHUT_WR));
  EQ(recv(ends[1], name, 1, 0), 0);
  OK(getsockopt(ends[1], IPPROTO_TCP, TCP_INFO, &info, &n));
  EQ(info.tcpi_state, TCP_CLOSE_WAIT);
  // What an accepted socket has of its listener.
  int port, l = tcp_listener(&port);
  set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(l, IPPROTO_TCP, TCP_NODELAY, 1);
  set_int(l, IPPROTO_TCP, TCP_KEEPIDLE, 77);
  struct sockaddr_in a = in4("127.0.0.1", port);
  OK(connect(s, SA(a)));
  int c = OK(accept(l, NULL, NULL));
  EQ(int_option(c, SOL_SOCKET, SO_KEEPALIVE), 1);
  EQ(int_option(c, IPPROTO_TCP, TCP_NODELAY), 1);
  EQ(int_option(c, IPPROTO_TCP, TCP_KEEPIDLE), 77);
  OK(close(c));
  OK(close(s));
  OK(close(l));
  STEP("IPPROTO_TCP");

  s = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  static const int six[] = {IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVERR};
  toggles(s, IPPROTO_IPV6, six, 5);
  EQ(int_option(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64);
  set_int(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 4);
  EQ(int_option(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 4);
  set_int(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1);
  EQ(int_option(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64);
  FAILS(EINVAL, setsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &(int){256}, 4));
  set_int(s, IPPROTO_IPV6, IPV6_TCLASS, 0x20);
  EQ(int_option(s, IPPROTO_IPV6, IPV6_TCLASS), 0x20);
  n = 4;
  FAILS(ENOPROTOOPT, getsockopt(s, IPPROTO_IPV6, 250, &value, &n));
  OK(close(s));
  STEP("IPPROTO_IPV6");

  s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(EOPNOTSUPP, getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, &n));
  FAILS(EOPNOTSUPP, setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, 4));
  OK(close(s));
  FAILS(ENOTSOCK, getsockopt(OK(open("/dev/null", O_RDWR)), SOL_SOCKET, SO_TYPE, &value, &n));
  STEP("levels that are not there");
  return 0;
}

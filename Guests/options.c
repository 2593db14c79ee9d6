// Rarer socket options, one by one: what each gives back after it was set, and what it refuses.
// QEMU: qemu-user 7.2 knows some of them only.
#include "sock.h"
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/time.h>

// Those that headers may lack.
enum {
  BUSY_POLL_PREFERRED = 69, NETNS_COOKIE = 71, MEMINFO = 55, BINDTOIFINDEX = 62, NAPI_ID = 56, RECEIVE_TIME = 66,
  SEND_TIME = 67, ERRORS_RFC4884 = 26, ERRORS6_RFC4884 = 31, MULTICAST6_ALL = 29, FASTOPEN_NO_COOKIE = 34, INQ = 36,
  TX_DELAY = 37, STRICT_CHECK = 12, ULP = 31, SEGMENT = 103, GRO = 104, NO_CHECK6_TX = 101, NO_CHECK6_RX = 102,
};

typedef struct {
  int name, set, want;
} option;

// Sets each, and gets it back.
static void keep(int s, int level, const option *all, int count) {
  for (int i = 0; i < count; i++) {
    if (setsockopt(s, level, all[i].name, &all[i].set, 4))
      fail_at(__FILE__, __LINE__, "option %d of level %d: %s", all[i].name, level, strerror(errno));
    else if (int_option(s, level, all[i].name) != all[i].want)
      fail_at(__FILE__, __LINE__, "option %d of level %d is %d, not %d", all[i].name, level, int_option(s, level, all[i].name), all[i].want);
  }
}
#define KEEP(s, level, ...) \
  do { static const option all_[] = {__VA_ARGS__}; keep(s, level, all_, sizeof all_ / sizeof *all_); } while (0)

static void general(int domain, int type) {
  int s = OK(socket(domain, type, 0)), value = 0;
  KEEP(s, SOL_SOCKET, {SO_DEBUG, 0, 0}, {SO_NO_CHECK, 1, 1}, {SO_BSDCOMPAT, 1, 0}, {SO_RXQ_OVFL, 1, 1}, {SO_WIFI_STATUS, 1, 1},
       {SO_SELECT_ERR_QUEUE, 1, 1}, {SO_MAX_PACING_RATE, 1000000, 1000000}, {SO_INCOMING_CPU, 0, 0}, {SO_TIMESTAMPING, 16, 16},
       {SO_PEEK_OFF, -1, -1}, {SO_BUSY_POLL, 0, 0}, {BUSY_POLL_PREFERRED, 0, 0}, {BINDTOIFINDEX, 0, 0}, {SO_REUSEPORT, 0, 0},
       {SO_NOFCS, 1, 1}, {SO_LOCK_FILTER, 1, 1});
  FAILS(EPERM, setsockopt(s, SOL_SOCKET, SO_LOCK_FILTER, &value, 4));
  FAILS(EPERM, setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &value, 4));
  EQ(int_option(s, SOL_SOCKET, SO_MARK), 0);
  EQ(int_option(s, SOL_SOCKET, NAPI_ID), 0);
  EQ(int_option(s, SOL_SOCKET, SO_ZEROCOPY), 0);
  CHECK(int_option(s, SOL_SOCKET, SO_BPF_EXTENSIONS) >= 52);
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_BPF_EXTENSIONS, &value, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_SOCKET, SO_SNDLOWAT, &value, 4));
  FAILS(EINVAL, setsockopt(s, SOL_SOCKET, SO_INCOMING_CPU, &value, 3));
  // Only who administers the network may go beyond its limit.
  for (int name = SO_SNDBUFFORCE; name <= SO_RCVBUFFORCE; name++) {
    value = 30000;
    if (setsockopt(s, SOL_SOCKET, name, &value, 4)) EQ(errno, EPERM);
    else EQ(int_option(s, SOL_SOCKET, name - SO_SNDBUFFORCE + SO_SNDBUF), 60000);
  }
  unsigned long wide = 0, memory[8];
  socklen_t length = sizeof wide;
  OK(getsockopt(s, SOL_SOCKET, NETNS_COOKIE, &wide, &length));
  EQ(length, 8);
  length = 4;
  FAILS(EINVAL, getsockopt(s, SOL_SOCKET, SO_COOKIE, &wide, &length));
  length = sizeof memory;
  OK(getsockopt(s, SOL_SOCKET, MEMINFO, memory, &length));
  CHECK(length >= 36);
  for (int name = RECEIVE_TIME; name <= SEND_TIME; name++) {
    long set[2] = {7, 500000}, got[2] = {0};
    OK(setsockopt(s, SOL_SOCKET, name, set, sizeof set));
    length = sizeof got;
    OK(getsockopt(s, SOL_SOCKET, name, got, &length));
    EQ(got[0], 7);
    EQ(got[1], 500000);
  }
  OK(close(s));
}

static void all_kinds(void) {
  static const int domains[] = {AF_UNIX, AF_INET, AF_INET6};
  for (int i = 0; i < 3; i++) {
    general(domains[i], SOCK_STREAM);
    general(domains[i], SOCK_DGRAM);
  }
  STEP("SOL_SOCKET");
}

static void devices(void) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  char name[IFNAMSIZ] = "";
  socklen_t length = sizeof name;
  OK(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  OK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &length));
  STREQ(name, "lo");
  EQ(length, 3);
  EQ(int_option(s, SOL_SOCKET, BINDTOIFINDEX), if_nametoindex("lo"));
  OK(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "", 1));
  length = sizeof name;
  OK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &length));
  EQ(length, 0);
  FAILS(ENODEV, setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "none", 5));
  OK(close(s));
  STEP("devices");
}

static void unix_alone(void) {
  int pair[2], groups[200];
  socklen_t length = sizeof groups;
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  KEEP(pair[0], SOL_SOCKET, {SO_PASSCRED, 1, 1}, {SO_PASSSEC, 1, 1});
  int value = 1;
  FAILS(EOPNOTSUPP, setsockopt(pair[0], SOL_SOCKET, SO_REUSEPORT, &value, 4));
  FAILS(EOPNOTSUPP, setsockopt(pair[0], SOL_SOCKET, SO_ZEROCOPY, &value, 4));
  OK(getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, groups, &length));
  EQ(length, getgroups(0, NULL) * 4);
  int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  length = sizeof groups;
  FAILS(ENODATA, getsockopt(s, SOL_SOCKET, SO_PEERGROUPS, groups, &length));
  OK(close(s));
  OK(close(pair[0]));
  OK(close(pair[1]));
  STEP("unix");
}

static void ip(void) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0)), one = 1, two = 2, lo = htonl(if_nametoindex("lo"));
  socklen_t length = sizeof one;
  KEEP(s, IPPROTO_IP, {IP_RECVOPTS, 1, 1}, {IP_RETOPTS, 1, 1}, {IP_MTU_DISCOVER, 2, 2}, {IP_TRANSPARENT, 0, 0}, {IP_RECVORIGDSTADDR, 1, 1},
       {IP_MINTTL, 5, 5}, {IP_CHECKSUM, 1, 1}, {IP_BIND_ADDRESS_NO_PORT, 1, 1}, {IP_RECVFRAGSIZE, 1, 1}, {ERRORS_RFC4884, 1, 1},
       {IP_MULTICAST_TTL, 7, 7}, {IP_MULTICAST_TTL, -1, 1}, {IP_MULTICAST_LOOP, 0, 0}, {IP_MULTICAST_ALL, 0, 0}, {IP_UNICAST_IF, 0, 0},
       {IP_TOS, 0x1fd, 0xfd});
  EQ(int_option(s, IPPROTO_IP, IP_HDRINCL), 0);
  EQ(int_option(s, IPPROTO_IP, IP_NODEFRAG), 0);
  EQ(int_option(s, IPPROTO_IP, IP_ROUTER_ALERT), 0);
  // Only raw sockets have these.
  FAILS(ENOPROTOOPT, setsockopt(s, IPPROTO_IP, IP_HDRINCL, &one, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, IPPROTO_IP, IP_NODEFRAG, &one, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_ROUTER_ALERT, &one, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_MULTICAST_ALL, &two, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, ERRORS_RFC4884, &two, 4));
  FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IP, IP_UNICAST_IF, &one, 4));
  OK(setsockopt(s, IPPROTO_IP, IP_UNICAST_IF, &lo, 4));
  EQ(int_option(s, IPPROTO_IP, IP_UNICAST_IF), lo);
  OK(getsockopt(s, IPPROTO_IP, IP_OPTIONS, &one, &length));
  EQ(length, 0);
  struct sockaddr_in a = in4("127.0.0.1", 9);
  OK(connect(s, SA(a)));
  CHECK(int_option(s, IPPROTO_IP, IP_MTU) >= 576);
  OK(close(s));
  s = OK(socket(AF_INET, SOCK_STREAM, 0));
  // The lowest bits are the connection's own.
  KEEP(s, IPPROTO_IP, {IP_TOS, 0x1f, 0x1c});
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, &one, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_RECVFRAGSIZE, &one, 4));
  OK(close(s));
  STEP("IPPROTO_IP");
}

static void ipv6(void) {
  int s = OK(socket(AF_INET6, SOCK_DGRAM, 0)), one = 1, two = 2, lo = htonl(if_nametoindex("lo"));
  KEEP(s, IPPROTO_IPV6, {IPV6_MULTICAST_IF, 1, 1}, {IPV6_MULTICAST_HOPS, 7, 7}, {IPV6_MULTICAST_HOPS, -1, 1}, {IPV6_MULTICAST_LOOP, 0, 0},
       {MULTICAST6_ALL, 0, 0}, {IPV6_MTU_DISCOVER, 2, 2}, {ERRORS6_RFC4884, 1, 1}, {IPV6_RECVHOPOPTS, 1, 1}, {IPV6_RECVRTHDR, 1, 1},
       {IPV6_RECVDSTOPTS, 1, 1}, {IPV6_RECVPATHMTU, 1, 1}, {IPV6_DONTFRAG, 1, 1}, {IPV6_AUTOFLOWLABEL, 0, 0}, {IPV6_MINHOPCOUNT, 3, 3},
       {IPV6_TRANSPARENT, 0, 0}, {IPV6_UNICAST_IF, 0, 0}, {IPV6_RECVFRAGSIZE, 1, 1}, {IPV6_FREEBIND, 1, 1}, {IPV6_TCLASS, 0x1f, 0x1f});
  FAILS(EINVAL, setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &two, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IPV6, ERRORS6_RFC4884, &two, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &(int){256}, 4));
  FAILS(ENODEV, setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &(int){999}, 4));
  FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_IF, &one, 4));
  OK(setsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_IF, &lo, 4));
  EQ(int_option(s, IPPROTO_IPV6, IPV6_UNICAST_IF), lo);
  struct sockaddr_in6 a = in6("::1", 9);
  OK(connect(s, SA(a)));
  CHECK(int_option(s, IPPROTO_IPV6, IPV6_MTU) >= 1280);
  OK(close(s));
  s = OK(socket(AF_INET6, SOCK_STREAM, 0));
  KEEP(s, IPPROTO_IPV6, {IPV6_TCLASS, 0x1f, 0x1c});
  FAILS(ENOPROTOOPT, setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &one, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &one, 4));
  OK(close(s));
  STEP("IPPROTO_IPV6");
}

static void tcp(void) {
  int s = OK(socket(AF_INET, SOCK_STREAM, 0)), one = 1;
  char name[16] = "";
  socklen_t length = sizeof name;
  KEEP(s, IPPROTO_TCP, {TCP_MAXSEG, 1000, 1000}, {TCP_MAXSEG, 0, 536}, {TCP_SYNCNT, 3, 3}, {TCP_LINGER2, 30, 30}, {TCP_LINGER2, -1, -1},
       {TCP_LINGER2, 0, 60}, {TCP_DEFER_ACCEPT, 1, 1}, {TCP_WINDOW_CLAMP, 100000, 100000}, {TCP_WINDOW_CLAMP, 1, 1152}, {TCP_QUICKACK, 0, 0},
       {TCP_QUICKACK, 2, 1}, {TCP_THIN_LINEAR_TIMEOUTS, 1, 1}, {TCP_THIN_DUPACK, 1, 0}, {TCP_FASTOPEN, 5, 5}, {TCP_NOTSENT_LOWAT, 5000, 5000},
       {TCP_SAVE_SYN, 1, 1}, {TCP_FASTOPEN_CONNECT, 1, 1}, {FASTOPEN_NO_COOKIE, 1, 1}, {INQ, 1, 1}, {TX_DELAY, 0, 0});
  FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_MAXSEG, &one, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_SYNCNT, &(int){0}, 4));
  FAILS(EINVAL, setsockopt(s, IPPROTO_TCP, TCP_FASTOPEN, &(int){-1}, 4));
  FAILS(EPERM, setsockopt(s, IPPROTO_TCP, TCP_TIMESTAMP, &one, 4));
  length = sizeof one;
  OK(getsockopt(s, IPPROTO_TCP, TCP_TIMESTAMP, &one, &length));
  OK(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
  length = sizeof name;
  OK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &length));
  STREQ(name, "reno");
  FAILS(ENOENT, setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "none", 4));
  length = sizeof name;
  OK(getsockopt(s, IPPROTO_TCP, ULP, name, &length));
  EQ(length, 0);
  FAILS(ENOENT, setsockopt(s, IPPROTO_TCP, ULP, "none", 4));
  OK(setsockopt(s, SOL_SOCKET, SO_ZEROCOPY, &(int){0}, 4));
  KEEP(s, SOL_SOCKET, {SO_REUSEPORT, 1, 1});
  OK(close(s));
  STEP("IPPROTO_TCP");
}

static void udp(void) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  KEEP(s, IPPROTO_UDP, {UDP_CORK, 1, 1}, {UDP_CORK, 0, 0}, {UDP_ENCAP, 0, 0}, {NO_CHECK6_TX, 1, 1}, {NO_CHECK6_RX, 1, 1}, {SEGMENT, 1000, 1000}, {GRO, 1, 1});
  FAILS(EINVAL, setsockopt(s, IPPROTO_UDP, SEGMENT, &(int){65536}, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, IPPROTO_UDP, 77, &(int){1}, 4));
  OK(close(s));
  STEP("IPPROTO_UDP");
}

static void netlink(void) {
  int s = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)), one = 1;
  unsigned groups[8] = {0};
  socklen_t length = sizeof groups;
  KEEP(s, SOL_NETLINK, {NETLINK_PKTINFO, 1, 1}, {NETLINK_BROADCAST_ERROR, 1, 1}, {NETLINK_NO_ENOBUFS, 1, 1}, {NETLINK_CAP_ACK, 1, 1},
       {NETLINK_EXT_ACK, 1, 1}, {STRICT_CHECK, 1, 1});
  OK(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &one, 4));
  OK(getsockopt(s, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &length));
  EQ(groups[0], 1);
  OK(setsockopt(s, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &one, 4));
  length = sizeof groups;
  OK(getsockopt(s, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &length));
  EQ(groups[0], 0);
  // For those who may see all of the machine's networks.
  if (setsockopt(s, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &one, 4)) EQ(errno, EPERM);
  FAILS(EINVAL, setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){1000}, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, &one, 4));
  FAILS(ENOPROTOOPT, setsockopt(s, SOL_NETLINK, 99, &one, 4));
  OK(close(s));
  STEP("SOL_NETLINK");
}

static void groups(void) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0)), lo = if_nametoindex("lo");
  struct ip_mreqn request = {.imr_multiaddr = {htonl(0xe0000123)}, .imr_ifindex = lo};
  OK(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
  FAILS(EADDRINUSE, setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
  OK(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &request, sizeof request));
  FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, &request, sizeof request));
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, 4));
  struct in_addr sender = {htonl(INADDR_LOOPBACK)};
  OK(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &sender, sizeof sender));
  EQ(int_option(s, IPPROTO_IP, IP_MULTICAST_IF), (int)sender.s_addr);
  sender.s_addr = htonl(0x08080808);
  FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &sender, sizeof sender));
  OK(close(s));
  s = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct ipv6_mreq six = {.ipv6mr_multiaddr = in6("ff02::1234", 0).sin6_addr, .ipv6mr_interface = lo};
  OK(setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &six, sizeof six));
  FAILS(EADDRINUSE, setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &six, sizeof six));
  OK(setsockopt(s, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &six, sizeof six));
  FAILS(EADDRNOTAVAIL, setsockopt(s, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &six, sizeof six));
  struct group_req group = {.gr_interface = lo};
  struct sockaddr_in6 wanted = in6("ff02::1235", 0);
  memcpy(&group.gr_group, &wanted, sizeof wanted);
  OK(setsockopt(s, IPPROTO_IPV6, MCAST_JOIN_GROUP, &group, sizeof group));
  OK(setsockopt(s, IPPROTO_IPV6, MCAST_LEAVE_GROUP, &group, sizeof group));
  OK(close(s));
  s = OK(socket(AF_INET, SOCK_STREAM, 0));
  FAILS(EPROTO, setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
  OK(close(s));
  STEP("groups");
}

int main(void) {
  PART(all_kinds());
  PART(devices());
  PART(unix_alone());
  PART(ip());
  PART(ipv6());
  PART(tcp());
  PART(udp());
  PART(netlink());
  PART(groups());
  return 0;
}

// What programs learn of the network: rtnetlink dumps, getifaddrs, interface ioctls, /proc/net.
#include "sock.h"
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <mqueue.h>
#include <net/if.h>
#include <sys/epoll.h>

// The loopback interface has an attribute of this type, of this size, with these bytes.
static void has(struct rtattr *first, int left, int type, int size, const void *value) {
  int count = 0;
  for (struct rtattr *a = first; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    if (a->rta_type != type) continue;
    count++;
    if (value) EQ(RTA_PAYLOAD(a), size);
    else CHECK((int)RTA_PAYLOAD(a) >= size);
    if (value && memcmp(RTA_DATA(a), value, size)) fail_at(__FILE__, __LINE__, "attribute %d is another", type);
  }
  if (count != 1) fail_at(__FILE__, __LINE__, "attribute %d: %d times", type, count);
}

// Sends a dump request and walks the answer; how many messages of `type` there were, and how many of them of interface 1.
static int dump(int s, int request, int type, int family, int *lo) {
  struct { struct nlmsghdr h; struct rtgenmsg g; char pad[15]; } q = {
      {sizeof q, request, NLM_F_REQUEST | NLM_F_DUMP, 42, 0}, {family}, {0}};
  EQ(send(s, &q, sizeof q, 0), (long)sizeof q);
  int count = 0;
  *lo = 0;
  for (;;) {
    static char b[32768] __attribute__((aligned(8)));
    int n = OK(recv(s, b, sizeof b, 0));
    for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      EQ(h->nlmsg_seq, 42);
      if (h->nlmsg_type == NLMSG_DONE) return count;
      EQ(h->nlmsg_type, type);
      CHECK(h->nlmsg_flags & NLM_F_MULTI);
      count++;
      if (type == RTM_NEWLINK) {
        struct ifinfomsg *i = NLMSG_DATA(h);
        if (i->ifi_index != 1) continue;
        CHECK(i->ifi_flags & IFF_LOOPBACK);
        CHECK(i->ifi_flags & IFF_UP);
        int left = IFLA_PAYLOAD(h), named = 0;
        for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
          if (a->rta_type == IFLA_IFNAME) named = !strcmp(RTA_DATA(a), "lo");
        CHECK(named);
        static const char none[6];
        struct rtattr *first = IFLA_RTA(i);
        left = IFLA_PAYLOAD(h);
        EQ(i->ifi_type, 772);
        has(first, left, IFLA_IFNAME, 3, "lo");
        has(first, left, IFLA_TXQLEN, 4, NULL);
        has(first, left, IFLA_OPERSTATE, 1, none);
        has(first, left, IFLA_LINKMODE, 1, none);
        has(first, left, IFLA_MTU, 4, &(uint32_t){65536});
        has(first, left, IFLA_GROUP, 4, none);
        has(first, left, IFLA_PROMISCUITY, 4, none);
        has(first, left, IFLA_NUM_TX_QUEUES, 4, &(uint32_t){1});
        has(first, left, IFLA_NUM_RX_QUEUES, 4, &(uint32_t){1});
        has(first, left, IFLA_CARRIER, 1, &(char){1});
        has(first, left, IFLA_QDISC, 8, "noqueue");
        has(first, left, IFLA_ADDRESS, 6, none);
        has(first, left, IFLA_BROADCAST, 6, none);
        has(first, left, IFLA_STATS, 92, NULL);
        has(first, left, IFLA_STATS64, 184, NULL);
        ++*lo;
      } else if (type == RTM_NEWADDR) {
        struct ifaddrmsg *i = NLMSG_DATA(h);
        if (i->ifa_index != 1) continue;
        int left = IFA_PAYLOAD(h);
        for (struct rtattr *a = IFA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
          if (a->rta_type == IFA_ADDRESS && i->ifa_family == AF_INET) {
            EQ(*(uint32_t *)RTA_DATA(a), htonl(INADDR_LOOPBACK));
            EQ(i->ifa_prefixlen, 8);
            EQ(i->ifa_scope, RT_SCOPE_HOST);
            EQ(i->ifa_flags, IFA_F_PERMANENT);
            has(IFA_RTA(i), IFA_PAYLOAD(h), IFA_LOCAL, 4, &(uint32_t){htonl(INADDR_LOOPBACK)});
            has(IFA_RTA(i), IFA_PAYLOAD(h), IFA_LABEL, 3, "lo");
            has(IFA_RTA(i), IFA_PAYLOAD(h), IFA_FLAGS, 4, &(uint32_t){IFA_F_PERMANENT});
            has(IFA_RTA(i), IFA_PAYLOAD(h), IFA_CACHEINFO, sizeof(struct ifa_cacheinfo), NULL);
          }
        ++*lo;
      }
    }
  }
}

static int has_line(const char *path, const char *part) {
  FILE *f = fopen(path, "r");
  CHECK(f);
  char line[512];
  int found = 0;
  while (fgets(line, sizeof line, f)) found |= strstr(line, part) != NULL;
  fclose(f);
  return found;
}

// Who may not change the network is told so, whatever it is.
static void changes(void) {
  if (!geteuid()) OK(setresuid(1000, 1000, 1000));
  int s = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  const int types[] = {RTM_NEWLINK, RTM_DELLINK, RTM_SETLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE};
  for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
    struct { struct nlmsghdr h; char rest[32]; } q = {{sizeof q, types[i], NLM_F_REQUEST | NLM_F_ACK, 9 + i, 0}, {0}};
    struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } answer;
    EQ(send(s, &q, sizeof q, 0), (long)sizeof q);
    CHECK(OK(recv(s, &answer, sizeof answer, 0)) >= (long)(sizeof answer.h + sizeof answer.e));
    EQ(answer.h.nlmsg_type, NLMSG_ERROR);
    EQ(answer.h.nlmsg_seq, 9 + i);
    EQ(answer.e.error, -EPERM);
    EQ(answer.e.msg.nlmsg_type, types[i]);
  }
  // What is below them belongs to the protocol, and is only acknowledged.
  struct { struct nlmsghdr h; char rest[32]; } q = {{sizeof q, RTM_NEWLINK - 1, NLM_F_REQUEST | NLM_F_ACK, 77, 0}, {0}};
  struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } answer;
  EQ(send(s, &q, sizeof q, 0), (long)sizeof q);
  CHECK(OK(recv(s, &answer, sizeof answer, 0)) >= (long)(sizeof answer.h + sizeof answer.e));
  EQ(answer.h.nlmsg_type, NLMSG_ERROR);
  EQ(answer.e.error, 0);
}

// What the kernel answers to a request of this length and type.
static int answer_to(int s, int length, int type) {
  struct { struct nlmsghdr h; char rest[48]; } q = {{length, type, NLM_F_REQUEST | NLM_F_ACK, 5, 0}, {0}};
  struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } answer;
  EQ(send(s, &q, length, 0), length);
  // An error comes with the whole request, and an acknowledgement with its header.
  long n = OK(recv(s, &answer, sizeof answer, 0));
  EQ(n, NLMSG_ALIGN(NLMSG_LENGTH(4 + (answer.e.error ? length : NLMSG_HDRLEN))));
  EQ(answer.h.nlmsg_type, NLMSG_ERROR);
  EQ(answer.e.msg.nlmsg_type, type);
  return answer.e.error;
}
static void lengths_and_types(void) {
  if (!geteuid()) OK(setresuid(1000, 1000, 1000));
  int s = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  // The last type is known, and the one behind it is not; a header alone asks for nothing.
  const int known[] = {NLMSG_NOOP, NLMSG_MIN_TYPE - 1, RTM_NEWLINK, RTM_SETLINK, 119, 121, 123};
  for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
    EQ(answer_to(s, NLMSG_HDRLEN, known[i]), 0);
    if (known[i] >= RTM_NEWLINK) EQ(answer_to(s, NLMSG_HDRLEN + 1, known[i]), -EPERM);
  }
  for (int type = 124; type < 129; type++) {
    EQ(answer_to(s, NLMSG_HDRLEN, type), -EOPNOTSUPP);
    EQ(answer_to(s, NLMSG_HDRLEN + 1, type), -EOPNOTSUPP);
  }
  // Two in one, as far as they are whole.
  static char b[4096] __attribute__((aligned(8)));
  for (int length = 12; length < 20; length++) {
    struct nlmsghdr q[3] = {{17, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0}}, second = {length, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 2, 0};
    memcpy((char *)q + 20, &second, sizeof second);
    EQ(send(s, q, 20 + sizeof second, 0), 20 + (long)sizeof second);
    CHECK(recv(s, b, sizeof b, MSG_DONTWAIT) > 0);
    EQ(((struct nlmsghdr *)b)->nlmsg_seq, 1);
    if (length == 16) {
      CHECK(recv(s, b, sizeof b, MSG_DONTWAIT) > 0);
      EQ(((struct nlmsghdr *)b)->nlmsg_seq, 2);
    }
    FAILS(EAGAIN, recv(s, b, sizeof b, MSG_DONTWAIT));
  }
  struct nlmsghdr part = {15, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
  EQ(send(s, &part, 15, 0), 15);
  FAILS(EAGAIN, recv(s, b, sizeof b, MSG_DONTWAIT));
  // Answers without room are lost, and that is told. No time comes with those that had some.
  set_int(s, SOL_SOCKET, SO_RCVBUF, 0);
  set_int(s, SOL_SOCKET, SO_TIMESTAMP, 1);
  struct nlmsghdr q = {16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 0, 0};
  for (int i = 0; i < 9; i++) EQ(send(s, &q, 16, 0), 16);
  FAILS(ENOBUFS, recv(s, b, sizeof b, MSG_DONTWAIT));
  char control[64];
  struct iovec v = {b, sizeof b};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  CHECK(recvmsg(s, &m, MSG_DONTWAIT) > 0);
  EQ(m.msg_controllen, 0);
  int more = 0;
  while (recv(s, b, sizeof b, MSG_DONTWAIT) > 0) more++;
  CHECK(more <= 2);
  OK(close(s));
}

// Numbers of sockets: that of the process for the first one that wants any, and each once.
static void numbers(void) {
  struct sockaddr_nl a = {.nl_family = AF_NETLINK}, first, second;
  socklen_t n = sizeof a;
  int s[3];
  for (int i = 0; i < 3; i++) s[i] = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  OK(bind(s[0], SA(a)));
  OK(getsockname(s[0], (struct sockaddr *)&first, &n));
  EQ(first.nl_pid, getpid());
  FAILS(EADDRINUSE, bind(s[1], SA(first)));
  OK(bind(s[1], SA(a)));
  OK(getsockname(s[1], (struct sockaddr *)&second, &n));
  CHECK(second.nl_pid != 0 && second.nl_pid != first.nl_pid);
  FAILS(EADDRINUSE, bind(s[2], SA(second)));
  OK(close(s[0]));
  OK(bind(s[2], SA(first)));
  OK(bind(s[2], SA(first)));
  FAILS(EINVAL, bind(s[2], SA(second)));
  OK(close(s[1]));
  OK(close(s[2]));
}

// A message that nobody has asked for: a queue's, which tells that it has one (mq_notify(3) with SIGEV_THREAD).
static void told_by_a_queue(void) {
  struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 8};
  char cookie[32] = "a cookie of thirty-two bytes...", b[64];
  int s = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)), ep = OK(epoll_create1(0));
  mqd_t q = OK(mq_open("/guest-netlink", O_CREAT | O_RDWR, 0600, &size));
  OK(mq_unlink("/guest-netlink"));
  struct epoll_event e = {EPOLLIN | EPOLLET, {0}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, s, &e));
  set_int(s, SOL_SOCKET, SO_PASSCRED, 1);
  struct sigevent wanted = {.sigev_notify = SIGEV_THREAD, .sigev_signo = s, .sigev_value.sival_ptr = cookie};
  for (int i = 0; i < 3; i++) {
    OK(syscall(SYS_mq_notify, q, &wanted));
    EQ(OK(epoll_wait(ep, &e, 1, 0)), 0);
    // It has a message, or the registration is at an end.
    if (i < 2) OK(mq_send(q, "x", 1, 0));
    else OK(syscall(SYS_mq_notify, q, NULL));
    EQ(OK(epoll_wait(ep, &e, 1, 0)), 1);
    EQ(e.events, EPOLLIN);
    char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
    struct iovec v = {b, sizeof b};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    EQ(recvmsg(s, &m, MSG_DONTWAIT), 32);
    EQ(memcmp(b, cookie, 31), 0);
    EQ(b[31], i < 2 ? 1 : 2);
    // The kernel is nobody's process, and root.
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    struct ucred who = {-1, -1, -1};
    CHECK(c && c->cmsg_type == SCM_CREDENTIALS);
    if (c) memcpy(&who, CMSG_DATA(c), sizeof who);
    EQ(who.pid, 0);
    if (is_host_root()) EQ(who.uid | who.gid, 0);
    if (i < 2) EQ(mq_receive(q, b, 8, NULL), 1);
  }
  OK(mq_close(q));
  OK(close(ep));
  OK(close(s));
}

// The routes to this machine itself, whole.
static void routes(void) {
  static char b[65536] __attribute__((aligned(8)));
  int s = OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)), found = 0;
  for (int six = 0; six < 2; six++) {
    struct { struct nlmsghdr h; struct rtmsg r; } q = {
        {sizeof q, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 3, 0}, {.rtm_family = six ? AF_INET6 : AF_INET}};
    struct in6_addr self = IN6ADDR_LOOPBACK_INIT;
    EQ(send(s, &q, sizeof q, 0), (long)sizeof q);
    for (int done = 0; !done;) {
      int n = OK(recv(s, b, sizeof b, 0));
      for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
        if (h->nlmsg_type == NLMSG_DONE) {
          done = 1;
          break;
        }
        struct rtmsg *r = NLMSG_DATA(h);
        struct rtattr *first = RTM_RTA(r);
        int left = RTM_PAYLOAD(h);
        EQ(h->nlmsg_type, RTM_NEWROUTE);
        EQ(r->rtm_family, q.r.rtm_family);
        if (r->rtm_table != RT_TABLE_LOCAL || r->rtm_type != RTN_LOCAL || r->rtm_dst_len != (six ? 128 : 8)) continue;
        if (six && memcmp(RTA_DATA(RTA_NEXT(first, left)), &self, sizeof self)) continue;
        left = RTM_PAYLOAD(h);
        found++;
        EQ(r->rtm_src_len | r->rtm_tos | r->rtm_flags, 0);
        EQ(r->rtm_protocol, RTPROT_KERNEL);
        EQ(r->rtm_scope, six ? RT_SCOPE_UNIVERSE : RT_SCOPE_HOST);
        has(first, left, RTA_TABLE, 4, &(uint32_t){RT_TABLE_LOCAL});
        has(first, left, RTA_OIF, 4, &(uint32_t){1});
        if (six) has(first, left, RTA_DST, sizeof self, &self);
        else has(first, left, RTA_DST, 4, &(uint32_t){htonl(0x7f000000)});
        if (!six) has(first, left, RTA_PREFSRC, 4, &(uint32_t){htonl(INADDR_LOOPBACK)});
      }
    }
  }
  EQ(found, 2);
  OK(close(s));
}

int main(void) {
  in_child(changes);
  int s = OK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)), lo;
  struct sockaddr_nl a = {.nl_family = AF_NETLINK};
  socklen_t n = sizeof a;
  OK(bind(s, SA(a)));
  OK(getsockname(s, (struct sockaddr *)&a, &n));
  EQ(n, sizeof a);
  CHECK(a.nl_pid != 0);
  int links = dump(s, RTM_GETLINK, RTM_NEWLINK, AF_UNSPEC, &lo);
  EQ(lo, 1);
  CHECK(links >= 1);
  CHECK(dump(s, RTM_GETADDR, RTM_NEWADDR, AF_UNSPEC, &lo) >= 2);
  CHECK(lo >= 2);
  CHECK(dump(s, RTM_GETADDR, RTM_NEWADDR, AF_INET, &lo) >= 1);
  EQ(lo, 1);
  CHECK(dump(s, RTM_GETROUTE, RTM_NEWROUTE, AF_INET, &lo) >= 1);
  struct { struct nlmsghdr h; struct ifinfomsg i; } bad = {{sizeof bad, 9999, NLM_F_REQUEST | NLM_F_ACK, 7, 0}, {0}};
  EQ(send(s, &bad, sizeof bad, 0), (long)sizeof bad);
  char b[4096] __attribute__((aligned(8)));
  CHECK(OK(recv(s, b, sizeof b, 0)) >= (long)NLMSG_LENGTH(sizeof(struct nlmsgerr)));
  struct nlmsghdr *h = (void *)b;
  EQ(h->nlmsg_type, NLMSG_ERROR);
  EQ(h->nlmsg_seq, 7);
  EQ(((struct nlmsgerr *)NLMSG_DATA(h))->error, -EOPNOTSUPP);
  FAILS(EAGAIN, recv(s, b, 1, MSG_DONTWAIT));
  OK(close(s));
  FAILS(EPROTONOSUPPORT, socket(AF_NETLINK, SOCK_RAW, 33));
  FAILS(ESOCKTNOSUPPORT, socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
  STEP("rtnetlink");

  struct ifaddrs *list;
  OK(getifaddrs(&list));
  int four = 0, six = 0;
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    if (strcmp(i->ifa_name, "lo") || !i->ifa_addr) continue;
    CHECK(i->ifa_flags & IFF_LOOPBACK);
    if (i->ifa_addr->sa_family == AF_INET) four += ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    if (i->ifa_addr->sa_family == AF_INET6) six += IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr);
  }
  freeifaddrs(list);
  EQ(four, 1);
  EQ(six, 1);
  EQ(if_nametoindex("lo"), 1);
  char name[IF_NAMESIZE];
  CHECK(if_indextoname(1, name));
  STREQ(name, "lo");
  EQ(if_nametoindex("none"), 0);
  STEP("getifaddrs, if_nametoindex");

  s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct ifreq r = {.ifr_name = "lo"};
  OK(ioctl(s, SIOCGIFADDR, &r));
  EQ(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  OK(ioctl(s, SIOCGIFNETMASK, &r));
  EQ(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr, htonl(0xff000000));
  OK(ioctl(s, SIOCGIFFLAGS, &r));
  CHECK(r.ifr_flags & IFF_UP && r.ifr_flags & IFF_LOOPBACK);
  OK(ioctl(s, SIOCGIFMTU, &r));
  EQ(r.ifr_mtu, 65536);
  OK(ioctl(s, SIOCGIFHWADDR, &r));
  EQ(r.ifr_hwaddr.sa_family, 772);
  strcpy(r.ifr_name, "none");
  FAILS(ENODEV, ioctl(s, SIOCGIFFLAGS, &r));
  struct ifreq all[16];
  struct ifconf conf = {sizeof all, {(char *)all}};
  OK(ioctl(s, SIOCGIFCONF, &conf));
  CHECK(conf.ifc_len >= (int)sizeof *all);
  STREQ(all[0].ifr_name, "lo");
  EQ(all[0].ifr_addr.sa_family, AF_INET);
  EQ(((struct sockaddr_in *)&all[0].ifr_addr)->sin_port, 0);
  EQ(((struct sockaddr_in *)&all[0].ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  // As many as there is room for; without any place, how much they need.
  conf = (struct ifconf){sizeof *all - 1, {(char *)all}};
  OK(ioctl(s, SIOCGIFCONF, &conf));
  EQ(conf.ifc_len, 0);
  conf = (struct ifconf){sizeof *all, {(char *)all}};
  OK(ioctl(s, SIOCGIFCONF, &conf));
  EQ(conf.ifc_len, sizeof *all);
  conf = (struct ifconf){0, {NULL}};
  OK(ioctl(s, SIOCGIFCONF, &conf));
  CHECK(conf.ifc_len >= (int)sizeof *all && conf.ifc_len % (int)sizeof *all == 0);
  memset(&r, 'x', sizeof r);
  r.ifr_ifindex = 1;
  OK(ioctl(s, SIOCGIFNAME, &r));
  STREQ(r.ifr_name, "lo");
  FAILS(ENOTTY, ioctl(s, 0x4242, &r));
  STEP("ioctls");

  struct sockaddr_in at = in4("127.0.0.1", 0);
  int l = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(bind(l, SA(at)));
  OK(listen(l, 1));
  OK(bind(s, SA(at)));
  char text[128];
  snprintf(text, sizeof text, "0100007F:%04X 00000000:0000 0A", port_of(l));
  CHECK(has_line("/proc/net/tcp", text));
  snprintf(text, sizeof text, "0100007F:%04X 00000000:0000 07", port_of(s));
  CHECK(has_line("/proc/net/udp", text));
  CHECK(has_line("/proc/net/tcp6", "local_address"));
  CHECK(has_line("/proc/net/udp6", "local_address"));
  CHECK(has_line("/proc/self/net/dev", "lo:"));
  CHECK(has_line("/proc/net/route", "Iface"));
  CHECK(has_line("/proc/net/if_inet6", "00000000000000000000000000000001 01 80"));
  CHECK(has_line("/proc/net/ipv6_route", "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000"));
  CHECK(has_line("/proc/net/ipv6_route", " 80200001       lo"));
  // A peer of each family, as the tables show it.
  struct sockaddr_in6 at6 = in6("::1", 0);
  int l6 = OK(socket(AF_INET6, SOCK_STREAM, 0)), c6 = OK(socket(AF_INET6, SOCK_STREAM, 0)), c = OK(socket(AF_INET, SOCK_STREAM, 0));
  int d = OK(socket(AF_INET, SOCK_DGRAM, 0)), d6 = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  OK(bind(l6, SA(at6)));
  OK(listen(l6, 1));
  at.sin_port = htons(port_of(l)), at6.sin6_port = htons(port_of(l6));
  OK(connect(c, SA(at))), OK(connect(d, SA(at)));
  OK(connect(c6, SA(at6))), OK(connect(d6, SA(at6)));
#define ONE "00000000000000000000000001000000"
#define NONE "00000000000000000000000000000000"
  snprintf(text, sizeof text, "0100007F:%04X 0100007F:%04X 01", port_of(c), port_of(l));
  CHECK(has_line("/proc/net/tcp", text));
  snprintf(text, sizeof text, "0100007F:%04X 0100007F:%04X 01", port_of(d), port_of(l));
  CHECK(has_line("/proc/net/udp", text));
  snprintf(text, sizeof text, ONE ":%04X " NONE ":0000 0A", port_of(l6));
  CHECK(has_line("/proc/net/tcp6", text));
  snprintf(text, sizeof text, ONE ":%04X " ONE ":%04X 01", port_of(c6), port_of(l6));
  CHECK(has_line("/proc/net/tcp6", text));
  snprintf(text, sizeof text, ONE ":%04X " ONE ":%04X 01", port_of(d6), port_of(l6));
  CHECK(has_line("/proc/net/udp6", text));
  OK(close(c)), OK(close(c6)), OK(close(d)), OK(close(d6));
  int any = OK(socket(AF_INET, SOCK_DGRAM, 0)), any6 = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in nowhere = in4("0.0.0.0", 0);
  struct sockaddr_in6 nowhere6 = in6("::", 0);
  OK(bind(any, SA(nowhere)));
  OK(bind(any6, SA(nowhere6)));
  snprintf(text, sizeof text, " 00000000:%04X 00000000:0000 07", port_of(any));
  CHECK(has_line("/proc/net/udp", text));
  snprintf(text, sizeof text, NONE ":%04X " NONE ":0000 07", port_of(any6));
  CHECK(has_line("/proc/net/udp6", text));
  int u = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_bind(u, "@shown in proc"));
  OK(listen(u, 1));
  CHECK(has_line("/proc/net/unix", "@shown in proc"));
  CHECK(has_line("/proc/sys/net/core/somaxconn", ""));
  CHECK(has_line("/proc/sys/net/ipv4/ip_local_port_range", "32768"));
  STEP("/proc/net");

  in_child(lengths_and_types);
  STEP("lengths and types");
  in_child(numbers);
  STEP("numbers");
  PART(told_by_a_queue());
  STEP("told by a queue");
  PART(routes());
  STEP("routes");
  return 0;
}

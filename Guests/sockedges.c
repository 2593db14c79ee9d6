// Sockets at their edges: buffers that are exactly full, nothing sent and nothing received, the first of several messages, what wakes who waits and
// what does not, ports and names that are free again, and who sent what.
// QEMU: qemu-user 7.2 receives several messages though there is no time for them.
#include "sock.h"
#include <linux/filter.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/uio.h>

static char b[1 << 16];

// These bytes come, and soon.
static void hears(int s, const char *text) {
  struct pollfd p = {s, POLLIN, 0};
  EQ(poll(&p, 1, 3000), 1);
  memset(b, 0, 64);
  CHECK(recv(s, b, 63, MSG_DONTWAIT) >= 0);
  STREQ(b, text);
}

// MARK: Room

// How much goes into a buffer of the smallest size, in parts of `size`.
static int filled(int s, int size) {
  int total = 0;
  while (send(s, b, size, MSG_DONTWAIT) == size) total += size;
  EQ(errno, EAGAIN);
  return total;
}
static void room(void) {
  // Linux counts what a message takes of its memory, too: there is never more in a buffer than its size.
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  for (int i = 0; i < 3; i++) {
    int s[2];
    OK(socketpair(AF_UNIX, types[i], 0, s));
    set_int(s[0], SOL_SOCKET, SO_SNDBUF, 0);
    int size = int_option(s[0], SOL_SOCKET, SO_SNDBUF), total = filled(s[0], size / 8);
    CHECK(total > 0 && total <= size);
    // A byte takes 768 of them.
    if (types[i] != SOCK_STREAM) {
      while (recv(s[1], b, sizeof b, MSG_DONTWAIT) > 0) {}
      total = filled(s[0], 1);
      CHECK(total >= 4 && total <= 6);
    }
    OK(close(s[0]));
    OK(close(s[1]));
  }
  int in = OK(socket(AF_INET, SOCK_DGRAM, 0)), out = OK(socket(AF_INET, SOCK_DGRAM, 0)), count = 0;
  struct sockaddr_in a = in4("127.0.0.1", 0);
  OK(bind(in, SA(a)));
  a.sin_port = htons(port_of(in));
  OK(connect(out, SA(a)));
  set_int(in, SOL_SOCKET, SO_RCVBUF, 0);
  EQ(int_option(in, SOL_SOCKET, SO_RCVBUF), 3 * 768);
  for (int i = 0; i < 9; i++) send_all(out, "x", 1);
  while (recv(in, b, 1, MSG_DONTWAIT) == 1) count++;
  CHECK(count > 0 && count <= 3);
  OK(close(in));
  OK(close(out));
}

// MARK: Edges

static int ep;
static void watch(int fd, uint32_t events) {
  struct epoll_event e = {events | EPOLLET, {.fd = fd}};
  OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}
// What is told of the one that is watched, once.
static uint32_t told(void) {
  struct epoll_event e = {0};
  return OK(epoll_wait(ep, &e, 1, 0)) ? e.events : 0;
}
static void nothing_is_sent(int s[2]) {
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN);
  EQ(told(), 0);
  send_all(s[1], "x", 1);
  EQ(told(), EPOLLIN);
  EQ(send(s[1], "", 0, 0), 0);
  EQ(told(), 0);
  EQ(write(s[1], "", 0), 0);
  EQ(told(), 0);
  EQ(recv(s[0], b, 0, 0), 0);
  EQ(told(), 0);
  EQ(recv(s[0], b, 1, MSG_PEEK), 1);
  EQ(told(), 0);
  send_all(s[1], "y", 1);
  EQ(told(), EPOLLIN);
  expect(s[0], "xy");
  OK(close(ep));
}
// Where nothing is sent, there need not be any room.
static void no_room_is_needed(int s[2]) {
  set_int(s[1], SOL_SOCKET, SO_SNDBUF, 0);
  filled(s[1], 512);
  EQ(send(s[1], "", 0, MSG_DONTWAIT), 0);
}
static void edges(void) {
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  nothing_is_sent(s);
  no_room_is_needed(s);
  OK(close(s[0]));
  OK(close(s[1]));
  tcp_pair(s);
  nothing_is_sent(s);
  OK(close(s[0]));
  OK(close(s[1]));

  // A larger buffer has room.
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  for (int i = 0; i < 3; i++) {
    OK(socketpair(AF_UNIX, types[i], 0, s));
    ep = OK(epoll_create1(0));
    set_int(s[0], SOL_SOCKET, SO_SNDBUF, 0);
    filled(s[0], 512);
    watch(s[0], EPOLLOUT);
    EQ(told(), 0);
    set_int(s[0], SOL_SOCKET, SO_SNDBUF, 100000);
    EQ(told(), EPOLLOUT);
    EQ(told(), 0);
    OK(close(ep));
    OK(close(s[0]));
    OK(close(s[1]));
  }

  // So has another peer, and none.
  int a = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), c = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), d = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  OK(unix_bind(a, "a"));
  OK(unix_bind(d, "d"));
  for (int i = 0; i < 2; i++) {
    OK(unix_connect(c, "a"));
    filled(c, 1);
    ep = OK(epoll_create1(0));
    watch(c, EPOLLOUT);
    EQ(told(), 0);
    if (i == 0) OK(unix_connect(c, "d"));
    else OK(connect(c, &(struct sockaddr){AF_UNSPEC}, 2));
    EQ(told(), EPOLLOUT);
    OK(close(ep));
    while (recv(a, b, 1, MSG_DONTWAIT) == 1) {}
  }
  OK(close(a));
  OK(close(c));
  OK(close(d));
  OK(unlink("a"));
  OK(unlink("d"));

  // A listener whose writing is shut down goes on, and tells again who waits there.
  int port, l = tcp_listener(&port);
  struct sockaddr_in at = in4("127.0.0.1", port);
  c = OK(socket(AF_INET, SOCK_STREAM, 0));
  ep = OK(epoll_create1(0));
  watch(l, EPOLLIN);
  OK(connect(c, SA(at)));
  EQ(told(), EPOLLIN);
  EQ(told(), 0);
  OK(shutdown(l, SHUT_WR));
  EQ(told(), EPOLLIN);
  a = OK(accept(l, NULL, NULL));
  OK(close(a));
  OK(close(c));
  OK(close(l));
  OK(close(ep));
}

// MARK: Received

// Sends one byte more if nobody says that it is not needed.
static int rescued[2];
static void *rescue(void *s) {
  struct pollfd p = {rescued[0], POLLIN, 0};
  if (!poll(&p, 1, 3000)) send_all((long)s, "?", 1);
  return NULL;
}
static void vectors(void) {
  // A vector whose first part is full, and nothing for the second one.
  for (int i = 0; i < 4; i++) {
    int s[2];
    pthread_t t;
    if (i & 1) tcp_pair(s);
    else OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    OK(pipe(rescued));
    struct iovec v[2] = {{b, 2}, {b + 8, 2}};
    if (i & 2) set_int(s[0], SOL_SOCKET, SO_RCVLOWAT, 2);
    send_all(s[1], "ab", 2);
    EQ(pthread_create(&t, NULL, rescue, (void *)(long)s[1]), 0);
    EQ(readv(s[0], v, 2), 2);
    OK(close(rescued[1]));
    EQ(pthread_join(t, NULL), 0);
    FAILS(EAGAIN, recv(s[0], b, 1, MSG_DONTWAIT));
    OK(close(rescued[0]));
    OK(close(s[0]));
    OK(close(s[1]));
  }

}

static void thrown_away(void) {
  // Behind bytes that are thrown away, others stay, and so does an error.
  int s[2];
  tcp_pair(s);
  FAILS(EAGAIN, recv(s[0], b, 0, MSG_DONTWAIT));
  FAILS(EAGAIN, recv(s[0], b, 0, MSG_DONTWAIT | MSG_TRUNC));
  send_all(s[1], "abcdef", 6);
  EQ(recv(s[0], b, 0, MSG_TRUNC), 0);
  EQ(recv(s[0], NULL, 3, MSG_TRUNC), 3);
  EQ(recv(s[0], b, 2, MSG_PEEK), 2);
  EQ(b[0], 'd');
  struct linger now = {1, 0};
  OK(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &now, sizeof now));
  OK(close(s[1]));
  EQ(recv(s[0], NULL, 3, MSG_TRUNC), 3);
  FAILS(ECONNRESET, recv(s[0], b, 1, 0));
  EQ(recv(s[0], b, 1, 0), 0);
  OK(close(s[0]));

  // An urgent byte for which there is no place is lost.
  tcp_pair(s);
  EQ(send(s[1], "abc", 3, MSG_OOB), 3);
  struct pollfd p = {s[0], POLLPRI, 0};
  EQ(poll(&p, 1, -1), 1);
  EQ(recv(s[0], b, 0, MSG_OOB | MSG_PEEK), 0);
  EQ(recv(s[0], b, 1, MSG_OOB | MSG_PEEK), 1);
  EQ(b[0], 'c');
  EQ(recv(s[0], b, 0, MSG_OOB), 0);
  FAILS(EINVAL, recv(s[0], b, 1, MSG_OOB));
  expect(s[0], "ab");
  OK(close(s[0]));
  OK(close(s[1]));
}

static void *sends_late(void *s) {
  pause_ms(20);
  send_all((long)s, "late", 4);
  return NULL;
}
static void several(void) {
  int s[2];
  pthread_t t;
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  struct iovec v = {b, 8};
  struct mmsghdr m[3];
  for (int i = 0; i < 3; i++) m[i] = (struct mmsghdr){{.msg_iov = &v, .msg_iovlen = 1}, 77};
  // One is waited for, whatever becomes of the others, and whatever time there is.
  EQ(pthread_create(&t, NULL, sends_late, (void *)(long)s[1]), 0);
  EQ(recvmmsg(s[0], m, 3, MSG_WAITFORONE, NULL), 1);
  EQ(m[0].msg_len, 4);
  EQ(m[1].msg_len, 77);
  EQ(pthread_join(t, NULL), 0);
  for (int i = 0; i < 3; i++) send_all(s[1], "four", i + 1);
  struct timespec none = {0, 0};
  EQ(recvmmsg(s[0], m, 3, 0, &none), 1);
  EQ(m[0].msg_len, 1);
  EQ(none.tv_sec | none.tv_nsec, 0);
  EQ(recvmmsg(s[0], m, 3, MSG_DONTWAIT, NULL), 2);
  EQ(m[0].msg_len, 2);
  EQ(m[1].msg_len, 3);
  EQ(pthread_create(&t, NULL, sends_late, (void *)(long)s[1]), 0);
  EQ(recvmmsg(s[0], m, 3, 0, &none), 1);
  EQ(pthread_join(t, NULL), 0);
  EQ(recvmmsg(s[0], m, 0, 0, NULL), 0);
  EQ(sendmmsg(s[0], m, 0, 0), 0);
  send_all(s[1], "one", 3);
  send_all(s[1], "two", 3);
  struct iovec bad = {(void *)8, 8};
  m[1].msg_hdr.msg_iov = &bad;
  EQ(recvmmsg(s[0], m, 3, MSG_DONTWAIT, NULL), 1);
  EQ(m[0].msg_len, 3);
  // The next call tells.
  FAILS(EFAULT, recv(s[0], b, 1, MSG_DONTWAIT));
  FAILS(EAGAIN, recv(s[0], b, 1, MSG_DONTWAIT));
  // What the call itself has told is told once.
  send_all(s[1], "one", 3);
  FAILS(EFAULT, recvmmsg(s[0], m + 1, 2, MSG_DONTWAIT, NULL));
  FAILS(EAGAIN, recv(s[0], b, 1, MSG_DONTWAIT));
  EQ(sendmmsg(s[0], m, 3, 0), 1);
  FAILS(EFAULT, sendmmsg(s[0], m + 1, 2, 0));
  OK(close(s[0]));
  OK(close(s[1]));
}

// MARK: Who sent it

static struct ucred sender_of(int s) {
  char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
  struct iovec v = {b, 64};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct ucred who = {0, -1, -1};
  OK(recvmsg(s, &m, MSG_DONTWAIT));
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (c && c->cmsg_type == SCM_CREDENTIALS) memcpy(&who, CMSG_DATA(c), sizeof who);
  return who;
}
static void is_me(int s) {
  struct ucred who = sender_of(s);
  EQ(who.pid, getpid());
  EQ(who.uid, getuid());
  EQ(who.gid, getgid());
}
static long claim(int s, pid_t pid, uid_t uid, gid_t gid) {
  struct ucred who = {pid, uid, gid};
  char control[CMSG_SPACE(sizeof who)] __attribute__((aligned(8))) = {0};
  struct iovec v = {b, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *(struct cmsghdr *)control = (struct cmsghdr){CMSG_LEN(sizeof who), SOL_SOCKET, SCM_CREDENTIALS};
  memcpy(CMSG_DATA((struct cmsghdr *)control), &who, sizeof who);
  return sendmsg(s, &m, MSG_DONTWAIT);
}
static void claims(void) {
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  set_int(s[0], SOL_SOCKET, SO_PASSCRED, 1);
  EQ(claim(s[1], getpid(), getuid(), getgid()), 1);
  is_me(s[0]);
  FAILS(EPERM, claim(s[1], getppid(), getuid(), getgid()));
  FAILS(EPERM, claim(s[1], 0, getuid(), getgid()));
  FAILS(EPERM, claim(s[1], getpid(), getuid() + 7, getgid()));
  FAILS(EPERM, claim(s[1], getpid(), getuid(), getgid() + 7));
  FAILS(EAGAIN, recv(s[0], b, 1, MSG_DONTWAIT));
}
// As anybody, and as one that has several numbers.
static void claims_of_anybody(void) {
  if (!geteuid()) {
    OK(setresgid(1000, 1000, 1000));
    OK(setresuid(1000, 1000, 1000));
  }
  claims();
}
static void claims_of_several(void) {
  if (geteuid()) return;
  OK(setresgid(2000, 2001, 2002));
  OK(setresuid(1000, 1001, 1002));
  claims();
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  set_int(s[0], SOL_SOCKET, SO_PASSCRED, 1);
  for (int i = 0; i < 3; i++) {
    EQ(claim(s[1], getpid(), 1000 + i, 2002 - i), 1);
    struct ucred who = sender_of(s[0]);
    EQ(who.uid, 1000 + i);
    EQ(who.gid, 2002 - i);
  }
  FAILS(EPERM, claim(s[1], getpid(), 1003, 2000));
  FAILS(EPERM, claim(s[1], getpid(), 1000, 2003));
}
static void senders(void) {
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  for (int i = 0; i < 3; i++) {
    int s[2];
    OK(socketpair(AF_UNIX, types[i], 0, s));
    set_int(s[0], SOL_SOCKET, SO_PASSCRED, 1);
    struct iovec v = {b, 1};
    struct mmsghdr m = {{.msg_iov = &v, .msg_iovlen = 1}, 0};
    EQ(send(s[1], b, 1, 0), 1);
    is_me(s[0]);
    EQ(write(s[1], b, 1), 1);
    is_me(s[0]);
    EQ(writev(s[1], &v, 1), 1);
    is_me(s[0]);
    EQ(sendmsg(s[1], &m.msg_hdr, 0), 1);
    is_me(s[0]);
    EQ(sendmmsg(s[1], &m, 1, 0), 1);
    is_me(s[0]);
  }
  in_child(claims_of_anybody);
  in_child(claims_of_several);
}

// MARK: Control messages

static void control(void) {
  int s[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
  FILE *file = fopen("/proc/sys/net/core/optmem_max", "r");
  long most = 131072;
  if (file) {
    EQ(fscanf(file, "%ld", &most), 1);
    fclose(file);
  }
  char *bytes = calloc(1, most + 8);
  struct iovec v = {b, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = bytes, .msg_controllen = most - 1};
  // Of a level that means nothing to it.
  *(struct cmsghdr *)bytes = (struct cmsghdr){most - 8, 1000, 1};
  EQ(sendmsg(s[1], &m, 0), 1);
  EQ(recv(s[0], b, 2, 0), 1);
  m.msg_controllen = most;
  FAILS(ENOBUFS, sendmsg(s[1], &m, 0));
  m.msg_controllen = most + 1;
  FAILS(ENOBUFS, sendmsg(s[1], &m, 0));
  // The last one is whole, or there is none.
  m.msg_controllen = 16;
  *(struct cmsghdr *)bytes = (struct cmsghdr){16, 1000, 1};
  EQ(sendmsg(s[1], &m, 0), 1);
  m.msg_controllen = 15;
  EQ(sendmsg(s[1], &m, 0), 1);
  m.msg_controllen = 16;
  ((struct cmsghdr *)bytes)->cmsg_len = 17;
  FAILS(EINVAL, sendmsg(s[1], &m, 0));
  ((struct cmsghdr *)bytes)->cmsg_len = 15;
  FAILS(EINVAL, sendmsg(s[1], &m, 0));
  m.msg_controllen = 17;
  ((struct cmsghdr *)bytes)->cmsg_len = 17;
  EQ(sendmsg(s[1], &m, 0), 1);
  // No bytes are looked at where there are none.
  m.msg_control = (void *)8;
  FAILS(EFAULT, sendmsg(s[1], &m, 0));
  m.msg_controllen = 0;
  EQ(sendmsg(s[1], &m, 0), 1);
  free(bytes);
  OK(close(s[0]));
  OK(close(s[1]));
}

// MARK: Addresses and ports

static void addresses(void) {
  // A socket of IPv6 may name an address of IPv4 as it is, where it may use it at all.
  int four = OK(socket(AF_INET, SOCK_DGRAM, 0)), six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in a = in4("127.0.0.1", 0);
  OK(bind(four, SA(a)));
  a.sin_port = htons(port_of(four));
  EQ(sendto(six, "one", 3, 0, SA(a)), 3);
  hears(four, "one");
  FAILS(EINVAL, sendto(six, "x", 1, 0, (struct sockaddr *)&a, sizeof a - 1));
  OK(close(six));
  six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  FAILS(ENETUNREACH, sendto(six, "x", 1, 0, SA(a)));
  struct sockaddr_in6 mapped = in6("::ffff:127.0.0.1", port_of(four)), self = in6("::1", 0);
  FAILS(ENETUNREACH, sendto(six, "x", 1, 0, SA(mapped)));
  FAILS(ENETUNREACH, connect(six, SA(mapped)));
  OK(close(six));
  const int types[] = {SOCK_DGRAM, SOCK_STREAM};
  for (int i = 0; i < 2; i++) {
    six = OK(socket(AF_INET6, types[i], 0));
    set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    FAILS(ENETUNREACH, connect(six, SA(mapped)));
    OK(close(six));
    six = OK(socket(AF_INET6, types[i], 0));
    OK(bind(six, SA(self)));
    FAILS(ENETUNREACH, connect(six, SA(mapped)));
    OK(close(six));
  }
  // Where the family is left open, IPv4 takes it for its own.
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  a.sin_family = AF_UNSPEC;
  EQ(sendto(s, "two", 3, 0, SA(a)), 3);
  hears(four, "two");
  a.sin_family = AF_UNIX;
  FAILS(EAFNOSUPPORT, sendto(s, "x", 1, 0, SA(a)));
  OK(close(s));
  for (int i = 0; i < 2; i++) {
    s = OK(socket(AF_INET, types[i], 0));
    struct sockaddr_in any = in4("127.0.0.1", 0);
    any.sin_family = AF_UNSPEC;
    FAILS(EAFNOSUPPORT, bind(s, SA(any)));
    any.sin_addr.s_addr = 0;
    OK(bind(s, SA(any)));
    OK(close(s));
  }
  // What is everywhere is here; for one that is bound to an address of IPv4, there.
  int port, l = tcp_listener(&port);
  for (int i = 0; i < 2; i++) {
    struct sockaddr_in6 at = in6("::ffff:127.0.0.1", 0), to = in6("::", i ? port : port_of(four));
    socklen_t n = sizeof to;
    six = OK(socket(AF_INET6, types[i], 0));
    OK(bind(six, SA(at)));
    OK(connect(six, SA(to)));
    OK(getpeername(six, (struct sockaddr *)&to, &n));
    EQ(memcmp(&to.sin6_addr, &at.sin6_addr, sizeof at.sin6_addr), 0);
    OK(close(six));
  }
  OK(close(l));
  OK(close(four));
}

// IPv6 takes a name without a family for none, and for nothing else.
static void without_family(void) {
  int six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 open = in6("::1", 9), self = in6("::1", 0);
  open.sin6_family = AF_UNSPEC;
  FAILS(EAFNOSUPPORT, bind(six, SA(open)));
  FAILS(EDESTADDRREQ, sendto(six, "x", 1, 0, SA(open)));
  FAILS(EDESTADDRREQ, sendto(six, "x", 1, 0, (struct sockaddr *)&open, 2));
  open.sin6_family = AF_UNIX;
  FAILS(EINVAL, sendto(six, "x", 1, 0, SA(open)));
  int s = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  OK(bind(s, SA(self)));
  self.sin6_port = htons(port_of(s));
  OK(connect(six, SA(self)));
  open.sin6_family = AF_UNSPEC;
  EQ(sendto(six, "three", 5, 0, SA(open)), 5);
  EQ(recv(s, b, 9, MSG_DONTWAIT), 5);
  OK(close(s));
  OK(close(six));
}

static void interfaces(void) {
  // Only some addresses have an interface.
  const char *names[] = {"::1", "::", "ff02::1:3", "ff01::1:3", "ff05::1:3"};
  const int scopes[] = {0, 0, 1, 1, 0};
  for (int i = 0; i < 5; i++) {
    struct sockaddr_in6 at = in6(names[i], 0);
    socklen_t n = sizeof at;
    at.sin6_scope_id = 1;
    int six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
    OK(bind(six, SA(at)));
    OK(getsockname(six, (struct sockaddr *)&at, &n));
    EQ(at.sin6_scope_id, scopes[i]);
    OK(close(six));
  }
  struct sockaddr_in6 link = in6("ff02::1:3", 0);
  int six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  FAILS(EINVAL, bind(six, SA(link)));
  OK(close(six));
}

// Whether another may have the port after the listener has gone, and what nobody has accepted with it.
static int is_free_again(void) {
  int port, l = tcp_listener(&port), c[3];
  struct sockaddr_in a = in4("127.0.0.1", port);
  for (int i = 0; i < 3; i++) {
    c[i] = OK(socket(AF_INET, SOCK_STREAM, 0));
    OK(connect(c[i], SA(a)));
  }
  OK(close(l));
  for (int i = 0; i < 3; i++) {
    FAILS(ECONNRESET, recv(c[i], b, 1, 0));
    OK(close(c[i]));
  }
  l = OK(socket(AF_INET, SOCK_STREAM, 0));
  int is_free = !bind(l, SA(a)) && !listen(l, 1);
  OK(close(l));
  return is_free;
}
static void ports(void) {
  // Those that nobody has asked for are of a range.
  unsigned first, last;
  FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
  CHECK(range);
  EQ(fscanf(range, "%u %u", &first, &last), 2);
  fclose(range);
  for (int i = 0; i < 3; i++) {
    struct sockaddr_in any = in4("0.0.0.0", 0);
    int s = OK(socket(AF_INET, i ? SOCK_DGRAM : SOCK_STREAM, i > 1 ? IPPROTO_UDPLITE : 0));
    OK(bind(s, SA(any)));
    CHECK(port_of(s) >= (int)first && port_of(s) <= (int)last);
    OK(close(s));
  }

  // One that is not connected any more has no port, and gets one again.
  int port, l = tcp_listener(&port);
  for (int i = 0; i < 6; i++) {
    int is_udp = i & 1, other = OK(socket(AF_INET, SOCK_DGRAM, 0));
    struct sockaddr_in a = in4("127.0.0.1", port), own = in4("0.0.0.0", 0);
    if (is_udp) {
      OK(bind(other, SA(own)));
      a.sin_port = htons(port_of(other));
    }
    int s = OK(socket(AF_INET, is_udp ? SOCK_DGRAM : SOCK_STREAM, 0));
    own = in4(i & 2 ? "127.0.0.1" : "0.0.0.0", 0);
    if (i & 6) OK(bind(s, SA(own)));
    for (int j = 0; j < 3; j++) {
      OK(connect(s, SA(a)));
      socklen_t n = sizeof own;
      OK(getsockname(s, (struct sockaddr *)&own, &n));
      CHECK(own.sin_port != 0);
      EQ(own.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
      send_all(s, "x", 1);
      if (is_udp) expect(other, "x");
      else OK(close(OK(accept(l, NULL, NULL))));
      OK(connect(s, &(struct sockaddr){AF_UNSPEC}, sizeof(struct sockaddr)));
      n = sizeof own;
      OK(getsockname(s, (struct sockaddr *)&own, &n));
      // TCP shows the last one.
      if (is_udp) EQ(own.sin_port, 0);
      EQ(own.sin_addr.s_addr, i & 2 ? htonl(INADDR_LOOPBACK) : 0);
    }
    OK(close(s));
    OK(close(other));
  }
  OK(close(l));

  // Others may be faster than we are, now and then.
  int tries = 0;
  while (tries < 5 && !is_free_again()) tries++;
  CHECK(tries < 5);

  // What a listener tells of who waits.
  l = OK(socket(AF_INET, SOCK_STREAM, 0));
  struct sockaddr_in a = in4("127.0.0.1", 0);
  OK(bind(l, SA(a)));
  OK(listen(l, 5));
  a.sin_port = htons(port_of(l));
  int c = OK(socket(AF_INET, SOCK_STREAM, 0));
  struct tcp_info info;
  for (int i = 0; i < 2; i++) {
    socklen_t n = sizeof info;
    memset(&info, -1, sizeof info);
    OK(getsockopt(l, IPPROTO_TCP, TCP_INFO, &info, &n));
    EQ(info.tcpi_state, TCP_LISTEN);
    EQ(info.tcpi_unacked, i);
    EQ(info.tcpi_sacked, 5);
    EQ(info.tcpi_lost, 0);
    EQ(info.tcpi_retrans, 0);
    if (!i) OK(connect(c, SA(a)));
  }
  OK(close(c));
  OK(close(l));
}

// Of several at a port, the one that is meant for who sends gets it, whenever it came.
static void one_of_several(void) {
  const int options[] = {SO_REUSEADDR, SO_REUSEPORT};
  for (int i = 0; i < 8; i++) {
    int option = options[i & 1], sender = OK(socket(AF_INET, SOCK_DGRAM, 0)), s[3];
    struct sockaddr_in from = in4("127.0.0.1", 0), to = in4("127.0.0.1", 0), any = in4("0.0.0.0", 0);
    OK(bind(sender, SA(from)));
    from.sin_port = htons(port_of(sender));
    int connected = i >> 1 & 3;
    for (int j = 0; j < 3; j++) {
      s[j] = OK(socket(AF_INET, SOCK_DGRAM, 0));
      set_int(s[j], SOL_SOCKET, option, 1);
      OK(bind(s[j], SA(to)));
      to.sin_port = htons(port_of(s[j]));
      if (j == connected) OK(connect(s[j], SA(from)));
    }
    int wide = OK(socket(AF_INET, SOCK_DGRAM, 0));
    set_int(wide, SOL_SOCKET, option, 1);
    any.sin_port = to.sin_port;
    OK(bind(wide, SA(any)));
    EQ(sendto(sender, "x", 1, 0, SA(to)), 1);
    int count = 0;
    for (int j = 0; j < 3; j++) {
      int heard = recv(s[j], b, 1, MSG_DONTWAIT);
      if (connected < 3) EQ(heard, j == connected ? 1 : -1);
      count += heard == 1;
      OK(close(s[j]));
    }
    EQ(count, 1);
    FAILS(EAGAIN, recv(wide, b, 1, MSG_DONTWAIT));
    OK(close(wide));
    OK(close(sender));
  }
}

// MARK: Names and queues of unix sockets

static void names(void) {
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  struct sockaddr_un seen[3][3];
  for (int i = 0; i < 3; i++) {
    int s[3];
    for (int j = 0; j < 3; j++) {
      socklen_t n = sizeof seen[i][j];
      memset(&seen[i][j], 0, n);
      s[j] = OK(socket(AF_UNIX, types[i], 0));
      OK(bind(s[j], &(struct sockaddr){AF_UNIX}, 2));
      OK(getsockname(s[j], (struct sockaddr *)&seen[i][j], &n));
      EQ(n, 2 + 6);
      EQ(seen[i][j].sun_path[0], 0);
      EQ(strspn(seen[i][j].sun_path + 1, "0123456789abcdef"), 5);
      for (int k = 0; k < j; k++) CHECK(memcmp(&seen[i][k], &seen[i][j], n));
    }
    for (int j = 0; j < 3; j++) OK(close(s[j]));
  }
}

static void send_file(int s, int fd, const char *text) {
  char control[CMSG_SPACE(4)] __attribute__((aligned(8))) = {0};
  struct iovec v = {(void *)text, strlen(text)};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *(struct cmsghdr *)control = (struct cmsghdr){CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA((struct cmsghdr *)control), &fd, 4);
  EQ(sendmsg(s, &m, 0), (long)strlen(text));
}
// A descriptor that comes with bytes, in one part or two, or -1.
static int receive_file(int s, int size, int flags) {
  char control[CMSG_SPACE(4)] __attribute__((aligned(8)));
  struct iovec v[2] = {{b, (size + 1) / 2}, {b + 64, size / 2}};
  struct msghdr m = {.msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
  EQ(recvmsg(s, &m, flags), size);
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  int fd = -1;
  if (c && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), 4);
  return fd;
}
static void descriptors(void) {
  // They come with the bytes that they were sent with, and not with those before them.
  int s[2], pair[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  send_all(s[1], "ab", 2);
  send_file(s[1], s[1], "cd");
  send_all(s[1], "ef", 2);
  int fd = receive_file(s[0], 4, MSG_PEEK);
  CHECK(fd >= 0);
  OK(close(fd));
  EQ(receive_file(s[0], 1, 0), -1);
  EQ(receive_file(s[0], 1, 0), -1);
  fd = receive_file(s[0], 1, 0);
  CHECK(fd >= 0);
  OK(close(fd));
  EQ(receive_file(s[0], 1, 0), -1);
  EQ(receive_file(s[0], 2, 0), -1);
  OK(close(s[0]));
  OK(close(s[1]));

  // What is on its way to a connection that nobody has accepted yet is not lost.
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
  for (int i = 0; i < 2; i++) {
    int l = OK(socket(AF_UNIX, types[i], 0)), c = OK(socket(AF_UNIX, types[i], 0));
    OK(unix_bind(l, "l"));
    OK(listen(l, 4));
    OK(unix_connect(c, "l"));
    OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    send_all(pair[1], "kept", 4);
    send_file(c, pair[0], "x");
    OK(close(pair[0]));
    OK(close(pair[1]));
    OK(close(c));
    // Others that go make Linux look for what is lost.
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    send_file(pair[0], pair[0], "x");
    send_file(pair[0], pair[1], "x");
    OK(close(pair[0]));
    OK(close(pair[1]));
    int a = OK(accept(l, NULL, NULL));
    fd = receive_file(a, 1, 0);
    CHECK(fd >= 0);
    EQ(recv(fd, b, 9, MSG_DONTWAIT), 4);
    EQ(memcmp(b, "kept", 4), 0);
    OK(close(fd));
    OK(close(a));
    OK(close(l));
    OK(unlink("l"));
  }
}

// MARK: Filters

#define ATTACH(fd, ...) \
  do { struct sock_filter f_[] = {__VA_ARGS__}; \
       struct sock_fprog p_ = {sizeof f_ / sizeof *f_, f_}; \
       OK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p_, sizeof p_)); } while (0)

static void filters(void) {
  // A datagram is cut behind its header of eight bytes, which can't be.
  const int lengths[] = {3, 8, 11};
  for (int i = 0; i < 3; i++) {
    const int length = lengths[i];
    int in = OK(socket(AF_INET, SOCK_DGRAM, 0)), out = OK(socket(AF_INET, SOCK_DGRAM, 0));
    struct sockaddr_in a = in4("127.0.0.1", 0);
    OK(bind(in, SA(a)));
    a.sin_port = htons(port_of(in));
    OK(connect(out, SA(a)));
    ATTACH(in, BPF_STMT(BPF_RET | BPF_K, length));
    struct sock_filter shown[2] = {{0}};
    socklen_t n = 2;
    OK(getsockopt(in, SOL_SOCKET, SO_GET_FILTER, shown, &n));
    EQ(n, 1);
    EQ(shown[0].code, BPF_RET | BPF_K);
    EQ(shown[0].k, length);
    EQ(shown[1].code | shown[1].k, 0);
    send_all(out, "abcdef", 6);
    EQ(recv(in, b, 64, 0), length == 11 ? 3 : 0);
    if (length == 11) EQ(memcmp(b, "abc", 3), 0);
    OK(close(in));
    OK(close(out));
  }

  // The end comes behind what a filter has kept back, and the other way stays open.
  int s[2];
  tcp_pair(s);
  ATTACH(s[0], BPF_STMT(BPF_RET | BPF_K, 0));
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN | EPOLLRDHUP);
  send_all(s[1], "kept", 4);
  OK(shutdown(s[1], SHUT_WR));
  pause_ms(5);
  EQ(told(), 0);
  OK(setsockopt(s[0], SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int)));
  EQ(recv(s[0], b, 4, MSG_WAITALL), 4);
  EQ(recv(s[0], b, 4, 0), 0);
  send_all(s[0], "back", 4);
  hears(s[1], "back");
  OK(close(ep));
  OK(close(s[0]));
  OK(close(s[1]));
}

// What a filter has kept back wakes nobody, and goes with the connection.
static void kept_back(void) {
  int port, l = tcp_listener(&port), s = OK(socket(AF_INET, SOCK_STREAM, 0));
  struct sockaddr_in a = in4("127.0.0.1", port);
  OK(connect(s, SA(a)));
  int other = OK(accept(l, NULL, NULL));
  ep = OK(epoll_create1(0));
  watch(s, EPOLLIN);
  send_all(other, "a", 1);
  struct pollfd p = {s, POLLIN, 0};
  EQ(poll(&p, 1, 3000), 1);
  EQ(told(), EPOLLIN);
  for (int i = 0; i < 2; i++) {
    ATTACH(s, BPF_STMT(BPF_RET | BPF_K, 0));
    EQ(told(), 0);
    send_all(other, "kept", 4);
    pause_ms(5);
    EQ(told(), 0);
  }
  OK(connect(s, &(struct sockaddr){AF_UNSPEC}, sizeof(struct sockaddr)));
  OK(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int)));
  OK(close(ep));
  OK(close(other));
  OK(connect(s, SA(a)));
  other = OK(accept(l, NULL, NULL));
  send_all(other, "new", 3);
  hears(s, "new");
  OK(close(other));
  OK(close(s));
  OK(close(l));
}

// MARK: Ends

static void *sends_in_vain(void *s) {
  FAILS(EPIPE, send((long)s, "x", 1, 0));
  return NULL;
}
static void ends(void) {
  // Who waits for room learns that nobody listens, once there is some.
  int d = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), from = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  pthread_t t;
  OK(unix_bind(d, "d"));
  OK(unix_connect(from, "d"));
  filled(from, 1);
  EQ(pthread_create(&t, NULL, sends_in_vain, (void *)(long)from), 0);
  pause_ms(10);
  OK(shutdown(d, SHUT_RD));
  EQ(recv(d, b, 1, MSG_DONTWAIT), 1);
  EQ(pthread_join(t, NULL), 0);
  OK(close(d));
  OK(close(from));
  OK(unlink("d"));
  // A listener that is shut down is none.
  for (int i = 0; i < 2; i++) {
    int port, l = tcp_listener(&port), c = OK(socket(AF_INET, SOCK_STREAM, 0));
    struct sockaddr_in a = in4("127.0.0.1", port);
    OK(shutdown(l, i ? SHUT_RD : SHUT_RDWR));
    FAILS(ECONNREFUSED, connect(c, SA(a)));
    OK(close(c));
    OK(close(l));
  }
  // One that breaks its connection off tells who waits.
  int s[2];
  tcp_pair(s);
  ep = OK(epoll_create1(0));
  watch(s[0], EPOLLIN | EPOLLOUT);
  EQ(told(), EPOLLOUT);
  OK(connect(s[0], &(struct sockaddr){AF_UNSPEC}, sizeof(struct sockaddr)));
  CHECK(told() & EPOLLHUP);
  OK(close(ep));
  OK(close(s[0]));
  OK(close(s[1]));
  // It has no address any more, of either family.
  const int types[] = {SOCK_DGRAM, SOCK_STREAM};
  for (int i = 0; i < 2; i++) {
    int l = OK(socket(AF_INET6, types[i], 0));
    struct sockaddr_in6 a = in6("::1", 0);
    socklen_t n = sizeof a;
    OK(bind(l, SA(a)));
    a.sin6_port = htons(port_of(l));
    if (i) OK(listen(l, 1));
    s[0] = OK(socket(AF_INET6, types[i], 0));
    OK(connect(s[0], SA(a)));
    OK(connect(s[0], &(struct sockaddr){AF_UNSPEC}, sizeof(struct sockaddr)));
    OK(getsockname(s[0], (struct sockaddr *)&a, &n));
    EQ(memcmp(&a.sin6_addr, &in6addr_any, sizeof in6addr_any), 0);
    OK(close(s[0]));
    OK(close(l));
  }
}

// MARK: Bytes

static void contents(void) {
  for (int i = 0; i < 2; i++) {
    int s[2];
    if (i) tcp_pair(s);
    else OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    // Again and again, so that wherever they are kept, some stand at the end and at the beginning.
    unsigned sent = 0, got = 0;
    for (int j = 0; j < 12; j++) {
      for (int k = 0; k < 3000; k++) b[k] = mix64(sent + k);
      send_all(s[1], b, 3000);
      sent += 3000;
      int size = j == 11 ? (int)(sent - got) : 2900;
      for (int peek = 1; peek >= 0; peek--) {
        memset(b, 0, size);
        EQ(recv(s[0], b, size, MSG_WAITALL | (peek ? MSG_PEEK : 0)), size);
        int wrong = 0;
        for (int k = 0; k < size; k++) wrong += b[k] != (char)mix64(got + k);
        EQ(wrong, 0);
      }
      got += size;
    }
    OK(close(s[0]));
    OK(close(s[1]));
  }
  // An urgent byte that is read as any other comes first in its turn.
  for (int i = 0; i < 2; i++) {
    int s[2];
    if (i) tcp_pair(s);
    else OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    set_int(s[0], SOL_SOCKET, SO_OOBINLINE, 1);
    EQ(send(s[1], "abc", 3, MSG_OOB), 3);
    send_all(s[1], "de", 2);
    struct pollfd p = {s[0], POLLPRI, 0};
    EQ(poll(&p, 1, 3000), 1);
    hears(s[0], "ab");
    EQ(recv(s[0], b, 9, MSG_PEEK | MSG_DONTWAIT), 3);
    hears(s[0], "cde");
    OK(close(s[0]));
    OK(close(s[1]));
  }
  // Who throws bytes away waits for them.
  int s[2];
  pthread_t t;
  tcp_pair(s);
  EQ(pthread_create(&t, NULL, sends_late, (void *)(long)s[1]), 0);
  EQ(recv(s[0], NULL, 4, MSG_TRUNC), 4);
  EQ(pthread_join(t, NULL), 0);
  OK(close(s[0]));
  OK(close(s[1]));
}

// MARK: Options

static void options(void) {
  // An address in front of which stands a group, or nothing.
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct ip_mreqn r = {{inet_addr("224.0.0.77")}, {htonl(INADDR_LOOPBACK)}, 0};
  struct in_addr shown;
  socklen_t n = sizeof shown;
  const int lengths[] = {4, 8, 12};
  for (int i = 0; i < 3; i++) {
    OK(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &(struct in_addr){0}, 4));
    OK(setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, lengths[i] == 4 ? (void *)&r.imr_address : &r, lengths[i]));
    OK(getsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &shown, &n));
    EQ(shown.s_addr, htonl(INADDR_LOOPBACK));
  }
  FAILS(EINVAL, setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &r, 3));
  for (int i = 0; i < 2; i++) {
    int name = i ? IP_DROP_MEMBERSHIP : IP_ADD_MEMBERSHIP, other = i ? EADDRNOTAVAIL : EADDRINUSE;
    FAILS(EINVAL, setsockopt(s, IPPROTO_IP, name, &r, 7));
    OK(setsockopt(s, IPPROTO_IP, name, &r, 8));
    errno = 0;
    EQ(setsockopt(s, IPPROTO_IP, name, &r, 12), -1);
    EQ(errno, other);
  }
  OK(close(s));

  // Numbers that are 0 are numbers.
  int six = OK(socket(AF_INET6, SOCK_DGRAM, 0)), in = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 a = in6("::1", 0);
  OK(bind(in, SA(a)));
  a.sin6_port = htons(port_of(in));
  set_int(in, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  set_int(six, IPPROTO_IPV6, IPV6_TCLASS, 0x20);
  for (int class = 0; class < 2; class++) {
    char control[CMSG_SPACE(4)] __attribute__((aligned(8))) = {0};
    struct iovec v = {b, 1};
    struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    *(struct cmsghdr *)control = (struct cmsghdr){CMSG_LEN(4), IPPROTO_IPV6, IPV6_TCLASS};
    memcpy(CMSG_DATA((struct cmsghdr *)control), &class, 4);
    EQ(sendmsg(six, &m, 0), 1);
    m.msg_name = NULL;
    memset(control, -1, sizeof control);
    EQ(recvmsg(in, &m, 0), 1);
    int got = -1;
    memcpy(&got, CMSG_DATA((struct cmsghdr *)control), 4);
    EQ(got, class);
  }
  OK(close(in));
  OK(close(six));

  // A mark is any number, and another option only on or off; who may set them can.
  s = OK(socket(AF_INET, SOCK_STREAM, 0));
  if (!setsockopt(s, SOL_SOCKET, SO_MARK, &(int){77}, 4)) EQ(int_option(s, SOL_SOCKET, SO_MARK), 77);
  if (!setsockopt(s, SOL_SOCKET, SO_DEBUG, &(int){77}, 4)) EQ(int_option(s, SOL_SOCKET, SO_DEBUG), 1);
  // How long a filter is can be asked for without a place for it.
  ATTACH(s, BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_RET | BPF_A, 0));
  n = 0;
  OK(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, NULL, &n));
  EQ(n, 2);
  n = 1;
  FAILS(EINVAL, getsockopt(s, SOL_SOCKET, SO_GET_FILTER, b, &n));
  OK(close(s));

  // Both ends of a pair know the other, and no socket has a name of no bytes.
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
  for (int i = 0; i < 3; i++) {
    int pair[2];
    OK(socketpair(AF_UNIX, types[i], 0, pair));
    for (int j = 0; j < 2; j++) {
      struct ucred who = {0};
      n = sizeof who;
      OK(getsockopt(pair[j], SOL_SOCKET, SO_PEERCRED, &who, &n));
      EQ(who.pid, getpid());
      EQ(who.uid, geteuid());
      OK(close(pair[j]));
    }
    s = OK(socket(AF_UNIX, types[i], 0));
    FAILS(EINVAL, connect(s, &(struct sockaddr){AF_UNIX}, 2));
    if (i == 2) FAILS(EINVAL, sendto(s, "x", 1, 0, &(struct sockaddr){AF_UNIX}, 2));
    OK(close(s));
  }
}

int main(void) {
  enter_scratch();
  signal(SIGPIPE, SIG_IGN);
  PART(room());
  STEP("room");
  PART(edges());
  STEP("edges");
  PART(vectors());
  STEP("vectors");
  PART(thrown_away());
  STEP("thrown away");
  PART(several());
  STEP("several messages");
  PART(senders());
  STEP("senders");
  PART(control());
  STEP("control messages");
  PART(addresses());
  STEP("addresses");
  PART(without_family());
  STEP("addresses without a family");
  PART(interfaces());
  STEP("addresses with an interface");
  PART(ports());
  STEP("ports");
  PART(one_of_several());
  STEP("one of several");
  PART(names());
  STEP("names");
  PART(descriptors());
  STEP("descriptors");
  PART(filters());
  STEP("filters");
  PART(kept_back());
  STEP("kept back");
  PART(ends());
  STEP("ends");
  PART(contents());
  STEP("contents");
  PART(options());
  STEP("options");
  return 0;
}

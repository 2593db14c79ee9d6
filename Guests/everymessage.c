// Messages of every shape on every kind of socket: vectors, lengths, names, control data and descriptors that fit, just fit, and do not.
// QEMU: qemu-user 7.2 translates control data in its own way.
#include "matrix.h"
#include "sock.h"
#include <sys/uio.h>

static const struct table expected[] = {
  {"stream",
   "0 0 0 AGAIN 0 AGAIN 0 0 1 1 1 1 0 1 0 0 1 1 1 1 0 1 0 0 6 6 6 6 0 6 0 1 0 7 7 7 7 0 7 0 1 0 9101 9101 9101 12 0 "
   "12 0 1 9089 16384 16384 16384 12 0 12 0 1 16372"},
  {"packet",
   "0 0 0 0 0 0 0 0 1 1 1 1 0 1 0 0 1 1 1 1 0 1 0 0 6 6 6 6 0 6 0 1 0 7 7 7 7 0 7 0 1 0 9101 9101 9101 12 32 12 32 1 "
   "0 16384 16384 16384 12 32 12 32 1 0"},
  {"datagram",
   "0 0 0 0 0 0 0 0 1 1 1 1 0 1 0 0 1 1 1 1 0 1 0 0 6 6 6 6 0 6 0 1 0 7 7 7 7 0 7 0 1 0 9101 9101 9101 12 32 12 32 1 "
   "0 16384 16384 16384 12 32 12 32 1 0"},
  {"TCP",
   "0 0 0 AGAIN 0 AGAIN 0 0 1 1 1 1 0 1 0 0 1 1 1 1 0 1 0 0 6 6 6 6 0 6 0 1 0 7 7 7 7 0 7 0 1 0 9101 9101 9101 12 0 "
   "12 0 1 9089 16384 16384 16384 12 0 12 0 1 16372"},
  {"UDP",
   "0 0 0 0 0 0 0 0 1 1 1 1 0 1 0 0 1 1 1 1 0 1 0 0 6 6 6 6 0 6 0 1 0 7 7 7 7 0 7 0 1 0 9101 9101 9101 12 32 12 32 1 "
   "0 16384 16384 16384 12 32 12 32 1 0"},
  {"stream, lengths",
   "1024 1 0 MSGSIZE MSGSIZE FAULT FAULT FAULT INVAL FAULT 0 FAULT * FAULT 3"},
  {"packet, lengths",
   "0 0 1 1 4096 4096 9935 9935 9936 9936 9937 9937 9967 9967 9968 9968 9969 9969 19935 19935 19936 19936 19937 19937 "
   "19967 19967 19968 19968 MSGSIZE 0 MSGSIZE 0 MSGSIZE 0 MSGSIZE 0 1024 1 0 MSGSIZE MSGSIZE FAULT FAULT FAULT INVAL "
   "FAULT 0 FAULT AGAIN FAULT AGAIN"},
  {"datagram, lengths",
   "0 0 1 1 4096 4096 9935 9935 9936 9936 9937 9937 9967 9967 9968 9968 9969 9969 19935 19935 19936 19936 19937 19937 "
   "19967 19967 19968 19968 MSGSIZE 0 MSGSIZE 0 MSGSIZE 0 MSGSIZE 0 1024 1 0 MSGSIZE MSGSIZE FAULT FAULT FAULT INVAL "
   "FAULT 0 FAULT AGAIN FAULT AGAIN"},
  {"TCP, lengths",
   "1024 1 0 MSGSIZE MSGSIZE FAULT FAULT FAULT INVAL FAULT 0 FAULT * FAULT 3"},
  {"UDP, lengths",
   "0 0 1 1 4096 4096 9935 9935 9936 9936 9937 9937 9967 9967 9968 9968 9969 9969 19935 19935 19936 19936 19937 19937 "
   "19967 19967 19968 19968 19969 19969 20000 20000 65507 65507 MSGSIZE 0 1024 1 0 MSGSIZE MSGSIZE FAULT FAULT FAULT "
   "INVAL FAULT 0 FAULT AGAIN FAULT AGAIN"},
  {"stream, flags",
   "4 4 8 0 4 97 4 101 AGAIN 1 1 1 1 2 ISCONN 0 1 0 1 0 INVAL 2 1 2 2 77 FAULT 0 FAULT 1 6 77 77 AGAIN AGAIN 0 INVAL "
   "INVAL FAULT AGAIN"},
  {"packet, flags",
   "4 6 6 0 2 103 AGAIN 103 AGAIN 1 1 1 1 2 1 1 1 0 1 0 INVAL 2 1 2 2 77 FAULT 0 FAULT 3 1 2 1 1 AGAIN 0 INVAL INVAL "
   "FAULT AGAIN"},
  {"datagram, flags",
   "4 6 6 0 2 103 AGAIN 103 AGAIN 1 1 1 1 2 NOENT 0 1 0 1 0 INVAL 2 1 2 2 77 FAULT 0 FAULT 3 1 2 1 1 AGAIN 0 INVAL "
   "INVAL FAULT AGAIN"},
  {"TCP, flags",
   "4 4 8 0 4 97 4 101 AGAIN 1 0 1 1 3 1 1 1 0 1 0 INVAL 2 1 2 2 77 FAULT 0 FAULT 1 6 77 77 AGAIN AGAIN 0 INVAL INVAL "
   "FAULT AGAIN"},
  {"UDP, flags",
   "4 6 6 0 2 103 AGAIN 103 AGAIN 1 * 1 1 * 0 0 1 16 1 16 INVAL 2 1 2 2 77 FAULT 0 FAULT 3 1 2 1 1 AGAIN 0 INVAL "
   "INVAL FAULT AGAIN"},
  {"stream, control",
   "1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 INVAL 0 1 1 INVAL 0 BADF BADF INVAL 1 "
   "FAULT FAULT 1 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 "
   "20 20 1 1073741832 24 24 1 1073741824 28 28 1 1073741824 32 28"},
  {"packet, control",
   "1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 INVAL 0 1 1 INVAL 0 BADF BADF INVAL 1 "
   "FAULT FAULT 1 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 "
   "20 20 1 1073741832 24 24 1 1073741824 28 28 1 1073741824 32 28"},
  {"datagram, control",
   "1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 INVAL 0 1 1 INVAL 0 BADF BADF INVAL 1 "
   "FAULT FAULT 1 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 0 0 1 1073741832 "
   "20 20 1 1073741832 24 24 1 1073741824 28 28 1 1073741824 32 28"},
  {"TCP, control",
   "1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 INVAL 0 1 1 INVAL 0 1 1 INVAL 1 FAULT "
   "FAULT 3"},
  {"UDP, control",
   "1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 1 1 INVAL 0 INVAL 0 1 1 1 1 1 1 1 1 INVAL 0 1 1 INVAL 0 1 1 INVAL 1 FAULT "
   "FAULT 3"},
  {"parts",
   "150000 150000 1 0"},
  {"queues",
   "4 1 4 1 4 1 4 1 4 1 4 1 4 1 4 1 4 1 4 1 4 1 0 AGAIN 0 AGAIN 4 CONNREFUSED 5 1 4 5 1 4 5 1 4 5 1 4 5 1 4 5 1 4 5 1 "
   "4 5 1 4 5 1 4 5 1 4 5 1 4 4 AGAIN 4 4 AGAIN 4"},
  {"packet, names",
   "1 10 0 1 0 0 1 10 0 1 10 0 1 10 1 1 1 0 1 10 1 1 10 1 1 10 2 1 2 0 1 10 2 1 10 2 1 10 3 1 3 0 1 10 3 1 10 3 1 10 "
   "7 1 7 0 1 10 7 1 10 7 1 10 10 1 10 0 1 10 10 1 10 10 1 10 10 1 15 0 1 10 10 1 10 10 1 10 10 1 16 0 1 10 10 1 10 "
   "10 1 10 10 1 17 0 1 10 10 1 10 10 1 10 10 1 100 0 1 10 10 1 10 10"},
  {"datagram, names",
   "1 10 0 1 0 0 1 10 0 1 10 0 1 10 1 1 1 0 1 10 1 1 10 1 1 10 2 1 2 0 1 10 2 1 10 2 1 10 3 1 3 0 1 10 3 1 10 3 1 10 "
   "7 1 7 0 1 10 7 1 10 7 1 10 10 1 10 0 1 10 10 1 10 10 1 10 10 1 15 0 1 10 10 1 10 10 1 10 10 1 16 0 1 10 10 1 10 "
   "10 1 10 10 1 17 0 1 10 10 1 10 10 1 10 10 1 100 0 1 10 10 1 10 10"},
  {"UDP, names",
   "1 16 0 1 0 0 1 16 0 1 16 0 1 16 1 1 1 0 1 16 1 1 16 1 1 16 2 1 2 0 1 16 2 1 16 2 1 16 0 1 3 0 1 16 0 1 16 0 1 16 "
   "0 1 7 0 1 16 0 1 16 0 1 16 10 1 10 0 1 16 10 1 16 10 1 16 15 1 15 0 1 16 15 1 16 15 1 16 16 1 16 0 1 16 16 1 16 "
   "16 1 16 16 1 17 0 1 16 16 1 16 16 1 16 16 1 100 0 1 16 16 1 16 16"},
  {"stream, additions",
   "1 0:8:0 1 0:8:0 1 0:8:0 1 0:8:0 1 16:8:2 1 20:8:2 1 24:8:2 1 28:8:1000002 1 32:8:1000002 1 32:8:1000002 1 "
   "32:8:1000002 1 32:8:1000002 1 32:8:1000002 1 52:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 "
   "56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201"},
  {"packet, additions",
   "1 0:8:0 1 0:8:0 1 0:8:0 1 0:8:0 1 16:8:2 1 20:8:2 1 24:8:2 1 28:8:1000002 1 32:8:1000002 1 32:8:1000002 1 "
   "32:8:1000002 1 32:8:1000002 1 32:8:1000002 1 52:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 "
   "56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201"},
  {"datagram, additions",
   "1 0:8:0 1 0:8:0 1 0:8:0 1 0:8:0 1 16:8:2 1 20:8:2 1 24:8:2 1 28:8:1000002 1 32:8:1000002 1 32:8:1000002 1 "
   "32:8:1000002 1 32:8:1000002 1 32:8:1000002 1 52:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 "
   "56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201 1 56:0:100000201"},
  {"UDP, additions",
   "1 0:8:0 1 0:8:0 1 0:8:0 1 0:8:0 1 16:8:8 1 20:8:8 1 24:8:8 1 28:8:8 1 32:8:8 1 32:8:8 1 32:8:8 1 32:8:8 1 "
   "48:8:802 1 52:8:802 1 56:8:802 1 56:8:802 1 56:8:802 1 56:8:802 1 72:8:80201 1 76:0:80201 1 80:0:80201 1 "
   "80:0:80201 1 80:0:80201"},
  {NULL, NULL}};

static const struct { const char *name; int domain, type; } kinds[] = {
  {"stream", AF_UNIX, SOCK_STREAM}, {"packet", AF_UNIX, SOCK_SEQPACKET}, {"datagram", AF_UNIX, SOCK_DGRAM}, {"TCP", AF_INET, SOCK_STREAM},
  {"UDP", AF_INET, SOCK_DGRAM}};
static int kind, s[2];
static char in[300000], out[300000];

static void open_ends(void) {
  if (kinds[kind].domain == AF_UNIX) {
    OK(socketpair(AF_UNIX, kinds[kind].type, 0, s));
  } else if (kinds[kind].type == SOCK_STREAM) {
    tcp_pair(s);
  } else {
    for (int i = 0; i < 2; i++) {
      struct sockaddr_in a = in4("127.0.0.1", 0);
      s[i] = OK(socket(AF_INET, SOCK_DGRAM, 0));
      OK(bind(s[i], SA(a)));
    }
    for (int i = 0; i < 2; i++) {
      struct sockaddr_in a = in4("127.0.0.1", port_of(s[1 - i]));
      OK(connect(s[i], SA(a)));
    }
  }
}
static void close_ends(void) { OK(close(s[0])), OK(close(s[1])); }
// All that there is; over TCP it may take a moment.
static long drained(void) {
  long all = 0, n;
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  while ((n = recv(s[1], in, sizeof in, MSG_DONTWAIT)) > 0) all += n;
  return all;
}

static void vectors(void) {
  static const int shapes[][4] = {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 2, 3, 0}, {3, 0, 3, 1}, {100, 4000, 1, 5000}, {4096, 4096, 4096, 4096}};
  begin_row(kinds[kind].name);
  open_ends();
  for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    struct iovec v[4];
    int at = 0;
    for (int j = 0; j < 4; j++) {
      v[j] = (struct iovec){out + at, shapes[i][j]};
      at += shapes[i][j];
    }
    TRY(writev(s[0], v, 4));
    SHOW(drained());
    TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = v, .msg_iovlen = 4}, MSG_NOSIGNAL));
    // And into such a shape of twelve bytes.
    if (kinds[kind].domain == AF_INET) pause_ms(1);
    struct iovec r[3] = {{in, 4}, {in + 10, 0}, {in + 20, 8}};
    memset(in, 'x', 40);
    struct msghdr got = {.msg_iov = r, .msg_iovlen = 3};
    TRY(recvmsg(s[1], &got, MSG_DONTWAIT | MSG_PEEK));
    SHOW(got.msg_flags);
    got.msg_flags = 0;
    TRY(recvmsg(s[1], &got, MSG_DONTWAIT));
    SHOW(got.msg_flags);
    if (at >= 6) SHOW(!memcmp(in, out, 4) && in[4] == 'x' && !memcmp(in + 20, out + 4, at < 12 ? at - 4 : 8));
    SHOW(drained());
  }
  close_ends();
  END_ROW(expected);
}

// A row of what is tried with new ends.
static void begin(const char *what) {
  static char title[64];
  snprintf(title, sizeof title, "%s, %s", kinds[kind].name, what);
  begin_row(title);
  open_ends();
}

static void lengths(void) {
  begin("lengths");
  OK(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &(int){10000}, sizeof(int)));
  for (int i = 0; i < 2; i++) OK(fcntl(s[i], F_SETFL, O_NONBLOCK));
  static const int sizes[] = {0, 1, 4096, 9935, 9936, 9937, 9967, 9968, 9969, 19935, 19936, 19937, 19967, 19968, 19969, 20000, 65507, 65508};
  if (kinds[kind].type != SOCK_STREAM)
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      TRY(send(s[0], out, sizes[i], MSG_NOSIGNAL));
      SHOW(drained());
    }
  static struct iovec many[1025];
  for (int i = 0; i < 1025; i++) many[i] = (struct iovec){out, 1};
  TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = many, .msg_iovlen = 1024}, 0));
  TRY(recvmsg(s[1], &(struct msghdr){.msg_iov = many, .msg_iovlen = 1024}, 0) > 0 ? 1 : -1);
  SHOW(drained());
  TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = many, .msg_iovlen = 1025}, 0));
  TRY(recvmsg(s[1], &(struct msghdr){.msg_iov = many, .msg_iovlen = 1025}, 0));
  TRY(sendmsg(s[0], (void *)8, 0));
  TRY(recvmsg(s[1], (void *)8, 0));
  TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = (void *)8, .msg_iovlen = 1}, 0));
  TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = &(struct iovec){out, -1}, .msg_iovlen = 1}, 0));
  TRY(sendmsg(s[0], &(struct msghdr){.msg_iov = &(struct iovec){(void *)8, 1}, .msg_iovlen = 1}, 0));
  SHOW(drained());
  TRY(send(s[0], (void *)8, 1, 0));
  TRY(recv(s[1], (void *)8, 1, 0));
  EQ(send(s[0], "abc", 3, 0), 3);
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  TRY(recv(s[1], (void *)8, 1, 0));
  TRY(recv(s[1], in, 9, 0));
  close_ends();
  END_ROW(expected);
}

static void flags(void) {
  begin("flags");
  for (int i = 0; i < 2; i++) OK(fcntl(s[i], F_SETFL, O_NONBLOCK));
  EQ(send(s[0], "abcdef", 6, 0), 6);
  EQ(send(s[0], "gh", 2, 0), 2);
  if (kinds[kind].domain == AF_INET) pause_ms(2);
  TRY(recv(s[1], in, 4, MSG_PEEK));
  TRY(recv(s[1], in, 4, MSG_PEEK | MSG_TRUNC));
  TRY(recv(s[1], in, 8, MSG_PEEK | MSG_WAITALL));
  TRY(recv(s[1], in, 0, 0));
  TRY(recv(s[1], in, 4, MSG_TRUNC));
  SHOW(in[0]);
  TRY(recv(s[1], in, 100, MSG_WAITALL | MSG_DONTWAIT));
  SHOW(in[0]);
  TRY(recv(s[1], in, 100, MSG_DONTWAIT));
  TRY(send(s[0], "m", 1, MSG_MORE));
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  TRY(kinds[kind].type == SOCK_STREAM && kinds[kind].domain == AF_INET ? 0 : recv(s[1], in, 100, 0));
  TRY(send(s[0], "o", 1, MSG_EOR));
  TRY(send(s[0], "d", 1, MSG_DONTROUTE));
  SHOW(drained());
  // Names: a socket that is connected takes none, or another.
  struct sockaddr_in to = in4("127.0.0.1", 9);
  struct sockaddr_un none = {AF_UNIX, "none"};
  TRY(kinds[kind].domain == AF_UNIX ? sendto(s[0], "n", 1, 0, SA(none)) : kinds[kind].type == SOCK_STREAM ? sendto(s[0], "n", 1, 0, SA(to)) : 0);
  SHOW(drained());
  socklen_t length = sizeof none;
  EQ(send(s[0], "n", 1, 0), 1);
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  memset(&none, 0xee, sizeof none);
  TRY(recvfrom(s[1], in, 9, 0, (void *)&none, &length));
  SHOW(length);
  EQ(send(s[0], "n", 1, 0), 1);
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  length = 1;
  TRY(recvfrom(s[1], in, 9, 0, (void *)&none, &length));
  SHOW(length);
  EQ(send(s[0], "n", 1, 0), 1);
  if (kinds[kind].domain == AF_INET) pause_ms(1);
  length = -1;
  TRY(recvfrom(s[1], in, 9, 0, (void *)&none, &length));
  drained();
  // Several at once.
  struct iovec v[3] = {{out, 1}, {out, 2}, {(void *)8, 3}}, r[3] = {{in, 10}, {in + 10, 10}, {in + 20, 10}};
  struct mmsghdr more[3] = {{{.msg_iov = &v[0], .msg_iovlen = 1}, 77}, {{.msg_iov = &v[1], .msg_iovlen = 1}, 77}, {{.msg_iov = &v[2], .msg_iovlen = 1}, 77}};
  TRY(sendmmsg(s[0], more, 2, 0));
  SHOW(more[0].msg_len);
  SHOW(more[1].msg_len);
  TRY(sendmmsg(s[0], more, 3, 0));
  SHOW(more[2].msg_len);
  TRY(sendmmsg(s[0], more + 2, 1, 0));
  TRY(sendmmsg(s[0], more, 0, 0));
  TRY(sendmmsg(s[0], (void *)8, 1, 0));
  if (kinds[kind].domain == AF_INET) pause_ms(2);
  struct mmsghdr got[3] = {{{.msg_iov = &r[0], .msg_iovlen = 1}, 77}, {{.msg_iov = &r[1], .msg_iovlen = 1}, 77}, {{.msg_iov = &r[2], .msg_iovlen = 1}, 77}};
  TRY(recvmmsg(s[1], got, 3, 0, NULL));
  SHOW(got[0].msg_len);
  SHOW(got[1].msg_len);
  SHOW(got[2].msg_len);
  TRY(recvmmsg(s[1], got, 3, 0, NULL) > 0 ? 1 : -1);
  drained();
  TRY(recvmmsg(s[1], got, 3, 0, NULL));
  TRY(recvmmsg(s[1], got, 0, 0, NULL));
  TRY(recvmmsg(s[1], got, 3, 0, &(struct timespec){0, 1000000000}));
  TRY(recvmmsg(s[1], got, 3, 0, &(struct timespec){-1, 0}));
  TRY(recvmmsg(s[1], got, 3, 0, (void *)8));
  TRY(recvmmsg(s[1], got, 3, 0x40000000, NULL) == -1 ? -1 : 0);
  close_ends();
  END_ROW(expected);
}

// Control data of every length, in a message of one byte.
static void control(void) {
  begin("control");
  for (int i = 0; i < 2; i++) OK(fcntl(s[i], F_SETFL, O_NONBLOCK));
  struct { struct cmsghdr head; int numbers[6]; } data;
  memset(&data, 0, sizeof data);
  struct iovec v = {out, 1};
  struct msghdr message = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &data};
  static const int lengths[][2] = {{0, 0}, {8, 16}, {15, 16}, {16, 15}, {16, 16}, {16, 20}, {17, 17}, {18, 20}, {20, 16}, {20, 17}, {20, 20}, {20, 24}, {21, 24}, {24, 24}, {25, 24}, {28, 28}, {1000, 24}};
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    data.head = (struct cmsghdr){.cmsg_len = lengths[i][0], .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    data.numbers[0] = data.numbers[1] = data.numbers[2] = 1;
    message.msg_controllen = lengths[i][1];
    TRY(sendmsg(s[0], &message, 0));
    SHOW(drained());
  }
  data.head.cmsg_len = CMSG_LEN(4);
  message.msg_controllen = CMSG_SPACE(4);
  data.numbers[0] = 99;
  TRY(sendmsg(s[0], &message, 0));
  data.numbers[0] = -1;
  TRY(sendmsg(s[0], &message, 0));
  data.numbers[0] = 1;
  data.head.cmsg_type = 77;
  TRY(sendmsg(s[0], &message, 0));
  data.head.cmsg_level = 77;
  TRY(sendmsg(s[0], &message, 0));
  message.msg_control = (void *)8;
  TRY(sendmsg(s[0], &message, 0));
  message.msg_control = NULL;
  TRY(sendmsg(s[0], &message, 0));
  message.msg_control = &data;
  SHOW(drained());
  // Three descriptors, and room for fewer.
  if (kinds[kind].domain == AF_UNIX)
    for (int room = 0; room <= 32; room += 4) {
      data.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(12), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
      for (int i = 0; i < 3; i++) data.numbers[i] = 1;
      message.msg_controllen = CMSG_SPACE(12);
      EQ(sendmsg(s[0], &message, 0), 1);
      struct { struct cmsghdr head; int numbers[8]; } back;
      memset(&back, 0, sizeof back);
      struct msghdr got = {.msg_iov = &(struct iovec){in, 9}, .msg_iovlen = 1, .msg_control = &back, .msg_controllen = room};
      TRY(recvmsg(s[1], &got, MSG_CMSG_CLOEXEC));
      SHOW(got.msg_flags);
      SHOW(got.msg_controllen);
      SHOW(back.head.cmsg_len);
      int count = back.head.cmsg_len > 16 && got.msg_controllen >= 16 ? (back.head.cmsg_len - 16) / 4 : 0;
      for (int i = 0; i < count; i++) {
        EQ(fcntl(back.numbers[i], F_GETFD), FD_CLOEXEC);
        OK(close(back.numbers[i]));
      }
    }
  close_ends();
  END_ROW(expected);
}

// A queue of datagrams that fills: how many fit, and what poll says of each end meanwhile.
static int room_at(int fd) {
  struct pollfd look = {fd, POLLIN | POLLOUT, 0};
  poll(&look, 1, 0);
  return look.revents;
}
static void queues(void) {
  if (kinds[kind].domain != AF_UNIX || kinds[kind].type != SOCK_DGRAM) return;
  begin_row("queues");
  int from = OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)), to = OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  OK(unix_bind(to, "@every.queue"));
  OK(unix_connect(from, "@every.queue"));
  for (int i = 0; i < 13; i++) {
    SHOW(room_at(from));
    TRY(send(from, "x", 1, 0));
  }
  int loose = OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  socklen_t length;
  struct sockaddr_un name = unix_name("@every.queue", &length);
  SHOW(room_at(loose));
  TRY(sendto(loose, "x", 1, 0, (struct sockaddr *)&name, length - 1));
  for (int i = 0; i < 13; i++) {
    SHOW(room_at(to));
    TRY(recv(to, in, 9, 0));
    SHOW(room_at(from));
  }
  OK(close(from)), OK(close(to)), OK(close(loose));
  END_ROW(expected);
}

// A message that goes in parts has its descriptors once.
static void parts(void) {
  if (kinds[kind].domain != AF_UNIX || kinds[kind].type != SOCK_STREAM) return;
  begin_row("parts");
  open_ends();
  struct { struct cmsghdr head; int number, pad; } data = {{.cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}, 1, 0};
  struct msghdr message = {.msg_iov = &(struct iovec){out, 150000}, .msg_iovlen = 1, .msg_control = &data, .msg_controllen = sizeof data};
  TRY(sendmsg(s[0], &message, 0));
  OK(close(s[0]));
  long all = 0, n;
  int files = 0, first = -1;
  do {
    struct { struct cmsghdr head; int numbers[8]; } back;
    struct msghdr got = {.msg_iov = &(struct iovec){in, 10000}, .msg_iovlen = 1, .msg_control = &back, .msg_controllen = sizeof back};
    n = OK(recvmsg(s[1], &got, 0));
    if (got.msg_controllen) {
      files++;
      if (first < 0) first = all;
      OK(close(back.numbers[0]));
    }
    all += n;
  } while (n);
  SHOW(all);
  SHOW(files);
  SHOW(first);
  OK(close(s[1]));
  END_ROW(expected);
}

// Who sent it, in every length of room; and where there is no room for it.
static void names(void) {
  if (kinds[kind].type == SOCK_STREAM) return;
  begin("names");
  if (kinds[kind].domain == AF_UNIX) OK(unix_bind(s[0], kinds[kind].type == SOCK_DGRAM ? "@every.d" : "@every.p"));
  static const int rooms[] = {0, 1, 2, 3, 7, 10, 15, 16, 17, 100};
  for (unsigned i = 0; i < sizeof rooms / sizeof *rooms; i++)
    for (int by = 0; by < 4; by++) {
      char name[128];
      memset(name, 0xee, sizeof name);
      EQ(send(s[0], "n", 1, 0), 1);
      if (kinds[kind].domain == AF_INET) pause_ms(1);
      struct msghdr got = {.msg_iov = &(struct iovec){in, 9}, .msg_iovlen = 1, .msg_name = by == 1 ? NULL : name, .msg_namelen = rooms[i]};
      struct mmsghdr more = {.msg_hdr = got};
      socklen_t length = rooms[i];
      if (by < 2) TRY(recvmsg(s[1], &got, 0));
      else if (by == 2) TRY(recvfrom(s[1], in, 9, 0, (void *)name, &length));
      else TRY(recvmmsg(s[1], &more, 1, 0, NULL));
      SHOW(by < 2 ? got.msg_namelen : by == 2 ? length : more.msg_hdr.msg_namelen);
      int filled = 0;
      while (filled < 100 && name[filled] != (char)0xee) filled++;
      // The port of the sender may have any bytes.
      SHOW(kinds[kind].domain == AF_INET && filled > 2 && filled < 8 ? 0 : filled);
    }
  close_ends();
  END_ROW(expected);
}

// What a socket adds to a message by itself, in every length of room.
static void additions(void) {
  if (kinds[kind].name[0] == 'T') return;
  begin("additions");
  int one = 1;
  if (kinds[kind].domain == AF_UNIX) {
    OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
  } else {
    OK(setsockopt(s[1], IPPROTO_IP, IP_PKTINFO, &one, sizeof one));
    OK(setsockopt(s[1], IPPROTO_IP, IP_RECVTTL, &one, sizeof one));
    OK(setsockopt(s[1], IPPROTO_IP, IP_RECVTOS, &one, sizeof one));
  }
  for (int room = 0; room <= 88; room += 4) {
    struct { struct cmsghdr head; int numbers[24]; } data;
    memset(&data, 0, sizeof data);
    data.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    data.numbers[0] = 1;
    struct msghdr message = {.msg_iov = &(struct iovec){out, 1}, .msg_iovlen = 1};
    if (kinds[kind].domain == AF_UNIX) message.msg_control = &data, message.msg_controllen = CMSG_SPACE(4);
    EQ(sendmsg(s[0], &message, 0), 1);
    if (kinds[kind].domain == AF_INET) pause_ms(1);
    memset(&data, 0, sizeof data);
    struct msghdr got = {.msg_iov = &(struct iovec){in, 9}, .msg_iovlen = 1, .msg_control = &data, .msg_controllen = room};
    TRY(recvmsg(s[1], &got, 0));
    int count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&got); c; c = CMSG_NXTHDR(&got, c)) {
      count = count * 100 + c->cmsg_type;
      struct ucred *who = (void *)CMSG_DATA(c);
      if (c->cmsg_type == SCM_CREDENTIALS && kinds[kind].domain == AF_UNIX && c->cmsg_len == CMSG_LEN(sizeof *who))
        count += 1000000 * (who->pid == getpid() && who->uid == getuid() && who->gid == getgid());
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(4)) OK(close(*(int *)CMSG_DATA(c)));
    }
    answer("controls", "%ld:%d:%d", (long)got.msg_controllen, got.msg_flags, count);
  }
  close_ends();
  END_ROW(expected);
}

int main(void) {
  for (unsigned i = 0; i < sizeof out; i++) out[i] = 'a' + i % 26;
  for (kind = 0; kind < 5; kind++) PART(vectors());
  STEP("vectors");
  for (kind = 0; kind < 5; kind++) PART(lengths());
  STEP("lengths");
  for (kind = 0; kind < 5; kind++) PART(flags());
  STEP("flags");
  for (kind = 0; kind < 5; kind++) PART(control());
  for (kind = 0; kind < 5; kind++) PART(parts());
  for (kind = 0; kind < 5; kind++) PART(queues());
  STEP("control data");
  for (kind = 0; kind < 5; kind++) PART(names());
  STEP("names");
  for (kind = 0; kind < 5; kind++) PART(additions());
  STEP("additions");
  return 0;
}

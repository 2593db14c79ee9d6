// State: a web of sockets at rest - bytes in flight, backlogs, half-closed ends, descriptors in flight, names, options - all there later.
#include "sock.h"
#include <sys/epoll.h>
#include <sys/wait.h>

static void rest(void) { for (int i = 0; i < 60; i++) getppid(); }

static void send_fd(int s, int fd) {
  char control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8)));
  struct iovec v = {"fd", 2};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  EQ(sendmsg(s, &m, 0), 2);
}
static int take_fd(int s) {
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))), text[2];
  struct iovec v = {text, 2};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  EQ(recvmsg(s, &m, 0), 2);
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
  return fd;
}

int main(void) {
  enter_scratch();
  signal(SIGPIPE, SIG_IGN);
  char b[200];
  // Streams with bytes in both directions, one of them half closed.
  int tcp[2], pair[2];
  tcp_pair(tcp);
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  int *streams[] = {tcp, pair};
  for (int i = 0; i < 2; i++) {
    send_all(streams[i][0], "first", 5);
    send_all(streams[i][0], "second", 6);
    send_all(streams[i][1], "back", 4);
    OK(shutdown(streams[i][0], SHUT_WR));
  }
  // A listener with three connections waiting, of which one has said something and one has gone.
  int port, l = tcp_listener(&port), c[3];
  set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1);
  struct sockaddr_in a = in4("127.0.0.1", port);
  for (int i = 0; i < 3; i++) {
    c[i] = OK(socket(AF_INET, SOCK_STREAM, 0));
    OK(connect(c[i], SA(a)));
  }
  send_all(c[1], "early", 5);
  OK(close(c[2]));
  // A connection that was reset, whose error nobody has asked for.
  int broken[2];
  tcp_pair(broken);
  send_all(broken[0], "lost", 4);
  OK(close(broken[1]));
  // Urgent data.
  int oob[2];
  tcp_pair(oob);
  send_all(oob[0], "ab", 2);
  EQ(send(oob[0], "!", 1, MSG_OOB), 1);
  send_all(oob[0], "cd", 2);
  // Named sockets: one in the filesystem that lost its name, an abstract one, datagrams in both.
  int lost = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), kept = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), d = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  OK(unix_bind(lost, "lost"));
  OK(unix_bind(kept, "@kept"));
  OK(unix_bind(d, "sender"));
  OK(unix_connect(d, "lost"));
  OK(unlink("lost"));
  send_all(d, "to the lost", 11);
  send_all(d, "", 0);
  // UDP with two datagrams, and options.
  int u = OK(socket(AF_INET6, SOCK_DGRAM, 0)), v = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 six = in6("::1", 0);
  OK(bind(u, SA(six)));
  six.sin6_port = htons(port_of(u));
  OK(connect(v, SA(six)));
  send_all(v, "one", 3);
  send_all(v, "two", 3);
  set_int(u, SOL_SOCKET, SO_RCVBUF, 12345);
  set_int(u, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 3);
  struct timeval wait = {7, 0};
  OK(setsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait));
  // Descriptors in flight: a pipe with bytes, an unlinked file, a socket with a descriptor in flight itself.
  int box[2], inner[2], p[2];
  OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, box));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
  OK(pipe(p));
  EQ(write(p[1], "piped", 5), 5);
  send_fd(inner[0], p[0]);
  OK(close(p[0]));
  send_fd(box[0], inner[1]);
  OK(close(inner[1]));
  int f = OK(open("file", O_RDWR | O_CREAT, 0600));
  EQ(write(f, "contents", 8), 8);
  OK(unlink("file"));
  send_fd(box[0], f);
  OK(close(f));
  // Somebody waits for each kind, an epoll set watches, and a child blocks in accept.
  int ep = OK(epoll_create1(0));
  int watched[] = {tcp[1], pair[1], l, broken[0], u};
  for (int i = 0; i < 5; i++) {
    struct epoll_event e = {EPOLLIN | EPOLLRDHUP | (i == 0 ? EPOLLET : 0), {.u32 = i}};
    OK(epoll_ctl(ep, EPOLL_CTL_ADD, watched[i], &e));
  }
  int quiet = tcp_listener(&port);
  pid_t child = OK(fork());
  if (!child) {
    int s = OK(accept(quiet, NULL, NULL));
    EQ(recv(s, b, 5, MSG_WAITALL), 5);
    _exit(memcmp(b, "whole", 5) != 0);
  }
  STEP("made");
  rest();
  STEP("rested");

  struct epoll_event e[8];
  EQ(epoll_wait(ep, e, 8, 0), 5);
  EQ(epoll_wait(ep, e, 8, 0), 4);  // the edge was told
  for (int i = 0; i < 2; i++) {
    EQ(recv(streams[i][1], b, 3, 0), 3);
    rest();
    EQ(recv(streams[i][1], b, 200, 0), 8);
    EQ(memcmp(b, "stsecond", 8), 0);
    EQ(recv(streams[i][1], b, 1, 0), 0);
    expect(streams[i][0], "back");
    FAILS(EPIPE, send(streams[i][0], "x", 1, 0));
    send_all(streams[i][1], "more", 4);
    expect(streams[i][0], "more");
  }
  STEP("streams");
  int s[3];
  for (int i = 0; i < 3; i++) s[i] = OK(accept(l, NULL, NULL));
  EQ(int_option(s[0], SOL_SOCKET, SO_KEEPALIVE), 1);
  expect(s[1], "early");
  EQ(recv(s[2], b, 1, 0), 0);
  send_all(c[0], "late", 4);
  expect(s[0], "late");
  FAILS(ECONNRESET, recv(broken[0], b, 1, 0));
  EQ(events_of(oob[1]) & POLLPRI, POLLPRI);
  EQ(recv(oob[1], b, 200, 0), 2);
  int mark;
  OK(ioctl(oob[1], SIOCATMARK, &mark));
  EQ(mark, 1);
  EQ(recv(oob[1], b, 1, MSG_OOB), 1);
  EQ(b[0], '!');
  FAILS(EINVAL, recv(oob[1], b, 1, MSG_OOB));
  expect(oob[1], "cd");
  STEP("connections");
  struct sockaddr_un from;
  socklen_t n = sizeof from;
  EQ(recvfrom(lost, b, 200, 0, (struct sockaddr *)&from, &n), 11);
  STREQ(from.sun_path, "sender");
  EQ(recv(lost, b, 200, 0), 0);
  OK(unix_connect(d, "@kept"));
  send_all(d, "found", 5);
  expect(kept, "found");
  expect(u, "one");
  rest();
  expect(u, "two");
  EQ(int_option(u, SOL_SOCKET, SO_RCVBUF), 24690);
  EQ(int_option(u, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 3);
  n = sizeof wait;
  OK(getsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &wait, &n));
  EQ(wait.tv_sec, 7);
  STEP("names, datagrams, options");
  int got = take_fd(box[1]);
  int deep = take_fd(got);
  EQ(read(deep, b, 9), 5);
  EQ(memcmp(b, "piped", 5), 0);
  got = take_fd(box[1]);
  EQ(pread(got, b, 9, 0), 8);
  EQ(lseek(got, 0, SEEK_CUR), 8);
  STEP("descriptors in flight");
  int w = OK(socket(AF_INET, SOCK_STREAM, 0));
  a = in4("127.0.0.1", port);
  OK(connect(w, SA(a)));
  send_all(w, "wh", 2);
  rest();
  send_all(w, "ole", 3);
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  STEP("a child in accept, then in recv");
  OK(unlink("sender"));
  return 0;
}

// Rare ways of sockets: TCP that connects to itself, names of peers that are gone, locked buffers, unknown levels,
// IPV6_ADDRFORM, MCAST_JOIN_GROUP, unix sends that are never cut.
#include "check.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

static struct sockaddr_in loopback(void) {
  return (struct sockaddr_in){AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
}

static int option(int socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  OK(getsockopt(socket, level, name, &value, &length));
  return value;
}

int main(void) {
  struct sockaddr_in address = loopback(), peer;
  socklen_t length = sizeof address;
  char text[64];

  int self = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(bind(self, (void *)&address, sizeof address));
  OK(getsockname(self, (void *)&address, &length));
  OK(connect(self, (void *)&address, sizeof address));
  EQ(write(self, "to itself", 9), 9);
  EQ(read(self, text, sizeof text), 9);
  EQ(memcmp(text, "to itself", 9), 0);
  length = sizeof peer;
  OK(getpeername(self, (void *)&peer, &length));
  EQ(peer.sin_port, address.sin_port);
  OK(shutdown(self, SHUT_WR));
  EQ(read(self, text, sizeof text), 0);
  close(self);
  STEP("TCP that connects to itself");

  address = loopback();
  length = sizeof address;
  int listener = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(bind(listener, (void *)&address, sizeof address));
  OK(listen(listener, 3));
  OK(getsockname(listener, (void *)&address, &length));
  int client = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(client, (void *)&address, sizeof address));
  int server = OK(accept(listener, NULL, NULL));
  OK(shutdown(client, SHUT_RDWR));
  OK(shutdown(server, SHUT_RDWR));
  length = sizeof peer;
  OK(getsockopt(client, SOL_SOCKET, SO_PEERNAME, &peer, &length));
  EQ(peer.sin_port, address.sin_port);
  EQ(length, sizeof peer);
  close(client);
  close(server);
  STEP("the name of a peer that is gone");

  client = OK(socket(AF_INET, SOCK_STREAM, 0));
  EQ(option(client, SOL_SOCKET, SO_BUF_LOCK), 0);
  int size = 50000;
  OK(setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  EQ(option(client, SOL_SOCKET, SO_BUF_LOCK), 1);
  OK(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  EQ(option(client, SOL_SOCKET, SO_BUF_LOCK), 3);
  size = 2;
  OK(setsockopt(client, SOL_SOCKET, SO_BUF_LOCK, &size, sizeof size));
  EQ(option(client, SOL_SOCKET, SO_BUF_LOCK), 2);
  size = 4;
  FAILS(EINVAL, setsockopt(client, SOL_SOCKET, SO_BUF_LOCK, &size, sizeof size));
  length = sizeof size;
  FAILS(EOPNOTSUPP, getsockopt(client, 500, 1, &size, &length));
  close(client);
  int pair[2];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  FAILS(EOPNOTSUPP, getsockopt(pair[0], 500, 1, &size, &length));
  STEP("locked buffers, unknown levels");

  int six = socket(AF_INET6, SOCK_STREAM, 0);
  if (six >= 0) {
    int family = AF_INET;
    FAILS(ENOTCONN, setsockopt(six, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family));
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = address.sin_port};
    memcpy(&mapped.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    OK(connect(six, (void *)&mapped, sizeof mapped));
    server = OK(accept(listener, NULL, NULL));
    family = AF_INET6;
    FAILS(EINVAL, setsockopt(six, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family));
    family = AF_INET;
    OK(setsockopt(six, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof family));
    EQ(option(six, SOL_SOCKET, SO_DOMAIN), AF_INET);
    length = sizeof peer;
    OK(getpeername(six, (void *)&peer, &length));
    EQ(peer.sin_family, AF_INET);
    EQ(peer.sin_port, address.sin_port);
    EQ(write(six, "four", 4), 4);
    EQ(read(server, text, sizeof text), 4);
    close(six);
    close(server);
  }
  close(listener);
  STEP("IPV6_ADDRFORM");

  int group = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct group_req request = {.gr_interface = 1};
  struct sockaddr_in *wanted = (void *)&request.gr_group;
  *wanted = (struct sockaddr_in){AF_INET, 0, {htonl(0xe0000123)}};
  OK(setsockopt(group, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request));
  FAILS(EADDRINUSE, setsockopt(group, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request));
  OK(setsockopt(group, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, sizeof request));
  FAILS(EADDRNOTAVAIL, setsockopt(group, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, sizeof request));
  FAILS(EINVAL, setsockopt(group, IPPROTO_IP, MCAST_JOIN_GROUP, &request, 8));
  wanted->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  FAILS(EINVAL, setsockopt(group, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request));
  close(group);
  STEP("MCAST_JOIN_GROUP");

  // However full the buffer is, a message of 3000 bytes goes whole or not at all.
  static char message[3000];
  OK(fcntl(pair[0], F_SETFL, O_NONBLOCK));
  OK(fcntl(pair[1], F_SETFL, O_NONBLOCK));
  long sent = 0, got = 0, count;
  for (int round = 0; round < 3; round++) {
    while ((count = send(pair[0], message, sizeof message, 0)) > 0) {
      EQ(count, sizeof message);
      sent += count;
    }
    EQ(errno, EAGAIN);
    while ((count = recv(pair[1], text, 61, 0)) > 0 && got < sent - 100000) got += count;
    if (count > 0) got += count;
  }
  while ((count = recv(pair[1], message, sizeof message, 0)) > 0) got += count;
  EQ(got, sent);
  STEP("unix sends are whole");
  return 0;
}

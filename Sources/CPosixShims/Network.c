// Sockets of the internet, with addresses in one form for both families.
#include "CPosixShims.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union any_address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  struct sockaddr_storage room;
};

static socklen_t encode(const struct godwit_address *address, union any_address *native) {
  memset(native, 0, sizeof *native);
  if (address->length == 4) {
    native->four.sin_family = AF_INET;
    native->four.sin_port = htons(address->port);
    memcpy(&native->four.sin_addr, address->bytes, 4);
    return sizeof native->four;
  }
  native->six.sin6_family = AF_INET6;
  native->six.sin6_port = htons(address->port);
  memcpy(&native->six.sin6_addr, address->bytes, 16);
  return sizeof native->six;
}

/// A socket of both families sees addresses of IPv4 as IPv6's image of them.
static void decode(const union any_address *native, struct godwit_address *address) {
  memset(address, 0, sizeof *address);
  if (native->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&native->six.sin6_addr)) {
    address->length = 4;
    address->port = ntohs(native->six.sin6_port);
    memcpy(address->bytes, &native->six.sin6_addr.s6_addr[12], 4);
  } else if (native->any.sa_family == AF_INET6) {
    address->length = 16;
    address->port = ntohs(native->six.sin6_port);
    memcpy(address->bytes, &native->six.sin6_addr, 16);
  } else {
    address->length = 4;
    address->port = ntohs(native->four.sin_port);
    memcpy(address->bytes, &native->four.sin_addr, 4);
  }
}

/// Closed on exec, never waiting; without delay if it is a stream.
static int prepare(int fd) {
  int on = 1;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK) == -1) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  // Fails for datagrams, which know no delay.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int godwit_socket_internet(const struct godwit_address *address, int is_datagram) {
  int family = address->length == 4 ? AF_INET : AF_INET6;
  int fd = socket(family, is_datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
  if (fd == -1) return -1;
  if (family == AF_INET6) {
    // All addresses are those of both families.
    int is_six_only = !IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)address->bytes);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_six_only, sizeof is_six_only);
  }
  return prepare(fd);
}

int godwit_bind_internet(int fd, const struct godwit_address *address, int may_reuse) {
  union any_address native;
  socklen_t length = encode(address, &native);
  // Old connections may linger at a port where nobody listens any more.
  if (may_reuse && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &may_reuse, sizeof may_reuse) != 0)
    return -1;
  return bind(fd, &native.any, length);
}

int godwit_connect_internet(int fd, const struct godwit_address *address) {
  union any_address native;
  socklen_t length = encode(address, &native);
  return connect(fd, &native.any, length);
}

int godwit_accept_internet(int fd, struct godwit_address *peer) {
  union any_address native;
  socklen_t length;
  int connection;
  // Who went before it was accepted is of no interest (accept(2)).
  do {
    length = sizeof native;
    connection = accept(fd, &native.any, &length);
  } while (connection == -1 && (errno == ECONNABORTED || errno == EPROTO));
  if (connection == -1) return -1;
  decode(&native, peer);
  return prepare(connection);
}

int godwit_local_address(int fd, struct godwit_address *address) {
  union any_address native;
  socklen_t length = sizeof native;
  if (getsockname(fd, &native.any, &length) != 0) return -1;
  decode(&native, address);
  return 0;
}

int godwit_peer_address(int fd, struct godwit_address *address) {
  union any_address native;
  socklen_t length = sizeof native;
  if (getpeername(fd, &native.any, &length) != 0) return -1;
  decode(&native, address);
  return 0;
}

int godwit_service_type(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length) != 0) return -1;
  if (value == SOCK_DGRAM) return 1;
  if (value != SOCK_STREAM) return -1;
  length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) != 0) return -1;
  return value ? 0 : -1;
}

int godwit_socket_error(int fd, int *error) {
  socklen_t length = sizeof *error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, error, &length);
}

void godwit_reset_at_close(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

int godwit_end_writing(int fd) { return shutdown(fd, SHUT_WR); }

ssize_t godwit_send_to(int fd, const void *bytes, size_t count, const struct godwit_address *to) {
  union any_address native;
  if (to == NULL) return send(fd, bytes, count, MSG_DONTWAIT);
  socklen_t length = encode(to, &native);
  return sendto(fd, bytes, count, MSG_DONTWAIT, &native.any, length);
}

ssize_t godwit_receive_from(int fd, void *bytes, size_t count, struct godwit_address *from) {
  union any_address native;
  socklen_t length = sizeof native;
  ssize_t received = recvfrom(fd, bytes, count, MSG_DONTWAIT, &native.any, &length);
  if (received >= 0) decode(&native, from);
  return received;
}

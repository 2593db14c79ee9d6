// Every two sockets at one port: whether the second one may have it, and which of them receives what is sent to each address.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include "sock.h"

static const struct table expected[] = {
  {"UDP, none",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:112 0:112 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:120 "
   "ADDRINUSE:00 0:102 0:102 ADDRINUSE:00 ADDRINUSE:00 0:210 ADDRINUSE:00 ADDRINUSE:00 0:012 0:012 0:210 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:221 0:201 0:021 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:201 0:221 0:201 0:021 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:201 ADDRINUSE:00 "
   "ADDRINUSE:00 0:120 ADDRINUSE:00 0:102 0:102 ADDRINUSE:00"},
  {"UDP, address of the first",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:112 0:112 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:120 "
   "ADDRINUSE:00 0:102 0:102 ADDRINUSE:00 ADDRINUSE:00 0:210 ADDRINUSE:00 ADDRINUSE:00 0:012 0:012 0:210 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:221 0:201 0:021 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:201 0:221 0:201 0:021 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:201 ADDRINUSE:00 "
   "ADDRINUSE:00 0:120 ADDRINUSE:00 0:102 0:102 ADDRINUSE:00"},
  {"UDP, address of the second",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:112 0:112 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:120 "
   "ADDRINUSE:00 0:102 0:102 ADDRINUSE:00 ADDRINUSE:00 0:210 ADDRINUSE:00 ADDRINUSE:00 0:012 0:012 0:210 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:221 0:201 0:021 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:201 0:221 0:201 0:021 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:201 ADDRINUSE:00 "
   "ADDRINUSE:00 0:120 ADDRINUSE:00 0:102 0:102 ADDRINUSE:00"},
  {"UDP, address",
   "0:220 0:210 0:120 0:112 0:112 0:112 0:210 0:120 0:200 0:120 0:122 0:102 0:102 0:100 0:210 0:210 0:020 0:212 0:012 "
   "0:012 0:210 0:221 0:211 0:121 0:222 0:112 0:112 0:211 0:221 0:201 0:021 0:222 0:002 0:002 0:201 0:221 0:201 0:021 "
   "0:221 0:001 0:002 0:201 0:120 0:200 0:120 0:122 0:102 0:102 0:200"},
  {"UDP, port of the first",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:112 0:112 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:120 "
   "ADDRINUSE:00 0:102 0:102 ADDRINUSE:00 ADDRINUSE:00 0:210 ADDRINUSE:00 ADDRINUSE:00 0:012 0:012 0:210 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:221 0:201 0:021 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:201 0:221 0:201 0:021 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:201 ADDRINUSE:00 "
   "ADDRINUSE:00 0:120 ADDRINUSE:00 0:102 0:102 ADDRINUSE:00"},
  {"UDP, port",
   "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"},
  {"TCP, none",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 "
   "ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 0:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00"},
  {"TCP, address of the first",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 "
   "ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 0:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00"},
  {"TCP, address of the second",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 "
   "ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 0:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00"},
  {"TCP, address",
   "0:0-1 0:0-1 0:0-1 0:0-1 0:00 0:00 0:0-1 0:0-1 0:0-1 0:00 0:0-1 0:00 0:00 0:0-1 0:0-1 0:00 0:0-1 0:0-1 0:00 0:00 "
   "0:00 0:0-1 0:0-1 0:0-1 0:0-1 0:0-1 0:0-1 0:0-1 0:00 0:00 0:00 0:0-1 0:0-1 0:0-1 0:00 0:00 0:00 0:00 0:0-1 0:0-1 "
   "0:0-1 0:00 0:0-1 0:0-1 0:00 0:0-1 0:00 0:00 0:0-1"},
  {"TCP, port of the first",
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 "
   "ADDRINUSE:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 ADDRINUSE:00 0:00 0:00 0:00 0:00 ADDRINUSE:00 ADDRINUSE:00 ADDRINUSE:00 0:00 ADDRINUSE:00 "
   "ADDRINUSE:00 0:00 ADDRINUSE:00 0:00 0:00 ADDRINUSE:00"},
  {"TCP, port",
   "0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 "
   "0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 0:00 "
   "0:00 0:00 0:00 0:00 0:00"},
  {"afterwards",
   "CONNRESET 0 PIPE 0 0 0 CONNRESET 0 PIPE 0 0 0 CONNRESET 0 PIPE 0 0 0 CONNRESET 0 PIPE 0 0 0 0 0 1 ADDRINUSE 0 0"},
  {NULL, NULL}};

static const struct place { const char *name, *address; int is_six, only; } places[] = {
  {"any", "0.0.0.0", 0, 0}, {"own", "127.0.0.1", 0, 0}, {"other", "127.0.0.2", 0, 0}, {"any 6", "::", 1, 0}, {"any 6 only", "::", 1, 1},
  {"own 6", "::1", 1, 0}, {"own as 6", "::ffff:127.0.0.1", 1, 0}};
#define PLACES (sizeof places / sizeof *places)
static const struct { const char *name; int first, second, option; } ways[] = {
  {"none", 0, 0, SO_REUSEADDR}, {"address of the first", 1, 0, SO_REUSEADDR}, {"address of the second", 0, 1, SO_REUSEADDR},
  {"address", 1, 1, SO_REUSEADDR}, {"port of the first", 1, 0, SO_REUSEPORT}, {"port", 1, 1, SO_REUSEPORT}};

static int made(const struct place *place, int type, int option, int value) {
  int s = OK(socket(place->is_six ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK, 0));
  set_int(s, SOL_SOCKET, option, value);
  if (place->is_six) set_int(s, IPPROTO_IPV6, IPV6_V6ONLY, place->only);
  return s;
}
static long bound(int s, const struct place *place, int port) {
  if (place->is_six) {
    struct sockaddr_in6 a = in6(place->address, port);
    return bind(s, SA(a));
  }
  struct sockaddr_in a = in4(place->address, port);
  return bind(s, SA(a));
}

// A port that no socket of any address has, below those that systems choose from: natively, other programs come and go.
static int free_port(int type) {
  static int next;
  if (!next) next = 10000 + getpid() % 10000;
  for (;; next = next < 30000 ? next + 1 : 10000) {
    int s = made(&places[3], type, SO_REUSEADDR, 0), is_free = !bound(s, &places[3], next);
    OK(close(s));
    if (is_free) return next;
  }
}

// Which of two receives a datagram to an address: 1, 2, or nobody.
static int receiver(int a, int b, const char *address, int is_six, int port) {
  char text[9];
  int s = OK(socket(is_six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  if (is_six) {
    struct sockaddr_in6 to = in6(address, port);
    EQ(sendto(s, "x", 1, 0, SA(to)), 1);
  } else {
    struct sockaddr_in to = in4(address, port);
    EQ(sendto(s, "x", 1, 0, SA(to)), 1);
  }
  OK(close(s));
  int first = recv(a, text, 9, 0) == 1, second = recv(b, text, 9, 0) == 1;
  return first + 2 * second;
}

static void pairs_of(int type, const char *kind) {
  for (unsigned way = 0; way < sizeof ways / sizeof *ways; way++) {
    char title[64];
    snprintf(title, sizeof title, "%s, %s", kind, ways[way].name);
    begin_row(title);
    for (unsigned i = 0; i < PLACES; i++)
      for (unsigned j = 0; j < PLACES; j++) {
        int a = made(&places[i], type, ways[way].option, ways[way].first), b = made(&places[j], type, ways[way].option, ways[way].second);
        int port = free_port(type);
        OK(bound(a, &places[i], port));
        long result = bound(b, &places[j], port);
        int error = errno;
        char label[64];
        snprintf(label, sizeof label, "%s and %s", places[i].name, places[j].name);
        if (result || type == SOCK_STREAM) {
          // Of two that listen there is one at most, unless they share the port.
          long first = type == SOCK_STREAM ? listen(a, 1) : 0, second = type == SOCK_STREAM && !result ? listen(b, 1) : 0;
          answer(strdup(label), "%s:%ld%ld", result ? strerrorname_np(error) + 1 : "0", first, second);
        } else if (way == 5) {
          // Either of those that share a port and an address may get it.
          answer(strdup(label), "0");
        } else {
          answer(strdup(label), "0:%d%d%d", receiver(a, b, "127.0.0.1", 0, port), receiver(a, b, "127.0.0.2", 0, port), receiver(a, b, "::1", 1, port));
        }
        OK(close(a)), OK(close(b));
      }
    END_ROW(expected);
  }
}

// A port that is free again at once, and one that is not.
static void afterwards(void) {
  begin_row("afterwards");
  for (int how = 0; how < 5; how++) {
    char text[9];
    int port, l = tcp_listener(&port), c = OK(socket(AF_INET, SOCK_STREAM, 0)), s = -1;
    struct sockaddr_in a = in4("127.0.0.1", port);
    OK(connect(c, SA(a)));
    if (how > 1) s = OK(accept(l, NULL, NULL));
    if (how == 2) OK(setsockopt(s, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)));
    if (how == 3) {
      EQ(send(c, "x", 1, 0), 1);
      pause_ms(1);
    }
    if (how == 1) OK(shutdown(l, SHUT_RDWR));
    else OK(close(l));
    if (s >= 0 && how < 4) OK(close(s));
    if (s >= 0 && how == 4) OK(shutdown(s, SHUT_WR));
    pause_ms(2);
    TRY(recv(c, text, 9, MSG_DONTWAIT));
    TRY(recv(c, text, 9, MSG_DONTWAIT));
    TRY(send(c, "x", 1, MSG_NOSIGNAL));
    int again = OK(socket(AF_INET, SOCK_STREAM, 0));
    TRY(bind(again, SA(a)));
    OK(close(c));
    pause_ms(2);
    OK(close(again));
    again = OK(socket(AF_INET, SOCK_STREAM, 0));
    TRY(how == 4 ? 0 : bind(again, SA(a)));
    TRY(how == 4 ? 0 : listen(again, 1));
    OK(close(again));
    if (how == 1) OK(close(l));
    if (how == 4) OK(close(s));
  }
  END_ROW(expected);
}

int main(void) {
  pairs_of(SOCK_DGRAM, "UDP");
  STEP("UDP");
  pairs_of(SOCK_STREAM, "TCP");
  STEP("TCP");
  afterwards();
  STEP("afterwards");
  return 0;
}

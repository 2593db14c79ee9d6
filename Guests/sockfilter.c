// Filters of what a socket receives (SO_ATTACH_FILTER): what is dropped, what is cut off, what is kept back, and locks.
#include "sock.h"
#include <linux/filter.h>
#include <pthread.h>
#include <sys/un.h>

#define ATTACH(fd, ...) \
  ({ struct sock_filter f_[] = {__VA_ARGS__}; \
     struct sock_fprog p_ = {sizeof f_ / sizeof *f_, f_}; \
     setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p_, sizeof p_); })

static int hears(int fd, char *text, int size) { return recv(fd, text, size, MSG_DONTWAIT); }

// A reader that waits hears of what the filter lets through, and of nothing else.
static void *waiting(void *fd) {
  char text[8];
  EQ(recv(*(int *)fd, text, sizeof text, 0), 3);
  CHECK(!memcmp(text, "xyz", 3));
  return NULL;
}
static void wakes(int in, int out) {
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, waiting, &in), 0);
  pause_ms(10);
  EQ(OK(send(out, "abc", 3, 0)), 3);
  pause_ms(5);
  EQ(OK(send(out, "xyz", 3, 0)), 3);
  EQ(pthread_join(thread, NULL), 0);
  struct pollfd empty = {in, POLLIN, 0};
  EQ(OK(poll(&empty, 1, 0)), 0);
}

int main(void) {
  int pair[2], zero = 0, one = 1;
  char text[64];
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  FAILS(ENOENT, setsockopt(pair[1], SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof zero));
  // Only what begins with an x, and of that four bytes.
  OK(ATTACH(pair[1], BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
            BPF_STMT(BPF_RET | BPF_K, 4), BPF_STMT(BPF_RET | BPF_K, 0)));
  EQ(OK(send(pair[0], "hello", 5, 0)), 5);
  EQ(OK(send(pair[0], "xylophone", 9, 0)), 9);
  EQ(OK(hears(pair[1], text, sizeof text)), 4);
  CHECK(!memcmp(text, "xylo", 4));
  FAILS(EAGAIN, hears(pair[1], text, sizeof text));
  OK(setsockopt(pair[1], SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof zero));
  EQ(OK(send(pair[0], "hello", 5, 0)), 5);
  EQ(OK(hears(pair[1], text, sizeof text)), 5);
  STEP("unix datagrams");

  FAILS(EINVAL, ATTACH(pair[1], BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_STMT(0xffff, 0), BPF_STMT(BPF_RET | BPF_K, 0)));
  FAILS(EINVAL, setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &zero, sizeof zero));
  // A jump may lead to the last instruction, and not behind it.
  OK(ATTACH(pair[1], BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  OK(ATTACH(pair[1], BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  OK(ATTACH(pair[1], BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_STMT(BPF_JMP | BPF_JA, 2), BPF_STMT(BPF_RET | BPF_K, 9), BPF_STMT(BPF_RET | BPF_K, 9)));
  OK(ATTACH(pair[1], BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_MEM, 15), BPF_STMT(BPF_RET | BPF_A, 0)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_K, 0)));
  FAILS(EINVAL, ATTACH(pair[1], BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0)));
  struct sock_fprog bad = {1, (void *)8};
  FAILS(EFAULT, setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &bad, sizeof bad));
  OK(ATTACH(pair[1], BPF_STMT(BPF_RET | BPF_K, 100)));
  OK(setsockopt(pair[1], SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof one));
  FAILS(EPERM, ATTACH(pair[1], BPF_STMT(BPF_RET | BPF_K, 0)));
  FAILS(EPERM, setsockopt(pair[1], SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof zero));
  FAILS(EPERM, setsockopt(pair[1], SOL_SOCKET, SO_LOCK_FILTER, &zero, sizeof zero));
  STEP("refused and locked");

  int in = OK(socket(AF_INET, SOCK_DGRAM, 0)), out = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  OK(bind(in, (struct sockaddr *)&address, sizeof address));
  OK(getsockname(in, (struct sockaddr *)&address, &length));
  OK(connect(out, (struct sockaddr *)&address, sizeof address));
  // The header of UDP is eight bytes; the length stands in it. Only messages of three bytes are let through.
  OK(ATTACH(in, BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 0, 3),
            BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'a', 0, 1),
            BPF_STMT(BPF_RET | BPF_K, -1), BPF_STMT(BPF_RET | BPF_K, 0)));
  EQ(OK(send(out, "four", 4, 0)), 4);
  EQ(OK(send(out, "bcd", 3, 0)), 3);
  EQ(OK(send(out, "abc", 3, 0)), 3);
  EQ(OK(recv(in, text, sizeof text, 0)), 3);
  CHECK(!memcmp(text, "abc", 3));
  FAILS(EAGAIN, hears(in, text, sizeof text));
  STEP("UDP");
  // What the packet is: IPv4, then IPv6.
  OK(ATTACH(in, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, -1), BPF_STMT(BPF_RET | BPF_K, 0)));
  EQ(OK(send(out, "four", 4, 0)), 4);
  EQ(OK(hears(in, text, sizeof text)), 4);
  int in_six = OK(socket(AF_INET6, SOCK_DGRAM, 0)), out_six = OK(socket(AF_INET6, SOCK_DGRAM, 0));
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  length = sizeof six;
  OK(bind(in_six, (struct sockaddr *)&six, sizeof six));
  OK(getsockname(in_six, (struct sockaddr *)&six, &length));
  OK(connect(out_six, (struct sockaddr *)&six, sizeof six));
  OK(ATTACH(in_six, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x86dd, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, -1), BPF_STMT(BPF_RET | BPF_K, 0)));
  EQ(OK(send(out_six, "six", 3, 0)), 3);
  EQ(OK(hears(in_six, text, sizeof text)), 3);
  OK(close(in_six));
  OK(close(out_six));
  OK(ATTACH(in, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1), BPF_STMT(BPF_RET | BPF_K, -1),
            BPF_STMT(BPF_RET | BPF_K, 0)));
  wakes(in, out);
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  OK(ATTACH(pair[1], BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
            BPF_STMT(BPF_RET | BPF_K, 100), BPF_STMT(BPF_RET | BPF_K, 0)));
  wakes(pair[1], pair[0]);
  STEP("readers that wait");

  // TCP's filters see segments: the header, whose length stands in it, and data.
  int listener = OK(socket(AF_INET, SOCK_STREAM, 0));
  address.sin_port = 0;
  OK(bind(listener, (struct sockaddr *)&address, sizeof address));
  OK(getsockname(listener, (struct sockaddr *)&address, &length));
  OK(listen(listener, 1));
  int client = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(client, (struct sockaddr *)&address, sizeof address));
  int server = OK(accept(listener, NULL, NULL));
  struct sock_filter shown[16];
  length = 0;
  OK(getsockopt(server, SOL_SOCKET, SO_GET_FILTER, NULL, &length));
  EQ(length, 0);
  OK(ATTACH(server, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 12), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
            BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2), BPF_STMT(BPF_MISC | BPF_TAX, 0),
            BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 1, 0),
            BPF_STMT(BPF_RET | BPF_K, -1), BPF_STMT(BPF_RET | BPF_K, 0)));
  length = 3;
  FAILS(EINVAL, getsockopt(server, SOL_SOCKET, SO_GET_FILTER, shown, &length));
  length = 16;
  OK(getsockopt(server, SOL_SOCKET, SO_GET_FILTER, shown, &length));
  EQ(length, 8);
  EQ(shown[5].k, 'x');
  EQ(OK(send(client, "plain", 5, 0)), 5);
  EQ(OK(recv(server, text, sizeof text, 0)), 5);
  EQ(OK(send(client, "xylophone", 9, 0)), 9);
  OK(shutdown(client, SHUT_WR));
  pause_ms(30);
  FAILS(EAGAIN, hears(server, text, sizeof text));
  struct pollfd poller = {.fd = server, .events = POLLIN | POLLRDHUP};
  EQ(OK(poll(&poller, 1, 0)), 0);
  // It is sent again, and let through.
  OK(setsockopt(server, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof zero));
  EQ(OK(recv(server, text, sizeof text, MSG_WAITALL)), 9);
  CHECK(!memcmp(text, "xylophone", 9));
  EQ(OK(recv(server, text, sizeof text, 0)), 0);
  STEP("TCP");
  return 0;
}

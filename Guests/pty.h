// Pairs of a pseudoterminal, and what is read from either end.
#pragma once
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

// The number in the name of the slave.
static int pty_number(int fd) {
  int number = -1;
  OK(ioctl(fd, TIOCGPTN, &number));
  return number;
}

__attribute__((unused)) static void pty_name(int fd, char *name) { sprintf(name, "/dev/pts/%d", pty_number(fd)); }

static void open_pair(void) {
  master = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  int unlock = 0;
  OK(ioctl(master, TIOCSPTLCK, &unlock));
  char name[32];
  pty_name(master, name);
  slave = OK(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

__attribute__((unused)) static void close_pair(void) {
  OK(close(slave));
  OK(close(master));
}

__attribute__((unused)) static void type(const char *keys) { EQ(write(master, keys, strlen(keys)), strlen(keys)); }

// Reads exactly these bytes, however many reads that takes.
#define EXPECT(fd, text) expect_at(__FILE__, __LINE__, fd, text, sizeof(text) - 1)
__attribute__((unused)) static void expect_at(const char *file, int line, int fd, const char *text, size_t length) {
  char got[4096] = "";
  size_t n = 0;
  while (n < length) {
    ssize_t part = read(fd, got + n, length - n);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0 && errno == EAGAIN) {
      poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
      continue;
    }
    if (part <= 0) fail_at(file, line, "read %zd, errno %d, after \"%s\"", part, errno, got);
    else if (memcmp(got, text, n += part)) fail_at(file, line, "read \"%s\", not \"%s\"", got, text);
    else continue;
    leave_part();
  }
}

// One read yields exactly these bytes.
#define READS(fd, text) reads_at(__FILE__, __LINE__, fd, text, sizeof(text) - 1)
__attribute__((unused)) static void reads_at(const char *file, int line, int fd, const char *text, size_t length) {
  char got[4096] = "";
  ssize_t n;
  do n = read(fd, got, sizeof got); while (n < 0 && errno == EINTR);
  if (n != (ssize_t)length || memcmp(got, text, length))
    fail_at(file, line, "read %zd \"%s\" (errno %d), not \"%s\"", n, got, errno, text);
}

// Changes the modes of the slave.
#define MODES(change) \
  do { struct termios t; OK(tcgetattr(slave, &t)); change; OK(tcsetattr(slave, TCSANOW, &t)); } while (0)

__attribute__((unused)) static short ready(int fd, short events, int ms) {
  struct pollfd entry = {.fd = fd, .events = events};
  OK(poll(&entry, 1, ms));
  return entry.revents;
}

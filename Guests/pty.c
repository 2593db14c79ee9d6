// Pseudoterminals: names, locks and numbers; canonical mode and its editing keys; echo; output processing; raw reads.
#include "pty.h"
#include <pthread.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

static void names(void) {
  int first = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
  int second = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
  CHECK(pty_number(first) != pty_number(second));
  char name[32], link[64];
  pty_name(second, name);
  struct stat st;
  OK(stat(name, &st));
  CHECK(S_ISCHR(st.st_mode));
  EQ(major(st.st_rdev), 136);
  EQ(minor(st.st_rdev), pty_number(second));
  EQ(st.st_uid, getuid());
  EQ(st.st_mode & 0600, 0600);
  int locked = -1;
  OK(ioctl(second, TIOCGPTLCK, &locked));
  EQ(locked, 1);
  FAILS(EIO, open(name, O_RDWR | O_NOCTTY));
  locked = 0;
  OK(ioctl(second, TIOCSPTLCK, &locked));
  slave = OK(open(name, O_RDWR | O_NOCTTY));
  EQ(isatty(slave), 1);
  EQ(isatty(second), 1);
  STREQ(ttyname(slave), name);
  sprintf(link, "/proc/self/fd/%d", second);
  char target[64] = "";
  OK(readlink(link, target, sizeof target - 1));
  STREQ(target, "/dev/ptmx");
  FAILS(ENOTTY, ioctl(slave, TIOCGPTN, &locked));
  int peer = OK(ioctl(second, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  STREQ(ttyname(peer), name);
  struct statfs fs;
  OK(statfs(name, &fs));
  EQ(fs.f_type, 0x1cd1);
  OK(chmod(name, 0600));
  OK(fstat(peer, &st));
  EQ(st.st_mode & 0777, 0600);
  OK(close(peer));
  OK(close(slave));
  OK(close(second));
  FAILS(ENOENT, open(name, O_RDWR | O_NOCTTY));
  // The lowest free number is taken.
  int number = pty_number(first);
  OK(close(first));
  first = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
  EQ(pty_number(first), number);
  OK(close(first));
  STEP("names");
}

static void fresh(void) {
  open_pair();
  struct termios t;
  OK(tcgetattr(slave, &t));
  EQ(t.c_iflag, ICRNL | IXON);
  EQ(t.c_oflag, OPOST | ONLCR);
  EQ(t.c_cflag, B38400 | CS8 | CREAD);
  EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
  EQ(t.c_cc[VINTR], 3);
  EQ(t.c_cc[VERASE], 127);
  EQ(t.c_cc[VMIN], 1);
  // Of either end the modes are the slave's, and the size is common.
  t.c_lflag &= ~ECHO;
  OK(tcsetattr(master, TCSANOW, &t));
  OK(tcgetattr(slave, &t));
  CHECK(!(t.c_lflag & ECHO));
  struct winsize size = {0}, want = {25, 81, 3, 4};
  OK(ioctl(slave, TIOCGWINSZ, &size));
  EQ(size.ws_row, 0);
  OK(ioctl(slave, TIOCSWINSZ, &want));
  OK(ioctl(master, TIOCGWINSZ, &size));
  EQ(size.ws_row, 25);
  EQ(size.ws_col, 81);
  EQ(size.ws_ypixel, 4);
  int n = 7;
  OK(ioctl(slave, TIOCOUTQ, &n));
  EQ(n, 0);
  OK(ioctl(slave, TIOCGETD, &n));
  EQ(n, 0);
  // A pty has eight bits and no parity, whatever is asked for; the C library sees that.
  t.c_cflag = (t.c_cflag & ~CSIZE) | CS5 | PARENB;
  FAILS(EINVAL, tcsetattr(slave, TCSANOW, &t));
  OK(tcgetattr(slave, &t));
  EQ(t.c_cflag & (CSIZE | PARENB | CREAD), CS8 | CREAD);
  FAILS(ESPIPE, lseek(slave, 0, SEEK_CUR));
  FAILS(EINVAL, ioctl(slave, TCFLSH, 9));
  FAILS(EINVAL, ioctl(slave, TCXONC, 9));
  FAILS(ENOTTY, ioctl(slave, TIOCMGET, &n));
  close_pair();
  STEP("a fresh pair");
}

static void lines(void) {
  open_pair();
  type("one\rtwo\n");
  EXPECT(master, "one\r\ntwo\r\n");
  int n;
  OK(ioctl(slave, FIONREAD, &n));
  EQ(n, 8);
  READS(slave, "one\n");
  char part[3];
  EQ(read(slave, part, 2), 2);
  READS(slave, "o\n");
  // No line, no data.
  type("thr");
  EXPECT(master, "thr");
  EQ(ready(slave, POLLIN, 0), 0);
  OK(ioctl(slave, FIONREAD, &n));
  EQ(n, 0);
  type("\x04");  // VEOF ends it without a byte
  READS(slave, "thr");
  type("\x04");
  READS(slave, "");
  type("ab\x04\x04");
  EQ(read(slave, part, 2), 2);  // ends where the line does, and takes the mark along
  READS(slave, "");
  MODES(t.c_cc[VEOL] = '!'; t.c_cc[VEOL2] = '?');
  type("a!b?c\n");
  READS(slave, "a!");
  READS(slave, "b?");
  READS(slave, "c\n");
  EXPECT(master, "aba!b?c\r\n");
  // Editing lines may not pass the beginning.
  type("\x7f\x15\x17x\n");
  EXPECT(master, "x\r\n");
  READS(slave, "x\n");
  close_pair();
  STEP("lines");
}

static void editing(void) {
  open_pair();
  type("abc\x7f" "d\n");
  EXPECT(master, "abc\b \bd\r\n");
  READS(slave, "abd\n");
  type("foo bar  \x17" "x\n");
  EXPECT(master, "foo bar  \b \b\b \b\b \b\b \b\b \bx\r\n");
  READS(slave, "foo x\n");
  type("one two\x15three\n");
  EXPECT(master, "one two\b \b\b \b\b \b\b \b\b \b\b \b\b \bthree\r\n");
  READS(slave, "three\n");
  type("a\x16\x03" "b\x7f\x7f.\n");  // a control character is erased over two columns
  EXPECT(master, "a^\b^Cb\b \b\b \b\b \b.\r\n");
  READS(slave, "a.\n");
  type("ab\tc\x7f\x7f.\n");  // a tab goes back to where it began
  EXPECT(master, "ab\tc\b \b\b\b\b\b\b\b.\r\n");
  READS(slave, "ab.\n");
  type("retype\x12 me\n");
  EXPECT(master, "retype^R\r\nretype me\r\n");
  READS(slave, "retype me\n");
  MODES(t.c_iflag |= IUTF8);
  type("a\xc3\xa4\x7f" "b\n");
  EXPECT(master, "a\xc3\xa4\b \bb\r\n");
  READS(slave, "ab\n");
  MODES(t.c_iflag &= ~IUTF8; t.c_lflag &= ~ECHOKE);
  type("xy\x15z\n");
  EXPECT(master, "xy^U\r\nz\r\n");
  READS(slave, "z\n");
  MODES(t.c_lflag &= ~ECHOK);
  type("xy\x15z\n");
  EXPECT(master, "xy^Uz\r\n");
  READS(slave, "z\n");
  MODES(t.c_lflag = (t.c_lflag & ~ECHOE) | ECHOK | ECHOKE);
  type("xy\x7fz\n");
  EXPECT(master, "xy^?z\r\n");
  READS(slave, "xz\n");
  MODES(t.c_lflag |= ECHOE | ECHOPRT);
  type("xyz\x7f\x7f" "a\n");
  EXPECT(master, "xyz\\zy/a\r\n");
  READS(slave, "xa\n");
  MODES(t.c_lflag &= ~(ECHOPRT | IEXTEN));
  type("a b\x17\x16\n");  // plain characters without IEXTEN
  EXPECT(master, "a b^W^V\r\n");
  READS(slave, "a b\x17\x16\n");
  close_pair();
  STEP("editing");
}

static void echo(void) {
  open_pair();
  type("\x01\t\x1b\n");
  EXPECT(master, "^A\t^[\r\n");
  READS(slave, "\x01\t\x1b\n");
  MODES(t.c_lflag &= ~ECHOCTL);
  type("\x01\n");
  EXPECT(master, "\x01\r\n");
  READS(slave, "\x01\n");
  MODES(t.c_lflag = (t.c_lflag & ~ECHO) | ECHONL);
  type("secret\n");
  EXPECT(master, "\r\n");
  READS(slave, "secret\n");
  MODES(t.c_lflag &= ~ECHONL);
  type("secret\n");
  READS(slave, "secret\n");
  EQ(ready(master, POLLIN, 0), 0);
  MODES(t.c_lflag |= ECHO; t.c_oflag &= ~OPOST);
  type("x\n");
  EXPECT(master, "x\n");
  READS(slave, "x\n");
  close_pair();
  STEP("echo");
}

static void input_modes(void) {
  open_pair();
  MODES(t.c_lflag &= ~ECHO; t.c_iflag = IGNCR);
  type("a\rb\n");
  READS(slave, "ab\n");
  MODES(t.c_iflag = INLCR; t.c_lflag &= ~ICANON);
  type("a\nb");
  EXPECT(slave, "a\rb");
  MODES(t.c_iflag = ISTRIP | IUCLC);
  type("\xc1" "BC");
  EXPECT(slave, "abc");
  MODES(t.c_iflag = PARMRK);
  type("\xff.");
  EXPECT(slave, "\xff\xff.");
  // What was typed before a change of mode is read as it was meant then.
  MODES(t.c_lflag |= ICANON; t.c_iflag = 0);
  type("half");
  EQ(ready(slave, POLLIN, 0), 0);
  MODES(t.c_lflag &= ~ICANON);
  EXPECT(slave, "half");
  type("other");
  EQ(ready(slave, POLLIN, -1), POLLIN);
  MODES(t.c_lflag |= ICANON);
  READS(slave, "other");
  close_pair();
  STEP("input modes");
}

static void output(void) {
  open_pair();
  EQ(write(slave, "a\nb\tc\r\n", 7), 7);
  EXPECT(master, "a\r\nb\tc\r\r\n");
  MODES(t.c_oflag |= XTABS);
  EQ(write(slave, "\tx\ty\n", 5), 5);
  EXPECT(master, "        x       y\r\n");
  EQ(write(slave, "x\tyz\tw\t\tv\n", 10), 10);
  EXPECT(master, "x       yz      w               v\r\n");
  MODES(t.c_oflag = OPOST | OCRNL);
  EQ(write(slave, "a\rb\n", 4), 4);
  EXPECT(master, "a\nb\n");
  MODES(t.c_oflag = OPOST | ONOCR | OLCUC);
  EQ(write(slave, "\n\rab\r\r", 6), 6);
  EXPECT(master, "\n\rAB\r");
  MODES(t.c_oflag = OPOST | ONLRET | ONOCR);
  EQ(write(slave, "ab\n\rc", 5), 5);
  EXPECT(master, "ab\nc");
  MODES(t.c_oflag = ONLCR);
  EQ(write(slave, "a\n", 2), 2);
  EXPECT(master, "a\n");
  close_pair();
  STEP("output");
}

static void *reader(void *unused) {
  EXPECT(master, "abc");
  return unused;
}

static void *slave_reader(void *unused) {
  EXPECT(slave, "abc");
  return unused;
}

static volatile int is_written;
static void *slave_writer(void *unused) {
  static char much[100000];
  for (long done = 0; done < (long)sizeof much;) done += OK(write(slave, much, sizeof much - done));
  is_written = 1;
  return unused;
}

static void raw(void) {
  open_pair();
  MODES(cfmakeraw(&t));
  type("\x03\x1c\x04\r\n\x7f\x00");
  EXPECT(slave, "\x03\x1c\x04\r\n\x7f");
  EQ(write(slave, "\n", 1), 1);
  EXPECT(master, "\n");
  // VMIN without VTIME: as many as asked for, or as the buffer takes.
  MODES(t.c_cc[VMIN] = 3; t.c_cc[VTIME] = 0);
  type("ab");
  EQ(ready(slave, POLLIN, 0), 0);
  type("c");
  EQ(ready(slave, POLLIN, -1), POLLIN);
  READS(slave, "abc");
  type("ab");
  char two[2];
  EQ(read(slave, two, 2), 2);
  // Neither: what is there.
  MODES(t.c_cc[VMIN] = 0; t.c_cc[VTIME] = 0);
  READS(slave, "");
  type("x");
  EQ(ready(slave, POLLIN, -1), POLLIN);
  READS(slave, "x");
  // VTIME alone: so long for the first byte.
  MODES(t.c_cc[VMIN] = 0; t.c_cc[VTIME] = 1);
  int64_t start = now_ns(CLOCK_MONOTONIC);
  READS(slave, "");
  CHECK(now_ns(CLOCK_MONOTONIC) - start >= 90000000);
  // Both: so long from one byte to the next.
  MODES(t.c_cc[VMIN] = 5; t.c_cc[VTIME] = 1);
  type("yz");
  READS(slave, "yz");
  MODES(t.c_cc[VMIN] = 1; t.c_cc[VTIME] = 0);
  OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  char c;
  FAILS(EAGAIN, read(slave, &c, 1));
  MODES(t.c_cc[VMIN] = 0);
  EQ(read(slave, &c, 1), 0);
  close_pair();
  STEP("raw");
  pthread_t thread;
  for (int raw = 0; raw < 2; raw++) {
    open_pair();
    if (raw) MODES(cfmakeraw(&t));
    EQ(pthread_create(&thread, NULL, reader, NULL), 0);
    pause_ms(10);
    EQ(write(slave, "abc", 3), 3);
    EQ(pthread_join(thread, NULL), 0);
    close_pair();
  }
  // Nor does a writer wait when what waits to be read is thrown away.
  open_pair();
  MODES(cfmakeraw(&t));
  EQ(pthread_create(&thread, NULL, slave_writer, NULL), 0);
  pause_ms(10);
  while (!is_written) {
    OK(tcflush(slave, TCOFLUSH));
    OK(tcflush(master, TCIFLUSH));
    pause_ms(1);
  }
  EQ(pthread_join(thread, NULL), 0);
  close_pair();
  // A line that is not complete is there when lines no longer count.
  open_pair();
  EQ(pthread_create(&thread, NULL, slave_reader, NULL), 0);
  type("abc");
  pause_ms(10);
  MODES(t.c_lflag &= ~ICANON);
  EQ(pthread_join(thread, NULL), 0);
  close_pair();
  STEP("a reader that waits");
}

static void flow(void) {
  open_pair();
  MODES(t.c_lflag &= ~ECHO);
  type("\x13");  // ^S
  while (ready(slave, POLLOUT, 0)) pause_ms(1);
  OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  FAILS(EAGAIN, write(slave, "x", 1));
  type("\x11");
  EQ(ready(slave, POLLOUT, -1), POLLOUT);
  EQ(write(slave, "x", 1), 1);
  EXPECT(master, "x");
  OK(tcflow(slave, TCOOFF));
  FAILS(EAGAIN, write(slave, "x", 1));
  OK(tcflow(slave, TCOON));
  EQ(write(slave, "y", 1), 1);
  EXPECT(master, "y");
  OK(tcflow(slave, TCIOFF));
  OK(tcflow(slave, TCION));
  EXPECT(master, "\x13\x11");
  // Turning IXON off starts what ^S had stopped.
  type("\x13");
  while (ready(slave, POLLOUT, 0)) pause_ms(1);
  MODES(t.c_iflag &= ~IXON);
  EQ(write(slave, "z", 1), 1);
  EXPECT(master, "z");
  // Anything starts it with IXANY.
  MODES(t.c_iflag |= IXON | IXANY);
  type("\x13");
  while (ready(slave, POLLOUT, 0)) pause_ms(1);
  type("w\n");
  EQ(ready(slave, POLLOUT, -1), POLLOUT);
  READS(slave, "w\n");
  close_pair();
  STEP("flow");
}

static void discarding(void) {
  open_pair();
  MODES(t.c_lflag &= ~ECHO);
  type("gone\n");
  EQ(ready(slave, POLLIN, -1), POLLIN);
  OK(tcflush(slave, TCIFLUSH));
  EQ(ready(slave, POLLIN, 0), 0);
  type("gone\n");
  EQ(ready(slave, POLLIN, -1), POLLIN);
  struct termios t;
  OK(tcgetattr(slave, &t));
  OK(tcsetattr(slave, TCSAFLUSH, &t));
  EQ(ready(slave, POLLIN, 0), 0);
  type("kept\n");
  OK(tcdrain(slave));
  OK(tcsendbreak(slave, 0));
  READS(slave, "kept\n");
  close_pair();
  STEP("discarding");
}

static void packets(void) {
  open_pair();
  int on = 1, off = 0;
  OK(ioctl(master, TIOCPKT, &on));
  int is = 0;
  OK(ioctl(master, TIOCGPKT, &is));
  EQ(is, 1);
  EQ(write(slave, "hi", 2), 2);
  READS(master, "\0hi");
  OK(tcflush(slave, TCIFLUSH));
  EQ(ready(master, POLLIN | POLLPRI, -1), POLLIN | POLLPRI);
  READS(master, "\x01");
  OK(tcflush(slave, TCOFLUSH));
  READS(master, "\x02");
  MODES(t.c_cc[VSTOP] = 1);
  READS(master, "\x10");
  MODES(t.c_cc[VSTOP] = 0x13);
  READS(master, "\x20");
  OK(tcflow(slave, TCOOFF));
  READS(master, "\x04");
  OK(tcflow(slave, TCOON));
  READS(master, "\x08");
  MODES(t.c_lflag |= EXTPROC);
  READS(master, "\x40");
  type("a\x7f" "b");  // no processing at all
  EXPECT(slave, "a\x7f" "b");
  MODES(t.c_lflag &= ~EXTPROC);
  READS(master, "\x40");
  OK(ioctl(master, TIOCPKT, &off));
  EQ(write(slave, "hi", 2), 2);
  READS(master, "hi");
  FAILS(ENOTTY, ioctl(slave, TIOCPKT, &on));
  close_pair();
  STEP("packets");
}

static void endings(void) {
  open_pair();
  char name[32];
  pty_name(master, name);
  OK(fcntl(master, F_SETFL, O_NONBLOCK));
  char c;
  FAILS(EAGAIN, read(master, &c, 1));
  EQ(write(slave, "last", 4), 4);
  OK(close(slave));
  EQ(ready(master, POLLIN, -1), POLLIN | POLLHUP);
  EXPECT(master, "last");
  FAILS(EIO, read(master, &c, 1));
  EQ(ready(master, POLLIN | POLLOUT, -1), POLLOUT | POLLHUP);
  // It can be opened again, as long as the master is there; what is typed meanwhile waits.
  type("waits\n");
  slave = OK(open(name, O_RDWR | O_NOCTTY));
  EXPECT(master, "waits\r\n");
  READS(slave, "waits\n");
  FAILS(EAGAIN, read(master, &c, 1));
  EQ(write(slave, "lost", 4), 4);
  OK(close(master));
  EQ(ready(slave, POLLIN | POLLOUT, -1), POLLIN | POLLOUT | POLLERR | POLLHUP);
  EQ(read(slave, &c, 1), 0);
  FAILS(EIO, write(slave, "x", 1));
  struct termios t;
  FAILS(EIO, tcgetattr(slave, &t));
  EQ(isatty(slave), 0);
  FAILS(ENOENT, stat(name, &(struct stat){0}));
  OK(close(slave));
  STEP("endings");
}

// What does not fit waits; a line that is too long loses its end.
static void room(void) {
  open_pair();
  MODES(t.c_lflag &= ~ECHO);
  OK(fcntl(master, F_SETFL, O_NONBLOCK));
  static char many[20000];
  memset(many, 'm', sizeof many);
  long sent = 0, n;
  while (sent < 20000) {
    n = write(master, many, 1000);
    if (n > 0) sent += n;
    else EQ(ready(master, POLLOUT, -1), POLLOUT);
  }
  while (write(master, "\n", 1) < 1) EQ(ready(master, POLLOUT, -1), POLLOUT);
  EQ(ready(slave, POLLIN, -1), POLLIN);
  EQ(read(slave, many, sizeof many), 4096);
  EQ(many[4095], '\n');
  MODES(cfmakeraw(&t));
  OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  // The other way: all arrives, some of it later.
  for (int i = 0; i < (int)sizeof many; i++) many[i] = i * 7;
  sent = 0;
  long got = 0;
  char buffer[512];
  while (got < 20000) {
    if (sent < 20000) {
      n = write(slave, many + sent, 20000 - sent);
      if (n > 0) sent += n;
      else EQ(errno, EAGAIN);
    }
    CHECK(ready(master, POLLIN, -1) & POLLIN);
    n = read(master, buffer, sizeof buffer);
    if (n < 0) { EQ(errno, EAGAIN); continue; }
    CHECK(memcmp(buffer, many + got, n) == 0);
    got += n;
  }
  EQ(sent, 20000);
  close_pair();
  STEP("room");
}

int main(void) {
  alarm(20);
  PART(names());
  PART(fresh());
  PART(lines());
  PART(editing());
  PART(echo());
  PART(input_modes());
  PART(output());
  PART(raw());
  PART(flow());
  PART(discarding());
  PART(packets());
  PART(endings());
  PART(room());
  return 0;
}

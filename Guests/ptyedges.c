// Pseudoterminals at their edges: where a line begins and a tab ends, how many bytes a read waits for, how much is thrown away by whom,
// who is woken by what, when a terminal was used last, and what descriptors a master makes.
#include "matrix.h"
#include "pty.h"
#include <sys/epoll.h>

#if defined __aarch64__
#define LARGE 0400000
#else
#define LARGE 0100000
#endif

static char many[6000];

static void open_raw(void) {
  open_pair();
  MODES(cfmakeraw(&t));
  OK(fcntl(master, F_SETFL, O_NONBLOCK));
  OK(fcntl(slave, F_SETFL, O_NONBLOCK));
}
static int waiting(int fd) {
  int count = -1;
  OK(ioctl(fd, FIONREAD, &count));
  return count;
}
// Bytes arrive a little later.
static void arrive(int fd, int count) {
  for (int i = 0; i < 2000 && waiting(fd) < count; i++) pause_ms(1);
  EQ(waiting(fd), count);
}

static const struct table echoes[] = {
  {"0",
   "rt<<<<<<<< rxt<<<<<<< rxty<_<<<<<<<< rtt<<<<<<<<<<<<<<<< rtxt<<<<<<<<_<<<<<<<<< r^At<<<<<< r^<t<<<<<<<< "
   "rabt<<<<<<<_<<_< ratb<_<<<<<<<<<_< r________<<<<<<<< rx_______<<<<<<< rx_______y<_<<<<<<<< "
   "r________________<<<<<<<<<<<<<<<< r________x_______<<<<<<<<_<<<<<<<<< r^A______<<<<<< r^<________<<<<<<<< "
   "rab______<<<<<<<_<<_< ra_______b<_<<<<<<<<<_<"},
  {"1",
   "rat<<<<<<< raxt<<<<<< raxty<_<<<<<<< ratt<<<<<<<<<<<<<<< ratxt<<<<<<<<_<<<<<<<< ra^At<<<<< ra^<t<<<<<<< "
   "raabt<<<<<<_<<_< raatb<_<<<<<<<<_< ra_______<<<<<<< rax______<<<<<< rax______y<_<<<<<<< "
   "ra_______________<<<<<<<<<<<<<<< ra_______x_______<<<<<<<<_<<<<<<<< ra^A_____<<<<< ra^<_______<<<<<<< "
   "raab_____<<<<<<_<<_< raa______b<_<<<<<<<<_<"},
  {"2",
   "rabct<<<<< rabcxt<<<< rabcxty<_<<<<< rabctt<<<<<<<<<<<<< rabctxt<<<<<<<<_<<<<<< rabc^At<<< rabc^<t<<<<< "
   "rabcabt<<<<_<<_< rabcatb<_<<<<<<_< rabc_____<<<<< rabcx____<<<< rabcx____y<_<<<<< rabc_____________<<<<<<<<<<<<< "
   "rabc_____x_______<<<<<<<<_<<<<<< rabc^A___<<< rabc^<_____<<<<< rabcab___<<<<_<<_< rabca____b<_<<<<<<_<"},
  {"3",
   "rabcdefgt< rabcdefgxt<<<<<<<< rabcdefgxty<_<<<<<<<<< rabcdefgtt<<<<<<<<< rabcdefgtxt<<<<<<<<_<< "
   "rabcdefg^At<<<<<<< rabcdefg^<t< rabcdefgabt<<<<<<<<_<<_< rabcdefgatb<_<<<<<<<<<<_< rabcdefg_< "
   "rabcdefgx________<<<<<<<< rabcdefgx________y<_<<<<<<<<< rabcdefg_________<<<<<<<<< rabcdefg_x_______<<<<<<<<_<< "
   "rabcdefg^A_______<<<<<<< rabcdefg^<_< rabcdefgab_______<<<<<<<<_<<_< rabcdefga________b<_<<<<<<<<<<_<"},
  {"4",
   "rabcdefght<<<<<<<< rabcdefghxt<<<<<<< rabcdefghxty<_<<<<<<<< rabcdefghtt<<<<<<<<<<<<<<<< "
   "rabcdefghtxt<<<<<<<<_<<<<<<<<< rabcdefgh^At<<<<<< rabcdefgh^<t<<<<<<<< rabcdefghabt<<<<<<<_<<_< "
   "rabcdefghatb<_<<<<<<<<<_< rabcdefgh________<<<<<<<< rabcdefghx_______<<<<<<< rabcdefghx_______y<_<<<<<<<< "
   "rabcdefgh________________<<<<<<<<<<<<<<<< rabcdefgh________x_______<<<<<<<<_<<<<<<<<< rabcdefgh^A______<<<<<< "
   "rabcdefgh^<________<<<<<<<< rabcdefghab______<<<<<<<_<<_< rabcdefgha_______b<_<<<<<<<<<_<"},
  {"5",
   "rabcrnt<<<<<<<< rabcrnxt<<<<<<< rabcrnxty<_<<<<<<<< rabcrntt<<<<<<<<<<<<<<<< rabcrntxt<<<<<<<<_<<<<<<<<< "
   "rabcrn^At<<<<<< rabcrn^<t<<<<<<<< rabcrnabt<<<<<<<_<<_< rabcrnatb<_<<<<<<<<<_< rabcrn________<<<<<<<< "
   "rabcrnx_______<<<<<<< rabcrnx_______y<_<<<<<<<< rabcrn________________<<<<<<<<<<<<<<<< "
   "rabcrn________x_______<<<<<<<<_<<<<<<<<< rabcrn^A______<<<<<< rabcrn^<________<<<<<<<< rabcrnab______<<<<<<<_<<_< "
   "rabcrna_______b<_<<<<<<<<<_<"},
  {"6",
   "rrnabt<<<<<< rrnabxt<<<<< rrnabxty<_<<<<<< rrnabtt<<<<<<<<<<<<<< rrnabtxt<<<<<<<<_<<<<<<< rrnab^At<<<< "
   "rrnab^<t<<<<<< rrnababt<<<<<_<<_< rrnabatb<_<<<<<<<_< rrnab______<<<<<< rrnabx_____<<<<< rrnabx_____y<_<<<<<< "
   "rrnab______________<<<<<<<<<<<<<< rrnab______x_______<<<<<<<<_<<<<<<< rrnab^A____<<<< rrnab^<______<<<<<< "
   "rrnabab____<<<<<_<<_< rrnaba_____b<_<<<<<<<_<"},
  {"7",
   "rabcrt<<<<<<<< rabcrxt<<<<<<< rabcrxty<_<<<<<<<< rabcrtt<<<<<<<<<<<<<<<< rabcrtxt<<<<<<<<_<<<<<<<<< "
   "rabcr^At<<<<<< rabcr^<t<<<<<<<< rabcrabt<<<<<<<_<<_< rabcratb<_<<<<<<<<<_< rabcr________<<<<<<<< "
   "rabcrx_______<<<<<<< rabcrx_______y<_<<<<<<<< rabcr________________<<<<<<<<<<<<<<<< "
   "rabcr________x_______<<<<<<<<_<<<<<<<<< rabcr^A______<<<<<< rabcr^<________<<<<<<<< rabcrab______<<<<<<<_<<_< "
   "rabcra_______b<_<<<<<<<<<_<"},
  {"8",
   "rabc<t<<<<<< rabc<xt<<<<< rabc<xty<_<<<<<< rabc<tt<<<<<<<<<<<<<< rabc<txt<<<<<<<<_<<<<<<< rabc<^At<<<< "
   "rabc<^<t<<<<<< rabc<abt<<<<<_<<_< rabc<atb<_<<<<<<<_< rabc<______<<<<<< rabc<x_____<<<<< rabc<x_____y<_<<<<<< "
   "rabc<______________<<<<<<<<<<<<<< rabc<______x_______<<<<<<<<_<<<<<<< rabc<^A____<<<< rabc<^<______<<<<<< "
   "rabc<ab____<<<<<_<<_< rabc<a_____b<_<<<<<<<_<"},
  {"9",
   "r<<at<<<<<<< r<<axt<<<<<< r<<axty<_<<<<<<< r<<att<<<<<<<<<<<<<<< r<<atxt<<<<<<<<_<<<<<<<< r<<a^At<<<<< "
   "r<<a^<t<<<<<<< r<<aabt<<<<<<_<<_< r<<aatb<_<<<<<<<<_< r<<a_______<<<<<<< r<<ax______<<<<<< r<<ax______y<_<<<<<<< "
   "r<<a_______________<<<<<<<<<<<<<<< r<<a_______x_______<<<<<<<<_<<<<<<<< r<<a^A_____<<<<< r<<a^<_______<<<<<<< "
   "r<<aab_____<<<<<<_<<_< r<<aa______b<_<<<<<<<<_<"},
  {"10",
   "rtabt<<<<<< rtabxt<<<<< rtabxty<_<<<<<< rtabtt<<<<<<<<<<<<<< rtabtxt<<<<<<<<_<<<<<<< rtab^At<<<< rtab^<t<<<<<< "
   "rtababt<<<<<_<<_< rtabatb<_<<<<<<<_< r________ab______<<<<<< r________abx_____<<<<< r________abx_____y<_<<<<<< "
   "r________ab______________<<<<<<<<<<<<<< r________ab______x_______<<<<<<<<_<<<<<<< r________ab^A____<<<< "
   "r________ab^<______<<<<<< r________abab____<<<<<_<<_< r________aba_____b<_<<<<<<<_<"},
  {"11",
   "ratbt<<<<<<< ratbxt<<<<<< ratbxty<_<<<<<<< ratbtt<<<<<<<<<<<<<<< ratbtxt<<<<<<<<_<<<<<<<< ratb^At<<<<< "
   "ratb^<t<<<<<<< ratbabt<<<<<<_<<_< ratbatb<_<<<<<<<<_< ra_______b_______<<<<<<< ra_______bx______<<<<<< "
   "ra_______bx______y<_<<<<<<< ra_______b_______________<<<<<<<<<<<<<<< ra_______b_______x_______<<<<<<<<_<<<<<<<< "
   "ra_______b^A_____<<<<< ra_______b^<_______<<<<<<< ra_______bab_____<<<<<<_<<_< ra_______ba______b<_<<<<<<<<_<"},
  {"12",
   "raccbt<<<<<< raccbxt<<<<< raccbxty<_<<<<<< raccbtt<<<<<<<<<<<<<< raccbtxt<<<<<<<<_<<<<<<< raccb^At<<<< "
   "raccb^<t<<<<<< raccbabt<<<<<_<<_< raccbatb<_<<<<<<<_< raccb______<<<<<< raccbx_____<<<<< raccbx_____y<_<<<<<< "
   "raccb______________<<<<<<<<<<<<<< raccb______x_______<<<<<<<<_<<<<<<< raccb^A____<<<< raccb^<______<<<<<< "
   "raccbab____<<<<<_<<_< raccba_____b<_<<<<<<<_<"},
  {0}};

// What is shown until a number sign is: a tab as t, a step back as <, a space as _.
static const char *shown(void) {
  static char text[80];
  size_t n = 0;
  long part;
  while (n < sizeof text - 1 && !memchr(text, '#', n) && (part = read(master, text + n, sizeof text - 1 - n)) > 0) n += part;
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    text[i] = c == '#' ? 0 : c == '\t' ? 't' : c == '\b' ? '<' : c == ' ' ? '_' : c == '\r' ? 'r' : c == '\n' ? 'n' : c < ' ' ? 'c' : c;
  }
  text[n] = 0;
  return text;
}

// What is typed behind what a program wrote, and erased again.
static void columns(void) {
  static const char *const prompts[] = {"", "a", "abc", "abcdefg", "abcdefgh", "abc\n", "\nab", "abc\r", "abc\b", "\b\ba", "\tab",
                                        "a\tb", "a\x01\x1b" "b"};
  static const char *const typed[] = {"\t\x7f", "x\t\x7f", "x\ty\x7f\x7f", "\t\t\x7f\x7f", "\tx\t\x7f\x7f\x7f", "\x01\t\x7f",
                                      "\x16\t\x7f", "ab\t\x15", "a\tb\x17\x17"};
  for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++) {
    char name[8];
    snprintf(name, sizeof name, "%zu", i);
    begin_row(name);
    for (int spaces = 0; spaces < 2; spaces++) {
      open_pair();
      MODES(if (spaces) t.c_oflag |= XTABS);
      for (size_t j = 0; j < sizeof typed / sizeof *typed; j++) {
        // A line of its own.
        EQ(write(slave, "\r", 1), 1);
        EQ(write(slave, prompts[i], strlen(prompts[i])), (long)strlen(prompts[i]));
        char keys[16];
        snprintf(keys, sizeof keys, "%s#", typed[j]);
        type(keys);
        answer("shown", "%s", shown());
        type("\n");
        EXPECT(master, "\r\n");
        OK(tcflush(slave, TCIFLUSH));
      }
      close_pair();
    }
    END_ROW(echoes);
  }
  STEP("where a line begins");
}

static const struct table patience[] = {
  {"0 after 0",
   "0 0 0 0 0 0 0 0 0 1 0 1 1 0 1 0 1 0 1 0 2 1 1 2 0 2 0 1 0 3 1 2 2 1 3 0"},
  {"0 after 1",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 1 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"1 after 0",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 1 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"1 after 1",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 1 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"2 after 0",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 0 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"2 after 1",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 1 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"3 after 0",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 0 0 1 1 AGAIN 1 AGAIN 1 AGAIN 0 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {"3 after 1",
   "0 0 AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN AGAIN 1 0 1 1 AGAIN 1 AGAIN 1 AGAIN 1 0 2 1 1 2 AGAIN 2 AGAIN 1 0 3 1 2 2 "
   "1 3 AGAIN"},
  {0}};

// How many bytes a read that does not wait wants there to be, and poll.
static void minimums(void) {
  open_raw();
  for (int minimum = 0; minimum < 4; minimum++)
    for (int time = 0; time < 2; time++) {
      char name[16];
      snprintf(name, sizeof name, "%d after %d", minimum, time);
      MODES(t.c_cc[VMIN] = minimum; t.c_cc[VTIME] = time);
      begin_row(name);
      for (int there = 0; there < 4; there++)
        for (int wanted = 0; wanted < 4; wanted++) {
          if (there) EQ(write(master, "abcd", there), there);
          arrive(slave, there);
          if (!wanted) SHOW(ready(slave, POLLIN, 0));
          TRY(read(slave, many, wanted));
          TRY(read(slave, many, 9));
          OK(tcflush(slave, TCIFLUSH));
        }
      END_ROW(patience);
    }
  close_pair();
  STEP("what a read wants");
}

static void child_reads(int minimum, int first, int wanted, int got) {
  open_raw();
  MODES(t.c_cc[VMIN] = minimum; t.c_cc[VTIME] = 0);
  OK(fcntl(slave, F_SETFL, 0));
  EQ(write(master, "abcdefgh", first), first);
  arrive(slave, first);
  pid_t pid = OK(fork());
  if (!pid) {
    EQ(read(slave, many, wanted), got);
    _exit(0);
  }
  pause_ms(20);
  EQ(write(master, "ijklmnop", 8 - first), 8 - first);
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  close_pair();
}
static void reads(void) {
  child_reads(3, 1, 3, 3);
  child_reads(3, 2, 8, 8);
  child_reads(5, 4, 6, 6);
  child_reads(5, 1, 2, 2);
  child_reads(1, 0, 8, 8);
  child_reads(1, 1, 8, 1);
  child_reads(0, 1, 8, 1);
  // Not for time alone: that begins with a byte, and there is long.
  open_raw();
  MODES(t.c_cc[VMIN] = 3; t.c_cc[VTIME] = 20);
  OK(fcntl(slave, F_SETFL, 0));
  pid_t pid = OK(fork());
  if (!pid) {
    EQ(read(slave, many, 8), 3);
    EQ(read(slave, many, 0), 0);
    _exit(0);
  }
  for (int i = 0; i < 3; i++) {
    pause_ms(20);
    EQ(write(master, "x", 1), 1);
  }
  int status;
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  // Nor for no bytes at all.
  MODES(t.c_cc[VMIN] = 0; t.c_cc[VTIME] = 100);
  int64_t start = now_ns(CLOCK_MONOTONIC);
  EQ(read(slave, many, 0), 0);
  CHECK(now_ns(CLOCK_MONOTONIC) - start < 9000000000);
  close_pair();
  STEP("a read that waits for more");
}

static const struct table remains[] = {
  {"slave in",
   "0 1 0 5 0 4095 0 5000"},
  {"slave out",
   "1 1 5 5 4095 4095 5000 4095"},
  {"slave both",
   "0 1 0 5 0 4095 0 4095"},
  {"master in",
   "1 0 5 0 4095 0 5000 0"},
  {"master out",
   "1 1 5 5 4095 4095 4095 5000"},
  {"master both",
   "1 0 5 0 4095 0 4095 0"},
  {"modes",
   "0 1 0 5 0 4095 905 5000"},
  {0}};

// What the one that throws away leaves of what waits at both ends; of much, a part has not come to the reader.
static void flushes(void) {
  static const struct { const char *name; int of_master, queue; } kinds[] = {
      {"slave in", 0, TCIFLUSH}, {"slave out", 0, TCOFLUSH}, {"slave both", 0, TCIOFLUSH},
      {"master in", 1, TCIFLUSH}, {"master out", 1, TCOFLUSH}, {"master both", 1, TCIOFLUSH}, {"modes", 0, -1}};
  static const int sizes[] = {1, 5, 4095, 5000};
  for (int i = 0; i < 7; i++) {
    begin_row(kinds[i].name);
    for (int j = 0; j < 4; j++) {
      int size = sizes[j], most = size < 4095 ? size : 4095;
      open_raw();
      EQ(write(master, many, size), size);
      EQ(write(slave, many, size), size);
      arrive(slave, most);
      arrive(master, most);
      struct termios t;
      OK(tcgetattr(slave, &t));
      if (kinds[i].queue < 0) OK(tcsetattr(slave, TCSAFLUSH, &t));
      else OK(tcflush(kinds[i].of_master ? master : slave, kinds[i].queue));
      for (int of_master = 0; of_master < 2; of_master++) {
        int fd = of_master ? master : slave;
        // What is on its way comes, and nothing that was thrown away does.
        long sum = 0, n, expected = getenv("GUEST_TABLE") ? size : atol(word_of(remains, row.count));
        while (sum < expected && ready(fd, POLLIN, 100) & POLLIN && (n = read(fd, many, sizeof many)) > 0) sum += n;
        pause_ms(2);
        while ((n = read(fd, many, sizeof many)) > 0) sum += n;
        answer(of_master ? "the master's" : "the slave's", "%ld", sum);
      }
      close_pair();
    }
    END_ROW(remains);
  }
  // An echo that found no room stays, and comes before what is written next.
  open_pair();
  MODES(t.c_oflag = 0; t.c_lflag &= ~ICANON);
  OK(fcntl(master, F_SETFL, O_NONBLOCK));
  OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  for (int tries = 0; tries < 10; tries++) {
    while (write(slave, many, sizeof many) > 0) {}
    pause_ms(2);
  }
  type("echoed");
  arrive(slave, 6);
  OK(tcflush(master, TCIFLUSH));
  EQ(write(slave, "x", 1), 1);
  EXPECT(master, "echoedx");
  close_pair();
  STEP("what is thrown away");
}

// A child that waits for the file by poll, or by epoll, sees just this, and not only at the end of its time.
static pid_t waiter(int fd, short wanted, short seen, int by_epoll) {
  pid_t pid = OK(fork());
  if (pid) return pid;
  int64_t start = now_ns(CLOCK_MONOTONIC);
  if (by_epoll) {
    int set = OK(epoll_create1(0));
    struct epoll_event event = {.events = wanted};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    EQ(epoll_wait(set, &event, 1, 5000), 1);
    EQ(event.events, seen);
  } else {
    EQ(ready(fd, wanted, 5000), seen);
  }
  CHECK(now_ns(CLOCK_MONOTONIC) - start < 4000000000);
  _exit(0);
}
#define WAKES(fd, wanted, seen, what)                                                      \
  do {                                                                                     \
    pid_t pids_[2] = {waiter(fd, wanted, seen, 0), waiter(fd, wanted, seen, 1)};           \
    pause_ms(20);                                                                          \
    what;                                                                                  \
    for (int i_ = 0; i_ < 2; i_++) {                                                       \
      int status_;                                                                         \
      EQ(OK(waitpid(pids_[i_], &status_, 0)), pids_[i_]);                                  \
      EQ(status_, 0);                                                                      \
    }                                                                                      \
  } while (0)

static void wakings(void) {
  open_raw();
  // Fewer bytes are enough.
  MODES(t.c_cc[VMIN] = 5);
  EQ(write(master, "abc", 3), 3);
  arrive(slave, 3);
  EQ(ready(slave, POLLIN, 0), 0);
  WAKES(slave, POLLIN, POLLIN, MODES(t.c_cc[VMIN] = 3));
  MODES(t.c_cc[VMIN] = 5);
  WAKES(slave, POLLIN, POLLIN, MODES(t.c_cc[VTIME] = 1));
  // What was typed is a line.
  MODES(t.c_cc[VTIME] = 0);
  WAKES(slave, POLLIN, POLLIN, MODES(t.c_lflag |= ICANON));
  // Output is started.
  OK(tcflow(slave, TCOOFF));
  EQ(ready(slave, POLLOUT, 0), 0);
  WAKES(slave, POLLOUT, POLLOUT, OK(tcflow(slave, TCOON)));
  close_pair();
  // There is room again.
  for (int of_master = 0; of_master < 2; of_master++) {
    open_raw();
    int fd = of_master ? master : slave;
    for (int tries = 0; tries < 10; tries++) {
      while (write(fd, many, sizeof many) > 0) {}
      pause_ms(2);
    }
    EQ(ready(fd, POLLOUT, 0), 0);
    WAKES(fd, POLLOUT, POLLOUT, OK(tcflush(of_master ? slave : master, TCIFLUSH)));
    close_pair();
  }
  open_pair();
  OK(ioctl(master, TIOCPKT, &(int){1}));
  EQ(ready(master, POLLIN | POLLPRI, 0), 0);
  WAKES(master, POLLIN | POLLPRI, POLLIN | POLLPRI, OK(tcflush(slave, TCIFLUSH)));
  READS(master, "\x01");
  WAKES(master, POLLIN | POLLPRI, POLLIN | POLLPRI, OK(tcflush(slave, TCOFLUSH)));
  READS(master, "\x02");
  WAKES(master, POLLPRI, POLLPRI, MODES(t.c_cc[VSTOP] = 1));
  READS(master, "\x10");
  WAKES(master, POLLPRI, POLLPRI, MODES(t.c_cc[VSTOP] = 0x13));
  READS(master, "\x20");
  WAKES(master, POLLIN, POLLIN, OK(tcflow(slave, TCOOFF)));
  READS(master, "\x04");
  WAKES(master, POLLIN, POLLIN, OK(tcflow(slave, TCOON)));
  READS(master, "\x08");
  WAKES(master, POLLPRI, POLLPRI, MODES(t.c_lflag |= EXTPROC));
  READS(master, "\x40");
  close_pair();
  STEP("who is woken");
}

static const struct table times[] = {
  {"slave",
   "3 m 0 - 2 - 1 - AGAIN - AGAIN - 3 - 0 - 1 a 2 a AGAIN - 0 - 0 - 0 - AGAIN - 0 - 0 - 0 - 3 - 0 -"},
  {0}};

static void reset(void) {
  const struct timespec old[2] = {{1000, 0}, {1000, 0}};
  OK(futimens(slave, old));
}
static const char *changed(void) {
  struct stat status;
  OK(fstat(slave, &status));
  return status.st_atime == 1000 ? status.st_mtime == 1000 ? "-" : "m" : status.st_mtime == 1000 ? "a" : "am";
}
#define USE(call)                       \
  do {                                  \
    reset();                            \
    TRY(call);                          \
    answer("changed", "%s", changed()); \
  } while (0)

// The slave's times: of the last byte that was read, and of the last one that was written.
static void used(void) {
  struct termios t;
  open_raw();
  begin_row("slave");
  USE(write(slave, "abc", 3));
  USE(write(slave, "abc", 0));
  arrive(master, 3);
  USE(read(master, many, 2));
  USE(read(master, many, 2));
  USE(read(master, many, 2));
  USE(read(slave, many, 1));
  USE(write(master, "abc", 3));
  arrive(slave, 3);
  USE(read(slave, many, 0));
  USE(read(slave, many, 1));
  USE(read(slave, many, 9));
  USE(read(slave, many, 9));
  USE(waiting(slave));
  USE(tcflush(slave, TCIOFLUSH));
  USE(tcflow(slave, TCOOFF));
  USE(write(slave, "abc", 3));
  USE(tcflow(slave, TCOON));
  USE(tcgetattr(slave, &t));
  USE(tcsetattr(slave, TCSANOW, &t));
  MODES(t.c_lflag |= ECHO);
  USE(write(master, "abc", 3));
  USE(fchmod(slave, 0620));
  END_ROW(times);
  close_pair();
  STEP("when it was used last");
}

static const struct table flags[] = {
  {"both",
   "2 0 0 0 1 0 1"},
  {"reader",
   "0 0 0 0 1 0 BADF"},
  {"writer",
   "1 0 0 0 1 0 1"},
  {"not waiting",
   "2 0 1 0 1 0 1"},
  {"not inherited",
   "2 0 0 0 1 1 1"},
  {"at the end",
   "2 0 0 1 1 0 1"},
  {"made",
   "2 0 0 0 1 0 1"},
  {"shortened",
   "2 0 0 0 1 0 1"},
  {"exclusive",
   "2 0 0 0 1 0 1"},
  {0}};

static void peers(void) {
  static const struct { const char *name; int flags; } kinds[] = {
      {"both", O_RDWR}, {"reader", O_RDONLY}, {"writer", O_WRONLY}, {"not waiting", O_RDWR | O_NONBLOCK},
      {"not inherited", O_RDWR | O_CLOEXEC}, {"at the end", O_RDWR | O_APPEND}, {"made", O_RDWR | O_CREAT},
      {"shortened", O_RDWR | O_TRUNC}, {"exclusive", O_RDWR | O_EXCL}};
  open_pair();
  OK(fcntl(master, F_SETFL, O_NONBLOCK));
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    begin_row(kinds[i].name);
    int peer = ioctl(master, TIOCGPTPEER, kinds[i].flags | O_NOCTTY);
    int is = syscall(SYS_fcntl, peer, F_GETFL);
    answer("mode", "%d", is & O_ACCMODE);
    // The bit of large files is not the C library's.
    answer("large", "%d", (is & LARGE) != 0);
    SHOW((is & O_NONBLOCK) != 0);
    SHOW((is & O_APPEND) != 0);
    SHOW((is & ~(O_ACCMODE | LARGE | O_NONBLOCK | O_APPEND | O_CLOEXEC)) == 0);
    TRY(fcntl(peer, F_GETFD));
    TRY(write(peer, "x", 1));
    if (row.words[row.count - 1][0] == '1') EXPECT(master, "x");
    OK(close(peer));
    END_ROW(flags);
  }
  close_pair();
  STEP("peers");
}

// How many terminals there are.
static int count(void) {
  int number = -1;
  FILE *file = fopen("/proc/sys/kernel/pty/nr", "r");
  CHECK(file && fscanf(file, "%d", &number) == 1);
  fclose(file);
  return number;
}

// Who hangs a terminal up, which the machine's root may, leaves it as it was when it was new.
static void again(void) {
  open_pair();
  char name[32];
  pty_name(master, name);
  MODES(t.c_lflag &= ~ECHO; t.c_cc[VINTR] = 'i');
  type("typed\n");
  arrive(slave, 6);
  if (ioctl(slave, TIOCVHANGUP)) {
    EQ(errno, EPERM);
  } else {
    char c;
    EQ(ready(slave, POLLIN | POLLOUT, 0), POLLIN | POLLOUT | POLLERR | POLLHUP);
    EQ(read(slave, &c, 1), 0);
    FAILS(EIO, write(slave, "x", 1));
    FAILS(EIO, ioctl(slave, FIONREAD, &(int){0}));
    OK(close(slave));
    slave = OK(open(name, O_RDWR | O_NOCTTY | O_NONBLOCK));
    struct termios t;
    OK(tcgetattr(slave, &t));
    EQ(t.c_lflag & ECHO, ECHO);
    EQ(t.c_cc[VINTR], 3);
    EQ(waiting(slave), 0);
    FAILS(EAGAIN, read(slave, &c, 1));
    EQ(write(slave, "shown", 5), 5);
    EXPECT(master, "shown");
  }
  close_pair();
  STEP("hung up");

  // A number that nobody has any more does not count; others may come and go meanwhile.
  int before = count(), tries = 0;
  for (int i = 0; i < 3; i++) {
    open_pair();
    close_pair();
    open_pair();
    OK(close(master));
    OK(close(slave));
    OK(close(OK(open("/dev/ptmx", O_RDWR | O_NOCTTY))));
  }
  while (tries < 1000 && count() > before) {
    pause_ms(1);
    tries++;
  }
  CHECK(tries < 1000);
  // Who makes one owns it: the user for files.
  if (!geteuid() && !setresuid(0, 1000, 0)) {
    open_pair();
    OK(setresuid(0, 0, 0));
    struct stat status;
    OK(fstat(slave, &status));
    EQ(status.st_uid, 1000);
  } else {
    open_pair();
  }
  int soft = -1;
  OK(ioctl(slave, TIOCSSOFTCAR, &(int){1}));
  OK(ioctl(slave, TIOCGSOFTCAR, &soft));
  EQ(soft, 1);
  OK(ioctl(slave, TIOCSSOFTCAR, &(int){0}));
  OK(ioctl(slave, TIOCGSOFTCAR, &soft));
  EQ(soft, 0);
  struct termios t;
  OK(tcgetattr(slave, &t));
  EQ(t.c_cflag & CLOCAL, 0);
  close_pair();
  STEP("made and gone");
}

int main(void) {
  alarm(60);
  memset(many, 'm', sizeof many);
  PART(columns());
  PART(minimums());
  PART(reads());
  PART(flushes());
  PART(wakings());
  PART(used());
  PART(peers());
  PART(again());
  return 0;
}

// Every wait by everything that ends it: what the call answers that waited, and what poll and an edge-triggered set say that waited for
// the same.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include "pty.h"
#include "sock.h"
#include <linux/futex.h>
#include <mqueue.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static const struct table expected[] = {
  {"pipe to read",
   "2 0 2 0 1 16 1 16 11 11"},
  {"pipe to write",
   "1 1 PIPE 4 4 8 4 4 8"},
  {"FIFO to read",
   "0 0"},
  {"FIFO to write",
   "0 0"},
  {"stream",
   "2 5 0 0 0 0 0 2 5 0 0 0 0 0 1 1 8193 8209 8209 8193 8209 5 5 8197 8213 8213 8197 8213 11 11 11 11 11 11 11"},
  {"stream, all",
   "5 0 0 0"},
  {"full stream",
   "1 PIPE * PIPE"},
  {"full stream, polled",
   "4 4"},
  {"packet",
   "2 0 0 0 1 8193 8209 8193 5 8197 8213 8197"},
  {"full packet",
   "1 PIPE CONNRESET PIPE"},
  {"datagram",
   "2 0 1 8193 5 8197"},
  {"full datagram",
   "1 CONNREFUSED"},
  {"unix listener",
   "0 INVAL 1 8193 1 8193 11 11"},
  {"backlog",
   "0 CONNREFUSED"},
  {"TCP",
   "2 5 0 0 CONNRESET 0 0 1 1 8193 8193 8217 8193 8209 5 5 8197 8197 8221 8197 8213 11 11 11 11 11 11 11"},
  {"TCP, urgent",
   "6 2 12"},
  {"stream, urgent",
   "7 2 23"},
  {"TCP, all",
   "5 0 0 CONNRESET 0"},
  {"full TCP",
   "1 CONNRESET CONNRESET PIPE"},
  {"full TCP, polled",
   "4 4"},
  {"TCP listener",
   "0 INVAL 1 20 1 20"},
  {"UDP",
   "2 CONNREFUSED 0 1 8 8193 5 12 8197"},
  {"counter",
   "8 1 5 11"},
  {"full counter",
   "8"},
  {"timer",
   "8 1 1 11"},
  {"signals",
   "128 1"},
  {"watch",
   "1 1 11"},
  {"queue",
   "3 1 1 11"},
  {"full queue",
   "0 4"},
  // What is written comes by bytes, and a terminal is gone for one before the other.
  {"slave",
   "2 * 1 * 5 * 11 11"},
  {"master",
   "* IO 1 16 5 20 11 11"},
  {"lock",
   "0 0 0"},
  {"range",
   "0 0"},
  {"word",
   "0"},
  {"bit",
   "0"},
  {"child",
   "15 4991"},
  {"pidfd",
   "2015 1 11"},
  {"work",
   "0 0"},
  {"signal",
   "1200"},
  {NULL, NULL}};

static int fd, other, third;
static pid_t child;
static char bytes[1 << 20];
static int word;

// MARK: What is waited for

static void pipe_to_read(void) {
  int p[2];
  OK(pipe(p));
  fd = p[0], other = p[1];
}
static void pipe_to_write(void) {
  int p[2];
  OK(pipe(p));
  fd = p[1], other = p[0];
  EQ(write(fd, bytes, 65536), 65536);
}
static void pair_of(int type) {
  int s[2];
  OK(socketpair(AF_UNIX, type, 0, s));
  fd = s[0], other = s[1];
}
static void stream(void) { pair_of(SOCK_STREAM); }
static void packet(void) { pair_of(SOCK_SEQPACKET); }
static void datagram(void) { pair_of(SOCK_DGRAM); }
static void fill(void) {
  OK(fcntl(fd, F_SETFL, O_NONBLOCK));
  while (send(fd, bytes, 1000, 0) > 0) {}
  EQ(errno, EAGAIN);
  while (send(fd, bytes, 1, 0) > 0) {}
  OK(fcntl(fd, F_SETFL, 0));
}
static void full_stream(void) { stream(), fill(); }
static void full_packet(void) { packet(), fill(); }
static void full_datagram(void) { datagram(), fill(); }
static void tcp(void) {
  int s[2];
  tcp_pair(s);
  fd = s[0], other = s[1];
}
static void full_tcp(void) {
  tcp();
  OK(fcntl(fd, F_SETFL, O_NONBLOCK));
  // Both ends' buffers, and what is on its way between them.
  for (int quiet = 0; quiet < 4; quiet++) {
    while (send(fd, bytes, sizeof bytes, 0) > 0) quiet = 0;
    pause_ms(3);
  }
  OK(fcntl(fd, F_SETFL, 0));
}
static struct sockaddr_in address;
static void udp(void) {
  fd = OK(socket(AF_INET, SOCK_DGRAM, 0)), other = OK(socket(AF_INET, SOCK_DGRAM, 0));
  address = in4("127.0.0.1", 0);
  OK(bind(fd, SA(address)));
  OK(bind(other, SA(address)));
  struct sockaddr_in theirs = in4("127.0.0.1", port_of(other)), ours = in4("127.0.0.1", port_of(fd));
  OK(connect(fd, SA(theirs)));
  OK(connect(other, SA(ours)));
}
static void tcp_listening(void) {
  int port;
  fd = tcp_listener(&port);
  address = in4("127.0.0.1", port);
}
static char name[64];
static void unix_listening(void) {
  static int number;
  fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  snprintf(name, sizeof name, "@wait.%d.%d", getpid(), number++);
  OK(unix_bind(fd, name));
  OK(listen(fd, 0));
}
static void backlog(void) {
  unix_listening();
  other = fd;
  third = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_connect(third, name));
  fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
}
static void counter(void) { fd = OK(eventfd(0, 0)); }
static void full_counter(void) {
  fd = OK(eventfd(0, 0));
  EQ(write(fd, &(uint64_t){-2}, 8), 8);
}
static void timer(void) { fd = OK(timerfd_create(CLOCK_MONOTONIC, 0)); }
static sigset_t usr;
static void signals(void) { fd = OK(signalfd(-1, &usr, 0)); }
static void watch(void) {
  fd = OK(inotify_init1(0));
  OK(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE));
}
static void terminal_slave(void) { open_pair(), fd = slave, other = master; }
static void terminal_master(void) { open_pair(), fd = master, other = slave; }
static void queue(void) {
  snprintf(name, sizeof name, "/wait.%d", getpid());
  fd = OK(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &(struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = 8}));
  OK(mq_unlink(name));
}
static void full_queue(void) { queue(), OK(mq_send(fd, "full", 4, 0)); }
static void locked(void) {
  fd = OK(open("lock", O_CREAT | O_RDWR, 0600)), other = OK(open("lock", O_RDWR));
  OK(flock(other, LOCK_EX));
}
static void range_locked(void) {
  fd = OK(open("lock", O_CREAT | O_RDWR, 0600)), other = OK(open("lock", O_RDWR));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
  OK(fcntl(other, F_OFD_SETLK, &lock));
}
static void a_child(void) {
  child = OK(fork());
  if (!child) {
    for (;;) pause();
  }
  fd = OK(syscall(SYS_pidfd_open, child, 0));
}
static void a_word(void) { word = 0; }
static void fifo(void) {
  unlink("fifo");
  OK(mkfifo("fifo", 0600));
}

// MARK: How

static long reads(void) { return read(fd, bytes, 200); }
static long writes(void) { return write(fd, bytes, 1); }
static long counts(void) { return write(fd, &(uint64_t){1}, 8); }
static long receives(void) { return recv(fd, bytes, 5, MSG_WAITALL); }
static long receives_some(void) { return recv(fd, bytes, 5, 0); }
static long sends(void) { return send(fd, bytes, 1, MSG_NOSIGNAL); }
static long accepts(void) {
  int s = accept(fd, NULL, NULL);
  return s < 0 ? -1 : close(s);
}
static long connects(void) { return unix_connect(fd, name); }
static long takes(void) { return mq_receive(fd, bytes, 100, NULL); }
static long puts_one(void) { return mq_send(fd, "x", 1, 0); }
static long locks(void) { return flock(fd, LOCK_EX); }
static long locks_range(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
  return fcntl(fd, F_OFD_SETLKW, &lock);
}
static long waits_for_child(void) {
  int status = -1;
  long pid = waitpid(child, &status, WUNTRACED | WCONTINUED);
  return pid == child ? status : pid;
}
static long waits_for_end(void) {
  siginfo_t info;
  long r = waitid(P_PIDFD, fd, &info, WEXITED | WNOWAIT);
  return r ? r : info.si_code * 1000 + info.si_status;
}
static long waits_for_word(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long waits_for_bit(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 2); }
static long waits_for_signal(void) {
  siginfo_t info;
  long r = sigwaitinfo(&usr, &info);
  return r < 0 ? r : r * 100 - info.si_code;
}
static long opens_to_read(void) { return close(OK(open("fifo", O_RDONLY))); }
static long opens_to_write(void) { return close(OK(open("fifo", O_WRONLY))); }
static long sleeps_for_work(void) {
  return syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &(struct timespec){0, 30000000}, NULL);
}
static long sleeps_until_work(void) {
  int64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + 30000000;
  return syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &(struct timespec){end / 1000000000, end % 1000000000}, NULL);
}
static long copies_out(void) { return splice(fd, NULL, third, NULL, 100, 0); }
static long polls(void) {
  struct pollfd look = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
  return poll(&look, 1, -1) == 1 ? look.revents : -1;
}
static long polls_input(void) {
  struct pollfd look = {fd, POLLIN | POLLRDHUP, 0};
  return poll(&look, 1, -1) == 1 ? look.revents : -1;
}
static int set;
static long waits_for_set(void) {
  struct epoll_event event;
  return epoll_wait(set, &event, 1, -1) == 1 ? (long)event.events : -1;
}
static long waits_for_urgent(void) {
  struct epoll_event event = {.events = EPOLLPRI | EPOLLET};
  OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
  return epoll_wait(set, &event, 1, -1) == 1 ? (long)event.events : -1;
}
static long selects(void) {
  fd_set in, out, special;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&special);
  FD_SET(fd, &in);
  FD_SET(fd, &special);
  return select(fd + 1, &in, &out, &special, NULL) * 10 + FD_ISSET(fd, &in) + FD_ISSET(fd, &special) * 2;
}

// MARK: What happens

static void put_one(void) { EQ(write(other, "a\n", 2), 2); }
static void put_five(void) { EQ(write(other, "abcde", 5), 5); }
static void close_other(void) { OK(close(other)), other = -1; }
static void drain(void) {
  OK(fcntl(other, F_SETFL, O_NONBLOCK));
  while (read(other, bytes, sizeof bytes) > 0) {}
}
static void read_page(void) { EQ(read(other, bytes, 4096), 4096); }
static void shut_their_writing(void) { OK(shutdown(other, SHUT_WR)); }
static void shut_their_reading(void) { OK(shutdown(other, SHUT_RD)); }
static void shut_theirs(void) { OK(shutdown(other, SHUT_RDWR)); }
static void shut_reading(void) { OK(shutdown(fd, SHUT_RD)); }
static void shut_writing(void) { OK(shutdown(fd, SHUT_WR)); }
static void shut_own(void) { OK(shutdown(fd, SHUT_RDWR)); }
static void reset(void) {
  OK(setsockopt(other, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)));
  close_other();
}
static void urgent(void) { EQ(send(other, "u", 1, MSG_OOB), 1); }
static void refuse(void) {
  close_other();
  EQ(send(fd, "x", 1, 0), 1);
}
static void connect_tcp(void) {
  other = OK(socket(AF_INET, SOCK_STREAM, 0));
  OK(connect(other, SA(address)));
}
static void connect_unix(void) {
  other = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_connect(other, name));
}
static void accept_one(void) { OK(close(OK(accept(other, NULL, NULL)))); }
static void count(void) { EQ(write(fd, &(uint64_t){7}, 8), 8); }
static void take_count(void) { EQ(read(fd, &(uint64_t){0}, 8), 8); }
static void burn(void) {
  // Work between the calls: in a deterministic run time passes by both.
  for (int64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + 60000000; now_ns(CLOCK_PROCESS_CPUTIME_ID) < end;)
    for (volatile int i = 0; i < 100000; i++) continue;
}
static void expire(void) { OK(timerfd_settime(fd, 0, &(struct itimerspec){{0, 0}, {0, 1}}, NULL)); }
static void post_signal(void) { OK(kill(getpid(), SIGUSR2)); }
static void make_file(void) { OK(close(OK(open("made", O_CREAT | O_RDWR, 0600)))); }
static void send_message(void) { OK(mq_send(fd, "abc", 3, 1)); }
static void take_message(void) { EQ(mq_receive(fd, bytes, 100, NULL), 4); }
static void unlock(void) { OK(flock(other, LOCK_UN)); }
static void share(void) { OK(flock(other, LOCK_UN)), OK(close(other)), other = -1; }
static void unlock_range(void) {
  struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
  OK(fcntl(other, F_OFD_SETLK, &lock));
}
static void kill_child(void) { OK(kill(child, SIGTERM)); }
static void stop_child(void) { OK(kill(child, SIGSTOP)); }
static void wake(void) { EQ(syscall(SYS_futex, &word, FUTEX_WAKE, 9, NULL, NULL, 0), 1); }
static void wake_bit(void) {
  EQ(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 5), 0);
  EQ(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 6), 1);
}
static void open_to_write(void) { other = OK(open("fifo", O_WRONLY)); }
static void open_to_read(void) { other = OK(open("fifo", O_RDONLY)); }
static void open_both(void) { other = OK(open("fifo", O_RDWR)); }

// MARK: Trying

static volatile pid_t waiter;
static struct { long (*how)(void); long result; int error; } try;
static void *waiting(void *unused) {
  waiter = syscall(SYS_gettid);
  errno = 0;
  try.result = try.how();
  try.error = errno;
  return unused;
}

// Until the thread sleeps in its call.
static void until_it_waits(void) {
  char path[64], text[512];
  while (!waiter) pause_ms(1);
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", waiter);
  for (int asleep = 0; asleep < 2;) {
    int stat = open(path, O_RDONLY);
    if (stat < 0) return;
    text[OK(read(stat, text, sizeof text - 1))] = 0;
    OK(close(stat));
    asleep = strrchr(text, ')')[2] == 'S' ? asleep + 1 : 0;
    pause_ms(1);
  }
}

static void nothing(int number) { (void)number; }

static void attempt(const char *label, void (*setup)(void), long (*how)(void), void (*event)(void)) {
  // Some events do not end some waits.
  int asked = getenv("GUEST_TABLE") != NULL;
  if (!asked && is_word(word_of(expected, row.count), "-")) {
    answer(label, "-");
    return;
  }
  fd = other = third = -1, child = 0, waiter = 0;
  setup();
  if (how == copies_out) third = OK(open("/dev/null", O_WRONLY));
  set = OK(epoll_create1(0));
  if (how == waits_for_set) {
    struct epoll_event seen = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &seen));
    while (epoll_wait(set, &seen, 1, 0) > 0) {}
  }
  try.how = how;
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, waiting, NULL), 0);
  until_it_waits();
  event();
  struct timespec soon;
  OK(clock_gettime(CLOCK_REALTIME, &soon));
  soon.tv_sec++;
  int goes_on = asked && pthread_timedjoin_np(thread, NULL, &soon);
  if (goes_on) pthread_kill(thread, SIGUSR1);
  if (!asked || goes_on) EQ(pthread_join(thread, NULL), 0);
  if (goes_on) answer(label, "-");
  else if (try.result == -1) answer(label, "%s", strerrorname_np(try.error) + 1);
  else answer(label, "%ld", try.result);
  if (child) kill(child, SIGKILL), waitpid(child, NULL, 0);
  if (fd >= 0) close(fd);
  if (other >= 0) close(other);
  if (third >= 0) close(third);
  OK(close(set));
  unlink("made"), unlink("lock"), unlink("fifo");
  sigtimedwait(&usr, NULL, &(struct timespec){0, 0});
}

typedef void (*event_of)(void);
typedef long (*way_of)(void);
static void row_with(const char *title, void (*setup)(void), way_of *ways, event_of *events) {
  begin_row(title);
  for (way_of *way = ways; *way; way++)
    for (event_of *event = events; *event; event++) attempt(title, setup, *way, *event);
  END_ROW(expected);
}
#define WAYS(...) (way_of[]){__VA_ARGS__, NULL}
#define EVENTS(...) (event_of[]){__VA_ARGS__, NULL}

int main(void) {
  enter_scratch();
  signal(SIGPIPE, SIG_IGN);
  OK(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, NULL));
  sigemptyset(&usr);
  sigaddset(&usr, SIGUSR2);
  OK(sigprocmask(SIG_BLOCK, &usr, NULL));
  row_with("pipe to read", pipe_to_read, WAYS(reads, copies_out, polls, waits_for_set, selects), EVENTS(put_one, close_other));
  row_with("pipe to write", pipe_to_write, WAYS(writes, polls, waits_for_set), EVENTS(read_page, drain, close_other));
  row_with("FIFO to read", fifo, WAYS(opens_to_read), EVENTS(open_to_write, open_both));
  row_with("FIFO to write", fifo, WAYS(opens_to_write), EVENTS(open_to_read, open_both));
  STEP("pipes");
  row_with("stream", stream, WAYS(receives_some, reads, polls_input, waits_for_set, selects),
           EVENTS(put_one, put_five, shut_their_writing, shut_theirs, close_other, shut_reading, shut_own));
  row_with("stream, all", stream, WAYS(receives), EVENTS(put_five, shut_their_writing, close_other, shut_reading));
  row_with("full stream", full_stream, WAYS(sends), EVENTS(drain, shut_their_reading, close_other, shut_writing));
  row_with("full stream, polled", full_stream, WAYS(polls, waits_for_set), EVENTS(drain));
  row_with("packet", packet, WAYS(receives, polls_input, waits_for_set), EVENTS(put_one, shut_their_writing, close_other, shut_reading));
  row_with("full packet", full_packet, WAYS(sends), EVENTS(drain, shut_their_reading, close_other, shut_writing));
  row_with("datagram", datagram, WAYS(receives, polls_input, waits_for_set), EVENTS(put_one, shut_reading));
  row_with("full datagram", full_datagram, WAYS(sends), EVENTS(drain, close_other));
  row_with("unix listener", unix_listening, WAYS(accepts, polls, waits_for_set, selects), EVENTS(connect_unix, shut_reading));
  row_with("backlog", backlog, WAYS(connects), EVENTS(accept_one, close_other));
  STEP("unix sockets");
  row_with("TCP", tcp, WAYS(receives_some, polls_input, waits_for_set, selects),
           EVENTS(put_one, put_five, shut_their_writing, close_other, reset, shut_reading, shut_own));
  row_with("TCP, urgent", tcp, WAYS(waits_for_set, waits_for_urgent, selects), EVENTS(urgent));
  row_with("stream, urgent", stream, WAYS(waits_for_set, waits_for_urgent, selects), EVENTS(urgent));
  row_with("TCP, all", tcp, WAYS(receives), EVENTS(put_five, shut_their_writing, close_other, reset, shut_reading));
  row_with("full TCP", full_tcp, WAYS(sends), EVENTS(drain, close_other, reset, shut_writing));
  row_with("full TCP, polled", full_tcp, WAYS(polls, waits_for_set), EVENTS(drain));
  row_with("TCP listener", tcp_listening, WAYS(accepts, polls, waits_for_set), EVENTS(connect_tcp, shut_reading));
  row_with("UDP", udp, WAYS(receives, polls_input, waits_for_set), EVENTS(put_one, refuse, shut_reading));
  STEP("internet sockets");
  row_with("counter", counter, WAYS(reads, polls_input, waits_for_set, selects), EVENTS(count));
  row_with("full counter", full_counter, WAYS(counts), EVENTS(take_count));
  row_with("timer", timer, WAYS(reads, polls, waits_for_set, selects), EVENTS(expire));
  row_with("signals", signals, WAYS(reads, polls), EVENTS(post_signal));
  row_with("watch", watch, WAYS(polls, waits_for_set, selects), EVENTS(make_file));
  row_with("queue", queue, WAYS(takes, polls_input, waits_for_set, selects), EVENTS(send_message));
  row_with("full queue", full_queue, WAYS(puts_one, waits_for_set), EVENTS(take_message));
  STEP("files without names");
  row_with("slave", terminal_slave, WAYS(reads, polls_input, waits_for_set, selects), EVENTS(put_one, close_other));
  row_with("master", terminal_master, WAYS(reads, polls_input, waits_for_set, selects), EVENTS(put_one, close_other));
  STEP("terminals");
  row_with("lock", locked, WAYS(locks), EVENTS(unlock, share, close_other));
  row_with("range", range_locked, WAYS(locks_range), EVENTS(unlock_range, close_other));
  row_with("word", a_word, WAYS(waits_for_word), EVENTS(wake));
  row_with("bit", a_word, WAYS(waits_for_bit), EVENTS(wake_bit));
  row_with("child", a_child, WAYS(waits_for_child), EVENTS(kill_child, stop_child));
  row_with("pidfd", a_child, WAYS(waits_for_end, polls, selects), EVENTS(kill_child));
  row_with("work", a_word, WAYS(sleeps_for_work, sleeps_until_work), EVENTS(burn));
  row_with("signal", a_word, WAYS(waits_for_signal), EVENTS(post_signal));
  STEP("locks, processes and signals");
  return 0;
}

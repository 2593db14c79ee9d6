// BUILD: -lrt
// Which blocked calls go on after a handler with SA_RESTART, and which end with EINTR all the same (signal(7)): sockets, locks, queues,
// FIFOs, children, descriptors of every kind, and what moves bytes inside the kernel.
// QEMU: qemu-user 7.2 lacks io_setup.
#include "interrupt.h"
#include "pty.h"
#include "sock.h"
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static const struct timespec eon = {100000000, 0};
static char bytes[70000];
static int empty[2], full[2], spare[2], file, sink;
static void feed(void) { EQ(write(empty[1], "fed", 3), 3); }
static void drain(void) { CHECK(read(full[0], bytes, 65536) > 0); }

static int stream[2], crammed[2], datagram[2], stuffed[2], timed[2], listener, timed_listener, busy, tcp, tcp_port, udp, udp_port;
static long do_recv(void) { return recv(stream[0], bytes, 8, 0); }
static long do_recvmsg(void) {
  struct iovec v = {bytes, 8};
  return recvmsg(datagram[0], &(struct msghdr){.msg_iov = &v, .msg_iovlen = 1}, 0);
}
static long do_recvmmsg(void) {
  struct iovec v = {bytes, 8};
  return recvmmsg(datagram[0], &(struct mmsghdr){.msg_hdr = {.msg_iov = &v, .msg_iovlen = 1}}, 1, 0, NULL);
}
static long do_recvfrom(void) { return recvfrom(udp, bytes, 8, 0, NULL, NULL); }
static long do_send(void) { return send(crammed[1], bytes, 1, 0); }
static long do_send_record(void) { return send(stuffed[1], bytes, 1, 0); }
static long do_accept(void) { return accept(listener, NULL, NULL) < 0 ? -1 : 0; }
static long do_accept_tcp(void) { return accept(tcp, NULL, NULL) < 0 ? -1 : 0; }
static long do_connect(void) {
  int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  long r = unix_connect(s, "busy");
  int error = errno;
  OK(close(s));
  errno = error;
  return r;
}
static void send_stream(void) { EQ(send(stream[1], "abc", 3, 0), 3); }
static void send_datagram(void) { EQ(send(datagram[1], "abc", 3, 0), 3); }
static void send_udp(void) {
  int s = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in to = in4("127.0.0.1", udp_port);
  EQ(sendto(s, "abc", 3, 0, SA(to)), 3);
  OK(close(s));
}
// All of it: a sender that waits goes on when half of its buffer is free.
static void empty_stream(void) {
  while (recv(crammed[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}
static void take_records(void) {
  while (recv(stuffed[0], bytes, 8, MSG_DONTWAIT) == 1) continue;
}
static void connect_unix(void) { OK(unix_connect(OK(socket(AF_UNIX, SOCK_STREAM, 0)), "listening")); }
static void connect_tcp(void) {
  struct sockaddr_in to = in4("127.0.0.1", tcp_port);
  OK(connect(OK(socket(AF_INET, SOCK_STREAM, 0)), SA(to)));
}
static void accept_busy(void) { OK(accept(busy, NULL, NULL)); }
static long do_timed_recv(void) { return recv(timed[0], bytes, 8, 0); }
static long do_timed_send(void) { return send(timed[0], bytes, 1, 0); }
static long do_timed_accept(void) { return accept(timed_listener, NULL, NULL); }

static int locked[2];
static long do_flock(void) { return flock(locked[1], LOCK_EX); }
static long do_lock(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 10};
  return fcntl(locked[1], F_SETLKW, &lock);
}
static long do_lock_file(void) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = 20, .l_len = 10};
  return fcntl(locked[1], F_OFD_SETLKW, &lock);
}
static void let_flock(void) { OK(flock(locked[0], LOCK_UN)); }
static void let_lock(void) {
  struct flock lock = {.l_type = F_UNLCK, .l_start = 0, .l_len = 10};
  OK(fcntl(locked[0], F_OFD_SETLK, &lock));
}
static void let_file(void) {
  struct flock lock = {.l_type = F_UNLCK, .l_start = 20, .l_len = 10};
  OK(fcntl(locked[0], F_OFD_SETLK, &lock));
}

static int going[2][2];
static pid_t children[2];
static long do_wait(void) { return waitpid(children[0], NULL, 0) == children[0] ? 0 : -1; }
static long do_waitid(void) {
  siginfo_t info;
  return waitid(P_PID, children[1], &info, WEXITED);
}
static void end_first(void) { EQ(write(going[0][1], "x", 1), 1); }
static void end_second(void) { EQ(write(going[1][1], "x", 1), 1); }
// A pipe for each: of one, any of the two might take what is for the other.
static pid_t waiting_child(int going[2]) {
  OK(pipe(going));
  pid_t pid = OK(fork());
  if (!pid) {
    char c;
    while (read(going[0], &c, 1) != 1) continue;
    _exit(0);
  }
  return pid;
}

static mqd_t few, many;
static long do_receive(void) { return mq_receive(few, bytes, 16, NULL); }
static long do_put(void) { return mq_send(many, bytes, 1, 0); }
static void put(void) { OK(mq_send(few, bytes, 2, 0)); }
static void get(void) { EQ(mq_receive(many, bytes, 16, NULL), 1); }

static long do_open(void) {
  int fd = open("fifo", O_RDONLY);
  if (fd >= 0) close(fd);
  return fd < 0 ? -1 : 0;
}
static void open_other_end(void) { OK(close(OK(open("fifo", O_WRONLY)))); }

static int event, timer, signals, watch;
static long do_event(void) { return read(event, bytes, 8); }
static long do_timer(void) { return read(timer, bytes, 8); }
static long do_signal(void) { return read(signals, bytes, 128); }
static long do_watch(void) { return read(watch, bytes, 512); }
static long do_terminal(void) { return read(slave, bytes, 8); }
static void count(void) { EQ(write(event, &(uint64_t){3}, 8), 8); }
static void arm(void) { OK(timerfd_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1000}}, NULL)); }
static void signal_it(void) { OK(kill(getpid(), SIGUSR2)); }
static void touch(void) { OK(close(OK(open("touched", O_CREAT | O_WRONLY, 0600)))); }
static void type_line(void) { type("abc\n"); }

static long do_readv(void) { return readv(empty[0], &(struct iovec){bytes, 8}, 1); }
static long do_writev(void) { return writev(full[1], &(struct iovec){bytes, 1}, 1); }
static long do_splice(void) { return splice(empty[0], NULL, sink, NULL, 8, 0); }
static long do_splice_in(void) { return splice(file, &(loff_t){0}, full[1], NULL, 8, 0); }
static long do_tee(void) {
  long r = tee(empty[0], spare[1], 8, 0);
  if (r > 0) CHECK(read(spare[0], bytes, r) == r && read(empty[0], bytes, r) == r);
  return r;
}
static long do_vmsplice(void) { return vmsplice(full[1], &(struct iovec){bytes, 1}, 1, 0); }
static long do_sendfile(void) { return sendfile(full[1], file, &(off_t){0}, 1); }

static uint32_t word;
static long do_bitset(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, -1); }
static long do_timed_bitset(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &eon, NULL, -1); }
static long do_timed_futex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &eon, NULL, 0); }
static void wake(void) {
  while (syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1) pause_ms(1);
}

static int set, queue, packed;
static struct { long type; char text[8]; } message = {1, ""};
static long do_semop(void) { return semop(set, &(struct sembuf){0, -1, 0}, 1); }
static long do_semtimedop(void) { return semtimedop(set, &(struct sembuf){0, -1, 0}, 1, &eon); }
static long do_msgrcv(void) { return msgrcv(queue, &message, 8, 0, 0); }
static long do_msgsnd(void) { return msgsnd(packed, &message, 8, 0); }
static long do_pselect(void) {
  fd_set read;
  FD_ZERO(&read);
  FD_SET(empty[0], &read);
  return pselect(empty[0] + 1, &read, NULL, NULL, &eon, NULL);
}
static int epoll;
static long do_epoll(void) { return epoll_pwait(epoll, &(struct epoll_event){0}, 1, -1, NULL); }
static long do_sigwaitinfo(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 5);
  return sigwaitinfo(&set, NULL);
}
static aio_context_t context;
static long do_getevents(void) {
  struct io_event done;
  return syscall(SYS_io_getevents, context, 1, 1, &done, NULL);
}
static long do_sleep(void) {
  errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &eon, NULL);
  return errno ? -1 : 0;
}

// `then` makes the call succeed, with this result, if it is one that goes on. One without a name ends a group.
static const struct call { const char *name; long (*call)(void); void (*then)(void); long result; } calls[] = {
    {"readv", do_readv, feed, 3}, {"writev", do_writev, drain, 1}, {"splice", do_splice, feed, 3}, {"tee", do_tee, feed, 3},
    {"splice to a pipe", do_splice_in, drain, 8}, {"vmsplice", do_vmsplice, drain, 1}, {"sendfile", do_sendfile, drain, 1},
    {NULL, NULL, NULL, 0},
    {"recv", do_recv, send_stream, 3}, {"recvmsg", do_recvmsg, send_datagram, 3}, {"recvmmsg", do_recvmmsg, send_datagram, 1},
    {"recvfrom", do_recvfrom, send_udp, 3}, {"send", do_send, empty_stream, 1}, {"send of a record", do_send_record, take_records, 1},
    {"accept", do_accept, connect_unix, 0}, {"accept of TCP", do_accept_tcp, connect_tcp, 0}, {"connect", do_connect, accept_busy, 0},
    {NULL, NULL, NULL, 1},
    {"flock", do_flock, let_flock, 0}, {"a record lock", do_lock, let_lock, 0}, {"a file's record lock", do_lock_file, let_file, 0},
    {"waitpid", do_wait, end_first, 0}, {"waitid", do_waitid, end_second, 0}, {"mq_receive", do_receive, put, 2}, {"mq_send", do_put, get, 0},
    {NULL, NULL, NULL, 2},
    {"open of a FIFO", do_open, open_other_end, 0}, {"eventfd", do_event, count, 8}, {"timerfd", do_timer, arm, 8},
    {"signalfd", do_signal, signal_it, 128}, {"inotify", do_watch, touch, 32}, {"a terminal", do_terminal, type_line, 4},
    {"FUTEX_WAIT_BITSET", do_bitset, wake, 0},
    {NULL, NULL, NULL, 3},
    {"FUTEX_WAIT with a time limit", do_timed_futex}, {"FUTEX_WAIT_BITSET with one", do_timed_bitset}, {"semop", do_semop}, {"semtimedop", do_semtimedop}, {"msgrcv", do_msgrcv}, {"msgsnd", do_msgsnd}, {"pselect", do_pselect},
    {"epoll_pwait", do_epoll}, {"sigwaitinfo", do_sigwaitinfo}, {"io_getevents", do_getevents}, {"clock_nanosleep", do_sleep},
    {"recv with a time limit", do_timed_recv}, {"send with a time limit", do_timed_send}, {"accept with one", do_timed_accept},
    {NULL, NULL, NULL, 4},
};

static const char *const groups[] = {"pipes", "sockets", "locks, children and queues", "descriptors", "what never goes on"};

static int unix_listener(const char *name, int backlog) {
  int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_bind(s, name));
  OK(listen(s, backlog));
  return s;
}

static void fill(int fd) {
  OK(fcntl(fd, F_SETFL, O_NONBLOCK));
  for (int size = 4096; size; size /= 4)
    while (write(fd, bytes, size) > 0) continue;
  OK(fcntl(fd, F_SETFL, 0));
}

static void prepare(void) {
  OK(pipe(empty));
  OK(pipe(full));
  OK(pipe(spare));
  file = OK(open("file", O_CREAT | O_RDWR, 0600));
  EQ(write(file, bytes, 4096), 4096);
  sink = OK(open("sink", O_CREAT | O_RDWR, 0600));

  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, crammed));
  fill(crammed[1]);
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram));
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, stuffed));
  OK(fcntl(stuffed[1], F_SETFL, O_NONBLOCK));
  while (send(stuffed[1], bytes, 1, 0) == 1) continue;
  OK(fcntl(stuffed[1], F_SETFL, 0));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, timed));
  OK(setsockopt(timed[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1000, 0}, sizeof(struct timeval)));
  OK(setsockopt(timed[0], SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){1000, 0}, sizeof(struct timeval)));
  fill(timed[0]);
  listener = unix_listener("listening", 5);
  timed_listener = unix_listener("timed", 5);
  OK(setsockopt(timed_listener, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1000, 0}, sizeof(struct timeval)));
  busy = unix_listener("busy", 0);
  OK(unix_connect(OK(socket(AF_UNIX, SOCK_STREAM, 0)), "busy"));
  tcp = tcp_listener(&tcp_port);
  udp = OK(socket(AF_INET, SOCK_DGRAM, 0));
  struct sockaddr_in here = in4("127.0.0.1", 0);
  OK(bind(udp, SA(here)));
  udp_port = port_of(udp);

  for (int i = 0; i < 2; i++) locked[i] = OK(open("locked", O_CREAT | O_RDWR, 0600));
  struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 30};
  OK(flock(locked[0], LOCK_EX));
  OK(fcntl(locked[0], F_OFD_SETLK, &lock));
  for (int i = 0; i < 2; i++) children[i] = waiting_child(going[i]);

  char name[32];
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
  snprintf(name, sizeof name, "/interrupted.%d", getpid());
  few = OK(mq_open(name, O_CREAT | O_RDWR, 0600, &attributes));
  OK(mq_unlink(name));
  many = OK(mq_open(name, O_CREAT | O_RDWR, 0600, &attributes));
  OK(mq_unlink(name));
  OK(mq_send(many, bytes, 1, 0));

  OK(mkfifo("fifo", 0600));
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
  signals = OK(signalfd(-1, &blocked, 0));
  event = OK(eventfd(0, 0));
  timer = OK(timerfd_create(CLOCK_MONOTONIC, 0));
  watch = OK(inotify_init());
  OK(inotify_add_watch(watch, ".", IN_CREATE));
  open_pair();

  set = OK(semget(IPC_PRIVATE, 1, 0600));
  queue = OK(msgget(IPC_PRIVATE, 0600));
  packed = OK(msgget(IPC_PRIVATE, 0600));
  while (!msgsnd(packed, &message, 8, IPC_NOWAIT)) continue;
  epoll = OK(epoll_create1(0));
  OK(epoll_ctl(epoll, EPOLL_CTL_ADD, empty[0], &(struct epoll_event){EPOLLIN, {.u32 = 1}}));
  OK(syscall(SYS_io_setup, 1, &context));
}

int main(void) {
  enter_scratch();
  prepare();
  for (int restarts = 0; restarts < 2; restarts++) {
    handle_interrupts(restarts ? SA_RESTART : 0);
    for (const struct call *c = calls; c < calls + sizeof calls / sizeof *calls; c++) {
      if (!c->name) {
        STEP("%s%s", groups[c->result], restarts ? ", with SA_RESTART" : "");
        continue;
      }
      int goes_on = restarts && c->then;
      struct pest p;
      fill(full[1]);
      start_pest(&p, goes_on ? 3 : 0, c->then);
      errno = 0;
      long r = c->call();
      int error = errno;
      stop_pest(&p);
      if (goes_on ? r != c->result || interrupts < 3 : r != -1 || error != EINTR)
        fail_at(__FILE__, __LINE__, "%s: %ld, errno %d, %d signals", c->name, r, error, interrupts);
    }
  }
  OK(semctl(set, 0, IPC_RMID));
  OK(msgctl(queue, IPC_RMID, NULL));
  OK(msgctl(packed, IPC_RMID, NULL));
  for (const char **name = (const char *[]){"file", "sink", "listening", "timed", "busy", "locked", "fifo", "touched", 0}; *name; name++)
    OK(unlink(*name));
  return 0;
}

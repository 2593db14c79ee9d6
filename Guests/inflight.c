// What descriptors in flight lead to: sockets in sockets ten deep, circles, epoll sets, pending connections, O_PATH, unlinked files, terminals.
#include "sock.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <sys/signalfd.h>

static int send_fd(int s, int fd) {
  char byte = 'f', control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = {0};
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  return sendmsg(s, &m, MSG_NOSIGNAL);
}
static int take_fd(int s) {
  char byte, control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  EQ(recvmsg(s, &m, MSG_DONTWAIT), 1);
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  CHECK(c && c->cmsg_type == SCM_RIGHTS);
  int fd;
  memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return fd;
}
// Sends a descriptor and lets go of it: from now on the socket alone has it.
static void hand_over(int s, int fd) {
  EQ(send_fd(s, fd), 1);
  OK(close(fd));
}
static uint64_t take_count(int fd) {
  uint64_t count = 0;
  EQ(read(fd, &count, sizeof count), sizeof count);
  return count;
}
static void add(int set, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
}
// The one event that is there.
static uint64_t ready(int set) {
  struct epoll_event e[4];
  EQ(epoll_wait(set, e, 4, 0), 1);
  return e[0].data.u64;
}

int main(void) {
  enter_scratch();
  int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, s[2], p[2];

  for (int t = 0; t < 3; t++) {
    int inner = OK(eventfd(7 + t, 0));
    for (int i = 0; i < 10; i++) {
      OK(socketpair(AF_UNIX, types[i % 2 ? t : 0], 0, s));
      hand_over(s[0], inner);
      OK(close(s[0]));
      inner = s[1];
    }
    for (int i = 0; i < 10; i++) {
      int next = take_fd(inner);
      OK(close(inner));
      inner = next;
    }
    EQ(take_count(inner), 7 + t);
    OK(close(inner));
  }
  STEP("ten deep");

  // A socket in its own queue, and two in each other's.
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  EQ(send_fd(s[0], s[1]), 1);
  int self = take_fd(s[1]);
  EQ(send_fd(s[0], self), 1);
  OK(close(self));
  EQ(write(s[0], "x", 1), 1);
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, p));
  EQ(send_fd(p[0], s[1]), 1);
  EQ(send_fd(s[0], p[1]), 1);
  int back = take_fd(p[1]), other = take_fd(back);
  EQ(fcntl(other, F_GETFD), 0);
  OK(close(other));
  OK(close(back));
  for (int i = 0; i < 2; i++) OK(close(s[i])), OK(close(p[i]));
  STEP("circles");

  // An epoll set in a socket that it watches; a chain of sets in sockets, as long as it may be.
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  int set = OK(epoll_create1(0));
  add(set, s[1], EPOLLIN, 11);
  EQ(send_fd(s[0], set), 1);
  EQ(ready(set), 11);
  OK(close(set));
  set = take_fd(s[1]);
  EQ(write(s[0], "y", 1), 1);
  EQ(ready(set), 11);
  OK(close(set));
  int chain[5], event = OK(eventfd(0, 0));
  for (int i = 0; i < 5; i++) {
    chain[i] = OK(epoll_create1(0));
    add(chain[i], i ? chain[i - 1] : event, EPOLLIN, 20 + i);
  }
  EQ(eventfd_write(event, 1), 0);
  hand_over(s[0], chain[4]);
  chain[4] = (read(s[1], &(char){0}, 1), take_fd(s[1]));
  EQ(ready(chain[4]), 24);
  for (int i = 0; i < 5; i++) OK(close(chain[i]));
  OK(close(event));
  OK(close(s[0]));
  OK(close(s[1]));
  STEP("epoll sets");

  // Connections that nobody has accepted, with descriptors in them; the listener in flight itself.
  for (int t = 0; t < 3; t += 2) {
    int listener = OK(socket(AF_UNIX, types[t], 0));
    OK(unix_bind(listener, t ? "@inflight packets" : "listener"));
    OK(listen(listener, 4));
    int client[2];
    for (int i = 0; i < 2; i++) {
      client[i] = OK(socket(AF_UNIX, types[t], 0));
      OK(unix_connect(client[i], t ? "@inflight packets" : "listener"));
      hand_over(client[i], OK(eventfd(30 + i, 0)));
      EQ(send_fd(client[i], listener), 1);
      EQ(send_fd(client[i], client[i]), 1);
    }
    OK(close(client[0]));
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    hand_over(s[0], listener);
    listener = take_fd(s[1]);
    for (int i = 0; i < 2; i++) {
      int c = OK(accept(listener, NULL, NULL));
      int e = take_fd(c);
      EQ(take_count(e), 30 + i);
      OK(close(e));
      e = take_fd(c);
      EQ(int_option(e, SOL_SOCKET, SO_ACCEPTCONN), 1);
      OK(close(e));
      e = take_fd(c);
      EQ(write(e, "z", 1), 1);
      EQ(read(c, &(char){0}, 1), 1);
      OK(close(e));
      OK(close(c));
    }
    OK(close(client[1]));
    OK(close(listener));
    OK(close(s[0]));
    OK(close(s[1]));
    if (!t) OK(unlink("listener"));
  }
  STEP("pending connections");

  // One of each kind, held by nothing but the message.
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  char text[64] = "";
  int file = OK(open("file", O_RDWR | O_CREAT, 0600));
  EQ(write(file, "unlinked", 8), 8);
  OK(flock(file, LOCK_EX));
  hand_over(s[0], file);
  hand_over(s[0], OK(open("file", O_PATH)));
  OK(unlink("file"));
  OK(mkdir("gone", 0700));
  hand_over(s[0], OK(open("gone", O_RDONLY | O_DIRECTORY)));
  hand_over(s[0], OK(open("gone", O_PATH)));
  OK(rmdir("gone"));
  OK(symlink("nowhere", "link"));
  hand_over(s[0], OK(open("link", O_PATH | O_NOFOLLOW)));
  OK(unlink("link"));
  hand_over(s[0], OK(memfd_create("memory", 0)));
  OK(mkfifo("fifo", 0600));
  hand_over(s[0], OK(open("fifo", O_RDWR)));
  hand_over(s[0], OK(open("fifo", O_PATH)));
  OK(unlink("fifo"));
  OK(pipe(p));
  EQ(write(p[1], "piped", 5), 5);
  hand_over(s[0], p[0]);
  OK(close(p[1]));
  hand_over(s[0], OK(timerfd_create(CLOCK_MONOTONIC, 0)));
  sigset_t none;
  sigemptyset(&none);
  hand_over(s[0], OK(signalfd(-1, &none, 0)));
  hand_over(s[0], OK(open("/proc/self/status", O_RDONLY)));
  hand_over(s[0], OK(open("/dev/zero", O_RDONLY)));
  int watch = OK(inotify_init1(0));
  OK(inotify_add_watch(watch, ".", IN_CREATE));
  hand_over(s[0], watch);
  hand_over(s[0], OK(syscall(SYS_pidfd_open, getpid(), 0)));

  struct stat st;
  file = take_fd(s[1]);
  EQ(pread(file, text, sizeof text, 0), 8);
  STREQ(text, "unlinked");
  int path = take_fd(s[1]);
  OK(fstat(path, &st));
  EQ(st.st_nlink, 0);
  EQ(st.st_size, 8);
  OK(close(path));
  OK(close(file));
  for (int i = 0; i < 2; i++) {
    int d = take_fd(s[1]);
    OK(fstat(d, &st));
    CHECK(S_ISDIR(st.st_mode));
    EQ(st.st_nlink, 0);
    FAILS(ENOENT, openat(d, "new", O_CREAT | O_WRONLY, 0600));
    OK(close(d));
  }
  path = take_fd(s[1]);
  EQ(readlinkat(path, "", text, sizeof text), 7);
  OK(close(path));
  file = take_fd(s[1]);
  EQ(write(file, "m", 1), 1);
  OK(close(file));
  int fifo = take_fd(s[1]);
  EQ(write(fifo, "f", 1), 1);
  path = take_fd(s[1]);
  OK(fstat(path, &st));
  CHECK(S_ISFIFO(st.st_mode));
  OK(close(path));
  EQ(read(fifo, text, 9), 1);
  OK(close(fifo));
  int piped = take_fd(s[1]);
  EQ(read(piped, text, 9), 5);
  EQ(read(piped, text, 9), 0);
  OK(close(piped));
  int timer = take_fd(s[1]);
  struct itimerspec soon = {.it_value.tv_nsec = 1};
  OK(timerfd_settime(timer, 0, &soon, NULL));
  EQ(take_count(timer), 1);
  OK(close(timer));
  for (int i = 0; i < 3; i++) {  // the signals, the text, the device
    int fd = take_fd(s[1]);
    if (i) CHECK(read(fd, text, 9) > 0);
    OK(close(fd));
  }
  watch = take_fd(s[1]);
  OK(close(OK(open("new", O_CREAT | O_WRONLY, 0600))));
  OK(unlink("new"));
  struct inotify_event *told = (struct inotify_event *)text;
  CHECK(read(watch, text, sizeof text) > 0);
  EQ(told->mask, IN_CREATE);
  OK(close(watch));
  int process = take_fd(s[1]);
  OK(syscall(SYS_pidfd_send_signal, process, 0, NULL, 0));
  OK(close(process));
  STEP("one of each kind");

  // A terminal that is no more: its name is held by O_PATH, here and in flight, and its inode by a watch.
  watch = OK(inotify_init1(IN_NONBLOCK));
  int old = OK(inotify_add_watch(watch, "/dev/pts", IN_DELETE)), of_slave = 0;
  for (int turn = 0; turn < 2; turn++) {
    int master = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), number = -1, unlock = 0;
    OK(ioctl(master, TIOCGPTN, &number));
    OK(ioctl(master, TIOCSPTLCK, &unlock));
    char name[32];
    sprintf(name, "/dev/pts/%d", number);
    OK(chmod(name, 0640 + turn));
    int held = OK(open(name, O_PATH));
    hand_over(s[0], OK(open(name, O_PATH)));
    int slave = turn ? -1 : (int)OK(open(name, O_RDWR | O_NOCTTY));
    if (!turn) of_slave = OK(inotify_add_watch(watch, name, IN_ATTRIB | IN_DELETE_SELF));
    OK(close(master));
    FAILS(ENOENT, open(name, O_RDWR | O_NOCTTY));
    OK(fstat(held, &st));
    EQ(st.st_mode, S_IFCHR | (0640 + turn));
    EQ(st.st_nlink, 0);
    if (!turn) OK(close(slave));
    hand_over(s[0], held);
  }
  for (int i = 0; i < 4; i++) {
    path = take_fd(s[1]);
    OK(fstat(path, &st));
    EQ(st.st_mode, S_IFCHR | (0640 + i / 2));
    sprintf(text, "/proc/self/fd/%d", path);
    FAILS(EIO, open(text, O_RDWR | O_NOCTTY));
    OK(close(path));
  }
  int deleted = 0, gone = 0;
  char events[4096] __attribute__((aligned(8)));
  for (long n; (n = read(watch, events, sizeof events)) > 0;) {
    for (char *at = events; at < events + n; at += sizeof *told + told->len) {
      told = (struct inotify_event *)at;
      deleted += told->wd == old && told->mask == IN_DELETE;
      gone += told->wd == of_slave && told->mask & (IN_DELETE_SELF | IN_IGNORED);
    }
  }
  CHECK(deleted > 0);  // equal ones in a row are one
  EQ(gone, 2);
  OK(close(watch));
  STEP("terminals that are gone");
  return 0;
}

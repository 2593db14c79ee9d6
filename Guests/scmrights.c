// Descriptors and credentials in flight: SCM_RIGHTS by stream and datagram, truncation, limits, what nobody takes, SCM_CREDENTIALS, SO_PEERCRED.
#include "sock.h"
#include <sys/resource.h>
#include <sys/wait.h>

static long send_fds(int s, const void *bytes, size_t n, const int *fds, int count) {
  static char control[CMSG_SPACE(300 * sizeof(int))] __attribute__((aligned(8)));
  struct iovec v = {(void *)bytes, n};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), fds, count * sizeof(int));
  return sendmsg(s, &m, MSG_NOSIGNAL);
}

static int got[300], got_count, got_flags, got_cred;
static struct ucred cred;
// Receives up to n bytes; control space for `room` bytes.
static long receive(int s, void *bytes, size_t n, size_t room, int flags) {
  static char control[8192] __attribute__((aligned(8)));
  struct iovec v = {bytes, n};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room};
  got_count = got_cred = 0;
  long r = recvmsg(s, &m, flags);
  got_flags = m.msg_flags;
  if (r < 0) return r;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    EQ(c->cmsg_level, SOL_SOCKET);
    if (c->cmsg_type == SCM_RIGHTS) {
      got_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      memcpy(got, CMSG_DATA(c), got_count * sizeof(int));
    } else {
      EQ(c->cmsg_type, SCM_CREDENTIALS);
      EQ(c->cmsg_len, CMSG_LEN(sizeof cred));
      memcpy(&cred, CMSG_DATA(c), sizeof cred);
      got_cred = 1;
    }
  }
  return r;
}
static int same_file(int a, int b) {
  struct stat x, y;
  OK(fstat(a, &x));
  OK(fstat(b, &y));
  return x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}
static void close_got(void) { for (int i = 0; i < got_count; i++) OK(close(got[i])); }
static int is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

int main(void) {
  enter_scratch();
  int s[2], p[2], fds[300];
  char b[64];
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
  OK(pipe(p));
  int file = OK(open("file", O_RDWR | O_CREAT, 0600));
  OK(unlink("file"));
  EQ(write(file, "unlinked", 8), 8);
  fds[0] = file;
  fds[1] = p[1];
  EQ(send_fds(s[0], "two", 3, fds, 2), 3);
  OK(close(p[1]));
  OK(close(file));
  EQ(receive(s[1], b, 9, sizeof b * 2, MSG_CMSG_CLOEXEC), 3);
  EQ(got_count, 2);
  EQ(got_flags, MSG_CMSG_CLOEXEC);
  EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
  EQ(lseek(got[0], 0, SEEK_CUR), 8);
  EQ(pread(got[0], b, 9, 0), 8);
  EQ(memcmp(b, "unlinked", 8), 0);
  EQ(write(got[1], "in flight", 9), 9);
  EQ(read(p[0], b, 20), 9);
  close_got();
  EQ(read(p[0], b, 20), 0);  // the last end for writing is gone
  STEP("files and pipe ends by stream");

  fds[0] = p[0];
  EQ(write(s[0], "before", 6), 6);
  EQ(send_fds(s[0], "with", 4, fds, 1), 4);
  EQ(write(s[0], "after", 5), 5);
  EQ(receive(s[1], b, 64, 64, MSG_PEEK), 10);  // bytes do not go over descriptors
  EQ(got_count, 1);
  CHECK(same_file(got[0], p[0]));
  close_got();
  EQ(receive(s[1], b, 64, 64, 0), 10);
  EQ(got_count, 1);
  close_got();
  EQ(receive(s[1], b, 64, 64, 0), 5);
  EQ(got_count, 0);
  EQ(send_fds(s[0], "split", 5, fds, 1), 5);
  EQ(receive(s[1], b, 2, 64, 0), 2);
  EQ(got_count, 1);
  close_got();
  EQ(receive(s[1], b, 9, 64, 0), 3);
  EQ(got_count, 0);
  STEP("with the bytes they came with");

  fds[0] = fds[1] = fds[2] = p[0];
  EQ(send_fds(s[0], "x", 1, fds, 3), 1);
  EQ(receive(s[1], b, 9, CMSG_SPACE(sizeof(int)), 0), 1);
  EQ(got_flags, MSG_CTRUNC);
  EQ(got_count, 2);  // the space of one holds two
  close_got();
  EQ(send_fds(s[0], "x", 1, fds, 1), 1);
  EQ(receive(s[1], b, 9, 0, 0), 1);
  EQ(got_flags, MSG_CTRUNC);
  EQ(send_fds(s[0], "x", 1, fds, 1), 1);
  EQ(read(s[1], b, 9), 1);  // thrown away
  for (int i = 0; i < 300; i++) fds[i] = p[0];
  EQ(send_fds(s[0], "x", 1, fds, 253), 1);
  FAILS(EINVAL, send_fds(s[0], "x", 1, fds, 254));
  EQ(receive(s[1], b, 9, 4096, 0), 1);
  EQ(got_count, 253);
  close_got();
  fds[1] = 999;
  FAILS(EBADF, send_fds(s[0], "x", 1, fds, 2));
  struct rlimit old, few = {8, 8};
  OK(getrlimit(RLIMIT_NOFILE, &old));
  few.rlim_cur = p[0] > s[1] ? p[0] + 2 : s[1] + 2;
  few.rlim_max = old.rlim_max;
  fds[1] = fds[2] = fds[3] = p[0];
  EQ(send_fds(s[0], "x", 1, fds, 4), 1);
  OK(setrlimit(RLIMIT_NOFILE, &few));
  EQ(receive(s[1], b, 9, 64, 0), 1);
  OK(setrlimit(RLIMIT_NOFILE, &old));
  EQ(got_flags, MSG_CTRUNC);
  CHECK(got_count < 4);
  close_got();
  STEP("truncation and limits");

  int q[2], d[2];
  OK(pipe(q));
  OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, d));
  EQ(send_fds(d[0], "a", 1, &q[1], 1), 1);
  EQ(send_fds(d[0], "", 0, &q[1], 1), 0);
  OK(close(q[1]));
  EQ(receive(d[1], b, 9, 64, 0), 1);
  EQ(got_count, 1);
  close_got();
  OK(close(d[0]));
  OK(close(d[1]));  // with a descriptor in it
  EQ(read(q[0], b, 1), 0);
  OK(close(q[0]));
  // A socket that travels through another one, and one through itself.
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, d));
  EQ(write(d[0], "inside", 6), 6);
  EQ(send_fds(s[0], "s", 1, &d[1], 1), 1);
  OK(close(d[1]));
  EQ(receive(s[1], b, 9, 64, 0), 1);
  expect(got[0], "inside");
  close_got();
  OK(close(d[0]));
  OK(pipe(q));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, d));
  fds[0] = d[1];
  fds[1] = q[1];
  EQ(send_fds(d[0], "c", 1, fds, 2), 1);
  OK(close(q[1]));
  OK(close(d[0]));
  OK(close(d[1]));  // nobody can reach it any more, so it lets go of the pipe
  EQ(read(q[0], b, 1), 0);
  OK(close(q[0]));
  STEP("datagrams, sockets, circles");

  struct ucred c;
  socklen_t n = sizeof c;
  OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n));
  EQ(c.pid, getpid());
  EQ(c.uid, getuid());
  int plain = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  n = sizeof c;
  OK(getsockopt(plain, SOL_SOCKET, SO_PEERCRED, &c, &n));
  EQ(c.pid, 0);
  EQ(c.uid, -1u);
  OK(close(plain));
  EQ(write(s[0], "x", 1), 1);
  set_int(s[1], SOL_SOCKET, SO_PASSCRED, 1);
  EQ(int_option(s[1], SOL_SOCKET, SO_PASSCRED), 1);
  EQ(receive(s[1], b, 9, 64, 0), 1);
  EQ(got_cred, 1);
  EQ(cred.pid, 0);  // nobody wanted to know when it was sent
  EQ(write(s[0], "x", 1), 1);
  EQ(receive(s[1], b, 9, 64, 0), 1);
  EQ(got_cred, 1);
  EQ(cred.pid, getpid());
  EQ(cred.uid, geteuid());
  pid_t child = OK(fork());
  if (!child) {
    EQ(write(s[0], "child", 5), 5);
    _exit(0);
  }
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  EQ(write(s[0], "parent", 6), 6);
  EQ(receive(s[1], b, 64, 64, 0), 5);  // not glued to what another process wrote
  EQ(cred.pid, child);
  EQ(receive(s[1], b, 64, 64, 0), 6);
  EQ(cred.pid, getpid());
  char control[CMSG_SPACE(sizeof c)] __attribute__((aligned(8)));
  struct iovec v = {"y", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *h = CMSG_FIRSTHDR(&m);
  *h = (struct cmsghdr){CMSG_LEN(sizeof c), SOL_SOCKET, SCM_CREDENTIALS};
  c = (struct ucred){getpid(), getuid(), getgid()};
  memcpy(CMSG_DATA(h), &c, sizeof c);
  EQ(sendmsg(s[0], &m, 0), 1);
  EQ(receive(s[1], b, 9, 64, 0), 1);
  EQ(cred.pid, getpid());
  c.pid = 0x3ffffff;
  memcpy(CMSG_DATA(h), &c, sizeof c);
  errno = 0;
  EQ(sendmsg(s[0], &m, 0), -1);
  CHECK(errno == ESRCH || errno == EPERM);
  h->cmsg_len = CMSG_LEN(4);
  FAILS(EINVAL, sendmsg(s[0], &m, 0));
  h->cmsg_len = 3;
  FAILS(EINVAL, sendmsg(s[0], &m, 0));
  *h = (struct cmsghdr){CMSG_LEN(4), SOL_SOCKET, 77};
  FAILS(EINVAL, sendmsg(s[0], &m, 0));
  CHECK(is_open(s[0]));
  STEP("credentials");

  child = OK(fork());
  if (!child) {
    OK(close(s[1]));
    EQ(read(p[0], b, 1), 0);
    int ends[2];
    OK(pipe(ends));
    EQ(send_fds(s[0], "gift", 4, &ends[1], 1), 4);
    EQ(read(ends[0], b, 64), 5);
    EQ(memcmp(b, "taken", 5), 0);
    _exit(7);
  }
  OK(close(s[0]));
  EQ(receive(s[1], b, 64, 128, 0), 4);
  EQ(got_count, 1);
  EQ(write(got[0], "taken", 5), 5);
  close_got();
  EQ(waitpid(child, &status, 0), child);
  EQ(WEXITSTATUS(status), 7);
  STEP("from one process to another");
  return 0;
}

// What stopping a process and having it go on does to signals that wait, and to calls that do: which of them go on, and which end.
#include "futex.h"
#include "sock.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sem.h>

static int is_pending(int signal) {
  sigset_t set;
  OK(sigpending(&set));
  return sigismember(&set, signal);
}

static void of_signals(void) {
  const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
  sigset_t set;
  sigfillset(&set);
  OK(sigprocmask(SIG_SETMASK, &set, NULL));
  for (int i = 0; i < 3; i++) {
    OK(kill(getpid(), stops[i]));
    CHECK(is_pending(stops[i]));
  }
  OK(syscall(SYS_tgkill, getpid(), gettid(), SIGTSTP));
  OK(kill(getpid(), SIGUSR1));
  OK(kill(getpid(), SIGCONT));
  for (int i = 0; i < 3; i++) CHECK(!is_pending(stops[i]));
  CHECK(is_pending(SIGCONT) && is_pending(SIGUSR1));
  for (int i = 0; i < 3; i++) {
    OK(kill(getpid(), SIGCONT));
    CHECK(is_pending(SIGCONT));
    OK(kill(getpid(), stops[i]));
    CHECK(!is_pending(SIGCONT) && is_pending(stops[i]));
  }
  OK(syscall(SYS_tgkill, getpid(), gettid(), SIGCONT));
  for (int i = 0; i < 3; i++) CHECK(!is_pending(stops[i]));
  STEP("signals that wait");
}

static int ends[2], pair[2], locked[2], listener, epoll, set, going[2];
static uint32_t *word;
static char bytes[16];
static void feed(void) { EQ(write(ends[1], "fed", 3), 3); }
static long do_read(void) { return read(ends[0], bytes, 8); }
static long do_poll(void) {
  long r = poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, 100000000);
  if (r == 1) EQ(do_read(), 3);
  return r;
}
static long do_ppoll(void) {
  sigset_t none;
  sigemptyset(&none);
  long r = ppoll(&(struct pollfd){ends[0], POLLIN, 0}, 1, &(struct timespec){100000000, 0}, &none);
  if (r == 1) EQ(do_read(), 3);
  return r;
}
static long do_ppoll_forever(void) {
  long r = ppoll(&(struct pollfd){ends[0], POLLIN, 0}, 1, NULL, NULL);
  if (r == 1) EQ(do_read(), 3);
  return r;
}
static long select_until(struct timeval *limit) {
  fd_set read;
  FD_ZERO(&read);
  FD_SET(ends[0], &read);
  long r = select(ends[0] + 1, &read, NULL, NULL, limit);
  if (r == 1) EQ(do_read(), 3);
  return r;
}
static long do_select(void) { return select_until(&(struct timeval){100000000, 0}); }
static long do_select_forever(void) { return select_until(NULL); }
static long do_pselect(void) {
  fd_set read;
  sigset_t none;
  FD_ZERO(&read);
  FD_SET(ends[0], &read);
  sigemptyset(&none);
  long r = pselect(ends[0] + 1, &read, NULL, NULL, NULL, &none);
  if (r == 1) EQ(do_read(), 3);
  return r;
}
static long do_recv(void) { return recv(pair[0], bytes, 8, 0); }
static void send_it(void) { EQ(send(pair[1], "abc", 3, 0), 3); }
static long do_accept(void) { return accept(listener, NULL, NULL) < 0 ? -1 : 0; }
static void connect_it(void) { OK(unix_connect(OK(socket(AF_UNIX, SOCK_STREAM, 0)), "listening")); }
static long do_lock(void) { return flock(locked[1], LOCK_EX); }
static void unlock(void) { OK(flock(locked[0], LOCK_UN)); }
static long do_futex(void) { return syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long do_timed_futex(void) { return syscall(SYS_futex, word, FUTEX_WAIT, 0, &(struct timespec){100000000, 0}, NULL, 0); }
static void wake(void) {
  while (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1) pause_ms(1);
}
static long do_sleep(void) { return nanosleep(&(struct timespec){0, 60000000}, NULL); }
static void nothing(void) {}
static volatile int handled;
static void handler(int signal) { handled = signal; }
static pid_t child;
static long do_suspend(void) {
  sigset_t none;
  sigemptyset(&none);
  return sigsuspend(&none) == -1 && errno == EINTR && handled == SIGUSR1 ? 0 : -1;
}
static long do_pause(void) { return pause() == -1 && errno == EINTR && handled == SIGUSR1 ? 0 : -1; }
static void signal_it(void) { OK(kill(child, SIGUSR1)); }
static long do_epoll(void) { return epoll_wait(epoll, &(struct epoll_event){0}, 1, -1); }
static long do_semop(void) { return semop(set, &(struct sembuf){0, -1, 0}, 1); }
static long do_sigwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  return sigtimedwait(&set, NULL, &(struct timespec){100000000, 0});
}

static const struct call { const char *name; long (*call)(void); void (*then)(void); long result; } calls[] = {
    {"read", do_read, feed, 3}, {"poll", do_poll, feed, 1}, {"ppoll", do_ppoll, feed, 1}, {"select", do_select, feed, 1},
    {"ppoll without a time limit", do_ppoll_forever, feed, 1}, {"select without a time limit", do_select_forever, feed, 1},
    {"pselect", do_pselect, feed, 1},
    {"recv", do_recv, send_it, 3}, {"accept", do_accept, connect_it, 0}, {"flock", do_lock, unlock, 0}, {"futex", do_futex, wake, 0},
    {"futex with a time limit", do_timed_futex, wake, 0}, {"nanosleep", do_sleep, nothing, 0}, {"sigsuspend", do_suspend, signal_it, 0},
    {"pause", do_pause, signal_it, 0}, {"epoll_wait", do_epoll, NULL, 0}, {"semop", do_semop, NULL, 0}, {"sigtimedwait", do_sigwait, NULL, 0},
};

// Until it sleeps in a call.
static void await_sleep(void) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", child);
  for (;;) {
    int fd = OK(open(path, O_RDONLY));
    text[OK(read(fd, text, sizeof text - 1))] = 0;
    OK(close(fd));
    if (strrchr(text, ')')[2] == 'S' || strrchr(text, ')')[2] == 'Z') return;
    pause_ms(1);
  }
}

// The child's status; it is stopped while it waits in the call.
static int stopped_in(const struct call *c, void (*handle)(int), int flags) {
  int status;
  child = OK(fork());
  if (!child) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    OK(sigaction(SIGCONT, &action, NULL));
    action = (struct sigaction){.sa_handler = handler};
    OK(sigaction(SIGUSR1, &action, NULL));
    EQ(write(going[1], "x", 1), 1);
    errno = 0;
    long r = c->call();
    int error = errno;
    if (handle != SIG_DFL) EQ(handled, SIGCONT);
    // A later signal comes to no call.
    handled = 0;
    EQ(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1), 0);
    EQ(handled, SIGUSR1);
    _exit(c->then && r == c->result ? 7 : r == -1 && error == EINTR ? 8 : 9);
  }
  EQ(OK(read(going[0], bytes, 1)), 1);
  await_sleep();
  OK(kill(child, SIGSTOP));
  EQ(OK(waitpid(child, &status, WUNTRACED)), child);
  CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  OK(kill(child, SIGCONT));
  EQ(OK(waitpid(child, &status, WCONTINUED | WUNTRACED)), child);
  if (WIFCONTINUED(status)) {
    await_sleep();
    if (c->then && (handle == SIG_DFL || flags)) c->then();
    EQ(OK(waitpid(child, &status, 0)), child);
  }
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void of_calls(void) {
  OK(pipe(ends));
  OK(pipe(going));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  listener = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  OK(unix_bind(listener, "listening"));
  OK(listen(listener, 5));
  for (int i = 0; i < 2; i++) locked[i] = OK(open("locked", O_CREAT | O_RDWR, 0600));
  OK(flock(locked[0], LOCK_EX));
  word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(word != MAP_FAILED);
  epoll = OK(epoll_create1(0));
  set = OK(semget(IPC_PRIVATE, 1, 0600));
  for (const struct call *c = calls; c < calls + sizeof calls / sizeof *calls; c++) {
    int status = stopped_in(c, SIG_DFL, 0);
    if (status != (c->then ? 7 : 8)) fail_at(__FILE__, __LINE__, "%s: %d", c->name, status);
  }
  STEP("calls that wait");
  OK(flock(locked[1], LOCK_UN));
  OK(flock(locked[0], LOCK_EX | LOCK_NB));
  for (const struct call *c = calls; c < calls + sizeof calls / sizeof *calls; c++) {
    if (c->call == do_suspend || c->call == do_pause) continue;
    int status = stopped_in(c, handler, 0);
    if (status != 8) fail_at(__FILE__, __LINE__, "%s: %d", c->name, status);
  }
  STEP("with a handler");
  for (const struct call *c = calls; c < calls + sizeof calls / sizeof *calls; c++) {
    if (c->call != do_read && c->call != do_recv && c->call != do_accept && c->call != do_lock && c->call != do_futex) continue;
    int status = stopped_in(c, handler, SA_RESTART);
    if (status != 7) fail_at(__FILE__, __LINE__, "%s: %d", c->name, status);
  }
  STEP("with a handler and SA_RESTART");
  OK(semctl(set, 0, IPC_RMID));
  OK(unlink("listening"));
  OK(unlink("locked"));
}

// A group without anybody to continue it: a terminal's signals do not stop it, and SIGSTOP does.
static void orphaned(void) {
  const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
  for (int i = 0; i < 4; i++) {
    int status;
    pid_t pid = OK(fork());
    if (!pid) {
      OK(setsid());
      for (int j = 0; j < 3; j++) CHECK(signal(stops[j], SIG_DFL) != SIG_ERR);
      if (i == 3) raise(SIGSTOP);
      else raise(stops[i]);
      _exit(7);
    }
    EQ(OK(waitpid(pid, &status, WUNTRACED)), pid);
    EQ(WIFSTOPPED(status) != 0, i == 3);
    if (WIFSTOPPED(status)) {
      EQ(WSTOPSIG(status), stops[i]);
      OK(kill(pid, SIGCONT));
      EQ(OK(waitpid(pid, &status, 0)), pid);
    }
    EQ(status, 7 << 8);
  }
}

int main(void) {
  enter_scratch();
  int status;
  pid_t pid = OK(fork());
  if (!pid) {
    of_signals();
    _exit(ktap.failures != 0);
  }
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  PART(of_calls());
  PART(orphaned());
  STEP("a group that nobody continues");
  return 0;
}

// Controlling terminals: sessions that get, share and lose one; signals from keys; jobs in the background; hangups.
#include "pty.h"
#include <sys/wait.h>

// Every scenario has a session on a fresh pseudoterminal, and somebody who sits before it. They take turns.
static int up[2], down[2];

static void tell(int *ends) { EQ(write(ends[1], "", 1), 1); }
static void wait_for(int *ends) {
  char c;
  while (read(ends[0], &c, 1) != 1) EQ(errno, EINTR);
}
static void session_done(void) { tell(up); }
static void user_done(void) { tell(down); }
static void wait_user(void) { wait_for(down); }
static void wait_session(void) { wait_for(up); }

static void succeeds(pid_t pid) {
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
}

static void signaled(pid_t pid, int signal) {
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFSIGNALED(status));
  EQ(WTERMSIG(status), signal);
}

static void stopped(pid_t pid, int signal) {
  int status;
  EQ(waitpid(pid, &status, WUNTRACED), pid);
  CHECK(WIFSTOPPED(status));
  EQ(WSTOPSIG(status), signal);
}

// Forks the leader of a new session that controls the pair's slave.
static pid_t lead(void) {
  if (up[0]) { close(up[0]); close(up[1]); close(down[0]); close(down[1]); }
  OK(pipe2(up, O_CLOEXEC));
  OK(pipe2(down, O_CLOEXEC));
  open_pair();
  char name[32];
  pty_name(master, name);
  pid_t pid = OK(fork());
  if (pid) return pid;
  alarm(20);
  OK(setsid());
  OK(close(slave));
  OK(close(master));
  slave = OK(open(name, O_RDWR));
  return 0;
}

static void end_session(pid_t leader) {
  succeeds(leader);
  close_pair();
}

static volatile sig_atomic_t caught[65];
static void catch(int signal) { caught[signal]++; }
static void catches(int signal, int flags) {
  struct sigaction action = {.sa_handler = catch, .sa_flags = flags};
  OK(sigaction(signal, &action, NULL));
}
// Waits for a signal that is blocked until then.
static void await(int signal) {
  sigset_t none;
  sigemptyset(&none);
  while (!caught[signal]) sigsuspend(&none);
}
static void block(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  OK(sigprocmask(SIG_BLOCK, &set, NULL));
}

// Nothing blocked, and `signal` as a program finds it.
static void heed(int number) {
  sigset_t none;
  sigemptyset(&none);
  signal(number, SIG_DFL);
  OK(sigprocmask(SIG_SETMASK, &none, NULL));
}

// The terminal's number and foreground group, as /proc has them.
static void proc_stat(int *tty, int *group) {
  FILE *file = fopen("/proc/self/stat", "r");
  CHECK(file);
  EQ(fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %d %d", tty, group), 2);
  fclose(file);
}

static void controlling(void) {
  pid_t leader = lead();
  if (leader == 0) {
    int tty, group;
    proc_stat(&tty, &group);
    int number = 0;
    CHECK(sscanf(ttyname(slave), "/dev/pts/%d", &number) == 1);
    EQ(tty, 136 << 8 | number);
    EQ(group, getpid());
    EQ(tcgetpgrp(slave), getpid());
    EQ(tcgetsid(slave), getpid());
    int fd = OK(open("/dev/tty", O_RDWR));
    EQ(tcgetpgrp(fd), getpid());
    EQ(write(fd, "hello\n", 6), 6);
    STREQ(ttyname(fd), "/dev/tty");
    OK(ioctl(fd, TIOCSCTTY, 0));  // it is so already
    FAILS(EINVAL, tcsetpgrp(slave, -1));
    FAILS(ESRCH, tcsetpgrp(slave, 1 << 21));
    // Another terminal is not taken beside it.
    open_pair();
    FAILS(ENOTTY, tcgetpgrp(slave));
    FAILS(EPERM, ioctl(slave, TIOCSCTTY, 0));
    FAILS(ENOTTY, tcsetpgrp(slave, getpid()));
    FAILS(ENOTTY, ioctl(slave, TIOCNOTTY));
    EQ(tcgetpgrp(master), 0);
    FAILS(ENOTTY, tcgetsid(master));
    close_pair();
    OK(close(fd));
    _exit(0);
  }
  succeeds(leader);
  EXPECT(master, "hello\r\n");
  // The end of the session frees it.
  EQ(tcgetpgrp(master), 0);
  close_pair();
  STEP("a controlling terminal");
}

static void taking(void) {
  pid_t leader = lead();
  if (leader == 0) {
    session_done();
    wait_user();
    _exit(0);
  }
  wait_session();
  EQ(tcgetpgrp(master), leader);
  EQ(tcgetsid(master), leader);
  char name[32];
  pty_name(master, name);
  pid_t other = OK(fork());
  if (other == 0) {
    OK(setsid());
    FAILS(ENXIO, open("/dev/tty", O_RDWR));
    int fd = OK(open(name, O_RDWR));  // somebody else's: opens, and does not become ours
    FAILS(ENOTTY, tcgetpgrp(fd));
    FAILS(EPERM, ioctl(fd, TIOCSCTTY, 0));
    _exit(0);
  }
  succeeds(other);
  other = OK(fork());
  if (other == 0) {
    // Only a leader gets one.
    OK(setsid());
    pid_t child = OK(fork());
    if (child == 0) {
      open_pair();
      FAILS(EPERM, ioctl(slave, TIOCSCTTY, 0));
      FAILS(ENXIO, open("/dev/tty", O_RDWR));
      _exit(0);
    }
    succeeds(child);
    // O_NOCTTY leaves it alone, asking takes it.
    open_pair();
    FAILS(ENXIO, open("/dev/tty", O_RDWR));
    OK(ioctl(slave, TIOCSCTTY, 0));
    OK(close(OK(open("/dev/tty", O_RDWR))));
    // A leader gives it up: the whole session loses it.
    catches(SIGHUP, 0);
    catches(SIGCONT, 0);
    block(SIGHUP);
    OK(ioctl(slave, TIOCNOTTY));
    await(SIGHUP);
    CHECK(caught[SIGCONT]);
    FAILS(ENXIO, open("/dev/tty", O_RDWR));
    EQ(tcgetpgrp(master), 0);
    int peer = OK(ioctl(master, TIOCGPTPEER, O_RDWR));
    EQ(tcgetpgrp(peer), getpid());
    _exit(0);
  }
  succeeds(other);
  user_done();
  end_session(leader);
  STEP("taking and leaving");
}

static void leaving_alone(void) {
  pid_t leader = lead();
  if (leader == 0) {
    pid_t child = OK(fork());
    if (child == 0) {
      OK(ioctl(slave, TIOCNOTTY));
      FAILS(ENXIO, open("/dev/tty", O_RDWR));
      int tty, group;
      proc_stat(&tty, &group);
      EQ(tty, 0);
      EQ(group, -1);
      FAILS(ENOTTY, tcgetpgrp(slave));
      if (OK(fork()) == 0) {
        FAILS(ENXIO, open("/dev/tty", O_RDWR));
        _exit(0);
      }
      int status;
      OK(wait(&status));
      _exit(status ? 1 : 0);
    }
    succeeds(child);
    OK(close(OK(open("/dev/tty", O_RDWR))));
    _exit(0);
  }
  end_session(leader);
  STEP("a process alone leaves");
}

static void keys(void) {
  pid_t leader = lead();
  if (leader == 0) {
    catches(SIGINT, SA_RESTART);
    catches(SIGQUIT, SA_RESTART);
    catches(SIGTSTP, SA_RESTART);
    block(SIGINT);
    block(SIGQUIT);
    block(SIGTSTP);
    pid_t job = OK(fork());
    if (job == 0) {
      OK(setpgid(0, 0));
      heed(SIGINT);
      for (;;) pause();
    }
    setpgid(job, job);
    session_done();
    await(SIGINT);
    session_done();
    await(SIGQUIT);
    session_done();
    await(SIGTSTP);
    session_done();
    wait_user();
    READS(slave, "kept\n");
    // Only the foreground group is meant.
    EQ(waitpid(job, NULL, WNOHANG), 0);
    OK(tcsetpgrp(slave, job));
    session_done();
    signaled(job, SIGINT);
    EQ(caught[SIGINT], 1);
    // Now in the background itself, with nobody who would continue it.
    FAILS(ENOTTY, tcsetpgrp(slave, job));
    signal(SIGTTOU, SIG_IGN);
    FAILS(ESRCH, tcsetpgrp(slave, job));
    OK(tcsetpgrp(slave, getpgrp()));
    _exit(0);
  }
  wait_session();
  type("lost\x03");  // flushed by the signal, echo and all
  wait_session();
  EXPECT(master, "^C");
  type("\x1c");
  EXPECT(master, "^\\");
  wait_session();
  MODES(t.c_lflag |= NOFLSH);
  type("ke\x1apt\n");
  EXPECT(master, "ke^Zpt\r\n");
  wait_session();
  user_done();
  wait_session();
  type("\x03");
  end_session(leader);
  STEP("keys");
}

static void background(void) {
  pid_t leader = lead();
  if (leader == 0) {
    signal(SIGTTOU, SIG_IGN);
    int go[2];
    OK(pipe(go));
    pid_t job = OK(fork());
    if (job == 0) {
      signal(SIGTTOU, SIG_DFL);
      OK(setpgid(0, 0));
      wait_for(go);
      READS(slave, "typed\n");
      wait_for(go);
      struct termios t;
      OK(tcgetattr(slave, &t));
      EQ(write(slave, "out\n", 4), 4);  // allowed without TOSTOP
      t.c_lflag |= TOSTOP;
      OK(tcsetattr(slave, TCSANOW, &t));
      wait_for(go);
      EQ(write(slave, "out\n", 4), 4);
      _exit(0);
    }
    setpgid(job, job);
    tell(go);
    stopped(job, SIGTTIN);
    OK(tcsetpgrp(slave, job));
    OK(kill(-job, SIGCONT));
    session_done();
    wait_user();
    // It has read, or will; then the shell takes the terminal back.
    int n;
    while (OK(ioctl(slave, FIONREAD, &n)), n) pause_ms(1);
    OK(tcsetpgrp(slave, getpgrp()));
    tell(go);
    stopped(job, SIGTTOU);  // as it changes the modes
    OK(tcsetpgrp(slave, job));
    OK(kill(-job, SIGCONT));
    struct termios t;
    while (OK(tcgetattr(slave, &t)), !(t.c_lflag & TOSTOP)) pause_ms(1);
    OK(tcsetpgrp(slave, getpgrp()));
    tell(go);
    stopped(job, SIGTTOU);  // as it writes
    OK(tcsetpgrp(slave, job));
    OK(kill(-job, SIGCONT));
    succeeds(job);
    OK(tcsetpgrp(slave, getpgrp()));
    // Who ignores the stop may write, and may not read.
    job = OK(fork());
    if (job == 0) {
      OK(setpgid(0, 0));
      signal(SIGTTIN, SIG_IGN);
      char c;
      FAILS(EIO, read(slave, &c, 1));
      EQ(write(slave, "on\n", 3), 3);
      OK(tcgetattr(slave, &t));
      t.c_lflag &= ~TOSTOP;
      OK(tcsetattr(slave, TCSANOW, &t));
      _exit(0);
    }
    succeeds(job);
    // Nobody is left to continue an orphaned group, so it is not stopped.
    int ends[2];
    OK(pipe(ends));
    job = OK(fork());
    if (job == 0) {
      OK(setpgid(0, 0));
      if (OK(fork()) == 0) {
        char c;
        EQ(read(down[0], &c, 1), 1);
        FAILS(EIO, read(slave, &c, 1));
        EQ(write(ends[1], "", 1), 1);
      }
      _exit(0);
    }
    succeeds(job);
    user_done();
    char c;
    EQ(read(ends[0], &c, 1), 1);
    _exit(0);
  }
  wait_session();
  type("typed\n");
  EXPECT(master, "typed\r\n");
  user_done();
  EXPECT(master, "out\r\nout\r\non\r\n");
  end_session(leader);
  STEP("the background");
}

static void size(void) {
  pid_t leader = lead();
  if (leader == 0) {
    catches(SIGWINCH, 0);
    block(SIGWINCH);
    session_done();
    await(SIGWINCH);
    struct winsize size;
    OK(ioctl(slave, TIOCGWINSZ, &size));
    EQ(size.ws_col, 100);
    session_done();
    wait_user();
    // The same size again is no news.
    sigset_t pending;
    OK(sigpending(&pending));
    EQ(sigismember(&pending, SIGWINCH), 0);
    _exit(0);
  }
  wait_session();
  struct winsize size = {30, 100, 0, 0};
  OK(ioctl(master, TIOCSWINSZ, &size));
  wait_session();
  OK(ioctl(master, TIOCSWINSZ, &size));
  user_done();
  end_session(leader);
  STEP("window size");
}

static void from_master(void) {
  pid_t leader = lead();
  if (leader == 0) {
    catches(SIGINT, 0);
    block(SIGINT);
    session_done();
    await(SIGINT);
    // Typed by a program, not at the terminal.
    if (ioctl(slave, TIOCSTI, "x") == 0) {
      OK(ioctl(slave, TIOCSTI, "\n"));
      READS(slave, "x\n");
    } else {
      EQ(errno, EIO);
    }
    _exit(0);
  }
  wait_session();
  FAILS(EINVAL, ioctl(master, TIOCSIG, SIGTERM));
  OK(ioctl(master, TIOCSIG, SIGINT));
  end_session(leader);
  STEP("from the master");
}

static void hangup(void) {
  pid_t leader = lead();
  if (leader == 0) {
    catches(SIGHUP, 0);
    catches(SIGCONT, 0);
    block(SIGHUP);
    pid_t job = OK(fork());
    if (job == 0) {
      OK(setpgid(0, 0));
      heed(SIGHUP);
      wait_user();
      // The foreground hears of it when the leader ends.
      for (;;) pause();
    }
    setpgid(job, job);
    OK(tcsetpgrp(slave, job));
    session_done();
    await(SIGHUP);
    CHECK(caught[SIGCONT]);
    char c;
    EQ(read(slave, &c, 1), 0);
    FAILS(EIO, write(slave, "x", 1));
    FAILS(ENXIO, open("/dev/tty", O_RDWR));
    int tty, group;
    proc_stat(&tty, &group);
    EQ(tty, 0);
    EQ(waitpid(job, NULL, WNOHANG), 0);
    user_done();
    EQ(write(up[1], &job, sizeof job), sizeof job);
    _exit(0);
  }
  wait_session();
  OK(close(slave));
  OK(close(master));
  pid_t job;
  EQ(read(up[0], &job, sizeof job), sizeof job);
  succeeds(leader);
  // It has been killed by the SIGHUP of the end, or is about to be.
  while (kill(job, 0) == 0) pause_ms(1);
  STEP("hangup");
}

static void leader_ends(void) {
  pid_t leader = lead();
  if (leader == 0) {
    pid_t job = OK(fork());
    if (job == 0) {
      OK(setpgid(0, 0));
      catches(SIGHUP, 0);
      block(SIGHUP);
      session_done();
      await(SIGHUP);
      // The terminal is nobody's now, and still works.
      EQ(write(slave, "after\n", 6), 6);
      FAILS(ENXIO, open("/dev/tty", O_RDWR));
      _exit(0);
    }
    setpgid(job, job);
    OK(tcsetpgrp(slave, job));
    wait_user();
    _exit(0);
  }
  wait_session();
  user_done();
  succeeds(leader);
  EXPECT(master, "after\r\n");
  close_pair();
  STEP("the leader ends");
}

int main(void) {
  alarm(60);
  PART(controlling());
  PART(taking());
  PART(leaving_alone());
  PART(keys());
  PART(background());
  PART(size());
  PART(from_master());
  PART(hangup());
  PART(leader_ends());
  return 0;
}

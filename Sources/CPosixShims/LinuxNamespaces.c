// A command in namespaces of its own (namespaces(7)): what it does to the system ends with it.
#ifdef __linux__
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void give_up(const char *what) {
  dprintf(2, "godwit: can't isolate the program: %s: %s\n", what, strerror(errno));
  _exit(125);
}

static void must(int result, const char *what) {
  if (result < 0) give_up(what);
}

static int write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t count = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return count < 0 ? -1 : 0;
}

// Users and groups of `process`: all that there usually are, if this one may say so; else this user as root.
static void map_ids(pid_t process) {
  char path[64], own[64];
  const char *kinds[] = {"uid_map", "gid_map"};
  for (int kind = 0; kind < 2; kind++) {
    snprintf(path, sizeof path, "/proc/%d/%s", process, kinds[kind]);
    if (write_text(path, "0 0 65536") == 0) continue;
    snprintf(own, sizeof own, "0 %u 1", kind == 0 ? geteuid() : getegid());
    if (kind == 1) {
      char groups[64];
      snprintf(groups, sizeof groups, "/proc/%d/setgroups", process);
      must(write_text(groups, "deny"), groups);
    }
    must(write_text(path, own), path);
  }
}

static int status_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The process's end is its parent's.
static void end_with_parent(void) { must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl"); }

// The program itself may lie in /tmp: its file is put where it was.
static void cover_tmp(const char *program) {
  bool is_below = strncmp(program, "/tmp/", 5) == 0;
  int file = is_below ? open(program, O_PATH | O_CLOEXEC) : -1;
  must(mount("tmpfs", "/tmp", "tmpfs", MS_NODEV, "mode=1777"), "/tmp");
  if (file < 0) return;
  char path[4096], source[64];
  if (snprintf(path, sizeof path, "%s", program) >= (int)sizeof path) give_up(program);
  for (char *slash = strchr(path + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(path, 0755) != 0 && errno != EEXIST) give_up(path);
    *slash = '/';
  }
  int place = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
  must(place, path);
  close(place);
  snprintf(source, sizeof source, "/proc/self/fd/%d", file);
  must(mount(source, path, NULL, MS_BIND, NULL), path);
  close(file);
}

static void arrange_files(const char *program) {
  must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
  must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "/proc");
  cover_tmp(program);
  // What the system lacks of these, the program does, too.
  mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
            "newinstance,ptmxmode=0666,mode=620") == 0) {
    mount("/dev/pts/ptmx", "/dev/ptmx", NULL, MS_BIND, NULL);
  }
}

static void start_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  must(fd, "the loopback interface");
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  must(ioctl(fd, SIOCSIFFLAGS, &request), "the loopback interface");
  close(fd);
}

// The first process of its namespace: reaps all, and ends with the program.
static _Noreturn void be_first(char *const arguments[]) {
  end_with_parent();
  arrange_files(arguments[0]);
  start_loopback();
  pid_t program = fork();
  must(program, "fork");
  if (program == 0) {
    setsid();
    execvp(arguments[0], arguments);
    dprintf(2, "godwit: %s: %s\n", arguments[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
  }
  for (;;) {
    int status;
    pid_t ended = wait(&status);
    if (ended == program) _exit(status_of(status));
    if (ended < 0 && errno != EINTR) give_up("wait");
  }
}

void godwit_run_isolated(char *const arguments[]) {
  int made[2], mapped[2];
  must(pipe2(made, O_CLOEXEC), "pipe");
  must(pipe2(mapped, O_CLOEXEC), "pipe");
  pid_t child = fork();
  must(child, "fork");
  char byte = 0;
  if (child == 0) {
    end_with_parent();
    must(unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
                 CLONE_NEWUTS),
         "unshare");
    must((int)write(made[1], &byte, 1), "pipe");
    if (read(mapped[0], &byte, 1) != 1) _exit(125);
    must(setresgid(0, 0, 0), "setresgid");
    must(setresuid(0, 0, 0), "setresuid");
    // A change of users takes the wish away.
    end_with_parent();
    pid_t first = fork();
    must(first, "fork");
    if (first == 0) be_first(arguments);
    int status;
    while (waitpid(first, &status, 0) < 0) {
      if (errno != EINTR) give_up("wait");
    }
    _exit(status_of(status));
  }
  close(made[1]);
  if (read(made[0], &byte, 1) == 1) {
    map_ids(child);
    must((int)write(mapped[1], &byte, 1), "pipe");
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) give_up("wait");
  }
  _exit(status_of(status));
}
#endif

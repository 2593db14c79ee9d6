// /proc of a process with threads, a child that waits, a zombie, and files of many kinds: every file can be read to its end, every link and directory too, however they are open just then.
// QEMU: qemu-user leaves the child's /proc to the host.
#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

static int files, depth;

// What it says depends on the kernel; that it comes to an end, and that it says something where it must, does not.
static long read_file(const char *path) {
  static char text[16384];
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return -1;
  long size = 0, n;
  while (size < 1 << 20 && (n = read(fd, text, sizeof text)) > 0) size += n;
  OK(close(fd));
  files++;
  return size;
}

static void walk(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return;
  depth++;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    char below[512], target[4096];
    struct stat status;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    if (lstat(below, &status)) continue;
    if (S_ISDIR(status.st_mode) && depth < 3) walk(below);
    if (S_ISLNK(status.st_mode)) CHECK(readlink(below, target, sizeof target) != 0);
    if (S_ISREG(status.st_mode)) read_file(below);
  }
  depth--;
  OK(closedir(directory));
}

static void *idle(void *fd) {
  char byte;
  EQ(read(*(int *)fd, &byte, 1), 0);
  return NULL;
}

int main(void) {
  int pipes[2], pair[2];
  OK(pipe(pipes));
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  EQ(write(pair[0], "unread", 6), 6);
  int event = OK(eventfd(3, 0)), timer = OK(timerfd_create(CLOCK_MONOTONIC, 0));
  struct itimerspec hour = {{3600, 0}, {3600, 0}};
  OK(timerfd_settime(timer, 0, &hour, NULL));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  OK(signalfd(-1, &set, 0));
  int epoll = OK(epoll_create1(0));
  struct epoll_event wanted = {EPOLLIN, {.u64 = 1}};
  OK(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted));
  OK(inotify_add_watch(OK(inotify_init()), "/tmp", IN_CREATE));

  pid_t child = OK(fork());
  if (child == 0) {
    OK(close(pipes[1]));
    idle(&pipes[0]);
    _exit(0);
  }
  pid_t zombie = OK(fork());
  if (zombie == 0) _exit(7);
  siginfo_t info;
  OK(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
  pthread_t thread;
  EQ(pthread_create(&thread, NULL, idle, &pipes[0]), 0);
  STEP("a process with everything");

  const char *must[] = {"stat", "status", "maps", "statm", "limits", "mounts", "comm"};
  const pid_t pids[] = {getpid(), child, zombie};
  for (int i = 0; i < 3; i++) {
    char path[100];
    snprintf(path, sizeof path, "/proc/%d", pids[i]);
    walk(path);
    for (unsigned n = 0; n < sizeof must / sizeof *must; n++) {
      snprintf(path, sizeof path, "/proc/%d/%s", pids[i], must[n]);
      if (pids[i] != zombie) CHECK(read_file(path) > 0);
    }
  }
  CHECK(files > 60);
  STEP("three processes");
  for (const char **name = (const char *[]){"uptime", "loadavg", "meminfo", "stat", "cpuinfo", "version", "filesystems",
                                            "mounts", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", NULL}; *name; name++) {
    char path[100];
    snprintf(path, sizeof path, "/proc/%s", *name);
    CHECK(read_file(path) > 0);
  }
  walk("/proc/net/");
  STEP("the system");

  OK(close(pipes[1]));
  EQ(pthread_join(thread, NULL), 0);
  EQ(OK(waitpid(child, NULL, 0)), child);
  EQ(OK(waitpid(zombie, NULL, 0)), zombie);
  STEP("done");
}

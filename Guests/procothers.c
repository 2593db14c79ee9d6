// The files in /proc of another user's process, and of one that shows nothing of itself: which may be opened and read,
// and by whom.
#include "check.h"
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define USER 1000
#define OTHER 1001

static char base[64];
static const char *path(const char *name) {
  static char text[128];
  snprintf(text, sizeof text, "%s/%s", base, name);
  return text;
}

static void become(int user) {
  OK(setresgid(user, user, user));
  OK(setresuid(user, user, user));
}

static pid_t sleeper(int user, int shows) {
  int ready[2];
  char c;
  OK(pipe(ready));
  pid_t pid = OK(fork());
  if (!pid) {
    if (user) become(user);
    OK(prctl(PR_SET_DUMPABLE, shows));
    OK(write(ready[1], "x", 1));
    for (;;) pause();
  }
  EQ(OK(read(ready[0], &c, 1)), 1);
  OK(close(ready[0]));
  OK(close(ready[1]));
  snprintf(base, sizeof base, "/proc/%d", pid);
  return pid;
}

static void end(pid_t pid) {
  int status;
  OK(kill(pid, SIGKILL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
}

static void hidden(void) {
  char text[512];
  for (const char **name = (const char *[]){"maps", "smaps", "smaps_rollup", "mem", "environ", "auxv", "fd", "fdinfo",
                                            "personality", "io", 0};
       *name; name++) {
    errno = 0;
    int fd = open(path(*name), O_RDONLY);
    if (fd != -1 || errno != EACCES) fail_at(__FILE__, __LINE__, "%s: %d, errno %d", *name, fd, errno);
  }
  for (const char **name = (const char *[]){"exe", "cwd", "root", "ns/uts", 0}; *name; name++) {
    errno = 0;
    long n = readlink(path(*name), text, sizeof text);
    if (n != -1 || errno != EACCES) fail_at(__FILE__, __LINE__, "%s: %ld, errno %d", *name, n, errno);
    struct stat status;
    FAILS(EACCES, stat(path(*name), &status));
    OK(lstat(path(*name), &status));
  }
  for (const char **name = (const char *[]){"stat", "status", "statm", "cmdline", "comm", "limits", "cgroup", "mounts",
                                            "oom_score", "task", 0};
       *name; name++)
    OK(close(OK(open(path(*name), O_RDONLY))));
  FAILS(EACCES, readlink(path("fd/0"), text, sizeof text));
  // Addresses in stat are hidden.
  int fd = OK(open(path("stat"), O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *field = strrchr(text, ')') + 2;
  int n = 3;
  for (char *word = strtok(field, " "); word; word = strtok(NULL, " "), n++) {
    if (n == 28 || n == 45 || n == 48) STREQ(word, "0");
  }
}

static void shown(void) {
  char text[512];
  for (const char **name = (const char *[]){"maps", "mem", "environ", "auxv", "fd", "fdinfo", "personality", "io", 0};
       *name; name++)
    OK(close(OK(open(path(*name), O_RDONLY))));
  for (const char **name = (const char *[]){"exe", "cwd", "root", "ns/uts", "fd/0", 0}; *name; name++)
    OK(readlink(path(*name), text, sizeof text));
}

static void as_other(void) { become(OTHER); hidden(); }
static void as_user(void) { become(USER); shown(); }
static void as_user_hidden(void) { become(USER); hidden(); }

static void owners(unsigned user, unsigned files) {
  struct stat status;
  OK(stat(base, &status));
  EQ(status.st_uid, user);
  EQ(status.st_gid, user);
  // Directories that all may read are the user's in any case.
  for (const char **name = (const char *[]){"task", "net", 0}; *name; name++) {
    OK(stat(path(*name), &status));
    if (status.st_uid != user || status.st_gid != user) fail_at(__FILE__, __LINE__, "%s: %d", *name, status.st_uid);
  }
  for (const char **name = (const char *[]){"maps", "fd", "ns", "cmdline", "status", "mem", "exe", "cwd", "limits", "comm", 0};
       *name; name++) {
    OK(lstat(path(*name), &status));
    if (status.st_uid != files || status.st_gid != files) fail_at(__FILE__, __LINE__, "%s: %d", *name, status.st_uid);
  }
}

// One's own files are there, whoever they belong to.
static void self(void) {
  become(USER);
  snprintf(base, sizeof base, "/proc/self");
  EQ(prctl(PR_GET_DUMPABLE), 0);
  owners(USER, 0);
  DIR *directory = opendir("/proc/self/fd");
  CHECK(directory);
  closedir(directory);
  OK(close(OK(open("/proc/self/maps", O_RDONLY))));
  char text[256];
  OK(readlink("/proc/self/exe", text, sizeof text));
  FAILS(EACCES, open("/proc/self/environ", O_RDONLY));
}

int main(void) {
  if (geteuid()) return 0;
  pid_t pid = sleeper(USER, 1);
  owners(USER, USER);
  in_child(as_other);
  STEP("another user's");
  in_child(as_user);
  in_child(shown);
  STEP("one's own");
  end(pid);
  pid = sleeper(USER, 0);
  owners(USER, 0);
  in_child(as_user_hidden);
  in_child(shown);
  STEP("of one that shows nothing");
  end(pid);
  pid = sleeper(0, 1);
  in_child(as_user_hidden);
  end(pid);
  STEP("root's");
  in_child(self);
  STEP("self");
  return 0;
}

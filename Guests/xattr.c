// Extended attributes: kept, listed, replaced, removed; which names, which kinds of file, who may; sizes; errors.
#include "check.h"
#include <sys/inotify.h>
#include <sys/wait.h>
#include <sys/xattr.h>

// The names in a list, sorted and joined.
static const char *names(ssize_t n, char *list) {
  static char text[1024];
  char *sorted[16];
  int count = 0;
  for (char *p = list; p < list + n; p += strlen(p) + 1) {
    int place = count++;
    for (; place > 0 && strcmp(sorted[place - 1], p) > 0; place--) sorted[place] = sorted[place - 1];
    sorted[place] = p;
  }
  text[0] = 0;
  for (int i = 0; i < count; i++) {
    if (!strncmp(sorted[i], "security.", 9)) continue;  // whatever the machine's security module adds
    if (text[0]) strcat(text, " ");
    strcat(text, sorted[i]);
  }
  return text;
}

static void basics(void) {
  int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
  char value[64], list[1024];
  FAILS(ENODATA, getxattr("file", "user.a", value, sizeof value));
  FAILS(ENODATA, removexattr("file", "user.a"));
  OK(setxattr("file", "user.b", "two", 3, 0));
  OK(fsetxattr(fd, "user.a", "", 0, 0));
  EQ(getxattr("file", "user.b", value, sizeof value), 3);
  CHECK(!memcmp(value, "two", 3));
  EQ(fgetxattr(fd, "user.a", value, sizeof value), 0);
  EQ(getxattr("file", "user.b", NULL, 0), 3);
  FAILS(ERANGE, getxattr("file", "user.b", value, 2));
  STREQ(names(listxattr("file", list, sizeof list), list), "user.a user.b");
  long whole = flistxattr(fd, NULL, 0);
  CHECK(whole >= 14);
  // Room for all, and no more.
  EQ(listxattr("file", list, whole), whole);
  FAILS(ERANGE, listxattr("file", list, whole - 1));
  EQ(getxattr("file", "user.b", value, 3), 3);
  FAILS(ERANGE, listxattr("file", list, 8));
  // Only new ones, only old ones.
  FAILS(EEXIST, setxattr("file", "user.b", "x", 1, XATTR_CREATE));
  FAILS(ENODATA, setxattr("file", "user.c", "x", 1, XATTR_REPLACE));
  OK(setxattr("file", "user.b", "three", 5, XATTR_REPLACE));
  OK(setxattr("file", "user.c", "x", 1, XATTR_CREATE));
  EQ(getxattr("file", "user.b", value, sizeof value), 5);
  OK(removexattr("file", "user.c"));
  FAILS(ENODATA, getxattr("file", "user.c", value, sizeof value));
  // They belong to the file, not to its name.
  OK(link("file", "other"));
  OK(unlink("file"));
  EQ(getxattr("other", "user.b", value, sizeof value), 5);
  OK(rename("other", "file"));
  STREQ(names(listxattr("file", list, sizeof list), list), "user.a user.b");
  // And change its change time, not its content's.
  struct stat before, after;
  OK(stat("file", &before));
  pause_ms(20);
  OK(fremovexattr(fd, "user.a"));
  OK(stat("file", &after));
  CHECK(after.st_ctim.tv_sec > before.st_ctim.tv_sec || after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
  EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  OK(close(fd));
  STEP("basics");
}

static void which(void) {
  char value[64];
  OK(mkdir("dir", 0700));
  OK(setxattr("dir", "user.d", "1", 1, 0));
  EQ(getxattr("dir", "user.d", value, sizeof value), 1);
  // User attributes are for files and directories; a link is followed or refused.
  OK(symlink("file", "link"));
  EQ(getxattr("link", "user.b", value, sizeof value), 5);
  FAILS(ENODATA, lgetxattr("link", "user.b", value, sizeof value));
  FAILS(EPERM, lsetxattr("link", "user.b", "x", 1, 0));
  OK(mkfifo("fifo", 0600));
  FAILS(EPERM, setxattr("fifo", "user.b", "x", 1, 0));
  FAILS(ENODATA, getxattr("fifo", "user.b", value, sizeof value));
  // Other namespaces.
  FAILS(EOPNOTSUPP, setxattr("file", "nothing.b", "x", 1, 0));
  FAILS(EOPNOTSUPP, getxattr("file", "plain", value, sizeof value));
  FAILS(EINVAL, setxattr("file", "user.", "x", 1, 0));
  FAILS(ENODATA, getxattr("file", "trusted.t", value, sizeof value));
  if (is_host_root()) {
    OK(setxattr("file", "trusted.t", "t", 1, 0));
    OK(lsetxattr("link", "trusted.l", "l", 1, 0));
    EQ(lgetxattr("link", "trusted.l", value, sizeof value), 1);
    pid_t pid = OK(fork());
    if (pid == 0) {
      OK(chown("file", 1000, 1000));
      OK(chown(".", 1000, 1000));
      OK(setresuid(1000, 1000, 1000));
      char list[1024];
      FAILS(ENODATA, getxattr("file", "trusted.t", value, sizeof value));
      FAILS(EPERM, setxattr("file", "trusted.t", "x", 1, 0));
      STREQ(names(listxattr("file", list, sizeof list), list), "user.b");
      OK(setxattr("file", "user.mine", "x", 1, 0));
      OK(chmod("file", 0));
      FAILS(EACCES, getxattr("file", "user.b", value, sizeof value));
      FAILS(EACCES, setxattr("file", "user.b", "x", 1, 0));
      _exit(0);
    }
    int status;
    EQ(waitpid(pid, &status, 0), pid);
    EQ(status, 0);
  }
  int ends[2];
  OK(pipe(ends));
  FAILS(EPERM, fsetxattr(ends[0], "user.b", "x", 1, 0));
  if (geteuid() == 0) FAILS(EOPNOTSUPP, setxattr("/proc/self/status", "user.b", "x", 1, 0));
  FAILS(EOPNOTSUPP, getxattr("/proc/self/status", "user.b", value, sizeof value));
  int path = OK(open("file", O_PATH));
  FAILS(EBADF, fgetxattr(path, "user.b", value, sizeof value));
  OK(unlink("link")), OK(unlink("fifo")), OK(rmdir("dir"));
  STEP("which");
}

// In a sticky directory only its owner keeps attributes; a sticky bit elsewhere is nothing to them. And who may not write, may not.
static void of_others(void) {
  int made = 0;
  OK(mkdir("sticky", 0700)), OK(mkdir("loose", 0700));
  OK(close(OK(open("plain", O_CREAT | O_WRONLY, 0600)))), OK(close(OK(open("closed", O_CREAT | O_WRONLY, 0600))));
  OK(chmod("sticky", 01777)), OK(chmod("loose", 0777)), OK(chmod("plain", 01666)), OK(chmod("closed", 0644)), OK(chmod(".", 0755));
  OK(setxattr("sticky", "user.b", "x", 1, 0)), OK(setxattr("closed", "user.b", "x", 1, 0));
  OK(mkdir("own", 0700)), OK(chown("own", 1000, 1000)), OK(chmod("own", 01700));
  pid_t pid = OK(fork());
  if (!pid) {
    char value[8];
    OK(setresgid(1000, 1000, 1000));
    OK(setresuid(1000, 1000, 1000));
    FAILS(EPERM, setxattr("sticky", "user.a", "x", 1, 0));
    FAILS(EPERM, removexattr("sticky", "user.b"));
    EQ(getxattr("sticky", "user.b", value, sizeof value), 1);
    FAILS(ENODATA, getxattr("sticky", "user.a", value, sizeof value));
    OK(setxattr("own", "user.a", "x", 1, 0));
    OK(removexattr("own", "user.a"));
    OK(setxattr("loose", "user.a", "x", 1, 0));
    OK(setxattr("plain", "user.a", "x", 1, 0));
    OK(removexattr("plain", "user.a"));
    FAILS(EACCES, setxattr("closed", "user.a", "x", 1, 0));
    FAILS(EACCES, removexattr("closed", "user.b"));
    EQ(getxattr("closed", "user.b", value, sizeof value), 1);
    _exit(0);
  }
  EQ(OK(waitpid(pid, &made, 0)), pid);
  EQ(made, 0);
  OK(rmdir("sticky")), OK(rmdir("loose")), OK(rmdir("own")), OK(unlink("plain")), OK(unlink("closed"));
}

static void sticky(void) {
  if (!geteuid()) of_others();
  STEP("sticky");
}

static void limits(void) {
  char name[300] = "user.";
  memset(name + 5, 'n', 251);
  static char value[70000];
  FAILS(ERANGE, setxattr("file", name, "x", 1, 0));
  FAILS(ERANGE, getxattr("file", "", value, 1));
  name[255] = 0;
  OK(setxattr("file", name, "x", 1, 0));
  OK(removexattr("file", name));
  FAILS(E2BIG, setxattr("file", "user.big", value, 65537, 0));
  FAILS(EINVAL, setxattr("file", "user.b", "x", 1, 4));
  FAILS(EFAULT, setxattr("file", "user.b", (void *)8, 1, 0));
  FAILS(EFAULT, getxattr("file", (void *)8, value, 1));
  FAILS(ENOENT, getxattr("missing", "user.b", value, 1));
  FAILS(EBADF, fgetxattr(99, "user.b", value, 1));
  STEP("limits");
}

static void told(void) {
  int fd = OK(inotify_init1(IN_NONBLOCK));
  OK(inotify_add_watch(fd, "file", IN_ATTRIB));
  OK(setxattr("file", "user.x", "1", 1, 0));
  struct inotify_event event;
  EQ(read(fd, &event, sizeof event), sizeof event);
  EQ(event.mask, IN_ATTRIB);
  OK(removexattr("file", "user.x"));
  EQ(read(fd, &event, sizeof event), sizeof event);
  OK(close(fd));
  OK(unlink("file"));
  STEP("told");
}

int main(void) {
  enter_scratch();
  PART(basics());
  PART(which());
  PART(sticky());
  PART(limits());
  PART(told());
  return 0;
}

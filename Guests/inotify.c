// inotify: every event of files and directories that change here, in order; masks and options; queues that overflow.
#include "check.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int fd;

// Takes one event apart as text: "wd mask name", the mask in names.
static const struct { uint32_t bit; const char *name; } bits[] = {
    {IN_ACCESS, "ACCESS"},           {IN_MODIFY, "MODIFY"},         {IN_ATTRIB, "ATTRIB"},
    {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE"},   {IN_OPEN, "OPEN"},
    {IN_MOVED_FROM, "MOVED_FROM"},   {IN_MOVED_TO, "MOVED_TO"},     {IN_CREATE, "CREATE"},
    {IN_DELETE, "DELETE"},           {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
    {IN_Q_OVERFLOW, "OVERFLOW"},     {IN_IGNORED, "IGNORED"},       {IN_ISDIR, "/"},
};
static uint32_t cookies[64];
static int cookie_count;

// All events that wait, each as "wd:MASK name", joined with ", ".
static const char *events(void) {
  static char text[8192];
  char buffer[8192] __attribute__((aligned(8)));
  text[0] = 0;
  cookie_count = 0;
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0)
    for (char *p = buffer; p < buffer + n;) {
      struct inotify_event *e = (void *)p;
      EQ(e->len % 16, 0);
      if (text[0]) strcat(text, ", ");
      sprintf(text + strlen(text), "%d:", e->wd);
      uint32_t rest = e->mask;
      for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (rest & bits[i].bit) {
          strcat(text, bits[i].name);
          rest &= ~bits[i].bit;
        }
      EQ(rest, 0);
      if (e->len) sprintf(text + strlen(text), " %s", e->name);
      if (e->cookie) cookies[cookie_count++] = e->cookie;
      p += sizeof *e + e->len;
    }
  if (n < 0) EQ(errno, EAGAIN);
  return text;
}

static void fresh(void) {
  if (fd) OK(close(fd));
  fd = OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

static void make(const char *name) { OK(close(OK(open(name, O_CREAT | O_EXCL | O_WRONLY, 0600)))); }

static void contents(void) {
  fresh();
  EQ(inotify_add_watch(fd, ".", IN_ALL_EVENTS), 1);
  STREQ(events(), "");
  int f = OK(open("file", O_CREAT | O_RDWR, 0600));
  STREQ(events(), "1:CREATE file, 1:OPEN file");
  EQ(write(f, "hello", 5), 5);
  EQ(pwrite(f, "x", 1, 9), 1);  // the same again is one event
  STREQ(events(), "1:MODIFY file");
  char c[8];
  EQ(pread(f, c, 5, 0), 5);
  STREQ(events(), "1:ACCESS file");
  EQ(pread(f, c, 5, 100), 0);  // nothing read, nothing told
  STREQ(events(), "");
  OK(ftruncate(f, 3));
  STREQ(events(), "1:MODIFY file");
  OK(close(f));
  STREQ(events(), "1:CLOSE_WRITE file");
  OK(close(OK(open("file", O_RDONLY))));
  STREQ(events(), "1:OPEN file, 1:CLOSE file");
  OK(truncate("file", 100));
  STREQ(events(), "1:MODIFY file");
  OK(chmod("file", 0640));
  STREQ(events(), "1:ATTRIB file");
  OK(chown("file", getuid(), getgid()));
  STREQ(events(), "1:ATTRIB file");
  struct timespec times[2] = {{1, 0}, {2, 0}};
  OK(utimensat(AT_FDCWD, "file", times, 0));
  STREQ(events(), "1:ATTRIB file");
  times[0].tv_nsec = UTIME_OMIT;
  OK(utimensat(AT_FDCWD, "file", times, 0));
  STREQ(events(), "1:MODIFY file");
  times[0].tv_nsec = 0;
  times[1].tv_nsec = UTIME_OMIT;
  OK(utimensat(AT_FDCWD, "file", times, 0));
  STREQ(events(), "1:ACCESS file");
  // A descriptor that is still open elsewhere has not closed.
  f = OK(open("file", O_WRONLY));
  int copy = OK(dup(f));
  OK(close(f));
  STREQ(events(), "1:OPEN file");
  OK(close(copy));
  STREQ(events(), "1:CLOSE_WRITE file");
  OK(open("file", O_PATH));
  STREQ(events(), "");
  // Emptied as it is opened: which of the two is told first differs between kernels.
  OK(close(OK(open("file", O_WRONLY | O_TRUNC))));
  const char *text = events();
  CHECK(!strcmp(text, "1:MODIFY file, 1:OPEN file, 1:CLOSE_WRITE file") ||
        !strcmp(text, "1:OPEN file, 1:MODIFY file, 1:CLOSE_WRITE file"));
  OK(unlink("file"));
  STREQ(events(), "1:DELETE file");
  STEP("contents");
}

static void names(void) {
  fresh();
  OK(mkdir("a", 0700));
  OK(mkdir("b", 0700));
  EQ(inotify_add_watch(fd, "a", IN_ALL_EVENTS), 1);
  EQ(inotify_add_watch(fd, "b", IN_ALL_EVENTS), 2);
  OK(mkdir("a/dir", 0700));
  STREQ(events(), "1:CREATE/ dir");
  OK(symlink("x", "a/link"));
  STREQ(events(), "1:CREATE link");
  OK(mkfifo("a/fifo", 0600));
  STREQ(events(), "1:CREATE fifo");
  make("a/file");
  STREQ(events(), "1:CREATE file, 1:OPEN file, 1:CLOSE_WRITE file");
  OK(link("a/file", "b/other"));
  STREQ(events(), "2:CREATE other");
  OK(rename("a/file", "b/file"));
  STREQ(events(), "1:MOVED_FROM file, 2:MOVED_TO file");
  EQ(cookie_count, 2);
  EQ(cookies[0], cookies[1]);
  uint32_t first = cookies[0];
  OK(rename("b/file", "b/name"));
  STREQ(events(), "2:MOVED_FROM file, 2:MOVED_TO name");
  EQ(cookies[0], cookies[1]);
  CHECK(cookies[0] != first);
  OK(rename("a/dir", "b/dir"));
  STREQ(events(), "1:MOVED_FROM/ dir, 2:MOVED_TO/ dir");
  make("b/target");
  events();
  OK(rename("b/name", "b/target"));
  STREQ(events(), "2:MOVED_FROM name, 2:MOVED_TO target");
  OK(syscall(SYS_renameat2, AT_FDCWD, "a/link", AT_FDCWD, "b/target", 2));
  STREQ(events(), "1:MOVED_FROM link, 2:MOVED_TO target, 2:MOVED_FROM target, 1:MOVED_TO link");
  EQ(cookie_count, 4);
  CHECK(cookies[0] == cookies[1] && cookies[2] == cookies[3] && cookies[1] != cookies[2]);
  OK(rmdir("b/dir"));
  STREQ(events(), "2:DELETE/ dir");
  OK(unlink("b/target"));
  OK(unlink("b/other"));
  OK(unlink("a/link"));
  OK(unlink("a/fifo"));
  STREQ(events(), "2:DELETE target, 2:DELETE other, 1:DELETE link, 1:DELETE fifo");
  // Listing a directory reads it.
  int d = OK(open("b", O_RDONLY | O_DIRECTORY));
  char entries[1024];
  CHECK(OK(syscall(SYS_getdents64, d, entries, sizeof entries)) > 0);
  OK(close(d));
  STREQ(events(), "2:OPEN/, 2:ACCESS/, 2:CLOSE/");
  OK(rmdir("a"));
  OK(rmdir("b"));
  STREQ(events(), "1:DELETE_SELF, 1:IGNORED, 2:DELETE_SELF, 2:IGNORED");
  FAILS(EINVAL, inotify_rm_watch(fd, 1));
  STEP("names");
}

// A watch on the thing itself goes with it wherever it is moved, until it is gone.
static void selves(void) {
  fresh();
  make("file");
  EQ(inotify_add_watch(fd, "file", IN_ALL_EVENTS), 1);
  OK(rename("file", "moved"));
  STREQ(events(), "1:MOVE_SELF");
  OK(link("moved", "second"));
  STREQ(events(), "1:ATTRIB");
  EQ(inotify_add_watch(fd, "second", IN_ALL_EVENTS), 1);  // one file, one watch
  OK(unlink("second"));
  STREQ(events(), "1:ATTRIB");
  int f = OK(open("moved", O_WRONLY));
  OK(unlink("moved"));
  STREQ(events(), "1:OPEN, 1:ATTRIB");
  EQ(write(f, "x", 1), 1);
  STREQ(events(), "1:MODIFY");
  OK(close(f));
  STREQ(events(), "1:CLOSE_WRITE, 1:DELETE_SELF, 1:IGNORED");
  // Replaced by another.
  make("old");
  make("new");
  EQ(inotify_add_watch(fd, "old", IN_ATTRIB | IN_DELETE_SELF), 2);
  OK(rename("new", "old"));
  STREQ(events(), "2:ATTRIB, 2:DELETE_SELF, 2:IGNORED");
  OK(unlink("old"));
  // Both the directory and what is in it hear of the file.
  EQ(inotify_add_watch(fd, ".", IN_MODIFY | IN_DELETE), 3);
  make("both");
  EQ(inotify_add_watch(fd, "both", IN_MODIFY | IN_DELETE_SELF), 4);
  OK(truncate("both", 5));
  STREQ(events(), "3:MODIFY both, 4:MODIFY");
  OK(unlink("both"));
  STREQ(events(), "4:DELETE_SELF, 4:IGNORED, 3:DELETE both");
  STEP("selves");
}

static void options(void) {
  fresh();
  FAILS(EINVAL, inotify_add_watch(fd, ".", 0));
  FAILS(EINVAL, inotify_add_watch(fd, ".", 0x00800000));
  FAILS(EINVAL, inotify_add_watch(fd, ".", IN_CREATE | IN_MASK_CREATE | IN_MASK_ADD));
  FAILS(ENOENT, inotify_add_watch(fd, "missing", IN_CREATE));
  FAILS(EBADF, inotify_add_watch(99, ".", IN_CREATE));
  FAILS(EINVAL, inotify_add_watch(0, ".", IN_CREATE));
  FAILS(EINVAL, inotify_init1(1));
  make("file");
  OK(symlink("file", "link"));
  FAILS(ENOTDIR, inotify_add_watch(fd, "file", IN_ALL_EVENTS | IN_ONLYDIR));
  int w = OK(inotify_add_watch(fd, "link", IN_ATTRIB | IN_DONT_FOLLOW));
  OK(chmod("file", 0600));
  STREQ(events(), "");
  OK(inotify_rm_watch(fd, w));
  STREQ(events(), "1:IGNORED");
  FAILS(EINVAL, inotify_rm_watch(fd, w));
  // One watch: replaced, added to, or refused.
  EQ(inotify_add_watch(fd, "file", IN_ATTRIB), 2);
  EQ(inotify_add_watch(fd, "link", IN_MODIFY), 2);
  OK(chmod("file", 0600));
  OK(truncate("file", 1));
  STREQ(events(), "2:MODIFY");
  EQ(inotify_add_watch(fd, "file", IN_ATTRIB | IN_MASK_ADD), 2);
  OK(chmod("file", 0600));
  OK(truncate("file", 2));
  STREQ(events(), "2:ATTRIB, 2:MODIFY");
  FAILS(EEXIST, inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_CREATE));
  // Once, and no more.
  EQ(inotify_add_watch(fd, "file", IN_ATTRIB | IN_ONESHOT), 2);
  OK(chmod("file", 0600));
  OK(chmod("file", 0600));
  STREQ(events(), "2:ATTRIB, 2:IGNORED");
  // What happens to children without a name can be left out.
  EQ(inotify_add_watch(fd, ".", IN_MODIFY | IN_CLOSE_WRITE), 3);
  int f = OK(open("file", O_WRONLY));
  OK(unlink("file"));
  EQ(write(f, "x", 1), 1);
  STREQ(events(), "3:MODIFY file");
  EQ(inotify_add_watch(fd, ".", IN_MODIFY | IN_CLOSE_WRITE | IN_EXCL_UNLINK), 3);
  EQ(write(f, "x", 1), 1);
  OK(close(f));
  STREQ(events(), "");
  OK(unlink("link"));
  // Two instances do not know of each other.
  int other = OK(inotify_init1(IN_NONBLOCK));
  EQ(inotify_add_watch(other, ".", IN_CREATE), 1);
  make("file");
  STREQ(events(), "3:CLOSE_WRITE file");
  int mine = fd;
  fd = other;
  STREQ(events(), "1:CREATE file");
  fd = mine;
  OK(close(other));
  OK(unlink("file"));
  STEP("options");
}

static void reading(void) {
  fresh();
  EQ(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE), 1);
  struct pollfd entry = {.fd = fd, .events = POLLIN};
  EQ(poll(&entry, 1, 0), 0);
  make("a-name-longer-than-sixteen");
  EQ(poll(&entry, 1, -1), 1);
  int n;
  OK(ioctl(fd, FIONREAD, &n));
  EQ(n, 16 + 32);
  char buffer[48];
  FAILS(EINVAL, read(fd, buffer, 20));  // no room for the first
  OK(unlink("a-name-longer-than-sixteen"));
  OK(ioctl(fd, FIONREAD, &n));
  EQ(n, 2 * (16 + 32));
  EQ(read(fd, buffer, sizeof buffer), 48);  // only whole ones
  OK(ioctl(fd, FIONREAD, &n));
  EQ(n, 16 + 32);
  STREQ(events(), "1:DELETE a-name-longer-than-sixteen");
  EQ(poll(&entry, 1, 0), 0);
  // Equal events next to each other are one, others are not.
  EQ(inotify_add_watch(fd, ".", IN_ATTRIB), 1);
  make("x");
  make("y");
  for (int i = 0; i < 3; i++) OK(chmod("x", 0600));
  OK(chmod("y", 0600));
  OK(chmod("x", 0600));
  STREQ(events(), "1:ATTRIB x, 1:ATTRIB y, 1:ATTRIB x");
  OK(unlink("x"));
  OK(unlink("y"));
  // A reader waits for the next one.
  OK(fcntl(fd, F_SETFL, 0));
  EQ(inotify_add_watch(fd, ".", IN_CREATE), 1);
  pid_t pid = OK(fork());
  if (pid == 0) {
    pause_ms(20);
    make("z");
    _exit(0);
  }
  struct inotify_event *e = (void *)buffer;
  EQ(read(fd, buffer, sizeof buffer), 32);
  STREQ(e->name, "z");
  OK(unlink("z"));
  STEP("reading");
}

// Each call that changes a file or reads it, and what is told of it.
static void calls(void) {
  int f = OK(open("file", O_CREAT | O_RDWR, 0600)), g = OK(open("other", O_CREAT | O_RDWR, 0600)), ends[2];
  char text[16] = "0123456789", wanted[64];
  struct iovec parts[2] = {{text, 3}, {text + 3, 4}};
  OK(pipe(ends));
  fresh();
  EQ(inotify_add_watch(fd, "file", IN_ALL_EVENTS), 1);
  EQ(inotify_add_watch(fd, "other", IN_ALL_EVENTS), 2);
#define TELLS(wanted, call) do { OK(call); STREQ(events(), wanted); } while (0)
  TELLS("1:MODIFY", write(f, text, 10));
  TELLS("1:MODIFY", writev(f, parts, 2));
  TELLS("1:MODIFY", pwritev(f, parts, 2, 3));
  TELLS("1:MODIFY", pwritev2(f, parts, 2, 3, 0));
  TELLS("", write(f, text, 0));
  TELLS("1:MODIFY", fallocate(f, 0, 0, 100));
  TELLS("1:MODIFY", fallocate(f, FALLOC_FL_KEEP_SIZE, 0, 200));
  TELLS("1:MODIFY", fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
  EQ(lseek(f, 0, SEEK_SET), 0);
  TELLS("1:ACCESS", read(f, text, 10));
  TELLS("1:ACCESS", readv(f, parts, 2));
  TELLS("1:ACCESS", preadv(f, parts, 2, 3));
  TELLS("1:ACCESS", preadv2(f, parts, 2, 3, 0));
  off_t from = 0, to = 0;
  TELLS("1:ACCESS, 2:MODIFY", copy_file_range(f, &from, g, &to, 5, 0));
  TELLS("1:ACCESS, 2:MODIFY", sendfile(g, f, &from, 5));
  TELLS("1:ACCESS", splice(f, &from, ends[1], NULL, 5, 0));
  TELLS("2:MODIFY", splice(ends[0], NULL, g, &to, 5, 0));
  // Where nothing is left to be copied, nothing is told.
  off_t behind = 1 << 20;
  TELLS("", copy_file_range(f, &behind, g, &to, 5, 0));
  TELLS("", sendfile(g, f, &behind, 5));
  TELLS("", splice(f, &behind, ends[1], NULL, 5, 0));
  OK(fcntl(ends[0], F_SETFL, O_NONBLOCK));
  FAILS(EAGAIN, splice(ends[0], NULL, g, &to, 5, 0));
  TELLS("", copy_file_range(f, &behind, g, &to, 0, 0));
  TELLS("", sendfile(g, f, &from, 0));
  TELLS("", splice(f, &from, ends[1], NULL, 0, 0));
  TELLS("", splice(ends[0], NULL, g, &to, 0, 0));
  TELLS("", read(f, text, 0));
  TELLS("", write(f, text, 0));
  TELLS("", pwritev(f, &(struct iovec){text, 0}, 1, 0));
  TELLS("1:ATTRIB", fchmod(f, 0640));
  TELLS("1:ATTRIB", fchown(f, getuid(), getgid()));
  TELLS("1:ATTRIB", futimens(f, NULL));
  TELLS("1:ATTRIB", fsetxattr(f, "user.one", "x", 1, 0));
  TELLS("", fgetxattr(f, "user.one", text, 1));
  TELLS("1:ATTRIB", fremovexattr(f, "user.one"));
  TELLS("1:ATTRIB", link("file", "second"));
  TELLS("1:ATTRIB", unlink("second"));
  TELLS("1:MOVE_SELF", rename("file", "second"));
  TELLS("1:MOVE_SELF", rename("second", "file"));
  TELLS("", fsync(f));
  TELLS("1:OPEN", open("file", O_RDONLY));
  EQ(inotify_add_watch(fd, ".", IN_ALL_EVENTS), 3);
  int directory = OK(open(".", O_RDONLY | O_DIRECTORY));
  STREQ(events(), "3:OPEN/");
  char entries[1024];
  TELLS("3:ACCESS/", syscall(SYS_getdents64, directory, entries, sizeof entries));
  TELLS("3:CLOSE/", close(directory));
  TELLS("3:CREATE/ sub", mkdir("sub", 0700));
  TELLS("3:DELETE/ sub", rmdir("sub"));
  TELLS("3:CREATE node", mknod("node", S_IFIFO | 0600, 0));
  TELLS("3:DELETE node", unlink("node"));
  // A file without a name is seen to be opened, written and closed all the same, in the directory that it is of.
  struct stat status;
  int unnamed = OK(open(".", O_TMPFILE | O_RDWR, 0600));
  OK(fstat(unnamed, &status));
  snprintf(wanted, sizeof wanted, "3:OPEN #%lu", (unsigned long)status.st_ino);
  STREQ(events(), wanted);
  snprintf(wanted, sizeof wanted, "3:MODIFY #%lu", (unsigned long)status.st_ino);
  TELLS(wanted, write(unnamed, text, 1));
  snprintf(wanted, sizeof wanted, "3:CLOSE_WRITE #%lu", (unsigned long)status.st_ino);
  TELLS(wanted, close(unnamed));
  FAILS(EEXIST, mkdir("file", 0700));
  FAILS(ENOENT, rename("missing", "file"));
  STREQ(events(), "");
  if (!geteuid()) {
    // What one may not read, one may not watch.
    OK(chmod(".", 0755));
    OK(chmod("file", 0044));
    OK(chmod("other", 0004));
    pid_t pid = OK(fork());
    if (!pid) {
      OK(setresgid(1000, 1000, 1000));
      OK(setresuid(1000, 1000, 1000));
      OK(inotify_add_watch(fd, "file", IN_ALL_EVENTS));
      OK(inotify_add_watch(fd, "other", IN_ALL_EVENTS));
      _exit(0);
    }
    int status;
    EQ(OK(waitpid(pid, &status, 0)), pid);
    EQ(status, 0);
    OK(chmod("other", 0220));
    pid = OK(fork());
    if (!pid) {
      OK(setresgid(1000, 1000, 1000));
      OK(setresuid(1000, 1000, 1000));
      FAILS(EACCES, inotify_add_watch(fd, "other", IN_ALL_EVENTS));
      _exit(0);
    }
    EQ(OK(waitpid(pid, &status, 0)), pid);
    EQ(status, 0);
  }
  OK(close(f));
  OK(close(g));
  OK(unlink("file"));
  OK(unlink("other"));
  STEP("calls");
}

// As many as the limit says wait to be read; behind them it is told that there were more.
static void full(void) {
  fresh();
  FILE *setting = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
  int limit = 0, count = 0, mask = 0, lost = 0;
  CHECK(setting && fscanf(setting, "%d", &limit) == 1);
  fclose(setting);
  if (limit <= 20000) {
    make("a"), make("b");
    OK(inotify_add_watch(fd, ".", IN_MOVE));
    OK(inotify_add_watch(fd, "a", IN_MOVE_SELF));
    OK(inotify_add_watch(fd, "b", IN_MOVE_SELF));
    // Six events each.
    for (int i = 0; i <= limit / 6; i++) OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
    static char all[1 << 19];
    for (long n; (n = read(fd, all, sizeof all)) > 0;)
      for (char *p = all; p < all + n; p += sizeof(struct inotify_event) + ((struct inotify_event *)p)->len) {
        mask = ((struct inotify_event *)p)->mask;
        count++;
        lost += mask == IN_Q_OVERFLOW;
      }
    EQ(count, limit + 1);
    EQ(lost, 1);
    EQ(mask, IN_Q_OVERFLOW);
    // There is room again.
    OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
    EQ(read(fd, all, sizeof all), 2 * 16 + 4 * 32);
    OK(unlink("a"));
    OK(unlink("b"));
  }
  STEP("a full queue");
}

int main(void) {
  enter_scratch();
  PART(contents());
  PART(names());
  PART(selves());
  PART(options());
  PART(reading());
  PART(calls());
  PART(full());
  return 0;
}

// Names of files at their edges: the longest ones, slashes and points at the end, what may take another's place, and the counts, the times
// and the events that come of it; an error leaves all of them as they were.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "check.h"
#include <dirent.h>
#include <grp.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

static int make(const char *name) {
  int fd = OK(open(name, O_CREAT | O_EXCL | O_RDWR, 0644));
  return close(fd);
}
static struct stat of(const char *name) {
  struct stat status;
  memset(&status, 0, sizeof status);
  OK(lstat(name, &status));
  return status;
}
static int exists(const char *name) {
  struct stat status;
  return lstat(name, &status) == 0;
}

static char longest[257], path[PATH_MAX + 2];

static void lengths(void) {
  struct stat status;
  char text[PATH_MAX];
  memset(longest, 'n', 256);
  FAILS(ENAMETOOLONG, open(longest, O_CREAT | O_RDWR, 0600));
  FAILS(ENAMETOOLONG, open(longest, O_RDONLY));
  FAILS(ENAMETOOLONG, mkdir(longest, 0700));
  FAILS(ENAMETOOLONG, symlink("x", longest));
  FAILS(ENAMETOOLONG, mknod(longest, S_IFREG | 0600, 0));
  FAILS(ENAMETOOLONG, stat(longest, &status));
  FAILS(ENAMETOOLONG, unlink(longest));
  FAILS(ENAMETOOLONG, rmdir(longest));
  make("short");
  FAILS(ENAMETOOLONG, rename("short", longest));
  FAILS(ENAMETOOLONG, rename(longest, "short"));
  FAILS(ENAMETOOLONG, link("short", longest));
  EQ(of("short").st_nlink, 1);
  longest[255] = 0;
  OK(rename("short", longest));
  OK(link(longest, "short"));
  EQ(of(longest).st_nlink, 2);
  OK(unlink(longest));
  OK(mkdir(longest, 0700));
  OK(rmdir(longest));
  OK(symlink("short", longest));
  EQ(readlink(longest, text, sizeof text), 5);
  OK(unlink(longest));
  OK(unlink("short"));

  // Paths: with their end they have PATH_MAX bytes.
  make("f");
  for (int i = 0; i < PATH_MAX; i += 2) memcpy(path + i, "./", 2);
  strcpy(path + PATH_MAX - 3, "/f");
  EQ(strlen(path), PATH_MAX - 1);
  OK(stat(path, &status));
  strcpy(path + PATH_MAX - 3, "//f");
  FAILS(ENAMETOOLONG, stat(path, &status));
  FAILS(ENAMETOOLONG, open(path, O_RDONLY));
  FAILS(ENAMETOOLONG, symlink(path, "link"));
  path[PATH_MAX - 1] = 0;
  OK(symlink(path, "link"));
  EQ(readlink("link", text, sizeof text), PATH_MAX - 1);
  EQ(of("link").st_size, PATH_MAX - 1);
  OK(unlink("link"));
  FAILS(ENOENT, symlink("", "link"));
  FAILS(ENOENT, open("", O_RDONLY));
  FAILS(ENOENT, mkdir("", 0700));
  FAILS(ENOENT, rename("f", ""));
  FAILS(ENOENT, rename("", "g"));
  FAILS(ENOENT, unlink(""));
  FAILS(ENOENT, rmdir(""));
  // What is told of a link is cut to the byte.
  OK(symlink("0123456789", "link"));
  memset(text, 0xee, 16);
  EQ(readlink("link", text, 9), 9);
  EQ(memcmp(text, "012345678\xee", 10), 0);
  EQ(readlink("link", text, 10), 10);
  EQ(readlink("link", text, 11), 10);
  EQ(text[10], (char)0xee);
  FAILS(EINVAL, readlink("link", text, 0));
  FAILS(EINVAL, readlink("f", text, 10));
  OK(unlink("link"));
  // So is the working directory, which needs all of its room.
  char *here = getcwd(NULL, 0);
  size_t size = strlen(here) + 1;
  memset(text, 0xee, sizeof text);
  EQ(syscall(SYS_getcwd, text, size), (long)size);
  STREQ(text, here);
  EQ(text[size], (char)0xee);
  FAILS(ERANGE, syscall(SYS_getcwd, text, size - 1));
  FAILS(ERANGE, syscall(SYS_getcwd, text, 0));
  free(here);
  // Forty links, one after the other, are followed, and not one more.
  char name[16], next[16] = "f";
  for (int i = 0; i < 41; i++) {
    snprintf(name, sizeof name, "l%d", i);
    OK(symlink(next, name));
    strcpy(next, name);
  }
  OK(stat("l39", &status));
  FAILS(ELOOP, stat("l40", &status));
  FAILS(ELOOP, open("l40", O_RDONLY));
  FAILS(ELOOP, open("l40", O_CREAT | O_RDWR, 0600));
  OK(lstat("l40", &status));
  for (int i = 0; i < 41; i++) {
    snprintf(name, sizeof name, "l%d", i);
    OK(unlink(name));
  }
  OK(unlink("f"));
}

static void last_parts(void) {
  struct stat status;
  make("f");
  OK(mkdir("d/", 0755));
  OK(symlink("d", "to-d"));
  OK(symlink("f", "to-f"));
  OK(symlink("none", "to-none"));
  FAILS(ENOTDIR, open("f/", O_RDONLY));
  FAILS(ENOTDIR, open("f/.", O_RDONLY));
  FAILS(ENOTDIR, open("f/..", O_RDONLY));
  FAILS(ENOTDIR, open("f", O_RDONLY | O_DIRECTORY));
  FAILS(EISDIR, open("new/", O_CREAT | O_RDWR, 0600));
  FAILS(EISDIR, open("d", O_CREAT | O_RDWR, 0600));
  FAILS(EISDIR, open("d", O_WRONLY));
  FAILS(EISDIR, open("d", O_RDONLY | O_TRUNC));
  FAILS(EEXIST, open("d", O_CREAT | O_EXCL | O_RDONLY, 0600));
  FAILS(EEXIST, open("to-none", O_CREAT | O_EXCL | O_RDWR, 0600));
  FAILS(ELOOP, open("to-f", O_RDONLY | O_NOFOLLOW));
  FAILS(ENOTDIR, open("to-d", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
  OK(close(OK(open("to-d/", O_RDONLY | O_NOFOLLOW))));
  FAILS(ENOTDIR, stat("f/", &status));
  FAILS(ENOTDIR, stat("to-f/", &status));
  OK(lstat("to-d/", &status));
  CHECK(S_ISDIR(status.st_mode));
  OK(lstat("to-d", &status));
  CHECK(S_ISLNK(status.st_mode));
  // By a link that leads nowhere a file comes to be there.
  OK(close(OK(open("to-none", O_CREAT | O_RDWR, 0600))));
  OK(stat("none", &status));
  OK(unlink("none"));
  FAILS(EEXIST, mkdir("to-none", 0700));
  FAILS(EEXIST, mkdir(".", 0700));
  FAILS(EEXIST, mkdir("..", 0700));
  FAILS(EEXIST, mkdir("/", 0700));
  FAILS(EEXIST, mkdir("f", 0700));
  FAILS(ENOENT, mkdir("none/d", 0700));
  FAILS(ENOTDIR, mkdir("f/d", 0700));
  FAILS(ENOENT, mknod("new/", S_IFREG | 0600, 0));
  FAILS(ENOENT, symlink("x", "new/"));
  FAILS(ENOENT, link("f", "new/"));
  FAILS(ENOTDIR, link("f/", "new"));
  FAILS(EPERM, link("d", "new"));
  FAILS(EEXIST, link("f", "d"));
  FAILS(EEXIST, link("f", "f"));
  FAILS(ENOENT, link("none", "f"));
  EQ(of("f").st_nlink, 1);
  FAILS(EISDIR, unlink("d"));
  FAILS(ENOTDIR, unlink("f/"));
  FAILS(EISDIR, unlink("d/"));
  FAILS(ENOTDIR, rmdir("f"));
  FAILS(ENOTDIR, rmdir("to-d"));
  FAILS(ENOTDIR, rmdir("to-d/"));
  FAILS(EINVAL, rmdir("d/."));
  FAILS(EINVAL, rmdir("."));
  FAILS(ENOTEMPTY, rmdir("d/.."));
  FAILS(EBUSY, rmdir("/"));
  FAILS(ENOENT, rmdir("none"));
  make("d/in");
  FAILS(ENOTEMPTY, rmdir("d"));
  OK(unlink("d/in"));
  FAILS(EINVAL, unlinkat(AT_FDCWD, "d", 1));
  OK(unlinkat(AT_FDCWD, "d/", AT_REMOVEDIR));
  OK(unlink("to-d"));
  OK(unlink("to-f"));
  OK(unlink("to-none"));
  OK(unlink("f"));
}

static long rename_by(const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void renamed(void) {
  make("a");
  make("b");
  OK(mkdir("d", 0755));
  OK(mkdir("d/below", 0755));
  OK(mkdir("empty", 0755));
  // A file that is shared with another machine keeps its number as long as it is in use.
  int open_ones[] = {OK(open("a", O_RDONLY)), OK(open("b", O_RDONLY)), OK(open("d", O_RDONLY))};
  ino_t a = of("a").st_ino, b = of("b").st_ino, d = of("d").st_ino;
  OK(rename("a", "a"));
  FAILS(EISDIR, rename("a", "d"));
  FAILS(EISDIR, rename("a", "empty"));
  FAILS(ENOTDIR, rename("d", "a"));
  FAILS(ENOTEMPTY, rename("empty", "d"));
  FAILS(EINVAL, rename("d", "d/below/d"));
  FAILS(EINVAL, rename("d", "d/below"));
  FAILS(ENOTEMPTY, rename("d/below", "d"));
  FAILS(EBUSY, rename(".", "x"));
  FAILS(EBUSY, rename("a", "d/."));
  FAILS(EBUSY, rename("d/..", "x"));
  FAILS(ENOENT, rename("none", "a"));
  FAILS(ENOENT, rename("a", "none/a"));
  FAILS(ENOTDIR, rename("a", "b/x"));
  FAILS(ENOTDIR, rename("a", "x/"));
  FAILS(ENOTDIR, rename("a/", "x"));
  FAILS(EEXIST, rename_by("a", "b", RENAME_NOREPLACE));
  FAILS(EEXIST, rename_by("a", "a", RENAME_NOREPLACE));
  FAILS(ENOENT, rename_by("a", "none", RENAME_EXCHANGE));
  FAILS(ENOENT, rename_by("none", "a", RENAME_EXCHANGE));
  FAILS(EINVAL, rename_by("a", "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
  FAILS(EINVAL, rename_by("a", "b", 8));
  FAILS(EINVAL, rename_by("d", "d/below", RENAME_EXCHANGE));
  FAILS(EINVAL, rename_by("d/below", "d", RENAME_EXCHANGE));
  EQ(of("a").st_ino, a);
  EQ(of("b").st_ino, b);
  EQ(of("d").st_ino, d);
  EQ(of("d").st_nlink, 3);
  OK(rename_by("a", "b", RENAME_EXCHANGE));
  EQ(of("a").st_ino, b);
  EQ(of("b").st_ino, a);
  OK(rename_by("b", "d", RENAME_EXCHANGE));
  EQ(of("d").st_ino, a);
  EQ(of("b").st_ino, d);
  OK(rename_by("b", "d", RENAME_EXCHANGE));
  OK(rename_by("b", "c", RENAME_NOREPLACE));
  CHECK(!exists("b"));
  EQ(of("c").st_ino, a);
  // Two names of one file: nothing is done.
  OK(link("c", "also"));
  OK(rename("c", "also"));
  CHECK(exists("c") && exists("also"));
  EQ(of("c").st_nlink, 2);
  OK(rename("a", "also"));
  EQ(of("c").st_nlink, 1);
  EQ(of("also").st_ino, b);
  // Directories and what they count.
  nlink_t here = of(".").st_nlink;
  OK(rename("d/below", "below"));
  EQ(of("d").st_nlink, 2);
  EQ(of(".").st_nlink, here + 1);
  EQ(of("below/..").st_ino, of(".").st_ino);
  OK(rename("below/", "empty"));
  EQ(of(".").st_nlink, here);
  OK(rename("empty", "d/x"));
  EQ(of("d").st_nlink, 3);
  EQ(of("d/x/..").st_ino, d);
  EQ(of(".").st_nlink, here - 1);
  OK(rmdir("d/x"));
  EQ(of("d").st_nlink, 2);
  int held = OK(open("d", O_RDONLY | O_DIRECTORY));
  OK(rmdir("d"));
  struct stat status;
  OK(fstat(held, &status));
  EQ(status.st_nlink, 0);
  FAILS(ENOENT, openat(held, "new", O_CREAT | O_RDWR, 0600));
  FAILS(ENOENT, mkdirat(held, "new", 0700));
  char text[512];
  EQ(syscall(SYS_getdents64, held, text, sizeof text) > 0 ? 1 : errno, ENOENT);
  OK(close(held));
  for (int i = 0; i < 3; i++) OK(close(open_ones[i]));
  OK(unlink("c"));
  OK(unlink("also"));
}

// Which of a file's times change, and which do not.
static void set_times(const char *name) {
  OK(utimensat(AT_FDCWD, name, (struct timespec[]){{1000, 1}, {2000, 2}}, AT_SYMLINK_NOFOLLOW));
}
enum { ACCESSED = 1, MODIFIED = 2 };
static struct timespec changed_at;
static int is_later(struct timespec a, struct timespec b) {
  return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}
// Sets the times of some files, makes the change, and looks which times changed: for each name what of A(ccessed), M(odified), C(hanged).
#define CHANGES(call, ...) \
  do { const char *list_[] = {__VA_ARGS__, NULL}; \
       struct timespec before_[4]; \
       for (int i_ = 0; list_[i_]; i_ += 2) { set_times(list_[i_]); before_[i_ / 2] = of(list_[i_]).st_ctim; } \
       pause_ms(12); \
       call; \
       for (int i_ = 0; list_[i_]; i_ += 2) { \
         struct stat now_ = of(list_[i_]); \
         char seen_[4] = "", *end_ = seen_; \
         if (now_.st_atim.tv_sec != 1000 || now_.st_atim.tv_nsec != 1) *end_++ = 'A'; \
         if (now_.st_mtim.tv_sec != 2000 || now_.st_mtim.tv_nsec != 2) *end_++ = 'M'; \
         if (is_later(now_.st_ctim, before_[i_ / 2])) *end_++ = 'C'; \
         *end_ = 0; \
         STREQ(seen_, list_[i_ + 1]); } } while (0)

static void times(void) {
  make("f");
  make("g");
  OK(mkdir("d", 0755));
  OK(mkdir("e", 0755));
  int fd = OK(open("f", O_RDWR));
  CHANGES(EQ(write(fd, "", 0), 0), "f", "");
  CHANGES(EQ(write(fd, "abc", 3), 3), "f", "MC", ".", "");
  CHANGES(EQ(pread(fd, &(char){0}, 1, 0), 1), "f", "A");
  CHANGES(OK(ftruncate(fd, 1)), "f", "MC");
  CHANGES(OK(truncate("f", 9)), "f", "MC");
  CHANGES(OK(fallocate(fd, 0, 0, 20)), "f", "MC");
  CHANGES(OK(fchmod(fd, 0600)), "f", "C", ".", "");
  // What another machine shares may keep these by itself.
  if (!getenv("GUEST_SCRATCH")) {
    CHANGES(OK(fchown(fd, getuid(), -1)), "f", "C");
    CHANGES(OK(fsetxattr(fd, "user.x", "y", 1, 0)), "f", "C");
    CHANGES(OK(fremovexattr(fd, "user.x")), "f", "C");
  }
  CHANGES(OK(close(OK(open("f", O_RDONLY)))), "f", "", ".", "");
  CHANGES(OK(close(OK(open("f", O_WRONLY | O_TRUNC)))), "f", "MC");
  CHANGES(OK(link("f", "d/h")), "f", "C", "d", "MC", ".", "");
  CHANGES(OK(unlink("d/h")), "f", "C", "d", "MC", ".", "");
  CHANGES(OK(rename("g", "d/g")), "d/../d", "MC", ".", "MC");
  CHANGES(OK(rename("d/g", "e/g")), "d", "MC", "e", "MC", ".", "");
  CHANGES(OK(rename("e/g", "e/k")), "e", "MC", "d", "");
  CHANGES(OK(mkdir("e/sub", 0755)), "e", "MC", ".", "");
  CHANGES(OK(rmdir("e/sub")), "e", "MC", ".", "");
  CHANGES(OK(symlink("x", "e/l")), "e", "MC");
  CHANGES(OK(unlink("e/l")), "e", "MC");
  CHANGES(OK(mknod("e/p", S_IFIFO | 0600, 0)), "e", "MC");
  CHANGES(FAILS(EEXIST, mkdir("e/p", 0700)), "e", "");
  CHANGES(FAILS(ENOENT, unlink("e/none")), "e", "");
  CHANGES(OK(close(OK(open("e/p", O_CREAT | O_RDWR, 0600)))), "e", "", "e/p", "");
  CHANGES(OK(close(OK(open("e/q", O_CREAT | O_RDWR, 0600)))), "e", "MC");
  CHANGES(OK(rename("e/q", "e/k")), "e", "MC");
  make("e/q");
  CHANGES(OK(rename_by("e/q", "e/k", RENAME_EXCHANGE)), "e", "MC", "e/q", "C", "e/k", "C");
  CHANGES(OK(unlink("e/q")), "e", "MC");
  OK(close(fd));
  // Times that are given: each alone, both at once, to the nanosecond.
  struct timespec now, then[2] = {{5, 0}, {6, 999999999}};
  OK(utimensat(AT_FDCWD, "f", then, 0));
  EQ(of("f").st_atim.tv_sec, 5);
  EQ(of("f").st_atim.tv_nsec, 0);
  EQ(of("f").st_mtim.tv_sec, 6);
  EQ(of("f").st_mtim.tv_nsec, 999999999);
  then[0].tv_nsec = 1000000000;
  FAILS(EINVAL, utimensat(AT_FDCWD, "f", then, 0));
  then[0].tv_nsec = -1;
  FAILS(EINVAL, utimensat(AT_FDCWD, "f", then, 0));
  then[0].tv_nsec = UTIME_OMIT;
  then[1] = (struct timespec){7, 1000000000};
  FAILS(EINVAL, utimensat(AT_FDCWD, "f", then, 0));
  then[1].tv_nsec = 7;
  OK(utimensat(AT_FDCWD, "f", then, 0));
  EQ(of("f").st_atim.tv_sec, 5);
  EQ(of("f").st_mtim.tv_sec, 7);
  EQ(of("f").st_mtim.tv_nsec, 7);
  then[0] = (struct timespec){8, 8};
  then[1].tv_nsec = UTIME_OMIT;
  OK(utimensat(AT_FDCWD, "f", then, 0));
  EQ(of("f").st_atim.tv_sec, 8);
  EQ(of("f").st_mtim.tv_sec, 7);
  changed_at = of("f").st_ctim;
  then[0].tv_nsec = UTIME_OMIT;
  pause_ms(12);
  OK(utimensat(AT_FDCWD, "f", then, 0));
  CHECK(!is_later(of("f").st_ctim, changed_at));
  OK(clock_gettime(CLOCK_REALTIME_COARSE, &now));
  then[1].tv_nsec = UTIME_NOW;
  OK(utimensat(AT_FDCWD, "f", then, 0));
  CHECK(!is_later(now, of("f").st_mtim));
  EQ(of("f").st_atim.tv_sec, 8);
  then[0].tv_nsec = UTIME_NOW;
  then[1].tv_nsec = UTIME_OMIT;
  set_times("f");
  OK(utimensat(AT_FDCWD, "f", then, 0));
  CHECK(!is_later(now, of("f").st_atim));
  EQ(of("f").st_mtim.tv_sec, 2000);
  set_times("f");
  OK(utimensat(AT_FDCWD, "f", NULL, 0));
  CHECK(!is_later(now, of("f").st_atim));
  CHECK(!is_later(now, of("f").st_mtim));
  FAILS(EINVAL, utimensat(AT_FDCWD, "f", NULL, 1));
  FAILS(ENOENT, utimensat(AT_FDCWD, "none", NULL, 0));
  OK(unlink("e/p"));
  OK(unlink("e/k"));
  OK(rmdir("e"));
  OK(rmdir("d"));
  OK(unlink("f"));
}

// Permissions of what is new, and bits that go when a file changes.
static mode_t mode(const char *name) { return of(name).st_mode & 07777; }
static void modes(void) {
  mode_t old = umask(027);
  EQ(umask(01777), 027);
  EQ(umask(027), 0777);
  OK(close(OK(open("f", O_CREAT | O_RDWR, 07777))));
  EQ(mode("f"), 07750);
  OK(mkdir("d", 07777));
  EQ(mode("d"), 01750);
  OK(mknod("p", S_IFIFO | 0666, 0));
  EQ(mode("p"), 0640);
  OK(symlink("f", "l"));
  EQ(mode("l"), 0777);
  OK(chmod("f", 0666));
  EQ(mode("f"), 0666);
  OK(chmod("l", 0444));
  EQ(mode("f"), 0444);
  EQ(mode("l"), 0777);
  // One that is there keeps its own.
  OK(close(OK(open("f", O_CREAT | O_RDONLY, 0777))));
  EQ(mode("f"), 0444);
  // Owners: each by itself.
  OK(chmod("f", 06777));
  OK(chown("f", -1, -1));
  OK(chmod("f", 06777));
  OK(chown("f", getuid(), -1));
  EQ(mode("f"), 0777);
  OK(chmod("f", 06767));
  OK(chown("f", -1, getgid()));
  EQ(mode("f"), 02767);  // without x for the group, it is no set-group-id
  OK(chmod("d", 06777));
  OK(chown("d", getuid(), getgid()));
  EQ(mode("d"), 06777);
  // What is in a set-group-id directory is of its group, directories are so again.
  OK(mkdir("d/e", 0700));
  EQ(mode("d/e"), 02700);
  OK(close(OK(open("d/f", O_CREAT | O_RDWR, 0600))));
  EQ(of("d/f").st_gid, of("d").st_gid);
  EQ(mode("d/f"), 0600);
  OK(unlink("d/f"));
  OK(rmdir("d/e"));
  umask(old);
  OK(unlink("l"));
  OK(unlink("p"));
  OK(unlink("f"));
  OK(rmdir("d"));
}

// Another user: what the permissions of the directory decide, and what those of the file.
static void as_stranger(void) {
  OK(setgroups(0, NULL));
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(1000, 1000, 1000));
  struct stat status;
  FAILS(EACCES, stat("shut/f", &status));
  FAILS(EACCES, open("shut/f", O_RDONLY));
  FAILS(EACCES, chdir("shut"));
  FAILS(EACCES, open("shut", O_RDONLY));
  FAILS(EACCES, rename("shut/f", "open/x"));
  // May be searched, not listed.
  OK(stat("search/f", &status));
  OK(close(OK(open("search/f", O_RDONLY))));
  FAILS(EACCES, open("search", O_RDONLY));
  OK(chdir("search"));
  OK(chdir(".."));
  FAILS(EACCES, open("search/new", O_CREAT | O_RDWR, 0600));
  FAILS(EACCES, unlink("search/f"));
  FAILS(EACCES, link("open/mine", "search/x"));
  FAILS(EACCES, rename("open/mine", "search/x"));
  FAILS(EACCES, symlink("x", "search/x"));
  FAILS(EACCES, mkdir("search/x", 0700));
  FAILS(EACCES, mknod("search/x", S_IFIFO | 0600, 0));
  FAILS(EACCES, open("search/f", O_RDWR));
  FAILS(EACCES, open("search/f", O_RDONLY | O_TRUNC));
  FAILS(EACCES, truncate("search/f", 0));
  FAILS(EPERM, chmod("search/f", 0777));
  FAILS(EPERM, chown("search/f", 1000, -1));
  FAILS(EPERM, utimensat(AT_FDCWD, "search/f", (struct timespec[]){{1, 1}, {1, 1}}, 0));
  FAILS(EACCES, utimensat(AT_FDCWD, "search/f", NULL, 0));
  OK(utimensat(AT_FDCWD, "open/shared", NULL, 0));
  FAILS(EPERM, utimensat(AT_FDCWD, "open/shared", (struct timespec[]){{1, 1}, {1, 1}}, 0));
  FAILS(EPERM, utimensat(AT_FDCWD, "open/shared", (struct timespec[]){{0, UTIME_OMIT}, {0, UTIME_NOW}}, 0));
  // In a sticky directory others' files stay.
  FAILS(EPERM, unlink("sticky/f"));
  FAILS(EPERM, rename("sticky/f", "sticky/g"));
  FAILS(EPERM, rename("open/mine", "sticky/f"));
  FAILS(EPERM, rmdir("sticky/d"));
  make("sticky/mine");
  OK(rename("sticky/mine", "sticky/mine2"));
  OK(unlink("sticky/mine2"));
  // In one that is open to all they do not.
  OK(unlink("open/f"));
  // One's own: the group may only be one that one is in.
  OK(chmod("open/mine", 06755));
  EQ(mode("open/mine"), 06755);
  FAILS(EPERM, chown("open/mine", 0, -1));
  FAILS(EPERM, chown("open/mine", -1, 0));
  OK(chown("open/mine", 1000, 1000));
  EQ(mode("open/mine"), 0755);
  OK(chmod("open/mine", 06755));
  int fd = OK(open("open/mine", O_RDWR));
  EQ(write(fd, "x", 1), 1);
  EQ(mode("open/mine"), 0755);
  OK(chmod("open/mine", 06755));
  OK(ftruncate(fd, 0));
  EQ(mode("open/mine"), 0755);
  OK(close(fd));
  FAILS(EPERM, mknod("open/dev", S_IFCHR | 0600, makedev(1, 3)));
  // A socket that one may not write to is not connected to.
  struct sockaddr_un shut = {AF_UNIX, "open/shut-socket"}, free_for_all = {AF_UNIX, "open/socket"};
  int s = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  FAILS(EACCES, connect(s, (struct sockaddr *)&shut, sizeof shut));
  FAILS(EACCES, sendto(s, "x", 1, 0, (struct sockaddr *)&shut, sizeof shut));
  OK(connect(s, (struct sockaddr *)&free_for_all, sizeof free_for_all));
  OK(close(s));
}

static void strangers(void) {
  mode_t old = umask(0);
  static const struct { const char *name; int mode; } directories[] = {
    {"shut", 0700}, {"search", 0711}, {"sticky", 01777}, {"open", 0777}};
  char name[32];
  for (int i = 0; i < 4; i++) {
    OK(mkdir(directories[i].name, 0777));
    snprintf(name, sizeof name, "%s/f", directories[i].name);
    OK(close(OK(open(name, O_CREAT | O_RDWR, 0644))));
    OK(chmod(directories[i].name, directories[i].mode));
  }
  OK(mkdir("sticky/d", 0777));
  OK(close(OK(open("open/mine", O_CREAT | O_RDWR, 0644))));
  OK(chown("open/mine", 1000, 1000));
  OK(close(OK(open("open/shared", O_CREAT | O_RDWR, 0666))));
  OK(chmod(".", 0755));
  struct sockaddr_un shut = {AF_UNIX, "open/shut-socket"}, free_for_all = {AF_UNIX, "open/socket"};
  int s = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), t = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  OK(bind(s, (struct sockaddr *)&shut, sizeof shut));
  OK(chmod(shut.sun_path, 0755));
  OK(bind(t, (struct sockaddr *)&free_for_all, sizeof free_for_all));
  in_child(as_stranger);
  OK(unlink(shut.sun_path)), OK(unlink(free_for_all.sun_path));
  OK(close(s)), OK(close(t));
  OK(rmdir("sticky/d"));
  OK(unlink("open/mine"));
  OK(unlink("open/shared"));
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%s/f", directories[i].name);
    if (i < 3) OK(unlink(name));
    OK(rmdir(directories[i].name));
  }
  umask(old);
}

// A directory is read to the byte, and goes on where it was left.
static void listed(void) {
  OK(mkdir("list", 0755));
  char name[64], buffer[4096];
  for (int i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "list/%.*s%d", i, "abcdefghijklmnopqrst", i);
    make(name);
  }
  int fd = OK(open("list", O_RDONLY | O_DIRECTORY));
  FAILS(EINVAL, syscall(SYS_getdents64, fd, buffer, 8));
  FAILS(EINVAL, syscall(SYS_getdents64, fd, buffer, 23));
  FAILS(EFAULT, syscall(SYS_getdents64, fd, 8, 4096));
  FAILS(EISDIR, read(fd, buffer, 10));
  // All at once, and then one after the other, each with just as much room as it needs.
  long size = OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
  EQ(syscall(SYS_getdents64, fd, buffer, sizeof buffer), 0);
  struct entry { uint64_t number; int64_t next; unsigned short size; unsigned char type; char name[]; } *entry;
  int count = 0;
  static char all[4096], again[512];
  memcpy(all, buffer, size);
  for (long at = 0; at < size; at += entry->size, count++) {
    entry = (struct entry *)(all + at);
    EQ(entry->size % 8, 0);
    EQ(entry->size, (19 + strlen(entry->name) + 1 + 7) / 8 * 8);
    snprintf(name, sizeof name, "list/%s", entry->name);
    if (strcmp(entry->name, "..")) EQ(entry->number, of(name).st_ino);
    EQ(entry->type, S_ISDIR(of(name).st_mode) ? DT_DIR : DT_REG);
  }
  EQ(count, 22);
  EQ(lseek(fd, 0, SEEK_SET), 0);
  for (long at = 0; at < size; at += entry->size) {
    entry = (struct entry *)(all + at);
    if (entry->size > 24) FAILS(EINVAL, syscall(SYS_getdents64, fd, again, entry->size - 1));
    EQ(syscall(SYS_getdents64, fd, again, entry->size), entry->size);
    EQ(memcmp(again, entry, 19 + strlen(entry->name) + 1), 0);
    EQ(lseek(fd, 0, SEEK_CUR), entry->next);
  }
  // From the place of one on comes the next.
  struct entry *third = (struct entry *)all;
  for (int i = 0; i < 2; i++) third = (struct entry *)((char *)third + third->size);
  EQ(lseek(fd, third->next, SEEK_SET), third->next);
  struct entry *fourth = (struct entry *)((char *)third + third->size);
  CHECK(syscall(SYS_getdents64, fd, again, sizeof again) > 0);
  STREQ(((struct entry *)again)->name, fourth->name);
  // What is new shows after a rewind, what is gone does not.
  make("list/new");
  OK(unlink("list/0"));
  EQ(lseek(fd, 0, SEEK_SET), 0);
  size = OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
  int found = 0;
  for (long at = 0; at < size; at += entry->size) {
    entry = (struct entry *)(buffer + at);
    found |= !strcmp(entry->name, "new");
    found |= !strcmp(entry->name, "0") << 1;
  }
  EQ(found, 1);
  OK(close(fd));
  OK(unlink("list/new"));
  for (int i = 1; i < 20; i++) {
    snprintf(name, sizeof name, "list/%.*s%d", i, "abcdefghijklmnopqrst", i);
    OK(unlink(name));
  }
  OK(rmdir("list"));
}

// What inotify tells of all these, and that errors tell nothing.
static char events[4096];
static const char *heard(int fd) {
  static char line[1024];
  static const char *const names[] = {"access", "modify", "attrib", "close-write", "close", "open", "moved-from", "moved-to",
                                      "create", "delete", "delete-self", "move-self"};
  line[0] = 0;
  long size = read(fd, events, sizeof events);
  for (long at = 0; at < size;) {
    struct inotify_event *event = (struct inotify_event *)(events + at);
    for (int i = 0; i < 12; i++)
      if (event->mask & 1u << i) sprintf(line + strlen(line), "%s%s%s%s ", names[i], event->mask & IN_ISDIR ? "/" : "", event->len ? ":" : "", event->len ? event->name : "");
    if (event->mask & IN_IGNORED) strcat(line, "ignored ");
    at += sizeof *event + event->len;
  }
  if (line[0]) line[strlen(line) - 1] = 0;
  return line;
}

static void told(void) {
  OK(mkdir("w", 0755));
  OK(mkdir("v", 0755));
  int fd = OK(inotify_init1(IN_NONBLOCK));
  OK(inotify_add_watch(fd, "w", IN_ALL_EVENTS));
  make("w/f");
  STREQ(heard(fd), "create:f open:f close-write:f");
  int file = OK(open("w/f", O_RDWR));
  STREQ(heard(fd), "open:f");
  EQ(write(file, "abc", 3), 3);
  STREQ(heard(fd), "modify:f");
  EQ(write(file, "", 0), 0);
  STREQ(heard(fd), "");
  EQ(pread(file, events, 3, 0), 3);
  STREQ(heard(fd), "access:f");
  EQ(pread(file, events, 3, 100), 0);
  STREQ(heard(fd), "");
  OK(ftruncate(file, 1));
  STREQ(heard(fd), "modify:f");
  OK(truncate("w/f", 2));
  STREQ(heard(fd), "modify:f");
  OK(fallocate(file, 0, 0, 10));
  STREQ(heard(fd), "modify:f");
  OK(fchmod(file, 0600));
  STREQ(heard(fd), "attrib:f");
  OK(fchown(file, getuid(), getgid()));
  STREQ(heard(fd), "attrib:f");
  OK(fsetxattr(file, "user.n", "v", 1, 0));
  STREQ(heard(fd), "attrib:f");
  OK(fremovexattr(file, "user.n"));
  STREQ(heard(fd), "attrib:f");
  FAILS(ENODATA, fremovexattr(file, "user.n"));
  STREQ(heard(fd), "");
  OK(utimensat(AT_FDCWD, "w/f", NULL, 0));
  STREQ(heard(fd), "attrib:f");
  OK(utimensat(AT_FDCWD, "w/f", (struct timespec[]){{1, 1}, {0, UTIME_OMIT}}, 0));
  STREQ(heard(fd), "access:f");
  OK(utimensat(AT_FDCWD, "w/f", (struct timespec[]){{0, UTIME_OMIT}, {1, 1}}, 0));
  STREQ(heard(fd), "modify:f");
  OK(close(file));
  STREQ(heard(fd), "close-write:f");
  OK(close(OK(open("w/f", O_RDONLY))));
  STREQ(heard(fd), "open:f close:f");
  OK(close(OK(open("w/f", O_WRONLY | O_TRUNC))));
  // Linux 6.9 tells of the opening first, and earlier ones of the change.
  const char *emptied = heard(fd);
  if (strcmp(emptied, "modify:f open:f close-write:f")) STREQ(emptied, "open:f modify:f close-write:f");
  OK(close(OK(open("w/f", O_PATH))));
  STREQ(heard(fd), "");
  OK(link("w/f", "w/g"));
  STREQ(heard(fd), "create:g");
  OK(rename("w/g", "w/h"));
  STREQ(heard(fd), "moved-from:g moved-to:h");
  OK(rename("w/h", "v/h"));
  STREQ(heard(fd), "moved-from:h");
  OK(rename("v/h", "w/h"));
  STREQ(heard(fd), "moved-to:h");
  OK(unlink("w/h"));
  STREQ(heard(fd), "delete:h");
  OK(mkdir("w/d", 0755));
  STREQ(heard(fd), "create/:d");
  OK(chmod("w/d", 0700));
  STREQ(heard(fd), "attrib/:d");
  OK(close(OK(open("w/d", O_RDONLY | O_DIRECTORY))));
  STREQ(heard(fd), "open/:d close/:d");
  OK(rename("w/d", "w/e"));
  STREQ(heard(fd), "moved-from/:d moved-to/:e");
  OK(rmdir("w/e"));
  STREQ(heard(fd), "delete/:e");
  OK(symlink("x", "w/l"));
  STREQ(heard(fd), "create:l");
  OK(mknod("w/p", S_IFIFO | 0600, 0));
  STREQ(heard(fd), "create:p");
  OK(chmod("w", 0700));
  STREQ(heard(fd), "attrib/");
  FAILS(EEXIST, mkdir("w/f", 0700));
  FAILS(EEXIST, symlink("x", "w/l"));
  FAILS(EEXIST, link("w/f", "w/l"));
  FAILS(ENOENT, unlink("w/none"));
  FAILS(ENOENT, rename("w/none", "w/f"));
  FAILS(ENOTDIR, rmdir("w/f"));
  FAILS(EINVAL, truncate("w/f", -1));
  STREQ(heard(fd), "");
  OK(rename("w", "u"));
  STREQ(heard(fd), "move-self");
  OK(unlink("u/l"));
  OK(unlink("u/p"));
  OK(unlink("u/f"));
  STREQ(heard(fd), "delete:l delete:p delete:f");
  OK(rmdir("u"));
  STREQ(heard(fd), "delete-self ignored");
  OK(rmdir("v"));
  OK(close(fd));
}

int main(void) {
  enter_scratch();
  umask(022);
  PART(lengths());
  STEP("lengths");
  PART(last_parts());
  STEP("the last part of a path");
  PART(renamed());
  STEP("renamed");
  PART(times());
  STEP("times");
  PART(modes());
  STEP("modes");
  if (!geteuid()) PART(strangers());
  STEP("another user");
  PART(listed());
  STEP("listed");
  PART(told());
  STEP("told");
  return 0;
}

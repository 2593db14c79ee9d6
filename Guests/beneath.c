// Directories and files are what they are, not where they are: what was removed is dead, what was moved is
// followed, and nothing that takes an old name is mistaken for what had it. GUEST_CANARY names a directory of the
// machine that no path of ours leads to, with a file "canary" in it.
#include "check.h"
#include <dirent.h>
#include <sys/wait.h>

static const char *canary;  // where the links lead that replace directories

static int open_dir(const char *path) { return OK(open(path, O_RDONLY | O_DIRECTORY)); }

static void touch(int dir, const char *name, const char *text) {
  int fd = OK(openat(dir, name, O_CREAT | O_RDWR | O_EXCL, 0644));
  EQ(write(fd, text, strlen(text)), strlen(text));
  OK(close(fd));
}

static void reads(int dir, const char *name, const char *text) {
  char found[64] = "";
  int fd = OK(openat(dir, name, O_RDONLY));
  CHECK(read(fd, found, sizeof found - 1) >= 0);
  OK(close(fd));
  STREQ(found, text);
}

// Nothing is in the directory, and nothing can be made there.
static void is_dead(int dir) {
  struct stat st;
  char text[8];
  struct timespec times[2] = {{1, 0}, {2, 0}};
  FAILS(ENOENT, openat(dir, "canary", O_RDONLY));
  FAILS(ENOENT, openat(dir, "made", O_CREAT | O_WRONLY, 0666));
  FAILS(ENOENT, openat(dir, "canary", O_PATH));
  FAILS(ENOENT, fstatat(dir, "canary", &st, 0));
  FAILS(ENOENT, fstatat(dir, "canary", &st, AT_SYMLINK_NOFOLLOW));
  FAILS(ENOENT, faccessat(dir, "canary", F_OK, 0));
  FAILS(ENOENT, readlinkat(dir, "canary", text, sizeof text));
  FAILS(ENOENT, fchmodat(dir, "canary", 0777, 0));
  FAILS(ENOENT, fchownat(dir, "canary", 0, 0, 0));
  FAILS(ENOENT, utimensat(dir, "canary", times, 0));
  FAILS(ENOENT, mkdirat(dir, "made", 0777));
  FAILS(ENOENT, symlinkat("x", dir, "made"));
  FAILS(ENOENT, mknodat(dir, "made", S_IFIFO | 0666, 0));
  FAILS(ENOENT, linkat(AT_FDCWD, "mine", dir, "made", 0));
  FAILS(ENOENT, linkat(dir, "canary", AT_FDCWD, "made", 0));
  FAILS(ENOENT, renameat(AT_FDCWD, "mine", dir, "made"));
  FAILS(ENOENT, renameat(dir, "canary", AT_FDCWD, "made"));
  FAILS(ENOENT, unlinkat(dir, "canary", 0));
  FAILS(ENOENT, unlinkat(dir, "canary", AT_REMOVEDIR));
  OK(fstat(dir, &st));
  EQ(st.st_nlink, 0);
  CHECK(S_ISDIR(st.st_mode));
  OK(lseek(dir, 0, SEEK_SET));
  FAILS(ENOENT, syscall(SYS_getdents64, dir, text, sizeof text));
}

static void removed(void) {
  touch(AT_FDCWD, "mine", "mine");
  OK(mkdir("d", 0755));
  int dir = open_dir("d");
  OK(rmdir("d"));
  is_dead(dir);
  // A link to somewhere else takes its name.
  OK(symlink(canary, "d"));
  is_dead(dir);
  OK(unlink("d"));
  OK(symlink("/", "d"));
  is_dead(dir);
  OK(unlink("d"));
  // So does another directory, which may be given its number.
  for (int i = 0; i < 8; i++) {
    struct stat old, new;
    OK(mkdir("d", 0755));
    touch(AT_FDCWD, "d/canary", "new");
    is_dead(dir);
    OK(fstat(dir, &old)), OK(stat("d", &new));
    CHECK(old.st_ino != new.st_ino);
    EQ(new.st_nlink, 2);
    OK(unlink("d/canary")), OK(rmdir("d"));
  }
  OK(close(dir));
  STEP("removed");
}

static void replaced(void) {
  OK(mkdir("a", 0755)), OK(mkdir("b", 0755));
  int a = open_dir("a"), b = open_dir("b");
  touch(b, "in b", "b");
  OK(rename("b", "a"));
  is_dead(a);
  reads(b, "in b", "b");
  reads(AT_FDCWD, "a/in b", "b");
  OK(unlink("a/in b"));
  OK(rmdir("a"));
  is_dead(b);
  OK(close(a)), OK(close(b));
  STEP("replaced");
}

static void working_directory(void) {
  char path[256];
  struct stat home, up;
  int back = open_dir(".");
  OK(fstat(back, &home));
  OK(mkdir("w", 0755));
  OK(chdir("w"));
  OK(rmdir("../w"));
  OK(symlinkat(canary, back, "w"));
  FAILS(ENOENT, open("canary", O_RDONLY));
  FAILS(ENOENT, open("made", O_CREAT | O_WRONLY, 0666));
  FAILS(ENOENT, syscall(SYS_getcwd, path, sizeof path));
  FAILS(ENOENT, execve("canary", (char *[]){"x", NULL}, NULL));
  OK(stat("..", &up));
  EQ(up.st_ino, home.st_ino);
  OK(chdir(".."));
  OK(unlink("w"));
  OK(close(back));
  STEP("working directory");
}

static void moved(void) {
  OK(mkdir("p", 0755)), OK(mkdir("p/q", 0755)), OK(mkdir("p/q/r", 0755)), OK(mkdir("s", 0755));
  int q = open_dir("p/q"), r = open_dir("p/q/r");
  struct stat st, up;
  OK(rename("p/q", "s/t"));
  OK(symlink(canary, "p/q"));
  touch(q, "x", "in t");
  touch(r, "y", "in r");
  reads(AT_FDCWD, "s/t/x", "in t");
  reads(AT_FDCWD, "s/t/r/y", "in r");
  FAILS(ENOENT, openat(q, "canary", O_RDONLY));
  OK(fstatat(q, "..", &st, 0)), OK(stat("s", &up));
  EQ(st.st_ino, up.st_ino);
  // Inside out: what was above lies below.
  OK(rename("s/t/r", "r"));
  OK(rename("s", "r/s"));
  OK(fstatat(q, "../..", &st, 0)), OK(fstat(r, &up));
  EQ(st.st_ino, up.st_ino);
  FAILS(EINVAL, rename("r", "r/s/t/r"));
  reads(q, "../../y", "in r");
  OK(unlink("r/s/t/x")), OK(unlink("r/y")), OK(rmdir("r/s/t")), OK(rmdir("r/s")), OK(rmdir("r"));
  is_dead(q);
  is_dead(r);
  OK(unlink("p/q")), OK(rmdir("p"));
  OK(close(q)), OK(close(r));
  STEP("moved");
}

// What is done to an open file is done to no other that has its name by now.
static void open_files(void) {
  struct stat old, new;
  struct timespec times[2] = {{1000, 0}, {2000, 0}};
  char self[64], text[16] = "";
  touch(AT_FDCWD, "a", "old");
  int fd = OK(open("a", O_RDWR)), path = OK(open("a", O_PATH));
  OK(unlink("a"));
  touch(AT_FDCWD, "a", "new!");
  OK(fchmod(fd, 0604));
  OK(futimens(fd, times));
  OK(fchown(fd, geteuid(), getegid()));
  OK(fstat(fd, &old)), OK(stat("a", &new));
  EQ(old.st_mode, S_IFREG | 0604); EQ(new.st_mode, S_IFREG | 0644);
  EQ(old.st_mtime, 2000);
  CHECK(new.st_mtime != 2000);
  EQ(old.st_nlink, 0); EQ(new.st_nlink, 1);
  CHECK(old.st_ino != new.st_ino);
  OK(fstat(path, &old));
  EQ(old.st_mode, S_IFREG | 0604);
  OK(ftruncate(fd, 2));
  OK(stat("a", &new));
  EQ(new.st_size, 4);
  sprintf(self, "/proc/self/fd/%d", path);
  int again = OK(open(self, O_RDWR));
  EQ(read(again, text, sizeof text), 2);
  STREQ(text, "ol");
  OK(close(again));
  OK(truncate(self, 1));
  OK(chmod(self, 0600));
  OK(fstat(fd, &old));
  EQ(old.st_size, 1);
  EQ(old.st_mode, S_IFREG | 0600);
  reads(AT_FDCWD, "a", "new!");
  // One that is replaced, and one that only changes its name.
  touch(AT_FDCWD, "b", "b");
  int b = OK(open("b", O_RDWR));
  OK(rename("a", "b"));
  OK(fchmod(b, 0640));
  OK(fstat(b, &old)), OK(stat("b", &new));
  EQ(old.st_nlink, 0); EQ(old.st_mode, S_IFREG | 0640); EQ(new.st_mode, S_IFREG | 0644);
  OK(close(b)), OK(close(fd)), OK(close(path));
  b = OK(open("b", O_RDWR));
  OK(rename("b", "c"));
  touch(AT_FDCWD, "b", "other");
  OK(fchmod(b, 0604));
  OK(stat("b", &new)), OK(stat("c", &old));
  EQ(new.st_mode, S_IFREG | 0644); EQ(old.st_mode, S_IFREG | 0604);
  OK(close(b));
  // Several names of one file.
  OK(link("c", "c1")), OK(link("c", "c2"));
  path = OK(open("c1", O_PATH));
  OK(unlink("c"));
  OK(unlink("c1"));
  OK(fstat(path, &old)), OK(stat("c2", &new));
  EQ(old.st_nlink, 1);
  EQ(old.st_ino, new.st_ino);
  OK(unlink("c2")), OK(unlink("b"));
  OK(fstat(path, &old));
  EQ(old.st_nlink, 0);
  OK(close(path));
  STEP("open files");
}

static void links(void) {
  char text[64] = "";
  struct stat st;
  OK(symlink("somewhere", "l"));
  int fd = OK(open("l", O_PATH | O_NOFOLLOW));
  OK(unlink("l"));
  OK(symlink("elsewhere", "l"));
  EQ(readlinkat(fd, "", text, sizeof text), 9);
  STREQ(text, "somewhere");
  OK(fstatat(fd, "", &st, AT_EMPTY_PATH));
  CHECK(S_ISLNK(st.st_mode));
  EQ(st.st_nlink, 0);
  OK(unlink("l"));
  OK(close(fd));
  STEP("links");
}

// More directories than a host keeps open.
static void many(void) {
  enum { COUNT = 160 };
  static int dirs[COUNT];
  char name[32];
  OK(mkdir("top", 0755));
  for (int i = 0; i < COUNT; i++) {
    sprintf(name, "top/%d", i);
    OK(mkdir(name, 0755));
    dirs[i] = OK(open(name, O_RDONLY | O_DIRECTORY));
  }
  OK(rename("top", "peak"));
  OK(symlink(canary, "top"));
  for (int i = 0; i < COUNT; i++) touch(dirs[i], "file", "x");
  for (int i = 0; i < COUNT; i++) {
    sprintf(name, "peak/%d/file", i);
    OK(unlink(name));
    FAILS(ENOENT, unlinkat(dirs[i], "file", 0));
    sprintf(name, "peak/%d", i);
    OK(rmdir(name));
    FAILS(ENOENT, openat(dirs[i], "file", O_CREAT | O_WRONLY, 0666));
  }
  for (int i = 0; i < COUNT; i++) OK(close(dirs[i]));
  OK(rmdir("peak")), OK(unlink("top"));
  STEP("many");
}

static void deep(void) {
  enum { DEPTH = 150 };
  int home = open_dir(".");
  for (int i = 0; i < DEPTH; i++) OK(mkdir("a-name-that-is-rather-long-for-one", 0755)), OK(chdir("a-name-that-is-rather-long-for-one"));
  touch(AT_FDCWD, "bottom", "deep");
  int below = open_dir(".");
  OK(fchdir(home));
  reads(below, "bottom", "deep");
  OK(unlinkat(below, "bottom", 0));
  OK(fchdir(below));
  for (int i = 0; i < DEPTH; i++) OK(chdir("..")), OK(rmdir("a-name-that-is-rather-long-for-one"));
  is_dead(below);
  OK(close(below)), OK(close(home));
  STEP("deep");
}

int main(void) {
  canary = getenv("GUEST_CANARY");
  if (!canary) canary = "/etc";
  umask(022);
  enter_scratch();
  PART(removed());
  PART(replaced());
  PART(working_directory());
  PART(moved());
  PART(open_files());
  PART(links());
  PART(many());
  PART(deep());
  OK(unlink("mine"));
  return 0;
}

// Names: hard links and counts, symbolic links and loops, rename with NOREPLACE and EXCHANGE, unlink of open files, rmdir.
#include "check.h"

static void put(const char *name, const char *text) {
  int fd = OK(open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  EQ(write(fd, text, strlen(text)), (long)strlen(text));
  OK(close(fd));
}
static const char *get(const char *name) {
  static char text[64];
  int fd = OK(open(name, O_RDONLY));
  text[OK(read(fd, text, 63))] = 0;
  OK(close(fd));
  return text;
}
static long links(const char *name) {
  struct stat st;
  OK(lstat(name, &st));
  return st.st_nlink;
}

int main(void) {
  enter_scratch();
  char text[300];
  put("a", "one");
  OK(link("a", "b"));
  EQ(links("a"), 2);
  put("b", "two");
  STREQ(get("a"), "two");
  OK(unlink("a"));
  EQ(links("b"), 1);
  FAILS(ENOENT, link("a", "c"));
  FAILS(EEXIST, link("b", "b"));
  OK(mkdir("d", 0700));
  FAILS(EPERM, link("d", "e"));
  FAILS(EISDIR, unlink("d"));
  FAILS(ENOTDIR, rmdir("b"));
  STEP("hard links");

  OK(symlink("b", "s"));
  EQ(readlink("s", text, sizeof text), 1);
  EQ(readlink("s", text, 1), 1);
  FAILS(EINVAL, readlink("s", text, 0));
  FAILS(EINVAL, readlinkat(AT_FDCWD, "missing", text, 0));
  FAILS(EINVAL, readlink("b", text, 10));
  STREQ(get("s"), "two");
  OK(linkat(AT_FDCWD, "s", AT_FDCWD, "s2", 0));
  EQ(links("s"), 2);
  OK(linkat(AT_FDCWD, "s", AT_FDCWD, "b2", AT_SYMLINK_FOLLOW));
  EQ(links("b"), 2);
  OK(symlink("loop2", "loop1"));
  OK(symlink("loop1", "loop2"));
  FAILS(ELOOP, open("loop1", O_RDONLY));
  FAILS(ELOOP, access("loop1/x", F_OK));
  char from[8] = "b", to[8];
  for (int i = 0; i < 41; i++) {
    snprintf(to, sizeof to, "c%d", i);
    OK(symlink(from, to));
    strcpy(from, to);
  }
  STREQ(get("c39"), "two");  // forty links deep is the limit
  FAILS(ELOOP, open("c40", O_RDONLY));
  FAILS(EEXIST, symlink("x", "s"));
  FAILS(ENOENT, symlink("", "empty"));
  OK(symlink("../", "d/up"));
  STREQ(get("d/up/d/up/s"), "two");
  OK(unlink("d/up"));
  STEP("symbolic links");

  put("x", "x");
  put("y", "y");
  OK(rename("x", "y"));
  STREQ(get("y"), "x");
  FAILS(ENOENT, rename("x", "z"));
  OK(rename("y", "y"));
  put("x", "new");
  FAILS(EEXIST, renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_NOREPLACE));
  OK(renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_EXCHANGE));
  STREQ(get("x"), "x");
  STREQ(get("y"), "new");
  OK(renameat2(AT_FDCWD, "x", AT_FDCWD, "z", RENAME_NOREPLACE));
  FAILS(ENOENT, renameat2(AT_FDCWD, "x", AT_FDCWD, "z", RENAME_EXCHANGE));
  FAILS(EINVAL, renameat2(AT_FDCWD, "y", AT_FDCWD, "z", RENAME_EXCHANGE | RENAME_NOREPLACE));
  OK(link("y", "y2"));
  OK(rename("y", "y2"));  // the same file: nothing happens
  EQ(links("y"), 2);
  STEP("rename");

  OK(mkdir("e", 0700));
  put("e/f", "inner");
  FAILS(ENOTEMPTY, rename("d", "e"));
  FAILS(EISDIR, rename("y", "d"));
  FAILS(ENOTDIR, rename("d", "y"));
  FAILS(EINVAL, rename("e", "e/sub"));
  OK(rename("e", "d"));
  STREQ(get("d/f"), "inner");
  OK(renameat2(AT_FDCWD, "d", AT_FDCWD, "z", RENAME_EXCHANGE));
  STREQ(get("z/f"), "inner");
  FAILS(ENOTEMPTY, rmdir("z"));
  FAILS(EINVAL, rmdir("z/."));
  FAILS(ENOENT, rmdir("missing"));
  FAILS(EEXIST, mkdir("z", 0700));
  FAILS(EEXIST, mkdir("s", 0700));
  FAILS(ENOENT, mkdir("no/sub", 0700));
  FAILS(ENOTDIR, mkdir("y/sub", 0700));
  STEP("directories");

  int fd = OK(open("z/f", O_RDWR));
  OK(unlink("z/f"));
  OK(rmdir("z"));
  EQ(write(fd, "still", 5), 5);
  EQ(pread(fd, text, 5, 0), 5);
  char self[40];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  text[OK(readlink(self, text, sizeof text - 1))] = 0;
  CHECK(strstr(text, "z/f (deleted)"));
  int again = OK(open(self, O_RDONLY));  // by way of /proc even a deleted file opens
  EQ(read(again, text, 5), 5);
  EQ(memcmp(text, "still", 5), 0);
  STEP("unlinked while open");

  static const char *rest[] = {"b", "b2", "s", "s2", "loop1", "loop2", "y", "y2", "d"};
  for (int i = 0; i < 9; i++) OK(unlink(rest[i]));
  for (int i = 0; i < 41; i++) {
    snprintf(to, sizeof to, "c%d", i);
    OK(unlink(to));
  }
  OK(chdir("/"));
  OK(rmdir(scratch_path));
  STEP("nothing left");
  return 0;
}

// How paths are read: dots, doubled and trailing slashes, long names, empty ones; getcwd, chdir, fchdir; access checks.
#include "check.h"
#include <limits.h>

// A directory that may be read and not entered.
static void closed(void) {
  if (!geteuid()) OK(setresuid(1000, 1000, 1000));
  int fd = OK(open("closed", O_RDONLY | O_DIRECTORY));
  FAILS(EACCES, chdir("closed"));
  FAILS(EACCES, fchdir(fd));
  FAILS(EACCES, access("closed/x", F_OK));
  FAILS(EACCES, openat(fd, "x", O_RDONLY));
  OK(close(fd));
}

int main(void) {
  enter_scratch();
  char cwd[PATH_MAX], want[PATH_MAX];
  OK(mkdir("d", 0700));
  OK(mkdir("d/e", 0700));
  OK(close(OK(open("d/f", O_CREAT | O_WRONLY, 0600))));
  OK(symlink("d", "l"));
  static const char *good[] = {"d/f", "./d/f", "d//f", "d/./f", "d/e/../f", ".//d/../d/e/.././f", "l/f", "l/e/../../d/f"};
  for (int i = 0; i < 8; i++) OK(access(good[i], R_OK | W_OK));
  static const char *dirs[] = {"d/", "d/.", "l/", "d/e/..", "d///", "/", "/..", "/../../.", "."};
  for (int i = 0; i < 9; i++) OK(close(OK(open(dirs[i], O_RDONLY | O_DIRECTORY))));
  FAILS(ENOTDIR, access("d/f/", F_OK));
  FAILS(ENOTDIR, access("d/f/.", F_OK));
  FAILS(ENOTDIR, access("d/f/..", F_OK));
  FAILS(ENOENT, access("d/x/../f", F_OK));
  FAILS(ENOENT, access("", F_OK));
  FAILS(EISDIR, open("new/", O_CREAT | O_WRONLY, 0600));
  OK(mkdir("new/", 0700));
  OK(rmdir("new/"));
  FAILS(ENOTDIR, rmdir("l/"));
  FAILS(ENOTDIR, unlink("d/f/"));
  STEP("dots and slashes");

  char name[300], path[5000];
  memset(name, 'n', sizeof name);
  name[255] = 0;
  OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600))));
  OK(unlink(name));
  name[255] = 'n', name[256] = 0;
  FAILS(ENAMETOOLONG, open(name, O_CREAT | O_WRONLY, 0600));
  FAILS(ENAMETOOLONG, access(name, F_OK));
  for (int i = 0; i < 4999; i++) path[i] = i % 2 ? '/' : '.';
  path[4094] = '.', path[4095] = 0;
  OK(access(path, F_OK));
  path[4095] = '/', path[4096] = 0;
  FAILS(ENAMETOOLONG, access(path, F_OK));
  STEP("long names");

  // Deeper than PATH_MAX, step by step.
  name[200] = 0;
  int depth = 0;
  for (; depth < 25; depth++) {
    OK(mkdir(name, 0700));
    OK(chdir(name));
  }
  errno = 0;
  long n = syscall(SYS_getcwd, cwd, sizeof cwd);
  CHECK(n == -1 && (errno == ERANGE || errno == ENAMETOOLONG));
  for (; depth; depth--) {
    OK(chdir(".."));
    OK(rmdir(name));
  }
  CHECK(getcwd(cwd, sizeof cwd));
  STREQ(cwd, scratch_path);
  FAILS(ERANGE, syscall(SYS_getcwd, cwd, 10));
  FAILS(EFAULT, syscall(SYS_getcwd, 8, 100));
  EQ(syscall(SYS_getcwd, cwd, sizeof cwd), (long)strlen(scratch_path) + 1);
  STEP("deeper than PATH_MAX and back");

  OK(chdir("l/e/.."));
  CHECK(getcwd(cwd, sizeof cwd));
  snprintf(want, sizeof want, "%s/d", scratch_path);
  STREQ(cwd, want);
  int fd = OK(open("e", O_RDONLY));
  OK(rename("e", "moved"));
  OK(fchdir(fd));
  CHECK(getcwd(cwd, sizeof cwd));
  snprintf(want, sizeof want, "%s/d/moved", scratch_path);
  STREQ(cwd, want);
  OK(rmdir("../moved"));
  FAILS(ENOENT, syscall(SYS_getcwd, cwd, sizeof cwd));
  FAILS(ENOENT, open("file", O_CREAT | O_WRONLY, 0600));
  FAILS(ENOENT, mkdir("sub", 0700));
  OK(close(OK(open(".", O_RDONLY))));
  OK(chdir(scratch_path));
  FAILS(ENOTDIR, chdir("d/f"));
  FAILS(ENOENT, chdir("x"));
  int file = OK(open("d/f", O_RDONLY));
  FAILS(ENOTDIR, fchdir(file));
  STEP("chdir, fchdir, a removed current directory");
  if (!geteuid()) {
    // Beneath another root it says that it cannot be reached from there.
    pid_t pid = OK(fork());
    if (!pid) {
      OK(mkdir("root", 0755));
      OK(chroot("root"));
      snprintf(want, sizeof want, "(unreachable)%s", scratch_path);
      EQ(syscall(SYS_getcwd, cwd, sizeof cwd), (long)strlen(want) + 1);
      STREQ(cwd, want);
      OK(chdir("root"));
      EQ(syscall(SYS_getcwd, cwd, sizeof cwd), 2);
      STREQ(cwd, "/");
      OK(chdir(".."));
      STREQ(getcwd(cwd, sizeof cwd), "/");
      _exit(0);
    }
    int status;
    EQ(OK(waitpid(pid, &status, 0)), pid);
    EQ(status, 0);
    OK(rmdir("root"));
  }
  STEP("a current directory outside of the root");

  OK(chmod("d/f", 0));
  if (geteuid()) FAILS(EACCES, access("d/f", R_OK));
  FAILS(EACCES, access("d/f", X_OK));
  OK(access("d/f", F_OK));
  OK(chmod("d/f", 0500));
  OK(access("d/f", X_OK));
  FAILS(EINVAL, access("d/f", 8));
  OK(faccessat(AT_FDCWD, "d/f", R_OK | X_OK, AT_EACCESS));
  long r = syscall(439, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW);  // faccessat2
  CHECK(r == 0 || errno == ENOSYS);
  OK(unlink("d/f")), OK(unlink("l")), OK(rmdir("d"));
  OK(chmod(".", 0755));
  OK(mkdir("closed", 0700));
  OK(chmod("closed", 0444));
  in_child(closed);
  OK(rmdir("closed"));
  STEP("access");
  return 0;
}

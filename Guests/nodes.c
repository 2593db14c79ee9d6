// Files without names and names without files: O_TMPFILE, unlinked files, device nodes, whiteouts, renames of all kinds.
#include "check.h"
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#ifndef RENAME_WHITEOUT
#define RENAME_WHITEOUT 4
#endif

static void temporary(void) {
  FAILS(EINVAL, open(".", O_TMPFILE | O_RDONLY, 0600));
  int fd = OK(open(".", O_TMPFILE | O_RDWR, 0640));
  EQ(write(fd, "bytes", 5), 5);
  char self[64];
  sprintf(self, "/proc/self/fd/%d", fd);
  OK(linkat(AT_FDCWD, self, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  FAILS(EEXIST, linkat(AT_FDCWD, self, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  OK(linkat(AT_FDCWD, self, AT_FDCWD, "twice", AT_SYMLINK_FOLLOW));
  struct stat st;
  OK(fstat(fd, &st));
  EQ(st.st_nlink, 2);
  EQ(st.st_mode & 0777, 0640);
  OK(unlink("named")), OK(unlink("twice"));
  // Having lost its names it gets none again.
  FAILS(ENOENT, linkat(AT_FDCWD, self, AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
  char text[8] = "";
  EQ(pread(fd, text, 8, 0), 5);
  STREQ(text, "bytes");
  OK(close(fd));
  // Private from the start.
  fd = OK(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
  sprintf(self, "/proc/self/fd/%d", fd);
  FAILS(ENOENT, linkat(AT_FDCWD, self, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  OK(close(fd));
  STEP("temporary files");
}

static void unlinked(void) {
  int fd = OK(open("gone", O_RDWR | O_CREAT, 0600));
  EQ(write(fd, "still", 5), 5);
  OK(unlink("gone"));
  EQ(write(fd, " here", 5), 5);
  OK(ftruncate(fd, 100));
  char text[16] = "", self[64];
  EQ(pread(fd, text, 10, 0), 10);
  STREQ(text, "still here");
  struct stat st;
  OK(fstat(fd, &st));
  EQ(st.st_nlink, 0);
  EQ(st.st_size, 100);
  sprintf(self, "/proc/self/fd/%d", fd);
  int again = OK(open(self, O_RDWR));
  EQ(pwrite(again, "S", 1, 0), 1);
  EQ(pread(fd, text, 5, 0), 5);
  CHECK(!memcmp(text, "Still", 5));
  OK(close(again)), OK(close(fd));
  // A directory that is gone, and the way out of it.
  OK(mkdir("dir", 0700));
  int home = OK(open(".", O_RDONLY | O_DIRECTORY));
  OK(chdir("dir"));
  OK(rmdir("../dir"));
  char path[64];
  FAILS(ENOENT, getcwd(path, sizeof path) ? 0 : -1);
  FAILS(ENOENT, open("new", O_CREAT | O_RDWR, 0600));
  FAILS(ENOENT, mkdir("new", 0700));
  OK(stat(".", &st));
  EQ(st.st_nlink, 0);
  OK(fchdir(home));
  OK(close(home));
  STEP("unlinked");
}

static void devices(void) {
  struct stat st;
  umask(027);
  OK(mknod("plain", S_IFREG | 0666, 0));
  OK(stat("plain", &st));
  EQ(st.st_mode, S_IFREG | 0640);
  OK(unlink("plain"));
  umask(0);
  if (!is_host_root()) return;
  OK(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
  OK(stat("null", &st));
  EQ(st.st_mode, S_IFCHR | 0666);
  EQ(st.st_rdev, makedev(1, 3));
  int fd = OK(open("null", O_RDWR));
  char c;
  EQ(write(fd, "x", 1), 1);
  EQ(read(fd, &c, 1), 0);
  OK(close(fd));
  OK(mknod("none", S_IFBLK | 0600, makedev(240, 7)));
  FAILS(ENXIO, open("none", O_RDONLY));
  OK(stat("none", &st));
  EQ(st.st_rdev, makedev(240, 7));
  FAILS(EINVAL, mknod("bad", S_IFLNK | 0600, 0));
  FAILS(EPERM, mknod("bad", S_IFDIR | 0600, 0));
  OK(unlink("null")), OK(unlink("none"));
  OK(chmod(".", 0777));
  pid_t pid = OK(fork());
  if (pid == 0) {
    OK(setresuid(1000, 1000, 1000));
    FAILS(EPERM, mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    OK(mknod("white", S_IFCHR | 0666, makedev(0, 0)));  // a whiteout harms nobody
    OK(unlink("white"));
    _exit(0);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  STEP("devices");
}

static int move(const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void renames(void) {
  struct stat st;
  OK(close(OK(open("a", O_CREAT | O_RDWR, 0600))));
  OK(mkdir("d", 0700));
  FAILS(EINVAL, move("a", "b", 8));
  FAILS(EINVAL, move("a", "b", RENAME_WHITEOUT | 2));
  FAILS(EINVAL, move("a", "b", 1 | 2));
  FAILS(EEXIST, move("a", "d", 1));
  OK(move("a", "d", 2));
  OK(stat("a", &st));
  CHECK(S_ISDIR(st.st_mode));
  OK(move("a", "d", 2));
  OK(mkdir("d/e", 0700));
  FAILS(EINVAL, move("d", "d/e/f", 0));
  FAILS(EINVAL, move("d", "d/e", 2));
  FAILS(EISDIR, move("a", "d", 0));
  FAILS(ENOTDIR, move("d", "a", 0));
  OK(mkdir("full", 0700));
  OK(mkdir("full/x", 0700));
  FAILS(ENOTEMPTY, move("d", "full", 0));
  OK(rmdir("full/x"));
  OK(move("d", "full", 0));  // an empty one gives way
  OK(stat("full/e", &st));
  OK(stat("full", &st));
  EQ(st.st_nlink, 3);
  FAILS(EBUSY, move("full/.", "z", 0));
  FAILS(ENOTDIR, move("a/", "z", 0));
  // Where the filesystem has whiteouts, one is left behind.
  if (move("a", "b", RENAME_WHITEOUT) == 0) {
    OK(lstat("a", &st));
    EQ(st.st_mode & S_IFMT, S_IFCHR);
    EQ(st.st_rdev, 0);
    OK(unlink("a"));
    OK(rename("b", "a"));
  } else {
    EQ(errno, EINVAL);
  }
  // Those in memory have them.
  struct statfs filesystem;
  char from[64], to[64];
  snprintf(from, sizeof from, "/dev/shm/nodes.%d", getpid());
  snprintf(to, sizeof to, "/dev/shm/nodes.%d.to", getpid());
  if (statfs("/dev/shm", &filesystem) == 0 && filesystem.f_type == 0x01021994 && access("/dev/shm", W_OK) == 0) {
    OK(close(OK(open(from, O_CREAT | O_EXCL | O_WRONLY, 0600))));
    OK(move(from, to, RENAME_WHITEOUT));
    OK(lstat(from, &st));
    EQ(st.st_mode & S_IFMT, S_IFCHR);
    EQ(st.st_rdev, 0);
    OK(lstat(to, &st));
    EQ(st.st_mode, S_IFREG | 0600);
    OK(unlink(from)), OK(unlink(to));
  }
  OK(unlink("a")), OK(rmdir("full/e")), OK(rmdir("full"));
  STEP("renames");
}

// The mask counts for all that makes files, but for links.
static void masks(void) {
  mode_t mask = umask(027);
  struct sockaddr_un address = {AF_UNIX, "socket"};
  int own = OK(socket(AF_UNIX, SOCK_STREAM, 0)), datagrams = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
  OK(bind(own, (void *)&address, sizeof address));
  strcpy(address.sun_path, "datagrams");
  OK(fchmod(datagrams, 0111));
  OK(bind(datagrams, (void *)&address, sizeof address));
  OK(close(own)), OK(close(datagrams));
  OK(mknod("fifo", S_IFIFO | 0777, 0));
  OK(mknod("file", S_IFREG | 06777, 0));
  OK(mkfifo("second", 0666));
  OK(mkdir("folder", 01777));
  OK(close(OK(open("opened", O_CREAT | O_WRONLY, 07777))));
  OK(symlink("file", "link"));
  OK(link("opened", "again"));
  int unnamed = OK(open(".", O_TMPFILE | O_RDWR, 0777));
  struct stat status;
  OK(fstat(unnamed, &status));
  EQ(status.st_mode, S_IFREG | 0750);
  OK(close(unnamed));
  umask(mask);
  static const struct { const char *name; mode_t mode; } made[] = {
    {"socket", S_IFSOCK | 0750}, {"fifo", S_IFIFO | 0750}, {"file", S_IFREG | 06750}, {"second", S_IFIFO | 0640}, {"folder", S_IFDIR | 01750},
    {"opened", S_IFREG | 07750}, {"link", S_IFLNK | 0777}, {"again", S_IFREG | 07750}, {"datagrams", S_IFSOCK | 0110},
  };
  for (unsigned i = 0; i < sizeof made / sizeof *made; i++) {
    OK(lstat(made[i].name, &status));
    if (status.st_mode != made[i].mode) fail_at(__FILE__, __LINE__, "%s is %o, not %o", made[i].name, status.st_mode, made[i].mode);
    if (S_ISDIR(status.st_mode)) OK(rmdir(made[i].name)); else OK(unlink(made[i].name));
  }
  STEP("masks");
}

int main(void) {
  enter_scratch();
  PART(temporary());
  PART(unlinked());
  PART(devices());
  PART(renames());
  PART(masks());
  return 0;
}

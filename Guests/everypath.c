// Every kind of name by every call that takes a path: what each answers, for 26 names of what is there, of what is not, and of what is not
// looked at.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

static const struct table expected[] = {
  {"file",
   "0 0 0 0 ACCES 0 INVAL 0 0 0 0 NOTDIR 0 0 0 NOTDIR 0 0 NOTDIR INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 NOTDIR "
   "0 ACCES NOTDIR CONNREFUSED BADF"},
  {"changed: file",
   "0 0 0 0 0 0 0 0 NODATA NODATA 0 0 EXIST 0 EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 32768 0 32768 "
   "NOENT 0 0 NOTDIR 0 32768 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 32768 NOTDIR 0 40960 EXIST 0 32768 0 XDEV"},
  {"program",
   "0 0 0 0 0 0 INVAL 0 0 0 0 NOTDIR 0 0 0 NOTDIR 0 0 NOTDIR INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 NOTDIR 0 "
   "NOEXEC NOTDIR CONNREFUSED BADF"},
  {"changed: program",
   "0 0 0 0 0 0 0 0 NODATA NODATA 0 0 EXIST 0 EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 32768 0 32768 "
   "NOENT 0 0 NOTDIR 0 32768 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 32768 NOTDIR 0 40960 EXIST 0 32768 0 XDEV"},
  {"fifo",
   "0 0 0 0 ACCES 0 INVAL 0 0 NXIO 0 NOTDIR 0 0 0 NOTDIR 0 0 NOTDIR INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 "
   "NOTDIR 0 ACCES NOTDIR CONNREFUSED BADF"},
  {"changed: fifo",
   "0 0 0 0 0 INVAL PERM PERM PERM PERM NXIO 0 EXIST 0 EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 4096 0 "
   "4096 NOENT 0 0 NOTDIR 0 4096 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 4096 NOTDIR 0 40960 EXIST 0 4096 0 XDEV"},
  {"socket",
   "0 0 0 0 ACCES 0 INVAL 0 NXIO NXIO NXIO NOTDIR NXIO 0 0 NOTDIR NXIO NXIO NOTDIR INVAL 0 0 0 0 0 NODATA NODATA 0 0 "
   "OPNOTSUPP 0 NOTDIR 0 ACCES NOTDIR CONNREFUSED BADF"},
  {"changed: socket",
   "0 0 0 0 0 INVAL PERM PERM PERM PERM NXIO NXIO EXIST NXIO EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 "
   "49152 0 49152 NOENT 0 0 NOTDIR 0 49152 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 49152 NOTDIR 0 40960 EXIST 0 49152 0 "
   "XDEV"},
  {"d",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: d",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR EXIST ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT ISDIR 16384 NOTEMPTY 0 16384 0 0 NOTDIR 0 0 ISDIR 16384 NOTEMPTY 16384 0 ISDIR 16384 EXIST 0 16384 "
   "0 XDEV"},
  {"empty",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: empty",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR EXIST ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT ISDIR 16384 0 0 16384 0 0 NOTDIR 0 NOTEMPTY ISDIR 16384 0 16384 0 ISDIR 16384 EXIST 0 16384 0 XDEV"},
  {"d/",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: d/",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR ISDIR ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT ISDIR 16384 NOTEMPTY 0 16384 0 0 NOTDIR 0 0 NOTDIR 16384 NOTEMPTY 16384 0 NOTDIR 16384 EXIST 0 "
   "16384 0 XDEV"},
  {"empty/",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: empty/",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR ISDIR ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT ISDIR 16384 0 0 16384 0 0 NOTDIR 0 NOTEMPTY NOTDIR 16384 0 16384 0 NOTDIR 16384 EXIST 0 16384 0 "
   "XDEV"},
  {".",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: .",
   "0 0 0 0 0 ISDIR 0 0 0 0 ISDIR ISDIR EXIST ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM 0 PERM 0 "
   "NOENT ISDIR 16384 INVAL BUSY 0 BUSY BUSY BUSY BUSY BUSY BUSY 16384 BUSY 16384 BUSY BUSY 16384 EXIST BUSY 32768 "
   "BUSY XDEV"},
  {"d/.",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: d/.",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR EXIST ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT ISDIR 16384 INVAL BUSY 0 BUSY BUSY BUSY BUSY BUSY BUSY 16384 BUSY 16384 BUSY BUSY 16384 EXIST BUSY "
   "32768 BUSY XDEV"},
  {"d/..",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: d/..",
   "0 0 0 0 0 ISDIR 0 0 0 0 ISDIR ISDIR EXIST ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM 0 PERM 0 "
   "NOENT ISDIR 16384 NOTEMPTY BUSY 0 BUSY BUSY BUSY BUSY BUSY BUSY 16384 BUSY 16384 BUSY BUSY 16384 EXIST BUSY 32768 "
   "BUSY XDEV"},
  {"/",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL 0 XDEV 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED 0"},
  {"to-file",
   "0 0 0 0 ACCES 0 4 0 0 0 0 NOTDIR LOOP 0 0 NOTDIR 0 0 NOTDIR INVAL LOOP 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 "
   "NOTDIR 0 ACCES NOTDIR CONNREFUSED BADF"},
  {"changed: to-file",
   "0 0 0 0 0 0 0 PERM NODATA NODATA 0 0 EXIST LOOP EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 40960 0 "
   "32768 NOENT 0 0 NOTDIR 0 40960 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 40960 NOTDIR 0 40960 EXIST 0 40960 0 XDEV"},
  {"to-d",
   "0 0 0 0 0 0 1 0 0 ISDIR ISDIR 0 LOOP 0 0 0 0 0 0 INVAL LOOP 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: to-d",
   "0 0 0 0 0 ISDIR 0 PERM NODATA NODATA ISDIR ISDIR EXIST LOOP EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 "
   "40960 PERM 0 NOENT 0 0 NOTDIR 0 40960 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 40960 NOTDIR 0 40960 EXIST 0 40960 0 "
   "XDEV"},
  {"to-d/",
   "0 0 0 0 0 0 INVAL 0 0 ISDIR ISDIR 0 0 0 0 0 0 0 0 INVAL LOOP 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 0 0 ACCES 0 "
   "CONNREFUSED BADF"},
  {"changed: to-d/",
   "0 0 0 0 0 ISDIR 0 0 NODATA NODATA ISDIR ISDIR ISDIR ISDIR EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST PERM "
   "0 PERM 0 NOENT NOTDIR 16384 NOTDIR NOTDIR 0 NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR 16384 NOTDIR 16384 NOTDIR "
   "NOTDIR 16384 EXIST NOTDIR 32768 NOTDIR XDEV"},
  {"to-none",
   "NOENT 0 NOENT NOENT NOENT 0 4 NOENT NOENT NOENT NOENT NOENT LOOP NOENT 0 NOENT NOENT NOENT NOENT INVAL LOOP NOENT "
   "NOENT NOENT NOENT NOENT NODATA NOENT 0 NOENT NOENT NOENT 0 NOENT NOENT NOENT BADF"},
  {"changed: to-none",
   "NOENT NOENT 0 NOENT 0 NOENT NOENT PERM NOENT NOENT NOENT 0 EXIST LOOP EXIST EXIST EXIST PERM EXIST ADDRINUSE "
   "EXIST EXIST 0 40960 NOENT 0 NOENT 0 0 NOTDIR 0 40960 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 40960 NOTDIR 0 40960 "
   "EXIST 0 40960 0 XDEV"},
  {"to-none/",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT "
   "INVAL LOOP NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT BADF"},
  {"changed: to-none/",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT ISDIR ISDIR ISDIR EXIST EXIST EXIST PERM EXIST "
   "ADDRINUSE EXIST EXIST NOENT 0 NOENT 0 NOENT NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR 0 "
   "NOTDIR 0 NOTDIR NOTDIR 0 EXIST NOTDIR 32768 NOTDIR XDEV"},
  {"loop",
   "LOOP 0 LOOP LOOP LOOP 0 4 LOOP LOOP LOOP LOOP LOOP LOOP LOOP 0 LOOP LOOP LOOP LOOP INVAL LOOP LOOP LOOP LOOP LOOP "
   "LOOP NODATA LOOP 0 LOOP LOOP LOOP 0 LOOP LOOP LOOP BADF"},
  {"changed: loop",
   "LOOP LOOP 0 LOOP 0 LOOP LOOP PERM LOOP LOOP LOOP LOOP EXIST LOOP EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST "
   "EXIST 0 40960 LOOP 0 NOENT 0 0 NOTDIR 0 40960 NOTDIR 0 0 ISDIR ISDIR 0 32768 NOTDIR 40960 NOTDIR 0 40960 EXIST 0 "
   "40960 0 XDEV"},
  {"to-d/l",
   "0 0 0 0 ACCES 0 7 0 0 0 0 NOTDIR LOOP 0 0 NOTDIR 0 0 NOTDIR INVAL LOOP 0 0 0 0 NODATA NODATA 0 0 OPNOTSUPP 0 "
   "NOTDIR 0 ACCES NOTDIR CONNREFUSED BADF"},
  {"changed: to-d/l",
   "0 0 0 0 0 0 0 PERM NODATA NODATA 0 0 EXIST LOOP EXIST EXIST EXIST PERM EXIST ADDRINUSE EXIST EXIST 0 40960 0 "
   "32768 NOENT 0 0 NOTDIR 0 40960 NOTDIR 0 0 ISDIR NOTEMPTY 0 32768 NOTDIR 40960 INVAL 0 40960 EXIST 0 40960 INVAL "
   "XDEV"},
  {"",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT "
   "INVAL NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT CONNREFUSED NOENT"},
  {"changed: ",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT PERM NOENT "
   "0 NOENT NOENT NOENT 0 NOENT 0 NOENT NOENT 0 NOENT NOENT 0 NOENT NOENT NOENT NOENT NOENT NOENT 0 NOENT 0 NOENT "
   "NOENT 0 NOENT NOENT 32768 NOENT NOENT"},
  {"none",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT "
   "INVAL NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT BADF"},
  {"changed: none",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT 0 0 0 0 0 0 PERM 0 0 0 PERM NOENT 0 NOENT 0 "
   "NOENT NOENT 0 NOENT NOENT 0 NOENT NOENT NOENT NOENT NOENT 0 32768 0 16384 0 0 40960 0 NOENT 32768 NOENT XDEV"},
  {"none/",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT "
   "INVAL NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT BADF"},
  {"changed: none/",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT ISDIR ISDIR ISDIR 0 NOENT NOENT PERM NOENT "
   "NOENT NOENT NOENT NOENT 0 NOENT 0 NOENT NOENT 0 NOENT NOENT 0 NOENT NOENT NOENT NOENT NOENT NOTDIR 0 0 16384 0 "
   "NOTDIR 0 NOTDIR NOENT 32768 NOENT XDEV"},
  {"none/x",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT "
   "INVAL NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT BADF"},
  {"changed: none/x",
   "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT PERM NOENT "
   "NOENT NOENT NOENT NOENT 0 NOENT 0 NOENT NOENT 0 NOENT NOENT 0 NOENT NOENT NOENT NOENT NOENT NOENT 0 NOENT 0 NOENT "
   "NOENT 0 NOENT NOENT 32768 NOENT NOENT"},
  {"file/",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR INVAL NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR NOTDIR BADF"},
  {"changed: file/",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR ISDIR ISDIR ISDIR EXIST EXIST EXIST "
   "PERM EXIST ADDRINUSE EXIST EXIST NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 EXIST NOTDIR 32768 NOTDIR XDEV"},
  {"file/x",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR INVAL NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR NOTDIR BADF"},
  {"changed: file/x",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR PERM NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR 32768 NOTDIR NOTDIR"},
  {"to-file/x",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR INVAL LOOP NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR NOTDIR BADF"},
  {"changed: to-file/x",
   "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR "
   "NOTDIR PERM NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR NOTDIR "
   "NOTDIR NOTDIR NOTDIR 0 NOTDIR 0 NOTDIR NOTDIR 0 NOTDIR NOTDIR 32768 NOTDIR NOTDIR"},
  {NULL, NULL}};

static char text[4096];
static int here;

// Whatever it is.
static void drop(const char *path) {
  if (!unlink(path) || errno != EISDIR || !rmdir(path)) return;
  for (const char *inner = "efl"; *inner; inner++) {
    char below[64];
    snprintf(below, sizeof below, "%s/%c", path, *inner);
    if (unlink(below) && errno == EISDIR) OK(rmdir(below));
  }
  OK(rmdir(path));
}
static void tidy(void) {
  static const char *const names[] = {"file", "program", "d", "empty", "fifo", "socket", "to-file", "to-d", "to-none", "loop", "new", "none"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) drop(names[i]);
}
static void lay_out(void) {
  tidy();
  OK(close(OK(open("file", O_CREAT | O_RDWR, 0640))));
  OK(truncate("file", 3));
  OK(close(OK(open("program", O_CREAT | O_RDWR, 0755))));
  OK(mkdir("d", 0750));
  OK(mkdir("d/e", 0755));
  OK(mkdir("empty", 0755));
  OK(close(OK(open("d/f", O_CREAT | O_RDWR, 0600))));
  OK(mkfifo("fifo", 0600));
  OK(mknod("socket", S_IFSOCK | 0600, 0));
  OK(symlink("file", "to-file"));
  OK(symlink("d", "to-d"));
  OK(symlink("none", "to-none"));
  OK(symlink("loop", "loop"));
  OK(symlink("../file", "d/l"));
}

static long closed(long fd) { return fd < 0 ? -1 : close(fd); }
static long open_by(const char *path, int flags) { return closed(open(path, flags | O_NONBLOCK | O_NOCTTY, 0600)); }
static long resolved(const char *path, int resolve) {
  struct open_how how = {.flags = O_PATH, .resolve = resolve};
  return closed(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}
static long watched(int set, const char *path, unsigned mask) {
  long r = inotify_add_watch(set, path, mask);
  return r < 0 ? r : inotify_rm_watch(set, r);
}
static long named(const char *path, int type, int (*call)(int, const struct sockaddr *, socklen_t)) {
  struct sockaddr_un name = {AF_UNIX, ""};
  strcpy(name.sun_path, path);
  int s = OK(socket(AF_UNIX, type, 0));
  long r = call(s, (struct sockaddr *)&name, sizeof name);
  int error = errno;
  close(s);
  errno = error;
  return r;
}
static long connected(const char *path, int type) { return named(path, type, connect); }
static long bound(const char *path) { return named(path, SOCK_STREAM, bind); }

static void looks(const char *path) {
  struct stat status;
  struct statfs filesystem;
  int set = OK(inotify_init1(0));
  TRY(stat(path, &status));
  TRY(lstat(path, &status));
  TRY(access(path, F_OK));
  TRY(access(path, R_OK | W_OK));
  TRY(access(path, X_OK));
  TRY(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW));
  TRY(readlink(path, text, sizeof text));
  TRY(statfs(path, &filesystem));
  TRY(open_by(path, O_RDONLY));
  TRY(open_by(path, O_WRONLY));
  TRY(open_by(path, O_RDWR));
  TRY(open_by(path, O_RDONLY | O_DIRECTORY));
  TRY(open_by(path, O_RDONLY | O_NOFOLLOW));
  TRY(open_by(path, O_PATH));
  TRY(open_by(path, O_PATH | O_NOFOLLOW));
  TRY(open_by(path, O_PATH | O_DIRECTORY));
  TRY(open_by(path, O_RDONLY | O_EXCL));
  TRY(open_by(path, O_RDONLY | O_APPEND));
  TRY(open_by(path, O_TMPFILE | O_RDWR));
  TRY(open_by(path, O_TMPFILE | O_RDONLY));
  TRY(resolved(path, RESOLVE_NO_SYMLINKS));
  TRY(resolved(path, RESOLVE_BENEATH));
  TRY(resolved(path, RESOLVE_IN_ROOT));
  TRY(resolved(path, RESOLVE_NO_XDEV));
  TRY(resolved(path, RESOLVE_NO_MAGICLINKS));
  TRY(getxattr(path, "user.x", text, 10));
  TRY(lgetxattr(path, "user.x", text, 10));
  TRY(listxattr(path, text, 0));
  TRY(llistxattr(path, text, 0));
  TRY(getxattr(path, "none.x", text, 10));
  TRY(watched(set, path, IN_ALL_EVENTS));
  TRY(watched(set, path, IN_OPEN | IN_ONLYDIR));
  TRY(watched(set, path, IN_OPEN | IN_DONT_FOLLOW));
  TRY(syscall(SYS_execve, path, NULL, NULL));
  TRY(chdir(path) == 0 ? fchdir(here) : -1);
  TRY(connected(path, SOCK_STREAM));
  TRY(syscall(SYS_openat, 99, path, O_PATH) < 0 ? -1 : 0);
  OK(close(set));
}

static void changes(const char *path) {
  struct stat status;
  // What fails has changed nothing.
#define FRESH(call) \
  do { if (!strcmp(row.words[row.count ? row.count - 1 : 0], "0") || shown) lay_out(); \
       shown = 0; TRY(call); } while (0)
#define SHOW_TYPE(of) do { int there = !lstat(of, &status); shown = there; SHOW(there ? status.st_mode & S_IFMT : 0); } while (0)
  int shown = 0;
  FRESH(chmod(path, 0711));
  FRESH(chown(path, -1, -1));
  FRESH(lchown(path, getuid(), getgid()));
  FRESH(utimensat(AT_FDCWD, path, NULL, 0));
  FRESH(utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW));
  FRESH(truncate(path, 1));
  FRESH(setxattr(path, "user.x", "y", 1, 0));
  FRESH(lsetxattr(path, "user.x", "y", 1, 0));
  FRESH(setxattr(path, "user.x", "y", 1, XATTR_REPLACE));
  FRESH(removexattr(path, "user.x"));
  FRESH(open_by(path, O_WRONLY | O_TRUNC));
  FRESH(open_by(path, O_CREAT | O_RDWR));
  FRESH(open_by(path, O_CREAT | O_EXCL | O_RDWR));
  FRESH(open_by(path, O_CREAT | O_RDWR | O_NOFOLLOW));
  FRESH(mkdir(path, 0700));
  FRESH(mknod(path, S_IFREG | 0600, 0));
  FRESH(mknod(path, S_IFIFO | 0600, 0));
  FRESH(mknod(path, S_IFDIR | 0600, 0));
  FRESH(symlink("x", path));
  FRESH(bound(path));
  FRESH(link("file", path));
  FRESH(link("d", path));
  FRESH(link(path, "new"));
  SHOW_TYPE("new");
  FRESH(linkat(AT_FDCWD, path, AT_FDCWD, "new", AT_SYMLINK_FOLLOW));
  SHOW_TYPE("new");
  FRESH(link(path, "none/new"));
  FRESH(unlink(path));
  SHOW_TYPE(path);
  FRESH(rmdir(path));
  FRESH(rename(path, "new"));
  SHOW_TYPE("new");
  FRESH(rename(path, "new/"));
  FRESH(rename(path, path));
  FRESH(rename(path, "program"));
  FRESH(rename(path, "empty"));
  FRESH(rename(path, "d"));
  FRESH(rename("file", path));
  SHOW_TYPE(path);
  FRESH(rename("empty", path));
  SHOW_TYPE(path);
  FRESH(rename("d", path));
  FRESH(rename("to-file", path));
  SHOW_TYPE(path);
  FRESH(syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, path, RENAME_NOREPLACE));
  FRESH(syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, path, RENAME_EXCHANGE));
  SHOW_TYPE("file");
  FRESH(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, "d", RENAME_EXCHANGE));
  FRESH(rename(path, "/dev/null"));
}

static void name(const char *path) {
  begin_row(path);
  lay_out();
  looks(path);
  END_ROW(expected);
  if (!strcmp(path, "/")) return;
  char title[512];
  snprintf(title, sizeof title, "changed: %s", path);
  begin_row(title);
  changes(path);
  END_ROW(expected);
  lay_out();
}

int main(void) {
  enter_scratch();
  here = OK(open(".", O_RDONLY | O_DIRECTORY));
  umask(0);
  name("file");
  name("program");
  name("fifo");
  name("socket");
  STEP("files");
  name("d");
  name("empty");
  name("d/");
  name("empty/");
  name(".");
  name("d/.");
  name("d/..");
  name("/");
  STEP("directories");
  name("to-file");
  name("to-d");
  name("to-d/");
  name("to-none");
  name("to-none/");
  name("loop");
  name("to-d/l");
  STEP("links");
  name("");
  name("none");
  name("none/");
  name("none/x");
  name("file/");
  name("file/x");
  name("to-file/x");
  STEP("what there is not");
  tidy();
  return 0;
}

// Files: holes, times of mapped files, locks that a mapping keeps, /proc/locks, vmsplice, tee, owners of pipes, names
// of what is gone.
#include "check.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static char *slurp(const char *path) {
  static char text[65536];
  int file = OK(open(path, O_RDONLY)), length = 0, count;
  while ((count = read(file, text + length, sizeof text - 1 - length)) > 0) length += count;
  text[length] = 0;
  close(file);
  return text;
}

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE };

static void holes(void) {
  int file = OK(open("holes", O_CREAT | O_RDWR, 0600));
  OK(ftruncate(file, 1 << 20));
  EQ(pwrite(file, "x", 1, 256 * 1024), 1);
  EQ(lseek(file, 0, SEEK_DATA), 256 * 1024);
  EQ(lseek(file, 0, SEEK_HOLE), 0);
  EQ(lseek(file, 256 * 1024 + 10, SEEK_DATA), 256 * 1024 + 10);
  off_t end = OK(lseek(file, 256 * 1024, SEEK_HOLE));
  CHECK(end > 256 * 1024 && end <= 320 * 1024);
  FAILS(ENXIO, lseek(file, end, SEEK_DATA));
  FAILS(ENXIO, lseek(file, 1 << 20, SEEK_HOLE));
  static char full[32 * PAGE];
  memset(full, 'f', sizeof full);
  EQ(pwrite(file, full, sizeof full, 512 * 1024), sizeof full);
  OK(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 512 * 1024 + 16 * PAGE, 8 * PAGE));
  EQ(lseek(file, 512 * 1024, SEEK_HOLE), 512 * 1024 + 16 * PAGE);
  EQ(lseek(file, 512 * 1024 + 16 * PAGE, SEEK_DATA), 512 * 1024 + 24 * PAGE);
  close(file);
  OK(unlink("holes"));
}

int main(void) {
  enter_scratch();

  struct statfs filesystem;
  OK(statfs(".", &filesystem));
  // 9p takes all of a file for data, and leaves times of access to the server.
  int is_9p = filesystem.f_type == 0x01021997;
  if (!is_9p) holes();
  STEP("holes");

  struct stat before, after;
  int file = OK(open("times", O_CREAT | O_RDWR, 0600));
  OK(ftruncate(file, 4 * PAGE));
  struct timespec past[2] = {{1000, 0}, {1000, 0}};
  OK(futimens(file, past));
  char *map = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, file, 0);
  CHECK(map != MAP_FAILED);
  OK(fstat(file, &before));
  EQ(before.st_mtime, 1000);
  CHECK(is_9p || before.st_atime > 1000);
  map[PAGE] = 1;
  OK(msync(map, 4 * PAGE, MS_SYNC));
  OK(fstat(file, &after));
  CHECK(after.st_mtime > 1000 && after.st_ctime >= before.st_ctime);
  OK(futimens(file, past));
  map[2 * PAGE] = 1;
  OK(msync(map, 4 * PAGE, MS_SYNC));
  OK(fstat(file, &after));
  CHECK(after.st_mtime > 1000);
  OK(munmap(map, 4 * PAGE));
  close(file);
  OK(unlink("times"));
  STEP("times of a mapped file");

  file = OK(open("locked", O_CREAT | O_RDWR, 0600));
  OK(ftruncate(file, PAGE));
  int other = OK(open("locked", O_RDWR));
  OK(flock(file, LOCK_EX));
  FAILS(EWOULDBLOCK, flock(other, LOCK_EX | LOCK_NB));
  map = mmap(NULL, PAGE, RW, MAP_SHARED, file, 0);
  CHECK(map != MAP_FAILED);
  struct stat status;
  OK(fstat(file, &status));
  char line[128], path[64];
  snprintf(line, sizeof line, "FLOCK  ADVISORY  WRITE %d ", getpid());
  CHECK(strstr(slurp("/proc/locks"), line));
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
  CHECK(strstr(slurp(path), "lock:\t1: FLOCK  ADVISORY  WRITE "));
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", other);
  CHECK(!strstr(slurp(path), "lock:"));
  close(file);
  FAILS(EWOULDBLOCK, flock(other, LOCK_EX | LOCK_NB));
  OK(munmap(map, PAGE));
  OK(flock(other, LOCK_EX | LOCK_NB));
  OK(flock(other, LOCK_UN));
  struct flock range = {.l_type = F_RDLCK, .l_start = 10, .l_len = 5};
  OK(fcntl(other, F_SETLK, &range));
  snprintf(line, sizeof line, ":%lu 10 14\n", (unsigned long)status.st_ino);
  CHECK(strstr(slurp("/proc/locks"), line));
  CHECK(strstr(slurp(path), line) && strstr(slurp(path), "POSIX  ADVISORY  READ "));
  close(other);
  OK(unlink("locked"));
  STEP("locks, kept by a mapping and shown");

  int p[2], q[2];
  OK(pipe(p));
  OK(pipe(q));
  char text[] = "spliced", back[64] = "";
  struct iovec parts[] = {{text, 4}, {text + 4, 3}};
  EQ(vmsplice(p[1], parts, 2, 0), 7);
  EQ(tee(p[0], q[1], 100, 0), 7);
  EQ(read(q[0], back, sizeof back), 7);
  EQ(memcmp(back, text, 7), 0);
  parts[0] = (struct iovec){back, 3};
  parts[1] = (struct iovec){back + 10, 20};
  EQ(vmsplice(p[0], parts, 2, 0), 7);
  EQ(memcmp(back, "spl", 3), 0);
  EQ(memcmp(back + 10, "iced", 4), 0);
  FAILS(EAGAIN, vmsplice(p[0], parts, 2, SPLICE_F_NONBLOCK));
  FAILS(EAGAIN, tee(p[0], q[1], 100, SPLICE_F_NONBLOCK));
  FAILS(EINVAL, tee(p[0], p[1], 100, 0));
  int null = OK(open("/dev/null", O_RDWR));
  FAILS(EBADF, vmsplice(null, parts, 2, 0));
  FAILS(EINVAL, tee(null, p[1], 100, 0));
  STEP("vmsplice and tee");

  OK(fstat(p[0], &status));
  EQ(status.st_uid, getuid());
  if (getuid() == 0) {
    OK(fchown(p[0], 1000, 2000));
    OK(fchmod(p[1], 0640));
    OK(fstat(p[1], &status));
    EQ(status.st_uid, 1000);
    EQ(status.st_gid, 2000);
    EQ(status.st_mode & 07777, 0640);
    pid_t child = fork();
    if (child == 0) {
      OK(setuid(1234));
      OK(pipe(p));
      OK(fstat(p[0], &status));
      _exit(status.st_uid == 1234 ? 0 : 1);
    }
    int ended;
    EQ(waitpid(child, &ended, 0), child);
    EQ(ended, 0);
  }
  STEP("owners of pipes");

  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  snprintf(path, sizeof path, "/proc/%d", child);
  int directory = OK(open(path, O_RDONLY | O_DIRECTORY));
  OK(kill(child, SIGKILL));
  EQ(waitpid(child, NULL, 0), child);
  snprintf(line, sizeof line, "%s (deleted)", path);
  snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
  int length = OK(readlink(path, back, sizeof back));
  back[length] = 0;
  STREQ(back, line);
  STEP("the name of a process that is gone");
  return 0;
}

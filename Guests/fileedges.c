// Contents of files and descriptors at their edges: to the byte at the end, at limits, in vectors and in pipes; where a file's position is
// afterwards; ranges of locks; and the numbers of descriptors. A call that fails, or does only a part, has done just that.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "fault.h"
#include <limits.h>
#include <linux/falloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#define PAGE 4096L
static char buffer[65536 + 16];
static int fd;

static off_t place(int file) { return lseek(file, 0, SEEK_CUR); }
static off_t size_of(int file) {
  struct stat status;
  OK(fstat(file, &status));
  return status.st_size;
}
static int fresh(const char *text) {
  int file = OK(open("file", O_CREAT | O_TRUNC | O_RDWR, 0600));
  EQ(write(file, text, strlen(text)), (long)strlen(text));
  EQ(lseek(file, 0, SEEK_SET), 0);
  return file;
}
// All that a file has.
static const char *content(int file) {
  memset(buffer, 0, sizeof buffer);
  EQ(pread(file, buffer, sizeof buffer - 1, 0), size_of(file));
  return buffer;
}

static void positions(void) {
  fd = fresh("0123456789");
  EQ(read(fd, buffer, 0), 0);
  EQ(place(fd), 0);
  EQ(read(fd, buffer, 9), 9);
  EQ(place(fd), 9);
  EQ(read(fd, buffer, 9), 1);
  EQ(buffer[0], '9');
  EQ(read(fd, buffer, 1), 0);
  EQ(place(fd), 10);
  EQ(lseek(fd, 20, SEEK_SET), 20);
  EQ(read(fd, buffer, 1), 0);
  EQ(size_of(fd), 10);
  EQ(write(fd, "", 0), 0);
  EQ(size_of(fd), 10);
  EQ(lseek(fd, -1, SEEK_END), 9);
  EQ(lseek(fd, -9, SEEK_CUR), 0);
  FAILS(EINVAL, lseek(fd, -1, SEEK_CUR));
  FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
  FAILS(EINVAL, lseek(fd, -11, SEEK_END));
  FAILS(EINVAL, lseek(fd, 0, 5));
  FAILS(EINVAL, lseek(fd, 0, -1));
  EQ(place(fd), 0);
  EQ(lseek(fd, 3, SEEK_SET), 3);
  FAILS(EINVAL, lseek(fd, LONG_MAX, SEEK_CUR));
  FAILS(EINVAL, lseek(fd, LONG_MAX, SEEK_END));
  EQ(place(fd), 3);
  // Data and holes: the end is a hole, and behind it there is none.
  EQ(lseek(fd, 0, SEEK_DATA), 0);
  EQ(lseek(fd, 9, SEEK_DATA), 9);
  FAILS(ENXIO, lseek(fd, 10, SEEK_DATA));
  EQ(lseek(fd, 0, SEEK_HOLE), 10);
  EQ(lseek(fd, 9, SEEK_HOLE), 10);
  FAILS(ENXIO, lseek(fd, 10, SEEK_HOLE));
  FAILS(ENXIO, lseek(fd, -1, SEEK_DATA));
  FAILS(ENXIO, lseek(fd, -1, SEEK_HOLE));
  EQ(place(fd), 10);
  // At a place: neither moves it, nor goes by it.
  EQ(lseek(fd, 4, SEEK_SET), 4);
  EQ(pread(fd, buffer, 3, 8), 2);
  EQ(pread(fd, buffer, 3, 10), 0);
  EQ(pwrite(fd, "AB", 2, 10), 2);
  EQ(place(fd), 4);
  FAILS(EINVAL, pread(fd, buffer, 1, -1));
  FAILS(EINVAL, pwrite(fd, buffer, 1, -1));
  FAILS(EINVAL, pread(fd, buffer, 0, -1));
  FAILS(EINVAL, pread(fd, buffer, 1, LONG_MAX));
  EQ(pread(fd, buffer, 1, LONG_MAX - 1), 0);
  EQ(pread(fd, buffer, 0, LONG_MAX), 0);
  STREQ(content(fd), "0123456789AB");
  // Appending is at the end, wherever one is.
  int end = OK(open("file", O_RDWR | O_APPEND));
  EQ(place(end), 0);
  EQ(read(end, buffer, 2), 2);
  EQ(write(end, "C", 1), 1);
  EQ(place(end), 13);
  EQ(pwrite(end, "D", 1, 0), 1);
  EQ(place(end), 13);
  STREQ(content(fd), "0123456789ABCD");
  OK(fcntl(end, F_SETFL, 0));
  EQ(pwrite(end, "x", 1, 0), 1);
  STREQ(content(fd), "x123456789ABCD");
  OK(fcntl(end, F_SETFL, O_APPEND));
  EQ(write(end, "E", 1), 1);
  EQ(size_of(fd), 15);
  OK(close(end));
  // A copy of a descriptor has the same place, another opening its own.
  int copy = OK(dup(fd)), other = OK(open("file", O_RDONLY));
  EQ(lseek(copy, 7, SEEK_SET), 7);
  EQ(place(fd), 7);
  EQ(place(other), 0);
  FAILS(EBADF, write(other, "x", 1));
  FAILS(EBADF, write(other, "x", 0));
  OK(close(other));
  other = OK(open("file", O_WRONLY));
  FAILS(EBADF, read(other, buffer, 1));
  FAILS(EBADF, read(other, buffer, 0));
  OK(close(other)), OK(close(copy)), OK(close(fd));
}

static void sizes(void) {
  fd = fresh("0123456789");
  EQ(lseek(fd, 5, SEEK_SET), 5);
  FAILS(EINVAL, ftruncate(fd, -1));
  FAILS(EINVAL, truncate("file", -1));
  OK(ftruncate(fd, 4));
  EQ(place(fd), 5);
  STREQ(content(fd), "0123");
  OK(ftruncate(fd, 8));
  EQ(memcmp(content(fd), "0123\0\0\0\0", 9), 0);
  EQ(size_of(fd), 8);
  OK(truncate("file", 0));
  EQ(size_of(fd), 0);
  EQ(read(fd, buffer, 9), 0);
  EQ(write(fd, "x", 1), 1);
  EQ(size_of(fd), 6);
  EQ(memcmp(content(fd), "\0\0\0\0\0x", 7), 0);
  int reader = OK(open("file", O_RDONLY));
  FAILS(EINVAL, ftruncate(reader, 1));
  FAILS(EISDIR, truncate(".", 1));
  FAILS(ENOENT, truncate("none", 1));
  FAILS(ENOTDIR, truncate("file/x", 1));
  EQ(size_of(fd), 6);
  // Room.
  FAILS(EINVAL, fallocate(fd, 0, 0, 0));
  FAILS(EINVAL, fallocate(fd, 0, -1, 1));
  FAILS(EINVAL, fallocate(fd, 0, 0, -1));
  FAILS(EFBIG, fallocate(fd, 0, LONG_MAX, 1));
  FAILS(EOPNOTSUPP, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1));
  FAILS(EOPNOTSUPP, fallocate(fd, 0x400, 0, 1));
  FAILS(EBADF, fallocate(reader, 0, 0, 1));
  EQ(size_of(fd), 6);
  OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20));
  EQ(size_of(fd), 6);
  OK(fallocate(fd, 0, 2, 3));
  EQ(size_of(fd), 6);
  OK(fallocate(fd, 0, 2, 4));
  EQ(size_of(fd), 6);
  OK(fallocate(fd, 0, 2, 5));
  EQ(size_of(fd), 7);
  EQ(memcmp(content(fd), "\0\0\0\0\0x\0", 7), 0);
  // The largest of all: a file in memory may be as large as a number can say.
  int largest = OK(memfd_create("largest", 0));
  OK(ftruncate(largest, LONG_MAX));
  EQ(size_of(largest), LONG_MAX);
  EQ(pread(largest, buffer, 3, LONG_MAX - 3), 3);
  FAILS(EINVAL, pread(largest, buffer, 4, LONG_MAX - 3));
  FAILS(EINVAL, ftruncate(largest, LONG_MIN));
  OK(ftruncate(largest, LONG_MAX - 1));
  EQ(size_of(largest), LONG_MAX - 1);
  EQ(lseek(largest, 0, SEEK_END), LONG_MAX - 1);
  OK(close(largest));
  // How long it is said to live.
  uint64_t hint = 9;
  OK(fcntl(fd, F_GET_RW_HINT, &hint));
  EQ(hint, 0);
  for (uint64_t next = 0; next < 6; next++) {
    OK(fcntl(fd, F_SET_RW_HINT, &next));
    OK(fcntl(fd, F_GET_RW_HINT, &hint));
    EQ(hint, next);
  }
  hint = 6;
  FAILS(EINVAL, fcntl(fd, F_SET_RW_HINT, &hint));
  FAILS(EFAULT, fcntl(fd, F_SET_RW_HINT, (void *)8));
  OK(fcntl(fd, F_GET_RW_HINT, &hint));
  EQ(hint, 5);
  // It stays with the file as long as that is in memory.
  hint = 0;
  OK(fcntl(fd, F_SET_RW_HINT, &hint));
  // What it takes, and what is left to be read.
  long long told = -1;
  int waiting = -1, folder = OK(open(".", O_RDONLY | O_DIRECTORY));
  struct stat status;
  OK(fstat(fd, &status));
  OK(ioctl(fd, FIOQSIZE, &told));
  EQ(told, status.st_blocks * 512);
  EQ(lseek(fd, 3, SEEK_SET), 3);
  OK(ioctl(fd, FIONREAD, &waiting));
  EQ(waiting, 4);
  OK(fstat(folder, &status));
  OK(ioctl(folder, FIOQSIZE, &told));
  EQ(told, status.st_blocks * 512);
  FAILS(EFAULT, ioctl(fd, FIOQSIZE, (void *)8));
  FAILS(EFAULT, ioctl(fd, FIONREAD, (void *)8));
  OK(close(folder));
  // Holes in the middle of pages.
  OK(ftruncate(fd, 0));
  memset(buffer, 'a', 3 * PAGE);
  EQ(pwrite(fd, buffer, 3 * PAGE, 0), 3 * PAGE);
  OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10, 2 * PAGE));
  EQ(size_of(fd), 3 * PAGE);
  content(fd);
  EQ(buffer[9], 'a');
  for (int i = 10; i < 10 + 2 * PAGE; i++) EQ(buffer[i], 0);
  EQ(buffer[10 + 2 * PAGE], 'a');
  EQ(buffer[3 * PAGE - 1], 'a');
  OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * PAGE - 1, 100));
  EQ(size_of(fd), 3 * PAGE);
  content(fd);
  EQ(buffer[3 * PAGE - 2], 'a');
  EQ(buffer[3 * PAGE - 1], 0);
  OK(close(reader)), OK(close(fd));
}

// A limit on the size of files: to the byte, by each way.
static volatile sig_atomic_t exceeded;
static void on_exceeded(int number) { exceeded += number == SIGXFSZ; }
#define EXCEEDS(call) \
  do { exceeded = 0; FAILS(EFBIG, call); EQ(exceeded, 1); } while (0)
static void in_limit(void) {
  struct rlimit limit = {10, 10};
  OK(setrlimit(RLIMIT_FSIZE, &limit));
  CHECK(signal(SIGXFSZ, on_exceeded) != SIG_ERR);
  fd = fresh("01234567");
  exceeded = 0;
  EQ(pwrite(fd, "89", 2, 8), 2);
  EQ(pwrite(fd, "x89", 3, 7), 3);
  EQ(pwrite(fd, "789A", 4, 7), 3);
  EQ(size_of(fd), 10);
  EXCEEDS(pwrite(fd, "A", 1, 10));
  EXCEEDS(pwrite(fd, "A", 1, 11));
  exceeded = 0;
  EQ(pwrite(fd, "", 0, 10), 0);
  EQ(lseek(fd, 9, SEEK_SET), 9);
  EQ(writev(fd, (struct iovec[]){{"a", 1}, {"b", 1}}, 2), 1);
  EQ(place(fd), 10);
  EXCEEDS(write(fd, "A", 1));
  EQ(place(fd), 10);
  EXCEEDS(ftruncate(fd, 11));
  EXCEEDS(truncate("file", 11));
  EXCEEDS(fallocate(fd, 0, 0, 11));
  EXCEEDS(fallocate(fd, 0, 10, 1));
  exceeded = 0;
  EQ(size_of(fd), 10);
  OK(fallocate(fd, 0, 0, 10));
  OK(ftruncate(fd, 10));
  OK(truncate("file", 9));
  int source = OK(open("source", O_CREAT | O_RDWR, 0600)), p[2];
  EQ(write(source, "abcd", 4), 4);
  off_t zero = 0;
  EQ(lseek(fd, 8, SEEK_SET), 8);
  EQ(sendfile(fd, source, &zero, 4), 2);
  EQ(zero, 2);
  EXCEEDS(sendfile(fd, source, &zero, 4));
  EQ(zero, 2);
  exceeded = 0;
  OK(pipe(p));
  EQ(write(p[1], "wxyz", 4), 4);
  off_t nine = 9;
  EQ(splice(p[0], NULL, fd, &nine, 4, 0), 1);
  EQ(nine, 10);
  int left = -1;
  OK(ioctl(p[0], FIONREAD, &left));
  EQ(left, 3);
  STREQ(content(fd), "01234567aw");
  // Of a place where there is nothing. Versions of Linux differ in whether the limit is looked at before.
  off_t behind = 50;
  EQ(copy_file_range(fd, &behind, fd, &(off_t){9}, 1, 0), 0);
  OK(close(fd)), OK(close(source)), OK(unlink("source"));
}
static void limited(void) { in_child(in_limit); }

static void vectors(void) {
  fd = fresh("");
  static struct iovec many[IOV_MAX + 1];
  for (int i = 0; i <= IOV_MAX; i++) many[i] = (struct iovec){i & 1 ? "b" : "a", i % 3 ? 1 : 0};
  EQ(writev(fd, many, 0), 0);
  FAILS(EINVAL, writev(fd, many, -1));
  FAILS(EINVAL, writev(fd, many, IOV_MAX + 1));
  EQ(size_of(fd), 0);
  long all = 0;
  for (int i = 0; i < IOV_MAX; i++) all += many[i].iov_len;
  EQ(writev(fd, many, IOV_MAX), all);
  EQ(size_of(fd), all);
  EQ(place(fd), all);
  content(fd);
  EQ(buffer[0], 'b');
  EQ(buffer[1], 'a');
  EQ(buffer[2], 'a');
  // Too long in all, and each by itself.
  struct iovec two[2] = {{buffer, LONG_MAX}, {buffer, 1}};
  FAILS(EINVAL, readv(fd, two, -1));
  two[0].iov_len = -1;
  FAILS(EINVAL, readv(fd, two, 2));
  FAILS(EINVAL, writev(fd, two, 1));
  FAILS(EFAULT, readv(fd, (void *)8, 1));
  EQ(readv(fd, (void *)8, 0), 0);
  // What there is goes into one after the other.
  OK(ftruncate(fd, 0));
  EQ(pwrite(fd, "0123456789", 10, 0), 10);
  EQ(lseek(fd, 0, SEEK_SET), 0);
  char a[4] = "....", b[4] = "....", c[8] = "........";
  struct iovec three[3] = {{a, 3}, {b, 0}, {c, 8}};
  EQ(readv(fd, three, 2), 3);
  EQ(memcmp(a, "012.", 4), 0);
  EQ(memcmp(b, "....", 4), 0);
  EQ(place(fd), 3);
  three[1].iov_len = 4;
  EQ(readv(fd, three, 3), 7);
  EQ(memcmp(a, "345.", 4), 0);
  EQ(memcmp(b, "6789", 4), 0);
  EQ(memcmp(c, "........", 8), 0);
  EQ(readv(fd, three, 3), 0);
  EQ(preadv(fd, three, 3, 8), 2);
  EQ(memcmp(a, "895", 3), 0);
  EQ(place(fd), 10);
  FAILS(EINVAL, preadv(fd, three, 3, -1));
  FAILS(EOPNOTSUPP, preadv2(fd, three, 1, 0, 0x1000));
  EQ(preadv2(fd, three, 1, 0, RWF_HIPRI), 3);
  EQ(lseek(fd, 1, SEEK_SET), 1);
  EQ(preadv2(fd, three, 1, -1, 0), 3);
  EQ(memcmp(a, "123", 3), 0);
  EQ(place(fd), 4);
  EQ(pwritev2(fd, (struct iovec[]){{"AB", 2}}, 1, -1, RWF_APPEND), 2);
  EQ(place(fd), 12);
  EQ(pwritev2(fd, (struct iovec[]){{"CD", 2}}, 1, 0, RWF_APPEND), 2);
  EQ(place(fd), 12);
  STREQ(content(fd), "0123456789ABCD");
  FAILS(EINVAL, pwritev2(fd, three, 1, -2, 0));
  // The bad half of a range is left out, and what comes after it, too.
  char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED);
  OK(munmap(pages + PAGE, PAGE));
  EQ(lseek(fd, 0, SEEK_SET), 0);
  EQ(read(fd, pages + PAGE - 4, 8), 4);
  EQ(place(fd), 4);
  EQ(memcmp(pages + PAGE - 4, "0123", 4), 0);
  FAILS(EFAULT, read(fd, pages + PAGE, 8));
  EQ(place(fd), 4);
  EQ(readv(fd, (struct iovec[]){{a, 2}, {pages + PAGE, 2}, {b, 2}}, 3), 2);
  EQ(place(fd), 6);
  EQ(write(fd, pages + PAGE - 4, 8), 4);
  EQ(place(fd), 10);
  FAILS(EFAULT, write(fd, pages + PAGE, 8));
  EQ(writev(fd, (struct iovec[]){{"x", 1}, {pages + PAGE, 2}, {"y", 1}}, 3), 1);
  EQ(place(fd), 11);
  STREQ(content(fd), "0123450123xBCD");
  // Into a pipe goes all or nothing of it; out of it nothing is lost of what could not be stored.
  int p[2], left;
  OK(pipe(p));
  FAILS(EFAULT, write(p[1], pages + PAGE - 4, 8));
  FAILS(EFAULT, write(p[1], pages + PAGE, 8));
  OK(ioctl(p[0], FIONREAD, &left));
  EQ(left, 0);
  EQ(write(p[1], "0123", 4), 4);
  OK(ioctl(p[0], FIONREAD, &left));
  EQ(left, 4);
  FAILS(EFAULT, read(p[0], pages + PAGE, 8));
  OK(ioctl(p[0], FIONREAD, &left));
  EQ(left, 4);
  EQ(read(p[0], pages + PAGE - 2, 2), 2);
  OK(ioctl(p[0], FIONREAD, &left));
  EQ(left, 2);
  OK(close(p[0])), OK(close(p[1])), OK(munmap(pages, PAGE)), OK(close(fd));
}

static int left_in(int pipe_end) {
  int left = -1;
  OK(ioctl(pipe_end, FIONREAD, &left));
  return left;
}
static int ready(int file) {
  struct pollfd look = {file, POLLIN | POLLOUT, 0};
  poll(&look, 1, 0);
  return look.revents;
}

// A pipe: full to the byte, room for what is written at once, and none for one byte more.
static void pipes(void) {
  int p[2];
  OK(pipe2(p, O_NONBLOCK));
  EQ(ready(p[0]), 0);
  EQ(ready(p[1]), POLLOUT);
  FAILS(EAGAIN, read(p[0], buffer, 1));
  EQ(read(p[0], buffer, 0), 0);
  EQ(write(p[1], buffer, 0), 0);
  EQ(ready(p[0]), 0);
  EQ(fcntl(p[1], F_GETPIPE_SZ), 65536);
  EQ(write(p[1], buffer, 65536), 65536);
  EQ(left_in(p[0]), 65536);
  EQ(left_in(p[1]), 65536);
  FAILS(EAGAIN, write(p[1], "x", 1));
  EQ(ready(p[0]), POLLIN);
  EQ(ready(p[1]), 0);
  // Room is there again when a page is empty.
  EQ(read(p[0], buffer, PAGE), PAGE);
  EQ(ready(p[1]), POLLOUT);
  EQ(write(p[1], buffer, PAGE + 1), PAGE);
  EQ(left_in(p[0]), 65536);
  EQ(read(p[0], buffer, PAGE), PAGE);
  // What has up to PIPE_BUF bytes is written as a whole, or not at all.
  EQ(write(p[1], buffer, 10), 10);
  FAILS(EAGAIN, write(p[1], buffer, PAGE));
  EQ(left_in(p[0]), 65536 - PAGE + 10);
  EQ(write(p[1], buffer, PAGE - 10), PAGE - 10);
  FAILS(EAGAIN, write(p[1], "x", 1));
  // It can be as large as what is in it, and not smaller.
  EQ(fcntl(p[1], F_SETPIPE_SZ, 65537), 131072);
  EQ(write(p[1], "x", 1), 1);
  FAILS(EBUSY, fcntl(p[1], F_SETPIPE_SZ, 65536));
  EQ(fcntl(p[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
  EQ(fcntl(p[0], F_GETPIPE_SZ), 1 << 20);
  EQ(fcntl(p[0], F_SETPIPE_SZ, 131072), 131072);
  for (int i = 0; i < 16; i++) EQ(read(p[0], buffer, PAGE), PAGE);
  EQ(fcntl(p[1], F_SETPIPE_SZ, 1), PAGE);
  EQ(fcntl(p[1], F_SETPIPE_SZ, PAGE), PAGE);
  EQ(fcntl(p[1], F_SETPIPE_SZ, PAGE + 1), 2 * PAGE);
  EQ(fcntl(p[1], F_SETPIPE_SZ, 0), PAGE);
  EQ(read(p[0], buffer, PAGE), 1);
  EQ(write(p[1], buffer, PAGE), PAGE);
  EQ(fcntl(p[1], F_SETPIPE_SZ, PAGE), PAGE);
  EQ(read(p[0], buffer, PAGE), PAGE);
  EQ(write(p[1], "x", 1), 1);
  EQ(read(p[0], buffer, 9), 1);
  // The last writer, and the last reader.
  int again = OK(dup(p[1]));
  OK(close(p[1]));
  FAILS(EAGAIN, read(p[0], buffer, 1));
  EQ(write(again, "end", 3), 3);
  OK(close(again));
  EQ(ready(p[0]), POLLIN | POLLHUP);
  EQ(read(p[0], buffer, 2), 2);
  EQ(ready(p[0]), POLLIN | POLLHUP);
  EQ(read(p[0], buffer, 2), 1);
  EQ(ready(p[0]), POLLHUP);
  EQ(read(p[0], buffer, 2), 0);
  OK(close(p[0]));
  OK(pipe(p));
  again = OK(dup(p[0]));
  OK(close(p[0]));
  EQ(write(p[1], "x", 1), 1);
  EQ(ready(p[1]), POLLOUT);
  OK(close(again));
  EQ(ready(p[1]), POLLOUT | POLLERR);
  CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  FAILS(EPIPE, write(p[1], "x", 1));
  EQ(write(p[1], "", 0), 0);
  CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  OK(close(p[1]));
  // Packets: each by itself, what is not read of one is gone.
  OK(pipe2(p, O_DIRECT | O_NONBLOCK));
  EQ(write(p[1], "first", 5), 5);
  EQ(write(p[1], "second", 6), 6);
  EQ(write(p[1], "", 0), 0);
  EQ(left_in(p[0]), 11);
  EQ(read(p[0], buffer, 3), 3);
  EQ(left_in(p[0]), 6);
  EQ(read(p[0], buffer, 100), 6);
  EQ(memcmp(buffer, "second", 6), 0);
  FAILS(EAGAIN, read(p[0], buffer, 1));
  EQ(write(p[1], buffer, PAGE + 1), PAGE + 1);
  EQ(read(p[0], buffer, 2 * PAGE), PAGE);
  EQ(read(p[0], buffer, 2 * PAGE), 1);
  OK(close(p[0])), OK(close(p[1]));
}

// Copies inside the kernel: counts, places and ends.
static void copies(void) {
  int from = OK(open("from", O_CREAT | O_RDWR, 0600)), to = OK(open("to", O_CREAT | O_RDWR, 0600)), p[2], q[2];
  EQ(write(from, "0123456789", 10), 10);
  off_t a = 2, b = 5;
  EQ(lseek(from, 1, SEEK_SET), 1);
  EQ(copy_file_range(from, &a, to, &b, 4, 0), 4);
  EQ(a, 6);
  EQ(b, 9);
  EQ(place(from), 1);
  EQ(place(to), 0);
  EQ(memcmp(content(to), "\0\0\0\0\0002345", 9), 0);
  EQ(copy_file_range(from, NULL, to, NULL, 3, 0), 3);
  EQ(place(from), 4);
  EQ(place(to), 3);
  EQ(copy_file_range(from, &a, to, NULL, 100, 0), 4);
  EQ(a, 10);
  EQ(place(to), 7);
  EQ(copy_file_range(from, &a, to, NULL, 100, 0), 0);
  a = 11;
  EQ(copy_file_range(from, &a, to, NULL, 100, 0), 0);
  EQ(copy_file_range(from, NULL, to, NULL, 0, 0), 0);
  FAILS(EINVAL, copy_file_range(from, NULL, to, NULL, 1, 1));
  a = 0, b = 4;
  FAILS(EINVAL, copy_file_range(from, &a, from, &b, 5, 0));
  FAILS(EINVAL, copy_file_range(from, &b, from, &a, 5, 0));
  FAILS(EINVAL, copy_file_range(from, &a, from, &a, 1, 0));
  EQ(a, 0);
  STREQ(content(from), "0123456789");
  EQ(copy_file_range(from, &a, from, &b, 4, 0), 4);  // side by side
  STREQ(content(from), "0123012389");
  int append = OK(open("to", O_WRONLY | O_APPEND)), reader = OK(open("to", O_RDONLY));
  FAILS(EBADF, copy_file_range(from, NULL, append, NULL, 1, 0));
  FAILS(EBADF, copy_file_range(from, NULL, reader, NULL, 1, 0));
  FAILS(EBADF, copy_file_range(append, NULL, to, NULL, 1, 0));
  int folder = OK(open(".", O_RDONLY));
  FAILS(EISDIR, copy_file_range(folder, NULL, to, NULL, 1, 0));
  OK(pipe2(p, O_NONBLOCK));
  OK(pipe2(q, O_NONBLOCK));
  FAILS(EINVAL, copy_file_range(p[0], NULL, to, NULL, 1, 0));
  FAILS(EINVAL, copy_file_range(from, NULL, p[1], NULL, 1, 0));
  // sendfile.
  a = 3;
  EQ(lseek(from, 1, SEEK_SET), 1);
  EQ(sendfile(p[1], from, &a, 4), 4);
  EQ(a, 7);
  EQ(place(from), 1);
  EQ(sendfile(p[1], from, NULL, 2), 2);
  EQ(place(from), 3);
  EQ(read(p[0], buffer, 100), 6);
  EQ(memcmp(buffer, "301212", 6), 0);
  a = 10;
  EQ(sendfile(p[1], from, &a, 4), 0);
  EQ(a, 10);
  a = -1;
  FAILS(EINVAL, sendfile(p[1], from, &a, 4));
  FAILS(EFAULT, sendfile(p[1], from, (void *)8, 4));
  FAILS(EBADF, sendfile(reader, from, NULL, 4));
  FAILS(EBADF, sendfile(p[1], append, NULL, 4));
  FAILS(EINVAL, sendfile(append, from, NULL, 4));
  // A counter takes no bytes of a file, but those of none.
  int counter = OK(eventfd(0, EFD_NONBLOCK));
  a = 0, b = 10;
  FAILS(EINVAL, sendfile(counter, from, &a, 8));
  EQ(a, 0);
  EQ(sendfile(counter, from, &b, 8), 0);
  EQ(sendfile(counter, from, &a, 0), 0);
  OK(close(counter));
  EQ(tee(-1, -1, 0, 0), 0);
  EQ(place(from), 3);
  EQ(left_in(p[0]), 0);
  // splice: into a pipe, out of it, and on; what is in the way says so.
  a = 8;
  EQ(splice(from, &a, p[1], NULL, 100, 0), 2);
  EQ(a, 10);
  EQ(splice(from, &a, p[1], NULL, 100, 0), 0);
  EQ(left_in(p[0]), 2);
  EQ(tee(p[0], q[1], 100, 0), 2);
  EQ(left_in(p[0]), 2);
  EQ(left_in(q[0]), 2);
  EQ(tee(p[0], q[1], 1, 0), 1);
  EQ(left_in(q[0]), 3);
  EQ(splice(p[0], NULL, q[1], NULL, 1, 0), 1);
  EQ(left_in(p[0]), 1);
  EQ(left_in(q[0]), 4);
  EQ(read(q[0], buffer, 100), 4);
  EQ(memcmp(buffer, "8988", 4), 0);
  b = 1;
  EQ(splice(p[0], NULL, to, &b, 100, 0), 1);
  EQ(b, 2);
  FAILS(EAGAIN, splice(p[0], NULL, to, NULL, 1, 0));
  FAILS(EAGAIN, splice(p[0], NULL, q[1], NULL, 1, 0));
  FAILS(EAGAIN, tee(p[0], q[1], 1, 0));
  EQ(splice(p[0], NULL, to, NULL, 0, 0), 0);
  EQ(tee(p[0], q[1], 0, 0), 0);
  FAILS(ESPIPE, splice(p[0], &a, to, NULL, 1, 0));
  FAILS(ESPIPE, splice(from, NULL, p[1], &a, 1, 0));
  FAILS(EINVAL, splice(from, NULL, to, NULL, 1, 0));
  FAILS(EINVAL, splice(p[0], NULL, p[1], NULL, 1, 0));
  FAILS(EINVAL, tee(p[0], p[1], 1, 0));
  FAILS(EINVAL, tee(p[0], from, 1, 0));
  FAILS(EBADF, splice(p[1], NULL, to, NULL, 1, 0));
  FAILS(EBADF, splice(from, NULL, p[0], NULL, 1, 0));
  FAILS(EINVAL, splice(p[0], NULL, append, NULL, 1, 0));
  FAILS(EINVAL, splice(from, NULL, p[1], NULL, 1, 0x100));
  // Full is full.
  EQ(write(q[1], buffer, 65536), 65536);
  EQ(write(p[1], "x", 1), 1);
  FAILS(EAGAIN, splice(p[0], NULL, q[1], NULL, 1, 0));
  FAILS(EAGAIN, tee(p[0], q[1], 1, 0));
  FAILS(EAGAIN, splice(from, &(off_t){0}, q[1], NULL, 1, SPLICE_F_NONBLOCK));
  FAILS(EAGAIN, vmsplice(q[1], &(struct iovec){"x", 1}, 1, SPLICE_F_NONBLOCK));
  EQ(left_in(p[0]), 1);
  // Much at once, in one call.
  int source = OK(memfd_create("source", 0)), target = OK(memfd_create("target", 0));
  memset(buffer, 'm', 8192);
  for (int i = 0; i < 40; i++) EQ(write(source, buffer, 8192), 8192);
  EQ(pwrite(source, "end", 3, 40 * 8192 - 3), 3);
  EQ(sendfile(target, source, &(off_t){0}, 40 * 8192), 40 * 8192);
  EQ(size_of(target), 40 * 8192);
  EQ(pread(target, buffer, 4, 40 * 8192 - 4), 4);
  EQ(memcmp(buffer, "mend", 4), 0);
  EQ(sendfile(target, source, &(off_t){0}, 100000), 100000);
  EQ(size_of(target), 40 * 8192 + 100000);
  EQ(copy_file_range(source, &(off_t){0}, source, &(off_t){40 * 8192}, 40 * 8192, 0), 40 * 8192);
  EQ(size_of(source), 80 * 8192);
  EQ(pread(source, buffer, 4, 80 * 8192 - 4), 4);
  EQ(memcmp(buffer, "mend", 4), 0);
  // And to one who takes it in small parts, as much.
  int slow[2], ended;
  OK(socketpair(AF_UNIX, SOCK_STREAM, 0, slow));
  pid_t reader_of = OK(fork());
  if (!reader_of) {
    long all = 0, part;
    OK(close(slow[0]));
    while ((part = read(slow[1], buffer, 5000)) > 0) all += part;
    _exit(all != 80 * 8192);
  }
  OK(close(slow[1]));
  EQ(sendfile(slow[0], source, &(off_t){0}, 80 * 8192 + 5), 80 * 8192);
  OK(close(slow[0]));
  EQ(OK(waitpid(reader_of, &ended, 0)), reader_of);
  EQ(ended, 0);
  OK(close(source)), OK(close(target));
  // What did not fit is not passed over.
  int large = OK(memfd_create("large", 0)), tight[2], stream[2];
  memset(buffer, 'l', 8192);
  for (int i = 0; i < 64; i++) EQ(write(large, buffer, 8192), 8192);
  OK(pipe2(tight, O_NONBLOCK));
  EQ(write(tight[1], buffer, 8192), 8192);
  for (int i = 0; i < 6; i++) EQ(write(tight[1], buffer, 8192), 8192);
  EQ(write(tight[1], buffer, 4096), 4096);
  EQ(lseek(large, 0, SEEK_SET), 0);
  EQ(sendfile(tight[1], large, NULL, 8192), 4096);
  EQ(place(large), 4096);
  FAILS(EAGAIN, sendfile(tight[1], large, NULL, 8192));
  EQ(place(large), 4096);
  a = 100;
  FAILS(EAGAIN, sendfile(tight[1], large, &a, 8192));
  EQ(a, 100);
  EQ(read(tight[0], buffer, 4096), 4096);
  a = 0;
  EQ(sendfile(tight[1], large, &a, 4000), 4000);
  EQ(a, 4000);
  EQ(place(large), 4096);
  OK(close(tight[0])), OK(close(tight[1]));
  OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, stream));
  EQ(lseek(large, 0, SEEK_SET), 0);
  long count = sendfile(stream[0], large, NULL, 1 << 19), more = sendfile(stream[0], large, NULL, 1 << 19);
  CHECK(count > 0);
  if (more < 0) {
    EQ(errno, EAGAIN);
    more = 0;
  }
  EQ(place(large), count + more);
  long taken = 0, n;
  while ((n = read(stream[1], buffer, 8192)) > 0) taken += n;
  EQ(taken, count + more);
  OK(close(stream[0])), OK(close(stream[1])), OK(close(large));
  // What is copied to a socket of messages is one message.
  int pair[2];
  OK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
  EQ(sendfile(pair[0], from, &(off_t){0}, 4), 4);
  EQ(splice(p[0], NULL, pair[0], NULL, 1, 0), 1);
  EQ(write(p[1], "x", 1), 1);
  EQ(read(pair[1], buffer, 100), 4);
  EQ(read(pair[1], buffer, 100), 1);
  FAILS(EAGAIN, read(pair[1], buffer, 100));
  OK(close(pair[0])), OK(close(pair[1]));
  // A pipe that nobody reads is no pipe to wait for, whether it is full or has room.
  for (int is_full = 0; is_full < 2; is_full++) {
    int lost[2], pending = 0;
    sigset_t set, old;
    OK(pipe2(lost, O_NONBLOCK));
    if (is_full) EQ(write(lost[1], buffer, 65536), 65536);
    OK(close(lost[0]));
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    OK(sigprocmask(SIG_BLOCK, &set, &old));
    void (*handler)(int) = signal(SIGPIPE, SIG_DFL);
#define LOST(call) do { FAILS(EPIPE, call); pending += sigtimedwait(&set, NULL, &(struct timespec){0}) == SIGPIPE; } while (0)
    LOST(tee(p[0], lost[1], 1, 0));
    LOST(vmsplice(lost[1], &(struct iovec){"x", 1}, 1, SPLICE_F_NONBLOCK));
    LOST(splice(p[0], NULL, lost[1], NULL, 1, 0));
    LOST(splice(from, &(off_t){0}, lost[1], NULL, 1, 0));
    LOST(sendfile(lost[1], from, &(off_t){0}, 1));
    LOST(write(lost[1], "x", 1));
    EQ(pending, 6);
    signal(SIGPIPE, handler);
    OK(sigprocmask(SIG_SETMASK, &old, NULL));
    OK(close(lost[1]));
  }
  EQ(left_in(p[0]), 1);
  // Nobody writes any more: an end, and what is left before it.
  OK(close(p[1]));
  EQ(splice(p[0], NULL, to, NULL, 9, 0), 1);
  EQ(splice(p[0], NULL, to, NULL, 9, 0), 0);
  EQ(read(q[0], buffer, PAGE), PAGE);
  EQ(tee(p[0], q[1], 9, 0), 0);
  OK(close(p[0])), OK(close(q[0])), OK(close(q[1])), OK(close(append)), OK(close(reader)), OK(close(folder));
  OK(close(from)), OK(close(to)), OK(unlink("from")), OK(unlink("to"));
}

// Locks: ranges that touch and that overlap by a byte; what a part that is unlocked leaves; who holds what.
static int locked(int command, int type, long start, long length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(fd, command, &lock);
}
// Who of another process would be in the way of a lock, by a child that asks.
static char shown[128];
static const char *obstacle(int type, long start, long length) {
  int p[2];
  OK(pipe(p));
  pid_t pid = OK(fork());
  if (!pid) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    OK(fcntl(fd, F_GETLK, &lock));
    int n = lock.l_type == F_UNLCK ? snprintf(shown, sizeof shown, "none")
            : snprintf(shown, sizeof shown, "%s %ld+%ld%s%s", lock.l_type == F_WRLCK ? "write" : "read", (long)lock.l_start,
                       (long)lock.l_len, lock.l_pid == getppid() ? "" : " not mine", lock.l_whence == SEEK_SET ? "" : " where");
    EQ(write(p[1], shown, n + 1), n + 1);
    _exit(0);
  }
  int status;
  CHECK(read(p[0], shown, sizeof shown) > 0);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  OK(close(p[0])), OK(close(p[1]));
  return shown;
}
// Whether a child gets a lock.
static int child_gets(int type, long start, long length) {
  int status;
  pid_t pid = OK(fork());
  if (!pid) _exit(locked(F_SETLK, type, start, length) ? errno : 0);
  EQ(OK(waitpid(pid, &status, 0)), pid);
  return WEXITSTATUS(status);
}

static void locks(void) {
  fd = fresh("0123456789");
  OK(locked(F_SETLK, F_WRLCK, 10, 10));
  STREQ(obstacle(F_WRLCK, 0, 10), "none");
  STREQ(obstacle(F_WRLCK, 0, 11), "write 10+10");
  STREQ(obstacle(F_RDLCK, 19, 1), "write 10+10");
  STREQ(obstacle(F_WRLCK, 20, 0), "none");
  STREQ(obstacle(F_WRLCK, 0, 0), "write 10+10");
  EQ(child_gets(F_WRLCK, 9, 1), 0);
  EQ(child_gets(F_WRLCK, 20, 1), 0);
  EQ(child_gets(F_RDLCK, 10, 1), EAGAIN);
  EQ(child_gets(F_UNLCK, 10, 1), 0);
  STREQ(obstacle(F_WRLCK, 10, 1), "write 10+10");
  // One beside it of the same kind makes one of both; of another kind it does not.
  OK(locked(F_SETLK, F_WRLCK, 20, 5));
  STREQ(obstacle(F_WRLCK, 24, 1), "write 10+15");
  OK(locked(F_SETLK, F_WRLCK, 5, 5));
  STREQ(obstacle(F_WRLCK, 24, 1), "write 5+20");
  OK(locked(F_SETLK, F_RDLCK, 25, 5));
  STREQ(obstacle(F_WRLCK, 25, 1), "read 25+5");
  STREQ(obstacle(F_RDLCK, 25, 5), "none");
  EQ(child_gets(F_RDLCK, 25, 5), 0);
  STREQ(obstacle(F_WRLCK, 24, 1), "write 5+20");
  // A part of another kind makes three of it.
  OK(locked(F_SETLK, F_RDLCK, 10, 5));
  STREQ(obstacle(F_RDLCK, 0, 0), "write 5+5");
  STREQ(obstacle(F_WRLCK, 10, 1), "read 10+5");
  STREQ(obstacle(F_RDLCK, 10, 0), "write 15+10");
  OK(locked(F_SETLK, F_UNLCK, 7, 1));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 5+2");
  STREQ(obstacle(F_WRLCK, 7, 1), "none");
  STREQ(obstacle(F_WRLCK, 8, 1), "write 8+2");
  OK(locked(F_SETLK, F_UNLCK, 0, 6));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 6+1");
  OK(locked(F_SETLK, F_UNLCK, 0, 0));
  STREQ(obstacle(F_WRLCK, 0, 0), "none");
  // Backwards, from the position, and from the end, which goes along with nothing.
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = -4};
  OK(fcntl(fd, F_SETLK, &lock));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 6+4");
  lock = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_END, .l_start = -3, .l_len = 1};
  OK(fcntl(fd, F_SETLK, &lock));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 6+1");
  EQ(lseek(fd, 9, SEEK_SET), 9);
  lock = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_CUR, .l_start = -1, .l_len = 1};
  OK(fcntl(fd, F_SETLK, &lock));
  STREQ(obstacle(F_WRLCK, 7, 0), "write 9+1");
  FAILS(EINVAL, locked(F_SETLK, F_WRLCK, -1, 1));
  FAILS(EINVAL, locked(F_SETLK, F_WRLCK, 0, -1));
  FAILS(EINVAL, locked(F_SETLK, F_WRLCK, 3, -4));
  // A length below zero goes back from the start, as far as to the first byte.
  OK(locked(F_SETLK, F_WRLCK, 3, -3));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 0+3");
  OK(locked(F_SETLK, F_UNLCK, 2, -1));
  STREQ(obstacle(F_WRLCK, 0, 0), "write 0+1");
  STREQ(obstacle(F_WRLCK, 1, 0), "write 2+1");
  STREQ(obstacle(F_WRLCK, 3, -1), "write 2+1");
  STREQ(obstacle(F_WRLCK, 2, -1), "none");
  OK(locked(F_SETLK, F_UNLCK, 0, 0));
  FAILS(EOVERFLOW, locked(F_SETLK, F_WRLCK, LONG_MAX, 2));
  FAILS(EINVAL, locked(F_SETLK, 3, 0, 1));
  lock = (struct flock){.l_type = F_WRLCK, .l_whence = 3};
  FAILS(EINVAL, fcntl(fd, F_SETLK, &lock));
  lock = (struct flock){.l_type = F_UNLCK};
  FAILS(EINVAL, fcntl(fd, F_GETLK, &lock));
  OK(locked(F_SETLK, F_WRLCK, LONG_MAX, 1));
  STREQ(obstacle(F_WRLCK, LONG_MAX, 1) + 6, "9223372036854775807+0");
  OK(locked(F_SETLK, F_WRLCK, 100, 0));
  STREQ(obstacle(F_WRLCK, 1000, 1), "write 100+0");
  OK(locked(F_SETLK, F_UNLCK, 200, 0));
  STREQ(obstacle(F_WRLCK, 199, 0), "write 100+100");
  // What kind of lock a kind of opening may have.
  int keep = fd;
  fd = OK(open("file", O_RDONLY));
  FAILS(EBADF, locked(F_SETLK, F_WRLCK, 0, 1));
  OK(locked(F_SETLK, F_RDLCK, 0, 1));
  OK(close(fd));  // lets go of all that the process has of the file
  fd = keep;
  STREQ(obstacle(F_WRLCK, 0, 0), "none");
  fd = OK(open("file", O_WRONLY));
  FAILS(EBADF, locked(F_SETLK, F_RDLCK, 0, 1));
  OK(locked(F_SETLK, F_WRLCK, 0, 1));
  OK(close(fd));
  fd = keep;
  // Of an open file: another opening is another owner, a copy of the descriptor is not.
  int other = OK(open("file", O_RDWR)), copy = OK(dup(fd));
  OK(locked(F_OFD_SETLK, F_WRLCK, 0, 10));
  keep = fd, fd = other;
  FAILS(EAGAIN, locked(F_OFD_SETLK, F_RDLCK, 9, 1));
  OK(locked(F_OFD_SETLK, F_WRLCK, 10, 1));
  lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
  OK(fcntl(other, F_OFD_GETLK, &lock));
  EQ(lock.l_type, F_WRLCK);
  EQ(lock.l_pid, -1);
  EQ(lock.l_len, 10);
  lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 1};
  FAILS(EINVAL, fcntl(other, F_OFD_GETLK, &lock));
  fd = copy;
  OK(locked(F_OFD_SETLK, F_WRLCK, 0, 5));
  fd = keep;
  OK(close(copy));
  fd = other;
  FAILS(EAGAIN, locked(F_OFD_SETLK, F_RDLCK, 9, 1));
  OK(close(keep));
  OK(locked(F_OFD_SETLK, F_RDLCK, 9, 1));
  // flock: whole files; the same again, another kind, and by whom.
  int one = OK(open("file", O_RDONLY)), two = OK(open("file", O_RDONLY));
  OK(flock(one, LOCK_SH));
  OK(flock(two, LOCK_SH));
  FAILS(EAGAIN, flock(one, LOCK_EX | LOCK_NB));
  OK(flock(two, LOCK_UN));
  OK(flock(one, LOCK_EX | LOCK_NB));
  FAILS(EAGAIN, flock(two, LOCK_SH | LOCK_NB));
  OK(flock(one, LOCK_SH | LOCK_NB));
  OK(flock(two, LOCK_SH | LOCK_NB));
  OK(flock(two, LOCK_SH | LOCK_NB));
  FAILS(EINVAL, flock(two, 0));
  FAILS(EINVAL, flock(two, LOCK_NB));
  OK(close(one));
  OK(flock(two, LOCK_EX | LOCK_NB));
  OK(close(two)), OK(close(other));
}

// Numbers of descriptors.
static void in_few(void) {
  struct rlimit limit = {12, 12};
  OK(syscall(SYS_close_range, 3, ~0u, 0));
  int first = OK(dup(0));
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  EQ(first, 3);
  EQ(dup(0), 4);
  OK(close(3));
  EQ(dup(0), 3);
  EQ(fcntl(0, F_DUPFD, 4), 5);
  EQ(fcntl(0, F_DUPFD, 11), 11);
  FAILS(EMFILE, fcntl(0, F_DUPFD, 11));
  FAILS(EINVAL, fcntl(0, F_DUPFD, 12));
  FAILS(EINVAL, fcntl(0, F_DUPFD, -1));
  EQ(fcntl(11, F_GETFD), 0);
  OK(close(11));
  EQ(fcntl(0, F_DUPFD_CLOEXEC, 11), 11);
  EQ(fcntl(11, F_GETFD), FD_CLOEXEC);
  EQ(dup2(0, 11), 11);
  EQ(fcntl(11, F_GETFD), 0);
  FAILS(EBADF, dup2(0, 12));
  FAILS(EBADF, dup2(0, -1));
  FAILS(EBADF, dup2(10, 11));
  EQ(dup2(11, 11), 11);
  FAILS(EBADF, dup2(10, 10));
  FAILS(EINVAL, dup3(11, 11, 0));
  FAILS(EINVAL, dup3(0, 11, 1));
  EQ(dup3(0, 11, O_CLOEXEC), 11);
  EQ(fcntl(11, F_GETFD), FD_CLOEXEC);
  EQ(dup2(11, 11), 11);
  EQ(fcntl(11, F_GETFD), FD_CLOEXEC);
  EQ(dup2(11, 10), 10);
  EQ(fcntl(10, F_GETFD), 0);
  // One that is left is not enough for two, and stays free.
  for (int number = 6; number < 9; number++) EQ(dup(0), number);
  int two[2] = {-7, -7};
  FAILS(EMFILE, pipe(two));
  FAILS(EMFILE, socketpair(AF_UNIX, SOCK_STREAM, 0, two));
  EQ(two[0], -7);
  EQ(two[1], -7);
  EQ(eventfd(0, 0), 9);
  FAILS(EMFILE, dup(0));
  FAILS(EMFILE, eventfd(0, 0));
  FAILS(EMFILE, open("/", O_RDONLY));
  FAILS(EMFILE, open("unmade", O_CREAT | O_RDWR, 0600));
  FAILS(ENOENT, access("unmade", F_OK));
  FAILS(EMFILE, socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(EMFILE, memfd_create("m", 0));
  FAILS(EMFILE, timerfd_create(CLOCK_MONOTONIC, 0));
  // Ranges that are closed, or will be.
  OK(syscall(SYS_close_range, 8, 8, 0));
  FAILS(EBADF, fcntl(8, F_GETFD));
  EQ(fcntl(7, F_GETFD), 0);
  EQ(fcntl(9, F_GETFD), 0);
  FAILS(EINVAL, syscall(SYS_close_range, 9, 8, 0));
  FAILS(EINVAL, syscall(SYS_close_range, 5, 6, 1));
  OK(syscall(SYS_close_range, 6, 7, CLOSE_RANGE_CLOEXEC));
  EQ(fcntl(5, F_GETFD), 0);
  EQ(fcntl(6, F_GETFD), FD_CLOEXEC);
  EQ(fcntl(7, F_GETFD), FD_CLOEXEC);
  EQ(fcntl(9, F_GETFD), 0);
  OK(fcntl(6, F_SETFD, 0));
  EQ(fcntl(6, F_GETFD), 0);
  OK(fcntl(6, F_SETFD, -1));
  EQ(fcntl(6, F_GETFD), FD_CLOEXEC);
  OK(syscall(SYS_close_range, 9, ~0u, 0));
  FAILS(EBADF, fcntl(9, F_GETFD));
  FAILS(EBADF, fcntl(11, F_GETFD));
  EQ(fcntl(7, F_GETFD), FD_CLOEXEC);
  FAILS(EBADF, close(9));
  FAILS(EBADF, close(-1));
  EQ(dup(0), 8);
  // A lower limit leaves what there is.
  limit = (struct rlimit){4, 12};
  OK(setrlimit(RLIMIT_NOFILE, &limit));
  EQ(fcntl(8, F_GETFD), 0);
  EQ(dup2(0, 3), 3);
  FAILS(EBADF, dup2(0, 4));
  FAILS(EMFILE, dup(0));
}
static void few(void) {
  in_child(in_few);
}

// Files that count: eight bytes, and not fewer.
static void counters(void) {
  uint64_t value = 5, two[2] = {1, 1};
  int e = OK(eventfd(3, EFD_NONBLOCK)), s;
  FAILS(EINVAL, read(e, &value, 7));
  FAILS(EINVAL, write(e, &value, 7));
  EQ(value, 5);
  EQ(write(e, two, 8), 8);
  EQ(read(e, two, 16), 8);
  EQ(two[0], 4);
  EQ(two[1], 1);
  FAILS(EAGAIN, read(e, &value, 8));
  EQ(ready(e), POLLOUT);
  value = -1;
  FAILS(EINVAL, write(e, &value, 8));
  value = -2;
  EQ(write(e, &value, 8), 8);
  EQ(ready(e), POLLIN);
  value = 1;
  FAILS(EAGAIN, write(e, &value, 8));
  value = 0;
  EQ(write(e, &value, 8), 8);
  EQ(read(e, &value, 8), 8);
  EQ(value, -2);
  EQ(write(e, &(uint64_t){0}, 8), 8);
  EQ(ready(e), POLLOUT);
  EQ(write(e, &(uint64_t){-3}, 8), 8);
  EQ(ready(e), POLLIN | POLLOUT);
  EQ(write(e, &(uint64_t){1}, 8), 8);
  EQ(ready(e), POLLIN);
  OK(close(e));
  s = OK(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
  EQ(read(s, &value, 8), 8);
  EQ(value, 1);
  EQ(ready(s), POLLIN | POLLOUT);
  EQ(read(s, &value, 8), 8);
  EQ(value, 1);
  FAILS(EAGAIN, read(s, &value, 8));
  OK(close(s));
  FAILS(EINVAL, eventfd(0, 2));
  // A timer's expirations.
  int t = OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
  FAILS(EINVAL, read(t, &value, 7));
  FAILS(EAGAIN, read(t, &value, 8));
  EQ(ready(t), 0);
  FAILS(EINVAL, write(t, &value, 8));
  struct itimerspec in = {{0, 0}, {0, 1000000000}}, old;
  FAILS(EINVAL, timerfd_settime(t, 0, &in, NULL));
  in.it_value.tv_nsec = -1;
  FAILS(EINVAL, timerfd_settime(t, 0, &in, NULL));
  in = (struct itimerspec){{0, 1000000000}, {0, 1}};
  FAILS(EINVAL, timerfd_settime(t, 0, &in, NULL));
  FAILS(EINVAL, timerfd_settime(t, 8, &(struct itimerspec){{0, 0}, {1, 0}}, NULL));
  OK(timerfd_gettime(t, &old));
  EQ(old.it_value.tv_sec | old.it_value.tv_nsec | old.it_interval.tv_sec | old.it_interval.tv_nsec, 0);
  OK(timerfd_settime(t, 0, &(struct itimerspec){{0, 0}, {0, 1}}, NULL));
  while (!ready(t)) pause_ms(1);
  EQ(read(t, two, 16), 8);
  EQ(two[0], 1);
  EQ(ready(t), 0);
  FAILS(EAGAIN, read(t, &value, 8));
  OK(timerfd_settime(t, TFD_TIMER_ABSTIME, &(struct itimerspec){{1000, 0}, {0, 1}}, NULL));
  while (!ready(t)) pause_ms(1);
  // What is set anew forgets what has not been read.
  OK(timerfd_settime(t, 0, &(struct itimerspec){{7, 0}, {1000, 0}}, &old));
  EQ(old.it_interval.tv_sec, 1000);
  EQ(ready(t), 0);
  FAILS(EAGAIN, read(t, &value, 8));
  OK(timerfd_settime(t, 0, &(struct itimerspec){{0, 0}, {0, 0}}, &old));
  EQ(old.it_interval.tv_sec, 7);
  CHECK(old.it_value.tv_sec <= 1000 && old.it_value.tv_sec > 0);
  OK(timerfd_gettime(t, &old));
  EQ(old.it_value.tv_sec | old.it_value.tv_nsec, 0);
  OK(close(t));
  // Signals: whole ones, as many as there is room for.
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  sigaddset(&mask, SIGRTMIN);
  OK(sigprocmask(SIG_BLOCK, &mask, NULL));
  s = OK(signalfd(-1, &mask, SFD_NONBLOCK));
  struct signalfd_siginfo infos[4];
  FAILS(EINVAL, read(s, infos, sizeof *infos - 1));
  FAILS(EAGAIN, read(s, infos, sizeof *infos));
  EQ(ready(s), 0);
  OK(raise(SIGRTMIN)), OK(raise(SIGRTMIN)), OK(raise(SIGUSR1)), OK(raise(SIGUSR1));
  EQ(ready(s), POLLIN);
  EQ(read(s, infos, 2 * sizeof *infos - 1), sizeof *infos);
  EQ(infos[0].ssi_signo, SIGUSR1);
  EQ(infos[0].ssi_code, SI_TKILL);
  EQ(infos[0].ssi_pid, getpid());
  EQ(infos[0].ssi_uid, getuid());
  EQ(read(s, infos, sizeof infos), 2 * sizeof *infos);
  EQ(infos[0].ssi_signo, SIGRTMIN);
  EQ(infos[1].ssi_signo, SIGRTMIN);
  FAILS(EAGAIN, read(s, infos, sizeof infos));
  // Others, from now on.
  sigdelset(&mask, SIGUSR1);
  EQ(signalfd(s, &mask, 0), s);
  OK(raise(SIGUSR1));
  EQ(ready(s), 0);
  FAILS(EAGAIN, read(s, infos, sizeof infos));
  sigaddset(&mask, SIGUSR1);
  EQ(signalfd(s, &mask, 0), s);
  EQ(ready(s), POLLIN);
  EQ(read(s, infos, sizeof infos), sizeof *infos);
  FAILS(EINVAL, signalfd(0, &mask, 0));
  FAILS(EBADF, signalfd(99, &mask, 0));
  FAILS(EINVAL, signalfd(-1, &mask, 1));
  FAILS(EINVAL, syscall(SYS_signalfd4, -1, &mask, 7, 0));
  OK(close(s));
}

// Extended attributes to the byte.
static void attributes(void) {
  fd = fresh("");
  char name[300] = "user.", got[64];
  memset(name + 5, 'n', 251);
  FAILS(ERANGE, fsetxattr(fd, name, "v", 1, 0));
  FAILS(ERANGE, fgetxattr(fd, name, got, 1));
  name[255] = 0;
  OK(fsetxattr(fd, name, "v", 1, 0));
  EQ(fgetxattr(fd, name, got, 1), 1);
  OK(fremovexattr(fd, name));
  FAILS(ENODATA, fgetxattr(fd, name, got, 1));
  FAILS(ERANGE, fsetxattr(fd, "", "v", 1, 0));
  FAILS(EINVAL, fsetxattr(fd, "user.", "v", 1, 0));
  FAILS(EOPNOTSUPP, fsetxattr(fd, "none.a", "v", 1, 0));
  FAILS(E2BIG, fsetxattr(fd, "user.a", buffer, 65537, 0));
  FAILS(ENODATA, fsetxattr(fd, "user.a", "0123", 4, XATTR_REPLACE));
  OK(fsetxattr(fd, "user.a", "0123", 4, XATTR_CREATE));
  FAILS(EEXIST, fsetxattr(fd, "user.a", "45", 2, XATTR_CREATE));
  FAILS(EINVAL, fsetxattr(fd, "user.a", "45", 2, 4));
  memset(got, 0xee, sizeof got);
  EQ(fgetxattr(fd, "user.a", got, 0), 4);
  FAILS(ERANGE, fgetxattr(fd, "user.a", got, 3));
  EQ(got[0], (char)0xee);
  EQ(fgetxattr(fd, "user.a", got, 4), 4);
  EQ(memcmp(got, "0123\xee", 5), 0);
  EQ(fgetxattr(fd, "user.a", got, 64), 4);
  OK(fsetxattr(fd, "user.a", "", 0, XATTR_REPLACE));
  EQ(fgetxattr(fd, "user.a", got, 64), 0);
  OK(fsetxattr(fd, "user.bc", "x", 1, 0));
  EQ(flistxattr(fd, got, 0), 15);
  FAILS(ERANGE, flistxattr(fd, got, 14));
  memset(got, 0xee, sizeof got);
  EQ(flistxattr(fd, got, 15), 15);
  EQ(got[15], (char)0xee);
  CHECK(!memcmp(got, "user.a\0user.bc", 15) || !memcmp(got, "user.bc\0user.a", 15));
  OK(fremovexattr(fd, "user.a"));
  FAILS(ENODATA, fremovexattr(fd, "user.a"));
  EQ(flistxattr(fd, got, 64), 8);
  OK(close(fd));
}

int main(void) {
  catch_faults();
  enter_scratch();
  few();
  STEP("numbers");
  PART(positions());
  STEP("positions");
  PART(sizes());
  STEP("sizes");
  PART(limited());
  STEP("a limit");
  PART(vectors());
  STEP("vectors");
  PART(pipes());
  STEP("pipes");
  PART(copies());
  STEP("copies");
  PART(locks());
  STEP("locks");
  PART(counters());
  STEP("counters");
  PART(attributes());
  STEP("attributes");
  OK(unlink("file"));
  return 0;
}

// sendfile, copy_file_range, splice, tee, vmsplice: bytes moved inside the kernel, offsets given and implied.
#include "check.h"
#include <sys/sendfile.h>
#include <sys/uio.h>

int main(void) {
  enter_scratch();
  char text[64] = "";
  int in = OK(open("in", O_RDWR | O_CREAT, 0600)), out = OK(open("out", O_RDWR | O_CREAT, 0600)), p[2];
  EQ(write(in, "abcdefghijklmnopqrstuvwxyz", 26), 26);
  OK(pipe(p));
  off_t from = 3;
  EQ(sendfile(out, in, &from, 5), 5);
  EQ(from, 8);
  EQ(lseek(in, 0, SEEK_CUR), 26);
  EQ(lseek(out, 0, SEEK_CUR), 5);
  OK(lseek(in, 20, SEEK_SET));
  EQ(sendfile(out, in, NULL, 100), 6);
  EQ(sendfile(out, in, NULL, 100), 0);
  EQ(pread(out, text, 63, 0), 11);
  STREQ(text, "defghuvwxyz");
  from = 0;
  EQ(sendfile(p[1], in, &from, 4), 4);
  EQ(read(p[0], text, 63), 4);
  EQ(memcmp(text, "abcd", 4), 0);
  FAILS(EBADF, sendfile(99, in, NULL, 1));
  FAILS(EINVAL, sendfile(out, p[0], NULL, 1));
  STEP("sendfile");

  loff_t a = 1, b = 2;
  EQ(copy_file_range(in, &a, out, &b, 3, 0), 3);
  EQ(a, 4);
  EQ(b, 5);
  memset(text, 0, sizeof text);
  EQ(pread(out, text, 63, 0), 11);
  STREQ(text, "debcduvwxyz");
  OK(lseek(in, 24, SEEK_SET));
  OK(lseek(out, 0, SEEK_SET));
  EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 2);
  EQ(lseek(out, 0, SEEK_CUR), 2);
  FAILS(EINVAL, copy_file_range(in, NULL, out, NULL, 1, 1));
  a = 0, b = 5;
  FAILS(EINVAL, copy_file_range(in, &a, in, &b, 10, 0));  // overlapping
  int append = OK(open("out", O_WRONLY | O_APPEND));
  a = 0;
  FAILS(EBADF, copy_file_range(in, &a, append, NULL, 1, 0));
  STEP("copy_file_range");

  a = 10;
  EQ(splice(in, &a, p[1], NULL, 6, 0), 6);
  EQ(a, 16);
  b = 0;
  EQ(splice(p[0], NULL, out, &b, 100, 0), 6);
  memset(text, 0, sizeof text);
  EQ(pread(out, text, 6, 0), 6);
  STREQ(text, "klmnop");
  FAILS(EINVAL, splice(in, NULL, out, NULL, 1, 0));
  FAILS(ESPIPE, splice(p[0], &a, out, NULL, 1, 0));
  FAILS(EAGAIN, splice(p[0], NULL, out, NULL, 1, SPLICE_F_NONBLOCK));
  int q[2];
  OK(pipe(q));
  EQ(write(p[1], "pipe to pipe", 12), 12);
  EQ(splice(p[0], NULL, q[1], NULL, 4, 0), 4);
  EQ(read(q[0], text, 63), 4);
  EQ(memcmp(text, "pipe", 4), 0);
  errno = 0;
  long r = tee(p[0], q[1], 100, 0);
  if (r == -1) CHECK(errno == EINVAL || errno == ENOSYS);
  else EQ(r, 8);
  EQ(read(p[0], text, 63), 8);
  STEP("splice, tee or its refusal");

  EQ(unlink("in") | unlink("out"), 0);
  return 0;
}

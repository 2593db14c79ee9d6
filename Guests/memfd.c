// memfd_create: a file without a name; growing, mapping, seals that hold.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  int fd = OK(memfd_create("guest", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  struct stat st;
  OK(fstat(fd, &st));
  EQ(st.st_size, 0);
  CHECK(S_ISREG(st.st_mode));
  EQ(st.st_nlink, 0);
  OK(ftruncate(fd, 10000));
  char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(p != MAP_FAILED);
  strcpy(p + 5000, "written by map");
  char text[20];
  EQ(pread(fd, text, 15, 5000), 15);
  STREQ(text, "written by map");
  EQ(pwrite(fd, "W", 1, 5000), 1);
  EQ(p[5000], 'W');
  STEP("mapped and written");

  EQ(fcntl(fd, F_GET_SEALS), 0);
  FAILS(EBUSY, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));  // while a writable mapping exists
  OK(munmap(p, 10000));
  OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  FAILS(EPERM, ftruncate(fd, 9999));
  OK(ftruncate(fd, 12000));
  OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  FAILS(EPERM, ftruncate(fd, 12001));
  FAILS(EPERM, pwrite(fd, "xy", 2, 12000));
  OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  FAILS(EPERM, pwrite(fd, "x", 1, 0));
  FAILS(EPERM, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
  CHECK(p != MAP_FAILED);
  STREQ(p + 904, "Written by map");
  p[0] = 1;
  OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  FAILS(EPERM, fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  STEP("seals hold");

  int plain = OK(memfd_create("", 0));
  EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
  FAILS(EPERM, fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
  EQ(fcntl(plain, F_GETFD), 0);
  FAILS(EINVAL, memfd_create("x", 0x4000));
  FAILS(EFAULT, memfd_create((char *)8, 0));
  char link[100], path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  long n = OK(readlink(path, link, sizeof link - 1));
  link[n] = 0;
  STREQ(link, "/memfd:guest (deleted)");
  STEP("names and errors");
  return 0;
}

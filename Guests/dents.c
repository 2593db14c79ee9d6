// getdents64 over 300 entries: each once, types, small buffers, seek to a cookie, rewind, entries removed while reading.
#include "check.h"
#include <dirent.h>

struct entry { uint64_t ino; int64_t off; uint16_t reclen; uint8_t type; char name[]; };
static char seen[300];

int main(void) {
  enter_scratch();
  OK(mkdir("d", 0700));
  char name[32];
  for (int i = 0; i < 300; i++) {
    snprintf(name, sizeof name, i % 10 ? "d/%03d" : "d/%03d-with-a-longer-name", i);
    if (i % 3 == 0) OK(mkdir(name, 0700));
    else if (i % 3 == 1) OK(symlink("x", name));
    else OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600))));
  }
  int fd = OK(open("d", O_RDONLY | O_DIRECTORY));
  for (int round = 0; round < 2; round++) {
    char buffer[700];
    int total = 0, dots = 0;
    memset(seen, 0, sizeof seen);
    for (long n; (n = OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer))) > 0;)
      for (struct entry *e = (void *)buffer; (char *)e < buffer + n; e = (void *)((char *)e + e->reclen)) {
        EQ(e->reclen % 8, 0);
        CHECK(e->ino != 0);
        if (e->name[0] == '.') {
          dots++;
          EQ(e->type, DT_DIR);
          continue;
        }
        int i = atoi(e->name);
        EQ(seen[i]++, 0);
        total++;
        EQ(e->type, i % 3 == 0 ? DT_DIR : i % 3 == 1 ? DT_LNK : DT_REG);
      }
    EQ(total, 300);
    EQ(dots, 2);
    EQ(syscall(SYS_getdents64, fd, buffer, sizeof buffer), 0);
    EQ(lseek(fd, 0, SEEK_SET), 0);
  }
  STEP("three hundred, each once, twice over");

  char buffer[2048];
  long n = OK(syscall(SYS_getdents64, fd, buffer, 400));
  struct entry *e = (void *)buffer, *next = (void *)(buffer + e->reclen);
  CHECK(n > e->reclen);
  char second[64];
  strcpy(second, next->name);
  int64_t cookie = e->off;
  OK(lseek(fd, cookie, SEEK_SET));
  OK(syscall(SYS_getdents64, fd, buffer, 400));
  STREQ(((struct entry *)buffer)->name, second);
  STEP("back to a cookie");
  FAILS(EINVAL, syscall(SYS_getdents64, fd, buffer, 8));
  int null = OK(open("/dev/null", O_RDONLY));
  FAILS(ENOTDIR, syscall(SYS_getdents64, null, buffer, 400));
  FAILS(EBADF, syscall(SYS_getdents64, 99, buffer, 400));
  OK(lseek(fd, 0, SEEK_SET));
  FAILS(EFAULT, syscall(SYS_getdents64, fd, (void *)8, 400));
  STEP("errors");

  // Remove everything while reading, as rm -r does; a rewound directory is then empty but for the dots.
  DIR *dir = opendir("d");
  CHECK(dir);
  for (int round = 0; round < 20; round++) {
    int left = 0;
    rewinddir(dir);
    for (struct dirent *d; (d = readdir(dir));) {
      if (d->d_name[0] == '.') continue;
      left++;
      OK(unlinkat(dirfd(dir), d->d_name, d->d_type == DT_DIR ? AT_REMOVEDIR : 0));
    }
    if (!left) break;
    CHECK(round < 19);
  }
  OK(rmdir("d"));
  OK(lseek(fd, 0, SEEK_SET));
  FAILS(ENOENT, syscall(SYS_getdents64, fd, buffer, 400));
  STEP("emptied while reading");
  closedir(dir);
  return 0;
}

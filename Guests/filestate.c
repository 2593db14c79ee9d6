// State: open files in all their forms are kept and used in turn: shared offsets, append, unlinked, mapped shared and private,
// renamed while open, directories half read, pipes half full, memfd, eventfd, locks; a model in memory says what must be there.
#include "check.h"
#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>

#define PAGE 4096L
static char model[64 * 1024];
static long model_size;

static void put(int fd, long at, const char *data, long n) {
  EQ(pwrite(fd, data, n, at), n);
  memcpy(model + at, data, n);
  if (at + n > model_size) model_size = at + n;
}
static void same(int fd) {
  static char back[sizeof model];
  EQ(pread(fd, back, sizeof back, 0), model_size);
  EQ(memcmp(back, model, model_size), 0);
}

int main(void) {
  enter_scratch();
  int fd = OK(open("data", O_RDWR | O_CREAT | O_EXCL, 0600)), second = OK(open("data", O_RDONLY)), copy = OK(dup(fd));
  int append = OK(open("log", O_RDWR | O_CREAT | O_APPEND, 0600)), gone = OK(open("gone", O_RDWR | O_CREAT, 0600));
  OK(unlink("gone"));
  int memory = OK(memfd_create("memory", 0)), event = OK(eventfd(1000, EFD_SEMAPHORE)), pipes[2];
  OK(ftruncate(memory, 2 * PAGE));
  OK(pipe(pipes));
  for (int i = 0; i < 40; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%02d", i);
    OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600))));
  }
  DIR *dir = opendir(".");
  char zero[16 * PAGE] = {0};
  put(fd, 0, zero, sizeof zero);
  char *shared = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *private = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *mem = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  CHECK(shared != MAP_FAILED && private != MAP_FAILED && mem != MAP_FAILED && dir);
  memset(private + 4 * PAGE, 'p', PAGE);
  OK(flock(fd, LOCK_EX));
  STEP("everything is open");

  OK(lseek(fd, 0, SEEK_SET));
  long offset = 0, seen = 0, logged = 0, in_pipe = 0, taken = 0;
  for (int i = 0; i < 60; i++) {
    char line[64];
    int n = snprintf(line, sizeof line, "line %d: %lx\n", i, (unsigned long)mix64(i) >> 20);
    EQ(write(i & 1 ? copy : fd, line, n), n);  // one offset
    memcpy(model + offset, line, n);
    offset += n;
    EQ(lseek(i & 2 ? copy : fd, 0, SEEK_CUR), offset);
    long at = mix64(i) % (15 * PAGE) + 4096;
    memcpy(shared + at, line, n);  // through the mapping
    memcpy(model + at, line, n);
    put(fd, mix64(i + 99) % (15 * PAGE) + 4096, line, n);
    same(second);
    EQ(memcmp(shared, model, model_size), 0);
    EQ(private[4 * PAGE + i], 'p');
    EQ(write(append, line, n), n);
    logged += n;
    EQ(lseek(append, 0, SEEK_CUR), logged);
    OK(lseek(append, 0, SEEK_SET));
    EQ(pwrite(gone, line, n, i * 64), n);
    mem[i * 100] = i + 1;
    EQ(write(pipes[1], line, n), n);
    in_pipe += n;
    if (i % 3 == 0) {
      char part[40];
      taken += OK(read(pipes[0], part, sizeof part));
    }
    uint64_t one;
    EQ(read(event, &one, 8), 8);
    if (i % 2 == 0) {
      struct dirent *d = readdir(dir);
      if (d) seen++;
    }
    if (i % 15 == 7) OK(rename(i % 30 == 7 ? "data" : "moved", i % 30 == 7 ? "moved" : "data"));
    FAILS(EAGAIN, flock(second, LOCK_SH | LOCK_NB));
    if (i % 20 == 19) STEP("%d rounds", i + 1);
  }
  EQ(seen, 30);
  while (readdir(dir)) seen++;
  EQ(seen, 44);  // 40, data, log, and the dots
  struct stat st;
  OK(fstat(gone, &st));
  EQ(st.st_nlink, 0);
  char line[64] = "";
  EQ(pread(gone, line, 8, 59 * 64), 8);
  STREQ(line, "line 59:");
  char byte;
  for (int i = 0; i < 60; i++) {
    EQ(pread(memory, &byte, 1, i * 100), 1);
    EQ(byte, i + 1);
  }
  OK(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
  for (long n; (n = read(pipes[0], model, 1000)) > 0;) taken += n;
  EQ(taken, in_pipe);
  STEP("all as it should be");
  for (int i = 0; i < 40; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%02d", i);
    OK(unlink(name));
  }
  OK(unlink("data"));
  OK(unlink("log"));
  return 0;
}

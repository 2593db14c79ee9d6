// A program that runs can't be written to, and a file that is open for writing can't be run; nor while it is mapped so.
#include "check.h"

#include <sys/mman.h>
#include <sys/wait.h>

static int run(const char *path) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execl(path, path, "inner", NULL);
    _exit(errno == ETXTBSY ? 26 : 99);
  }
  EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    FAILS(ETXTBSY, open(argv[0], O_WRONLY));
    FAILS(ETXTBSY, open(argv[0], O_RDWR));
    FAILS(ETXTBSY, open(argv[0], O_RDONLY | O_TRUNC));
    FAILS(ETXTBSY, truncate(argv[0], 0));
    close(OK(open(argv[0], O_RDONLY)));
    return 7;
  }
  enter_scratch();
  int from = OK(open("/proc/self/exe", O_RDONLY)), to = OK(open("copy", O_CREAT | O_WRONLY, 0755));
  static char buffer[65536];
  ssize_t count;
  while ((count = read(from, buffer, sizeof buffer)) > 0) EQ(write(to, buffer, count), count);
  EQ(run("./copy"), 26);
  close(to);
  EQ(run("./copy"), 7);
  STEP("both ways");

  to = OK(open("copy", O_RDWR));
  void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
  CHECK(map != MAP_FAILED);
  close(to);
  EQ(run("./copy"), 26);
  OK(munmap(map, 4096));
  EQ(run("./copy"), 7);
  STEP("a mapping keeps it open");

  to = OK(open("script", O_CREAT | O_WRONLY, 0755));
  EQ(write(to, "#!./copy\n", 9), 9);
  EQ(run("./script"), 26);
  close(to);
  EQ(run("./script"), 7);
  OK(unlink("copy"));
  OK(unlink("script"));
  STEP("scripts");
  return 0;
}

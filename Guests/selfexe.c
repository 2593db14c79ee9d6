// /proc/self/exe of a program whose file was renamed, replaced or deleted, or that has no name: what the link says, that it opens the same file, that it can be executed again.
#include "check.h"
#include <sys/mman.h>
#include <sys/wait.h>

static char link_text[4200];

static const char *exe(void) {
  long length = OK(readlink("/proc/self/exe", link_text, sizeof link_text - 1));
  link_text[length] = 0;
  return link_text;
}

static void copy(int to) {
  char bytes[65536];
  int from = OK(open("/proc/self/exe", O_RDONLY));
  long count;
  while ((count = OK(read(from, bytes, sizeof bytes)))) EQ(OK(write(to, bytes, count)), count);
  OK(close(from));
}

static void make(const char *name) {
  int fd = OK(open(name, O_CREAT | O_EXCL | O_WRONLY, 0755));
  copy(fd);
  OK(close(fd));
}

static void run(int fd, const char *name, const char *what) {
  pid_t pid = OK(fork());
  if (!pid) {
    char *words[] = {(char *)name, (char *)what, 0}, *none[] = {0};
    if (fd >= 0) OK(fexecve(fd, words, none));
    OK(execve(name, words, none));
  }
  int status;
  OK(waitpid(pid, &status, 0));
  EQ(status, 0);
}

static int opens(const struct stat *same) {
  struct stat now;
  int fd = OK(open("/proc/self/exe", O_RDONLY));
  OK(fstat(fd, &now));
  OK(close(fd));
  return now.st_ino == same->st_ino && now.st_size == same->st_size;
}

int main(int count, char **words) {
  struct stat file;
  OK(stat("/proc/self/exe", &file));
  if (count > 1 && !strcmp(words[1], "again")) return 0;
  if (count > 1 && !strcmp(words[1], "deleted")) {
    OK(unlink(words[0]));
    char wanted[4200];
    snprintf(wanted, sizeof wanted, "%s (deleted)", words[0]);
    STREQ(exe(), wanted);
    CHECK(opens(&file));
    run(-1, "/proc/self/exe", "again");
    return 0;
  }
  if (count > 1 && !strcmp(words[1], "replaced")) {
    char moved[4200];
    snprintf(moved, sizeof moved, "%s-moved", words[0]);
    OK(rename(words[0], moved));
    int fd = OK(open(words[0], O_CREAT | O_EXCL | O_WRONLY, 0755));
    OK(write(fd, "#!/bin/false\n", 13));
    OK(close(fd));
    STREQ(exe(), moved);
    CHECK(opens(&file));
    run(-1, "/proc/self/exe", "again");
    OK(unlink(words[0]));
    OK(unlink(moved));
    return 0;
  }
  if (count > 1 && !strcmp(words[1], "nameless")) {
    STREQ(exe(), "/memfd:program (deleted)");
    CHECK(opens(&file));
    run(-1, "/proc/self/exe", "again");
    return 0;
  }
  char name[4200];
  char folder[] = "/tmp/selfexe-XXXXXX";
  CHECK(mkdtemp(folder));
  snprintf(name, sizeof name, "%s/program", folder);
  make(name);
  run(-1, name, "deleted");
  STEP("deleted");
  make(name);
  run(-1, name, "replaced");
  STEP("replaced");
  int fd = OK(memfd_create("program", MFD_CLOEXEC));
  copy(fd);
  run(fd, "nameless", "nameless");
  STEP("nameless");
  OK(rmdir(folder));
  return 0;
}

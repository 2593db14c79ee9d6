// Scripts: what the line behind #! may be, what it makes of the arguments, and scripts that run each other.
// QEMU: qemu-user leaves the interpreters to the host.
#include "check.h"
#include <limits.h>

// As an interpreter: writes its arguments, with a bar behind each.
static int told;
static void tell(int argc, char **argv) {
  char text[4096] = "";
  for (int i = 0; i < argc; i++) strcat(strcat(text, argv[i]), "|");
  long length = strlen(text);
  _exit(write(told, text, length) != length);
}

static void make(const char *name, const char *text, long length, mode_t mode) {
  int fd = OK(open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600));
  EQ(write(fd, text, length), length);
  OK(fchmod(fd, mode));
  OK(close(fd));
}

// What its interpreter saw, or the name of the error.
static char seen[4096];
static const char *runs(const char *name) {
  int p[2], status;
  char number[16];
  OK(pipe(p));
  pid_t pid = OK(fork());
  if (!pid) {
    snprintf(number, sizeof number, "TOLD=%d", p[1]);
    OK(close(p[0]));
    execle(name, "first", "second", "", "third", NULL, (char *[]){number, NULL});
    const char *error = strerrorname_np(errno);
    EQ(write(p[1], error, strlen(error)), (long)strlen(error));
    _exit(0);
  }
  OK(close(p[1]));
  long length = 0, n;
  while ((n = OK(read(p[0], seen + length, sizeof seen - 1 - length))) > 0) length += n;
  seen[length] = 0;
  OK(close(p[0]));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  EQ(status, 0);
  return seen;
}

static const struct { const char *line, *seen; } lines[] = {
  {"#!./i", "./i|./script|second||third|"},
  {"#!./i\n", "./i|./script|second||third|"},
  {"#!./i\nmore\n", "./i|./script|second||third|"},
  {"#! ./i\n", "./i|./script|second||third|"},
  {"#! \t  ./i \t \n", "./i|./script|second||third|"},
  {"#!./i one\n", "./i|one|./script|second||third|"},
  {"#!./i \tone \n", "./i|one|./script|second||third|"},
  {"#!./i\tone\n", "./i|one|./script|second||third|"},
  {"#!./i one two  three \t\n", "./i|one two  three|./script|second||third|"},
  {"#!./i one\ttwo\nfour\n", "./i|one\ttwo|./script|second||third|"},
  {"#!./i one\r\n", "./i|one\r|./script|second||third|"},
  {"#!./i #!\n", "./i|#!|./script|second||third|"},
  {"#!./i -x", "./i|-x|./script|second||third|"},
  {"#!i -x", "i|-x|./script|second||third|"},
  {"#!./i\r\n", "ENOENT"},
  {"#!./i one ", "./i|one |./script|second||third|"},  // without an end of the line, blanks stay
  {"#!./i ", "./i||./script|second||third|"},
  {"#!./i one \t", "./i|one \t|./script|second||third|"},
  {"#!\n", "ENOEXEC"},
  {"#!", "EACCES"},
  {"#!  ", "EACCES"},
  {"#! \t\n./i\n", "ENOEXEC"},
  {" #!./i\n", "ENOEXEC"},
  {"#", "ENOEXEC"},
  {"", "ENOEXEC"},
  {"#!none\n", "ENOENT"},
  {"#!./none one\n", "ENOENT"},
  {"#!./plain\n", "EACCES"},
  {"#!./folder\n", "EACCES"},
  {"#!./plain/i\n", "ENOTDIR"},
  {"#!./loop\n", "ELOOP"},
  {"#!./script\n", "ELOOP"},
  {"#!./empty\n", "ENOEXEC"},
};

static void one_line(void) {
  for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
    make("script", lines[i].line, strlen(lines[i].line), 0700);
    STREQ(runs("./script"), lines[i].seen);
  }
  // A NUL ends the line.
  make("script", "#!./i one\0two\n", 14, 0700);
  STREQ(runs("./script"), "./i|one|./script|second||third|");
  make("script", "#!./i\0one\n", 10, 0700);
  STREQ(runs("./script"), "./i|./script|second||third|");
  make("script", "#!./i one \0two\n", 15, 0700);
  STREQ(runs("./script"), "./i|one |./script|second||third|");
  make("script", "#!./i one\n\0two", 14, 0700);
  STREQ(runs("./script"), "./i|one|./script|second||third|");
  make("script", "#!./i\n", 6, 0600);
  STREQ(runs("./script"), "EACCES");
  make("script", "#!./i\n", 6, 0100);
  if (!geteuid()) STREQ(runs("./script"), "./i|./script|second||third|");
}

// 256 bytes are looked at. An argument may be cut there; a path may not.
static void long_lines(void) {
  char line[600], wanted[700];
  for (int length = 245; length < 260; length++) {
    strcpy(line, "#!./i ");
    memset(line + 6, 'a', length);
    strcpy(line + 6 + length, "\n");
    int kept = length < 250 ? length : 249;
    snprintf(wanted, sizeof wanted, "./i|%.*s|./script|second||third|", kept, line + 6);
    make("script", line, strlen(line), 0700);
    STREQ(runs("./script"), wanted);
  }
  for (int slashes = 245; slashes < 258; slashes++) {
    strcpy(line, "#!.");
    memset(line + 3, '/', slashes);
    strcpy(line + 3 + slashes, "i");
    snprintf(wanted, sizeof wanted, "%s|./script|second||third|", line + 2);
    // Without an end in sight it could go on.
    make("script", line, strlen(line), 0700);
    STREQ(runs("./script"), slashes <= 251 ? wanted : "ENOEXEC");
    strcat(line, "\n");
    make("script", line, strlen(line), 0700);
    STREQ(runs("./script"), slashes <= 251 ? wanted : "ENOEXEC");
    strcpy(line + strlen(line) - 1, " b\n");
    make("script", line, strlen(line), 0700);
    if (slashes <= 249) snprintf(wanted, sizeof wanted, "%.*s|b|./script|second||third|", slashes + 2, line + 2);
    STREQ(runs("./script"), slashes <= 251 ? wanted : "ENOEXEC");
  }
}

// Five scripts may lead to a program, each with an argument of its own.
static void nested(void) {
  char name[16], line[64], wanted[256], between[128] = "";
  make("script", "#!./i\n", 6, 0700);
  for (int depth = 1; depth <= 7; depth++) {
    snprintf(wanted, sizeof wanted, "./i|%s./script|second||third|", between);
    STREQ(runs("./script"), depth <= 5 ? wanted : "ELOOP");
    snprintf(name, sizeof name, "script%d", depth);
    OK(rename("script", name));
    snprintf(line, sizeof line, "#!./%s -%d\n", name, depth);
    make("script", line, strlen(line), 0700);
    snprintf(between + strlen(between), sizeof between - strlen(between), "./%s|-%d|", name, depth);
  }
  for (int depth = 1; depth <= 7; depth++) {
    snprintf(name, sizeof name, "script%d", depth);
    OK(unlink(name));
  }
}

int main(int argc, char **argv) {
  char path[PATH_MAX];
  if (getenv("TOLD")) {
    told = atoi(getenv("TOLD"));
    tell(argc, argv);
  }
  long length = OK(readlink("/proc/self/exe", path, sizeof path - 1));
  path[length] = 0;
  enter_scratch();
  OK(symlink(path, "i"));
  OK(symlink("loop", "loop"));
  OK(mkdir("folder", 0700));
  make("plain", "#!./i\n", 6, 0600);
  make("empty", "", 0, 0700);
  PART(one_line());
  STEP("one line");
  PART(long_lines());
  STEP("long lines");
  PART(nested());
  STEP("scripts of scripts");
  OK(unlink("i")), OK(unlink("loop")), OK(rmdir("folder")), OK(unlink("plain")), OK(unlink("empty")), OK(unlink("script"));
  return 0;
}

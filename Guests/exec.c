// execve: arguments and environment, descriptors that close, signals and masks that stay, scripts, threads that go,
// vfork, fexecve, and what is refused.
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sched.h>

extern char **environ;
static const char *self = "/proc/self/exe";

static int run(const char *what, const char *argument) {
  pid_t pid = OK(fork());
  if (pid == 0) {
    execl(self, "exec", what, argument, NULL);
    _exit(99);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int child(int argc, char **argv) {
  const char *what = argv[1];
  if (!strcmp(what, "code")) return atoi(argv[2]);
  if (!strcmp(what, "environment")) {
    STREQ(getenv("GUEST"), "one");
    EQ(environ[1] == NULL, 1);
    EQ(argc, 3);
    return 0;
  }
  if (!strcmp(what, "descriptors")) {
    int kept = atoi(argv[2]);
    EQ(fcntl(kept, F_GETFD), 0);
    FAILS(EBADF, fcntl(kept + 1, F_GETFD));
    return 0;
  }
  if (!strcmp(what, "signals")) {
    struct sigaction action;
    OK(sigaction(SIGUSR1, NULL, &action));
    CHECK(action.sa_handler == SIG_IGN);
    OK(sigaction(SIGUSR2, NULL, &action));
    CHECK(action.sa_handler == SIG_DFL);
    sigset_t set;
    OK(sigprocmask(SIG_BLOCK, NULL, &set));
    EQ(sigismember(&set, SIGTERM), 1);
    OK(sigpending(&set));
    EQ(sigismember(&set, SIGTERM), 1);
    stack_t stack;
    OK(sigaltstack(NULL, &stack));
    CHECK(stack.ss_flags & SS_DISABLE);
    return 0;
  }
  if (!strcmp(what, "threads")) {
    EQ(syscall(SYS_gettid), getpid());
    EQ(getpid(), atoi(argv[2]));
    return 0;
  }
  if (!strcmp(what, "name")) {
    char name[16];
    OK(prctl(PR_GET_NAME, name));
    STREQ(name, argv[2]);
    return 0;
  }
  return 98;
}

static void on_signal(int signal) {}
static void *waits(void *unused) { for (;;) pause(); }
static void *executes(void *unused) {
  char pid[16];
  snprintf(pid, sizeof pid, "%d", getpid());
  execl(self, "exec", "threads", pid, NULL);
  return NULL;
}

static void threads_go(void) {
  pid_t pid = OK(fork());
  if (pid == 0) {
    pthread_t thread;
    for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, waits, NULL);
    pthread_create(&thread, NULL, executes, NULL);
    waits(NULL);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  STEP("threads go");
}

static void borrowed_memory(void) {
  static volatile int seen;
  pid_t pid = vfork();
  CHECK(pid >= 0);
  if (pid == 0) {
    seen = 1;
    _exit(5);
  }
  EQ(seen, 1);
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(WEXITSTATUS(status), 5);
  pid = vfork();
  CHECK(pid >= 0);
  if (pid == 0) {
    seen = 2;
    execl(self, "exec", "code", "6", NULL);
    _exit(99);
  }
  EQ(seen, 2);
  EQ(waitpid(pid, &status, 0), pid);
  EQ(WEXITSTATUS(status), 6);
  STEP("vfork");
}

static void write_file(const char *name, const char *text, int mode) {
  int fd = OK(open(name, O_WRONLY | O_CREAT | O_TRUNC, mode));
  EQ(write(fd, text, strlen(text)), (long)strlen(text));
  OK(fchmod(fd, mode));
  OK(close(fd));
}

static void refusals(void) {
  char *const arguments[] = {"x", NULL};
  FAILS(ENOENT, execv("no/such/file", arguments));
  FAILS(ENOENT, execv("", arguments));
  FAILS(EACCES, execv(".", arguments));
  FAILS(EFAULT, execv((char *)8, arguments));
  FAILS(EFAULT, execv(self, (char **)8));
  write_file("plain", "just text\n", 0600);
  FAILS(EACCES, execv("plain", arguments));
  OK(chmod("plain", 0700));
  FAILS(ENOEXEC, execv("plain", arguments));
  FAILS(ENOTDIR, execv("plain/x", arguments));
  write_file("plain", "#!/no/such/interpreter\n", 0700);
  FAILS(ENOENT, execv("plain", arguments));
  write_file("plain", "\177ELF trunk", 0700);
  FAILS(ENOEXEC, execv("plain", arguments));
  // Too long an argument.
  static char big[200000];
  memset(big, 'x', sizeof big - 1);
  char *const much[] = {"x", big, NULL};
  FAILS(E2BIG, execv(self, much));
  OK(unlink("plain"));
  STEP("refusals");
}

static void scripts(void) {
  char path[4096], text[5000];
  long n = OK(readlink(self, path, sizeof path - 1));
  path[n] = 0;
  snprintf(text, sizeof text, "#! %s code\n", path);
  write_file("script", text, 0700);
  // The script's own name becomes the argument: atoi gives 0.
  pid_t pid = OK(fork());
  if (pid == 0) {
    execl("./script", "ignored", "7", NULL);
    _exit(99);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(WEXITSTATUS(status), 0);
  OK(unlink("script"));
  STEP("scripts");
}

static void by_descriptor(void) {
  int fd = OK(open(self, O_RDONLY | O_CLOEXEC));
  pid_t pid = OK(fork());
  char *const arguments[] = {"exec", "code", "8", NULL};
  if (pid == 0) {
    fexecve(fd, arguments, environ);
    _exit(99);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(WEXITSTATUS(status), 8);

  int copy = OK(memfd_create("program", MFD_CLOEXEC));
  static char buffer[65536];
  for (long n; (n = OK(read(fd, buffer, sizeof buffer)));) EQ(write(copy, buffer, n), n);
  pid = OK(fork());
  if (pid == 0) {
    syscall(SYS_execveat, copy, "", arguments, environ, AT_EMPTY_PATH);
    _exit(99);
  }
  EQ(waitpid(pid, &status, 0), pid);
  EQ(WEXITSTATUS(status), 8);
  FAILS(ENOENT, syscall(SYS_execveat, fd, "", arguments, environ, 0));
  FAILS(EBADF, syscall(SYS_execveat, 77, "x", arguments, environ, 0));
  OK(close(fd));
  OK(close(copy));
  STEP("by descriptor");
}

int main(int argc, char **argv) {
  if (argc > 1) return child(argc, argv);
  EQ(run("code", "42"), 42);
  char *const arguments[] = {"exec", "environment", "x", NULL};
  char *const environment[] = {"GUEST=one", NULL};
  pid_t pid = OK(fork());
  if (pid == 0) {
    execve(self, arguments, environment);
    _exit(99);
  }
  int status;
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  STEP("arguments and environment");

  int kept = OK(fcntl(0, F_DUPFD, 50));
  EQ(dup3(kept, kept + 1, O_CLOEXEC), kept + 1);
  char number[16];
  snprintf(number, sizeof number, "%d", kept);
  EQ(run("descriptors", number), 0);
  STEP("descriptors");

  static char stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  pid = OK(fork());
  if (pid == 0) {
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, on_signal);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaltstack(&alternate, NULL);
    raise(SIGTERM);
    execl(self, "exec", "signals", "", NULL);
    _exit(99);
  }
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  STEP("signals");

  OK(symlink(self, "a-rather-long-name"));
  pid = OK(fork());
  if (pid == 0) {
    execl("./a-rather-long-name", "exec", "name", "a-rather-long-n", NULL);
    _exit(99);
  }
  EQ(waitpid(pid, &status, 0), pid);
  EQ(status, 0);
  OK(unlink("a-rather-long-name"));
  STEP("name");

  PART(threads_go());
  PART(borrowed_memory());
  PART(refusals());
  PART(scripts());
  PART(by_descriptor());
  return 0;
}

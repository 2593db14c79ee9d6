// The initial stack: argc/argv/envp in place, 16-byte aligned, strings inside the stack, /proc agreeing.
#include "check.h"
#include <sys/auxv.h>

static long slurp(const char *path, char *to, long size) {
  int fd = OK(open(path, O_RDONLY));
  long total = 0, n;
  while ((n = OK(read(fd, to + total, size - total))) > 0) total += n;
  close(fd);
  return total;
}

int main(int argc, char **argv, char **envp) {
  static char file[1 << 18];
  CHECK(argc >= 1);
  CHECK(argv[argc] == NULL);
  EQ(*((long *)argv - 1), argc);              // what the kernel pushed
  EQ(((uintptr_t)argv - 8) % 16, 0);          // the stack pointer at the entry point
  CHECK(envp == argv + argc + 1);
  CHECK(envp == environ);
  STEP("argc, argv, envp in place");

  for (int i = 0; i < argc; i++) CHECK(argv[i] > (char *)argv && argv[i] - (char *)argv < 8 << 20);
  for (char **e = envp; *e; e++) CHECK(*e > (char *)argv && strchr(*e, '='));
  for (int i = 1; i < argc; i++) CHECK(argv[i] == argv[i - 1] + strlen(argv[i - 1]) + 1);
  STEP("strings follow one another");

  long n = slurp("/proc/self/cmdline", file, sizeof file);
  char *p = file;
  for (int i = 0; i < argc; i++) {
    STREQ(p, argv[i]);
    p += strlen(p) + 1;
  }
  EQ(p - file, n);
  STEP("/proc/self/cmdline agrees");

  uintptr_t sp;
#if defined __x86_64__
  __asm__("mov %%rsp, %0" : "=r"(sp));
#elif defined __aarch64__
  __asm__("mov %0, sp" : "=r"(sp));
#elif defined __riscv
  __asm__("mv %0, sp" : "=r"(sp));
#endif
  EQ(sp % 16, 0);
  CHECK(sp < (uintptr_t)argv);
  STEP("stack pointer aligned");
  return 0;
}

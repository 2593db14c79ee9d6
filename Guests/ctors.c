// Constructors with their arguments before main, destructors and atexit after it, in order; exit status through exit().
#include "check.h"
#include <pthread.h>

static int order[8], count;
static int seen_argc;
static char **seen_argv;

__attribute__((constructor(101))) static void first(int argc, char **argv, char **envp) {
  seen_argc = argc;
  seen_argv = argv;
  CHECK(envp == argv + argc + 1);
  order[count++] = 1;
}
__attribute__((constructor(102))) static void second(void) { order[count++] = 2; }
__attribute__((constructor)) static void third(void) { order[count++] = 3; }

__attribute__((destructor)) static void last(void) {
  EQ(count, 6);
  STEP("destructor after atexit");
}
static void exit_a(void) { order[count++] = 6; STEP("atexit first registered, run last"); EQ(order[4], 5); }
static void exit_b(void) { order[count++] = 5; STEP("atexit last registered, run first"); EQ(order[3], 4); }

int main(int argc, char **argv) {
  EQ(count, 3);
  for (int i = 0; i < 3; i++) EQ(order[i], i + 1);
  EQ(seen_argc, argc);
  CHECK(seen_argv == argv);
  STEP("constructors in order, with arguments");
  atexit(exit_a);
  atexit(exit_b);
  order[count++] = 4;
  exit(0);
}

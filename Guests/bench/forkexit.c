// 2,000 processes that are forked, end at once and are waited for.
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  for (int i = 0; i < 2000; i++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

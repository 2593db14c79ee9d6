// 1 GiB through a pipe to another process, 64 KiB at a time.
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[65536];

int main(void) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    long total = 0, count;
    while ((count = read(ends[0], block, sizeof block)) > 0) total += count;
    _exit(total == 1L << 30 ? 0 : 1);
  }
  close(ends[0]);
  memset(block, 7, sizeof block);
  for (int i = 0; i < 1 << 14; i++)
    if (write(ends[1], block, sizeof block) != sizeof block) return 1;
  close(ends[1]);
  int status;
  return waitpid(child, &status, 0) != child || status != 0;
}

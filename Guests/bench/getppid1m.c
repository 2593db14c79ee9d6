// A million system calls that do nothing.
#include "bench.h"
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long first = syscall(SYS_getppid), same = 0;
  for (int i = 0; i < 1000000; i++) same += syscall(SYS_getppid) == first;
  return report(same);
}

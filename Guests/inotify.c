// inotify: descriptors and watches behave; events, where they are reported at all, have the right shape.
#include "check.h"
#include <poll.h>
#include <sys/inotify.h>

int main(void) {
  enter_scratch();
  int fd = OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  char buffer[4096];
  FAILS(EAGAIN, read(fd, buffer, sizeof buffer));
  int w = OK(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE | IN_MODIFY));
  CHECK(w >= 1);
  EQ(inotify_add_watch(fd, ".", IN_CREATE), w);  // the same directory, the same watch
  OK(close(OK(open("file", O_CREAT | O_WRONLY, 0600))));
  long n = read(fd, buffer, sizeof buffer);
  if (n > 0) {
    struct inotify_event *e = (void *)buffer;
    EQ(e->wd, w);
    EQ(e->mask, IN_CREATE);
    STREQ(e->name, "file");
  } else {
    EQ(errno, EAGAIN);
  }
  STEP("a watch");
  OK(inotify_rm_watch(fd, w));
  FAILS(EINVAL, inotify_rm_watch(fd, w));
  FAILS(ENOENT, inotify_add_watch(fd, "missing", IN_CREATE));
  FAILS(EINVAL, inotify_add_watch(fd, ".", 0));
  FAILS(EBADF, inotify_add_watch(99, ".", IN_CREATE));
  FAILS(EINVAL, inotify_add_watch(0, ".", IN_CREATE));
  FAILS(EINVAL, inotify_init1(1));
  OK(unlink("file"));
  STEP("errors");
  return 0;
}

// The kernel's termios2, whose header cannot be included beside the C library's <termios.h>.
#ifdef __linux__
#include "CPosixShims.h"

#include <errno.h>

#include <asm/ioctls.h>
#include <asm/termbits.h>

// <sys/ioctl.h> would bring the clashing header in.
extern int ioctl(int fd, unsigned long request, ...);

_Static_assert(sizeof(struct godwit_termios2) == sizeof(struct termios2), "not the generic layout");
_Static_assert(__builtin_offsetof(struct godwit_termios2, c_cc) ==
                   __builtin_offsetof(struct termios2, c_cc), "not the generic layout");
_Static_assert(__builtin_offsetof(struct godwit_termios2, c_ispeed) ==
                   __builtin_offsetof(struct termios2, c_ispeed), "not the generic layout");

int godwit_get_termios2(int fd, struct godwit_termios2 *modes) {
  return ioctl(fd, TCGETS2, modes);
}

int godwit_set_termios2(int fd, int when, const struct godwit_termios2 *modes) {
  switch (when) {
    case 0: return ioctl(fd, TCSETS2, modes);
    case 1: return ioctl(fd, TCSETSW2, modes);
    case 2: return ioctl(fd, TCSETSF2, modes);
  }
  errno = EINVAL;
  return -1;
}
#endif

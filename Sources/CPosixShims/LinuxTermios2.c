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

// The requests of before termios2 are the same but for the speeds: for hosts that know no others
// (qemu-user answers ENOSYS to TCGETS2).
_Static_assert(sizeof(struct termios) == __builtin_offsetof(struct termios2, c_ispeed),
               "not a prefix of termios2");
static const uint32_t usual_speed = 38400;

int godwit_get_termios2(int fd, struct godwit_termios2 *modes) {
  int result = ioctl(fd, TCGETS2, modes);
  if (result == -1 && errno == ENOSYS) {
    modes->c_ispeed = modes->c_ospeed = usual_speed;
    result = ioctl(fd, TCGETS, modes);
  }
  return result;
}

int godwit_set_termios2(int fd, int when, const struct godwit_termios2 *modes) {
  static const unsigned long requests[] = {TCSETS2, TCSETSW2, TCSETSF2};
  static const unsigned long former[] = {TCSETS, TCSETSW, TCSETSF};
  if (when < 0 || when > 2) {
    errno = EINVAL;
    return -1;
  }
  int result = ioctl(fd, requests[when], modes);
  if (result == -1 && errno == ENOSYS) result = ioctl(fd, former[when], modes);
  return result;
}
#endif

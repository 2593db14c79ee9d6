#define _GNU_SOURCE 1
#include "CRawCall.h"

#include <errno.h>
#include <unistd.h>

long godwit_raw_call(long number, const long arguments[6]) {
  long result = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                        arguments[4], arguments[5]);
  return result == -1 ? -errno : result;
}

// Every kind of file by every call that takes a descriptor: what each answers, for each of 35 kinds.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include "pty.h"
#include <limits.h>
#include <linux/fs.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

static const struct table expected[] = {
  {"regular",
   "32768 2050 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL 0 0 INVAL INVAL 0 INVAL 0 0 0 0 0 0 22 0 0 0 0 0 0 0 0 0 "
   "2 0 INVAL 0 0 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES 0 0 INVAL 0 INVAL INVAL "
   "INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"read only",
   "32768 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL BADF BADF INVAL INVAL BADF INVAL 0 0 0 0 0 0 22 0 0 0 0 "
   "0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES 0 -1 INVAL 0 INVAL "
   "INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"write only",
   "32768 2049 1 5 PERM PERM 0 PERM PERM 0 0 INVAL BADF BADF INVAL 0 0 INVAL INVAL 0 INVAL 0 0 0 0 BADF 0 22 0 0 0 "
   "BADF 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 -1 INVAL "
   "BADF BADF INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL BADF BADF"},
  {"append",
   "32768 3074 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL 0 0 INVAL INVAL 0 INVAL 0 0 0 0 0 0 22 0 0 0 0 0 0 0 0 0 "
   "2 0 INVAL 0 0 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES 0 0 INVAL 0 INVAL INVAL "
   "INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"O_PATH",
   "32768 2097152 1 32 BADF BADF 0 BADF BADF BADF BADF BADF BADF BADF INVAL BADF BADF INVAL INVAL BADF BADF BADF BADF "
   "BADF BADF BADF 9 9 BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF 0 1 BADF BADF BADF 0 BADF 0 "
   "BADF -1 BADF 1 BADF BADF 0 NOTDIR NOTDIR NOTDIR BADF ACCES -1 -1 INVAL BADF BADF BADF BADF 0 BADF BADF BADF BADF "
   "BADF BADF BADF BADF BADF 0 BADF BADF BADF"},
  {"memory",
   "32768 2 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL 0 0 INVAL INVAL 0 INVAL 0 0 0 0 0 0 22 0 0 0 0 0 0 0 0 0 2 "
   "0 INVAL 0 0 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 NOEXEC 0 0 INVAL 0 INVAL INVAL INVAL "
   "NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"directory",
   "16384 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL ISDIR ISDIR INVAL BADF BADF INVAL INVAL BADF INVAL 0 0 0 0 INVAL 0 "
   "22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY 1 0 0 NOENT NOENT -2 ACCES -1 -1 INVAL "
   "INVAL INVAL ISDIR ISDIR NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL ISDIR ISDIR"},
  {"link",
   "40960 2097152 1 32 BADF BADF 0 BADF BADF BADF BADF BADF BADF BADF INVAL BADF BADF INVAL INVAL BADF BADF BADF BADF "
   "BADF BADF BADF 9 9 BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF 0 1 BADF BADF BADF 0 BADF 0 "
   "BADF -1 BADF 1 BADF BADF 0 NOTDIR NOTDIR NOTDIR BADF * -1 -1 INVAL BADF BADF BADF BADF 0 BADF BADF BADF BADF BADF "
   "BADF BADF BADF BADF 0 BADF BADF BADF"},
  {"pipe to read",
   "4096 2048 1 1 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL BADF SPIPE INVAL INVAL BADF INVAL INVAL INVAL 0 SPIPE "
   "INVAL 29 29 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL SPIPE 0 INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"pipe to write",
   "4096 2049 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL BADF SPIPE INVAL 0 SPIPE INVAL INVAL SPIPE INVAL INVAL INVAL 0 "
   "SPIPE BADF 29 29 0 0 0 BADF 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR "
   "-2 ACCES -1 -1 INVAL * BADF INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "BADF BADF"},
  {"FIFO",
   "4096 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL SPIPE INVAL INVAL INVAL 0 SPIPE "
   "INVAL 29 29 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL SPIPE AGAIN INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "AGAIN AGAIN"},
  {"null",
   "8192 2050 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL 0 0 INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE INVAL 0 "
   "22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 "
   "-1 INVAL * INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 0 0"},
  {"zero",
   "8192 2050 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL 0 0 INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE INVAL 0 "
   "22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES 0 "
   "0 INVAL 0 INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 7"},
  {"full",
   "8192 2050 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL NOSPC NOSPC INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL 0 INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 7"},
  {"random",
   "8192 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL BADF BADF INVAL INVAL BADF INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 * 1 0 0 0 1 0 0 * -1 * * * NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 -1 "
   "INVAL 0 INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 7"},
  {"master",
   "8192 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 0 1 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 "
   "-1 INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL AGAIN "
   "AGAIN"},
  {"slave",
   "8192 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 0 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 "
   "-1 INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL AGAIN "
   "AGAIN"},
  {"unix stream",
   "49152 2050 1 5 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES "
   "-1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 2"},
  {"unix datagram",
   "49152 2050 1 5 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES "
   "-1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 AGAIN"},
  {"unix packet",
   "49152 2050 1 5 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL 0 SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 3 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES "
   "-1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 AGAIN"},
  {"unix alone",
   "49152 2050 1 20 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL NOTCONN SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 "
   "SPIPE INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL INVAL "
   "INVAL"},
  {"TCP",
   "49152 2050 1 20 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL PIPE SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 "
   "SPIPE INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES * -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL NOTCONN "
   "NOTCONN"},
  {"TCP 6",
   "49152 2050 1 20 0 0 1 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL PIPE SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 "
   "SPIPE INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES * -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL NOTCONN "
   "NOTCONN"},
  {"UDP",
   "49152 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL DESTADDRREQ SPIPE INVAL INVAL NODEV INVAL INVAL "
   "INVAL 0 SPIPE INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR "
   "NOTDIR -2 ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "AGAIN AGAIN"},
  {"UDP 6",
   "49152 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL DESTADDRREQ SPIPE INVAL INVAL NODEV INVAL INVAL "
   "INVAL 0 SPIPE INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR "
   "NOTDIR -2 ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL 0 INVAL FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "AGAIN AGAIN"},
  {"netlink",
   "49152 2050 1 4 0 0 0 0 NOENT SPIPE SPIPE INVAL 0 SPIPE INVAL * SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL 0 * FAULT INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL AGAIN AGAIN"},
  {"eventfd",
   "0 2050 1 5 0 0 1 0 NOENT 0 0 INVAL INVAL SPIPE INVAL INVAL SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "INVAL INVAL"},
  {"timerfd",
   "0 2050 0 0 0 0 0 0 NOENT 0 0 INVAL INVAL SPIPE INVAL INVAL SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK 0 INVAL PERM INVAL BADF BADF INVAL 0 INVAL "
   "INVAL INVAL"},
  {"signalfd",
   "0 2050 0 0 0 0 0 0 NOENT 0 0 INVAL INVAL SPIPE INVAL INVAL SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 "
   "ACCES -1 -1 INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 0 "
   "INVAL INVAL"},
  {"epoll",
   "0 2 0 0 0 0 0 0 NOENT 0 0 INVAL INVAL SPIPE INVAL INVAL SPIPE INVAL INVAL NODEV INVAL INVAL INVAL 0 SPIPE INVAL 0 "
   "22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 * -1 * * * NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 -1 INVAL "
   "INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL 0 PERM INVAL BADF BADF INVAL 0 INVAL INVAL INVAL"},
  {"inotify",
   "0 2048 0 0 0 0 0 0 NOENT 0 0 INVAL AGAIN SPIPE INVAL BADF SPIPE INVAL INVAL BADF INVAL INVAL INVAL 0 SPIPE INVAL "
   "0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 1 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR -2 ACCES -1 -1 "
   "INVAL INVAL INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL AGAIN AGAIN"},
  {"message queue",
   "32768 2050 1 4 0 0 0 0 NOENT 0 0 INVAL 0 0 INVAL INVAL INVAL INVAL INVAL OPNOTSUPP INVAL INVAL INVAL 0 0 0 0 22 0 "
   "0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 0 80 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR OPNOTSUPP ACCES -1 "
   "-1 INVAL * INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL 0 BADF INVAL 0 INVAL 1 7"},
  {"/proc/self/stat",
   "32768 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL BADF * INVAL INVAL BADF INVAL INVAL INVAL 0 0 0 0 22 0 0 "
   "0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR OPNOTSUPP ACCES -1 -1 "
   "INVAL * INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 7"},
  {"/proc/self/maps",
   "32768 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL 0 0 INVAL BADF * INVAL INVAL BADF INVAL INVAL INVAL 0 0 0 0 22 0 0 "
   "0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 0 0 NOTTY 0 NOTTY NOTDIR 0 NOTDIR NOTDIR NOTDIR OPNOTSUPP ACCES -1 -1 "
   "INVAL * INVAL INVAL INVAL NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF BADF INVAL 0 INVAL 1 7"},
  {"/proc/self",
   "16384 2048 1 5 PERM PERM 0 PERM PERM 0 0 INVAL ISDIR ISDIR INVAL BADF BADF INVAL INVAL BADF INVAL INVAL INVAL 0 0 "
   "INVAL 0 22 0 0 0 0 0 0 0 0 0 2 0 INVAL 0 0 1 0 0 0 1 0 0 NOTTY -1 NOTTY 0 NOTTY 1 0 0 NOENT NOENT OPNOTSUPP ACCES "
   "-1 -1 INVAL INVAL INVAL ISDIR ISDIR NOTSOCK NOTSOCK NOTSOCK INVAL INVAL PERM INVAL BADF 0 INVAL 0 INVAL ISDIR "
   "ISDIR"},
  {NULL, NULL}};

static const struct table moved[] = {
  {"regular",
   "0 0 0 0 0 0 1 0 0 1 1 0 1 1 INVAL 0 0 1 INVAL INVAL INVAL INVAL INVAL BADF 1 1 1 1 1"},
  {"read only",
   "0 0 0 0 ACCES BADF BADF BADF 0 1 1 0 BADF BADF BADF 0 1 1 INVAL INVAL BADF INVAL BADF BADF BADF 1 1 BADF BADF"},
  {"write only",
   "ACCES ACCES ACCES ACCES ACCES 0 1 0 BADF BADF BADF 0 1 1 INVAL 0 BADF BADF BADF BADF INVAL BADF INVAL BADF 1 BADF "
   "BADF 1 1"},
  {"append",
   "0 0 0 0 0 INVAL INVAL INVAL 0 1 1 0 INVAL INVAL INVAL 0 1 1 INVAL INVAL INVAL INVAL INVAL BADF BADF 1 1 1 1"},
  {"O_PATH",
   "BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF 0 BADF BADF BADF 0 BADF BADF BADF BADF BADF BADF BADF BADF "
   "BADF BADF BADF BADF BADF"},
  {"memory",
   "0 0 0 0 0 0 1 0 0 1 1 0 1 1 INVAL 0 0 1 INVAL INVAL INVAL INVAL INVAL BADF * * 1 1 1"},
  {"directory",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF 0 * * 0 BADF BADF BADF 0 INVAL INVAL INVAL INVAL BADF INVAL BADF "
   "BADF ISDIR ISDIR ISDIR BADF BADF"},
  {"link",
   "BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF BADF 0 BADF BADF BADF 0 BADF BADF BADF BADF BADF BADF BADF BADF "
   "BADF BADF BADF BADF BADF"},
  {"pipe to read",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF * INVAL * 0 BADF * * 0 1 SPIPE SPIPE 1 BADF 1 BADF 1 INVAL INVAL "
   "SPIPE SPIPE SPIPE"},
  {"pipe to write",
   "ACCES ACCES ACCES ACCES ACCES 0 1 0 BADF BADF BADF 0 1 SPIPE SPIPE 0 BADF * * BADF 0 BADF 1 1 INVAL INVAL SPIPE "
   "SPIPE SPIPE"},
  {"FIFO",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * INVAL * 0 1 SPIPE SPIPE 0 1 SPIPE SPIPE 1 0 AGAIN 1 1 INVAL INVAL SPIPE "
   "SPIPE SPIPE"},
  {"null",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 0 * * 0 1 1 INVAL 0 * * INVAL INVAL INVAL INVAL INVAL BADF INVAL INVAL 0 1 1"},
  {"zero",
   "0 0 0 0 0 0 1 0 0 1 1 0 1 1 INVAL 0 1 1 INVAL INVAL INVAL INVAL INVAL BADF INVAL INVAL 1 1 1"},
  {"full",
   "NODEV NODEV NODEV NODEV NODEV 0 * 0 0 1 1 0 * * INVAL 0 1 1 INVAL INVAL INVAL INVAL INVAL BADF INVAL INVAL 1 * *"},
  {"random",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF 0 1 1 0 BADF BADF BADF 0 1 1 INVAL INVAL BADF INVAL BADF BADF INVAL "
   "INVAL 1 BADF BADF"},
  {"master",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL * * * * * INVAL * INVAL BADF INVAL INVAL * SPIPE SPIPE"},
  {"slave",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL * * * * * INVAL * INVAL BADF INVAL INVAL * SPIPE SPIPE"},
  {"unix stream",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL 0 1 INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL "
   "INVAL SPIPE SPIPE SPIPE"},
  {"unix datagram",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL 0 * INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL "
   "INVAL SPIPE SPIPE SPIPE"},
  {"unix packet",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL 0 * INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL "
   "INVAL SPIPE SPIPE SPIPE"},
  {"unix alone",
   "NODEV NODEV NODEV NODEV NODEV 0 NOTCONN 0 * INVAL * 0 NOTCONN INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL "
   "INVAL BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"TCP",
   "* * * * * 0 PIPE 0 * * * 0 PIPE INVAL INVAL 0 NOTCONN INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL INVAL SPIPE "
   "SPIPE SPIPE"},
  {"TCP 6",
   "* * * * * 0 PIPE 0 * * * 0 PIPE INVAL INVAL 0 NOTCONN INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL INVAL SPIPE "
   "SPIPE SPIPE"},
  {"UDP",
   "NODEV NODEV NODEV NODEV NODEV 0 DESTADDRREQ 0 * * * 0 DESTADDRREQ INVAL INVAL 0 AGAIN INVAL INVAL INVAL INVAL "
   "INVAL INVAL BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"UDP 6",
   "NODEV NODEV NODEV NODEV NODEV 0 DESTADDRREQ 0 * * * 0 DESTADDRREQ INVAL INVAL 0 AGAIN INVAL INVAL INVAL INVAL "
   "INVAL INVAL BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"netlink",
   "NODEV NODEV NODEV NODEV NODEV 0 1 0 * * * 0 1 INVAL INVAL 0 AGAIN INVAL INVAL INVAL INVAL INVAL INVAL BADF INVAL "
   "INVAL SPIPE SPIPE SPIPE"},
  {"eventfd",
   "NODEV NODEV NODEV NODEV NODEV * INVAL * * INVAL * 0 INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL "
   "BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"timerfd",
   "NODEV NODEV NODEV NODEV NODEV * INVAL * * INVAL * 0 INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL "
   "BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"signalfd",
   "NODEV NODEV NODEV NODEV NODEV * INVAL * * INVAL * 0 INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL "
   "BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"epoll",
   "NODEV NODEV NODEV NODEV NODEV * INVAL * * INVAL * 0 INVAL INVAL INVAL 0 INVAL INVAL INVAL INVAL INVAL INVAL INVAL "
   "BADF INVAL INVAL SPIPE SPIPE SPIPE"},
  {"inotify",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF * INVAL * 0 BADF BADF BADF 0 INVAL INVAL INVAL INVAL BADF INVAL BADF "
   "BADF * INVAL SPIPE SPIPE SPIPE"},
  {"message queue",
   "NODEV NODEV NODEV NODEV NODEV 0 INVAL 0 0 * * 0 INVAL INVAL INVAL 0 * * INVAL INVAL INVAL INVAL INVAL BADF * * 1 "
   "INVAL INVAL"},
  {"/proc/self/stat",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF 0 * * 0 BADF BADF BADF 0 * * INVAL INVAL BADF INVAL BADF BADF BADF * "
   "1 * *"},
  {"/proc/self/maps",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF 0 * * 0 BADF BADF BADF 0 * * INVAL INVAL BADF INVAL BADF BADF BADF * "
   "1 * *"},
  {"/proc/self",
   "NODEV NODEV NODEV NODEV ACCES BADF BADF BADF 0 * * 0 BADF BADF BADF 0 INVAL INVAL INVAL INVAL BADF INVAL BADF "
   "BADF ISDIR ISDIR ISDIR BADF BADF"},
  {NULL, NULL}};

static int pair[2];
static int piped(int end) {
  OK(pipe2(pair, O_NONBLOCK));
  EQ(write(pair[1], "abc", 3), 3);
  return pair[end];
}
static int socketed(int domain, int type) { return OK(socket(domain, type | SOCK_NONBLOCK, 0)); }
static int paired(int type) {
  OK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
  EQ(send(pair[1], "abc", 3, 0), 3);
  return pair[0];
}
static int opened(const char *name, int flags) { return OK(open(name, flags | O_NONBLOCK | O_NOCTTY)); }
static int regular(int flags) {
  int fd = OK(open("file", O_CREAT | O_TRUNC | O_RDWR, 0600));
  EQ(write(fd, "abc", 3), 3);
  OK(close(fd));
  return opened("file", flags);
}
static int signals(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  return OK(signalfd(-1, &mask, SFD_NONBLOCK));
}
static int queued(void) {
  char name[32];
  snprintf(name, sizeof name, "/every.%d", getpid());
  int fd = OK(mq_open(name, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, 0600, &(struct mq_attr){.mq_maxmsg = 2, .mq_msgsize = 8}));
  OK(mq_unlink(name));
  return fd;
}
static int in_memory(void) {
  int fd = OK(memfd_create("every", MFD_ALLOW_SEALING));
  EQ(write(fd, "abc", 3), 3);
  EQ(lseek(fd, 0, SEEK_SET), 0);
  return fd;
}
static int epolled(void) {
  int fd = OK(epoll_create1(0));
  return fd;
}

static char buffer[8192];
static int here;

// All of them leave the file as it is, but for its position.
static void calls(int fd) {
  struct stat status;
  struct statfs filesystem;
  struct epoll_event event = {.events = EPOLLIN};
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
  struct pollfd look = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
  int zero = OK(open("/dev/zero", O_RDWR)), null = OK(open("/dev/null", O_RDWR)), set = OK(epoll_create1(0)), value = -1, p[2];
  OK(pipe2(p, O_NONBLOCK));
  OK(fstat(fd, &status));
  SHOW(status.st_mode & S_IFMT);
  SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH));
  TRY(poll(&look, 1, 0));
  SHOW(look.revents);
  TRY(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
  TRY(epoll_ctl(set, EPOLL_CTL_MOD, fd, &event));
  TRY(epoll_wait(set, &event, 1, 0));
  TRY(epoll_ctl(set, EPOLL_CTL_DEL, fd, &event));
  TRY(epoll_ctl(set, EPOLL_CTL_DEL, fd, &event));
  TRY(lseek(fd, 0, SEEK_CUR));
  TRY(lseek(fd, 0, SEEK_SET));
  TRY(lseek(fd, 0, 9));
  TRY(read(fd, buffer, 0));
  TRY(pread(fd, buffer, 0, 0));
  TRY(pread(fd, buffer, 1, -1));
  TRY(write(fd, buffer, 0));
  TRY(pwrite(fd, buffer, 0, 0));
  TRY(pwrite(fd, buffer, 1, -1));
  TRY(ftruncate(fd, -1));
  TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1));
  TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 0));
  TRY(fsync(fd));
  TRY(fdatasync(fd));
  TRY(syncfs(fd));
  TRY(sync_file_range(fd, 0, 1, 0));
  TRY(readahead(fd, 0, 1));
  TRY(posix_fadvise(fd, 0, 1, POSIX_FADV_NORMAL));
  TRY(posix_fadvise(fd, 0, 1, 99));
  TRY(flock(fd, LOCK_SH | LOCK_NB));
  TRY(flock(fd, LOCK_UN));
  TRY(fcntl(fd, F_GETLK, &lock));
  lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
  TRY(fcntl(fd, F_SETLK, &lock));
  lock.l_type = F_UNLCK;
  TRY(fcntl(fd, F_SETLK, &lock));
  TRY(fcntl(fd, F_GETOWN));
  TRY(fcntl(fd, F_SETOWN, getpid()));
  TRY(fcntl(fd, F_SETOWN, 0));
  TRY(fcntl(fd, F_GETSIG));
  TRY(fcntl(fd, F_GETLEASE));
  TRY(fcntl(fd, F_NOTIFY, 0));
  TRY(fcntl(fd, 9999));
  int flags = fcntl(fd, F_GETFL);
  TRY(fcntl(fd, F_SETFL, flags | O_ASYNC));
  SHOW((fcntl(fd, F_GETFL) & O_ASYNC) != 0);
  fcntl(fd, F_SETFL, flags);
  SHOW(fcntl(fd, F_GETFL) == flags);
  TRY(ioctl(fd, FIONBIO, &(int){1}));
  TRY(ioctl(fd, FIOASYNC, &(int){0}));
  TRY(ioctl(fd, FIOCLEX));
  SHOW(fcntl(fd, F_GETFD));
  TRY(ioctl(fd, FIONCLEX));
  SHOW(fcntl(fd, F_GETFD));
  value = -1;
  TRY(ioctl(fd, FIONREAD, &value));
  SHOW(value);
  TRY(ioctl(fd, TCGETS, buffer));
  TRY(ioctl(fd, TIOCGPGRP, &value) == -1 && errno == ENOTTY ? 0 : 1);
  TRY(ioctl(fd, 0x1234567, &value));
  TRY(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0 ? 1 : -1);
  TRY(fstatfs(fd, &filesystem));
  TRY(fchdir(fd) == 0 ? fchdir(here) : -1);
  TRY(openat(fd, "none", O_RDONLY));
  TRY(faccessat(fd, "none", F_OK, 0));
  TRY(fgetxattr(fd, "user.none", buffer, 10) == -1 && errno == ENODATA ? -2 : -1);
  TRY(syscall(SYS_execveat, fd, "", NULL, NULL, AT_EMPTY_PATH));
  void *p1 = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  TRY(p1 == MAP_FAILED ? -1 : munmap(p1, 4096));
  void *p2 = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  TRY(p2 == MAP_FAILED ? -1 : munmap(p2, 4096));
  TRY(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 1));
  TRY(splice(fd, &(off_t){0}, p[1], NULL, 1, 0) == -1 ? -1 : 0);
  TRY(tee(fd, p[1], 1, SPLICE_F_NONBLOCK) == -1 ? -1 : 0);
  TRY(copy_file_range(fd, NULL, null, NULL, 1, 0));
  TRY(copy_file_range(zero, NULL, fd, NULL, 1, 0));
  TRY(listen(fd, -1) == -1 && errno == ENOTSOCK ? -1 : 0);
  TRY(shutdown(fd, 9));
  TRY(getsockname(fd, NULL, NULL));
  TRY(timerfd_gettime(fd, (void *)buffer));
  TRY(epoll_wait(fd, &event, 1, 0));
  TRY(epoll_ctl(fd, EPOLL_CTL_DEL, null, NULL));
  TRY(inotify_rm_watch(fd, 77));
  TRY(mq_getattr(fd, (void *)buffer));
  TRY(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
  TRY(setns(fd, 0));
  TRY(dup2(fd, fd) == fd ? 0 : -1);
  TRY(signalfd(fd, &(sigset_t){0}, 0) == fd ? 0 : -1);
  lseek(fd, 0, SEEK_SET);
  lseek(fd, 0, SEEK_SET);
  TRY(read(fd, buffer, 1));
  TRY(read(fd, buffer, 7));
  OK(close(zero)), OK(close(null)), OK(close(set)), OK(close(p[0])), OK(close(p[1]));
}

// Those that move bytes in and out, and that map them. A byte that goes in may come out again.
static void moves(int fd) {
  int file = OK(open("bytes", O_CREAT | O_TRUNC | O_RDWR, 0600)), p[2], q[2];
  OK(pipe2(p, O_NONBLOCK)), OK(pipe2(q, O_NONBLOCK));
  EQ(write(file, "0123456789", 10), 10);
  EQ(write(p[1], "0123456789", 10), 10);
#define MAP(protection, flags) do { \
    void *map_ = mmap(NULL, 4096, protection, flags, fd, 0); \
    int error_ = errno; \
    if (map_ != MAP_FAILED) munmap(map_, 4096); \
    answer_result("mmap " #protection " " #flags, map_ == MAP_FAILED ? -1 : 0, error_); } while (0)
  MAP(PROT_READ, MAP_PRIVATE);
  MAP(PROT_READ, MAP_SHARED);
  MAP(PROT_NONE, MAP_SHARED);
  MAP(PROT_READ | PROT_WRITE, MAP_PRIVATE);
  MAP(PROT_READ | PROT_WRITE, MAP_SHARED);
  TRY(sendfile(fd, file, &(off_t){0}, 0));
  TRY(sendfile(fd, file, &(off_t){0}, 1));
  TRY(sendfile(fd, file, &(off_t){20}, 1));
  TRY(sendfile(q[1], fd, NULL, 0));
  TRY(sendfile(q[1], fd, NULL, 1));
  TRY(sendfile(q[1], fd, &(off_t){0}, 1));
  TRY(splice(p[0], NULL, fd, NULL, 0, 0));
  TRY(splice(p[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK));
  TRY(splice(p[0], NULL, fd, &(off_t){0}, 1, SPLICE_F_NONBLOCK));
  TRY(splice(p[0], NULL, fd, &(off_t){-1}, 1, SPLICE_F_NONBLOCK));
  TRY(splice(fd, NULL, q[1], NULL, 0, 0));
  TRY(splice(fd, NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK));
  TRY(splice(fd, &(off_t){0}, q[1], NULL, 1, SPLICE_F_NONBLOCK));
  TRY(splice(fd, &(off_t){-1}, q[1], NULL, 1, SPLICE_F_NONBLOCK));
  TRY(splice(fd, NULL, file, NULL, 1, SPLICE_F_NONBLOCK));
  TRY(splice(file, NULL, fd, NULL, 1, SPLICE_F_NONBLOCK));
  TRY(tee(fd, q[1], 1, SPLICE_F_NONBLOCK));
  TRY(tee(p[0], fd, 1, SPLICE_F_NONBLOCK));
  TRY(vmsplice(fd, &(struct iovec){buffer, 1}, 1, SPLICE_F_NONBLOCK));
  TRY(copy_file_range(file, &(off_t){0}, fd, NULL, 1, 0));
  TRY(copy_file_range(fd, &(off_t){0}, file, NULL, 1, 0));
  TRY(preadv2(fd, &(struct iovec){buffer, 1}, 1, 0, 0));
  TRY(pwritev2(fd, &(struct iovec){"x", 1}, 1, 0, RWF_APPEND));
  TRY(pwritev2(fd, &(struct iovec){"x", 1}, 1, 0, RWF_DSYNC));
  OK(close(file)), OK(close(p[0])), OK(close(p[1])), OK(close(q[0])), OK(close(q[1]));
  OK(unlink("bytes"));
}

static int are_moves;
static void kind(const char *name, int fd) {
  begin_row(name);
  if (fd < 0) return;
  if (are_moves) moves(fd); else calls(fd);
  if (are_moves) END_ROW(moved);
  else END_ROW(expected);
  OK(close(fd));
}

static void files(void) {
  kind("regular", regular(O_RDWR));
  kind("read only", regular(O_RDONLY));
  kind("write only", regular(O_WRONLY));
  kind("append", regular(O_RDWR | O_APPEND));
  kind("O_PATH", regular(O_PATH));
  kind("memory", in_memory());
}
static void directories(void) {
  kind("directory", opened("folder", O_RDONLY));
  kind("link", opened("link", O_PATH | O_NOFOLLOW));
}
static void pipes(void) {
  kind("pipe to read", piped(0));
  OK(close(pair[1]));
  kind("pipe to write", piped(1));
  OK(close(pair[0]));
  kind("FIFO", opened("fifo", O_RDWR));
}
static void devices(void) {
  kind("null", opened("/dev/null", O_RDWR));
  kind("zero", opened("/dev/zero", O_RDWR));
  kind("full", opened("/dev/full", O_RDWR));
  kind("random", opened("/dev/urandom", O_RDONLY));
  open_pair();
  OK(fcntl(master, F_SETFL, O_NONBLOCK)), OK(fcntl(slave, F_SETFL, O_NONBLOCK));
  kind("master", dup(master));
  kind("slave", dup(slave));
  close_pair();
}
static void sockets(void) {
  kind("unix stream", paired(SOCK_STREAM));
  OK(close(pair[1]));
  kind("unix datagram", paired(SOCK_DGRAM));
  OK(close(pair[1]));
  kind("unix packet", paired(SOCK_SEQPACKET));
  OK(close(pair[1]));
  kind("unix alone", socketed(AF_UNIX, SOCK_STREAM));
  kind("TCP", socketed(AF_INET, SOCK_STREAM));
  kind("TCP 6", socketed(AF_INET6, SOCK_STREAM));
  kind("UDP", socketed(AF_INET, SOCK_DGRAM));
  kind("UDP 6", socketed(AF_INET6, SOCK_DGRAM));
  kind("netlink", socketed(AF_NETLINK, SOCK_RAW));
}
static void nameless(void) {
  kind("eventfd", OK(eventfd(5, EFD_NONBLOCK)));
  kind("timerfd", OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)));
  kind("signalfd", signals());
  kind("epoll", epolled());
  kind("inotify", OK(inotify_init1(IN_NONBLOCK)));
  kind("message queue", queued());
}
static void of_processes(void) {
  kind("/proc/self/stat", opened("/proc/self/stat", O_RDONLY));
  kind("/proc/self/maps", opened("/proc/self/maps", O_RDONLY));
  kind("/proc/self", opened("/proc/self", O_RDONLY));
}

int main(void) {
  enter_scratch();
  here = OK(open(".", O_RDONLY | O_DIRECTORY));
  signal(SIGPIPE, SIG_IGN);
  OK(mkfifo("fifo", 0600));
  OK(mkdir("folder", 0700));
  OK(symlink("file", "link"));
  files();
  STEP("files");
  directories();
  STEP("directories");
  pipes();
  STEP("pipes");
  devices();
  STEP("devices");
  sockets();
  STEP("sockets");
  nameless();
  STEP("files without names");
  of_processes();
  STEP("/proc");
  // The same kinds anew, and what moves their bytes.
  are_moves = 1;
  files();
  directories();
  pipes();
  devices();
  sockets();
  nameless();
  of_processes();
  STEP("bytes that are moved");
  OK(unlink("file"));
  OK(unlink("link"));
  OK(unlink("fifo"));
  OK(rmdir("folder"));
  return 0;
}

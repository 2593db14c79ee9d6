extension CCompiler {
  /// Headers that declare the kernel's structures. Where the C library's namesake has the kernel's
  /// layout on 64-bit ISAs, it stands in.
  static let structHeaders = """
    #define _GNU_SOURCE
    #include <stdint.h>
    #include <time.h>
    #include <poll.h>
    #include <signal.h>
    #include <dirent.h>
    #include <sys/time.h>
    #include <sys/times.h>
    #include <sys/uio.h>
    #include <sys/resource.h>
    #include <sys/sysinfo.h>
    #include <sys/utsname.h>
    #include <sys/statfs.h>
    #include <sys/epoll.h>
    #include <sys/signalfd.h>
    #include <sys/inotify.h>
    #include <fcntl.h>
    #include <linux/stat.h>
    #include <linux/futex.h>
    #include <linux/rseq.h>
    #include <linux/openat2.h>
    #include <linux/capability.h>
    #include <linux/sched.h>
    #include <linux/sched/types.h>
    #include <asm/termbits.h>
    #include <netinet/in.h>
    #include <sys/socket.h>
    #include <linux/netlink.h>
    #include <linux/rtnetlink.h>
    struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; };
    struct sigset_argument { const void *ss; unsigned long ss_len; };
    struct kernel_sigaction {
      void *handler; unsigned long flags; void *restorer; unsigned long mask;
    };

    """
}

import Foundation
import Machine

/// The C compilers that know the truth about numbers and layouts: a claim is written as a
/// `_Static_assert` and only parsed, so no program is run and the ISA doesn't matter.
enum CCompiler {
  /// What the compiler for `isa` objects to in `source`; `nil` when it has nothing to say. Throws when
  /// there is no such compiler.
  static func complaint(about source: String, for isa: GuestISA) throws -> String? {
    // Debian gives every compiler its triplet as a name, the machine's own one too.
    let compiler = "/usr/bin/\(isa.rawValue)-linux-gnu-gcc"
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-abi-\(UUID().uuidString).c")
    try source.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: compiler)
    process.arguments = ["-w", "-fsyntax-only", file.path]
    let output = Pipe()
    process.standardError = output
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus != 0 else { return nil }
    return String(decoding: text.prefix(4000), as: UTF8.self)
  }

  /// Claims that each C expression has the value beside it. Names that these headers don't define
  /// as macros must be enumerators or structure members.
  static func assertions(_ claims: [(expression: String, value: UInt64)]) -> String {
    claims.map { claim in
      "_Static_assert((unsigned long long)(\(claim.expression)) == \(claim.value)ull, "
        + "\"\(claim.expression)\");\n"
    }.joined()
  }

  /// Headers that declare all of the flags (the C library's where it clashes with the kernel's).
  static let flagHeaders = """
    #define _GNU_SOURCE
    #include <errno.h>
    #include <stdint.h>
    #include <fcntl.h>
    #include <sys/mman.h>
    #include <sys/stat.h>
    #include <sys/wait.h>
    #include <sys/file.h>
    #include <sys/eventfd.h>
    #include <sys/timerfd.h>
    #include <sys/signalfd.h>
    #include <sys/epoll.h>
    #include <sys/inotify.h>
    #include <sys/random.h>
    #include <sys/resource.h>
    #include <sys/personality.h>
    #include <sys/auxv.h>
    #include <sys/statfs.h>
    #include <sys/statvfs.h>
    #include <sys/uio.h>
    #include <sys/time.h>
    #include <poll.h>
    #include <signal.h>
    #include <time.h>
    #include <unistd.h>
    #include <linux/sched.h>
    #include <sched.h>
    #include <linux/futex.h>
    #include <linux/prctl.h>
    #include <linux/membarrier.h>
    #include <linux/memfd.h>
    #include <linux/fs.h>
    #include <linux/xattr.h>
    #include <linux/magic.h>
    #include <linux/falloc.h>
    #include <asm/ioctls.h>
    #include <asm/termbits.h>
    #include <linux/mman.h>
    #include <linux/openat2.h>
    #include <linux/close_range.h>
    #include <sys/socket.h>
    #include <linux/in.h>
    #include <linux/in6.h>
    #include <linux/tcp.h>
    #include <linux/udp.h>
    #include <linux/if.h>
    #include <linux/if_arp.h>
    #include <linux/netlink.h>
    #include <linux/rtnetlink.h>
    #include <linux/sockios.h>
    #ifdef __x86_64__
    #include <asm/prctl.h>
    #include <asm/hwcap2.h>
    #else
    #include <asm/hwcap.h>
    #endif

    """
}

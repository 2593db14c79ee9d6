import LinuxABI
import Machine
import Testing

/// Structures that are written by hand: per-ISA layouts, names of variable length, terminals.
@Suite struct StructByHandTests {
  static let stat = Stat(
    st_dev: 0x0102_0304_0506_0708, st_ino: 11, st_nlink: 12, st_mode: 13, st_uid: 14, st_gid: 15,
    st_rdev: 16, st_size: 17, st_blksize: 18, st_blocks: 19,
    st_atim: Timespec(tv_sec: 20, tv_nsec: 21), st_mtim: Timespec(tv_sec: 22, tv_nsec: 23),
    st_ctim: Timespec(tv_sec: 24, tv_nsec: 25))

  /// Member, value in `stat`, offset on each ISA.
  static let members: [(name: String, value: UInt64, size: Int, x86: Int, generic: Int)] = [
    ("st_ino", 11, 8, 8, 8), ("st_nlink", 12, 4, 16, 20), ("st_mode", 13, 4, 24, 16),
    ("st_uid", 14, 4, 28, 24), ("st_gid", 15, 4, 32, 28), ("st_rdev", 16, 8, 40, 32),
    ("st_size", 17, 8, 48, 48), ("st_blksize", 18, 4, 56, 56), ("st_blocks", 19, 8, 64, 64),
    ("st_atim.tv_sec", 20, 8, 72, 72), ("st_atim.tv_nsec", 21, 8, 80, 80),
    ("st_mtim.tv_sec", 22, 8, 88, 88), ("st_ctim.tv_nsec", 25, 8, 112, 112),
  ]

  @Test(arguments: GuestISA.allCases) func statLayout(isa: GuestISA) throws {
    let bytes = Self.stat.bytes(for: isa)
    #expect(bytes.count == Stat.byteCount(for: isa))
    #expect(Stat(bytes: bytes, isa: isa) == Self.stat)
    for member in Self.members {
      var reader = ByteReader(bytes, at: isa == .x86_64 ? member.x86 : member.generic)
      #expect(UInt64(reader.read(UInt32.self)) == member.value, "\(member.name)")
    }
    let claims: [(expression: String, value: UInt64)] =
      [
        ("sizeof(struct stat)", UInt64(Stat.byteCount(for: isa))),
        ("sizeof(struct epoll_event)", UInt64(EpollEvent.byteCount(for: isa))),
        ("sizeof(struct linux_termios)", UInt64(Termios.byteCount)),
        ("sizeof(struct termios2)", UInt64(Termios.byteCount2)),
        ("sizeof(struct termio)", UInt64(Termio.byteCount)),
        ("sizeof(struct utsname)", UInt64(Utsname.byteCount)),
        ("__builtin_offsetof(struct dirent64, d_name)", 19),
        ("sizeof(struct inotify_event)", 16),
      ]
      + Self.members.map {
        (
          "__builtin_offsetof(struct stat, \($0.name))",
          UInt64(isa == .x86_64 ? $0.x86 : $0.generic)
        )
      }
    let source = """
      #define _GNU_SOURCE
      #include <sys/stat.h>
      #include <sys/epoll.h>
      #include <sys/inotify.h>
      #include <sys/ioctl.h>
      #include <sys/utsname.h>
      #include <dirent.h>
      #define termios linux_termios
      #include <asm/termbits.h>

      """
    let complaint = try CCompiler.complaint(
      about: source + CCompiler.assertions(claims), for: isa)
    #expect(complaint == nil)
  }

  @Test func epollEventIsPackedOnX86Only() {
    let event = EpollEvent(events: [.EPOLLIN, .EPOLLET], data: 0x1122_3344_5566_7788)
    #expect(
      event.bytes(for: .x86_64) == [1, 0, 0, 0x80, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
    for isa in GuestISA.allCases {
      #expect(EpollEvent(bytes: event.bytes(for: isa), isa: isa) == event)
    }
  }

  @Test func directoryEntries() {
    let names = ["a", ".", "..", "12345", "longer-name.txt"]
    let entries = names.enumerated().map { index, name in
      Dirent64(
        d_ino: UInt64(index + 1), d_off: Int64(index * 3),
        d_type: FileType.S_IFREG.directoryEntryType,
        d_name: Array(name.utf8))
    }
    var writer = ByteWriter()
    for entry in entries { entry.encode(to: &writer) }
    #expect(writer.bytes.count == entries.reduce(0) { $0 + $1.byteCount })
    #expect(writer.bytes.count % 8 == 0)
    #expect(Dirent64.entries(in: writer.bytes) == entries)
    #expect(Dirent64.entries(in: Array(writer.bytes.dropLast())) == entries.dropLast())
    #expect(entries[0].byteCount == 24)
    #expect(entries[3].byteCount == 32)
  }

  @Test func inotifyNamesArePadded() {
    var writer = ByteWriter()
    InotifyEvent(wd: 1, mask: .IN_CREATE, name: Array("x".utf8)).encode(to: &writer)
    #expect(writer.bytes.count == 32)
    #expect(writer.bytes[12] == 16)
  }

  @Test func terminals() {
    let termios = Termios()
    #expect(termios.bytes.count == 36)
    #expect(Termios(bytes: termios.bytes) == termios)
    #expect(termios.bytes2.count == 44)
    #expect(Termios(bytes2: termios.bytes2) == termios)
    #expect(termios.c_cflag.rawValue == 0o2277)
    #expect(termios.c_lflag.rawValue == 0o105073)
  }

  @Test func namesOfTheSystem() {
    let name = Utsname(nodename: "n", release: "6.1.0", version: "#1", machine: "x86_64")
    #expect(name.bytes.count == 390)
    #expect(Utsname(bytes: name.bytes) == name)
  }

  @Test func deviceNumbers() {
    let device = DeviceNumber(major: 0x123, minor: 0x45678)
    #expect(device.rawValue == 0x4561_2378)
    #expect(DeviceNumber(rawValue: device.rawValue) == device)
  }

  @Test func waitStatusWords() {
    let all: [(WaitStatus, Int32)] = [
      (.exited(code: 3), 0x300), (.signaled(signal: 11, coreDumped: true), 0x8b),
      (.signaled(signal: 15, coreDumped: false), 15), (.stopped(signal: 20), 0x147f),
      (.continued, 0xffff),
    ]
    for (status, word) in all {
      #expect(status.rawValue == word)
      #expect(WaitStatus(rawValue: word) == status)
    }
  }

  @Test func timeConversions() {
    for nanoseconds: Int64 in [0, 1, -1, 1_500_000_000, -1_500_000_000, .max, .min] {
      let time = Timespec(nanoseconds: nanoseconds)
      #expect(time.tv_nsec >= 0 && time.tv_nsec < 1_000_000_000)
      if nanoseconds != .min { #expect(time.nanoseconds == nanoseconds) }
    }
    #expect(Timespec(tv_sec: .max, tv_nsec: 0).nanoseconds == .max)
    #expect(Timeval(tv_sec: 1, tv_usec: 2).nanoseconds == 1_000_002_000)
  }

  @Test func shortStructuresReadAsZero() {
    let arguments = CloneArguments(bytes: Array(repeating: 0xff, count: 64))
    #expect(arguments.tls == .max)
    #expect(arguments.cgroup == 0)
  }
}

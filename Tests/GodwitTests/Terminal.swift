import Foundation
import Glibc

/// A terminal with a program on it, seen from the user's side: what is typed goes in here, what the
/// program shows comes out.
final class Terminal {
  private let main: Int32
  /// The path of the program's side.
  private let path: String
  private(set) var child: pid_t = 0
  private var shown: [UInt8] = []
  /// How much of `shown` was waited for already.
  private var seen = 0

  init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
    main = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var lock: Int32 = 0
    var number: UInt32 = 0
    // TIOCSPTLCK and TIOCGPTN: the overlay has no unlockpt(3) and ptsname(3).
    guard main >= 0, unsafe ioctl(main, 0x4004_5431, &lock) == 0,
      unsafe ioctl(main, 0x8004_5430, &number) == 0
    else { throw Failed("no terminal: error \(errno)") }
    path = "/dev/pts/\(number)"
    resize(rows: rows, columns: columns)
  }

  deinit {
    if child != 0 {
      kill(-child, SIGKILL)
      kill(child, SIGKILL)
      _ = waitpid(child, nil, 0)
    }
    close(main)
  }

  /// Starts `command` with the terminal as its controlling one, its standard input and output.
  func start(_ command: [String], environment: [String: String] = [:]) throws {
    child = try unsafe begin(command, environment: environment, session: true) { actions in
      // The first terminal that a session's leader opens becomes its controlling one.
      unsafe posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
      unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
      unsafe posix_spawn_file_actions_adddup2(&actions, 0, 2)
    }
  }

  // MARK: The keyboard and the screen

  /// Types `text`; `\u{3}` is ^C, `\u{1a}` ^Z, `\u{1c}` ^\.
  func type(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe write(main, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// All that was shown so far.
  var screen: String { String(decoding: shown, as: UTF8.self) }

  /// Waits until `text` is shown, behind what was waited for before.
  func expect(_ text: String, seconds: Int = 60) throws {
    let wanted = Array(text.utf8)
    let end = Date(timeIntervalSinceNow: TimeInterval(seconds))
    while true {
      if let range = shown[seen...].firstRange(of: wanted) {
        seen = range.upperBound
        return
      }
      guard try read(until: end) else {
        throw Failed("'\(text)' is not shown, but: \(screen.debugDescription)")
      }
    }
  }

  /// Takes more of what is shown. False when there will be no more, or the time is over.
  private func read(until end: Date) throws -> Bool {
    var item = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
    let rest = end.timeIntervalSinceNow
    guard rest > 0, unsafe poll(&item, 1, Int32(rest * 1000) + 1) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glibc.read(main, $0.baseAddress, $0.count)
    }
    // EIO: nobody has the other side open any more.
    guard count > 0 else { return false }
    shown += buffer[..<count]
    return true
  }

  // MARK: Modes

  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(main, UInt(TIOCSWINSZ), &size)
  }

  /// The modes, as `stty -g` would tell them.
  var modes: String {
    var modes = termios()
    guard unsafe tcgetattr(main, &modes) == 0 else { return "none" }
    let characters = unsafe withUnsafeBytes(of: modes.c_cc) { unsafe Array($0) }
    return "\(modes.c_iflag) \(modes.c_oflag) \(modes.c_cflag) \(modes.c_lflag) \(characters)"
  }

  /// Whether keys come one by one, unechoed.
  var isRaw: Bool {
    var modes = termios()
    return unsafe tcgetattr(main, &modes) == 0
      && modes.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0
  }

  // MARK: The program

  /// Sends the program a signal, as `kill` does.
  func send(_ signal: Int32) { kill(child, signal) }

  /// Waits for the program's end: its status as a shell gives it. What it shows meanwhile is taken.
  func wait(seconds: Int = 60) throws -> Int32 {
    let end = Date(timeIntervalSinceNow: TimeInterval(seconds))
    var status: Int32 = 0
    while true {
      let found = unsafe waitpid(child, &status, WNOHANG)
      if found == child { break }
      guard end.timeIntervalSinceNow > 0 else {
        throw Failed("the program does not end; shown: \(screen.debugDescription)")
      }
      _ = try read(until: min(end, Date(timeIntervalSinceNow: 0.05)))
    }
    child = 0
    while try read(until: Date(timeIntervalSinceNow: 0.05)) {}
    return shellStatus(status)
  }
}

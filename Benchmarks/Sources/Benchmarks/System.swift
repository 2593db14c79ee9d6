// Linux only, as qemu-user is.
@unsafe @preconcurrency import Glibc

/// The few system calls that this program makes. Errors are `Failure`s.
enum System {
  static var processID: Int32 { getpid() }

  /// Has everything printed so far seen, even when standard output is no terminal.
  static func flush() { fflush(nil) }

  /// To the base of ten.
  static func logarithm(_ value: Double) -> Double { log10(value) }

  /// Ten to the power of `value`.
  static func powerOfTen(_ value: Double) -> Double { pow(10, value) }

  static func exit(_ status: Int32) -> Never {
    Glibc.exit(status)
  }

  // MARK: Files

  static func temporaryFile() throws -> String {
    var template = Array("/tmp/godwit-benchmark-XXXXXX".utf8CString)
    let descriptor = unsafe template.withUnsafeMutableBufferPointer {
      // SAFETY: ends with a zero byte, as mkstemp wants.
      unsafe $0.baseAddress.map { unsafe mkstemp($0) } ?? -1
    }
    close(try check("make a temporary file", descriptor))
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func remove(_ path: String) { _ = unsafe unlink(path) }

  /// A new folder, for its owner only.
  static func temporaryFolder() throws -> String {
    let path = try temporaryFile()
    remove(path)
    _ = try check("make a folder", unsafe mkdir(path, 0o700))
    return path
  }

  static func makeFolder(_ path: String) throws {
    _ = try check("make \(path)", unsafe mkdir(path, 0o700))
  }

  /// Where the shell would find a program; nil if nowhere.
  static func path(of program: String) -> String? {
    guard let list = unsafe getenv("PATH") else { return nil }
    return unsafe String(cString: list).split(separator: ":").map { "\($0)/\(program)" }
      .first { unsafe access($0, X_OK) == 0 }
  }

  /// Removes a folder and the files in it.
  static func removeFolder(_ path: String) {
    _ = try? Command(["rm", "-r", path]).run()
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// `path` seen from the current directory.
  static func absolute(_ path: String) throws -> String {
    guard let current = unsafe getcwd(nil, 0) else { throw Failure("no current directory") }
    defer { unsafe free(current) }
    return unsafe String(cString: current) + "/" + path
  }

  static func write(_ text: String, toFile path: String, isExecutable: Bool = false) throws {
    let mode: mode_t = isExecutable ? 0o700 : 0o600
    let descriptor = try check(
      "make \(path)", unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode))
    defer { close(descriptor) }
    try write(Array(text.utf8), to: descriptor)
  }

  static func openForReading(_ path: String) throws -> Int32 {
    try check("open \(path)", unsafe open(path, O_RDONLY | O_CLOEXEC))
  }

  static func openForWriting(_ path: String) throws -> Int32 {
    try check("open \(path)", unsafe open(path, O_WRONLY | O_TRUNC | O_CLOEXEC))
  }

  static func size(of path: String) throws -> Int {
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    return Int(lseek(descriptor, 0, SEEK_END))
  }

  static func contents(of path: String) throws -> [UInt8] {
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: as many bytes as the array has.
      let count = unsafe read(descriptor, &block, block.count)
      guard try check("read \(path)", Int32(count)) > 0 else { return bytes }
      bytes += block[..<count]
    }
  }

  // MARK: Descriptors

  static func close(_ descriptor: Int32) {
    _ = Glibc.close(descriptor)
  }

  /// Both ends of a pipe, the one to read from first. Neither is inherited.
  static func pipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    _ = try check("make a pipe", unsafe Glibc.pipe(&ends))
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// The next byte, or nil at the end.
  static func readByte(from descriptor: Int32) throws -> UInt8? {
    var byte: UInt8 = 0
    // SAFETY: one byte.
    let count = unsafe read(descriptor, &byte, 1)
    return try check("read", Int32(count)) == 0 ? nil : byte
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
    let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
    guard count == bytes.count else { throw Failure("could not write") }
  }

  // MARK: Processes

  /// - Parameters:
  ///   - environment: nil for that of this process.
  ///   - folder: where it starts; nil for here.
  static func spawn(
    _ words: [String], environment: [String]? = nil, in folder: String? = nil, input: Int32,
    output: Int32, errors: Int32 = 2
  ) throws -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // SAFETY: arrays of C strings that end with nil, all freed behind the call.
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var variables = unsafe (environment ?? []).map { unsafe strdup($0) } + [nil]
    defer { unsafe variables.forEach { unsafe free($0) } }
    let here = try openForReading(".")
    defer {
      _ = fchdir(here)
      close(here)
    }
    if let folder { _ = try check("go to \(folder)", unsafe chdir(folder)) }
    var process: pid_t = 0
    let error =
      if environment == nil {
        unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
      } else {
        unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, &variables)
      }
    guard error == 0 else {
      throw Failure(unsafe "could not start \(words[0]): \(String(cString: strerror(error)))")
    }
    return process
  }

  /// Waits for a process's end, and has it end when `limit` seconds are over, if that is not 0.
  static func wait(_ process: Int32, limit: UInt32 = 0) throws -> Ending {
    var status: Int32 = 0
    var usage = rusage()
    // Its signal interrupts the wait.
    catchAlarms()
    alarm(limit)
    var isLate = false
    while unsafe wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw Failure("could not wait") }
      isLate = true
      kill(process, SIGKILL)
    }
    alarm(0)
    let signal = status & 0x7f
    return Ending(
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal, isLate: isLate,
      processorTime: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakBytes: usage.ru_maxrss * 1024)
  }

  /// How a process ended.
  struct Ending {
    /// As a shell has it.
    var status: Int32
    /// Whether it was killed because its time was over.
    var isLate: Bool
    /// Seconds, with those of the children that it waited for.
    var processorTime: Double
    var peakBytes: Int
  }

  private static func catchAlarms() {
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { _ in }
    unsafe sigaction(SIGALRM, &action, nil)
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// Does something on one processor only, with all processes that it starts.
  static func onOneProcessor(_ body: () throws -> Void) throws {
    let choose = ["taskset", "--cpu-list", "--pid"]
    let answer = try Command(choose + ["\(processID)"]).text()
    // "pid 12's current affinity list: 0-3,5"
    guard let all = answer.split(separator: " ").last.map(String.init),
      // The last one: the first has most of the interrupts.
      let one = all.split(whereSeparator: { $0 == "," || $0 == "-" }).last.map(String.init)
    else { throw Failure("no processors in '\(answer)'") }
    _ = try Command(choose + [one, "\(processID)"]).run()
    defer { _ = try? Command(choose + [all, "\(processID)"]).run() }
    try body()
  }

  /// Bytes of memory that a process shares with no other.
  static func privateMemory(of process: Int32) throws -> Int {
    let text = String(decoding: try contents(of: "/proc/\(process)/smaps_rollup"), as: UTF8.self)
    return text.split(separator: "\n").filter { $0.hasPrefix("Private_") }
      .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
      .reduce(0, +) * 1024
  }

  /// Seconds of processor time of a process.
  static func processorTime(of process: Int32) throws -> Double {
    let stat = String(decoding: try contents(of: "/proc/\(process)/stat"), as: UTF8.self)
    // Behind the name: state, ppid, ...; utime and stime are the 12th and 13th.
    guard let name = stat.lastIndex(of: ")") else { throw Failure("no name in '\(stat)'") }
    let fields = stat[name...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw Failure("no times in '\(stat)'")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Seconds of processor time of a process's first thread.
  static func processorTime(ofFirstThreadOf process: Int32) throws -> Double {
    let times = try contents(of: "/proc/\(process)/task/\(process)/schedstat")
    let field = String(decoding: times, as: UTF8.self).prefix { $0.isNumber }
    guard let nanoseconds = Double(field) else { throw Failure("no times in schedstat") }
    return nanoseconds / 1e9
  }

  /// Seconds of processor time of the processes that a process has started, and of theirs.
  static func processorTimeOfChildren(of process: Int32) throws -> Double {
    let children = try contents(of: "/proc/\(process)/task/\(process)/children")
    return try String(decoding: children, as: UTF8.self).split(separator: " ")
      .compactMap { Int32($0) }
      .reduce(0) { try $0 + processorTime(of: $1) + processorTimeOfChildren(of: $1) }
  }

  private static func check(_ what: String, _ result: Int32) throws -> Int32 {
    guard result >= 0 else {
      throw Failure(unsafe "could not \(what): \(String(cString: strerror(errno)))")
    }
    return result
  }

  /// Seconds since 1970.
  static var realTime: Double {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  static func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }

  static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}

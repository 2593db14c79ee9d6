import HostABI
import LibOS
import PosixHost

/// Keeps the last output of a detached application. It belongs to the host: it does not travel with the guest.
///
/// Opened before the process is confined. What can't be written is lost: the guest must not notice.
final class ConsoleLog {
  private let files: [LogFile]
  /// Bytes of one file.
  private let limit: UInt64
  private var head: LogHead
  private var size: UInt64 = 0

  /// The smallest log, in bytes.
  static let leastSize = 64 << 10

  /// Opens the log of the application `name`. That of an earlier one of this name stays until `start`.
  init(_ name: String, size: Int) throws(Failure) {
    guard size >= Self.leastSize else {
      throw Failure("--log-size takes at least \(Self.leastSize >> 10)K")
    }
    let place = try LogPlace(name)
    try place.makeDirectory()
    files = try place.paths.map { path throws(Failure) in
      try withFailure(path) { () throws(HostError) in
        try LogFile(path, .append)
      }
    }
    limit = UInt64(size) / 2
    head = LogHead(run: UInt64(max(0, HostProcess.realTime)), number: 0)
  }

  /// Replaces the log of an earlier application.
  func start() {
    try? files[1].truncate()
    begin()
  }

  private var file: LogFile { files[Int(head.number % 2)] }

  /// What takes messages of this process itself.
  var messages: LogFile { file }

  private func begin() {
    try? file.truncate()
    write(head.line)
  }

  func append(_ stream: GuestConsole.Stream, _ bytes: [UInt8]) {
    append(bytes, stream == .output ? .output : .error)
  }

  private func append(_ bytes: [UInt8], _ stream: LogRecord.Stream) {
    var rest = LogRecord.lines(bytes, stream, at: LogTime.text(HostProcess.realTime))[...]
    while !rest.isEmpty {
      let room = Int(limit - min(size, limit))
      guard let end = rest.prefix(room).lastIndex(of: UInt8(ascii: "\n")) else {
        // A line always fits into an empty file.
        head.number += 1
        size = 0
        begin()
        continue
      }
      write(Array(rest[...end]))
      rest = rest[(end + 1)...]
    }
  }

  private func write(_ bytes: [UInt8]) {
    size += UInt64(bytes.count)
    try? file.append(bytes)
  }

  /// Notes how the application ended.
  func end(_ frame: AttachFrame) {
    switch frame {
    case .ended(let status): append(Array("\(LogEnding.endedText)\(status)\n".utf8), .godwit)
    case .suspended: append(Array("\(LogEnding.suspendedText)\n".utf8), .godwit)
    default: break
    }
  }
}

/// What the last line of a log says.
enum LogEnding: Hashable {
  case exited(Int32)
  case suspended
  case none

  fileprivate static let endedText = "ended with status "
  fileprivate static let suspendedText = "was suspended"

  init(_ record: LogRecord?) {
    guard let record, record.stream == .godwit else {
      self = .none
      return
    }
    let text = String(decoding: record.text, as: UTF8.self)
    if text.hasPrefix(Self.endedText), let status = Int32(text.dropFirst(Self.endedText.count)) {
      self = .exited(status)
    } else {
      self = text == Self.suspendedText ? .suspended : .none
    }
  }
}

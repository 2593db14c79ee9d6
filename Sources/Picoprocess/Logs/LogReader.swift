import HostABI
import PosixHost

/// Reads the log of an application, which may be written meanwhile.
package struct LogReader {
  private let name: String
  private let files: [LogFile]
  /// What was read last; nil: nothing yet.
  private var head: LogHead?
  /// How much of that file was read.
  private var offset: UInt64 = 0
  /// Output was overwritten before it was read.
  package private(set) var hasGap = false

  package init(_ name: String) throws(Failure) {
    self.name = name
    let missing = Failure("no application named \(name) has a log here")
    files = try LogPlace(name).paths.map { path throws(Failure) in
      do throws(HostError) { return try LogFile(path, .read) } catch .notFound {
        throw missing
      } catch { throw Failure(path, error) }
    }
    // One whose guest could not be started has left empty files.
    guard files.contains(where: { (try? $0.read(at: 0, count: 1))?.isEmpty == false }) else {
      throw missing
    }
  }

  /// Removes the log of an application that has ended.
  package static func remove(_ name: String) throws(Failure) {
    _ = try LogReader(name)
    try LogPlace(name).remove()
  }

  /// The lines that were written since the last call.
  mutating func next() throws(Failure) -> [LogRecord] {
    var records: [LogRecord] = []
    for file in try newest() {
      let bytes = try read(file)
      for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
        // Other lines are messages of the picoprocess.
        records.append(
          LogRecord(line) ?? LogRecord(message: Array(line), after: records.last))
      }
    }
    return records
  }

  /// The files that have something new, the older one first, and where it begins.
  private mutating func newest() throws(Failure) -> [(file: LogFile, head: LogHead)] {
    var found: [(file: LogFile, head: LogHead)] = []
    for file in files {
      let start = try attempt { () throws(HostError) in try file.read(at: 0, count: 80) }
      if let head = LogHead(start) { found.append((file, head)) }
    }
    found.sort { ($0.head.run, $0.head.number) < ($1.head.run, $1.head.number) }
    guard let last = found.last?.head else { return [] }
    found.removeAll { $0.head.run != last.run }
    guard let head, head.run == last.run else { return found }
    // What followed in that file is gone with it.
    hasGap = !found.contains { $0.head == head }
    return found.filter { $0.head.number >= head.number }
  }

  /// Reads whole lines.
  private mutating func read(_ entry: (file: LogFile, head: LogHead)) throws(Failure)
    -> ArraySlice<UInt8>
  {
    let start = entry.head == head ? offset : UInt64(entry.head.line.count)
    var bytes: [UInt8] = []
    while true {
      let piece = try attempt { () throws(HostError) in
        try entry.file.read(at: start + UInt64(bytes.count), count: 1 << 20)
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    // It may have been overwritten meanwhile.
    let now = try attempt { () throws(HostError) in try entry.file.read(at: 0, count: 80) }
    guard LogHead(now) == entry.head else { return [] }
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    head = entry.head
    offset = start + UInt64(end)
    return bytes[..<end]
  }

  private func attempt<R>(_ body: () throws(HostError) -> R) throws(Failure) -> R {
    try withFailure("the log of \(name)", body)
  }

  /// How the application ended, according to its log.
  static func ending(of name: String) -> LogEnding {
    guard var reader = try? LogReader(name), let records = try? reader.next() else { return .none }
    return LogEnding(records.last)
  }
}

extension LogRecord {
  /// A message of the picoprocess itself.
  fileprivate init(message: [UInt8], after last: LogRecord?) {
    time = last?.time ?? LogTime.text(0)
    stream = .error
    isWhole = true
    text = message
  }
}

import HostABI
import JSONText
import Machine
import PosixHost

/// A move, as it was foretold and as it went. What is foretold next is learnt from these.
package struct MoveRecord: Sendable, Hashable, Codable {
  /// Seconds since 1970.
  package var time: Int64
  package var guest: String
  package var way: MoveWay
  package var forecast: MoveFigures
  package var outcome: MoveFigures
  /// Bytes a second that the link carried; nil: too few went to tell.
  package var rate: Double?
  /// Bytes a second of the guest's memory that went over it.
  package var memoryRate: Double?
  /// The user had limited the rate.
  package var isLimited: Bool
  /// What was left when the guest stopped, in bytes on the link: see `Forecast`.
  package var bytesLeft: UInt64
  /// From the moment when the guest ran there until all was done, in nanoseconds.
  package var ending: Int64
  /// From the command until the guest's memory began to go, in nanoseconds; nil: of an older godwit.
  package var opening: Int64?

  /// When it was, for people.
  package var timeText: String { "\(LogTime.text(time * 1_000_000_000).prefix(19))Z" }
}

extension MoveRecord {
  /// - Parameter line: as one is written down.
  /// - Returns: nil for anything else, also for numbers that no move can have.
  package init?(_ line: ArraySlice<UInt8>) {
    guard let record = JSON.decode(MoveRecord.self, from: Array(line)), record.isPossible else {
      return nil
    }
    self = record
  }

  private var isPossible: Bool {
    func isTime(_ time: Int64) -> Bool { (0...Self.longest).contains(time) }
    return [forecast, outcome].allSatisfy { isTime($0.frozen) && isTime($0.total) }
      && isTime(ending) && isTime(opening ?? 0) && Self.rates.contains(rate ?? 1)
      && Self.rates.contains(memoryRate ?? 1)
      && (0...LogTime.lastSecond).contains(time)
  }

  /// In bytes a second.
  private static let rates = 1...1e15
  /// A year, in nanoseconds.
  private static let longest: Int64 = 365 * 86_400 * 1_000_000_000
}

/// The last moves from this machine to another, or to all of them, in `$XDG_STATE_HOME/godwit/moves` (or below
/// `~/.local/state`), a line for each.
package struct MoveRecords: Sendable {
  private let path: String
  package private(set) var records: [MoveRecord]

  /// So many are kept.
  private static let limit = 64
  private static let sizeLimit: UInt64 = 1 << 18

  private static var directory: String? {
    HostProcess.stateDirectory.map { $0 + "/godwit/moves" }
  }

  /// Those to `host`; nil if there is no place for them.
  package init?(_ host: RemoteHost) {
    guard let directory = Self.directory else { return nil }
    self.init(path: directory + "/" + host.fileName)
  }

  private init(path: String) {
    self.path = path
    guard let bytes = try? InputFile(path).contents(limit: Self.sizeLimit) else {
      records = []
      return
    }
    records = bytes.split(separator: UInt8(ascii: "\n")).compactMap { MoveRecord($0) }
  }

  /// All of them, by the machines' names.
  package static func all() -> [(host: String, records: MoveRecords)] {
    guard let directory, let names = try? directoryNames(directory) else { return [] }
    return names.compactMap { String(validating: $0, as: UTF8.self) }.sorted().compactMap { name in
      guard let host = RemoteHost(fileName: name) else { return nil }
      return ("\(host)", MoveRecords(path: directory + "/" + name))
    }
  }

  /// Adds one. A record that is lost makes the next forecasts worse, and no more.
  mutating func add(_ record: MoveRecord) {
    records = (records + [record]).suffix(Self.limit)
    let text = records.map { JSON.line($0) + "\n" }.joined()
    try? HostFiles.makeDirectories(String(path.prefix(upTo: path.lastIndex(of: "/")!)))
    try? AtomicFile.replace(path, with: Array(text.utf8))
  }
}

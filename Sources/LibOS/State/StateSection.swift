package import Snapshot

/// The parts of the state, each a message, which fills the section of its number.
///
/// A message that is too long for one section of the container goes on in further ones: what a guest has
/// in pipes and sockets alone may be more than that.
package enum StateSection: UInt32, CaseIterable {
  case kernel = 1
  case memory, filesystems, files, processes, tasks, pageMaps

  /// Bytes of a message in each section but the last.
  private static let partSize = 64 << 20
  /// As many as a message can fill: it has less than 2 GiB.
  private static let partLimit: UInt32 = 32

  /// The number of the section with a part of the message.
  private func number(_ part: UInt32) -> UInt32 { rawValue | part << 16 }

  /// The numbers of all sections that may have parts of the message.
  package var numbers: [UInt32] { (0..<Self.partLimit).map { number($0) } }

  /// The numbers that sections of the state can have.
  package static var allNumbers: Set<UInt32> {
    Set(allCases.flatMap(\.numbers))
  }

  /// The sections for the message `bytes`, at least one.
  func parts(of bytes: [UInt8]) -> [(number: UInt32, bytes: [UInt8])] {
    if bytes.count <= Self.partSize { return [(rawValue, bytes)] }
    return stride(from: 0, to: bytes.count, by: Self.partSize).enumerated().map { index, start in
      (number(UInt32(index)), Array(bytes[start..<min(start + Self.partSize, bytes.count)]))
    }
  }

  /// The message, put together again; nil when its first section is missing.
  package func message(_ section: (UInt32) throws(SnapshotError) -> [UInt8]?)
    throws(SnapshotError) -> [UInt8]?
  {
    guard var bytes = try section(rawValue) else { return nil }
    for part in 1..<Self.partLimit {
      guard let more = try section(number(part)) else { break }
      bytes += more
    }
    return bytes
  }
}

extension SnapshotReader {
  /// Bytes of the message of a part of the state.
  func byteCount(of section: StateSection) -> UInt64 {
    let numbers = section.numbers
    return sections.reduce(0) { numbers.contains($1.id) ? $0 + $1.byteCount : $0 }
  }

  /// The message of a part of the state: `missingSection`.
  package func message(_ section: StateSection) throws(SnapshotError) -> [UInt8] {
    let bytes = try section.message { (number) throws(SnapshotError) in try self.section(number) }
    guard let bytes else { throw .missingSection(section.rawValue) }
    return bytes
  }
}

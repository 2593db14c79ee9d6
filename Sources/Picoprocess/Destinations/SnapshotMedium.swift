import HostABI
import Machine
import PosixHost
import Snapshot

/// What a snapshot is written to: one file, or several parts. It gets its name only when all is there.
protocol SnapshotMedium: AnyObject {
  /// Bytes written so far.
  var length: UInt64 { get }
  /// Appends bytes.
  func write(_ bytes: RawSpan) throws(HostError)
  /// Has the host begin to bring to storage what was written so far.
  func beginWriteback()
  /// Reads back what was written so far.
  func input() throws(HostError) -> InputFile
  /// Brings all to storage, and gives it its name, in place of what has it.
  func commit() throws(HostError)
}

extension SnapshotMedium {
  /// Opens what was written, and verifies every byte of it: see `SnapshotDestination.readBack`.
  ///
  /// - Parameter path: for messages.
  func readBack(_ parent: SnapshotReader?, _ path: String) throws(Failure) -> SnapshotReader {
    let input = try withFailure(path) { () throws(HostError) in try self.input() }
    do throws(SnapshotError) {
      let reader = try SnapshotReader(SnapshotFile(input), parent: parent)
      try reader.verifyUnsigned()
      return reader
    } catch { throw unusable(path, error) }
  }
}

extension AtomicFile: SnapshotMedium {}

/// A snapshot on its way to the disk as it is.
final class PlainFile: SnapshotSink {
  private let path: String
  private let medium: any SnapshotMedium

  init(_ path: String, _ medium: any SnapshotMedium) {
    self.path = path
    self.medium = medium
  }

  func write(_ bytes: RawSpan) throws(Failure) {
    try withFailure(path) { () throws(HostError) in try medium.write(bytes) }
    medium.beginWriteback()
  }

  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    try medium.readBack(parent, path)
  }

  func commit(signature: [UInt8]) throws(Failure) {
    try withFailure(path) { () throws(HostError) in
      try signature.withRawSpan { (bytes) throws(HostError) in try medium.write(bytes) }
      try PartList.replacing(path) { () throws(HostError) in try medium.commit() }
    }
  }
}

import HostABI
import Machine
import PosixHost
import Snapshot

/// A file that the picoprocess writes itself.
final class FileDestination: SnapshotDestination {
  let path: String
  /// The picoprocess writes, and says what failed.
  let failure: Failure? = nil
  let transfer: Compression? = nil
  private let file: AtomicFile

  init(_ path: String) throws(Failure) {
    self.path = path
    file = try SnapshotFile.beginning(path)
  }

  func write(_ bytes: RawSpan) throws(Failure) {
    try withFailure(path) { () throws(HostError) in try file.write(bytes) }
  }

  func exchange(
    _ request: [UInt8], over connection: ControlConnection, _ progress: Progress
  ) throws(HostError) -> [UInt8]? {
    try connection.send(request, handing: file)
    // What has been written is sent on to storage.
    return try progress.answer(over: connection) { file.beginWriteback() }
  }

  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    try file.readBack(parent, path)
  }

  func commit(signature: [UInt8]) throws(Failure) {
    try withFailure(path) { () throws(HostError) in
      let end = try file.input().size
      try signature.withRawSpan { (bytes) throws(HostError) in try file.write(bytes, at: end) }
      try PartList.replacing(path) { () throws(HostError) in try file.commit() }
    }
  }
}

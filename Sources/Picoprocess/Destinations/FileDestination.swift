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

  /// How often what has been written is sent on to storage, in nanoseconds.
  private static let interval: Int64 = 50_000_000

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
    while true {
      do throws(HostError) {
        let line = try connection.receive(timeout: Self.interval)
        if !progress.takes(line) { return line }
      } catch .wouldBlock {
        file.beginWriteback()
        progress.tick()
      }
    }
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

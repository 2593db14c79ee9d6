import HostABI
import LibOS
import PosixHost
import Snapshot

/// The file with the working set of a snapshot: beside it, with `.working-set` after its name; in a store, hidden
/// among the snapshots.
enum WorkingSetFile {
  private static let suffix = ".working-set"

  /// More bytes than all pages of the largest guest take.
  private static let sizeLimit = 1 << 28

  static func path(of snapshot: String) throws(Failure) -> String {
    guard let place = try StorePath(snapshot) else { return snapshot + suffix }
    return try StoreLayout(place.directory).snapshots + "/." + place.name + suffix
  }

  /// The working set of the snapshot in `reader`, which was opened as `snapshot`; nil if there is none that helps.
  static func read(_ snapshot: String, _ reader: SnapshotReader) throws(Failure) -> WorkingSet? {
    let path = try path(of: snapshot)
    do throws(SnapshotError) {
      guard let file = try? InputFile(path), file.size > 0 else { return nil }
      guard file.size <= sizeLimit else {
        throw .tooLarge(what: "a working set", size: file.size, limit: UInt64(sizeLimit))
      }
      let bytes: [UInt8]
      do throws(HostError) { bytes = try file.read(at: 0, count: Int(file.size)) } catch {
        throw .readFailed("\(error)")
      }
      let set = try WorkingSet(decoding: bytes)
      guard set.snapshot == reader.id else { throw .malformed("it is another snapshot's") }
      return set
    } catch {
      Console.complain("\(path): not used: \(error)")
      return nil
    }
  }
}

/// Records the order in which a lazily resumed guest needs its pages.
final class WorkingSetRecorder {
  private let path: String
  private let snapshot: SnapshotID
  private let file: OutputFile
  private var pages: SnapshotPages?

  /// Opens the file: once confined, this process opens none.
  ///
  /// - Parameter path: that of the snapshot in `reader`, as the user gave it.
  init(_ path: String, _ reader: SnapshotReader) throws(Failure) {
    let place = try WorkingSetFile.path(of: path)
    self.path = place
    snapshot = reader.id
    file = try withFailure(place) { () throws(HostError) in try OutputFile(rewriting: place) }
  }

  func begin(_ pages: SnapshotPages) {
    pages.recordsTouches = true
    self.pages = pages
  }

  func finish() throws(Failure) {
    let set = WorkingSet(snapshot, touches: pages?.touches ?? [])
    try withFailure(path) { () throws(HostError) in try file.replaceContents(with: set.encoded) }
  }
}

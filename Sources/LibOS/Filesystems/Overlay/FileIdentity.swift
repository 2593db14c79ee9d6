import HostABI
import LinuxABI
import Snapshot

/// What tells whether a file is the same one.
struct FileIdentity: Hashable {
  /// Bytes.
  var size: UInt64
  /// The digest of all of them.
  var digest: Digest
}

/// A check that a lazy resume puts off: is a file of the root the one that the snapshot knew?
struct DelayedCheck {
  let identity: FileIdentity
  /// Its path as the guest sees it.
  private let path: String
  private let shortage: Shortage

  init(_ identity: FileIdentity, _ path: String, _ shortage: Shortage) {
    self.identity = identity
    self.path = path
    self.shortage = shortage
  }

  /// Returns when the file that is found is the one.
  func wait(_ find: () throws(HostError) -> FileIdentity) {
    while true {
      let reason: SnapshotError
      do throws(HostError) {
        if try find() == identity { return shortage.noteHere(.file(path)) }
        reason = .changedFile(path)
      } catch {
        reason =
          error == .notFound ? .missingFile(path) : .refused("\(path): \(Errno(error).message)")
      }
      shortage.note(.file(path), reason)
      shortage.waitUntilWorthwhile()
    }
  }
}

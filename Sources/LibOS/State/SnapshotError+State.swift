import Snapshot

// Why state can't be saved or restored, in the words a user reads.
extension SnapshotError {
  static func untransportable(_ what: String) -> SnapshotError {
    .refused("\(what) exists on this host only and can't travel")
  }
  static func missingFile(_ path: String) -> SnapshotError {
    .refused("\(path): the snapshot needs this file, and it is not here")
  }
  static func changedFile(_ path: String) -> SnapshotError {
    .refused("\(path) differs from the one the snapshot was made with")
  }
  static func invalidState(_ what: String) -> SnapshotError {
    .malformed("its state makes no sense: \(what)")
  }
  static var memoryLimit: SnapshotError {
    .refused("the snapshot's memory does not fit the memory limit")
  }
}

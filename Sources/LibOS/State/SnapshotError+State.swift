package import Snapshot

// Why state can't be saved or restored, in the words a user reads.
extension SnapshotError {
  /// A page is still in the snapshot that the guest was resumed from, and can't be read.
  package static func missingPage(_ error: SnapshotError) -> SnapshotError {
    .refused("a page that is not here yet can't be read: \(error)")
  }

  /// - Parameter obstacles: what can't travel, each with its reason.
  static func untransportable(_ obstacles: [String]) -> SnapshotError {
    .refused("the guest can't travel: \(obstacles.joined(separator: "; "))")
  }
  static func stateTooLarge(_ section: StateSection) -> SnapshotError {
    .refused("the guest's state can't travel: more than 2 GiB of it are no pages (\(section))")
  }
  static func missingFile(_ path: String) -> SnapshotError {
    .refused("\(path): the snapshot needs this file, and it is not here")
  }
  static func changedFile(_ path: String) -> SnapshotError {
    .refused("\(path) differs from the one the snapshot was made with")
  }
  package static func invalidState(_ what: String) -> SnapshotError {
    .malformed("its state makes no sense: \(what)")
  }
  static var memoryLimit: SnapshotError {
    .refused("the snapshot's memory does not fit the memory limit")
  }
}

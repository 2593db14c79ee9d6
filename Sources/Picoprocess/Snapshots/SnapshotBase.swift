import LibOS
import Snapshot

/// The last snapshot that somebody took of a picoprocess, or the one that it was resumed from: the next may be an
/// increment to it.
struct SnapshotBase: Sendable {
  let id: SnapshotID
  let contentDigest: Digest
  /// Pages in its chain.
  let pageCount: UInt64
  let known: KnownPages
  /// First writes of pages until its moment.
  var writesBefore: UInt64 = 0

  init(id: SnapshotID, contentDigest: Digest, pageCount: UInt64, known: KnownPages) {
    self.id = id
    self.contentDigest = contentDigest
    self.pageCount = pageCount
    self.known = known
  }

  init(_ reader: SnapshotReader, _ known: KnownPages) {
    self.init(
      id: reader.id, contentDigest: reader.contentDigest, pageCount: reader.pageCount, known: known)
  }
}

/// The parent that a user names for an increment, as the client found it.
package struct NamedParent: Sendable, Hashable, Codable {
  /// The digest of its content, in hexadecimal digits.
  package var digest: String
  /// Its path, for messages.
  package var path: String
  /// The name of its file, by which a reader looks for it beside the increment.
  package var name: String
}

/// A copy that another machine was sent of a running guest.
package struct SentCopy: Sendable, Hashable, Codable {
  package var observer: SnapshotObserver
  /// Of its content, in hexadecimal digits.
  package var digest: String
  /// Pages that the guest has written since, some of them more than once.
  package var pagesWritten: UInt64
}

/// How a snapshot is to be written.
struct SnapshotSettings {
  var observer = SnapshotObserver.user
  /// What it is to be an increment to.
  var parent: NamedParent?
  var compression: Compression?
  /// Counts its pages, if somebody wants to know.
  var count: PageCount?
  /// The migration after which the pages follow; nil: the snapshot has them.
  var deferring: String?
}

extension Picoprocess {
  /// The base for an increment to the parent that its observer names; nil without one.
  func base(_ settings: SnapshotSettings) throws(SaveError) -> SnapshotBase? {
    guard let parent = settings.parent else { return nil }
    guard let base = bases[settings.observer], base.contentDigest.description == parent.digest
    else {
      throw .refused(
        Failure(
          "\(parent.path) is neither the last snapshot of this run nor the one that it was "
            + "resumed from"
        ))
    }
    return base
  }
}

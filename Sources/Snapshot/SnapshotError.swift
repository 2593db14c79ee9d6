/// A part of a snapshot that has a checksum of its own.
package enum SnapshotPart: Hashable, Sendable {
  case header
  case trailer
  case tableOfContents
  /// The descriptor and padding in front of a block; the first block of the file is 0.
  case descriptor(Int)
  case section(UInt32)
  /// A chunk of the page store; the first is 0.
  case pageChunk(Int)
}

/// Why a snapshot can't be read or written.
package enum SnapshotError: Error, Hashable, Sendable {
  /// The file does not begin with a snapshot's magic number.
  case notASnapshot
  /// The file ends (or is overwritten) at byte `at`, where more was promised.
  case truncated(at: UInt64)
  /// The stream ends at byte `at`, within this part.
  case endsWithin(SnapshotPart, at: UInt64)
  /// The bytes are not those that were written.
  case checksumMismatch(SnapshotPart)
  /// The file was written in a newer format.
  case unsupportedFormatVersion(found: UInt32, supported: UInt32)
  /// The format version was never released.
  case unreleasedFormatVersion(UInt32)
  /// The page is in a parent that was not given.
  case missingParent(name: String, id: SnapshotID)
  /// The file given as the parent `name` with the id `id` is another one, with the id `found`.
  case wrongParent(name: String, id: SnapshotID, found: SnapshotID)
  /// An error in one of the parents.
  indirect case inParent(name: String, id: SnapshotID, SnapshotError)
  /// The library OS's ABI differs.
  case unsupportedABIVersion(found: UInt32, supported: ClosedRange<UInt32>)
  /// The guest's instruction set is none of those that can be run.
  case wrongGuestISA(String)
  /// The snapshot needs a feature that this reader lacks.
  case missingFeature(String)
  /// A section that must not be skipped is of no known kind.
  case unknownCriticalSection(UInt32)
  /// A section that must be there is not.
  case missingSection(UInt32)
  /// The checksums are right, but the contents contradict themselves.
  case malformed(String)
  /// A page map refers to a page that the store does not hold; the number is the reference's.
  case noSuchPage(UInt64)
  /// More than this format (or the reader's limit) allows.
  case tooLarge(what: String, size: UInt64, limit: UInt64)
  /// The source could not be read; the text is the host's reason.
  case readFailed(String)
  /// The sink could not be written; the text is the host's reason.
  case writeFailed(String)
  /// What the state holds can't be saved or restored here; the text is the whole reason.
  case refused(String)
}

extension SnapshotPart: CustomStringConvertible {
  package var description: String {
    switch self {
    case .header: "header"
    case .trailer: "trailer"
    case .tableOfContents: "table of contents"
    case .descriptor(let number): "descriptor of block \(number)"
    case .section(let id): "section \(id)"
    case .pageChunk(let index): "page chunk \(index)"
    }
  }
}

extension SnapshotError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notASnapshot: "not a snapshot"
    case .refused(let reason): reason
    case .truncated(let at): "the snapshot is truncated at byte \(at)"
    case .endsWithin(let part, let at): "the snapshot ends at byte \(at), within its \(part)"
    case .checksumMismatch(let part): "the snapshot is damaged: wrong checksum of its \(part)"
    case .unsupportedFormatVersion(let found, let supported):
      "the snapshot has format version \(found); this version of godwit reads version \(supported)"
    case .unreleasedFormatVersion(let found):
      "the snapshot has format version \(found), which was never released and is no longer read"
    case .missingParent(let name, let id):
      "the snapshot is an increment to \(name) (\(id)), which is missing"
    case .wrongParent(let name, let id, let found):
      id == found
        ? "its parent \(name) (\(id)) is not the file that the snapshot was made from"
        : "its parent \(name) (\(id)) is another snapshot (\(found))"
    case .inParent(let name, let id, let error): "in its parent \(name) (\(id)): \(error)"
    case .unsupportedABIVersion(let found, let supported):
      "the snapshot has library OS ABI \(found); this version runs \(supported.lowerBound) to "
        + "\(supported.upperBound)"
    case .wrongGuestISA(let name): "the snapshot is of a guest for \"\(name)\", which can't be run"
    case .missingFeature(let name): "the snapshot needs the feature \"\(name)\", which is missing"
    case .unknownCriticalSection(let id):
      "the snapshot has a section \(id) that must be understood, but is unknown"
    case .missingSection(let id): "the snapshot lacks its section \(id)"
    case .malformed(let what): "the snapshot is malformed: \(what)"
    case .noSuchPage(let number): "the snapshot refers to a page \(number) that it does not hold"
    case .tooLarge(let what, let size, let limit):
      "\(what) of \(size) bytes is larger than the limit of \(limit) bytes"
    case .readFailed(let reason): "the snapshot can't be read: \(reason)"
    case .writeFailed(let reason): "the snapshot can't be written: \(reason)"
    }
  }
}

import LibOSState
package import Snapshot

/// Takes the parts of a state: a snapshot, or a digest.
package protocol StateSink: AnyObject {
  /// Who may digest pages on other processors; nil: nobody.
  var workers: (any Workers)? { get }

  /// Takes a page of 4,096 bytes, with its digest, and says how it is referred to.
  func addPage(_ page: RawSpan, digest: Digest?) throws(SnapshotError) -> PageReference

  func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) throws(SnapshotError)
}

extension SnapshotWriter: StateSink {}

extension StateSink {
  /// Takes the message of a section, and returns its bytes.
  @discardableResult
  func add(_ section: StateSection, _ message: any StateMessage) throws(SnapshotError) -> [UInt8] {
    guard let bytes = message.encodedWhole() else { throw .stateTooLarge(section) }
    for (number, part) in section.parts(of: bytes) {
      try addSection(number, isCritical: true, part)
    }
    return bytes
  }
}

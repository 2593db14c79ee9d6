/// What a reader of snapshots can take.
package struct SnapshotSupport: Sendable {
  /// Instruction sets, by the names in headers.
  package var guestISAs: Set<String>
  package var abiVersions: ClosedRange<UInt32>
  package var features: Set<String>
  /// The numbers of the sections it understands.
  package var sections: Set<UInt32>

  package init(
    guestISAs: Set<String>, abiVersions: ClosedRange<UInt32>, features: Set<String>,
    sections: Set<UInt32>
  ) {
    self.guestISAs = guestISAs
    self.abiVersions = abiVersions
    self.features = features
    self.sections = sections
  }
}

extension SnapshotSupport {
  /// Refuses, by name, what the header of a snapshot needs beyond this.
  ///
  /// - Throws: `wrongGuestISA`, `unsupportedABIVersion`, `missingFeature`.
  package func check(_ header: SnapshotHeader) throws(SnapshotError) {
    guard guestISAs.contains(header.guestISA) else { throw .wrongGuestISA(header.guestISA) }
    guard abiVersions.contains(header.abiVersion) else {
      throw .unsupportedABIVersion(found: header.abiVersion, supported: abiVersions)
    }
    for feature in header.requiredFeatures where !features.contains(feature) {
      throw .missingFeature(feature)
    }
  }

  /// Refuses a critical section of an unknown kind.
  ///
  /// - Throws: `unknownCriticalSection`.
  package func checkSection(_ id: UInt32, isCritical: Bool) throws(SnapshotError) {
    guard !isCritical || sections.contains(id) else { throw .unknownCriticalSection(id) }
  }
}

extension SnapshotReader {
  /// Refuses, by name, a snapshot that needs more than `support`. Reading a header or listing
  /// sections does not ask for this; resuming must.
  package func require(_ support: SnapshotSupport) throws(SnapshotError) {
    try support.check(header)
    for section in sections {
      try support.checkSection(section.id, isCritical: section.isCritical)
    }
  }
}

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

extension SnapshotReader {
  /// Refuses, by name, a snapshot that needs more than `support`. Reading a header or listing
  /// sections does not ask for this; resuming must.
  ///
  /// - Throws: `wrongGuestISA`, `unsupportedABIVersion`, `missingFeature`, `unknownCriticalSection`.
  package func require(_ support: SnapshotSupport) throws(SnapshotError) {
    guard support.guestISAs.contains(header.guestISA) else {
      throw .wrongGuestISA(header.guestISA)
    }
    guard support.abiVersions.contains(header.abiVersion) else {
      throw .unsupportedABIVersion(found: header.abiVersion, supported: support.abiVersions)
    }
    for feature in header.requiredFeatures where !support.features.contains(feature) {
      throw .missingFeature(feature)
    }
    for section in sections where section.isCritical && !support.sections.contains(section.id) {
      throw .unknownCriticalSection(section.id)
    }
  }
}

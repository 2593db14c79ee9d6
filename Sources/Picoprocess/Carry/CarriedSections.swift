import LibOS
import LibOSState
import Snapshot

/// The sections of a snapshot that carries files: `Docs/SnapshotFormat.md`, "Carried files".
enum CarriedSections {
  private static let list: UInt32 = 16
  private static let contents: UInt32 = 17
  /// Numbers of one kind are apart by this.
  private static let step: UInt32 = 1 << 16

  /// Bytes in each section with contents but the last.
  static let pieceSize = 4 << 20
  /// About as many bytes of a list as are in one section.
  static let listSize = 32 << 20

  /// The number of a section; nil if there can't be one.
  static func listNumber(_ index: Int) -> UInt32? { number(list, index) }
  static func contentsNumber(_ index: Int) -> UInt32? { number(contents, index) }

  /// Whether a section is one of them.
  static func contains(_ number: UInt32) -> Bool { [list, contents].contains(number % step) }

  private static func number(_ kind: UInt32, _ index: Int) -> UInt32? {
    guard let index = UInt32(exactly: index), index < step else { return nil }
    return kind + index * step
  }
}

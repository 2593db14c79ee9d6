/// How the blocks of a snapshot are compressed.
package enum Compression: Hashable, Sendable {
  /// Not at all: pages can be mapped.
  case none
  /// With zstd at this level, each block that becomes smaller by it.
  case zstd(level: Int32)

  /// What is used where nobody chooses: the fastest.
  package static var standard: Compression { .zstd(level: 1) }
}

package import Age
package import Snapshot

/// How a client wants a snapshot.
package struct SaveOptions {
  /// The path of the snapshot to which it is an increment; nil for a whole one.
  package var parent: String?
  /// What the parent, or a sealed store, is opened with.
  package var keys: SealKeys
  /// Nil: the default.
  package var compression: Compression?
  /// Who can open it; nil: whoever has the file.
  package var recipients: Recipients?
  package var shape = OutputShape()

  package init(keys: SealKeys) { self.keys = keys }

  /// The shape of a snapshot of the picoprocess `name`.
  func shape(of name: String) throws(Failure) -> OutputShape {
    var shape = shape
    if shape.carries != nil { shape.grants = try GrantRecord(of: name) }
    return shape
  }
}

/// The version of this build.
package enum GodwitVersion {
  /// The same as in `CHANGELOG.md`.
  package static let number = "0.2.0"
  package static let text = "godwit \(number)"
}

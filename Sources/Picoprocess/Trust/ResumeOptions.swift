/// How far a snapshot that is resumed is trusted, beside what all picoprocesses are told.
package struct ResumeOptions: Sendable {
  /// A file with the keys whose signatures are trusted like one's own.
  package var knownKeys: String?
  /// Trust the snapshot whoever made it.
  package var trustsAll = false
  /// Open none of the ports that the snapshot remembers.
  package var publishesNothing = false

  package init() {}
}

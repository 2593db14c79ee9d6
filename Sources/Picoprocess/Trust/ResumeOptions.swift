/// The options of a resume beside those of all picoprocesses.
package struct ResumeOptions: Sendable {
  /// A file with the keys whose signatures are trusted like one's own.
  package var knownKeys: String?
  /// Trust the snapshot, whoever made it.
  package var trustsAll = false
  /// Do not open the ports that the snapshot remembers.
  package var publishesNothing = false

  package init() {}
}

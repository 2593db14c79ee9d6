/// What became of the checkpoints that a run takes by itself.
package struct PeriodicCheckpoints: Sendable, Hashable, Codable {
  /// Whether more will be taken: the keeper has not ended.
  package internal(set) var goOn = true
  /// How many the picoprocess has written.
  package private(set) var count = 0
  /// The last of them, as it came from the picoprocess.
  package private(set) var last: SavedSnapshot?

  /// What users are told when they do not go on.
  package static let ended = "no more checkpoints are taken: the process that takes them has ended"

  mutating func note(_ snapshot: SavedSnapshot) {
    count += 1
    last = snapshot
  }
}

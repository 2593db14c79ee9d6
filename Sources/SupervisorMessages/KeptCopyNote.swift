/// A copy that this machine keeps of an application which runs elsewhere, as of its last increment: the file `note.json` in a
/// directory of `$XDG_STATE_HOME/godwit/copies`, beside the snapshot and those that it is an increment to.
package struct KeptCopyNote: Sendable, Codable {
  /// The directory of all copies, below the user's state.
  package static let place = "godwit/copies"
  package static let name = "note.json"
  /// Bytes of a note.
  package static let limit: UInt64 = 256 << 10

  /// The name that it has here if it goes on here.
  package var application: String
  /// What travels with it, as JSON.
  package var passport: String?
  /// The peer that sent it, as the supervisor here calls it; nil: it came over ssh.
  package var peer: String?
  /// The name of the newest snapshot's file.
  package var file: String
  /// Of its content, in hexadecimal digits; nil: of an older godwit.
  package var digest: String?
  /// Snapshots that it is an increment to, one behind the other.
  package var parents: Int
  /// Nanoseconds since 1970.
  package var made: Int64
  /// The options of `godwit resume` that give it what a move would have given it here.
  package var options: [String]
  /// When it was learnt that the application has ended, in nanoseconds since 1970: nobody goes on with it by itself.
  package var ended: Int64?

  package init(
    application: String, passport: String?, peer: String?, file: String, digest: String?,
    parents: Int, made: Int64, options: [String]
  ) {
    (self.application, self.passport, self.peer) = (application, passport, peer)
    (self.file, self.digest, self.parents, self.made) = (file, digest, parents, made)
    self.options = options
  }
}

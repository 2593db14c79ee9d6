/// The credentials of a process: the guest's own IDs, which are unrelated to the host's.
package struct Credentials: Sendable, Equatable {
  package var realUID: UInt32 = 0
  package var effectiveUID: UInt32 = 0
  package var savedUID: UInt32 = 0
  package var fsUID: UInt32 = 0
  package var realGID: UInt32 = 0
  package var effectiveGID: UInt32 = 0
  package var savedGID: UInt32 = 0
  package var fsGID: UInt32 = 0
  package var groups: [UInt32] = []

  package init() {}

  package var isPrivileged: Bool { effectiveUID == 0 }

  /// Whether it runs with another user's rights than the one who started it (set-user-ID).
  var isElevated: Bool { effectiveUID != realUID || effectiveGID != realGID }
}

package import LinuxABI

/// The credentials of a task: the guest's own IDs, which are unrelated to the host's, and its capabilities
/// (credentials(7), capabilities(7)).
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
  package var capabilities = Capabilities()
  package var secureBits: SecureBits = []

  package init() {}

  /// Whether it may do what `capability` is for.
  package func has(_ capability: CapabilitySet) -> Bool {
    capabilities.effective.contains(capability)
  }
}

/// The sets of capabilities; root's to begin with.
package struct Capabilities: Sendable, Equatable {
  package var permitted = CapabilitySet.all
  package var effective = CapabilitySet.all
  package var inheritable: CapabilitySet = []
  package var bounding = CapabilitySet.all
  package var ambient: CapabilitySet = []

  package init() {}
}

extension Credentials {
  /// Takes the IDs of a user, as setuid(2) and its kin do, with what that means to capabilities
  /// (`cap_emulate_setxuid`). -1 leaves an ID as it is.
  mutating func become(real: UInt32, effective: UInt32, saved: UInt32) {
    let old = self
    if real != .max { realUID = real }
    if effective != .max { effectiveUID = effective }
    if saved != .max { savedUID = saved }
    fsUID = effectiveUID
    guard !secureBits.contains(.SECBIT_NO_SETUID_FIXUP) else { return }
    if old.hasRootUser, !hasRootUser {
      if !secureBits.contains(.SECBIT_KEEP_CAPS) {
        capabilities.permitted = []
        capabilities.effective = []
      }
      capabilities.ambient = []
    }
    if old.effectiveUID == 0, effectiveUID != 0 { capabilities.effective = [] }
    if old.effectiveUID != 0, effectiveUID == 0 {
      capabilities.effective = capabilities.permitted
    }
  }

  private var hasRootUser: Bool { realUID == 0 || effectiveUID == 0 || savedUID == 0 }

  /// Takes a user for files alone, as setfsuid(2) does.
  mutating func become(fsUser user: UInt32) {
    let old = fsUID
    fsUID = user
    guard !secureBits.contains(.SECBIT_NO_SETUID_FIXUP) else { return }
    if old == 0, user != 0 { capabilities.effective.subtract(.ofFiles) }
    if old != 0, user == 0 {
      capabilities.effective.formUnion(capabilities.permitted.intersection(.ofFiles))
    }
  }

  /// Those that access(2) goes by: the real IDs, and what capabilities the real user has.
  var ofRealUser: Credentials {
    var real = self
    real.fsUID = realUID
    real.fsGID = realGID
    if !secureBits.contains(.SECBIT_NO_SETUID_FIXUP) {
      real.capabilities.effective = realUID == 0 ? capabilities.permitted : []
    }
    return real
  }

  /// Whether another user's rights came with the change from `old`: such a process shows others nothing
  /// (`commit_creds`).
  func isGuarded(after old: Credentials) -> Bool {
    effectiveUID != old.effectiveUID || effectiveGID != old.effectiveGID || fsUID != old.fsUID
      || fsGID != old.fsGID || !old.capabilities.permitted.isSuperset(of: capabilities.permitted)
  }
}

import LinuxABI

/// The capabilities of a program's file: its attribute `security.capability` (`struct vfs_ns_cap_data`).
struct FileCapabilities {
  static let attribute = Array("security.capability".utf8)

  var permitted: CapabilitySet
  var inheritable: CapabilitySet
  /// What the program gets is in effect at once.
  var isEffective: Bool

  /// The value of the attribute; nil for one that Linux would not heed.
  init?(_ value: [UInt8]) {
    guard value.count >= 4 else { return nil }
    var reader = ByteReader(value)
    let magic: UInt32 = reader.read()
    let pairs: Int
    switch (magic >> 24, value.count) {
    case (1, 12): pairs = 1
    case (2, 20): pairs = 2
    case (3, 24): pairs = 2
    default: return nil
    }
    (permitted, inheritable) = ([], [])
    for half in 0..<UInt64(pairs) {
      let (may, inherits): (UInt32, UInt32) = (reader.read(), reader.read())
      permitted.formUnion(CapabilitySet(rawValue: UInt64(may) << (32 * half)))
      inheritable.formUnion(CapabilitySet(rawValue: UInt64(inherits) << (32 * half)))
    }
    // Of another user namespace than the guest's one.
    if pairs == 2, value.count == 24, reader.read() as UInt32 != 0 { return nil }
    permitted.formIntersection(.all)
    inheritable.formIntersection(.all)
    isEffective = magic & 1 != 0
  }
}

extension Credentials {
  /// What they are once `program` runs, and whether that is another's right, which libraries must know
  /// (`cap_bprm_creds_from_file`): EPERM for a program that can't have all it needs.
  func executing(_ program: Program, noNewPrivileges: Bool)
    throws(Errno) -> (credentials: Credentials, isSecure: Bool)
  {
    var new = self
    if !noNewPrivileges {
      if let user = program.setUser { new.effectiveUID = user }
      if let group = program.setGroup { new.effectiveGID = group }
    }
    new.savedUID = new.effectiveUID
    new.fsUID = new.effectiveUID
    new.savedGID = new.effectiveGID
    new.fsGID = new.effectiveGID

    let ofFile = noNewPrivileges ? nil : program.capabilities
    var isEffective = ofFile?.isEffective ?? false
    var permitted = CapabilitySet()
    if let ofFile {
      permitted = ofFile.permitted.intersection(capabilities.bounding)
        .union(ofFile.inheritable.intersection(capabilities.inheritable))
      if isEffective, !permitted.isSuperset(of: ofFile.permitted) { throw .EPERM }
    }
    let isSetUserRoot = ofFile != nil && realUID != 0 && new.effectiveUID == 0
    if !secureBits.contains(.SECBIT_NOROOT), !isSetUserRoot {
      if new.effectiveUID == 0 || realUID == 0 {
        permitted = capabilities.bounding.union(capabilities.inheritable)
      }
      if new.effectiveUID == 0 { isEffective = true }
    }
    let isOther = new.effectiveUID != realUID || new.effectiveGID != realGID
    if ofFile != nil || isOther { new.capabilities.ambient = [] }
    new.capabilities.permitted = permitted.union(new.capabilities.ambient)
    new.capabilities.effective =
      isEffective ? new.capabilities.permitted : new.capabilities.ambient
    new.secureBits.remove(.SECBIT_KEEP_CAPS)
    let hasGrown = new.capabilities.permitted != new.capabilities.ambient
    return (new, isOther || realUID != 0 && (isEffective || hasGrown))
  }
}

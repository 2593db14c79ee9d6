package import HostABI
package import LinuxABI

/// What the guest has made of a host file beyond what the host's file may be: its owner, all of its permissions,
/// and which kind of file it stands for.
///
/// The host's file belongs to the user who runs godwit and is a plain one, without set-id bits, which that user can
/// read and write. So nothing that a guest makes is more on the host than a file with bytes. A file without a mark
/// is shown as it is.
package struct HostFileMark: Hashable {
  /// The extended attribute that has it.
  package static let attribute = Array("user.godwit.file".utf8)

  /// FIFO, socket or device: what a regular file of the host stands for; `nil` for what is what it seems.
  package var standsFor: FileType?
  /// The device that a device node stands for.
  package var represents = DeviceNumber(major: 0, minor: 0)
  /// Twelve bits.
  package var permissions: UInt32
  package var owner: Ownership
  /// What the host's file was given for them. Should they differ by now, somebody else has changed them, and
  /// that counts.
  var hostPermissions: UInt16

  /// What a file without a mark has.
  package init(_ attributes: FileAttributes) {
    permissions = UInt32(attributes.permissions)
    owner = Ownership(uid: attributes.userID, gid: attributes.groupID)
    hostPermissions = attributes.permissions
  }

  /// The permissions of the host's file for those that the guest gives.
  static func hostPermissions(_ permissions: UInt32, isDirectory: Bool) -> UInt16 {
    isDirectory ? UInt16(permissions & 0o1777) | 0o700 : UInt16(permissions & 0o777) | 0o600
  }

  /// Takes over what somebody else has changed since.
  mutating func update(_ attributes: FileAttributes) {
    guard attributes.permissions != hostPermissions else { return }
    permissions = permissions & 0o6000 | UInt32(attributes.permissions)
    hostPermissions = attributes.permissions
  }

  /// It says nothing that the host's file doesn't.
  func isNeedless(_ attributes: FileAttributes) -> Bool {
    var plain = HostFileMark(attributes)
    plain.hostPermissions = hostPermissions
    return self == plain
  }

  /// Shows a file as the guest has made it.
  func apply(to status: inout FileStatus, _ attributes: FileAttributes) {
    var mark = self
    mark.update(attributes)
    status.mode = FileMode(type: standsFor ?? status.type, permissions: mark.permissions)
    status.uid = owner.uid
    status.gid = owner.gid
    guard standsFor != nil else { return }
    status.represents = represents
    status.size = 0
    status.blocks = 0
  }
}

// MARK: As text

extension HostFileMark {
  /// Its fields in this order, with a space between each two: version, kind and permissions, permissions on the
  /// host (both octal), user, group, major and minor number.
  package var text: [UInt8] {
    let mode = UInt32(standsFor?.rawValue ?? 0) | permissions
    let fields = [
      "1", String(mode, radix: 8), String(hostPermissions, radix: 8), "\(owner.uid)",
      "\(owner.gid)",
      "\(represents.major)", "\(represents.minor)",
    ]
    return Array(fields.joined(separator: " ").utf8)
  }

  /// `nil` for a text that is no mark: anybody may have written it.
  package init?(_ text: [UInt8]) {
    let fields = String(decoding: text.prefix(128), as: UTF8.self).split(separator: " ")
    guard fields.count == 7, fields[0] == "1", let mode = UInt32(fields[1], radix: 8),
      let hostPermissions = UInt16(fields[2], radix: 8), let uid = UInt32(fields[3]),
      let gid = UInt32(fields[4]), let major = UInt32(fields[5]), let minor = UInt32(fields[6]),
      mode & ~0o177777 == 0, hostPermissions <= 0o7777, major < 1 << 12, minor < 1 << 20
    else { return nil }
    switch mode & FileMode.S_IFMT {
    case 0: standsFor = nil
    case let kind:
      guard let type = FileType(rawValue: kind), Self.standIns.contains(type) else { return nil }
      standsFor = type
    }
    permissions = mode & 0o7777
    self.hostPermissions = hostPermissions
    owner = Ownership(uid: uid, gid: gid)
    represents = DeviceNumber(major: major, minor: minor)
  }

  private static let standIns: Set<FileType> = [.S_IFIFO, .S_IFSOCK, .S_IFCHR, .S_IFBLK]
}

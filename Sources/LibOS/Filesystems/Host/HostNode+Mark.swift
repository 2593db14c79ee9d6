import HostABI
import LinuxABI
import Machine

// What the guest has made of the file: see `HostFileMark`. It stands with the host's file where the file system
// has extended attributes, else in the node, which is kept for it and travels.
extension HostNode {
  /// The file's mark.
  ///
  /// - Parameter name: what leads to the file now.
  func mark(at name: HostName) -> HostFileMark? {
    table.mark(at: name, hostKind) ?? kept.mark
  }

  /// Shows what the host says of the file, and what the guest has made of it.
  func status(_ attributes: FileAttributes, _ mark: HostFileMark?) -> FileStatus {
    var status = FileStatus(attributes, inode: number)
    mark?.apply(to: &status, attributes)
    if mount.hidesHost { status.hideHost() }
    if let pages { status.size = pages.size }
    return status
  }

  /// Changes owner and permissions.
  func changeMark(at name: HostName, _ change: StatusChange) throws(HostError) {
    var attributes = try host.attributes(at: name)
    let old = mark(at: name)
    var mark = old ?? HostFileMark(attributes)
    mark.update(attributes)
    if let uid = change.uid { mark.owner.uid = uid }
    if let gid = change.gid { mark.owner.gid = gid }
    if let permissions = change.permissions {
      if hostKind == .symbolicLink { throw .notSupported }
      mark.permissions = permissions & 0o7777
      var wanted = AttributeChange()
      wanted.permissions = HostFileMark.hostPermissions(
        permissions, isDirectory: hostKind == .directory)
      do throws(HostError) {
        try host.setAttributes(at: name, wanted)
        attributes.permissions = wanted.permissions!
      } catch .notPermitted {
        // Somebody else's on the host: only the guest sees the change.
      }
      mark.hostPermissions = attributes.permissions
    }
    guard mark.isNeedless(attributes) else { return try setMark(mark, at: name) }
    if old != nil { try removeMark(at: name) }
  }

  /// Notes what a new file is to the guest.
  func setMark(_ mark: HostFileMark, at name: HostName) throws(HostError) {
    if table.hasAttributes {
      do throws(HostError) {
        try host.setExtendedAttribute(HostFileMark.attribute, at: name, to: mark.text)
        keepMark(nil)
        return
      } catch {
        switch error {
        case .notSupported: table.hasAttributes = false
        // A symbolic link, or another user's file.
        case .notPermitted, .permissionDenied: break
        default: throw error
        }
      }
    }
    keepMark(mark)
  }

  private func removeMark(at name: HostName) throws(HostError) {
    keepMark(nil)
    guard table.hasAttributes, hostKind != .symbolicLink else { return }
    try host.setExtendedAttribute(HostFileMark.attribute, at: name, to: nil)
  }

  private func keepMark(_ mark: HostFileMark?) {
    var wanted = kept
    wanted.mark = mark
    keep(wanted)
  }
}

// MARK: Extended attributes of the guest's

extension HostNode {
  /// What names begin with that are not the host's business: those of other namespaces than `user.`, and those
  /// that would be taken for ours.
  private static let prefix = Array("user.godwit.x.".utf8)
  private static let own = Array("user.godwit.".utf8)
  private static let user = Array("user.".utf8)

  static func hostAttribute(_ name: [UInt8]) -> [UInt8] {
    name.starts(with: user) && !name.starts(with: own) ? name : prefix + name
  }

  /// `nil` for one that the guest doesn't see.
  static func guestAttribute(_ name: [UInt8]) -> [UInt8]? {
    if name.starts(with: prefix) { return Array(name.dropFirst(prefix.count)) }
    return name.starts(with: user) && !name.starts(with: own) ? name : nil
  }
}

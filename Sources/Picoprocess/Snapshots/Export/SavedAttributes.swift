import HostABI
import LibOS
import LibOSState
import LinuxABI
import Snapshot

/// The attributes of a file to be made, from the snapshot or from what lies beneath.
struct SavedAttributes {
  var kind: FileKind
  var permissions: UInt16
  var userID: UInt32
  var groupID: UInt32
  var accessed: HostTime
  var modified: HostTime
  var device = DeviceNumber(major: 0, minor: 0)

  /// Nil if the node has none of its own.
  init?(_ node: Godwit_State_Node) throws(SnapshotError) {
    guard node.hasAttributes, let type = FileType(rawValue: node.type) else { return nil }
    kind = FileKind(type)
    permissions = UInt16(node.attributes.permissions & 0o7777)
    userID = node.attributes.uid
    groupID = node.attributes.gid
    accessed = try Self.time(node.attributes.accessed, node)
    modified = try Self.time(node.attributes.modified, node)
  }

  private static func time(_ time: Godwit_State_Time, _ node: Godwit_State_Node)
    throws(SnapshotError) -> HostTime
  {
    guard (0..<1_000_000_000).contains(time.nanoseconds) else {
      throw .invalidState("a time of file \(node.number)")
    }
    return HostTime(seconds: time.seconds, nanoseconds: Int32(time.nanoseconds))
  }

  init(_ attributes: FileAttributes) {
    kind = attributes.kind
    permissions = attributes.permissions
    userID = attributes.userID
    groupID = attributes.groupID
    accessed = attributes.accessed
    modified = attributes.modified
    device = DeviceNumber(major: attributes.deviceMajor, minor: attributes.deviceMinor)
  }
}

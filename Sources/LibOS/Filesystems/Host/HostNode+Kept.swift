import HostABI
import LinuxABI
import Machine

/// What the guest has made of a file and the host's file can't have, not even in an extended attribute. The node
/// has it, is kept for it, and saves it.
struct HostFileKept {
  var mark: HostFileMark?
  /// Extended attributes of a symbolic link, FIFO or device of the host.
  var attributes: [[UInt8]: [UInt8]] = [:]

  var isEmpty: Bool { mark == nil && attributes.isEmpty }

  /// Bytes that the library OS has for the attributes.
  var size: Int { XattrName.footprint(of: attributes) }
}

extension HostNode {
  /// The host allows extended attributes of users for these only (xattr(7)).
  var canHaveAttributes: Bool { hostKind == .regular || hostKind == .directory }

  /// Sets an extended attribute that the host's file can't have, or removes it: ENOSPC when there are too many.
  func keepAttribute(_ name: [UInt8], _ value: [UInt8]?) throws(Errno) {
    var wanted = kept
    wanted.attributes[name] = value
    let more = wanted.size - kept.size
    guard more <= 0 || mount.vfs.arena.hasRoom(forKernel: more) else { throw .ENOSPC }
    keep(wanted)
  }

  /// Has the node itself keep something, and the table keep the node for it, as long as a name leads to it.
  func keep(_ wanted: HostFileKept) {
    kept = wanted
    if keptMemory == nil, !kept.attributes.isEmpty {
      keptMemory = MemoryCharge(mount.vfs.arena, .names)
    }
    keptMemory?.set(kept.size)
    table.keep(self)
  }
}

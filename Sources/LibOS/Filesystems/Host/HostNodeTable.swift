import HostABI

/// What tells a file of the host from all others. A number is given again when its file is gone, so the
/// time of birth belongs to it.
package struct HostFileKey: Hashable {
  private let device: UInt64
  private let inode: UInt64
  private let created: HostTime

  init(_ attributes: FileAttributes) {
    device = attributes.device
    inode = attributes.inode
    created = attributes.created
  }
}

/// The files of a `HostFS` that are in use, and the handles of its directories. Files leave it when they
/// go, which may be after the filesystem.
final class HostNodeTable {
  let host: any Host
  let base: HostBase
  private struct Weak { weak var node: HostNode? }
  private var entries: [HostFileKey: Weak] = [:]
  /// Numbers of the files in use: no two have the same.
  private var numbers: Set<UInt64> = []

  init(_ host: any Host, _ base: HostBase) {
    self.host = host
    self.base = base
  }

  // MARK: Files

  subscript(key: HostFileKey) -> HostNode? {
    get { entries[key]?.node }
    set { entries[key] = newValue.map { Weak(node: $0) } }
  }

  var all: [HostNode] { entries.values.compactMap(\.node) }

  /// Takes the number `wanted`, or another when that is in use.
  func takeNumber(_ wanted: UInt64) -> UInt64 {
    var number = wanted
    while !numbers.insert(number).inserted {
      number = (number &* 0x5851_f42d_4c95_7f2d &+ 1) & 0x3fff_ffff_ffff_ffff | 1 << 62
    }
    return number
  }

  /// Notes that a file with this number, and perhaps the last one with this key, goes.
  func forget(_ key: HostFileKey, number: UInt64) {
    numbers.remove(number)
    if let entry = entries[key], entry.node == nil { entries[key] = nil }
  }

  // MARK: What the host can't keep

  /// The file system has extended attributes, as far as is known.
  var hasAttributes = true
  /// Files with a name and something that only their node has.
  private(set) var kept: [HostFileKey: HostNode] = [:]
  /// More of them would take too much memory; what is above it loses its owner when it is out of use.
  private static let keptLimit = 1 << 16

  func mark(at name: HostName, _ kind: FileKind) -> HostFileMark? {
    guard hasAttributes, kind == .regular || kind == .directory else { return nil }
    do throws(HostError) {
      guard let text = try host.extendedAttribute(HostFileMark.attribute, at: name),
        let mark = HostFileMark(text), kind == .regular || mark.standsFor == nil
      else { return nil }
      return mark
    } catch {
      if error == .notSupported { hasAttributes = false }
      return nil
    }
  }

  /// Keeps `node`, or keeps it no longer, by what it has now.
  func keep(_ node: HostNode) {
    if node.kept.isEmpty || node.places.isEmpty && !node.isRoot {
      kept[node.key] = nil
    } else if kept.count < Self.keptLimit {
      kept[node.key] = node
    }
  }

  func forgetKept() { kept = [:] }

  // MARK: Handles of directories

  /// Directories with a handle. Beyond the limit, one that was not used since the hand passed it last
  /// gives its own up (second chance).
  private var slots: [Weak] = []
  private var hand = 0

  /// A slot for the handle of `node`; somebody else's handle may be closed for it.
  func takeSlot(for node: HostNode) -> Int {
    if slots.count < HostFS.handleLimit {
      slots.append(Weak(node: node))
      return slots.count - 1
    }
    while let other = slots[hand].node, other.wasUsed {
      other.wasUsed = false
      hand = (hand + 1) % slots.count
    }
    slots[hand].node?.giveHandleUp()
    defer { hand = (hand + 1) % slots.count }
    slots[hand] = Weak(node: node)
    return hand
  }

  func leaveSlot(_ slot: Int) { slots[slot] = Weak(node: nil) }
}

import HostABI
package import LibOS
package import Snapshot

/// Files that travel with a guest: what lies beneath its root, and in mounted directories. It is checked, so that it can be
/// made beneath a directory: each file is named once and behind the directory that it is in.
package struct TreeListing {
  /// Ascending by place. Each regular file has its size and digest.
  package let files: [OutsideFile]
  /// Of all regular files, without holes.
  package let byteCount: UInt64
  /// Stands for all that is in it: see `name(of:)`.
  let name: String

  /// - Parameter takesNodes: there may be FIFOs, sockets and devices.
  package init(_ files: [OutsideFile], takesNodes: Bool = false) throws(SnapshotError) {
    var byteCount: UInt64 = 0
    var directories: Set<OutsideFile.Place> = []
    var others: [OutsideFile.Place: OutsideFile] = [:]
    var last: OutsideFile.Place?
    for file in files {
      let shown = String(decoding: file.place.path.bytes, as: UTF8.self)
      if let last, !(last < file.place) { throw .invalidState("two carried files \(shown)") }
      last = file.place
      if let (parent, name) = file.place.path.split {
        let place = OutsideFile.Place(mount: file.place.mount, path: parent)
        guard directories.contains(place), name.count <= 255,
          file.place.path.bytes.count <= CarryPlan.pathLimit
        else { throw .invalidState("the directory of the carried file \(shown)") }
      }
      switch file.kind {
      case nil: throw .invalidState("the type of the carried file \(shown)")
      case .directory: directories.insert(file.place)
      case .regular:
        guard let size = file.size, file.digest != nil else {
          throw .invalidState("the contents of the carried file \(shown)")
        }
        // They lie apart, and within the size.
        let holes = file.holes.reduce(0) { $0 &+ UInt64($1.count) }
        if file.link == nil { byteCount = try checkedSum(byteCount, size - holes) }
      default:
        guard takesNodes || file.kind == .symbolicLink, !file.place.path.isEmpty else {
          throw .invalidState("the type of the carried file \(shown)")
        }
      }
      if let link = file.link {
        // Whose name it is, that comes first, and has all that the two share.
        var first = others[OutsideFile.Place(mount: file.place.mount, path: link)]
        first?.place = file.place
        first?.link = link
        first?.offset = file.offset
        guard first == file else { throw .invalidState("the other name of \(shown)") }
      } else if file.kind != .directory {
        others[file.place] = file
      }
    }
    self.files = files
    self.byteCount = byteCount
    name = Self.name(of: files)
  }

  /// What stands for `files`, wherever they were carried: 32 hexadecimal digits.
  static func name(of files: some Sequence<OutsideFile>) -> String {
    let plain = files.lazy.map { file in
      var file = file
      file.offset = 0
      return file
    }
    return String(Digest(of: OutsideFile.encoded(plain)[...]).description.prefix(32))
  }

  func carries(mount: Int) -> Bool {
    files.contains { $0.place == OutsideFile.Place(mount: mount, path: .here) }
  }
}

/// The sum, if a file could be as long.
func checkedSum(_ one: UInt64, _ other: UInt64) throws(SnapshotError) -> UInt64 {
  let (sum, overflow) = one.addingReportingOverflow(other)
  guard !overflow, sum <= UInt64(Int64.max) else {
    throw .tooLarge(what: "all carried files", size: .max, limit: UInt64(Int64.max))
  }
  return sum
}

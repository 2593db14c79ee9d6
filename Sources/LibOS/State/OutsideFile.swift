package import HostABI
package import LibOSState
package import LinuxABI
package import Snapshot

/// A file that lies outside a snapshot: beneath the guest's root, or in a directory of the host that is mounted. A
/// snapshot needs it, or carries it.
package struct OutsideFile: Hashable, Sendable {
  /// Where it lies.
  package struct Place: Hashable, Sendable, Comparable {
    /// 0: beneath the root; n: beneath the n-th directory of the host that is mounted.
    package var mount: Int
    /// Empty for what is mounted itself.
    package var path: RelativePath

    package init(mount: Int, path: RelativePath) {
      self.mount = mount
      self.path = path
    }

    package static func < (one: Self, other: Self) -> Bool {
      one.mount != other.mount
        ? one.mount < other.mount : one.path.bytes.lexicographicallyPrecedes(other.path.bytes)
    }
  }

  package var place: Place
  /// Nil: any.
  package var kind: FileKind?
  /// The twelve permission bits.
  package var permissions: UInt16 = 0
  package var modified = HostTime()
  /// Bytes of a regular file; nil: any.
  package var size: UInt64?
  /// Of the contents of a regular file; nil: any.
  package var digest: Digest?
  /// The text of a symbolic link.
  package var target: [UInt8] = []
  /// Where the contents of a regular file begin in those of all that are carried.
  package var offset: UInt64 = 0

  package init(_ place: Place, _ kind: FileKind?) {
    self.place = place
    self.kind = kind
  }
}

// MARK: Messages

extension OutsideFile {
  /// Mounts of a guest, at most: no command line has room for more.
  private static let mountLimit: UInt32 = 0xffff

  package init(_ state: Godwit_State_OutsideFile) throws(SnapshotError) {
    let shown = String(decoding: Array(state.path), as: UTF8.self)
    guard state.path.count <= Limits.PATH_MAX, let path = RelativePath(state.path),
      state.mount <= Self.mountLimit
    else { throw .invalidState("the place of a file, \(shown)") }
    var kind: FileKind?
    if state.type != 0 {
      guard let type = FileType(rawValue: state.type) else {
        throw .invalidState("the type of \(shown)")
      }
      kind = FileKind(type)
    }
    self.init(Place(mount: Int(state.mount), path: path), kind)
    permissions = UInt16(try checked(state.permissions, 0...0o7777, "the permissions of \(shown)"))
    let nanoseconds = try checked(
      state.modified.nanoseconds, 0...999_999_999, "the time of \(shown)")
    modified = HostTime(seconds: state.modified.seconds, nanoseconds: Int32(nanoseconds))
    if state.hasSize {
      size = try checked(state.size, SavedRange.fileOffset, "the size of \(shown)")
    }
    offset = try checked(state.offset, SavedRange.fileOffset, "the contents of \(shown)")
    if !state.digest.isEmpty {
      guard let digest = Digest(Array(state.digest)) else {
        throw .invalidState("the digest of \(shown)")
      }
      self.digest = digest
    }
    target = Array(state.target)
    guard target.count < Limits.PATH_MAX, !target.contains(0),
      kind != .symbolicLink || !target.isEmpty
    else { throw .invalidState("the target of \(shown)") }
  }

  private var message: Godwit_State_OutsideFile {
    var state = Godwit_State_OutsideFile()
    state.mount = UInt32(place.mount)
    state.path = data(place.path.bytes)
    state.type = kind.map { UInt32($0.type.rawValue) } ?? 0
    state.permissions = UInt32(permissions)
    if modified != HostTime() {
      state.modified.seconds = modified.seconds
      state.modified.nanoseconds = Int64(modified.nanoseconds)
    }
    if let size { state.size = size }
    if let digest { state.digest = data(digest.bytes) }
    state.target = data(target)
    state.offset = offset
    return state
  }

  /// The files in a message `OutsideFiles`.
  package static func list(_ bytes: [UInt8]) throws(SnapshotError) -> [OutsideFile] {
    var census = StateCensus()
    guard census.add(bytes, Godwit_State_OutsideFiles.shape), census.size <= decodedLimit,
      let message = Godwit_State_OutsideFiles(decoding: bytes)
    else { throw .invalidState("a list of files") }
    return try message.files.map { (file) throws(SnapshotError) in try OutsideFile(file) }
  }

  /// Bytes of memory that a decoded list may take.
  private static let decodedLimit: UInt64 = 2 << 30

  /// The message `OutsideFiles` with these files.
  package static func encoded(_ files: some Sequence<OutsideFile>) -> [UInt8] {
    var message = Godwit_State_OutsideFiles()
    message.files = files.map(\.message)
    return message.encoded()
  }

  /// The same in messages of at most about so many bytes, one at least.
  package static func encoded(_ files: [OutsideFile], inPartsOf limit: Int) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    repeat {
      var end = start
      var size = 0
      while end < files.count, size < limit {
        size += 96 + files[end].place.path.bytes.count + files[end].target.count
        end += 1
      }
      parts.append(encoded(files[start..<end]))
      start = end
    } while start < files.count
    return parts
  }
}

extension FileKind {
  package init(_ type: FileType) {
    self =
      switch type {
      case .S_IFREG: .regular
      case .S_IFDIR: .directory
      case .S_IFLNK: .symbolicLink
      case .S_IFCHR: .characterDevice
      case .S_IFBLK: .blockDevice
      case .S_IFIFO: .fifo
      case .S_IFSOCK: .socket
      }
  }
}

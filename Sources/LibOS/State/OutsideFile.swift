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
  /// Nil: whoever makes it.
  package var owner: Owner?
  /// Ascending by name, each name once.
  package var extended: [ExtendedAttribute] = []
  /// This is another name of the file at this path of the same mount.
  package var link: RelativePath?
  /// Of a device node.
  package var device = DeviceNumber(major: 0, minor: 0)
  /// Where a regular file has no storage, and so zeroes: ascending, apart, and beneath its size.
  package var holes: [Range<UInt64>] = []

  /// As on the host.
  package struct Owner: Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32

    package init(user: UInt32, group: UInt32) {
      self.user = user
      self.group = group
    }
  }

  package struct ExtendedAttribute: Hashable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

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
    if state.hasUser, state.hasGroup { owner = Owner(user: state.user, group: state.group) }
    extended = try Self.attributes(state.extended, shown)
    if !state.link.isEmpty {
      guard state.link.count <= Limits.PATH_MAX, let link = RelativePath(state.link) else {
        throw .invalidState("the other name of \(shown)")
      }
      self.link = link
    }
    guard state.major < 1 << 12, state.minor < 1 << 20 else {
      throw .invalidState("the device of \(shown)")
    }
    device = DeviceNumber(major: state.major, minor: state.minor)
    holes = try Self.holes(state.holes, size ?? 0, shown)
  }

  private static func attributes(_ list: [Godwit_State_ExtendedAttribute], _ shown: String)
    throws(SnapshotError) -> [ExtendedAttribute]
  {
    var attributes: [ExtendedAttribute] = []
    for attribute in list {
      let name = Array(attribute.name)
      guard !name.isEmpty, name.count <= Limits.NAME_MAX, !name.contains(0),
        attribute.value.count <= XattrName.valueLimit,
        attributes.last.map({ $0.name.lexicographicallyPrecedes(name) }) ?? true
      else { throw .invalidState("an extended attribute of \(shown)") }
      attributes.append(ExtendedAttribute(name: name, value: Array(attribute.value)))
    }
    return attributes
  }

  private static func holes(_ numbers: [UInt64], _ size: UInt64, _ shown: String)
    throws(SnapshotError) -> [Range<UInt64>]
  {
    var holes: [Range<UInt64>] = []
    var index = 0
    while index < numbers.count {
      guard index + 1 < numbers.count else { throw .invalidState("the holes of \(shown)") }
      let (start, length) = (numbers[index], numbers[index + 1])
      let (end, overflow) = start.addingReportingOverflow(length)
      guard !overflow, length > 0, end <= size, holes.last.map({ $0.upperBound < start }) ?? true
      else { throw .invalidState("the holes of \(shown)") }
      holes.append(start..<end)
      index += 2
    }
    return holes
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
    if let owner {
      state.user = owner.user
      state.group = owner.group
    }
    state.extended = extended.map { attribute in
      var message = Godwit_State_ExtendedAttribute()
      message.name = data(attribute.name)
      message.value = data(attribute.value)
      return message
    }
    if let link { state.link = data(link.bytes) }
    state.major = device.major
    state.minor = device.minor
    state.holes = holes.flatMap { [$0.lowerBound, UInt64($0.count)] }
    return state
  }

  /// Bytes that it takes in a message, about.
  private var roughSize: Int {
    extended.reduce(128 + place.path.bytes.count + target.count + 20 * holes.count) {
      $0 + 8 + $1.name.count + $1.value.count
    }
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
        size += files[end].roughSize
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

internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  /// A granted file or directory, open for names only (O_PATH) as long as the host exists.
  package struct OpenGrant: Sendable {
    package let grant: FileGrant
    package let descriptor: Int32
    package let kind: FileKind
  }

  /// Lets the picoprocess use a file, or a directory and all files beneath it. It is opened now: a later
  /// change of its path does not change the grant.
  ///
  /// Throws `tooManySymbolicLinks` if the path contains symbolic links.
  package func grant(_ grant: FileGrant) throws(HostError) {
    guard grant.path.first == UInt8(ascii: "/"),
      let path = RelativePath(grant.path.drop { $0 == UInt8(ascii: "/") })
    else { throw .invalid }
    let top = try PosixHost.openTop()
    guard let (parent, last) = path.split else { return try add(grant, top) }
    defer { system_close(top) }
    var directory = top
    if !parent.isEmpty { directory = try PosixHost.openDirectory(top, parent, by: resolution) }
    defer { if directory != top { system_close(directory) } }
    try add(grant, system_openat(directory, last, O_CLOEXEC | system_O_PATH))
  }

  private static let topFlags = O_DIRECTORY | O_CLOEXEC | system_O_PATH

  /// Opens the root directory of the host.
  private static func openTop() throws(HostError) -> Int32 {
    isRootReplaced ? try openHighest() : try system_open([UInt8(ascii: "/")], topFlags)
  }

  /// Whether `/` is not the host's root directory, because a user-mode emulator shows another one
  /// (qemu-user's -L). Then the path of the working directory does not lead to it.
  private static let isRootReplaced: Bool = {
    guard let path = try? HostProcess.workingDirectory(), path.first == UInt8(ascii: "/"),
      let path = RelativePath(path.drop { $0 == UInt8(ascii: "/") }),
      let directory = try? system_open([UInt8(ascii: ".")], topFlags)
    else { return false }
    defer { system_close(directory) }
    func leadsHere(_ top: Int32) -> Bool {
      if path.isEmpty { return isSame(top, directory) }
      guard let found = try? openDirectory(top, path) else { return false }
      defer { system_close(found) }
      return isSame(found, directory)
    }
    guard let top = try? system_open([UInt8(ascii: "/")], topFlags) else { return false }
    defer { system_close(top) }
    if leadsHere(top) { return false }
    guard let highest = try? openHighest() else { return false }
    defer { system_close(highest) }
    return leadsHere(highest)
  }()

  private static func isSame(_ one: Int32, _ other: Int32) -> Bool {
    guard let one = try? system_statat(one, []), let other = try? system_statat(other, []) else {
      return false
    }
    return one.device == other.device && one.inode == other.inode
  }

  /// Opens the topmost directory above the working directory: the one that is its own parent.
  private static func openHighest() throws(HostError) -> Int32 {
    var directory = try system_open([UInt8(ascii: ".")], topFlags)
    while true {
      let below = directory
      defer { system_close(below) }
      let above = try system_openat(below, Array("..".utf8), topFlags)
      if isSame(above, below) { return above }
      directory = above
    }
  }

  private func add(_ grant: FileGrant, _ descriptor: Int32) throws(HostError) {
    do throws(HostError) {
      let kind = try system_statat(descriptor, []).kind
      if kind == .symbolicLink { throw .tooManySymbolicLinks }
      grants.append(OpenGrant(grant: grant, descriptor: descriptor, kind: kind))
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  /// Opens what was granted as the path of `uri`.
  func openGranted(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    guard uri.path.first == UInt8(ascii: "/"), !uri.path.contains(0),
      options.isSubset(of: [.read, .write]), !options.isEmpty
    else { throw .invalid }
    let changes = options.contains(.write)
    let grant = try grants.map(\.grant).require(uri.path, changes: changes)
    guard let known = grants.first(where: { $0.grant == grant }) else { throw .permissionDenied }
    if uri.scheme == .dir, known.kind != .directory { throw .notDirectory }
    return try adopt(
      system_fcntl(known.descriptor, F_DUPFD_CLOEXEC, 3), reach: changes ? .changing : .reading)
  }
}

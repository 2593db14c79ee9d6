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
  /// A granted file or directory, open for names alone as long as the host lives.
  package struct OpenGrant: Sendable {
    package let grant: FileGrant
    package let descriptor: Int32
    package let kind: FileKind
  }

  /// Lets the picoprocess use a file or a directory with all beneath it. It is opened now, once: should its
  /// path mean something else later, the grant does not.
  ///
  /// Throws `tooManySymbolicLinks` when the path is not free of links.
  package func grant(_ grant: FileGrant) throws(HostError) {
    guard grant.path.first == UInt8(ascii: "/"),
      let path = RelativePath(grant.path.drop { $0 == UInt8(ascii: "/") })
    else { throw .invalid }
    let top = try openTop()
    guard let (parent, last) = path.split else { return try add(grant, top) }
    defer { system_close(top) }
    var directory = top
    if !parent.isEmpty { directory = try openDirectory(top, parent) }
    defer { if directory != top { system_close(directory) } }
    try add(grant, system_openat(directory, last, O_CLOEXEC | system_O_PATH))
  }

  /// The root directory. An emulator of processes may have put another one in its place (qemu-user's -L); the
  /// real one is then found by going up from the working directory.
  private func openTop() throws(HostError) -> Int32 {
    let flags = O_DIRECTORY | O_CLOEXEC | system_O_PATH
    let top = try system_open([UInt8(ascii: "/")], flags)
    guard let here = try? HostProcess.workingDirectory(), here.first == UInt8(ascii: "/"),
      let path = RelativePath(here.drop { $0 == UInt8(ascii: "/") }),
      let this = try? system_open([UInt8(ascii: ".")], flags)
    else { return top }
    if leads(top, path, to: this) {
      system_close(this)
      return top
    }
    guard let found = try? climb(from: this) else { return top }
    guard leads(found, path, to: nil) else {
      system_close(found)
      return top
    }
    system_close(top)
    return found
  }

  /// Whether `path` beneath `top` is a directory, and the one that is open as `directory`, if that is given.
  private func leads(_ top: Int32, _ path: RelativePath, to directory: Int32?) -> Bool {
    guard let found = path.isEmpty ? top : try? openDirectory(top, path) else { return false }
    defer { if found != top { system_close(found) } }
    guard let directory else { return true }
    return isSame(found, directory)
  }

  private func isSame(_ one: Int32, _ other: Int32) -> Bool {
    guard let one = try? system_statat(one, []), let other = try? system_statat(other, []) else {
      return false
    }
    return one.device == other.device && one.inode == other.inode
  }

  /// The directory that is its own parent, above `directory`, which is closed.
  private func climb(from directory: Int32) throws(HostError) -> Int32 {
    var directory = directory
    while true {
      let above: Int32
      do throws(HostError) {
        above = try system_openat(
          directory, Array("..".utf8), O_DIRECTORY | O_CLOEXEC | system_O_PATH)
      } catch {
        system_close(directory)
        throw error
      }
      let isTop = isSame(above, directory)
      system_close(directory)
      directory = above
      if isTop { return directory }
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

  /// A handle for what was granted as the path of `uri`.
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

internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How paths of several components are resolved.
package enum NameResolution: Sendable {
  /// By openat2(2), which stays beneath a directory; component by component if the system lacks it.
  case openat2
  /// By one openat(2) for each component.
  case nameByName
}

/// The operands of a call on a name: a directory's descriptor and the last component, or an empty one for the
/// file open as the descriptor. A directory that was opened on the way is closed with it.
struct Place: ~Copyable {
  let descriptor: Int32
  let name: [UInt8]
  private let isOwned: Bool

  init(_ descriptor: Int32, _ name: [UInt8], isOwned: Bool) {
    self.descriptor = descriptor
    self.name = name
    self.isOwned = isOwned
  }

  deinit { if isOwned { system_close(descriptor) } }
}

extension PosixHost {
  private static let searchFlags = O_DIRECTORY | O_CLOEXEC | system_O_PATH

  /// Walks to the directory that has the last component of `name`.
  ///
  /// - Parameter changes: whether the call changes something there, which must be allowed.
  func place(_ name: HostName, changes: Bool = false) throws(HostError) -> Place {
    let stream = try stream(name.directory)
    if changes { try stream.reach.requireChanging() }
    let descriptor = name.directory.rawValue
    guard let (parent, last) = name.path.split else {
      return Place(descriptor, [], isOwned: false)
    }
    if case .nothing = stream.reach { throw .permissionDenied }
    if parent.isEmpty { return Place(descriptor, last, isOwned: false) }
    let directory = try PosixHost.openDirectory(descriptor, parent, by: resolution)
    return Place(directory, last, isOwned: true)
  }

  /// The same for calls that need a name and cannot take an open file.
  func namedPlace(_ name: HostName, changes: Bool = false) throws(HostError) -> Place {
    if name.path.isEmpty { throw .invalid }
    return try place(name, changes: changes)
  }

  /// Opens the directory `path` beneath `descriptor`, for names only.
  static func openDirectory(
    _ descriptor: Int32, _ path: RelativePath, by resolution: NameResolution = .openat2
  ) throws(HostError) -> Int32 {
    if path.bytes.count >= 4096 { throw .nameTooLong }
    if resolution == .openat2 {
      let found = try system_openat2_beneath(descriptor, path.bytes, searchFlags)
      if let found { return found }
    }
    var place = Place(descriptor, [], isOwned: false)
    for name in path.names {
      place = Place(try openDirectory(place.descriptor, entry: name), [], isOwned: true)
    }
    return try system_fcntl(place.descriptor, F_DUPFD_CLOEXEC, 3)
  }

  private static func openDirectory(_ descriptor: Int32, entry: [UInt8]) throws(HostError) -> Int32
  {
    do throws(HostError) {
      return try system_openat(descriptor, entry, searchFlags)
    } catch .notDirectory {
      let isLink = try system_statat(descriptor, entry).kind == .symbolicLink
      throw isLink ? .tooManySymbolicLinks : .notDirectory
    }
  }

  /// Lends a descriptor of the file `name`, good for names and attributes only.
  func withDescriptor<R>(
    _ name: HostName, changes: Bool = false, _ body: (Int32) throws(HostError) -> R
  ) throws(HostError) -> R {
    let place = try place(name, changes: changes)
    if place.name.isEmpty { return try body(place.descriptor) }
    let descriptor = try system_openat(place.descriptor, place.name, O_CLOEXEC | system_O_PATH)
    defer { system_close(descriptor) }
    return try body(descriptor)
  }
}

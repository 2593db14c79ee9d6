internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How a host goes down several names at once.
package enum NameResolution: Sendable {
  /// By openat2(2), which stays beneath a directory by itself. Name by name where the system lacks it.
  case openat2
  /// By one openat(2) for each name.
  case nameByName
}

/// Where a call on a name happens: the directory that holds it, and its last component; or with an empty
/// one what is open as the descriptor. Closes a directory that was opened on the way.
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

  /// Goes down to the directory that holds what `name` names.
  ///
  /// - Parameter changes: the call changes something there, which must be allowed.
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

  /// The same for what only a name can stand for, not an open file.
  func namedPlace(_ name: HostName, changes: Bool = false) throws(HostError) -> Place {
    if name.path.isEmpty { throw .invalid }
    return try place(name, changes: changes)
  }

  /// Opens the directory `path` beneath `descriptor`, for names alone.
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

  /// Lends a descriptor of what `name` names, good for names and attributes alone.
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

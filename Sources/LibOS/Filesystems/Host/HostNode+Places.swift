package import HostABI
import LinuxABI

// Where a file was found: what leads from the mounted directory down to it.
extension HostNode {
  /// How many names of one file are remembered.
  private static let placeLimit = 4

  func place(_ name: [UInt8]) throws(Errno) -> Place {
    guard let name = FileName(name) else { throw .ENOENT }
    return Place(directory: self, name: name)
  }

  /// Notes that it was found at `place`.
  func found(at place: Place) {
    guard places.last != place, place.directory !== self, !isRoot else { return }
    guard kind == .S_IFDIR else {
      places.removeAll { $0 == place }
      if places.count == Self.placeLimit { places.removeFirst() }
      places.append(place)
      return
    }
    // Others rename, too: should the way up from there lead through this one, a place on it is out of
    // date.
    var above = place.directory
    while let up = above.places.last {
      if up.directory === self {
        above.places = []
        break
      }
      above = up.directory
    }
    places = [place]
  }

  /// Notes that it is not, or no more, at `place`.
  func lost(_ place: Place) { places.removeAll { $0 == place } }

  /// It was last found under this name, or under another one before.
  func hasName(_ name: [UInt8]) -> Bool { places.contains { $0.name.bytes == name } }

  /// The names that lead here from the mounted directory, as far as is known; `nil` when a name is lost.
  var names: [FileName]? {
    var names: [FileName] = []
    var node = self
    while !node.isRoot {
      guard let place = node.places.last else { return nil }
      names.append(place.name)
      node = place.directory
    }
    return names.reversed()
  }

  /// Relative to the mounted directory; `nil` when it has no name any more.
  package var path: RelativePath? {
    names.map { $0.reduce(RelativePath.here) { $0.appending($1) } }
  }

  /// The path by which its number is made.
  var numberedPath: [UInt8]? {
    if isRoot { return [UInt8(ascii: "/")] }
    guard let place = places.last, place.directory.path != nil else { return nil }
    return Self.numberedPath(place)
  }

  static func numberedPath(_ place: Place) -> [UInt8] {
    (place.directory.path?.bytes ?? []) + [UInt8(ascii: "/")] + place.name.bytes
  }

  /// The host still has this file under the name that is known here, seen from the mounted directory.
  var isWhereItWas: Bool {
    if isRoot { return true }
    guard let names, let last = names.last,
      let directory = try? host.openDirectory(names.dropLast(), below: table.base.handle)
    else { return false }
    defer { host.close(directory) }
    let attributes = try? host.attributes(at: HostName(directory, RelativePath(last)))
    return attributes.map { HostFileKey($0) } == key
  }
}

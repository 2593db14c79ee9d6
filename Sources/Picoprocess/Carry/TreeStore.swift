import HostABI
import LibOS
import PosixHost
import Snapshot

/// The directory where files are put that came with guests: each tree once, under a name that stands for all that is in
/// it. What has its name is whole, and never changes.
package struct TreeStore {
  private let path: String

  private static let lockName = "lock"
  /// The list of a tree's files.
  static let listName = "list"
  /// Bytes of a list.
  private static let listLimit: UInt64 = 1 << 30
  /// Of the name of a tree that is being made.
  static let suffix = ".tmp"

  /// - Parameter path: nil: `$XDG_DATA_HOME/godwit/roots`, or below `~/.local/share`.
  package init(_ path: String?) throws(Failure) {
    if let path {
      self.path = path
    } else if let folder = HostProcess.userDirectory("XDG_DATA_HOME", or: ".local/share") {
      self.path = folder + "/godwit/roots"
    } else {
      throw Failure(
        "there is no place for a guest's root: neither XDG_DATA_HOME nor HOME is set; see --root-store"
      )
    }
  }

  /// Where a tree is, or would be.
  func directory(of listing: TreeListing) -> String { path + "/" + listing.name }

  /// The name in there of the files of a mount.
  static func name(ofMount mount: Int) -> String { mount == 0 ? "root" : "mount-\(mount)" }

  /// Whether a tree is there, as far as sizes tell.
  func has(_ listing: TreeListing) throws(Failure) -> Bool {
    guard let resolved = try? HostProcess.resolve(path) else { return false }
    return try withFailure(path) { () throws(HostError) in try TreeWriter(path, resolved) }
      .has(listing)
  }

  /// The regular files of all trees, by their digests.
  func copies() throws(Failure) -> [Digest: TreeCopy] {
    var copies: [Digest: TreeCopy] = [:]
    for bytes in (try? directoryNames(path)) ?? [] {
      let directory = path + "/" + String(decoding: bytes, as: UTF8.self)
      if directory.hasSuffix(Self.suffix) { continue }
      let list = directory + "/" + Self.listName
      guard let encoded = try? InputFile(list).contents(limit: Self.listLimit),
        let files = try? OutsideFile.list(encoded)
      else { continue }
      for file in files {
        guard let digest = file.digest else { continue }
        copies[digest] = copy(of: file, in: directory)
      }
    }
    return copies
  }

  /// A file of a tree that is being made.
  func unfinishedCopy(of file: OutsideFile, in listing: TreeListing) -> TreeCopy {
    copy(of: file, in: directory(of: listing) + Self.suffix)
  }

  private func copy(of file: OutsideFile, in directory: String) -> TreeCopy {
    TreeCopy(
      directory: directory + "/" + Self.name(ofMount: file.place.mount), path: file.place.path)
  }

  /// Refuses a tree for which there is no room. The store may be missing: then its directory is where the store would be.
  func requireRoom(for listing: TreeListing) throws(Failure) {
    if try has(listing) { return }
    var place = path
    var resolved = try? HostProcess.resolve(place)
    while resolved == nil, let end = place.lastIndex(of: "/") {
      place = end == place.startIndex ? "/" : String(place[..<end])
      resolved = try? HostProcess.resolve(place)
      if place == "/" { break }
    }
    guard let resolved else { return }
    try withFailure(place) { () throws(HostError) in try TreeWriter(place, resolved) }
      .requireRoom(for: listing.byteCount)
  }

  /// Makes the files of a tree, unless they are there.
  ///
  /// - Returns: what they could not be given.
  @discardableResult
  func add(_ listing: TreeListing, _ contents: any TreeContents) throws(Failure) -> TreeLosses {
    let lock = try withFailure(path) { () throws(HostError) in
      try HostFiles.makeDirectories(path)
      return try FileLock(path + "/" + Self.lockName, .exclusive, creates: true)
    }
    // Until here it is held.
    defer { withExtendedLifetime(lock) {} }
    let writer = try withFailure(path) { () throws(HostError) in
      try TreeWriter(path, HostProcess.resolve(path))
    }
    if writer.has(listing) { return TreeLosses() }
    try writer.removeLeftovers()
    try writer.requireRoom(for: listing.byteCount)
    do throws(Failure) { try writer.write(listing, contents) } catch {
      try? writer.removeLeftovers()
      throw error
    }
    return writer.losses
  }
}

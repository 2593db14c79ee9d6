import HostABI
import LibOS
import PosixHost
import Snapshot

/// Makes trees beneath the directory of a store.
struct TreeWriter {
  private let maker: TreeMaker
  private var host: PosixHost { maker.host }

  /// - Parameter path: absolute, without symbolic links.
  init(_ shown: String, _ path: [UInt8]) throws(HostError) {
    maker = try TreeMaker(shown, path)
  }

  var losses: TreeLosses { maker.losses }

  /// Whether the tree is there, as far as sizes tell. Digests are compared before a file's bytes are used.
  func has(_ listing: TreeListing) -> Bool {
    guard let base = RelativePath(listing.name.utf8), maker.has(base) else { return false }
    return listing.files.allSatisfy { file in
      guard let attributes = try? host.attributes(at: maker.name(path(file.place, in: base)))
      else {
        // Nodes are left out by users who may not make them.
        return file.kind == .characterDevice || file.kind == .blockDevice
      }
      return attributes.kind == file.kind && (file.kind != .regular || attributes.size == file.size)
    }
  }

  /// Removes what others left unfinished, who ended meanwhile: nobody else has the lock.
  func removeLeftovers() throws(Failure) {
    let entries = try maker.naming(.here) { () throws(HostError) in
      try host.entries(of: maker.name(.here))
    }
    for entry in entries where entry.name.suffix(4).elementsEqual(TreeStore.suffix.utf8) {
      if let name = FileName(entry.name) { try maker.remove(RelativePath(name)) }
    }
  }

  func requireRoom(for bytes: UInt64) throws(Failure) {
    do throws(Failure) {
      try maker.requireRoom(for: bytes, "the files that came with the guest")
    } catch { throw Failure("\(error.message); see --root-store") }
  }

  func write(_ listing: TreeListing, _ contents: any TreeContents) throws(Failure) {
    guard let target = RelativePath(listing.name.utf8),
      let base = RelativePath((listing.name + TreeStore.suffix).utf8),
      let list = FileName(TreeStore.listName.utf8)
    else { return }
    try maker.naming(base) { () throws(HostError) in
      try host.makeDirectory(at: maker.name(base), permissions: 0o700)
    }
    try maker.write(OutsideFile.encoded(listing.files), at: base.appending(list))
    let progress = Progress("unpacking", of: listing.byteCount)
    for file in listing.files {
      let path = path(file.place, in: base)
      let first = file.link.map {
        self.path(OutsideFile.Place(mount: file.place.mount, path: $0), in: base)
      }
      let isMade = try maker.make(file, at: path, linkedTo: first, contents)
      if file.kind == .regular, first == nil { progress.advance(by: file.size ?? 0) }
      if isMade, first == nil, file.kind != .directory { try maker.finish(file, at: path) }
    }
    // What is in a directory comes first: it changes the directory's times.
    for file in listing.files.reversed() where file.kind == .directory {
      try maker.finish(file, at: path(file.place, in: base))
    }
    // Of a tree that somebody has damaged.
    if maker.has(target) { try maker.remove(target) }
    try maker.naming(target) { () throws(HostError) in
      try host.rename(maker.name(base), to: maker.name(target), .exclusive)
    }
  }

  private func path(_ place: OutsideFile.Place, in base: RelativePath) -> RelativePath {
    var path = base
    let names = [Array(TreeStore.name(ofMount: place.mount).utf8)] + place.path.names
    for name in names.compactMap({ FileName($0) }) { path = path.appending(name) }
    return path
  }
}

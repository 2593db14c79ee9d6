import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

/// Makes the files of a tree beneath the directory of a store, by names beneath its descriptor: it follows no links, and
/// replaces nothing.
struct TreeWriter {
  /// The store, for messages.
  private let shown: String
  private let host = PosixHost()
  private let store: HostHandle

  /// - Parameter path: absolute, without symbolic links.
  init(_ shown: String, _ path: [UInt8]) throws(HostError) {
    self.shown = shown
    try host.grant(FileGrant(path: path, isReadOnly: false))
    store = try host.open(StreamURI(.dir, path), [.read, .write])
  }

  /// Whether the tree is there, as far as sizes tell. Digests are compared before a file's bytes are used.
  func has(_ listing: TreeListing) -> Bool {
    guard let base = RelativePath(listing.name.utf8) else { return false }
    return listing.files.allSatisfy { file in
      guard let attributes = try? host.attributes(at: HostName(store, path(file.place, in: base)))
      else { return false }
      return attributes.kind == file.kind && (file.kind != .regular || attributes.size == file.size)
    }
  }

  /// Removes what others left unfinished, who ended meanwhile: nobody else has the lock.
  func removeLeftovers() throws(Failure) {
    for entry in try names(in: .here)
    where entry.name.suffix(4).elementsEqual(TreeStore.suffix.utf8) {
      if let name = FileName(entry.name) { try remove(RelativePath(name)) }
    }
  }

  func requireRoom(for bytes: UInt64) throws(Failure) {
    guard let volume = try? host.volume(of: HostName(store)) else { return }
    let (free, overflow) = volume.blocksAvailable.multipliedReportingOverflow(by: volume.blockSize)
    guard overflow || bytes <= free else {
      throw Failure(
        "\(shown): the files that came with the guest have \(bytes >> 20) MiB, and \(free >> 20) MiB are free; see --root-store"
      )
    }
  }

  func write(_ listing: TreeListing, _ contents: any TreeContents) throws(Failure) {
    guard let target = RelativePath(listing.name.utf8),
      let base = RelativePath((listing.name + TreeStore.suffix).utf8)
    else { return }
    try naming(base) { () throws(HostError) in
      try host.makeDirectory(at: HostName(store, base), permissions: 0o700)
    }
    try write(
      TreeStore.listName, OutsideFile.encoded(listing.files), in: base)
    let progress = Progress("unpacking", of: listing.byteCount)
    for file in listing.files {
      let path = path(file.place, in: base)
      switch file.kind {
      case .directory:
        try naming(path) { () throws(HostError) in
          try host.makeDirectory(at: HostName(store, path), permissions: 0o700)
        }
      case .symbolicLink:
        try naming(path) { () throws(HostError) in
          try host.makeSymbolicLink(at: HostName(store, path), to: file.target)
        }
      default:
        try write(file, contents, at: path)
        progress.advance(by: file.size ?? 0)
      }
      if file.kind != .directory { try finish(file, at: path) }
    }
    // What is in a directory comes first: it changes the directory's times.
    for file in listing.files.reversed() where file.kind == .directory {
      try finish(file, at: path(file.place, in: base))
    }
    try naming(target) { () throws(HostError) in
      // Of a tree that somebody has damaged.
      if (try? host.attributes(at: HostName(store, target))) != nil {
        try removeTree(target)
      }
      try host.rename(HostName(store, base), to: HostName(store, target), .exclusive)
    }
  }

  private func write(_ name: String, _ bytes: [UInt8], in base: RelativePath) throws(Failure) {
    guard let name = FileName(name.utf8) else { return }
    let path = base.appending(name)
    try naming(path) { () throws(HostError) in
      let handle = try host.open(
        HostName(store, path), [.write, .create, .exclusive], permissions: 0o600)
      defer { host.close(handle) }
      try bytes.withRawSpan { (bytes) throws(HostError) in
        var done = 0
        while done < bytes.byteCount {
          done += try host.write(
            handle, at: UInt64(done), from: bytes.extracting(done..<bytes.byteCount))
        }
      }
    }
  }

  private func write(_ file: OutsideFile, _ contents: any TreeContents, at path: RelativePath)
    throws(Failure)
  {
    let handle = try naming(path) { () throws(HostError) in
      try host.open(HostName(store, path), [.write, .create, .exclusive], permissions: 0o600)
    }
    defer { host.close(handle) }
    var length: UInt64 = 0
    try contents.forEachPiece(of: file) { (bytes) throws(Failure) in
      try naming(path) { () throws(HostError) in
        var done = 0
        while done < bytes.byteCount {
          let rest = bytes.extracting(done..<bytes.byteCount)
          let count = try host.write(handle, at: length, from: rest)
          done += count
          length += UInt64(count)
        }
      }
    }
  }

  /// Sets what a guest sees of it. It stays possible to read it and to remove it, and it gives nobody another user's
  /// rights.
  private func finish(_ file: OutsideFile, at path: RelativePath) throws(Failure) {
    try naming(path) { () throws(HostError) in
      var change = AttributeChange()
      change.modified = file.modified
      switch file.kind {
      case .symbolicLink: break
      case .directory: change.permissions = file.permissions & 0o1777 | 0o700
      default: change.permissions = file.permissions & 0o777 | 0o400
      }
      try host.setAttributes(at: HostName(store, path), change)
    }
  }

  // MARK: Removal

  private func remove(_ path: RelativePath) throws(Failure) {
    try naming(path) { () throws(HostError) in try removeTree(path) }
  }

  /// No recursion: it may be deep.
  private func removeTree(_ path: RelativePath) throws(HostError) {
    var directories = [path]
    var emptied: [RelativePath] = []
    while let directory = directories.popLast() {
      emptied.append(directory)
      for entry in try host.entries(of: HostName(store, directory)) {
        guard let name = FileName(entry.name) else { continue }
        let path = directory.appending(name)
        if entry.kind == .directory {
          directories.append(path)
        } else {
          try host.remove(at: HostName(store, path), isDirectory: false)
        }
      }
    }
    for directory in emptied.reversed() {
      try host.remove(at: HostName(store, directory), isDirectory: true)
    }
  }

  // MARK: Names

  private func names(in directory: RelativePath) throws(Failure) -> [DirectoryEntry] {
    try naming(directory) { () throws(HostError) in
      try host.entries(of: HostName(store, directory))
    }
  }

  private func path(_ place: OutsideFile.Place, in base: RelativePath) -> RelativePath {
    var path = base
    let names = [Array(TreeStore.name(ofMount: place.mount).utf8)] + place.path.names
    for name in names.compactMap({ FileName($0) }) { path = path.appending(name) }
    return path
  }

  private func naming<R>(_ path: RelativePath, _ body: () throws(HostError) -> R) throws(Failure)
    -> R
  {
    do throws(HostError) { return try body() } catch {
      throw Failure(shown + "/" + String(decoding: path.bytes, as: UTF8.self), error)
    }
  }
}

import HostABI
import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// Where the contents of a tree's files come from.
protocol TreeContents: AnyObject {
  /// Calls `body` with the contents of a regular file, piece by piece, and their offsets. Holes are left out.
  ///
  /// - Throws: at the end, if they have not the file's digest.
  func forEachPiece(of file: OutsideFile, _ body: (UInt64, RawSpan) throws(Failure) -> Void)
    throws(Failure)
}

/// Makes the files of trees beneath a directory of this host: by names beneath its descriptor. It follows no links, and
/// replaces nothing.
final class TreeMaker {
  let host = PosixHost()
  /// The directory.
  let top: HostHandle
  /// Its path, for messages.
  let shown: String
  private(set) var losses = TreeLosses()

  /// For messages: what is made at one path, and will be at another.
  var destination: (made: RelativePath, named: RelativePath)?

  /// Beneath a mounted directory: the guest writes there, and its view of owners can be kept (`HostFileMark`).
  private let isWritable: Bool

  /// - Parameter path: absolute, without symbolic links.
  init(_ shown: String, _ path: [UInt8], isWritable: Bool = false) throws(HostError) {
    self.shown = shown
    self.isWritable = isWritable
    try host.grant(FileGrant(path: path, isReadOnly: false))
    top = try host.open(StreamURI(.dir, path), [.read, .write])
  }

  deinit { host.close(top) }

  func name(_ path: RelativePath) -> HostName { HostName(top, path) }

  // MARK: One file

  /// Makes a file. It still needs its attributes.
  ///
  /// - Parameter first: where another name of it is.
  /// - Returns: false if this user may not make such.
  func make(
    _ file: OutsideFile, at path: RelativePath, linkedTo first: RelativePath?,
    _ contents: any TreeContents
  ) throws(Failure) -> Bool {
    if let first {
      // A node that could not be made has no other names, either.
      guard has(first) else { return false }
      try naming(path) { () throws(HostError) in try host.makeLink(at: name(path), to: name(first))
      }
      return true
    }
    switch file.kind {
    case .directory:
      try naming(path) { () throws(HostError) in
        try host.makeDirectory(at: name(path), permissions: 0o700)
      }
    case .symbolicLink:
      try naming(path) { () throws(HostError) in
        try host.makeSymbolicLink(at: name(path), to: file.target)
      }
    case .regular: try write(file, contents, at: path)
    case .characterDevice, .blockDevice, .fifo, .socket, nil:
      do throws(HostError) {
        try host.makeNode(
          at: name(path), file.kind ?? .fifo, major: file.device.major, minor: file.device.minor)
      } catch {
        guard error == .notPermitted || error == .notSupported else { throw failure(path, error) }
        losses.nodes.note(text(path))
        return false
      }
    }
    return true
  }

  private func write(_ file: OutsideFile, _ contents: any TreeContents, at path: RelativePath)
    throws(Failure)
  {
    let handle = try naming(path) { () throws(HostError) in
      try host.open(name(path), [.write, .create, .exclusive], permissions: 0o600)
    }
    defer { host.close(handle) }
    // First, since a length that no file can have ends it all.
    if !file.holes.isEmpty {
      try naming(path) { () throws(HostError) in
        try host.setLength(handle, to: file.size ?? 0)
      }
    }
    try contents.forEachPiece(of: file) { (offset, bytes) throws(Failure) in
      try naming(path) { () throws(HostError) in
        try writeAll(handle, at: offset, bytes)
      }
    }
  }

  /// Writes a small file that is no part of the tree.
  func write(_ bytes: [UInt8], at path: RelativePath) throws(Failure) {
    try naming(path) { () throws(HostError) in
      let handle = try host.open(name(path), [.write, .create, .exclusive], permissions: 0o600)
      defer { host.close(handle) }
      try bytes.withRawSpan { (bytes) throws(HostError) in
        try writeAll(handle, at: 0, bytes)
      }
    }
  }

  private func writeAll(_ handle: HostHandle, at offset: UInt64, _ bytes: RawSpan)
    throws(HostError)
  {
    var done = 0
    while done < bytes.byteCount {
      done += try host.write(
        handle, at: offset + UInt64(done), from: bytes.extracting(done..<bytes.byteCount))
    }
  }

  // MARK: Attributes

  /// Gives a file its owner, extended attributes, permissions and time of change. If it can't have its owner, it gives
  /// nobody this user's rights, and it stays possible to read and to remove it.
  ///
  /// - Parameter former: what it had before.
  func finish(_ file: OutsideFile, at path: RelativePath, former: OutsideFile? = nil)
    throws(Failure)
  {
    if former != nil, file.kind != .symbolicLink {
      // To set attributes takes the permission to write.
      var change = AttributeChange()
      change.permissions = file.permissions & 0o777 | 0o700
      try? host.setAttributes(at: name(path), change)
    }
    let isOwned = try setOwner(file, path)
    for attribute in former?.extended ?? [] {
      guard !file.extended.contains(where: { $0.name == attribute.name }) else { continue }
      try? host.setExtendedAttribute(attribute.name, at: name(path), to: nil)
    }
    var extended = file.extended
    if let mark = isOwned ? nil : mark(file) { extended.append(mark) }
    for attribute in extended {
      do throws(HostError) {
        try host.setExtendedAttribute(attribute.name, at: name(path), to: attribute.value)
      } catch {
        losses.attributes.note(
          "\(String(decoding: attribute.name, as: UTF8.self)) of \(text(path))")
      }
    }
    try naming(path) { () throws(HostError) in
      var change = AttributeChange()
      change.modified = file.modified
      if file.kind != .symbolicLink { change.permissions = permissions(file, isOwned: isOwned) }
      try host.setAttributes(at: name(path), change)
    }
  }

  /// - Returns: whether it is the file's owner.
  private func setOwner(_ file: OutsideFile, _ path: RelativePath) throws(Failure) -> Bool {
    guard let owner = file.owner else { return false }
    let attributes = try naming(path) { () throws(HostError) in try host.attributes(at: name(path))
    }
    if attributes.userID == owner.user, attributes.groupID == owner.group { return true }
    do throws(HostError) {
      var change = AttributeChange()
      (change.userID, change.groupID) = (owner.user, owner.group)
      try host.setAttributes(at: name(path), change)
      return true
    } catch {
      // Invalid: an owner that a user namespace does not have.
      guard error == .notPermitted || error == .invalid || error == .permissionDenied else {
        throw failure(path, error)
      }
      // The guest sees its owner if there is a mark.
      if mark(file) == nil, !hasMark(file) { losses.owners.note(text(path)) }
      return false
    }
  }

  private func hasMark(_ file: OutsideFile) -> Bool {
    file.extended.contains { $0.name == HostFileMark.attribute }
  }

  /// What shows the guest the owner and permissions that the file can't have here.
  private func mark(_ file: OutsideFile) -> OutsideFile.ExtendedAttribute? {
    guard isWritable, let owner = file.owner, file.kind == .regular || file.kind == .directory,
      !hasMark(file)
    else { return nil }
    var mark = HostFileMark(
      FileAttributes(
        kind: file.kind ?? .regular, permissions: permissions(file, isOwned: false),
        userID: owner.user, groupID: owner.group))
    mark.permissions = UInt32(file.permissions)
    return OutsideFile.ExtendedAttribute(name: HostFileMark.attribute, value: mark.text)
  }

  private func permissions(_ file: OutsideFile, isOwned: Bool) -> UInt16 {
    let isDirectory = file.kind == .directory
    if isOwned {
      if HostProcess.userID == 0 { return file.permissions }
      return file.permissions | (isDirectory ? 0o700 : 0o400)
    }
    if isDirectory { return file.permissions & 0o1777 | 0o700 }
    return file.permissions & 0o777 | (isWritable ? 0o600 : 0o400)
  }

  // MARK: Removal

  /// Removes a file, or a directory with all that is in it. No recursion: it may be deep.
  func remove(_ path: RelativePath) throws(Failure) {
    try naming(path) { () throws(HostError) in
      guard try host.attributes(at: name(path)).kind == .directory else {
        return try host.remove(at: name(path), isDirectory: false)
      }
      var directories = [path]
      var emptied: [RelativePath] = []
      while let directory = directories.popLast() {
        emptied.append(directory)
        var change = AttributeChange()
        change.permissions = 0o700
        try host.setAttributes(at: name(directory), change)
        for entry in try host.entries(of: name(directory)) {
          let entryName = try name(directory).child(entry.name)
          if entry.kind == .directory {
            directories.append(entryName.path)
          } else {
            try host.remove(at: entryName, isDirectory: false)
          }
        }
      }
      for directory in emptied.reversed() {
        try host.remove(at: name(directory), isDirectory: true)
      }
    }
  }

  // MARK: Names

  /// Whether there is such a file.
  func has(_ path: RelativePath) -> Bool { (try? host.attributes(at: name(path))) != nil }

  /// Refuses what the filesystem has no room for.
  func requireRoom(for bytes: UInt64, _ what: String) throws(Failure) {
    guard let volume = try? host.volume(of: HostName(top)) else { return }
    let (free, overflow) = volume.blocksAvailable.multipliedReportingOverflow(by: volume.blockSize)
    guard overflow || bytes <= free else {
      throw Failure(
        "\(shown): \(what) have \(bytes >> 20) MiB, and \(free >> 20) MiB are free")
    }
  }

  func naming<R>(_ path: RelativePath, _ body: () throws(HostError) -> R) throws(Failure) -> R {
    do throws(HostError) { return try body() } catch { throw failure(path, error) }
  }

  func failure(_ path: RelativePath, _ error: HostError) -> Failure { Failure(text(path), error) }

  func text(_ path: RelativePath) -> String {
    var bytes = path.bytes
    if let destination, bytes.starts(with: destination.made.bytes) {
      bytes.replaceSubrange(..<destination.made.bytes.count, with: destination.named.bytes)
    }
    return shown + "/" + String(decoding: bytes, as: UTF8.self)
  }
}

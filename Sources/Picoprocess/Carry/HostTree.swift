import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

/// A directory or file of the host, read beneath its descriptor. No links are followed.
final class HostTree {
  /// Absolute.
  let path: [UInt8]
  private let host = PosixHost()
  private let top: HostHandle

  /// - Parameter path: absolute, without symbolic links.
  init(_ path: [UInt8]) throws(HostError) {
    self.path = path
    try host.grant(FileGrant(path: path, isReadOnly: true))
    top = try host.open(StreamURI(.file, path), .read)
  }

  deinit { host.close(top) }

  func attributes(of path: RelativePath) throws(HostError) -> FileAttributes {
    try host.attributes(at: HostName(top, path))
  }

  /// The text of a symbolic link.
  func target(of path: RelativePath) throws(HostError) -> [UInt8] {
    try host.readSymbolicLink(at: HostName(top, path))
  }

  func entries(of directory: RelativePath) throws(HostError) -> [DirectoryEntry] {
    try host.entries(of: HostName(top, directory))
  }

  /// The names of a file's extended attributes, sorted; none where the filesystem has no such.
  func attributeNames(of path: RelativePath) -> [[UInt8]] {
    (try? host.extendedAttributes(at: HostName(top, path))) ?? []
  }

  func attribute(_ name: [UInt8], of path: RelativePath) -> [UInt8]? {
    (try? host.extendedAttribute(name, at: HostName(top, path))) ?? nil
  }

  /// Opens a regular file for reading. It may have become another kind of file since it was listed.
  func open(_ path: RelativePath) throws(HostError) -> HostHandle {
    let file = try host.open(HostName(top, path), .read, permissions: 0)
    do throws(HostError) {
      guard try host.attributes(of: file).kind == .regular else { throw .notSupported }
      return file
    } catch {
      host.close(file)
      throw error
    }
  }

  func close(_ file: HostHandle) { host.close(file) }

  /// Calls `body` with the bytes of a regular file, piece by piece, and their offsets.
  func forEachPiece<E: Error>(
    of path: RelativePath, failure: (HostError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    let file: HostHandle
    do throws(HostError) { file = try open(path) } catch { throw failure(error) }
    defer { close(file) }
    try host.forEachPiece(of: file, failure: failure, body)
  }

  /// Calls `body` with the bytes of an open file, piece by piece, and their offsets.
  func forEachPiece(of file: HostHandle, _ body: (UInt64, RawSpan) throws(HostError) -> Void)
    throws(HostError)
  {
    try host.forEachPiece(of: file, failure: { $0 }, body)
  }

  /// The digest of a regular file's contents.
  func digest(of path: RelativePath) throws(HostError) -> Digest {
    var digest = DigestBuilder()
    try forEachPiece(of: path, failure: { $0 }) { (_, bytes) throws(HostError) in
      digest.append(bytes.array[...])
    }
    return digest.finish()
  }

  /// Reads bytes of an open file until `bytes` is full, or the file ends.
  ///
  /// - Returns: how many they are.
  func read(_ file: HostHandle, at offset: UInt64, into bytes: inout [UInt8]) throws(HostError)
    -> Int
  {
    try bytes.withMutableRawSpan { (span) throws(HostError) in
      try host.read(file, at: offset, into: &span)
    }
  }

  func attributes(of file: HostHandle) throws(HostError) -> FileAttributes {
    try host.attributes(of: file)
  }

  /// The path of a file in it, for people.
  func shown(_ path: RelativePath) -> String {
    let slash = path.isEmpty || self.path.last == UInt8(ascii: "/") ? "" : "/"
    return String(decoding: self.path, as: UTF8.self) + slash
      + String(decoding: path.bytes, as: UTF8.self)
  }
}

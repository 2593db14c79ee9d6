import HostABI
import Machine
import PosixHost
import Snapshot

/// A directory or file of the host, read beneath its descriptor. No links are followed.
final class HostTree {
  /// Absolute.
  let path: [UInt8]
  private let host = PosixHost()
  private let top: HostHandle

  private static let pieceSize = 256 << 10

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

  /// Calls `body` with the bytes of a regular file, piece by piece, and their offsets.
  func forEachPiece<E: Error>(
    of path: RelativePath, failure: (HostError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    let file: HostHandle
    do throws(HostError) {
      file = try host.open(HostName(top, path), .read, permissions: 0)
    } catch { throw failure(error) }
    defer { host.close(file) }
    var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
    var offset: UInt64 = 0
    while true {
      let count: Int
      do throws(HostError) {
        count = try buffer.withMutableRawSpan { (span) throws(HostError) in
          try host.read(file, at: offset, into: &span)
        }
      } catch { throw failure(error) }
      if count == 0 { return }
      try buffer.withRawSpan { (span) throws(E) in try body(offset, span.extracting(0..<count)) }
      offset += UInt64(count)
    }
  }

  /// The digest of a regular file's contents.
  func digest(of path: RelativePath) throws(HostError) -> Digest {
    var digest = DigestBuilder()
    try forEachPiece(of: path, failure: { $0 }) { (_, bytes) throws(HostError) in
      digest.append(bytes.array[...])
    }
    return digest.finish()
  }

  /// The path of a file in it, for people.
  func shown(_ path: RelativePath) -> String {
    String(decoding: self.path, as: UTF8.self) + (self.path.last == UInt8(ascii: "/") ? "" : "/")
      + String(decoding: path.bytes, as: UTF8.self)
  }
}

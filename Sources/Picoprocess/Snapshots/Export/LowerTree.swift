import HostABI
import LibOSState
import LinuxABI
import Machine
import PosixHost

/// The directory beneath the guest's root, as far as this host has it and the snapshot may lead to it.
///
/// What is in it is looked up beneath its descriptor, and no links are followed.
final class LowerTree {
  private let host: PosixHost
  private let root: HostHandle

  /// Nil if it is not there, or the snapshot's signer is not known.
  init?(_ snapshot: SnapshotDescription, _ mount: Godwit_State_Mount) {
    guard snapshot.provenance.isTrusted, !mount.tree.lower.isEmpty else { return nil }
    let path = Array(mount.tree.lower)
    host = PosixHost()
    do throws(HostError) {
      try host.grant(FileGrant(path: path, isReadOnly: true))
      root = try host.open(StreamURI(.dir, path), .read)
    } catch { return nil }
  }

  func attributes(of path: RelativePath) -> SavedAttributes? {
    (try? host.attributes(at: HostName(root, path))).map { SavedAttributes($0) }
  }

  /// The text of a symbolic link.
  func target(of path: RelativePath) -> [UInt8]? {
    try? host.readSymbolicLink(at: HostName(root, path))
  }

  func names(in directory: RelativePath) -> [FileName] {
    ((try? host.entries(of: HostName(root, directory))) ?? []).compactMap { FileName($0.name) }
  }

  /// Calls `body` with the bytes of a regular file, piece by piece, and their offsets.
  func forEachPiece<E: Error>(
    of path: RelativePath, failure: (HostError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    let file: HostHandle
    do throws(HostError) {
      file = try host.open(HostName(root, path), .read, permissions: 0)
    } catch { throw failure(error) }
    defer { host.close(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
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
}

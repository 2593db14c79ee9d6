package import HostABI
import Machine
package import Snapshot

/// What differs once a file of the host is another one, or has been written to: as far as its attributes tell.
package struct FileVersion: Hashable, Sendable {
  fileprivate var device: UInt64
  fileprivate var inode: UInt64
  fileprivate var size: UInt64
  fileprivate var modified: HostTime
  fileprivate var changed: HostTime
}

extension FileVersion {
  package init(_ attributes: FileAttributes) {
    self.init(
      device: attributes.device, inode: attributes.inode, size: attributes.size,
      modified: attributes.modified, changed: attributes.changed)
  }
}

/// Digests of host files. Each is made once as long as the file keeps its identity, size and times, so
/// that a second checkpoint of a picoprocess reads none of them.
package final class FileDigests {
  private var known: [FileVersion: Digest] = [:]

  package init() {}

  private static func key(_ handle: HostHandle, _ host: any Host) throws(HostError) -> FileVersion {
    FileVersion(try host.attributes(of: handle))
  }

  /// The digest of all bytes of an open file.
  package func digest(of handle: HostHandle, _ host: any Host) throws(HostError) -> Digest {
    let key = try Self.key(handle, host)
    if let digest = known[key] { return digest }
    var builder = DigestBuilder()
    try host.forEachPiece(of: handle, failure: { $0 }) { (_, bytes) throws(HostError) in
      builder.append(bytes.array[...])
    }
    let digest = builder.finish()
    known[key] = digest
    return digest
  }

  /// What is known, for another process of this host.
  package var all: [DigestedFile] {
    known.map { key, digest in
      DigestedFile(
        device: key.device, inode: key.inode, size: key.size,
        modified: [key.modified.seconds, Int64(key.modified.nanoseconds)],
        changed: [key.changed.seconds, Int64(key.changed.nanoseconds)], digest: digest.bytes)
    }
  }

  /// Takes what another process of this host has found out.
  package func learn(_ files: [DigestedFile]) {
    for file in files {
      guard let digest = Digest(file.digest), let modified = HostTime(file.modified),
        let changed = HostTime(file.changed)
      else { continue }
      let key = FileVersion(
        device: file.device, inode: file.inode, size: file.size, modified: modified,
        changed: changed)
      known[key] = digest
    }
  }

  /// The open file, if its digest is not known.
  func undigested(_ handle: HostHandle, _ host: any Host) throws(HostError) -> UndigestedFile? {
    let key = try Self.key(handle, host)
    return known[key] == nil ? UndigestedFile(key: key, handle: handle) : nil
  }

  /// Takes the digest of a file that somebody else has made, unless the file has changed meanwhile.
  package func learn(_ digest: Digest, of file: UndigestedFile, _ host: any Host) {
    // The handle may have been closed, and be another file's.
    guard (try? Self.key(file.handle, host)) == file.key else { return }
    known[file.key] = digest
  }
}

/// A file of this host and the digest of its contents.
package struct DigestedFile: Hashable, Sendable, Codable {
  fileprivate var device: UInt64
  fileprivate var inode: UInt64
  fileprivate var size: UInt64
  /// Seconds and nanoseconds.
  fileprivate var modified: [Int64]
  fileprivate var changed: [Int64]
  fileprivate var digest: [UInt8]
}

extension HostTime {
  /// - Parameter numbers: seconds and nanoseconds.
  fileprivate init?(_ numbers: [Int64]) {
    guard numbers.count == 2, (0..<1_000_000_000).contains(numbers[1]) else { return nil }
    self.init(seconds: numbers[0], nanoseconds: Int32(numbers[1]))
  }
}

/// A file in use whose digest a snapshot will need.
package struct UndigestedFile {
  fileprivate let key: FileVersion
  package let handle: HostHandle
  /// Bytes.
  package var size: UInt64 { key.size }
}

extension Kernel {
  /// The files of the root whose digests a snapshot would make first.
  package func undigestedFiles() -> [UndigestedFile] {
    arena.cachedObjects.compactMap { object in
      guard object.sourceSize > 0 else { return nil }
      return (object.source as? LowerSource)?.undigested()
    }
  }
}

package import HostABI
import Machine
package import Snapshot

/// Digests of host files. Each is made once as long as the file keeps its identity, size and times, so
/// that a second checkpoint of a picoprocess reads none of them.
package final class FileDigests {
  private struct Key: Hashable {
    var device: UInt64
    var inode: UInt64
    var size: UInt64
    var modified: HostTime
    var changed: HostTime
  }
  private var known: [Key: Digest] = [:]

  package init() {}

  /// The digest of all bytes of an open file.
  package func digest(of handle: HostHandle, _ host: any Host) throws(HostError) -> Digest {
    let attributes = try host.attributes(of: handle)
    let key = Key(
      device: attributes.device, inode: attributes.inode, size: attributes.size,
      modified: attributes.modified, changed: attributes.changed)
    if let digest = known[key] { return digest }
    var builder = DigestBuilder()
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var offset: UInt64 = 0
    while true {
      let count = try buffer.withMutableRawSpan { (bytes) throws(HostError) in
        try host.read(handle, at: offset, into: &bytes)
      }
      if count == 0 { break }
      builder.append(buffer[..<count])
      offset += UInt64(count)
    }
    let digest = builder.finish()
    known[key] = digest
    return digest
  }
}

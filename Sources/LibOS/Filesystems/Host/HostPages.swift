import HostABI
package import LinuxABI
package import Machine

/// The pages of a mapped host file. Keeps its own handle, so that mappings outlive descriptors.
package final class HostPages: PageSource {
  /// Keeps the node, which knows the pages, alive as long as they are mapped.
  let node: HostNode
  private let host: any Host
  private(set) var handle: HostHandle
  private(set) var isWritable: Bool

  init(_ node: HostNode, _ host: any Host, _ handle: HostHandle, isWritable: Bool) {
    self.node = node
    self.host = host
    self.handle = handle
    self.isWritable = isWritable
  }

  deinit { host.close(handle) }

  /// Goes on with a handle that may write.
  func reopen(_ handle: HostHandle) {
    host.close(self.handle)
    self.handle = handle
    isWritable = true
  }

  package func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    host.fill(&buffer, from: handle, at: offset)
  }

  /// Zeroes a range in the host's file, which keeps its size, and here (`MADV_REMOVE`).
  package func punchHole(_ range: Range<UInt64>) throws(Errno) {
    try node.allocate(handle, range, [.FALLOC_FL_PUNCH_HOLE, .FALLOC_FL_KEEP_SIZE])
  }

  /// Writes the pages that differ to the host. They stay marked: a mapping may change them again
  /// without asking.
  package func writeBack(_ object: MemoryObject) {
    guard isWritable else { return }
    for index in object.dirtyPages {
      let offset = index << 12
      guard offset < object.size, let frame = object.heldFrame(index) else { continue }
      let count = Int(min(UInt64(Frame.size), object.size - offset))
      object.arena.withBytes(frame, offset: 0, count: count) { bytes in
        var done = 0
        while done < count {
          guard
            let moved = try? host.write(
              handle, at: offset + UInt64(done), from: bytes.extracting(done..<count)), moved > 0
          else { return }
          done += moved
        }
      }
    }
  }
}

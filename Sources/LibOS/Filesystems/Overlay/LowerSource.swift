package import HostABI
import Machine
import Snapshot

/// The bytes of a file in the lower directory. Its host handle is opened when it is needed, may be
/// closed at any time, and closes with the last user of the file.
package final class LowerSource: PageSource {
  package unowned let layers: LayeredFS
  /// Relative to the lower directory.
  package let path: RelativePath
  private let host: any Host
  private var handle: HostHandle?
  /// Checks the file before its bytes are used; nil if there is nothing to check any more.
  private var check: DelayedCheck?

  package init(_ layers: LayeredFS, path: RelativePath) {
    self.layers = layers
    self.path = path
    host = layers.vfs.host
  }

  deinit { closeHandle() }

  package var isLasting: Bool { true }

  package func closeHandle() {
    if let handle { host.close(handle) }
    handle = nil
  }

  private func openHandle() throws(HostError) -> HostHandle {
    if let handle { return handle }
    let opened = try host.open(layers.lowerName(path), .read, permissions: 0)
    guard case .file(.regular) = try host.kind(of: opened) else {
      host.close(opened)
      throw .invalid
    }
    handle = opened
    return opened
  }

  /// Opens the file and returns its size in bytes.
  package func openSize() throws(HostError) -> UInt64 {
    try host.attributes(of: openHandle()).size
  }

  /// What tells whether another file is the same one: that of the file which the guest knows.
  func identity() throws(HostError) -> FileIdentity {
    if let check { return check.identity }
    return FileIdentity(
      size: try openSize(), digest: try layers.vfs.digests.digest(of: openHandle(), host))
  }

  /// The file, if its digest is not known; nil too if it can't be opened.
  func undigested() -> UndigestedFile? {
    guard check == nil, let handle = try? openHandle() else { return nil }
    return try? layers.vfs.digests.undigested(handle, host)
  }

  /// Has the file be checked when its bytes are needed.
  func checkLater(_ check: DelayedCheck) { self.check = check }

  /// Waits until the file is the one that the guest knows.
  private func passCheck() {
    guard let check else { return }
    self.check = nil
    check.wait { () throws(HostError) in
      // Somebody may have put another one in its place.
      closeHandle()
      return try identity()
    }
  }

  package func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool {
    passCheck()
    do throws(HostError) {
      let handle = try openHandle()
      var done = 0
      while done < buffer.byteCount {
        var rest = buffer._mutatingExtracting(done..<buffer.byteCount)
        let count = try host.read(handle, at: offset + UInt64(done), into: &rest)
        if count == 0 { break }
        done += count
      }
      return true
    } catch {
      return false
    }
  }
}

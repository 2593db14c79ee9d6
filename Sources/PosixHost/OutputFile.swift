package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file or stream to which a report is written sequentially.
package final class OutputFile: Sendable {
  private let descriptor: Int32
  private let isOwned: Bool

  package static let standardOutput = OutputFile(descriptor: 1)
  package static let standardError = OutputFile(descriptor: 2)

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    isOwned = false
  }

  /// Creates or truncates the file at `path`. Symbolic links are followed.
  package init(_ path: String) throws(HostError) {
    descriptor = try system_open(
      Array(path.utf8), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    isOwned = true
  }

  /// The same, for a file that this process maps, too.
  package init(mapped path: String) throws(HostError) {
    descriptor = try system_open(
      Array(path.utf8), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    isOwned = true
  }

  /// Opens the file at `path`, which keeps its contents until `replaceContents`. Only this user may use a new one.
  package init(rewriting path: String) throws(HostError) {
    descriptor = try system_open(Array(path.utf8), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    isOwned = true
  }

  deinit {
    if isOwned { system_close(descriptor) }
  }

  /// Maps its first `count` bytes, which needn't be there.
  @unsafe func map(count: Int, isCode: Bool) throws(HostError) -> UnsafeRawPointer {
    // SAFETY: the caller unmaps it, and reads no more than the file has.
    unsafe try system_mmap(descriptor, count, isCode: isCode)
  }

  /// Appends all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(HostError) { try writeAll(descriptor, bytes) }

  /// Makes `bytes` all that there is in a file.
  package func replaceContents(with bytes: [UInt8]) throws(HostError) {
    try system_ftruncate(descriptor, 0)
    try bytes.lend { (bytes) throws(HostError) in try writeAll(descriptor, bytes, at: 0) }
  }
}

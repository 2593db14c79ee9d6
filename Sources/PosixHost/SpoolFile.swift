package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file without a name, which vanishes with the processes that have it open.
package final class SpoolFile {
  private let descriptor: Int32
  /// Bytes written so far.
  package private(set) var length: UInt64 = 0

  /// Makes it on the filesystem of `directory`.
  package init(in directory: String) throws(HostError) {
    let folder = try system_open(Array(directory.utf8), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { system_close(folder) }
    if let descriptor = try? system_open_unnamed(folder, 0o600) {
      self.descriptor = descriptor
      return
    }
    let name = Array(".godwit.\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp".utf8)
    let descriptor = try system_openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    try? system_unlinkat(folder, name, 0)
    self.descriptor = descriptor
  }

  deinit { system_close(descriptor) }

  /// Closes this process's copy, which it has of the process that forked it. It must not be used any more.
  package func abandon() { system_close(descriptor) }

  /// Bytes that the user may yet write on its filesystem.
  package var room: UInt64 {
    guard let volume = try? system_fstatvfs(descriptor) else { return .max }
    let (bytes, overflow) = UInt64(volume.f_bavail).multipliedReportingOverflow(
      by: UInt64(volume.f_frsize))
    return overflow ? .max : bytes
  }

  /// Appends all of `bytes`.
  package func write(_ bytes: RawSpan) throws(HostError) {
    try writeAll(descriptor, bytes, at: length)
    length += UInt64(bytes.byteCount)
  }

  package func write(_ bytes: [UInt8]) throws(HostError) {
    try bytes.lend { (span) throws(HostError) in try write(span) }
  }

  /// What was written so far, by any process that has the file.
  package func input() throws(HostError) -> InputFile { try InputFile(sharing: descriptor) }
}

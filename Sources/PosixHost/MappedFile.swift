internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A whole regular file, mapped read-only.
///
/// For files that nobody changes in place, such as snapshots, which are only ever replaced: if it is
/// truncated while mapped, touching the missing part ends the process (SIGBUS, mmap(2)). `InputFile` has no
/// such danger.
@safe package final class MappedFile: Sendable {
  // SAFETY: written once; the bytes are never written.
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  /// Bytes.
  package let count: Int

  /// Maps the file at `path`. Throws `isDirectory`, and `notSupported` for what is no regular file.
  package init(_ path: String) throws(HostError) {
    let descriptor = try system_open(Array(path.utf8), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { system_close(descriptor) }
    let status = try system_fstat(descriptor)
    switch FileKind(mode: status.st_mode) {
    case .regular: break
    case .directory: throw .isDirectory
    default: throw .notSupported
    }
    count = Int(status.st_size)
    // Nothing can't be mapped.
    unsafe base = count == 0 ? nil : try system_mmap(descriptor, count)
  }

  deinit {
    // SAFETY: exactly the mapping made in init.
    if let base = unsafe base { unsafe system_munmap(base, count) }
  }

  /// Lends the file's bytes.
  package func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    // SAFETY: the mapping lives as long as this object.
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
    return try unsafe body(bytes.bytes)
  }
}

internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A secret that the user has in a file or gives through a pipe: keys, a passphrase.
package struct SecretFile {
  /// What is in it. Whoever reads it overwrites it after use.
  package var bytes: [UInt8]
  /// The file's mode, if that lets others read it.
  package let openMode: UInt16?

  /// The size limit, in bytes.
  private static let limit = 65536

  /// Reads all of the file at `path`. Throws `fileTooLarge` if it is too long for a secret.
  package init(_ path: String) throws(HostError) {
    let descriptor = try system_open(Array(path.utf8), O_RDONLY | O_CLOEXEC)
    defer { system_close(descriptor) }
    let status = try system_fstat(descriptor)
    let mode = UInt16(truncatingIfNeeded: status.st_mode & 0o777)
    let isRegular = FileKind(mode: status.st_mode) == .regular
    openMode = isRegular && mode & 0o044 != 0 ? mode : nil
    bytes = [UInt8](repeating: 0, count: Self.limit + 1)
    var count = 0
    while count <= Self.limit {
      let last = try bytes.lendMutable { (span) throws(HostError) in
        try system_read(descriptor, &span, skipping: count)
      }
      if last == 0 { break }
      count += last
    }
    guard count <= Self.limit else { throw .fileTooLarge }
    bytes.removeLast(bytes.count - count)
  }
}

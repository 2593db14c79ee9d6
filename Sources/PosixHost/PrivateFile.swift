internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A small file with a secret of one user, such as a key.
package enum PrivateFile {
  /// The reasons for not reading a file.
  package enum ReadError: Error, Hashable, Sendable {
    case host(HostError)
    /// It belongs to another user.
    case notOwned
    /// Its mode lets others read or write it.
    case tooOpen(mode: UInt16)
    /// It is not a regular file, or it is too large for a secret.
    case notASecret
  }

  /// The size limit of a secret, in bytes.
  private static let limit = 65536

  /// The bytes of the file at `path`, which only this user may read and write.
  package static func read(_ path: String) throws(ReadError) -> [UInt8] {
    let result: Result<[UInt8], ReadError>
    do throws(HostError) {
      // Non-blocking, so that opening a FIFO does not wait.
      let descriptor = try system_open(Array(path.utf8), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      defer { system_close(descriptor) }
      result = try read(descriptor)
    } catch { throw .host(error) }
    return try result.get()
  }

  private static func read(_ descriptor: Int32) throws(HostError) -> Result<[UInt8], ReadError> {
    let status = try system_fstat(descriptor)
    guard FileKind(mode: status.st_mode) == .regular, status.st_size <= limit else {
      return .failure(.notASecret)
    }
    guard status.st_uid == geteuid() else { return .failure(.notOwned) }
    guard status.st_mode & 0o077 == 0 else {
      return .failure(.tooOpen(mode: UInt16(truncatingIfNeeded: status.st_mode & 0o777)))
    }
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    var last = 0
    repeat {
      last = try bytes.lendMutable { (span) throws(HostError) in
        try system_pread(descriptor, &span, skipping: count, Int64(count))
      }
      count += last
    } while last > 0 && count < limit
    bytes.removeLast(limit - count)
    return .success(bytes)
  }

  /// Creates a file at `path` with mode 0600, whole or not at all, and missing directories above it with mode
  /// 0700. An existing file stays as it is: if two processes do this at once, both find the first one's file.
  package static func create(_ path: String, _ bytes: [UInt8]) throws(HostError) {
    let target = Array(path.utf8)
    guard let slash = target.lastIndex(of: UInt8(ascii: "/")) else { throw .invalid }
    try makeDirectory(target[..<slash])
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = target[...slash] + Array(".\(random).tmp".utf8)
    let descriptor = try system_open(
      Array(temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer { system_close(descriptor) }
    do throws(HostError) {
      try writeAll(descriptor, bytes)
      try system_fsync(descriptor)
      try give(Array(temporary), name: target)
    } catch {
      try? system_unlink(Array(temporary))
      throw error
    }
  }

  /// Renames `temporary` to `name`, unless `name` exists.
  private static func give(_ temporary: [UInt8], name: [UInt8]) throws(HostError) {
    do throws(HostError) {
      try system_renameat(AT_FDCWD, temporary, AT_FDCWD, name, .exclusive)
      return
    } catch .exists {
    } catch .invalid {
      // A filesystem without RENAME_NOREPLACE (rename(2)).
      do throws(HostError) { try system_linkat(AT_FDCWD, temporary, AT_FDCWD, name) } catch .exists
      {}
    }
    try system_unlink(temporary)
  }

  /// Makes a directory and those above it that are missing, with mode 0700.
  static func makeDirectory(_ path: ArraySlice<UInt8>) throws(HostError) {
    let slashes = path.indices.dropFirst().filter { path[$0] == UInt8(ascii: "/") }
    for end in slashes + [path.endIndex] {
      do throws(HostError) { try system_mkdir(Array(path[..<end]), 0o700) } catch {
        // Only the existence of the last one matters.
        guard error == .exists || end < path.endIndex else { throw error }
      }
    }
  }
}

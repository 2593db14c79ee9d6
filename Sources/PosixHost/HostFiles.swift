package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Names of files that are Godwit's own.
package enum HostFiles {
  /// Makes a directory that only this user may use; false if it was there.
  package static func makeDirectory(_ path: String) throws(HostError) -> Bool {
    do throws(HostError) { try system_mkdir(Array(path.utf8), 0o700) } catch .exists {
      return false
    }
    return true
  }

  /// Makes a directory that only this user may use, and what is missing above it.
  package static func makeDirectories(_ path: String) throws(HostError) {
    try PrivateFile.makeDirectory(Array(path.utf8)[...])
  }

  package static func remove(_ path: String) throws(HostError) {
    try system_unlink(Array(path.utf8))
  }

  /// Removes the files of a directory, as far as that is possible.
  package static func removeFiles(in path: String, except kept: Set<String> = []) {
    for bytes in (try? directoryNames(path)) ?? [] {
      let name = String(decoding: bytes, as: UTF8.self)
      if !kept.contains(name) { try? remove(path + "/" + name) }
    }
  }

  /// Removes an empty directory.
  package static func removeDirectory(_ path: String) throws(HostError) {
    try system_unlinkat(AT_FDCWD, Array(path.utf8), AT_REMOVEDIR)
  }

  /// Replaces what has the other name.
  package static func rename(_ path: String, to other: String) throws(HostError) {
    try system_rename(Array(path.utf8), Array(other.utf8))
  }

  /// Brings the names in a directory to storage.
  package static func synchronizeDirectory(_ path: String) throws(HostError) {
    let descriptor = try system_open(Array(path.utf8), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { system_close(descriptor) }
    // Some filesystems cannot (fsync(2)).
    do throws(HostError) { try system_fsync(descriptor) } catch .invalid {}
  }
}

/// A lock on a file that all who use something together agree on (flock(2)). The host gives it up when all
/// processes that have it have ended.
package final class FileLock: Sendable {
  let descriptor: Int32

  package enum Kind: Sendable {
    /// Held by any number of processes.
    case shared
    /// Held by one alone.
    case exclusive
  }

  /// Takes the lock on the file at `path`.
  ///
  /// - Parameter creates: makes the file if it is missing.
  /// - Parameter waits: waits for others to give it up; else throws `wouldBlock`.
  package init(_ path: String, _ kind: Kind, creates: Bool = false, waits: Bool = true)
    throws(HostError)
  {
    // On NFS an exclusive lock takes the right to write.
    let access = (kind == .exclusive ? O_RDWR : O_RDONLY) | (creates ? O_CREAT : 0)
    let flags = access | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW
    descriptor = try system_open(Array(path.utf8), flags, 0o600)
    do throws(HostError) {
      let operation = kind == .shared ? LOCK_SH : LOCK_EX
      try system_flock(descriptor, waits ? operation : operation | LOCK_NB)
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  /// The lock that is open as `descriptor`, from the process that has started this one.
  init(inherited descriptor: Int32) { self.descriptor = descriptor }

  deinit { system_close(descriptor) }

  /// Replaces the contents of the file, which says who has the lock.
  package func write(_ bytes: [UInt8]) throws(HostError) {
    try system_ftruncate(descriptor, 0)
    try bytes.lend { (bytes) throws(HostError) in try writeAll(descriptor, bytes, at: 0) }
  }
}

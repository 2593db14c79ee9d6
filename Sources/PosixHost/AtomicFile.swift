internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that appears under its name only when it is complete and on storage.
///
/// Until `commit` returns, the name has its old content, or none, whatever happens: an error, a full
/// disk, the end of the process at any moment. Where the filesystem can (O_TMPFILE), an unfinished file
/// has no name at all and vanishes with the process; elsewhere it is `.NAME.….tmp` beside the target, and
/// removed with this object. What a killed process left of that kind is removed when the next file begins
/// that will replace the same one: it is known by a lock (flock(2)) that nobody holds any more.
package final class AtomicFile {
  private let descriptor: Int32
  /// The target, free of symbolic links.
  private let path: [UInt8]
  private let directory: [UInt8]
  private var temporary: [UInt8]?
  private let isUnnamed: Bool
  private var isCommitted = false

  /// Bytes written so far; where the next `write` goes.
  package private(set) var length: UInt64 = 0

  /// Begins a file that will replace `path`, with `permissions` in spite of the umask.
  ///
  /// A symbolic link at `path` stays, and what it points to is replaced. Throws `isDirectory`, and
  /// `notSupported` for something else that isn't a regular file.
  ///
  /// - Parameter allowsUnnamed: false to use a named temporary file even where it could be avoided.
  package init(
    replacing path: String, permissions: UInt16 = 0o600, allowsUnnamed: Bool = true
  ) throws(HostError) {
    let target = try AtomicFile.resolve(Array(path.utf8))
    self.path = target
    directory = AtomicFile.parent(of: target)
    AtomicFile.removeLeftovers(of: target, in: directory)
    if allowsUnnamed, let descriptor = try? system_open_unnamed(directory, permissions) {
      self.descriptor = descriptor
      isUnnamed = true
      temporary = nil
    } else {
      let name = AtomicFile.temporaryName(for: target, in: directory)
      descriptor = try system_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
      isUnnamed = false
      temporary = name
    }
    try system_fchmod(descriptor, permissions)
    // Where a filesystem has no locks, leftovers stay.
    try? system_flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    if let temporary { try? system_unlink(temporary) }
    system_close(descriptor)
  }

  /// Appends all of `bytes`.
  package func write(_ bytes: RawSpan) throws(HostError) {
    try write(bytes, at: length)
  }

  /// Writes all of `bytes` at `offset`: a header whose content is known last, say.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(HostError) {
    precondition(!isCommitted, "written to after commit")
    var done = 0
    while done < bytes.byteCount {
      guard let position = Int64(exactly: offset + UInt64(done)) else { throw .fileTooLarge }
      done += try system_pwrite(
        descriptor, bytes.extracting(done..<bytes.byteCount), position)
    }
    length = max(length, offset + UInt64(bytes.byteCount))
  }

  /// Brings the file to storage and gives it its name, in one step that can't be seen halfway.
  ///
  /// When this throws, the name may only have the new file if writing the directory through failed
  /// (`io`); otherwise it has the old one.
  package func commit() throws(HostError) {
    precondition(!isCommitted, "committed twice")
    try system_fsync(descriptor)
    if isUnnamed {
      // Linking can't replace, so it takes a name to rename from after all, for a moment.
      let name = AtomicFile.temporaryName(for: path, in: directory)
      try system_link_unnamed(descriptor, name)
      temporary = name
    }
    try system_rename(temporary!, path)
    temporary = nil
    isCommitted = true
    let directory = try system_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { system_close(directory) }
    do throws(HostError) {
      try system_fsync(directory)
    } catch .invalid {}  // A filesystem whose directories can't be synchronised (fsync(2)).
  }

  /// What is to be replaced: `path` itself, or what a symbolic link there leads to.
  private static func resolve(_ path: [UInt8]) throws(HostError) -> [UInt8] {
    let status: stat
    do throws(HostError) {
      status = try system_lstat(path)
    } catch .notFound {
      if path.isEmpty || path.last == UInt8(ascii: "/") { throw .notFound }
      return path
    }
    switch FileKind(mode: status.st_mode) {
    case .regular: return path
    case .directory: throw .isDirectory
    case .symbolicLink: return try resolve(try system_realpath(path))
    default: throw .notSupported
    }
  }

  private static func parent(of path: [UInt8]) -> [UInt8] {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [UInt8(ascii: ".")] }
    return slash == 0 ? [UInt8(ascii: "/")] : Array(path[..<slash])
  }

  private static func temporaryName(for path: [UInt8], in directory: [UInt8]) -> [UInt8] {
    let random = UInt64.random(in: .min ... .max)
    var name = directory + [UInt8(ascii: "/")]
    name += temporaryPrefix(for: path)
    name += Array("\(String(random, radix: 36)).tmp".utf8)
    return name
  }

  private static func temporaryPrefix(for path: [UInt8]) -> [UInt8] {
    let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    // Names are limited to 255 bytes.
    var name = [UInt8(ascii: ".")]
    name += path[start...].prefix(200)
    name.append(UInt8(ascii: "."))
    return name
  }

  /// Removes temporary files for `path` whose process has ended.
  private static func removeLeftovers(of path: [UInt8], in directory: [UInt8]) {
    let prefix = temporaryPrefix(for: path)
    let suffix = Array(".tmp".utf8)
    guard let folder = try? system_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
      let entries = try? system_readdir(folder)
    else { return }
    for (name, _) in entries where name.starts(with: prefix) && name.suffix(4).elementsEqual(suffix)
    {
      let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard UInt64(String(decoding: middle, as: UTF8.self), radix: 36) != nil else { continue }
      let leftover = directory + [UInt8(ascii: "/")] + name
      let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
      guard let descriptor = try? system_open(leftover, flags) else { continue }
      defer { system_close(descriptor) }
      guard (try? system_flock(descriptor, LOCK_EX | LOCK_NB)) != nil else { continue }
      try? system_unlink(leftover)
    }
  }
}

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
/// Until `commit` returns, the name has its old content, or none, whatever happens: an error, a full disk, or
/// the end of the process at any moment. If the filesystem supports O_TMPFILE, an unfinished file has no name
/// and vanishes with the process; otherwise it is `.NAME.….tmp` beside the target, and is removed with this
/// object. A file that a killed process left behind is removed when the next replacement of the same target
/// begins: nobody holds its lock (flock(2)) any more.
///
/// The directory is opened once, and all names are resolved in it. So a guest that can write there cannot
/// redirect the file with a symbolic link.
package final class AtomicFile {
  let descriptor: Int32
  private let directory: Int32
  /// The target's name in `directory`.
  private let name: [UInt8]
  private var temporary: [UInt8]?
  private let isUnnamed: Bool
  private var isCommitted = false

  /// Bytes written so far by `write`; where the next one goes.
  package private(set) var length: UInt64 = 0

  /// Begins a file that will replace `path`, with exactly these `permissions`, whatever the umask.
  ///
  /// A symbolic link at `path` is itself replaced. Throws `isDirectory`, and `notSupported` if there is
  /// neither a regular file nor a link.
  ///
  /// - Parameter allowsUnnamed: false to use a named temporary file even where it could be avoided.
  package init(
    replacing path: String, permissions: UInt16 = 0o600, allowsUnnamed: Bool = true
  ) throws(HostError) {
    // Beyond the limit of a file's size a write is to fail, not to end the process (setrlimit(2)).
    _ = godwit_signal_ignore(SIGXFSZ)
    let (parent, name) = AtomicFile.split(Array(path.utf8))
    if parent.isEmpty || name.isEmpty { throw .notFound }
    let directory = try system_open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    do throws(HostError) {
      try AtomicFile.requireReplaceable(name, in: directory)
      AtomicFile.removeLeftovers(of: name, in: directory)
      if allowsUnnamed, let descriptor = try? system_open_unnamed(directory, permissions) {
        self.descriptor = descriptor
        isUnnamed = true
      } else {
        let temporary = AtomicFile.temporaryName(for: name)
        descriptor = try system_openat(
          directory, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        isUnnamed = false
        self.temporary = temporary
      }
    } catch {
      system_close(directory)
      throw error
    }
    self.directory = directory
    self.name = name
    try system_fchmod(descriptor, permissions)
    // On a filesystem without locks, leftovers stay.
    try? system_flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// Replaces the file at `path` with one of these bytes.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(HostError) {
    let file = try AtomicFile(replacing: path)
    try file.write(bytes)
    try file.commit()
  }

  /// The directory that must be writable to replace `path`.
  package static func directory(of path: String) -> [UInt8] { split(Array(path.utf8)).parent }

  deinit {
    if let temporary { try? system_unlinkat(directory, temporary, 0) }
    system_close(descriptor)
    system_close(directory)
  }

  /// Appends all of `bytes`.
  package func write(_ bytes: RawSpan) throws(HostError) {
    try write(bytes, at: length)
  }

  package func write(_ bytes: [UInt8]) throws(HostError) {
    try bytes.lend { (bytes) throws(HostError) in try write(bytes) }
  }

  /// Writes all of `bytes` at `offset`, for example a header that is known last.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(HostError) {
    precondition(!isCommitted, "written to after commit")
    try writeAll(descriptor, bytes, at: offset)
    length = max(length, offset + UInt64(bytes.byteCount))
  }

  /// Reads back what was written so far, by this process or by another that has the descriptor.
  package func input() throws(HostError) -> InputFile { try InputFile(sharing: descriptor) }

  /// Has the host begin to bring to storage what was written so far, by whoever has the descriptor, so that
  /// `commit` has less to wait for.
  package func beginWriteback() { godwit_begin_writeback(descriptor) }

  /// Writes the file through to storage and gives it its name, atomically.
  ///
  /// If this throws, the name still has the old file, except that it may have the new one if syncing the
  /// directory failed (`io`).
  package func commit() throws(HostError) {
    precondition(!isCommitted, "committed twice")
    try system_fsync(descriptor)
    if isUnnamed {
      // link(2) cannot replace a file, so a temporary name is needed to rename from.
      let temporary = AtomicFile.temporaryName(for: name)
      try system_link_unnamed(descriptor, directory, temporary)
      self.temporary = temporary
    }
    try system_renameat(directory, temporary!, directory, name, .replacing)
    temporary = nil
    isCommitted = true
    do throws(HostError) {
      try system_fsync(directory)
    } catch .invalid {}  // A filesystem whose directories can't be synchronised (fsync(2)).
  }

  /// Refuses a name of something that a file must not replace.
  private static func requireReplaceable(_ name: [UInt8], in directory: Int32) throws(HostError) {
    let kind: FileKind
    do throws(HostError) { kind = try system_statat(directory, name).kind } catch .notFound {
      return
    }
    switch kind {
    case .regular, .symbolicLink: return
    case .directory: throw .isDirectory
    default: throw .notSupported
    }
  }

  /// The path of the directory and the name in it, each of which may be empty.
  private static func split(_ path: [UInt8]) -> (parent: [UInt8], name: [UInt8]) {
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
      return (path.isEmpty ? [] : [UInt8(ascii: ".")], path)
    }
    let parent = slash == 0 ? [UInt8(ascii: "/")] : Array(path[..<slash])
    return (parent, Array(path[(slash + 1)...]))
  }

  private static func temporaryName(for name: [UInt8]) -> [UInt8] {
    let random = UInt64.random(in: .min ... .max)
    return temporaryPrefix(for: name) + Array("\(String(random, radix: 36)).tmp".utf8)
  }

  private static func temporaryPrefix(for name: [UInt8]) -> [UInt8] {
    // Names are limited to 255 bytes.
    [UInt8(ascii: ".")] + name.prefix(200) + [UInt8(ascii: ".")]
  }

  /// Removes temporary files for `name` whose process has ended.
  private static func removeLeftovers(of name: [UInt8], in directory: Int32) {
    let prefix = temporaryPrefix(for: name)
    let suffix = Array(".tmp".utf8)
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    guard let folder = try? system_openat(directory, [UInt8(ascii: ".")], flags),
      let entries = try? system_readdir(folder)
    else { return }
    for (entry, _) in entries
    where entry.starts(with: prefix) && entry.suffix(4).elementsEqual(suffix) {
      let middle = entry.dropFirst(prefix.count).dropLast(suffix.count)
      guard UInt64(String(decoding: middle, as: UTF8.self), radix: 36) != nil else { continue }
      let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC
      guard let descriptor = try? system_openat(directory, entry, flags) else { continue }
      defer { system_close(descriptor) }
      guard (try? system_flock(descriptor, LOCK_EX | LOCK_NB)) != nil else { continue }
      try? system_unlinkat(directory, entry, 0)
    }
  }
}

/// Writes all of `bytes` at `offset` of the file `descriptor`.
func writeAll(_ descriptor: Int32, _ bytes: RawSpan, at offset: UInt64) throws(HostError) {
  var done = 0
  while done < bytes.byteCount {
    let (place, overflow) = offset.addingReportingOverflow(UInt64(done))
    guard !overflow, let position = Int64(exactly: place) else { throw .fileTooLarge }
    done += try system_pwrite(descriptor, bytes.extracting(done..<bytes.byteCount), position)
  }
}

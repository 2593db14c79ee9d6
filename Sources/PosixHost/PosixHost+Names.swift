internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  /// The path of a `file:` or `dir:` URI, which must be absolute.
  func nativePath(_ uri: StreamURI) throws(HostError) -> [UInt8] {
    guard uri.scheme == .file || uri.scheme == .dir else { throw .invalid }
    if uri.path.isEmpty { throw .notFound }
    guard uri.path[0] == UInt8(ascii: "/"), !uri.path.contains(0) else { throw .invalid }
    return uri.path
  }

  package func attributes(at uri: StreamURI) throws(HostError) -> FileAttributes {
    FileAttributes(try system_lstat(try nativePath(uri)))
  }

  package func setAttributes(at uri: StreamURI, _ change: AttributeChange) throws(HostError) {
    let path = try nativePath(uri)
    // Changing nothing needs the file, too.
    _ = try system_lstat(path)
    // The owner first: changing it clears the set-id bits that a change of permissions may set.
    if change.userID != nil || change.groupID != nil {
      try system_chown(path, change.userID ?? .max, change.groupID ?? .max)
    }
    if let permissions = change.permissions { try system_chmod(path, permissions & 0o7777) }
    if change.accessed != nil || change.modified != nil {
      try system_utimens(path, change.accessed, change.modified)
    }
  }

  package func entries(of uri: StreamURI) throws(HostError) -> [DirectoryEntry] {
    let path = try nativePath(uri)
    let directory = try system_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    var entries: [DirectoryEntry] = []
    for (name, type) in try system_readdir(directory) {
      if let kind = FileKind(directoryType: type) {
        entries.append(DirectoryEntry(name: name, kind: kind))
      } else {
        // Not every filesystem tells the type here (readdir(3)). A name that is gone by now is left out.
        do throws(HostError) {
          let status = try system_lstat(StreamURI(.dir, path).child(name).path)
          entries.append(DirectoryEntry(name: name, kind: FileKind(mode: status.st_mode)))
        } catch .notFound {}
      }
    }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return entries
  }

  package func makeDirectory(at uri: StreamURI, permissions: UInt16) throws(HostError) {
    let path = try nativePath(uri)
    try system_mkdir(path, permissions & 0o7777)
    try system_chmod(path, permissions & 0o7777)
  }

  package func makeSymbolicLink(at uri: StreamURI, to target: [UInt8]) throws(HostError) {
    try system_symlink(target, try nativePath(uri))
  }

  package func readSymbolicLink(at uri: StreamURI) throws(HostError) -> [UInt8] {
    try system_readlink(try nativePath(uri))
  }

  package func makeLink(at uri: StreamURI, to existing: StreamURI) throws(HostError) {
    try system_link(try nativePath(existing), try nativePath(uri))
  }

  package func rename(_ from: StreamURI, to: StreamURI, exclusive: Bool) throws(HostError) {
    if exclusive {
      try system_rename_exclusive(try nativePath(from), try nativePath(to))
    } else {
      try system_rename(try nativePath(from), try nativePath(to))
    }
  }

  package func remove(at uri: StreamURI, isDirectory: Bool) throws(HostError) {
    let path = try nativePath(uri)
    if isDirectory { return try system_rmdir(path) }
    do throws(HostError) {
      try system_unlink(path)
    } catch .notPermitted {
      // What POSIX says where Linux says EISDIR.
      let kind = (try? system_lstat(path)).map { FileKind(mode: $0.st_mode) }
      throw kind == .directory ? .isDirectory : .notPermitted
    }
  }

  package func volume(of uri: StreamURI) throws(HostError) -> VolumeAttributes {
    let volume = try system_statvfs(try nativePath(uri))
    return VolumeAttributes(
      blockSize: UInt64(volume.f_frsize), blocks: UInt64(volume.f_blocks),
      blocksFree: UInt64(volume.f_bfree), blocksAvailable: UInt64(volume.f_bavail),
      files: UInt64(volume.f_files), filesFree: UInt64(volume.f_ffree),
      nameLimit: UInt64(volume.f_namemax))
  }
}

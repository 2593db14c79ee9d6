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
  // MARK: Attributes

  package func attributes(at name: HostName) throws(HostError) -> FileAttributes {
    let place = try place(name)
    return try system_statat(place.descriptor, place.name)
  }

  package func setAttributes(at name: HostName, _ change: AttributeChange) throws(HostError) {
    try withDescriptor(name, changes: true) { (file) throws(HostError) in
      // The owner comes first: changing it clears set-id bits.
      if change.userID != nil || change.groupID != nil {
        try system_chown_descriptor(file, change.userID ?? .max, change.groupID ?? .max)
      }
      if let permissions = change.permissions {
        guard try system_statat(file, []).kind != .symbolicLink else { throw .notSupported }
        try system_chmod_descriptor(file, permissions & 0o7777)
      }
      if change.accessed != nil || change.modified != nil {
        try system_utimens_descriptor(file, change.accessed, change.modified)
      }
    }
  }

  package func extendedAttribute(_ attribute: [UInt8], at name: HostName)
    throws(HostError) -> [UInt8]?
  {
    let place = try place(name)
    return try system_getxattr(place.descriptor, place.name, attribute)
  }

  package func extendedAttributes(at name: HostName) throws(HostError) -> [[UInt8]] {
    let place = try place(name)
    return try system_listxattr(place.descriptor, place.name)
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  package func setExtendedAttribute(_ attribute: [UInt8], at name: HostName, to value: [UInt8]?)
    throws(HostError)
  {
    let place = try place(name, changes: true)
    if let value {
      try system_setxattr(place.descriptor, place.name, attribute, value)
    } else {
      try system_removexattr(place.descriptor, place.name, attribute)
    }
  }

  package func volume(of name: HostName) throws(HostError) -> VolumeAttributes {
    try withDescriptor(name) { (file) throws(HostError) in
      let volume = try system_fstatvfs(file)
      return VolumeAttributes(
        blockSize: UInt64(volume.f_frsize), blocks: UInt64(volume.f_blocks),
        blocksFree: UInt64(volume.f_bfree), blocksAvailable: UInt64(volume.f_bavail),
        files: UInt64(volume.f_files), filesFree: UInt64(volume.f_ffree),
        nameLimit: UInt64(volume.f_namemax))
    }
  }

  // MARK: Directories

  package func entries(of name: HostName) throws(HostError) -> [DirectoryEntry] {
    let place = try place(name)
    // "." reopens the descriptor itself, and fails unless it is a directory.
    let path = place.name.isEmpty ? [UInt8(ascii: ".")] : place.name
    let directory = try system_openat(
      place.descriptor, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    var entries: [DirectoryEntry] = []
    var unknown: [[UInt8]] = []
    for (name, type) in try system_readdir(directory) {
      if let kind = FileKind(directoryType: type) {
        entries.append(DirectoryEntry(name: name, kind: kind))
      } else {
        unknown.append(name)
      }
    }
    // Not every filesystem reports the type (readdir(3)). Names that have vanished meanwhile are left out.
    for entry in unknown {
      do throws(HostError) {
        let kind = try attributes(at: name.child(entry)).kind
        entries.append(DirectoryEntry(name: entry, kind: kind))
      } catch .notFound {}
    }
    // The C library reports a removed directory as empty.
    if entries.isEmpty, try attributes(at: name).linkCount == 0 { throw .notFound }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return entries
  }

  package func makeDirectory(at name: HostName, permissions: UInt16) throws(HostError) {
    let place = try namedPlace(name, changes: true)
    try system_mkdirat(place.descriptor, place.name, permissions & 0o7777)
    // The umask may have cleared some bits.
    let flags = O_DIRECTORY | O_CLOEXEC | system_O_PATH
    let directory = try system_openat(place.descriptor, place.name, flags)
    defer { system_close(directory) }
    try system_chmod_descriptor(directory, permissions & 0o7777)
  }

  package func makeSymbolicLink(at name: HostName, to target: [UInt8]) throws(HostError) {
    let place = try namedPlace(name, changes: true)
    try system_symlinkat(target, place.descriptor, place.name)
  }

  package func readSymbolicLink(at name: HostName) throws(HostError) -> [UInt8] {
    let place = try place(name)
    do throws(HostError) {
      return try system_readlinkat(place.descriptor, place.name)
    } catch .notFound where place.name.isEmpty {
      // Linux's error for an open file that is not a symbolic link.
      throw .invalid
    }
  }

  package func makeLink(at name: HostName, to existing: HostName) throws(HostError) {
    // A hard link in a writable place would make the file writable.
    let source = try place(existing, changes: true)
    let place = try namedPlace(name, changes: true)
    try system_linkat(source.descriptor, source.name, place.descriptor, place.name)
  }

  package func rename(_ from: HostName, to: HostName, _ how: RenameKind) throws(HostError) {
    let source = try namedPlace(from, changes: true)
    let target = try namedPlace(to, changes: true)
    try system_renameat(
      source.descriptor, source.name, target.descriptor, target.name, how)
  }

  package func remove(at name: HostName, isDirectory: Bool) throws(HostError) {
    let place = try namedPlace(name, changes: true)
    if isDirectory {
      return try system_unlinkat(place.descriptor, place.name, Int32(AT_REMOVEDIR))
    }
    do throws(HostError) {
      try system_unlinkat(place.descriptor, place.name, 0)
    } catch .notPermitted {
      // POSIX has EPERM where Linux has EISDIR.
      let kind = try? system_statat(place.descriptor, place.name).kind
      throw kind == .directory ? .isDirectory : .notPermitted
    }
  }
}

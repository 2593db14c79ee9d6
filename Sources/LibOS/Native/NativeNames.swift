import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  static let nativeNameRows: [SyscallRow] = [
    nativeCall(13, "attributes(at:)", [.address, .address]) { call throws(Errno) in
      var writer = ByteWriter()
      writer.write(try call.target(try NativeName(call, 0)).status())
      try call.store(writer.bytes, to: call.address(1))
      return .success
    },
    nativeCall(14, "setAttributes(at:_:)", [.address, .address]) { call throws(Errno) in
      try setAttributes(call)
    },
    nativeCall(
      15, "extendedAttribute(_:at:)", [.inBuffer(length: 1), .size, .address, .address, .size]
    ) { call throws(Errno) in
      let name = try attributeName(call)
      let target = try call.target(try NativeName(call, 2))
      do throws(Errno) {
        let inode = try name.check(call, target, isWrite: false)
        guard let value = try inode.extendedAttributes()[name.bytes] else { throw .ENODATA }
        return try call.answer(value, 3)
      } catch {
        guard error == .ENODATA else { throw error }
        return .value(nativeNone)
      }
    },
    nativeCall(16, "extendedAttributes(at:)", [.address, .address, .size]) { call throws(Errno) in
      let all = try call.target(try NativeName(call, 0)).inode.extendedAttributes()
      var names = ByteWriter()
      for name in all.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        names.write(UInt8(clamping: name.count))
        names.write(name)
      }
      return try call.answer(names.bytes, 1)
    },
    nativeCall(
      17, "setExtendedAttribute(_:at:to:)",
      [.inBuffer(length: 1), .size, .address, .inBuffer(length: 4), .size]
    ) { call throws(Errno) in
      let name = try attributeName(call)
      let target = try call.target(try NativeName(call, 2), changes: true)
      let inode = try name.check(call, target, isWrite: true)
      let isRemoved = call[4] == .max
      let value = isRemoved ? nil : try call.bytes(3, limit: XattrName.valueLimit, orElse: .ENOSPC)
      let isThere = try inode.extendedAttributes()[name.bytes] != nil
      if isThere || !isRemoved { try inode.setExtendedAttribute(name.bytes, value) }
      target.report(.IN_ATTRIB)
      return .success
    },
    nativeCall(18, "entries(of:)", [.address, .address, .size]) { call throws(Errno) in
      try entries(call)
    },
    nativeCall(19, "makeDirectory(at:permissions:)", [.address, .octal]) { call throws(Errno) in
      guard call[1] & ~0o7777 == 0 else { throw .EINVAL }
      let (directory, name) = try call.parent(try NativeName(call, 0))
      try call.vfs.makeDirectory(
        name, from: directory, permissions: call.uint(1), caller: call.exactCaller)
      return .success
    },
    nativeCall(20, "makeSymbolicLink(at:to:)", [.address, .inBuffer(length: 2), .size]) {
      call throws(Errno) in
      let (directory, name) = try call.parent(try NativeName(call, 0))
      let target = try call.bytes(1, limit: Limits.PATH_MAX - 1, orElse: .ENAMETOOLONG)
      guard !target.contains(0) else { throw .EINVAL }
      try call.vfs.makeSymbolicLink(name, from: directory, to: target, caller: call.exactCaller)
      return .success
    },
    nativeCall(21, "readSymbolicLink(at:)", [.address, .address, .size]) { call throws(Errno) in
      let inode = try call.target(try NativeName(call, 0)).inode
      guard inode.type == .S_IFLNK else { throw .EINVAL }
      return try call.answer(try inode.readLink(), 1)
    },
    nativeCall(22, "makeLink(at:to:)", [.address, .address]) { call throws(Errno) in
      let (directory, name) = try call.parent(try NativeName(call, 0))
      guard case .dentry(let existing) = try call.target(try NativeName(call, 1), changes: true)
      else { throw .EACCES }
      try call.vfs.link(existing, to: name, from: directory, caller: call.exactCaller)
      return .success
    },
    nativeCall(23, "rename(_:to:_:)", [.address, .address, .int]) { call throws(Errno) in
      let flags: RenameFlags
      switch call[2] {
      case 0: flags = []
      case 1: flags = .RENAME_NOREPLACE
      case 2: flags = .RENAME_EXCHANGE
      default: throw .EINVAL
      }
      let (from, name) = try call.parent(try NativeName(call, 0))
      let (to, newName) = try call.parent(try NativeName(call, 1))
      try call.vfs.rename(
        name, from: from, to: newName, from: to, flags: flags, caller: call.exactCaller)
      return .success
    },
    nativeCall(24, "remove(at:isDirectory:)", [.address, .int]) { call throws(Errno) in
      let (directory, name) = try call.parent(try NativeName(call, 0))
      if call[1] != 0 {
        try call.vfs.removeDirectory(name, from: directory, caller: call.exactCaller)
      } else {
        try call.vfs.unlink(name, from: directory, caller: call.exactCaller)
      }
      return .success
    },
    nativeCall(25, "volume(of:)", [.address, .address]) { call throws(Errno) in
      guard let mount = try call.target(try NativeName(call, 0)).mount else { throw .EINVAL }
      let volume = try call.vfs.statistics(of: mount)
      var writer = ByteWriter()
      writer.write(volume.f_bsize)
      for value in [
        volume.f_blocks, volume.f_bfree, volume.f_bavail, volume.f_files, volume.f_ffree,
      ] {
        writer.write(value)
      }
      writer.write(volume.f_namelen)
      try call.store(writer.bytes, to: call.address(1))
      return .success
    },
  ]
}

extension ResolveFlags {
  /// Names stay beneath their directory, and no link is followed.
  static let beneath: ResolveFlags = [.RESOLVE_BENEATH, .RESOLVE_NO_SYMLINKS]
}

extension SyscallContext {
  /// On whose behalf names are walked: files are made with exactly the permissions that the call says.
  var exactCaller: PathCaller {
    PathCaller(
      fs: FSContext(root: fs.root, cwd: fs.cwd, umask: 0), credentials: credentials)
  }

  /// What a name begins at: a place in the tree, or what is open and has none. Of the latter, which no grant led to, only
  /// what is seen of itself is to be had: EACCES.
  func place(_ name: NativeName) throws(Errno) -> Target {
    guard name.directory >= NativeProcess.firstHandle else { throw .EBADF }
    let file = try files.file(name.directory)
    let target = target(of: file)
    if case .file = target, !name.path.isEmpty { throw .EACCES }
    return target
  }

  /// What a name denotes itself.
  ///
  /// - Parameter changes: it is to be changed, which its handle must allow.
  func target(_ name: NativeName, changes: Bool = false) throws(Errno) -> Target {
    if changes { try requireChanging(name) }
    let place = try place(name)
    if changes, case .file = place { throw .EACCES }
    guard case .dentry(let start) = place, !name.path.isEmpty else { return place }
    var walker = Walker(exactCaller, from: start, resolve: .beneath)
    return .dentry(try walker.find(name.path.bytes, follow: false))
  }

  /// The directory that a name is to be made or taken away in, and its last component there.
  func parent(_ name: NativeName) throws(Errno) -> (Dentry, [UInt8]) {
    guard !name.path.isEmpty else { throw .EINVAL }
    guard case .dentry(let start) = try place(name) else { throw .EACCES }
    try requireChanging(name)
    var walker = Walker(exactCaller, from: start, resolve: .beneath)
    let last = try walker.parent(of: name.path.bytes)
    return (last.directory, last.name)
  }

  private func requireChanging(_ name: NativeName) throws(Errno) {
    if process.native.readOnly.contains(name.directory) { throw .EROFS }
  }
}

private func attributeName(_ call: SyscallContext) throws(Errno) -> XattrName {
  try XattrName(try call.bytes(0, limit: 255, orElse: .ENAMETOOLONG))
}

/// `setAttributes(at:_:)` by `struct godwit_change`.
private func setAttributes(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try call.target(try NativeName(call, 0), changes: true)
  var reader = ByteReader(try call.bytes(at: call.address(1), count: 48))
  let which: UInt32 = reader.read()
  let permissions: UInt16 = reader.read()
  let _: UInt16 = reader.read()
  let user: UInt32 = reader.read()
  let group: UInt32 = reader.read()
  guard which & ~31 == 0, permissions & ~0o7777 == 0 else { throw .EINVAL }
  func time(_ bit: UInt32) throws(Errno) -> WantedTime {
    guard which & bit != 0 else {
      let _: (UInt64, UInt64) = (reader.read(), reader.read())
      return .omit
    }
    return .time(try reader.time())
  }
  let accessed = try time(8)
  let modified = try time(16)
  if which & 6 != 0 {
    _ = try changeOwner(
      call, target, uid: which & 2 != 0 ? user : .max, gid: which & 4 != 0 ? group : .max)
  }
  if which & 1 != 0 { _ = try changeMode(call, target, UInt32(permissions)) }
  return try changeTimes(call, target, accessed, modified)
}

/// `entries(of:)`: of each its kind, the length of its name, and the name.
private func entries(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard case .dentry(let directory) = try call.target(try NativeName(call, 0)),
    directory.isDirectory
  else { throw .ENOTDIR }
  if directory.isDeleted { throw .ENOENT }
  try call.credentials.require(.R_OK, directory.inode)
  var writer = ByteWriter()
  let entries = try directory.inode.entries()
  for entry in entries.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
    writer.write(FileKind(entry.type).rawValue)
    writer.write(UInt8(clamping: entry.name.count))
    writer.write(entry.name)
  }
  return try call.answer(writer.bytes, 1)
}

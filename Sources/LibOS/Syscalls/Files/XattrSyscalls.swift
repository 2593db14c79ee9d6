import LinuxABI
import Machine

extension SyscallTable {
  package static let xattrRows: [SyscallRow] = [
    set("setxattr", x64: 188, generic: 5, .path, follow: true),
    set("lsetxattr", x64: 189, generic: 6, .path, follow: false),
    set("fsetxattr", x64: 190, generic: 7, .fd, follow: true),
    get("getxattr", x64: 191, generic: 8, .path, follow: true),
    get("lgetxattr", x64: 192, generic: 9, .path, follow: false),
    get("fgetxattr", x64: 193, generic: 10, .fd, follow: true),
    list("listxattr", x64: 194, generic: 11, .path, follow: true),
    list("llistxattr", x64: 195, generic: 12, .path, follow: false),
    list("flistxattr", x64: 196, generic: 13, .fd, follow: true),
    remove("removexattr", x64: 197, generic: 14, .path, follow: true),
    remove("lremovexattr", x64: 198, generic: 15, .path, follow: false),
    remove("fremovexattr", x64: 199, generic: 16, .fd, follow: true),
  ]

  private enum Subject: Sendable { case path, fd }

  private static let note = "not of files in mounted host directories; no access control lists"

  private static func target(_ call: SyscallContext, _ subject: Subject, _ follow: Bool)
    throws(Errno) -> SyscallContext.Target
  {
    switch subject {
    case .fd: call.target(of: try call.usableFile(0))
    case .path: try call.target(try call.path(0), follow: follow)
    }
  }

  private static func kind(_ subject: Subject) -> ArgumentKind {
    switch subject {
    case .fd: .fd
    case .path: .path
    }
  }

  private static func set(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic,
      [kind(subject), .path, .inBuffer(length: 3), .size, .flags(of: XattrFlags.self)],
      support: .partial, note: note
    ) { call throws(Errno) in
      let flags = XattrFlags(rawValue: call.uint(4))
      guard flags.unknown.isEmpty else { throw .EINVAL }
      let name = try XattrName(call)
      guard call[3] <= UInt64(XattrName.valueLimit) else { throw .E2BIG }
      let value = try call.bytes(at: call.address(2), count: Int(call[3]))
      let target = try target(call, subject, follow)
      let inode = try name.check(call, target, isWrite: true)
      let isThere = try inode.extendedAttributes()[name.bytes] != nil
      if flags.contains(.XATTR_CREATE), isThere { throw .EEXIST }
      if flags.contains(.XATTR_REPLACE), !isThere { throw .ENODATA }
      try inode.setExtendedAttribute(name.bytes, value)
      target.report(.IN_ATTRIB)
      return .success
    }
  }

  private static func get(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .path, .outBuffer, .size],
      support: .partial, note: note
    ) { call throws(Errno) in
      let name = try XattrName(call)
      let inode = try name.check(call, try target(call, subject, follow), isWrite: false)
      guard let value = try inode.extendedAttributes()[name.bytes] else { throw .ENODATA }
      return try store(value, call, call.address(2), call[3])
    }
  }

  private static func list(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .outBuffer, .size], support: .partial,
      note: note
    ) { call throws(Errno) in
      let inode = try target(call, subject, follow).inode
      let all = (try? inode.extendedAttributes()) ?? [:]
      let isPrivileged = call.credentials.has(.CAP_SYS_ADMIN)
      var names: [UInt8] = []
      for name in all.keys.sorted(by: { $0.lexicographicallyPrecedes($1) })
      where isPrivileged || !name.starts(with: Array("trusted.".utf8)) {
        names += name + [0]
      }
      return try store(names, call, call.address(1), call[2])
    }
  }

  private static func remove(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .path], support: .partial, note: note
    ) { call throws(Errno) in
      let name = try XattrName(call)
      let target = try target(call, subject, follow)
      let inode = try name.check(call, target, isWrite: true)
      guard try inode.extendedAttributes()[name.bytes] != nil else { throw .ENODATA }
      try inode.setExtendedAttribute(name.bytes, nil)
      target.report(.IN_ATTRIB)
      return .success
    }
  }

  /// Stores what was asked for, or only tells its size: ERANGE when it does not fit.
  private static func store(
    _ bytes: [UInt8], _ call: SyscallContext, _ address: GuestAddress, _ size: UInt64
  ) throws(Errno) -> SyscallResult {
    if size > 0 {
      guard bytes.count <= size else { throw .ERANGE }
      try call.store(bytes, to: address)
    }
    return .value(bytes.count)
  }
}

/// The name of an extended attribute; its namespace says who may do what with it (xattr(7)).
struct XattrName {
  /// The largest value (`XATTR_SIZE_MAX`).
  static let valueLimit = 65536

  /// Bytes that the library OS has for a node's attributes.
  static func footprint(of attributes: [[UInt8]: [UInt8]]) -> Int {
    attributes.reduce(0) { $0 + $1.key.count + $1.value.count + 64 }
  }

  enum Namespace: String, CaseIterable {
    case user = "user."
    case trusted = "trusted."
    case security = "security."
  }

  let bytes: [UInt8]
  /// nil for one that no filesystem here has.
  let namespace: Namespace?

  /// The name in argument 1: ERANGE when it is empty or too long.
  init(_ call: SyscallContext) throws(Errno) {
    try self.init(try call.string(at: call.address(1), limit: 256, orElse: .ERANGE))
  }

  /// ERANGE when it is empty or too long.
  init(_ bytes: [UInt8]) throws(Errno) {
    guard (1..<256).contains(bytes.count) else { throw .ERANGE }
    self.bytes = bytes
    namespace = Namespace.allCases.first { bytes.starts(with: Array($0.rawValue.utf8)) }
  }

  /// The inode of `target`, if the caller may read or write the attribute (`xattr_permission`).
  func check(_ call: SyscallContext, _ target: SyscallContext.Target, isWrite: Bool)
    throws(Errno) -> Inode
  {
    let inode = try target.inode
    if isWrite, target.mount?.isReadOnly == true { throw .EROFS }
    let credentials = call.credentials
    switch namespace {
    case .user:
      try checkUser(inode, credentials, isWrite: isWrite)
      try credentials.require(isWrite ? .W_OK : .R_OK, inode)
    case .trusted:
      if !credentials.has(.CAP_SYS_ADMIN) { throw isWrite ? .EPERM : .ENODATA }
    case .security:
      let needed: CapabilitySet =
        bytes == FileCapabilities.attribute ? .CAP_SETFCAP : .CAP_SYS_ADMIN
      if isWrite, !credentials.has(needed) { throw .EPERM }
    case nil: throw .EOPNOTSUPP
    }
    _ = try inode.extendedAttributes()
    guard bytes.count > namespace!.rawValue.utf8.count else { throw .EINVAL }
    return inode
  }

  /// Devices and the like are everybody's, and so is a sticky directory.
  private func checkUser(_ inode: Inode, _ credentials: Credentials, isWrite: Bool) throws(Errno) {
    guard [.S_IFREG, .S_IFDIR].contains(inode.type), !(inode is AnonymousInode) else {
      throw isWrite ? .EPERM : .ENODATA
    }
    guard isWrite, inode.type == .S_IFDIR else { return }
    let status = try inode.status()
    if status.permissions & FileMode.S_ISVTX != 0, !credentials.owns(status) { throw .EPERM }
  }
}

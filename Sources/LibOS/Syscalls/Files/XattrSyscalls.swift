import LinuxABI
import Machine

// Extended attributes: no filesystem here has any. Paths and descriptors are still checked.
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

  private static let note = "no filesystem has extended attributes"

  @discardableResult
  private static func check(_ call: SyscallContext, _ subject: Subject, _ follow: Bool)
    throws(Errno) -> SyscallContext.Target
  {
    switch subject {
    case .fd: call.target(of: try call.usableFile(0))
    case .path: try call.target(try call.path(0), follow: follow)
    }
  }

  /// The name in argument 1: ERANGE when empty or too long.
  private static func name(_ call: SyscallContext) throws(Errno) {
    let name = try call.string(at: call.address(1), limit: 256, orElse: .ERANGE)
    if name.isEmpty { throw .ERANGE }
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
      name, x64: x64, generic: generic, [kind(subject), .path, .address, .size, .hex],
      support: .refused, note: note
    ) { call throws(Errno) in
      guard call.uint(4) <= 2 else { throw .EINVAL }
      try Self.name(call)
      try check(call, subject, follow)
      throw .EOPNOTSUPP
    }
  }

  private static func get(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .path, .address, .size],
      support: .partial, note: note
    ) { call throws(Errno) in
      try Self.name(call)
      try check(call, subject, follow)
      throw .ENODATA
    }
  }

  private static func list(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .address, .size], support: .partial,
      note: note
    ) { call throws(Errno) in
      try check(call, subject, follow)
      return .success
    }
  }

  private static func remove(
    _ name: String, x64: Int, generic: Int, _ subject: Subject, follow: Bool
  ) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [kind(subject), .path], support: .refused, note: note
    ) { call throws(Errno) in
      try Self.name(call)
      try check(call, subject, follow)
      throw .ENODATA
    }
  }
}

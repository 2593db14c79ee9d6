internal import CPosixShims
internal import HostABI

/// A Landlock ruleset (landlock(7)), which denies this process and its later threads all files, ports and
/// processes that were not allowed.
struct Landlock {
  /// The version of the kernel's Landlock ABI; 0 if there is none.
  static let version = system_landlock_version()

  /// 1 to 7 so far. Rights that the version does not know are left out.
  let version: Int
  private let ruleset: Int32

  /// Makes a ruleset that allows nothing.
  ///
  /// - Parameter connects: any TCP connection may be made.
  init(version: Int, connects: Bool) throws(HostError) {
    self.version = version
    let network: UInt64 = version < 4 ? 0 : connects ? Self.bindTCP : Self.bindTCP | Self.connectTCP
    ruleset = try system_landlock_create(
      version: version, files: Self.files(version).rawValue, network: network,
      // Abstract unix sockets and signals of processes that are not confined by this.
      scoped: version < 6 ? 0 : 3)
  }

  /// Allows `access` to the file at `path`, and to all files beneath a directory.
  func allow(_ access: Access, _ path: [UInt8]) throws(HostError) {
    let descriptor = try system_open_path(path)
    defer { system_close(descriptor) }
    try allow(access, descriptor)
  }

  func allow(_ access: Access, _ descriptor: Int32) throws(HostError) {
    var access = access.intersection(Self.files(version))
    if FileKind(mode: try system_fstat(descriptor).st_mode) != .directory {
      access.formIntersection(.ofOneFile)
    }
    if !access.isEmpty { try system_landlock_allow_path(ruleset, descriptor, access.rawValue) }
  }

  /// Allows TCP services at `port`.
  func allowService(port: UInt16) throws(HostError) {
    if version >= 4 { try system_landlock_allow_port(ruleset, port, Self.bindTCP) }
  }

  /// Puts the ruleset into force and closes it.
  func enter() throws(HostError) {
    defer { system_close(ruleset) }
    try system_landlock_restrict(ruleset)
  }

  // LANDLOCK_ACCESS_NET_…
  private static let bindTCP: UInt64 = 1
  private static let connectTCP: UInt64 = 2

  /// All rights that the ruleset governs.
  private static func files(_ version: Int) -> Access {
    var access = Access(rawValue: (1 << 13) - 1)
    if version >= 2 { access.insert(.refer) }
    if version >= 3 { access.insert(.truncate) }
    if version >= 5 { access.insert(.ioctl) }
    return access
  }

  /// `LANDLOCK_ACCESS_FS_…`.
  struct Access: OptionSet, Sendable {
    let rawValue: UInt64

    static let write = Access(rawValue: 1 << 1)
    static let readFile = Access(rawValue: 1 << 2)
    static let readDirectory = Access(rawValue: 1 << 3)
    static let removeDirectory = Access(rawValue: 1 << 4)
    static let removeFile = Access(rawValue: 1 << 5)
    static let makeDirectory = Access(rawValue: 1 << 7)
    static let makeFile = Access(rawValue: 1 << 8)
    static let makeLink = Access(rawValue: 1 << 12)
    /// Moving and linking between directories.
    static let refer = Access(rawValue: 1 << 13)
    static let truncate = Access(rawValue: 1 << 14)
    /// For devices that are opened from now on.
    static let ioctl = Access(rawValue: 1 << 15)

    static let read: Access = [.readFile, .readDirectory]
    /// Without executing programs, and without making device nodes, FIFOs and sockets: those belong to the
    /// library OS.
    static let change: Access = [
      .read, .write, .truncate, .ioctl, .removeDirectory, .removeFile, .makeDirectory, .makeFile,
      .makeLink, .refer,
    ]

    /// The rights that a rule for a non-directory may have.
    static let ofOneFile: Access = [
      Access(rawValue: 1), .write, .readFile, .truncate, .ioctl,
    ]
  }
}

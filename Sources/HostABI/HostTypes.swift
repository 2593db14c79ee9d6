/// An open stream of the host. It has a meaning only for the host that returned it.
package struct HostHandle: Hashable, Sendable {
  package var rawValue: Int32
  package init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// How to open a stream.
package struct OpenOptions: OptionSet, Sendable {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The union, without the generic way of the standard library.
  @inlinable package init(arrayLiteral elements: OpenOptions...) {
    self.init(rawValue: elements.reduce(0) { $0 | $1.rawValue })
  }
  package static let read = OpenOptions(rawValue: 1)
  package static let write = OpenOptions(rawValue: 2)
  /// Make a regular file with the given mode if there is none.
  package static let create = OpenOptions(rawValue: 4)
  /// With `create`: fail with `exists` if there is a file.
  package static let exclusive = OpenOptions(rawValue: 8)
  package static let truncate = OpenOptions(rawValue: 16)
  /// Writes go to the end of the file, whatever their offset. Only reported, for inherited streams; the
  /// library OS appends by itself.
  package static let append = OpenOptions(rawValue: 32)
  /// For `tcp:` and `udp:`: listen at this local address.
  package static let listen = OpenOptions(rawValue: 64)
  /// For names and attributes only (O_PATH): nothing can be read or written, and any file can be opened this
  /// way.
  package static let path = OpenOptions(rawValue: 128)
  /// Fail with `notDirectory` for anything else.
  package static let directory = OpenOptions(rawValue: 256)
  /// Make a regular file without a name in the named directory (O_TMPFILE).
  package static let unnamed = OpenOptions(rawValue: 512)
  // A symbolic link in the last component is never followed: the library OS resolves links itself.
}

package enum FileKind: UInt8, Sendable, CaseIterable {
  case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket
}

/// Seconds and nanoseconds; since 1970 for wall time and file times.
package struct HostTime: Hashable, Comparable, Sendable {
  package var seconds: Int64
  /// 0 to 999,999,999.
  package var nanoseconds: Int32
  package init(seconds: Int64 = 0, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
  /// Nanoseconds since the epoch of the clock.
  package init(nanoseconds total: Int64) {
    let (quotient, remainder) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
    seconds = remainder < 0 ? quotient - 1 : quotient
    nanoseconds = Int32(remainder < 0 ? remainder + 1_000_000_000 : remainder)
  }
  package var totalNanoseconds: Int64 { seconds &* 1_000_000_000 &+ Int64(nanoseconds) }
  package static func < (a: Self, b: Self) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// The host's attributes of a file.
package struct FileAttributes: Sendable {
  package var kind: FileKind
  /// The twelve permission bits.
  package var permissions: UInt16
  package var userID: UInt32
  package var groupID: UInt32
  package var linkCount: UInt64
  /// Bytes.
  package var size: UInt64
  /// Units of 512 bytes.
  package var blocks: UInt64
  /// Identify the file on its host, to detect hard links and replaced files. Never shown to a guest. Hosts
  /// reuse inode numbers, so `created` is part of the identity.
  package var device: UInt64
  package var inode: UInt64
  /// The time of birth; zero if the file system does not record it.
  package var created: HostTime
  /// The device of a device node: major and minor number.
  package var deviceMajor: UInt32
  package var deviceMinor: UInt32
  package var accessed: HostTime
  package var modified: HostTime
  package var changed: HostTime

  package init(
    kind: FileKind, permissions: UInt16, userID: UInt32 = 0, groupID: UInt32 = 0,
    linkCount: UInt64 = 1, size: UInt64 = 0, blocks: UInt64 = 0, device: UInt64 = 0,
    inode: UInt64 = 0, created: HostTime = HostTime(), deviceMajor: UInt32 = 0,
    deviceMinor: UInt32 = 0, accessed: HostTime = HostTime(), modified: HostTime = HostTime(),
    changed: HostTime = HostTime()
  ) {
    self.kind = kind
    self.permissions = permissions
    self.userID = userID
    self.groupID = groupID
    self.linkCount = linkCount
    self.size = size
    self.blocks = blocks
    self.device = device
    self.inode = inode
    self.created = created
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
    self.accessed = accessed
    self.modified = modified
    self.changed = changed
  }
}

/// What `setAttributes` changes; `nil` leaves a value alone.
package struct AttributeChange: Sendable {
  package var permissions: UInt16?
  package var userID: UInt32?
  package var groupID: UInt32?
  package var accessed: HostTime?
  package var modified: HostTime?
  package init() {}
}

/// What a rename does with an existing file at the new name.
package enum RenameKind: Sendable {
  /// It is replaced.
  case replacing
  /// The rename fails if there is one.
  case exclusive
  /// The two exchange their names.
  case exchanging
}

package struct DirectoryEntry: Hashable, Sendable {
  package var name: [UInt8]
  package var kind: FileKind
  package init(name: [UInt8], kind: FileKind) {
    self.name = name
    self.kind = kind
  }
}

/// The filesystem a file lies on (`statfs`), in bytes and inodes.
package struct VolumeAttributes: Sendable {
  package var blockSize: UInt64
  package var blocks: UInt64
  package var blocksFree: UInt64
  package var blocksAvailable: UInt64
  package var files: UInt64
  package var filesFree: UInt64
  package var nameLimit: UInt64
  package init(
    blockSize: UInt64, blocks: UInt64, blocksFree: UInt64, blocksAvailable: UInt64, files: UInt64,
    filesFree: UInt64, nameLimit: UInt64 = 255
  ) {
    self.blockSize = blockSize
    self.blocks = blocks
    self.blocksFree = blocksFree
    self.blocksAvailable = blocksAvailable
    self.files = files
    self.filesFree = filesFree
    self.nameLimit = nameLimit
  }
}

/// Events of a stream.
package struct Readiness: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let readable = Readiness(rawValue: 1)
  package static let writable = Readiness(rawValue: 2)
  /// The other end is closed.
  package static let hangup = Readiness(rawValue: 4)
  package static let error = Readiness(rawValue: 8)
}

/// A stream to wait for, and the events to wait for.
package struct WaitItem: Sendable {
  package var handle: HostHandle
  package var interest: Readiness
  package init(handle: HostHandle, interest: Readiness) {
    self.handle = handle
    self.interest = interest
  }
}

package enum HostClock: Sendable {
  /// From an arbitrary start; never goes back.
  case monotonic
  /// Since 1970.
  case realtime
  /// Processor time of this host process.
  case processorTime
}

/// The modes of a terminal, as in the kernel's generic `struct termios2`, which all guest ISAs share.
package struct TerminalModes: Hashable, Sendable {
  package var input: UInt32
  package var output: UInt32
  package var control: UInt32
  package var local: UInt32
  package var line: UInt8
  /// 19 control characters.
  package var characters: [UInt8]
  package var inputSpeed: UInt32
  package var outputSpeed: UInt32
  package init(
    input: UInt32, output: UInt32, control: UInt32, local: UInt32, line: UInt8,
    characters: [UInt8], inputSpeed: UInt32, outputSpeed: UInt32
  ) {
    self.input = input
    self.output = output
    self.control = control
    self.local = local
    self.line = line
    self.characters = characters
    self.inputSpeed = inputSpeed
    self.outputSpeed = outputSpeed
  }
}

/// When a change of terminal modes takes effect (`TCSETS`, `TCSETSW`, `TCSETSF`).
package enum TerminalChange: Sendable { case now, drained, flushed }

package struct WindowSize: Hashable, Sendable {
  package var rows: UInt16
  package var columns: UInt16
  package var pixelWidth: UInt16
  package var pixelHeight: UInt16
  package init(rows: UInt16, columns: UInt16, pixelWidth: UInt16 = 0, pixelHeight: UInt16 = 0) {
    self.rows = rows
    self.columns = columns
    self.pixelWidth = pixelWidth
    self.pixelHeight = pixelHeight
  }
}

/// The kind of a stream, which the library OS adapts to.
package enum StreamKind: Sendable {
  /// Has a position and a size; always ready.
  case file(FileKind)
  case terminal
  /// A pipe, socket or the like: a sequence of bytes; reads and writes may have to wait.
  case pipe
  /// Any other inherited descriptor; it cannot travel.
  case other
}

/// Facts about the machine that the guest may be told.
package struct MachineFacts: Sendable {
  package var processors: Int
  /// Bytes.
  package var memory: UInt64
  package var hostName: String
  package init(processors: Int, memory: UInt64, hostName: String) {
    self.processors = processors
    self.memory = memory
    self.hostName = hostName
  }
}

/// Changes of a file's extent beyond a plain `setLength`.
package enum Allocation: Sendable {
  /// Reserve storage for the bytes; the file grows unless `keepSize` is set.
  case reserve(keepSize: Bool)
  /// Zero the bytes and free their storage.
  case punchHole
}

/// A stream that the host has open. Only meaningful to the host that gave it.
package struct HostHandle: Hashable, Sendable {
  package var rawValue: Int32
  package init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// How to open a stream.
package struct OpenOptions: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package static let read = OpenOptions(rawValue: 1)
  package static let write = OpenOptions(rawValue: 2)
  /// Make a regular file when there is none, with the mode given.
  package static let create = OpenOptions(rawValue: 4)
  /// With `create`: fail with `exists` when there is one.
  package static let exclusive = OpenOptions(rawValue: 8)
  package static let truncate = OpenOptions(rawValue: 16)
  /// Writes go to the end, whatever their offset. Only reported, of streams that were inherited: the
  /// library OS appends by itself.
  package static let append = OpenOptions(rawValue: 32)
  /// Of `tcp:` and `udp:`: the address is this machine's own, and others send to it.
  package static let listen = OpenOptions(rawValue: 64)
  /// For names alone: no bytes are read or written through it, and any file can be opened so.
  package static let path = OpenOptions(rawValue: 128)
  /// Nothing but a directory.
  package static let directory = OpenOptions(rawValue: 256)
  /// A new regular file without a name, in the directory named.
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

/// What the host says of a file.
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
  /// Identify the file on its host, to notice hard links and replaced files. Never shown to a guest.
  /// Since a host gives an inode number away again, `created` belongs to them.
  package var device: UInt64
  package var inode: UInt64
  /// When the file was made; zero where the file system does not know.
  package var created: HostTime
  /// The device a device node stands for: major and minor.
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

/// What a rename does with the name that it moves something to.
package enum RenameKind: Sendable {
  /// What is there goes.
  case replacing
  /// Nothing may be there.
  case exclusive
  /// What is there takes the old name.
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

/// What may happen on a stream.
package struct Readiness: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let readable = Readiness(rawValue: 1)
  package static let writable = Readiness(rawValue: 2)
  /// The other end is gone.
  package static let hangup = Readiness(rawValue: 4)
  package static let error = Readiness(rawValue: 8)
}

/// One stream to wait for, and for what.
package struct WaitItem: Sendable {
  package var handle: HostHandle
  package var interest: Readiness
  package init(handle: HostHandle, interest: Readiness) {
    self.handle = handle
    self.interest = interest
  }
}

package enum HostClock: Sendable {
  /// Since an arbitrary start; never steps back.
  case monotonic
  /// Since 1970.
  case realtime
  /// Processor time this host process has used.
  case processorTime
}

/// A terminal's modes in the kernel's generic `struct termios2` layout, which every guest ISA shares.
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

/// What a stream is, so that the library OS can treat it rightly.
package enum StreamKind: Sendable {
  /// Has a position and a size; always ready.
  case file(FileKind)
  case terminal
  /// A pipe, socket or the like: a sequence of bytes that may have to be waited for.
  case pipe
  /// Anything else that was inherited; cannot travel.
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
  /// Make sure the bytes have storage, growing the file unless `keepSize`.
  case reserve(keepSize: Bool)
  /// Zero the bytes and give up their storage.
  case punchHole
}

/// What each target may do: design section 1 as a table.
enum Rules {
  /// The standard C library, by its name on each platform.
  static let libc: Set<String> = ["Glibc", "Musl", "Darwin"]

  /// Parts of the Swift toolchain that any target may import.
  static let everywhere: Set<String> = ["Swift", "Synchronization"]

  /// The modules that a target's sources may import, besides those of `everywhere`.
  static let imports: [String: Set<String>] = [
    "Zstd": ["CZstd"],
    "Disassembler": ["CCapstoneShims"],
    "Base64Text": [],
    "Age": ["Base64Text", "Crypto", "CryptoExtras"],
    "Snapshot": ["Base64Text", "Zstd", "Crypto"],
    "HostABI": [],
    "JSONText": ["HostABI", "FoundationEssentials"],
    "SupervisorMessages": [],
    "ELF": [],
    "Machine": [],
    "LinuxABI": ["Machine"],
    // Generated messages, and what makes them convenient.
    "LibOSState": ["SwiftProtobuf", "Foundation", "FoundationEssentials"],
    "MigrationMessages": ["SwiftProtobuf", "Foundation", "FoundationEssentials"],
    // SwiftProtobuf for the messages that state is saved as; never Unicorn, libc or Foundation.
    "LibOS": [
      "Machine", "LinuxABI", "HostABI", "ELF", "Snapshot", "LibOSState", "SwiftProtobuf",
    ],
    "UnicornEngine": ["Machine", "CUnicorn", "CUnicornShims"],
    "PosixHost": libc.union(["HostABI", "CPosixShims"]),
    "TestHost": ["HostABI"],
    "ConformanceReports": ["HostABI"],
    // Foundation for the JSON that a plug is spoken to in.
    "HostConformance": libc.union([
      "ConformanceReports", "FoundationEssentials", "HostABI", "PosixHost",
    ]),
    // No library OS: it judges that of others, too.
    "LinuxConformance": ["ConformanceReports", "HostABI", "PosixHost"],
    "Picoprocess": [
      "Age", "LibOS", "LibOSState", "LinuxABI", "Machine", "HostABI", "ELF", "MigrationMessages",
      "Snapshot", "UnicornEngine", "PosixHost", "Logging", "FoundationEssentials", "JSONText",
      "SupervisorMessages",
    ],
    // No part of the guest's side, and no network.
    "Policies": ["HostABI", "PosixHost", "FoundationEssentials", "Yams"],
    "godwit": libc.union([
      "Age", "Picoprocess", "Disassembler", "ArgumentParser", "ConformanceReports", "HostABI",
      "HostConformance", "LinuxConformance", "PosixHost", "LibOS", "Snapshot", "JSONText",
      "SupervisorMessages",
    ]),
    // Never LibOS, Picoprocess or an engine: what it wants of them, it has godwit do.
    "Supervisor": [
      "Base64Text", "HostABI", "JSONText", "Policies", "PosixHost", "SupervisorMessages",
      "FoundationEssentials", "Crypto", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "NIOTLS",
      "NIOWebSocket", "SwiftASN1", "X509",
    ],
    "godwit-supervisor": ["PosixHost", "Supervisor"],
  ]

  /// Imports that single files or folders may do beyond their target's.
  static let folderImports: [String: Set<String>] = [
    // Reserving and giving back host memory.
    "Machine/Memory/HostMemory.swift": libc
  ]

  /// The files that may have conditional compilation (`Docs/Porting.md`).
  static let platformPlaces: Set<String> = [
    "CPosixShims/Darwin.c", "CPosixShims/Linux.c", "CPosixShims/LinuxConfinement.c",
    "CPosixShims/LinuxNames.c", "CPosixShims/LinuxNamespaces.c",
    "CPosixShims/LinuxTermios2.c",
    "CPosixShims/include/CPosixShims.h", "CUnicornShims/CUnicornShims.c",
    "Machine/Memory/HostMemory.swift", "PosixHost/System+Confinement.swift",
    "PosixHost/System+Linux.swift",
  ]

  /// Where unsafe code is allowed: the three places of the design, and those of
  /// `Docs/Decisions/0001-unsafe-in-c-bindings.md`.
  static let unsafePlaces: [String] = [
    "Machine/Memory/", "UnicornEngine/", "PosixHost/",
    "Zstd/Zstd.swift", "Zstd/Shuffle.swift", "Disassembler/Disassembler.swift",
    "TestHost/Bytes.swift", "HostConformance/Bytes.swift", "HostConformance/Native.swift",
  ]

  /// Lines that a `// SAFETY:` comment speaks for, after itself.
  static let safetyReach = 12

  /// The number of unsafe lines without a comment, by file: it may only decrease.
  static let safetyOwed: [String: Int] = [
    "Machine/Memory/FrameArena.swift": 1,
    "PosixHost/System+Linux.swift": 2,
    "PosixHost/System.swift": 1,
    "UnicornEngine/Emulator.swift": 14,
    "UnicornEngine/RegisterBatch.swift": 3,
    "UnicornEngine/StopToken.swift": 1,
  ]

  static let lineLimit = 600
}

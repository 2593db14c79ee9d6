// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled under the same rules: Swift 6 mode, strict memory safety, explicit
/// existentials and imports, warnings are errors.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// Swift 6.2 has mutating methods of spans only with this, and with `@_lifetime` on each.
let spanMethods: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

/// Generated code (protoc-gen-swift) is not ours to restyle.
let generated: [SwiftSetting] = []

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil,
  settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// Where bootstrap has put what this build is linked with: each architecture of hosts has its own.
let dependencies =
  Context.environment["PKG_CONFIG_PATH"]?.split(separator: ":").first.map { "\($0)/../.." }
  ?? ".deps"

/// Swift's own libraries become part of an optimised executable: it starts sooner, takes less memory, and runs where
/// there is no Swift. FoundationEssentials does not name the two that it needs.
let staticRuntime: [LinkerSetting] = [
  // The 40,000 names that it would show to libraries are of no use to any, and looking through them takes time. So does
  // correcting 90,000 addresses for wherever it would be loaded.
  .unsafeFlags(
    [
      "-static-stdlib", "-Xlinker", "--no-export-dynamic", "-Xclang-linker", "-no-pie",
      "-Xclang-linker", "-static-libgcc", "-L\(dependencies)/static",
    ],
    .when(platforms: [.linux], configuration: .release)),
  .linkedLibrary(
    "_FoundationCollections", .when(platforms: [.linux], configuration: .release)),
  .linkedLibrary("_FoundationCShims", .when(platforms: [.linux], configuration: .release)),
]

/// The supervisor has all of Foundation, for Yams' sake.
let supervisorRuntime: [LinkerSetting] =
  staticRuntime
  + ["CoreFoundation", "_FoundationICU", "stdc++"].map {
    .linkedLibrary($0, .when(platforms: [.linux], configuration: .release))
  }

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let niossl = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "godwit",
  products: [
    .executable(name: "godwit", targets: ["godwit"]),
    .executable(name: "godwit-supervisor", targets: ["godwit-supervisor"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    // Of the supervisor alone.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    // Its streams for messages, a trait, would bring in all of Foundation, 45 MB.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    // For the supervisor's policies; nothing else links it.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries, found through pkg-config.
    // No package provides this Unicorn: it is Scripts/bootstrap's (Docs/Decisions/0002).
    .systemLibrary(name: "CUnicorn", pkgConfig: "unicorn"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // Scripts/bootstrap says that it is not linked: it is loaded where it is used.
    .systemLibrary(name: "CCapstone", pkgConfig: "godwit-capstone"),
    .target(name: "CCapstoneShims", dependencies: ["CCapstone"]),
    .target(name: "CUnicornShims", dependencies: ["CUnicorn"]),
    .target(name: "CPosixShims"),

    // One-file Swift faces of C libraries.
    library("Zstd", ["CZstd"], settings: spanMethods),
    library("Disassembler", ["CCapstoneShims"]),

    library("Base64Text"),
    library("Age", ["Base64Text", crypto, cryptoExtras]),
    library("Snapshot", ["Base64Text", "Zstd", crypto]),
    library("HostABI"),
    library("JSONText", ["HostABI"]),
    // What godwit, the supervisor and supervisors of other machines say to each other.
    library("SupervisorMessages"),
    library("ELF"),
    library("Machine", settings: spanMethods),
    library("LinuxABI", ["Machine"]),
    .target(
      name: "LibOSState", dependencies: [protobuf], exclude: ["State.proto"],
      swiftSettings: generated),
    .target(
      name: "MigrationMessages", dependencies: [protobuf], exclude: ["Migration.proto"],
      swiftSettings: generated),
    library("LibOS", ["Machine", "LinuxABI", "HostABI", "ELF", "Snapshot", "LibOSState"]),
    library("UnicornEngine", ["Machine", "CUnicorn", "CUnicornShims"]),
    library("PosixHost", ["HostABI", "CPosixShims"]),
    library("TestHost", ["HostABI"], settings: spanMethods),
    // What came of checks, in the formats that other tools read.
    library("ConformanceReports", ["HostABI"]),
    // The checks of the host ABI's contract, for the tests and for `godwit conformance host`.
    library(
      "HostConformance", ["ConformanceReports", "HostABI", "PosixHost"], settings: spanMethods),
    // Runs Guests/ as a benchmark of any system that runs Linux programs: `godwit conformance linux`.
    library("LinuxConformance", ["ConformanceReports", "HostABI", "PosixHost"]),
    library(
      "Picoprocess",
      [
        "Age", "JSONText", "LibOS", "LibOSState", "LinuxABI", "Machine", "HostABI",
        "MigrationMessages", "Snapshot", "SupervisorMessages", "UnicornEngine", "PosixHost", crypto,
      ]),
    // When applications move by themselves: for the supervisor only.
    library("Policies", ["HostABI", "PosixHost", yaml]),
    .executableTarget(
      name: "godwit",
      dependencies: [
        "Age", "ConformanceReports", "Disassembler", "HostConformance", "JSONText",
        "LinuxConformance", "Picoprocess", "SupervisorMessages", arguments,
      ],
      swiftSettings: strict, linkerSettings: staticRuntime),
    // What `godwit serve` runs. Only it has NIO and TLS.
    library(
      "Supervisor",
      [
        "Base64Text", "HostABI", "JSONText", "Policies", "PosixHost", "SupervisorMessages", crypto,
        niossl,
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
        // The console's page is part of the program.
      ], resources: [.embedInCode("Console/Page")]),
    .executableTarget(
      name: "godwit-supervisor", dependencies: ["PosixHost", "Supervisor"],
      swiftSettings: strict, linkerSettings: supervisorRuntime),

    .target(
      name: "TestSupport", dependencies: ["Machine", "Snapshot"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("MachineTests", ["Machine", "TestSupport"]),
    tests("ELFTests", ["ELF", "TestSupport"]),
    tests("SnapshotTests", ["Snapshot", "Zstd", "TestSupport"]),
    tests("AgeTests", ["Age", crypto, "TestSupport"]),
    tests("UnicornEngineTests", ["UnicornEngine", "Machine"]),
    tests(
      "HostTests", ["ConformanceReports", "HostABI", "HostConformance", "PosixHost", "TestHost"]),
    tests("LinuxConformanceTests", ["ConformanceReports", "LinuxConformance"]),
    tests("LinuxABITests", ["LinuxABI"]),
    tests(
      "LibOSTests",
      [
        "LibOS", "LibOSState", "Machine", "LinuxABI", "HostABI", "Snapshot", "TestHost",
        "TestSupport", "FuzzTargets",
        "UnicornEngine",
      ]),
    // What `make fuzz` feeds with changed snapshots. Without a fuzzer the command runs them on files.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "HostABI", "LibOS", "LibOSState", "LinuxABI", "Machine", "Snapshot", "TestHost",
        "TestSupport",
      ], path: "Tests/Fuzz/FuzzTargets", swiftSettings: strict),
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "snapshot-fuzz", dependencies: ["FuzzTargets", "CFuzzer"],
      path: "Tests/Fuzz/SnapshotFuzz", swiftSettings: strict),
    // A godwit whose guest may make any call of the host, for tests of what the process is confined to.
    .target(name: "CRawCall", path: "Tests/CRawCall"),
    .executableTarget(
      name: "broken-kernel", dependencies: ["Picoprocess", "LibOS", "CRawCall"],
      path: "Tests/BrokenKernel", swiftSettings: strict),
    tests(
      "GodwitTests",
      [
        "HostABI", "JSONText", "LibOS", "LibOSState", "Machine", "MigrationMessages", "Picoprocess",
        "PosixHost", "Snapshot", "TestSupport", "broken-kernel",
      ],
      exclude: [
        "age.py", "browser.py", "connections.py", "console.py", "consoles.sh", "cut.py",
        "display.py", "knock.py",
        "load.py",
        "machines.sh", "mounts.py", "networks.sh",
        "peers.py",
        "policies.sh", "reader.py", "relay.py", "scenarios.sh", "screen.py", "store.py",
        "supervisor.py",
        "supervisors.sh", "versions.py", "wire.py",
      ]),
    tests("PolicyTests", ["Policies", "TestSupport"], exclude: ["logind.py"]),
    tests("DisassemblerTests", ["Disassembler"]),
    tests("ArchitectureTests", []),
  ],
  swiftLanguageModes: [.v6]
)

import Foundation
import Testing

/// The checkout, the built command and the guests in it.
enum Checkout {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The command under test: this build's, or the one that `GODWIT` says.
  static var godwit: URL {
    if let path = ProcessInfo.processInfo.environment["GODWIT"] {
      return URL(fileURLWithPath: path)
    }
    #if DEBUG
      return root.appendingPathComponent(".build/debug/godwit")
    #else
      return root.appendingPathComponent(".build/release/godwit")
    #endif
  }

  /// Where the commands under test keep their signing key: not where the developer's own is.
  static let configuration = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-tests-\(getuid())").path

  /// The environment of commands under test. A crash keeps its signal, for the test to see.
  static let settings = [
    "XDG_CONFIG_HOME": configuration, "XDG_STATE_HOME": configuration + "/state",
    "GODWIT_BACKTRACE": "1", "SWIFT_BACKTRACE": "enable=no",
  ]

  static var godwitForARM64: URL { root.appendingPathComponent(".build-arm64/release/godwit") }
  static var supervisorForARM64: URL {
    root.appendingPathComponent(".build-arm64/release/godwit-supervisor")
  }

  static func guest(_ name: String, _ isa: String) -> URL {
    root.appendingPathComponent(".deps/guests/\(isa)/\(name)")
  }

  /// Those of guests.
  static let isas = ["x86_64", "aarch64", "riscv64"]

  static func rootfs(_ isa: String) -> URL {
    let architecture = ["x86_64": "amd64", "aarch64": "arm64"][isa] ?? isa
    return root.appendingPathComponent(".deps/rootfs/\(architecture)")
  }

  /// The root with servers in it: `make compat-rootfs`.
  static func servers(_ isa: String) -> URL { URL(fileURLWithPath: rootfs(isa).path + "-apps") }

  #if arch(x86_64)
    static let nativeISA = "x86_64"
  #else
    static let nativeISA = "aarch64"
  #endif
}

/// How a command ended, and what it said.
struct Outcome: Sendable {
  var status: Int32
  var output: Data
  var error: String
  /// How many processes it took.
  var hops = 1

  var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a command to its end; one that takes longer than `limit` seconds is killed and fails.
func execute(_ program: URL, _ arguments: [String], limit: Int = 120) throws -> Outcome {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let output = folder.appendingPathComponent("out")
  let error = folder.appendingPathComponent("err")
  let status = try spawn(
    "/usr/bin/timeout", ["-s", "KILL", "\(limit)", program.path] + arguments, output: output.path,
    error: error.path)
  return Outcome(
    status: status, output: try Data(contentsOf: output),
    error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
}

/// The machine that a build of Godwit is for.
enum HostBuild: String, CustomTestStringConvertible, Sendable {
  /// This one.
  case here
  /// An ARM64 one, played by qemu-user: `make arm64`.
  case arm64

  #if arch(x86_64)
    static let all: [HostBuild] = [.here, .arm64]
  #else
    static let all: [HostBuild] = [.here]
  #endif

  var testDescription: String { rawValue }
}

/// Runs Godwit.
func godwit(_ arguments: [String], on host: HostBuild = .here, limit: Int = 120) throws -> Outcome {
  switch host {
  case .here: return try execute(Checkout.godwit, arguments, limit: limit)
  case .arm64:
    let build = Checkout.godwitForARM64.path
    guard FileManager.default.isExecutableFile(atPath: build) else {
      throw Failed("\(build) is missing: make arm64")
    }
    let sysroot = Checkout.root.appendingPathComponent(".deps/arm64/sysroot").path
    return try execute(
      URL(fileURLWithPath: "/usr/bin/qemu-aarch64-static"),
      ["-L", sysroot, build] + arguments, limit: limit)
  }
}

/// Runs a guest to its end with a suspension, and a resumption by a new process, every `interval`
/// system calls, on `hosts` in turn. The output of all parts is joined.
func hopping(
  _ arguments: [String], resume: [String] = [], every interval: Int, limit: Int = 120,
  on hosts: [HostBuild] = [.here]
) throws -> Outcome {
  let snapshot = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString).snapshot")
  defer { try? FileManager.default.removeItem(at: snapshot) }
  var whole = Data()
  var command = ["run"]
  var rest = arguments
  for hop in 1...400 {
    let next = snapshot.appendingPathExtension("next")
    let host = hosts[(hop - 1) % hosts.count]
    var part = try godwit(
      command + ["--suspend-at-syscall", "\(hop * interval)", "--output", next.path] + rest,
      on: host, limit: limit)
    whole += part.output
    part.hops = hop
    guard FileManager.default.fileExists(atPath: next.path) else {
      part.output = whole
      return part
    }
    try? FileManager.default.removeItem(at: snapshot)
    try FileManager.default.moveItem(at: next, to: snapshot)
    command = ["resume"] + resume
    rest = [snapshot.path]
  }
  throw Failed("the guest did not end within 400 hops")
}

struct Failed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

import Foundation
import Snapshot
import Testing

/// A snapshot that needs what this build lacks is refused by name, before anything runs, on every host.
@Suite struct RefusalTests {
  struct Demand: CustomTestStringConvertible, Sendable {
    var name: String
    /// The text of the refusal after the file's name.
    var refusal: String
    var isa = "x86_64"
    var abiVersion: UInt32 = 1
    var features: Set<String> = []
    var section: UInt32?
    var testDescription: String { name }
  }

  static let demands = [
    Demand(
      name: "instruction set",
      refusal: "the snapshot is of a guest for \"s390x\", which can't be run", isa: "s390x"),
    Demand(
      name: "ABI version",
      refusal: "the snapshot has library OS ABI 77; this version runs 1 to 1", abiVersion: 77),
    Demand(
      name: "processor of an x86-64 guest",
      refusal: "the snapshot needs the feature \"x86_64 avx512f\", which is missing",
      features: ["x86_64 sse4_2", "x86_64 avx512f"]),
    Demand(
      name: "processor of an AArch64 guest",
      refusal: "the snapshot needs the feature \"aarch64 sve\", which is missing", isa: "aarch64",
      features: ["aarch64 aes", "aarch64 sve"]),
    Demand(
      name: "library OS",
      refusal: "the snapshot has a section 4242 that must be understood, but is unknown",
      section: 4242),
  ]

  @Test(arguments: demands, HostBuild.all)
  func whatIsMissingIsNamed(_ demand: Demand, _ host: HostBuild) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try snapshot(demand).write(to: file)
    let outcome = try godwit(["resume", file.path], on: host)
    #expect(outcome.status == 125)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error == "godwit: \(file.path): \(demand.refusal)\n")
  }

  private func snapshot(_ demand: Demand) throws -> Data {
    var bytes = Data()
    let writer = try SnapshotWriter(
      SnapshotHeader(
        guestISA: demand.isa, libraryOSVersion: "99.0.0", abiVersion: demand.abiVersion,
        requiredFeatures: demand.features)
    ) { span in
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    if let section = demand.section {
      try writer.addSection(section, isCritical: true, [1, 2, 3])
    }
    _ = try writer.finish(id: SnapshotID(high: 1, low: 2))
    return bytes
  }

  /// Requirements of a real snapshot: the features that its guest may have detected.
  @Test(arguments: Checkout.isas) func snapshotsSayWhatTheyNeed(isa: String) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let taken = try godwit([
      "run", "--suspend-at-syscall", "5", "--output", file.path, "--",
      Checkout.guest("pi", isa).path,
    ])
    #expect(taken.status == 0, "\(taken.error)")
    let bytes = try Data(contentsOf: file)
    let features = ["x86_64": ["sse4_2", "cx16"], "aarch64": ["atomics", "asimd"]]
    for feature in features[isa] ?? ["a", "d", "c"] {
      #expect(bytes.prefix(4096).contains(text: "\(isa) \(feature)"))
    }
    for other in Checkout.isas where other != isa {
      #expect(!bytes.prefix(4096).contains(text: "\(other) "))
    }
  }
}

extension Data {
  fileprivate func contains(text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}

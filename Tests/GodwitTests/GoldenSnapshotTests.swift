import Foundation
import Testing

/// Snapshots that earlier versions wrote (`Scripts/golden`): this one reads them, and the guests in them go on.
@Suite struct GoldenSnapshotTests {
  private static let folder = Checkout.root.appendingPathComponent("Tests/Golden")

  private static func names(in folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  struct Golden: CustomTestStringConvertible, Sendable {
    /// Of a version of the format and the state.
    var folder: String
    /// The file, without its extension.
    var name: String
    var testDescription: String { "\(folder)/\(name)" }
    var path: String { GoldenSnapshotTests.folder.path + "/" + testDescription }
  }

  static let all = names(in: folder).flatMap { version in
    names(in: folder.appendingPathComponent(version)).filter { $0.hasSuffix(".snapshot") }
      .map { Golden(folder: version, name: String($0.dropLast(9))) }
  }

  /// None was lost.
  @Test func everyVersionIsThere() {
    let known = Set(Self.all.map(\.testDescription))
    for (version, isas) in [
      ("format-2-abi-1", ["x86_64", "aarch64"]), ("format-2-abi-1-riscv64", ["riscv64"]),
    ] {
      for isa in isas {
        for kind in ["whole", "increment"] {
          #expect(known.contains("\(version)/\(isa)-\(kind)"))
        }
      }
    }
  }

  @Test(arguments: all) func goldenSnapshotsGoOn(_ golden: Golden) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      mkdir root
      printf '\\n\\n' >input
      # Where the machine's Capstone does not know the ISA, `inspect` says so.
      $G verify '\(golden.path).snapshot' >/dev/null
      $G inspect '\(golden.path).snapshot' >/dev/null 2>said || cat said >&2
      $G resume --root root '\(golden.path).snapshot' <input | cmp - '\(golden.path).output'
      $G resume --root root --suspend-every 5 '\(golden.path).snapshot' <input | cmp - '\(golden.path).output'
      cd '\(Self.folder.path)/\(golden.folder)'
      grep -Fx "$($G digest \(golden.name).snapshot)  \(golden.name).snapshot" digests
      """)
    #expect(outcome.error.isEmpty, "\(outcome.error)")
    #expect(outcome.text.hasSuffix("  \(golden.name).snapshot\n"))
  }
}

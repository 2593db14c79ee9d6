package import LibOS
package import Snapshot
import TestSupport

/// What a fuzzer changes in a snapshot: any of its bytes, or the message in one section. An input is always a whole
/// snapshot, so `godwit verify` and `godwit resume` take what a fuzzer finds.
package enum FuzzTarget: Hashable, Sendable {
  case container
  case section(StateSection)

  package static let all: [FuzzTarget] = [.container] + StateSection.allCases.map { .section($0) }

  package init?(_ name: String) {
    guard let target = Self.all.first(where: { $0.name == name }) else { return nil }
    self = target
  }

  package var name: String {
    switch self {
    case .container: "container"
    case .section(let section): "\(section)"
    }
  }

  /// Reads `input` as Godwit does. Traps if Godwit would, or if what it says contradicts itself.
  ///
  /// - Throws: the reason why Godwit refuses it.
  package func run(_ input: [UInt8]) throws(SnapshotError) {
    switch self {
    case .container: try ContainerCheck.run(input)
    case .section: try StateCheck.run(SnapshotReader(SnapshotBytes(input)))
    }
  }

  /// A changed `input` with correct digests; nil if it is not a snapshot whose parts could be changed.
  ///
  /// - Parameter change: changes bytes as the fuzzer sees fit.
  package func mutated(_ input: [UInt8], seed: UInt64, change: (inout [UInt8]) -> Void) -> [UInt8]?
  {
    var numbers = SeededNumbers(seed)
    switch self {
    case .container:
      var bytes = input
      change(&bytes)
      // Now and then what is damaged stays so.
      return numbers.below(8) == 0 ? bytes : ContainerRepair.repaired(bytes)
    case .section(let section):
      guard let reader = try? SnapshotReader(SnapshotBytes(input)),
        var parts = try? SnapshotParts(reader), var bytes = parts.sections[section.rawValue]
      else { return nil }
      if numbers.below(4) != 0, var message = WireMessage(bytes) {
        for _ in 0...numbers.below(3) { message.change(using: &numbers) }
        bytes = message.bytes
      } else {
        change(&bytes)
      }
      parts.sections[section.rawValue] = bytes
      return try? parts.encoded()
    }
  }
}

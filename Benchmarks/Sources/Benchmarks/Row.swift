/// Something to measure.
protocol Row: Sendable {
  var name: String { get }

  /// Measures it `rounds` times. Throws `Failure` when what was run did not do its work.
  func measure(rounds: Int) throws -> [Result]
}

/// A line of the table.
struct Result {
  var name: String
  var godwit: String
  var qemu = ""
  var ratio: Double?
  var target: String
  var reached: Bool?
  /// Where it lies in the drawing.
  var point: Point?
  /// Of a real program, all runners' figures.
  var program: ProgramFigures?
  /// Whether it is one of a real program, or a mean of such.
  var isOfPrograms = false
  /// Whether Godwit could not do the work.
  var failed = false
}

/// A time that depends on the memory of a guest.
struct Point {
  /// The name of the curve.
  var curve: String
  /// MiB.
  var memory: Int
  var seconds: Double
}

/// The guest ISAs, as their toolchains spell them.
enum ISA: String, CaseIterable {
  case x86_64, aarch64, riscv64

  /// Those that the programs' roots are made for.
  static let ofPrograms: [ISA] = [.x86_64, .aarch64]

  var qemu: String { "qemu-\(rawValue)-static" }
  /// As Debian spells it.
  var debian: String {
    switch self {
    case .x86_64: "amd64"
    case .aarch64: "arm64"
    case .riscv64: "riscv64"
    }
  }
  var rootfs: String { ".deps/rootfs/\(debian)" }
  func guest(_ name: String) -> String { ".deps/guests/\(rawValue)/bench/\(name)" }
}

let godwit = ".build/release/godwit"

/// The middle value; of an even number of values the mean of the middle two.
func median<Value: BinaryFloatingPoint>(_ values: [Value]) -> Value {
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

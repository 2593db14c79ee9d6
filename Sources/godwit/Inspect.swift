import ArgumentParser
import Disassembler
import Picoprocess

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a snapshot holds.")

  @Argument(help: "The snapshot.")
  var file: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let description = try SnapshotDescription(file)
    let report = description.report { bytes, address, isa in
      guard let isa = DisassemblyISA(rawValue: isa) else { return [] }
      return disassemble(bytes, at: address, isa: isa, count: 4).map { ($0.address, $0.text) }
    }
    Console.show(json ? JSON.pretty(report) : report.text)
  }
}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every byte of a snapshot.")

  @Argument(help: "The snapshot.")
  var file: String

  func run() throws { Console.show(try SnapshotFile.verify(file)) }
}

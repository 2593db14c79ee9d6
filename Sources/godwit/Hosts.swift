import ArgumentParser
import HostABI
import JSONText
import Picoprocess
import SupervisorMessages

struct Hosts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Show this machine and its peers, and what runs there.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    guard case .hosts(let reports) = try SupervisorClient.ask(.hosts) else {
      throw Failure("the supervisor is of another version")
    }
    if json { return Console.show(JSON.pretty(reports)) }
    let rows = reports.map { report in
      report.status.map { row(report.name, $0) }
        ?? [report.name, "-", "-", "-", "-", "-", printable(report.error ?? "it does not say")]
    }
    Console.show(table([["NAME", "ISA", "CPUS", "LOAD", "FREE", "BATTERY", "RUNS"]] + rows))
  }

  private func row(_ name: String, _ status: MachineStatus) -> [String] {
    let battery = status.battery.map { "\($0.percent)%\($0.isOnMains ? "+" : "-")" } ?? "-"
    return [
      name, status.isa, "\(status.processors)", hundredths(status.load),
      "\(status.memoryAvailable >> 20)M of \(status.memory >> 20)M", battery,
      status.applications.isEmpty ? "-" : status.applications.joined(separator: " "),
    ]
  }

  /// A peer may say any number.
  private func hundredths(_ number: Double) -> String {
    guard let all = Int(exactly: (number * 100).rounded()) else { return "-" }
    let rest = abs(all % 100)
    return "\(all / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}

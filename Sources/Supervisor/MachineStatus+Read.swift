import HostABI
import PosixHost
import SupervisorMessages

extension MachineStatus {
  /// That of this machine.
  init(applications: [String], _ facts: MachineFacts) {
    let load = Self.text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) }
    self.init(
      isa: Self.isa, processors: facts.processors, load: load ?? 0, memory: facts.memory,
      memoryAvailable: Self.memoryAvailable, battery: Self.battery, applications: applications)
  }

  private static let isa =
    text("/proc/sys/kernel/arch").split(separator: "\n").first.map { String($0) } ?? "-"

  private static var memoryAvailable: UInt64 {
    let line = text("/proc/meminfo").split(separator: "\n").first {
      $0.hasPrefix("MemAvailable:")
    }
    return (line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) << 10
  }

  private static let supplies = "/sys/class/power_supply"

  /// The first that feeds the machine, not a mouse.
  private static var battery: Battery? {
    let names = ((try? directoryNames(supplies)) ?? []).map { String(decoding: $0, as: UTF8.self) }
    for name in names {
      func fact(_ file: String) -> String {
        String(text("\(supplies)/\(name)/\(file)").prefix { $0 != "\n" })
      }
      guard fact("type") == "Battery", fact("scope") != "Device",
        let percent = Int(fact("capacity"))
      else { continue }
      return Battery(percent: percent, isCharging: fact("status") != "Discharging")
    }
    return nil
  }

  /// A file of the kernel's; empty if there is none.
  private static func text(_ path: String) -> String {
    guard let bytes = try? InputFile(path).read(at: 0, count: 4096) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}

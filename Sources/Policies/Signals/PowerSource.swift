/// Batteries and mains, by the files of Linux's power supply class.
package final class PowerSource: SignalSource {
  private let directory: String

  package init(directory: String = "/sys/class/power_supply") { self.directory = directory }

  package func read(into observation: inout Observation) {
    var mains: [Bool] = []
    var batteries: [(charge: Double, weight: Double)] = []
    var isDischarging = false
    for name in SmallFile.names(directory) {
      let supply = "\(directory)/\(name)"
      // That of a mouse says nothing of the machine.
      guard SmallFile.text("\(supply)/scope") != "Device" else { continue }
      switch SmallFile.text("\(supply)/type") {
      case "Battery":
        guard SmallFile.number("\(supply)/present") != 0, let battery = battery(supply) else {
          continue
        }
        batteries.append(battery)
        if SmallFile.text("\(supply)/status") == "Discharging" { isDischarging = true }
      case nil: continue
      default: if let online = SmallFile.number("\(supply)/online") { mains.append(online != 0) }
      }
    }
    let weight = batteries.reduce(0) { $0 + $1.weight }
    let charge = batteries.reduce(0) { $0 + $1.charge * $1.weight }
    // A machine without either is plugged in.
    let isOnMains = mains.contains(true) || (mains.isEmpty && !isDischarging)
    observation.power = PowerState(
      isOnMains: batteries.isEmpty || isOnMains,
      charge: weight > 0 ? Percent(clamping: Int((charge / weight).rounded())) : nil)
  }

  /// Its charge in percent, and how much it counts among others.
  private func battery(_ supply: String) -> (charge: Double, weight: Double)? {
    for kind in ["energy", "charge"] {
      if let now = SmallFile.number("\(supply)/\(kind)_now"),
        let full = SmallFile.number("\(supply)/\(kind)_full"), full > 0, now >= 0
      {
        return (min(100, 100 * Double(now) / Double(full)), Double(full))
      }
    }
    guard let capacity = SmallFile.number("\(supply)/capacity"), (0...100).contains(capacity) else {
      return nil
    }
    return (Double(capacity), 1)
  }

  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? {
    // A machine that has no battery gets none.
    observation.power.charge == nil ? nil : observation.after(needs.power)
  }
}

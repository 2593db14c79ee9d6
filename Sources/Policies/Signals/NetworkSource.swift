/// The machine's links, by procfs and sysfs.
package final class NetworkSource: SignalSource {
  private let wireless: String
  private let interfaces: String
  private var hasRadio = false

  package init(proc: String = "/proc", sys: String = "/sys") {
    wireless = "\(proc)/net/wireless"
    interfaces = "\(sys)/class/net"
  }

  /// The best value of the first column of /proc/net/wireless, for all drivers of today.
  private static let bestQuality = 70.0

  package func read(into observation: inout Observation) {
    let radios = qualities()
    hasRadio = !radios.isEmpty
    var hasCarrier = false
    var hasWire = false
    for name in SmallFile.names(interfaces) where name != "lo" {
      guard SmallFile.number("\(interfaces)/\(name)/carrier") == 1 else { continue }
      hasCarrier = true
      // Bridges and the ends of containers' links have no device.
      let isDevice = !SmallFile.names("\(interfaces)/\(name)/device").isEmpty
      if isDevice, radios[name] == nil { hasWire = true }
    }
    let best = hasCarrier ? radios.values.max() : nil
    observation.network = NetworkState(quality: hasWire ? nil : best, hasCarrier: hasCarrier)
  }

  /// By the names of interfaces.
  private func qualities() -> [String: Percent] {
    guard let text = SmallFile.text(wireless) else { return [:] }
    var found: [String: Percent] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 3, let name = words.first, name.last == ":", words[2].last == ".",
        let quality = Double(words[2].dropLast()), (0...255).contains(quality)
      else { continue }
      found[String(name.dropLast())] = Percent(
        clamping: Int((quality / Self.bestQuality * 100).rounded()))
    }
    return found
  }

  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? {
    // Nobody moves the end of a wire away; that one has come or gone is seen once a minute.
    guard let network = needs.network else { return nil }
    return observation.after(hasRadio ? network : .minutes(1))
  }
}

internal import PosixHost

/// How busy the processors are, and how full the memory is, by procfs.
package final class LoadSource: SignalSource {
  private let directory: String
  private let processors: Int

  /// - Parameter processors: nil: those of this machine.
  package init(directory: String = "/proc", processors: Int? = nil) {
    self.directory = directory
    self.processors = max(1, processors ?? HostProcess.processorCount)
  }

  package func read(into observation: inout Observation) {
    observation.processors = processors
    if let text = SmallFile.text("\(directory)/loadavg"),
      let load = text.split(separator: " ").first.flatMap({ Double($0) }), load.isFinite, load >= 0
    {
      observation.load = load / Double(processors)
    }
    readMemory(&observation)
  }

  /// Tasks that wait for memory so much of the time mean that there is too little, whatever is said to be free.
  private static let highPressure = 10.0

  private func readMemory(_ observation: inout Observation) {
    guard let text = SmallFile.text("\(directory)/meminfo") else { return }
    var sizes: [Substring: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" }
      // In KiB.
      if words.count >= 2, let size = UInt64(words[1]), size < 1 << 50 { sizes[words[0]] = size }
    }
    guard let total = sizes["MemTotal"], total > 0, let free = sizes["MemAvailable"] else { return }
    observation.memoryFree = free << 10
    let used = 1 - Double(min(free, total)) / Double(total)
    observation.memoryUsed = pressure >= Self.highPressure ? 1 : used
  }

  /// Percent of the last minute in which some task waited for memory.
  private var pressure: Double {
    guard let text = SmallFile.text("\(directory)/pressure/memory"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
      let word = line.split(separator: " ").first(where: { $0.hasPrefix("avg60=") })
    else { return 0 }
    return Double(word.dropFirst(6)) ?? 0
  }

  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? {
    [observation.after(needs.load), observation.after(needs.memory)].compactMap { $0 }.min()
  }
}

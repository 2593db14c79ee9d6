/// The state of a machine.
package struct MachineStatus: Sendable, Hashable, Codable {
  /// As Godwit names it.
  package var isa: String
  package var processors: Int
  /// Processes that want a processor, on average over the last minute.
  package var load: Double
  /// Bytes.
  package var memory: UInt64
  /// Bytes that programs could have without swapping.
  package var memoryAvailable: UInt64
  /// Nil: it has none.
  package var battery: Battery?
  /// The names of the applications that run there.
  package var applications: [String]

  package struct Battery: Sendable, Hashable, Codable {
    /// Of what it can hold.
    package var percent: Int
    package var isCharging: Bool

    package init(percent: Int, isCharging: Bool) {
      (self.percent, self.isCharging) = (percent, isCharging)
    }
  }

  package init(
    isa: String, processors: Int, load: Double, memory: UInt64, memoryAvailable: UInt64,
    battery: Battery?, applications: [String]
  ) {
    self.isa = isa
    self.processors = processors
    self.load = load
    self.memory = memory
    self.memoryAvailable = memoryAvailable
    self.battery = battery
    self.applications = applications
  }
}

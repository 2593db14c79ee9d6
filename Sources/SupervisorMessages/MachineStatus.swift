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
  /// The same, for rules that move them.
  package var details: [RunningApplication]?
  /// It is about to sleep or to shut down.
  package var isLeaving: Bool?
  /// Applications with which it went on in place of a machine that was lost, by their ids: how often that happened to each.
  package var successions: [String: Int]?
  /// The digests of the copies that it keeps of applications which run elsewhere, by their ids.
  package var copies: [String: String]?
  /// The ids of applications that have ended there, and of which peers may have copies.
  package var ended: [String]?

  package struct Battery: Sendable, Hashable, Codable {
    /// Of what it can hold.
    package var percent: Int
    package var isOnMains: Bool

    package init(percent: Int, isOnMains: Bool) {
      (self.percent, self.isOnMains) = (percent, isOnMains)
    }
  }

  package init(
    isa: String, processors: Int, load: Double, memory: UInt64, memoryAvailable: UInt64,
    battery: Battery?, applications: [RunningApplication]
  ) {
    self.isa = isa
    self.processors = processors
    self.load = load
    self.memory = memory
    self.memoryAvailable = memoryAvailable
    self.battery = battery
    self.applications = applications.map(\.name)
    details = applications
  }
}

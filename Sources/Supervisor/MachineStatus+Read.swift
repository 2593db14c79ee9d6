import HostABI
import Policies
import PosixHost
import SupervisorMessages

extension MachineStatus {
  /// That of this machine, by the same sources that its rules go by.
  init(applications: [RunningApplication], isLeaving: Bool, _ facts: MachineFacts) {
    var seen = Observation(here: "")
    Signals([PowerSource(), LoadSource()]).read(into: &seen)
    self.init(
      isa: HostProcess.machine, processors: facts.processors,
      load: (seen.load ?? 0) * Double(facts.processors), memory: facts.memory,
      memoryAvailable: seen.memoryFree ?? 0,
      battery: seen.power.charge.map {
        Battery(percent: $0.value, isOnMains: seen.power.isOnMains)
      }, applications: applications)
    self.isLeaving = isLeaving
  }
}

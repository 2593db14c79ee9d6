import HostABI
import Policies
import SupervisorMessages

extension MachineStatus {
  /// That of this machine, by the same sources that its rules go by.
  init(applications: [RunningApplication], isLeaving: Bool, _ facts: MachineFacts) {
    var seen = Observation(
      here: "", now: 0, wall: WallTime(seconds: 0, weekday: .mon, secondOfDay: 0))
    Signals([PowerSource(), LoadSource()]).read(into: &seen)
    self.init(
      isa: SmallFile.text("/proc/sys/kernel/arch") ?? "-", processors: facts.processors,
      load: (seen.load ?? 0) * Double(facts.processors), memory: facts.memory,
      memoryAvailable: seen.memoryFree ?? 0,
      battery: seen.power.charge.map {
        Battery(percent: $0.value, isOnMains: seen.power.isOnMains)
      }, applications: applications)
    self.isLeaving = isLeaving
  }
}

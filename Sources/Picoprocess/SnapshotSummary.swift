import LibOS
import LibOSState
package import Snapshot

/// What a snapshot's state says, for `godwit inspect`.
package struct SnapshotSummary {
  package var lines: [String] = []

  package init(_ reader: SnapshotReader) throws(Failure) {
    do throws(SnapshotError) {
      let processes: Godwit_State_Processes = try StateLoader.section(.processes, reader)
      let tasks: Godwit_State_Tasks = try StateLoader.section(.tasks, reader)
      for task in tasks.tasks {
        let state = task.blocked ? "waiting" : "running"
        lines.append(
          "task \(task.tid)       \(state) at 0x\(String(task.registers.programCounter, radix: 16))")
      }
      for process in processes.processes {
        lines.append(
          "process \(process.pid)    \(String(decoding: process.executable, as: UTF8.self))")
        for mapping in process.mappings {
          let bits = zip("rwx", [1, 2, 4] as [UInt32])
          let permissions = String(bits.map { mapping.permissions & $1 != 0 ? $0 : "-" })
          lines.append(
            "  \(String(mapping.start, radix: 16))-\(String(mapping.end, radix: 16)) \(permissions) "
              + String(decoding: mapping.name, as: UTF8.self))
        }
        for descriptor in process.descriptors {
          lines.append("  descriptor \(descriptor.fd): open file \(descriptor.file)")
        }
      }
    } catch { throw Failure("\(error)") }
  }
}

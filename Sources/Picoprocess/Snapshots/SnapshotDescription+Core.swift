import HostABI
import LibOS
import LibOSState
import Machine
import PosixHost
import Snapshot

extension SnapshotDescription {
  /// Writes an ELF core file of one process, whole or not at all.
  ///
  /// - Parameter pid: nil for the first process that has not ended.
  /// - Returns: what was written, and which other processes there are, for people.
  package func exportCore(pid: Int32?, to path: String) throws(Failure) -> String {
    let process = try process(pid)
    let name = process.isa.isEmpty ? kernel.isa : process.isa
    guard let isa = GuestISA(rawValue: name) else {
      throw Failure("\(self.path): no core file is known for the guest ISA \(name)")
    }
    guard !path.isEmpty else { throw Failure("a core file needs a name, not ''") }
    let memory: SavedMemory
    let notes: [UInt8]
    do throws(SnapshotError) {
      memory = try SavedMemory(self, process)
      notes = try coreNotes(of: process, memory, isa: isa)
    } catch { throw Failure(self.path, error) }
    let core = CoreFile(isa, notes: notes, memory)
    let file: AtomicFile
    do throws(HostError) { file = try AtomicFile(replacing: path, permissions: 0o600) } catch {
      throw error == .notSupported
        ? Failure("\(path): not a regular file") : Failure(path, error)
    }
    try core.write(to: file, memory, names: (path, self.path))
    try withFailure(path) { () throws(HostError) in try file.commit() }
    return summary(process, path, core)
  }

  private func process(_ pid: Int32?) throws(Failure) -> Godwit_State_Process {
    guard let pid else {
      guard let first = living.first else {
        throw Failure("\(path): it has no process that has not ended")
      }
      return first
    }
    if let process = living.first(where: { $0.pid == pid }) { return process }
    let hasEnded = processes.processes.contains { $0.pid == pid }
    throw Failure("\(path): process \(pid) " + (hasEnded ? "has ended" : "is not in it"))
  }

  /// The processes that have threads.
  private var living: [Godwit_State_Process] {
    let pids = Set(tasks.tasks.map(\.pid))
    return processes.processes.filter { pids.contains($0.pid) }
  }

  private func summary(_ process: Godwit_State_Process, _ path: String, _ core: CoreFile) -> String
  {
    let threads = tasks.tasks.count { $0.pid == process.pid }
    let others = living.filter { $0.pid != process.pid }
      .map { "\($0.pid) (\(text($0.executable)))" }
    return "\(path): process \(process.pid) (\(text(process.executable))), "
      + "\(threads) thread\(threads == 1 ? "" : "s"), \(core.size) bytes"
      + (others.isEmpty ? "" : "\nalso in \(self.path): " + others.joined(separator: ", "))
  }
}

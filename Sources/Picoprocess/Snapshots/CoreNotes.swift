import LibOS
import LibOSState
import LinuxABI
import Machine
import Snapshot

extension SnapshotDescription {
  /// The notes of a core file of `process`.
  func coreNotes(of process: Godwit_State_Process, _ memory: SavedMemory, isa: GuestISA)
    throws(SnapshotError) -> [UInt8]
  {
    let threads = tasks.tasks.filter { $0.pid == process.pid }
    let leader = threads.firstIndex { $0.tid == process.pid } ?? 0
    let others = threads.indices.filter { $0 != leader }
    return try CoreNotes(
      process, ([leader] + others).map { threads[$0] }, isa, arguments: arguments(of: process),
      files: memory.mappings.filter { $0.hasFile && !$0.name.isEmpty }.map {
        CoreNotes.MappedFile(pages: $0.pages, firstFilePage: $0.firstFilePage, name: $0.name)
      }
    ).encoded()
  }

  /// The arguments of the program, as far as they are in one page.
  private func arguments(of process: Godwit_State_Process) -> [UInt8] {
    let start = 7
    guard process.layout.count > start + 1, process.layout[start] < process.layout[start + 1] else {
      return []
    }
    let count = Int(clamping: process.layout[start + 1] - process.layout[start])
    return bytes(of: process, at: process.layout[start], count: min(count, 80))
  }
}

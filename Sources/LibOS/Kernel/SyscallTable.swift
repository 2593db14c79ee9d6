package import Machine

/// The rows of one ISA, by number.
package struct SyscallTable: Sendable {
  private let rows: [SyscallRow?]
  /// The rows' handlers alone: to copy a whole row takes longer than many a call.
  private let handlers: [SyscallRow.Handler?]

  package init(isa: GuestISA, adding more: [SyscallRow] = []) {
    var rows: [SyscallRow?] = []
    for row in Self.all + more {
      guard let number = row.number(on: isa) else { continue }
      while rows.count <= number { rows.append(nil) }
      precondition(rows[number] == nil, "two rows for system call \(number) on \(isa)")
      rows[number] = row
    }
    self.rows = rows
    handlers = rows.map { $0?.handler }
  }

  package func handler(_ number: UInt64) -> SyscallRow.Handler? {
    number < UInt64(handlers.count) ? handlers[Int(number)] : nil
  }

  package subscript(number: UInt64) -> SyscallRow? {
    number < UInt64(rows.count) ? rows[Int(number)] : nil
  }

  /// Every row, group by group; each group stands beside its handlers in `Syscalls/`.
  package static let all: [SyscallRow] = [
    memoryRows, taskRows, cloneRows, execRows, waitRows, pidRows, groupRows, terminalRows,
    futexRows, identityRows, limitRows, prctlRows, namespaceRows, signalRows,
    readWriteRows, openRows, statRows, nameRows, attributeRows, descriptorRows, copyRows, xattrRows,
    inotifyRows, pipeRows, eventRows, pollRows, timeRows, timerRows, socketRows, messageRows,
    sharedMemoryRows, semaphoreRows, messageQueueRows, processMemoryRows, schedulingRows,
    missingRows,
  ].flatMap { $0 }
}

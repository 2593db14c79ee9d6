package import Machine

/// The rows of one ISA, by number.
package struct SyscallTable: Sendable {
  /// Where a row stands: the rows are many bytes, and are not copied for every ISA.
  private struct Place {
    var group: UInt8
    var index: UInt8
  }

  private let groups: [[SyscallRow]]
  private let places: [Place?]
  /// The rows' handlers alone: to copy a whole row takes longer than many a call.
  private let handlers: [SyscallRow.Handler?]
  /// What answers numbers that no row has; without one, they are ENOSYS.
  private let fallback: SyscallRow.Handler?

  package init(isa: GuestISA, adding more: [SyscallRow] = []) {
    self.init(Self.groups + [more], isa)
  }

  /// The rows of `groups` for `isa`.
  init(_ groups: [[SyscallRow]], _ isa: GuestISA, fallback: SyscallRow.Handler? = nil) {
    self.groups = groups
    self.fallback = fallback
    var places: [Place?] = []
    var handlers: [SyscallRow.Handler?] = []
    for (group, rows) in groups.enumerated() {
      for (index, row) in rows.enumerated() {
        guard let number = row.number(on: isa) else { continue }
        while places.count <= number {
          places.append(nil)
          handlers.append(nil)
        }
        precondition(places[number] == nil, "two rows for system call \(number) on \(isa)")
        places[number] = Place(group: UInt8(group), index: UInt8(index))
        handlers[number] = row.handler
      }
    }
    self.places = places
    self.handlers = handlers
  }

  package func handler(_ number: UInt64) -> SyscallRow.Handler? {
    (number < UInt64(handlers.count) ? handlers[Int(number)] : nil) ?? fallback
  }

  package subscript(number: UInt64) -> SyscallRow? {
    guard number < UInt64(places.count), let place = places[Int(number)] else { return nil }
    return groups[Int(place.group)][Int(place.index)]
  }

  /// Every row, group by group.
  package static var all: [SyscallRow] { groups.flatMap { $0 } }

  /// Each group stands beside its handlers in `Syscalls/`.
  private static let groups: [[SyscallRow]] = [
    memoryRows, lockedMemoryRows, taskRows, cloneRows, execRows, waitRows, pidRows, groupRows,
    terminalRows, futexRows, identityRows, credentialRows, seccompRows, limitRows, priorityRows,
    prctlRows, namespaceRows, signalRows,
    readWriteRows, openRows, statRows, nameRows, attributeRows, descriptorRows, copyRows, xattrRows,
    inotifyRows, pipeRows, eventRows, pollRows, timeRows, timerRows, socketRows, messageRows,
    sharedMemoryRows, semaphoreRows, messageQueueRows, posixQueueRows, asyncRows, processMemoryRows,
    schedulingRows,
    resourceRows, nodeRows, missingRows,
  ]
}

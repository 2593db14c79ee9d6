import LibOSState
import Snapshot

extension FileLocks {
  /// The locks, in the order in which they were taken or lie in the file.
  ///
  /// - Parameter heldOn: an open file of the inode, by number.
  /// - Parameter file: the number of an open file that owns locks.
  func save(heldOn: UInt64, file: (ObjectIdentifier) -> UInt64?) -> [Godwit_State_Lock] {
    func lock(_ owner: Owner, isExclusive: Bool, kind: UInt32) -> Godwit_State_Lock? {
      var state = Godwit_State_Lock()
      state.heldOn = heldOn
      state.kind = kind
      state.exclusive = isExclusive
      switch owner {
      case .process(let pid): state.pid = pid
      case .file(let identifier):
        guard let id = file(identifier) else { return nil }
        state.file = id
      }
      return state
    }
    let flocks = whole.compactMap { whole in
      var state = lock(whole.owner, isExclusive: whole.isExclusive, kind: 0)
      state?.pid = whole.pid
      return state
    }
    let ranges = records.compactMap { record in
      var state = lock(record.owner, isExclusive: record.isExclusive, kind: 1)
      state?.start = record.range.lowerBound
      state?.end = record.range.upperBound
      return state
    }
    let leases = self.leases.compactMap { lease in
      var state = lock(.file(ObjectIdentifier(lease.file)), isExclusive: lease.isExclusive, kind: 2)
      state?.descriptor = lease.descriptor
      if let breaking = lease.breaking {
        state?.breaking = breaking.mayStay ? 1 : 2
        state?.deadline = breaking.deadline
      }
      return state
    }
    return flocks + ranges + leases
  }
}

extension StateLoader {
  /// Puts the locks back. The files must have been restored.
  func restoreLocks() throws(SnapshotError) {
    for state in files.locks {
      guard let locks = try? file(state.heldOn).inode.locks,
        state.kind == 0 || state.kind == 1 && state.start < state.end
          || state.kind == 2 && state.file != 0
      else {
        throw .invalidState("a lock on open file \(state.heldOn)")
      }
      var owner = FileLocks.Owner.process(state.pid)
      if state.file != 0 {
        let file = try file(state.file)
        file.holdsLocks = true
        owner = .file(ObjectIdentifier(file))
      }
      if state.kind == 2 {
        // It goes when its file closes, with the other locks of that file.
        let file = try file(state.file)
        guard let inode = try? file.inode, inode.locks === locks else {
          throw .invalidState("a lease on open file \(state.heldOn)")
        }
        locks.leases.append(try Lease(state, file))
      } else if state.kind == 0 {
        _ = locks.lockWhole(owner, isExclusive: state.exclusive, by: state.pid)
      } else {
        locks.set(
          FileLocks.Record(
            range: state.start..<state.end, isExclusive: state.exclusive, owner: owner))
      }
    }
  }
}

extension Lease {
  fileprivate convenience init(_ state: Godwit_State_Lock, _ file: OpenFile) throws(SnapshotError) {
    self.init(file, state.descriptor, isExclusive: state.exclusive)
    guard state.breaking != 0 else { return }
    breaking = Breaking(
      mayStay: state.breaking == 1,
      deadline: try checked(state.deadline, SavedRange.clock, "the end of a lease"))
  }
}

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
    let flocks = whole.compactMap { lock($0.owner, isExclusive: $0.isExclusive, kind: 0) }
    let ranges = records.compactMap { record in
      var state = lock(record.owner, isExclusive: record.isExclusive, kind: 1)
      state?.start = record.range.lowerBound
      state?.end = record.range.upperBound
      return state
    }
    return flocks + ranges
  }
}

extension StateLoader {
  /// Puts the locks back. The files must have been restored.
  func restoreLocks() throws(SnapshotError) {
    for state in files.locks {
      guard let locks = try? file(state.heldOn).inode.locks,
        state.kind == 0 || state.kind == 1 && state.start < state.end
      else {
        throw .invalidState("a lock on open file \(state.heldOn)")
      }
      var owner = FileLocks.Owner.process(state.pid)
      if state.file != 0 {
        let file = try file(state.file)
        file.holdsLocks = true
        owner = .file(ObjectIdentifier(file))
      }
      if state.kind == 0 {
        _ = locks.lockWhole(owner, isExclusive: state.exclusive)
      } else {
        locks.set(
          FileLocks.Record(
            range: state.start..<state.end, isExclusive: state.exclusive, owner: owner))
      }
    }
  }
}

package import LibOSState
import LinuxABI
import Snapshot

extension PseudoterminalTable {
  func save() -> [Godwit_State_Pseudoterminal] { all.map { $0.save() } }

  /// Makes the pseudoterminals of a snapshot. Their ends are attached when the files are restored.
  func restore(_ states: [Godwit_State_Pseudoterminal]) throws(SnapshotError) {
    for state in states {
      guard (0..<Self.limit).contains(state.number), self[state.number] == nil else {
        throw .invalidState("pseudoterminal \(state.number)")
      }
      try make(state.number).restore(state)
    }
  }

  /// Removes pseudoterminals that no file refers to, and restores the events of the others.
  func finishRestoring(_ states: [Godwit_State_Pseudoterminal]) {
    for state in states {
      guard let terminal = self[state.number] else { continue }
      if terminal.master == nil { terminal.inode.wasRemoved = true }
      if terminal.master == nil, terminal.slaves.isEmpty { forget(terminal) }
      terminal.isLeft = state.left
    }
  }
}

extension Pseudoterminal {
  fileprivate func save() -> Godwit_State_Pseudoterminal {
    var state = Godwit_State_Pseudoterminal()
    state.number = number
    state.discipline = discipline.save()
    state.session = control.session
    state.foreground = control.foreground
    state.size = data(size.bytes)
    state.locked = isLocked
    state.exclusive = isExclusive
    state.packetMode = isPacketMode
    state.masterStopped = isMasterStopped
    state.left = isLeft
    state.attributes = inode.save()
    return state
  }

  fileprivate func restore(_ state: Godwit_State_Pseudoterminal) throws(SnapshotError) {
    discipline = try LineDiscipline(state.discipline)
    let what = "the session of pseudoterminal \(state.number)"
    let session = try checked(state.session, SavedRange.optionalPID, what)
    if session != 0 {
      control.session = session
      control.foreground = try checked(state.foreground, SavedRange.optionalPID, what)
      kernel.controllingTerminals[session] = control
    }
    size = Winsize(bytes: Array(state.size))
    isLocked = state.locked
    isExclusive = state.exclusive
    isPacketMode = state.packetMode
    isMasterStopped = state.masterStopped
    inode.restore(state.attributes)
  }
}

extension PtsNode {
  func save() -> Godwit_State_Attributes {
    var state = Godwit_State_Attributes()
    state.permissions = permissions
    state.uid = owner.uid
    state.gid = owner.gid
    state.accessed = accessed.save()
    state.modified = modified.save()
    state.changed = changed.save()
    return state
  }

  func restore(_ state: Godwit_State_Attributes) {
    permissions = state.permissions & 0o7777
    owner = Ownership(uid: state.uid, gid: state.gid)
    accessed = Timespec(state.accessed)
    modified = Timespec(state.modified)
    changed = Timespec(state.changed)
  }
}

extension PseudoterminalMaster: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_PseudoterminalMaster()
    state.number = pseudoterminal.number
    if let dentry { state.dentry = saver.id(of: dentry) }
    return .pseudoterminalMaster(state)
  }
}

extension PseudoterminalSlave: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_PseudoterminalSlave()
    state.number = pseudoterminal.number
    if let dentry { state.dentry = saver.id(of: dentry) }
    state.hungUp = isHungUp
    return .pseudoterminalSlave(state)
  }
}

extension StateLoader {
  private func pseudoterminal(_ number: Int32) throws(SnapshotError) -> Pseudoterminal {
    guard let terminal = kernel.pseudoterminals[number] else {
      throw .invalidState("pseudoterminal \(number)")
    }
    return terminal
  }

  func restoreMaster(_ state: Godwit_State_PseudoterminalMaster, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    let terminal = try pseudoterminal(state.number)
    guard terminal.master == nil else { throw .invalidState("master \(state.number)") }
    return PseudoterminalMaster(terminal, flags, at: try dentry(state.dentry))
  }

  func restoreSlave(_ state: Godwit_State_PseudoterminalSlave, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    let slave = PseudoterminalSlave(
      try pseudoterminal(state.number), flags, at: try dentry(state.dentry))
    slave.isHungUp = state.hungUp
    return slave
  }
}

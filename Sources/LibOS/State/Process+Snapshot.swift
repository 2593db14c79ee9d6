import LibOSState
import LinuxABI
import Machine
import Snapshot

extension Process {
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Process {
    var state = Godwit_State_Process()
    state.pid = pid
    state.parentPid = parentPID
    state.processGroup = processGroup
    state.session = session
    state.isa = isa.rawValue
    saveLife(to: &state)
    try saveMemory(to: &state, saver)
    try saveFiles(to: &state, saver)
    state.root = saver.id(of: fs.root)
    state.cwd = saver.id(of: fs.cwd)
    state.umask = UInt32(fs.umask)
    signals.save(to: &state)
    for index in 0..<ResourceLimits.count {
      state.limits += [limits[index].soft, limits[index].hard]
    }
    state.credentials = credentials.save()
    state.layout = layout.addresses.map(\.rawValue)
    state.executable = data(image.path)
    state.auxv = data(image.auxv)
    state.parentDeathSignal = parentDeathSignal
    state.dumpable = isDumpable
    state.noNewPrivileges = noNewPrivileges
    state.personality = personality
    state.startTime = startTime
    state.endedProcessorTime = endedProcessorTime
    saveTimers(to: &state)
    state.semaphoreUndo = semaphoreUndo.keys.sorted().map { id in
      var undo = Godwit_State_SemaphoreUndo()
      undo.id = id
      undo.adjustments = semaphoreUndo[id]!
      return undo
    }
    return state
  }

  private func saveLife(to state: inout Godwit_State_Process) {
    state.exitSignal = life.exitSignal
    switch life.ending {
    case .exited(let code): state.exitCode = code
    case .killed(let signal): state.killedBy = signal
    case nil: break
    }
    state.hasStopped_p = life.hasStopped
    state.hasContinued_p = life.hasContinued
    state.isBorrowing = life.isBorrowing
    state.hasExecuted_p = life.hasExecuted
    state.subreaper = isSubreaper
    state.childrenProcessorTime = childrenProcessorTime
  }

  private func restoreLife(_ state: Godwit_State_Process) {
    life.exitSignal = state.exitSignal
    if state.hasExitCode {
      life.ending = .exited(state.exitCode)
    } else if state.killedBy != 0 {
      life.ending = .killed(signal: state.killedBy)
    }
    isExiting = isZombie
    life.hasStopped = state.hasStopped_p
    life.hasContinued = state.hasContinued_p
    life.isBorrowing = state.isBorrowing
    life.hasExecuted = state.hasExecuted_p
    isSubreaper = state.subreaper
    childrenProcessorTime = state.childrenProcessorTime
  }

  private func saveMemory(to state: inout Godwit_State_Process, _ saver: StateSaver)
    throws(SnapshotError)
  {
    if let owner = saver.owners[ObjectIdentifier(space)] {
      state.memoryOf = owner
      return
    }
    saver.owners[ObjectIdentifier(space)] = pid
    // Whole arrays: one in a message that keeps its fields in a class is copied at every append.
    state.mappings = try space.mappings.map { (vma) throws(SnapshotError) in try vma.save(saver) }
    var map = PageMap()
    try space.forEachPrivatePage { (page, frame) throws(SnapshotError) in
      map.append(page, try saver.page(frame))
    }
    state.pages = data(map.encoded)
    state.stackLimit = space.stackLimit
  }

  private func saveFiles(to state: inout Godwit_State_Process, _ saver: StateSaver)
    throws(SnapshotError)
  {
    if let owner = saver.owners[ObjectIdentifier(files)] {
      state.filesOf = owner
      return
    }
    saver.owners[ObjectIdentifier(files)] = pid
    var descriptors: [Godwit_State_Descriptor] = []
    for fd in files.descriptors {
      guard let slot = try? files.slot(fd) else { continue }
      var entry = Godwit_State_Descriptor()
      entry.fd = fd
      entry.file = saver.id(of: slot.file, .descriptor(fd))
      entry.closeOnExec = slot.closeOnExec
      descriptors.append(entry)
    }
    state.descriptors = descriptors
  }

  /// Makes the process with its memory, without what it has open and without its tasks.
  convenience init(
    _ state: Godwit_State_Process, _ loader: StateLoader
  ) throws(SnapshotError) {
    let kernel = loader.kernel
    guard let isa = GuestISA(rawValue: state.isa), let processor = try? kernel.processor(for: isa)
    else { throw .invalidState("the ISA of process \(state.pid)") }
    let owner = kernel.processes[state.memoryOf]
    guard state.memoryOf == 0 || owner?.isa == isa else {
      throw .invalidState("the memory of process \(state.pid)")
    }
    let space = owner?.space ?? AddressSpace(arena: kernel.arena, isa: isa)
    self.init(
      pid: state.pid, kernel: kernel, processor: processor, space: space,
      fs: FSContext(root: kernel.vfs.root))
    restoreLife(state)
    parentPID = state.parentPid
    processGroup = state.processGroup
    session = state.session
    guard owner == nil else { return }
    space.stackLimit = state.stackLimit
    for mapping in state.mappings {
      guard let vma = try VMA(mapping, isa, loader), space.isFree(vma.start, vma.end),
        space.map(vma)
      else { throw .invalidState("mapping at 0x\(String(mapping.start, radix: 16))") }
    }
    try loader.forEachSharedPage(of: Array(state.pages)) { page, frame in
      space.restorePage(page, frame: frame)
    }
  }

  /// Puts all else back as it was saved.
  func restore(_ state: Godwit_State_Process, _ loader: StateLoader) throws(SnapshotError) {
    fs = FSContext(
      root: try loader.dentry(state.root), cwd: try loader.dentry(state.cwd),
      umask: UInt16(truncatingIfNeeded: state.umask))
    if let owner = kernel.processes[state.filesOf] {
      files = owner.files
      files.retain()
    }
    for entry in state.descriptors {
      guard (0..<1 << 20).contains(entry.fd) else {
        throw .invalidState("descriptor \(entry.fd)")
      }
      files.replace(
        entry.fd, with: try loader.file(entry.file), closeOnExec: entry.closeOnExec)
    }
    signals.restore(from: state)
    for index in 0..<min(ResourceLimits.count, state.limits.count / 2) {
      limits[index] = ResourceLimits.Limit(
        soft: state.limits[2 * index], hard: state.limits[2 * index + 1])
    }
    credentials = Credentials(state.credentials)
    layout = MemoryLayout(addresses: state.layout.map { GuestAddress($0) })
    image.path = Array(state.executable)
    image.auxv = Array(state.auxv)
    parentDeathSignal = state.parentDeathSignal
    isDumpable = state.dumpable
    noNewPrivileges = state.noNewPrivileges
    personality = state.personality
    startTime = state.startTime
    endedProcessorTime = state.endedProcessorTime
    try restoreTimers(from: state)
    let limit = Int32(SemaphoreSet.maximumValue)
    for undo in state.semaphoreUndo {
      semaphoreUndo[undo.id] = undo.adjustments.map { min(max($0, -limit), limit) }
    }
  }
}

extension VMA {
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Mapping {
    var state = Godwit_State_Mapping()
    state.start = start.rawValue
    state.end = end.rawValue
    state.permissions = UInt32(permissions.rawValue)
    state.flags = flags.rawValue
    state.name = data(Array(name.utf8))
    if case .object(let object, let offset) = backing {
      state.object = try saver.id(of: object)
      state.offset = offset
    }
    return state
  }

  /// - Returns: nil when the addresses make no sense.
  init?(_ state: Godwit_State_Mapping, _ isa: GuestISA, _ loader: StateLoader) throws(SnapshotError)
  {
    let start = GuestAddress(state.start)
    let end = GuestAddress(state.end)
    guard start < end, start.isPageAligned, end.isPageAligned,
      end <= isa.userAddressLimit, state.offset & 4095 == 0
    else { return nil }
    var backing = Backing.anonymous
    if state.object != 0 {
      backing = .object(try loader.object(state.object), offset: state.offset)
    }
    self.init(
      start: start, end: end,
      permissions: Permissions(rawValue: UInt8(truncatingIfNeeded: state.permissions) & 7),
      flags: Flags(rawValue: state.flags), backing: backing,
      name: String(decoding: state.name, as: UTF8.self))
  }
}

extension Credentials {
  fileprivate func save() -> Godwit_State_Credentials {
    var state = Godwit_State_Credentials()
    state.uids = [realUID, effectiveUID, savedUID, fsUID]
    state.gids = [realGID, effectiveGID, savedGID, fsGID]
    state.groups = groups
    return state
  }

  fileprivate init(_ state: Godwit_State_Credentials) {
    self.init()
    if state.uids.count == 4 {
      (realUID, effectiveUID, savedUID, fsUID) = (
        state.uids[0], state.uids[1], state.uids[2], state.uids[3]
      )
    }
    if state.gids.count == 4 {
      (realGID, effectiveGID, savedGID, fsGID) = (
        state.gids[0], state.gids[1], state.gids[2], state.gids[3]
      )
    }
    groups = state.groups
  }
}

extension Process.MemoryLayout {
  private static let fields: [any WritableKeyPath<Self, GuestAddress> & Sendable] = [
    \.codeStart, \.codeEnd, \.dataStart, \.dataEnd, \.breakStart, \.breakEnd, \.stackTop,
    \.argumentsStart, \.argumentsEnd, \.environmentStart, \.environmentEnd, \.mmapTop,
    \.signalReturn,
  ]

  fileprivate var addresses: [GuestAddress] { Self.fields.map { self[keyPath: $0] } }

  fileprivate init(addresses: [GuestAddress]) {
    self.init()
    for (field, address) in zip(Self.fields, addresses) { self[keyPath: field] = address }
  }
}

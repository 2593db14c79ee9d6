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
    if processor.isNative { state.native = native.save() }
    saveLife(to: &state)
    try saveMemory(to: &state, saver)
    try saveFiles(to: &state, saver)
    state.fs = saver.number(of: fs)
    state.root = saver.id(of: fs.root)
    state.cwd = saver.id(of: fs.cwd)
    state.umask = UInt32(fs.umask)
    signals.save(to: &state)
    if let owner = saver.owners[signals.actionsIdentity] {
      state.actionsOf = owner
      state.actions = []
    }
    saver.owners[signals.actionsIdentity] = saver.owners[signals.actionsIdentity] ?? pid
    for index in 0..<ResourceLimits.count {
      state.limits += [limits[index].soft, limits[index].hard]
    }
    state.credentials = credentials.save()
    state.layout = layout.addresses.map(\.rawValue)
    state.executable = data(image.path)
    state.executableFile = executable.map(saver.id) ?? 0
    state.auxv = data(image.auxv)
    state.parentDeathSignal = parentDeathSignal
    state.forkedBy = forkedBy
    state.dumpable = isDumpable
    state.noNewPrivileges = noNewPrivileges
    state.personality = personality
    state.noHugePages = hasNoHugePages
    if login != Login() { (state.loginUser, state.loginSession) = (login.user, login.session) }
    state.barriers = barriers
    state.startTime = startTime
    state.endedProcessorTime = endedProcessorTime.nanoseconds
    saveTimers(to: &state)
    state.asyncContexts = asyncContexts.keys.sorted().map { asyncContexts[$0]!.save(saver) }
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
    state.dumpedCore = life.hasDumpedCore
    state.hasStopped_p = life.hasStopped
    state.hasContinued_p = life.hasContinued
    state.isBorrowing = life.isBorrowing
    state.hasExecuted_p = life.hasExecuted
    state.subreaper = isSubreaper
    state.childrenProcessorTime = childrenProcessorTime.nanoseconds
  }

  /// What relates it to others. Not a part of the initializer: there Swift calls no `didSet`, and the
  /// kernel would not learn whose child it is.
  private func restoreLife(_ state: Godwit_State_Process) throws(SnapshotError) {
    parentPID = state.parentPid
    processGroup = state.processGroup
    session = state.session
    life.exitSignal = try checked(
      state.exitSignal, SavedRange.exitSignal, "the exit signal of process \(pid)")
    if state.hasExitCode {
      life.ending = .exited(state.exitCode)
    } else if state.killedBy != 0 {
      life.ending = .killed(
        signal: try checked(state.killedBy, SavedRange.signal, "the end of process \(pid)"))
    }
    isExiting = isZombie
    if isZombie { kernel.groups.remove(pid, from: processGroup) }
    life.hasDumpedCore = state.dumpedCore
    life.hasStopped = state.hasStopped_p
    life.hasContinued = state.hasContinued_p
    life.isBorrowing = state.isBorrowing
    life.hasExecuted = state.hasExecuted_p
    isSubreaper = state.subreaper
    childrenProcessorTime = try GuestDuration(
      saved: state.childrenProcessorTime, "the processor time of process \(pid)'s children")
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
    saver.own(space.table.frozen, space.lineage, .process(pid))
    state.stackLimit = space.stackLimit
    state.locksMappings = space.locksMappings
  }

  private func saveFiles(to state: inout Godwit_State_Process, _ saver: StateSaver)
    throws(SnapshotError)
  {
    if let owner = saver.owners[ObjectIdentifier(files)] {
      state.filesOf = owner
      return
    }
    saver.owners[ObjectIdentifier(files)] = pid
    state.descriptors = files.save(saver)
  }

  /// Makes the process with its memory, without what it has open and without its tasks.
  convenience init(
    _ state: Godwit_State_Process, _ loader: StateLoader
  ) throws(SnapshotError) {
    let kernel = loader.kernel
    guard let isa = GuestISA(rawValue: state.isa),
      let processor = try? state.hasNative
        ? kernel.nativeProcessor(for: isa) : kernel.processor(for: isa)
    else { throw .invalidState("the ISA of process \(state.pid)") }
    let owner = kernel.processes[state.memoryOf]
    guard owner == nil || owner?.isa == isa else {
      throw .invalidState("the memory of process \(state.pid)")
    }
    let space = owner?.space ?? AddressSpace(arena: kernel.arena, isa: isa)
    self.init(
      pid: state.pid, kernel: kernel, processor: processor, space: space,
      fs: FSContext(root: kernel.vfs.root))
    try restoreLife(state)
    guard owner == nil else { return }
    space.stackLimit = state.stackLimit
    for mapping in state.mappings {
      guard let vma = try VMA(mapping, isa, loader), space.isFree(vma.start, vma.end),
        space.map(vma)
      else { throw .invalidState("mapping at 0x\(String(mapping.start, radix: 16))") }
    }
    space.locksMappings = state.locksMappings
    try loader.restorePages(of: self)
  }

  /// Puts all else back as it was saved.
  func restore(_ state: Godwit_State_Process, _ loader: StateLoader) throws(SnapshotError) {
    fs = try loader.fsContext(
      state.fs, root: state.root, cwd: state.cwd, umask: state.umask, "process \(pid)")
    if let owner = kernel.processes[state.filesOf] { files = owner.files }
    try files.restore(state.descriptors, loader)
    loader.fileTables[pid] = files
    if let owner = kernel.processes[state.actionsOf], owner !== self {
      signals.inherit(owner.signals, isShared: true, resettingHandlers: false)
    }
    for mapping in state.mappings
    where mapping.file != 0 && space.mapping(at: GuestAddress(mapping.start)) != nil {
      space.hold(
        try loader.file(mapping.file).holder(kernel), at: GuestAddress(mapping.start))
    }
    try signals.restore(from: state)
    for index in 0..<min(ResourceLimits.count, state.limits.count / 2) {
      limits[index] = ResourceLimits.Limit(
        soft: state.limits[2 * index], hard: state.limits[2 * index + 1])
    }
    credentials = try Credentials(state.credentials)
    guard let layout = MemoryLayout(saved: state.layout, isa) else {
      throw .invalidState("the layout of process \(pid)")
    }
    self.layout = layout
    image.path = Array(state.executable)
    executable = state.executableFile == 0 ? nil : try loader.dentry(state.executableFile)
    image.auxv = Array(state.auxv)
    parentDeathSignal = try checked(
      state.parentDeathSignal, SavedRange.optionalSignal,
      "the parent death signal of process \(pid)")
    forkedBy = try checked(
      state.forkedBy, SavedRange.optionalPID, "the thread that forked process \(pid)")
    if state.hasNative { native = try NativeProcess(state.native, pid) }
    isDumpable = state.dumpable
    noNewPrivileges = state.noNewPrivileges
    personality = state.personality
    hasNoHugePages = state.noHugePages
    if state.hasLoginUser { login = Login(user: state.loginUser, session: state.loginSession) }
    barriers = state.barriers
    startTime = try checked(state.startTime, SavedRange.clock, "the start of process \(pid)")
    endedProcessorTime = try GuestDuration(
      saved: state.endedProcessorTime, "the processor time of process \(pid)")
    try restoreTimers(from: state)
    for context in state.asyncContexts {
      asyncContexts[context.address] = try AsyncContext(context, loader)
    }
    try restoreUndo(state.semaphoreUndo)
  }
}

extension Process {
  private func restoreUndo(_ states: [Godwit_State_SemaphoreUndo]) throws(SnapshotError) {
    let limit = Int32(SemaphoreSet.maximumValue)
    for undo in states {
      // Of a set that is no more there is nothing to undo.
      guard let set = try? kernel.ipc.sets.object(undo.id),
        set.semaphores.count == undo.adjustments.count
      else { continue }
      semaphoreUndo[undo.id] = try undo.adjustments.map { (value) throws(SnapshotError) in
        try checked(value, -limit...limit, "what process \(pid) wants undone")
      }
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
    if let holder = holder as? MappedFile { state.file = saver.id(of: holder.file, .mapping) }
    return state
  }

  /// - Returns: nil when the addresses make no sense.
  init?(_ state: Godwit_State_Mapping, _ isa: GuestISA, _ loader: StateLoader) throws(SnapshotError)
  {
    let start = GuestAddress(state.start)
    let end = GuestAddress(state.end)
    guard start < end, start.isPageAligned, end.isPageAligned,
      end <= isa.userAddressLimit, state.offset & 4095 == 0,
      // What mmap(2) accepts: the file's offsets end there.
      state.offset <= UInt64(Int64.max) - (end - start), state.permissions <= 7
    else { return nil }
    var backing = Backing.anonymous
    if state.object != 0 {
      backing = .object(try loader.object(state.object), offset: state.offset)
    }
    self.init(
      start: start, end: end,
      permissions: Permissions(rawValue: UInt8(state.permissions)),
      flags: Flags(rawValue: state.flags), backing: backing,
      name: String(decoding: state.name, as: UTF8.self))
  }
}

extension FileTable {
  func save(_ saver: StateSaver) -> [Godwit_State_Descriptor] {
    descriptors.compactMap { fd in
      guard let slot = try? slot(fd) else { return nil }
      var entry = Godwit_State_Descriptor()
      entry.fd = fd
      entry.file = saver.id(of: slot.file, .descriptor(fd))
      entry.closeOnExec = slot.closeOnExec
      return entry
    }
  }

  func restore(_ entries: [Godwit_State_Descriptor], _ loader: StateLoader) throws(SnapshotError) {
    var taken: Set<Int32> = []
    for entry in entries {
      guard (0..<1 << 20).contains(entry.fd), taken.insert(entry.fd).inserted else {
        throw .invalidState("descriptor \(entry.fd)")
      }
      replace(entry.fd, with: try loader.file(entry.file), closeOnExec: entry.closeOnExec)
    }
  }
}

extension Credentials {
  func save() -> Godwit_State_Credentials {
    var state = Godwit_State_Credentials()
    state.uids = [realUID, effectiveUID, savedUID, fsUID]
    state.gids = [realGID, effectiveGID, savedGID, fsGID]
    state.groups = groups
    state.capabilities.permitted = capabilities.permitted.rawValue
    state.capabilities.effective = capabilities.effective.rawValue
    state.capabilities.inheritable = capabilities.inheritable.rawValue
    state.capabilities.bounding = capabilities.bounding.rawValue
    state.capabilities.ambient = capabilities.ambient.rawValue
    state.capabilities.secureBits = secureBits.rawValue
    return state
  }

  init(_ state: Godwit_State_Credentials) throws(SnapshotError) {
    guard state.uids.count == 4, state.gids.count == 4, state.groups.count <= Limits.NGROUPS_MAX
    else { throw .invalidState("the credentials of a process") }
    self.init()
    (realUID, effectiveUID, savedUID, fsUID) = (
      state.uids[0], state.uids[1], state.uids[2], state.uids[3]
    )
    (realGID, effectiveGID, savedGID, fsGID) = (
      state.gids[0], state.gids[1], state.gids[2], state.gids[3]
    )
    groups = state.groups
    guard state.hasCapabilities else {
      if !state.uids.prefix(3).contains(0) { capabilities.permitted = [] }
      if effectiveUID != 0 { capabilities.effective = [] }
      return
    }
    func set(_ bits: UInt64) -> CapabilitySet { CapabilitySet(rawValue: bits).intersection(.all) }
    let sets = state.capabilities
    capabilities.permitted = set(sets.permitted)
    capabilities.effective = set(sets.effective).intersection(capabilities.permitted)
    capabilities.inheritable = set(sets.inheritable)
    capabilities.bounding = set(sets.bounding)
    capabilities.ambient = set(sets.ambient)
    secureBits = SecureBits(rawValue: sets.secureBits).intersection(.all.union(.locks))
  }
}

extension Process.MemoryLayout {
  private static let fields: [any WritableKeyPath<Self, GuestAddress> & Sendable] = [
    \.codeStart, \.codeEnd, \.dataStart, \.dataEnd, \.breakStart, \.breakEnd, \.stackTop,
    \.argumentsStart, \.argumentsEnd, \.environmentStart, \.environmentEnd, \.mmapTop,
    \.signalReturn,
  ]

  fileprivate var addresses: [GuestAddress] { Self.fields.map { self[keyPath: $0] } }

  /// Bytes that the strings of `execve` take at most.
  private static let stringsLimit: UInt64 = 4 << 20

  /// - Returns: nil when an end lies before its start, or anything outside of the address space.
  fileprivate init?(saved addresses: [UInt64], _ isa: GuestISA) {
    guard addresses.count == Self.fields.count,
      addresses.allSatisfy({ $0 <= isa.userAddressLimit.rawValue })
    else { return nil }
    self.init()
    for (field, address) in zip(Self.fields, addresses) {
      self[keyPath: field] = GuestAddress(address)
    }
    guard codeStart <= codeEnd, dataStart <= dataEnd, breakStart <= breakEnd,
      argumentsStart <= argumentsEnd, argumentsEnd - argumentsStart <= Self.stringsLimit,
      environmentStart <= environmentEnd, environmentEnd - environmentStart <= Self.stringsLimit
    else { return nil }
  }
}

import ELF
import HostABI
import LinuxABI
import Machine

// Turning a program into a process: what execve(2) does after it has found the file.

/// Where a fresh process's parts go. Fixed, so that runs are repeatable and a picoprocess finds the
/// same addresses free on every host.
private enum Layout {
  static let pieBase = GuestAddress(0x5555_5555_4000)
  static let stackTop = GuestAddress(0x7fff_ffff_e000)
  /// Room for the stack to grow in, above which nothing else is placed.
  static let stackRoom: UInt64 = 0x0800_0000
  static let trampoline = GuestAddress(0x7fff_f7ff_f000)
  static let initialStack: UInt64 = 0x2_1000
}

extension Kernel {
  /// Makes the picoprocess's first process from `program`.
  package func start(
    _ program: Program, environment: [[UInt8]], fs: FSContext
  ) throws(LoadError) -> Process {
    let space = AddressSpace(arena: arena, isa: program.isa)
    guard let pid = try? allocatePID() else { throw .notExecutable("no process id is free") }
    let process = Process(pid: pid, kernel: self, isa: program.isa, space: space, fs: fs)
    initialPID = pid
    process.startTime = clock.boottime
    space.stackLimit = process.limits[ResourceLimits.stack].soft
    process.layout.mmapTop = Layout.trampoline
    process.layout.signalReturn = Layout.trampoline
    process.image.path = absolutePath(program.path, fs)

    let bias = try mapImage(program.image, program.object, program.path, process, isMain: true)
    var entry = GuestAddress(program.image.entry &+ bias)
    var interpreterBase: UInt64 = 0
    if let interpreter = program.interpreter {
      interpreterBase = try mapImage(
        interpreter.image, interpreter.object, interpreter.path, process, isMain: false)
      entry = GuestAddress(interpreter.image.entry &+ interpreterBase)
    }
    try mapTrampoline(process, program)
    let stackPointer = try buildStack(
      process, program, environment: environment, bias: bias, interpreterBase: interpreterBase)

    let task = Task(tid: pid, process: process, kernel: self)
    task.name = Array(program.path.split(separator: UInt8(ascii: "/")).last ?? []).prefix(15).map { $0 }
    var registers = RegisterFile(isa: program.isa)
    registers.programCounter = entry.rawValue
    registers.stackPointer = stackPointer.rawValue
    engine.registers = registers
    engine.save(to: task.context)
    processes[pid] = process
    add(task)
    return process
  }

  private func absolutePath(_ path: [UInt8], _ fs: FSContext) -> [UInt8] {
    guard let inode = try? vfs.resolve(path, in: fs) else { return path }
    return vfs.path(of: inode, in: fs) ?? path
  }

  // MARK: Segments

  /// Maps an image's segments; returns the load bias.
  private func mapImage(
    _ image: ELFImage, _ object: MemoryObject, _ path: [UInt8], _ process: Process, isMain: Bool
  ) throws(LoadError) -> UInt64 {
    let space = process.space
    let span = image.pageSpan
    var bias: UInt64 = 0
    if image.kind == .dynamic {
      if isMain {
        bias = (Layout.pieBase.rawValue &+ image.alignment - 1) & ~(image.alignment - 1)
      } else {
        guard
          let base = space.findGap(
            length: UInt64(span.count) + image.alignment, below: process.layout.mmapTop)
        else { throw .notExecutable("\(text(path)): too large for the address space") }
        bias = (base.rawValue + image.alignment - 1) & ~(image.alignment - 1)
      }
      bias &-= span.lowerBound
    }
    for segment in image.segments {
      try map(segment, object, path, process, bias)
    }
    if isMain { noteLayout(image, process, bias) }
    return bias
  }

  private func map(
    _ segment: ELFImage.Segment, _ object: MemoryObject, _ path: [UInt8], _ process: Process,
    _ bias: UInt64
  ) throws(LoadError) {
    let space = process.space
    let start = GuestAddress(segment.address &+ bias).roundedDownToPage
    let fileEnd = GuestAddress(segment.address &+ segment.fileSize &+ bias)
    let memoryEnd = GuestAddress(segment.address &+ segment.memorySize &+ bias).roundedUpToPage
    let mappedEnd = segment.fileSize == 0 ? start : fileEnd.roundedUpToPage
    var permissions: Permissions = []
    if segment.flags.contains(.read) { permissions.insert(.read) }
    if segment.flags.contains(.write) { permissions.insert(.write) }
    if segment.flags.contains(.execute) { permissions.insert(.execute) }
    guard start.rawValue >= 0x1000, memoryEnd <= process.isa.userAddressLimit,
      space.isFree(start, max(memoryEnd, mappedEnd))
    else { throw .notExecutable("\(text(path)): its segments do not fit the address space") }
    if mappedEnd > start {
      let vma = VMA(
        start: start, end: mappedEnd, permissions: permissions,
        backing: .object(object, offset: segment.offset & ~4095), name: text(path))
      guard space.map(vma) else { throw .notExecutable("\(text(path)): not enough memory") }
      // The rest of the last page is bss, not file.
      let tail = Int(mappedEnd - fileEnd)
      if tail > 0, permissions.contains(.write), segment.memorySize > segment.fileSize {
        try? space.store([UInt8](repeating: 0, count: tail), to: fileEnd)
      }
    }
    if memoryEnd > mappedEnd {
      let vma = VMA(start: mappedEnd, end: memoryEnd, permissions: permissions)
      guard space.map(vma) else { throw .notExecutable("\(text(path)): not enough memory") }
    }
  }

  private func noteLayout(_ image: ELFImage, _ process: Process, _ bias: UInt64) {
    var layout = process.layout
    for segment in image.segments {
      let start = GuestAddress(segment.address &+ bias)
      let end = start + segment.fileSize
      if segment.flags.contains(.execute) {
        if layout.codeStart.isNull { layout.codeStart = start }
        layout.codeEnd = max(layout.codeEnd, end)
      }
      if segment.flags.contains(.write) {
        if layout.dataStart.isNull { layout.dataStart = start }
        layout.dataEnd = max(layout.dataEnd, end)
      }
    }
    layout.breakStart = GuestAddress(image.pageSpan.upperBound &+ bias)
    layout.breakEnd = layout.breakStart
    process.layout = layout
  }

  /// The page signal handlers return through (`[vdso]`).
  private func mapTrampoline(_ process: Process, _ program: Program) throws(LoadError) {
    let page = process.layout.signalReturn
    let vma = VMA(
      start: page, end: page + 4096, permissions: [.read, .write], name: "[vdso]")
    guard process.space.map(vma) else { throw .notExecutable("not enough memory") }
    try? process.space.store(SignalTrampoline.code(program.isa), to: page)
    _ = process.space.protect(page, page + 4096, [.read, .execute])
  }

  // MARK: The stack

  /// Lays out strings, auxiliary vector, environment and arguments as the ABI has them; returns the
  /// stack pointer at entry. See "Process Initialization" in the System V ABI.
  private func buildStack(
    _ process: Process, _ program: Program, environment: [[UInt8]], bias: UInt64,
    interpreterBase: UInt64
  ) throws(LoadError) -> GuestAddress {
    let space = process.space
    let top = Layout.stackTop
    process.layout.stackTop = top
    var permissions: Permissions = [.read, .write]
    if program.image.executableStack == true { permissions.insert(.execute) }
    let total = (program.arguments + environment).reduce(0) { $0 + $1.count + 9 }
    guard total < 2 << 20 else { throw .notExecutable("the argument list is too long") }
    let stack = VMA(
      start: top - max(Layout.initialStack, UInt64(total + 0x1_0000) & ~4095), end: top,
      permissions: permissions, flags: [.growsDown, .stack], name: "[stack]")
    guard space.map(stack) else { throw .notExecutable("not enough memory") }

    var position = top - 8
    func push(_ bytes: [UInt8]) -> GuestAddress {
      position = position - UInt64(bytes.count)
      try? space.store(bytes, to: position)
      return position
    }
    let executablePath = push(program.path + [0])
    process.layout.environmentEnd = executablePath
    var environmentPointers: [UInt64] = []
    for string in environment.reversed() {
      environmentPointers.insert(push(string + [0]).rawValue, at: 0)
    }
    process.layout.environmentStart = position
    process.layout.argumentsEnd = position
    var argumentPointers: [UInt64] = []
    for string in program.arguments.reversed() {
      argumentPointers.insert(push(string + [0]).rawValue, at: 0)
    }
    process.layout.argumentsStart = position
    let platform = push(Array(program.isa.rawValue.utf8) + [0])
    var random = [UInt8](repeating: 0, count: 16)
    random.withMutableRawSpan { host.entropy(into: &$0) }
    position = GuestAddress(position.rawValue & ~15)
    let randomBytes = push(random)

    let image = program.image
    let credentials = process.credentials
    let vector: [(AuxiliaryType, UInt64)] = [
      (.AT_HWCAP, configuration.hwcap),
      (.AT_HWCAP2, configuration.hwcap2),
      (.AT_PAGESZ, 4096),
      (.AT_CLKTCK, 100),
      (.AT_PHDR, (image.programHeaderAddress ?? 0) &+ bias),
      (.AT_PHENT, UInt64(image.programHeaderEntrySize)),
      (.AT_PHNUM, UInt64(image.programHeaderCount)),
      (.AT_BASE, interpreterBase),
      (.AT_FLAGS, 0),
      (.AT_ENTRY, image.entry &+ bias),
      (.AT_UID, UInt64(credentials.realUID)),
      (.AT_EUID, UInt64(credentials.effectiveUID)),
      (.AT_GID, UInt64(credentials.realGID)),
      (.AT_EGID, UInt64(credentials.effectiveGID)),
      (.AT_SECURE, 0),
      (.AT_RANDOM, randomBytes.rawValue),
      (.AT_EXECFN, executablePath.rawValue),
      (.AT_PLATFORM, platform.rawValue),
      (.AT_MINSIGSTKSZ, program.isa == .aarch64 ? 4720 : 2048),
      (.AT_NULL, 0),
    ]
    var words: [UInt64] = [UInt64(argumentPointers.count)]
    words += argumentPointers + [0] + environmentPointers + [0]
    let vectorStart = words.count * 8
    for (type, value) in vector { words += [type.rawValue, value] }
    var bytes = [UInt8](repeating: 0, count: words.count * 8)
    bytes.withMutableRawSpan { span in
      for (index, word) in words.enumerated() { span.store(word, at: index * 8) }
    }
    process.image.auxv = Array(bytes[vectorStart...])
    position = GuestAddress((position.rawValue - UInt64(bytes.count)) & ~15)
    try? space.store(bytes, to: position)
    return position
  }
}

import ELF
import HostABI
import LinuxABI
import Machine

// Turning a program into the memory and registers of a process: what execve(2) does after it has
// found the file, and before anything of the old program is given up.

/// Where a fresh process's parts go. Fixed, so that runs are repeatable and a picoprocess finds the
/// same addresses free on every host.
private enum Layout {
  static let pieBase = GuestAddress(0x5555_5555_4000)
  static let stackTop = GuestAddress(0x7fff_ffff_e000)
  /// Room for the stack to grow in, above which nothing else is placed.
  static let stackRoom: UInt64 = 0x0800_0000
  static let vdso = GuestAddress(0x7fff_f7ff_f000)
  static let initialStack: UInt64 = 0x2_1000
}

/// A program that is mapped, ready to take its first step.
struct LoadedProgram {
  let processor: GuestProcessor
  let space: AddressSpace
  private(set) var layout = Process.MemoryLayout()
  private(set) var image = Process.ProgramImage()
  private(set) var registers: RegisterFile
  /// Who runs it.
  let credentials: Credentials
  /// It has rights that its caller has not (`AT_SECURE`).
  let isSecure: Bool
  /// At most 15 bytes, for `comm`.
  let name: TaskName

  private let kernel: Kernel
  private let program: Program
  var file: Dentry { program.file }

  init(
    _ program: Program, environment: [[UInt8]], fs: FSContext,
    rights: (credentials: Credentials, isSecure: Bool), stackLimit: UInt64, kernel: Kernel
  ) throws(LoadError) {
    (credentials, isSecure) = rights
    self.program = program
    self.kernel = kernel
    processor =
      try program.isNative
      ? kernel.nativeProcessor(for: program.isa) : kernel.processor(for: program.isa)
    space = AddressSpace(arena: kernel.arena, isa: program.isa)
    space.stackLimit = stackLimit
    name = TaskName(program.path.split(separator: UInt8(ascii: "/")).last ?? [])
    registers = RegisterFile(isa: program.isa)
    layout.mmapTop = Layout.vdso
    image.path = Self.absolutePath(program.path, fs, kernel.vfs)

    let bias = try mapImage(program.image, program.object, image.path, isMain: true)
    var entry = program.image.entry &+ bias
    var interpreterBase: UInt64 = 0
    if let interpreter = program.interpreter {
      interpreterBase = try mapImage(
        interpreter.image, interpreter.object,
        Self.absolutePath(interpreter.path, fs, kernel.vfs), isMain: false)
      entry = interpreter.image.entry &+ interpreterBase
    }
    if !program.isNative {
      let vdso = Vdso.of(program.isa)
      layout.signalReturn = Layout.vdso + vdso.signalReturn
      try map(vdso)
    }
    let stackPointer = try buildStack(
      environment: environment, bias: bias, interpreterBase: interpreterBase)
    registers.programCounter = entry
    registers.stackPointer = stackPointer.rawValue
  }

  private static func absolutePath(_ path: [UInt8], _ fs: FSContext, _ vfs: VFS) -> [UInt8] {
    guard let dentry = try? vfs.resolve(path, in: fs) else { return path }
    return vfs.path(of: dentry, in: fs) ?? path
  }

  // MARK: Segments

  /// Maps an image's segments; returns the load bias.
  private mutating func mapImage(
    _ image: ELFImage, _ object: MemoryObject, _ path: [UInt8], isMain: Bool
  ) throws(LoadError) -> UInt64 {
    let span = image.pageSpan
    var bias: UInt64 = 0
    if image.kind == .dynamic {
      if isMain {
        bias = (Layout.pieBase.rawValue &+ image.alignment - 1) & ~(image.alignment - 1)
      } else {
        guard
          let base = space.findGap(
            length: UInt64(span.count) + image.alignment, below: layout.mmapTop)
        else { throw .notExecutable("\(text(path)): too large for the address space", .ENOMEM) }
        bias = (base.rawValue + image.alignment - 1) & ~(image.alignment - 1)
      }
      bias &-= span.lowerBound
    }
    kernel.vfs.keepProgram(object)
    for (index, segment) in image.segments.enumerated() {
      try map(segment, object, path, bias, isFirst: index == 0)
    }
    if isMain { noteLayout(image, bias) }
    return bias
  }

  /// Maps a segment over those of the image that were mapped before, as Linux does (`load_elf_binary`).
  private func map(
    _ segment: ELFImage.Segment, _ object: MemoryObject, _ path: [UInt8], _ bias: UInt64,
    isFirst: Bool
  ) throws(LoadError) {
    let start = GuestAddress(segment.address &+ bias).roundedDownToPage
    let fileEnd = GuestAddress(segment.address &+ segment.fileSize &+ bias)
    let memoryEnd = GuestAddress(segment.address &+ segment.memorySize &+ bias).roundedUpToPage
    let mappedEnd = segment.fileSize == 0 ? start : fileEnd.roundedUpToPage
    let end = max(memoryEnd, mappedEnd)
    var permissions: Permissions = []
    if segment.flags.contains(.read) { permissions.insert(.read) }
    if segment.flags.contains(.write) { permissions.insert(.write) }
    if segment.flags.contains(.execute) { permissions.insert(.execute) }
    guard start.rawValue >= 0x1000, memoryEnd <= program.isa.userAddressLimit,
      isFirst ? space.isFree(start, end) : space.unmap(start, end)
    else {
      throw .notExecutable("\(text(path)): its segments do not fit the address space", .ENOEXEC)
    }
    if mappedEnd > start {
      let vma = VMA(
        start: start, end: mappedEnd, permissions: permissions,
        backing: .object(object, offset: segment.offset & ~4095), name: text(path))
      guard space.map(vma) else {
        throw .notExecutable("\(text(path)): not enough memory", .ENOMEM)
      }
      // The rest of the last page is bss, not file.
      let tail = Int(mappedEnd - fileEnd)
      if tail > 0, permissions.contains(.write), segment.memorySize > segment.fileSize {
        try? space.store([UInt8](repeating: 0, count: tail), to: fileEnd)
      }
    }
    if memoryEnd > mappedEnd {
      // Memory without a file can be written, whatever the segment says.
      let vma = VMA(
        start: mappedEnd, end: memoryEnd,
        permissions: permissions.intersection(.execute).union([.read, .write]))
      guard space.map(vma) else {
        throw .notExecutable("\(text(path)): not enough memory", .ENOMEM)
      }
    }
  }

  private mutating func noteLayout(_ image: ELFImage, _ bias: UInt64) {
    for segment in image.segments {
      let start = GuestAddress(segment.address &+ bias)
      let end = start + segment.fileSize
      if segment.flags.contains(.execute) {
        layout.codeStart = layout.codeStart.isNull ? start : min(layout.codeStart, start)
        layout.codeEnd = max(layout.codeEnd, end)
      }
      if segment.flags.contains(.write) {
        layout.dataStart = layout.dataStart.isNull ? start : min(layout.dataStart, start)
        layout.dataEnd = max(layout.dataEnd, end)
      }
    }
    layout.breakStart = GuestAddress(image.pageSpan.upperBound &+ bias)
    layout.breakEnd = layout.breakStart
  }

  /// What the library OS places itself must not lie where the program has put a segment.
  private func requireFree(_ start: GuestAddress, _ end: GuestAddress) throws(LoadError) {
    guard space.isFree(start, end) else {
      throw .notExecutable(
        "\(text(program.path)): its segments do not fit the address space", .ENOEXEC)
    }
  }

  private func map(_ vdso: Vdso) throws(LoadError) {
    let page = Layout.vdso
    try requireFree(page, page + 4096)
    let vma = VMA(
      start: page, end: page + 4096, permissions: [.read, .write], name: "[vdso]")
    guard space.map(vma) else { throw .notExecutable("not enough memory", .ENOMEM) }
    try? space.store(vdso.bytes, to: page)
    _ = space.protect(page, page + 4096, [.read, .execute])
  }

  // MARK: The stack

  /// Lays out strings, auxiliary vector, environment and arguments as the ABI has them; returns the
  /// stack pointer at entry. See "Process Initialization" in the System V ABI.
  private mutating func buildStack(
    environment: [[UInt8]], bias: UInt64, interpreterBase: UInt64
  ) throws(LoadError) -> GuestAddress {
    let space = space
    let top = Layout.stackTop
    layout.stackTop = top
    var permissions: Permissions = [.read, .write]
    if program.image.executableStack == true { permissions.insert(.execute) }
    let total = (program.arguments + environment).reduce(0) { $0 + $1.count + 9 }
    guard total < 2 << 20 else { throw .notExecutable("the argument list is too long", .E2BIG) }
    let stack = VMA(
      start: top - max(Layout.initialStack, UInt64(total + 0x1_0000) & ~4095), end: top,
      permissions: permissions, flags: [.growsDown, .stack], name: "[stack]")
    try requireFree(stack.start, stack.end)
    guard space.map(stack) else { throw .notExecutable("not enough memory", .ENOMEM) }

    var position = top - 8
    func push(_ bytes: [UInt8]) -> GuestAddress {
      position = position - UInt64(bytes.count)
      try? space.store(bytes, to: position)
      return position
    }
    /// Ascending, in one piece; returns where each begins.
    func push(strings: [[UInt8]]) -> [UInt64] {
      var bytes: [UInt8] = []
      let offsets = strings.map { string in
        defer {
          bytes += string
          bytes.append(0)
        }
        return UInt64(bytes.count)
      }
      let start = push(bytes).rawValue
      return offsets.map { start + $0 }
    }
    let executablePath = push(program.path + [0])
    layout.environmentEnd = executablePath
    let environmentPointers = push(strings: environment)
    layout.environmentStart = position
    layout.argumentsEnd = position
    let argumentPointers = push(strings: program.arguments)
    layout.argumentsStart = position
    let platform = program.isa.platformName.map { push(Array($0.utf8) + [0]) }
    var random = [UInt8](repeating: 0, count: 16)
    random.withMutableRawSpan { kernel.host.entropy(into: &$0) }
    position = GuestAddress(position.rawValue & ~15)
    let randomBytes = push(random)

    let image = program.image
    let hwcaps = processor.engine.hwcaps
    var vector: [(AuxiliaryType, UInt64)] =
      program.isNative ? [] : [(.AT_SYSINFO_EHDR, Layout.vdso.rawValue)]
    vector += [
      (.AT_HWCAP, hwcaps.hwcap),
      (.AT_HWCAP2, hwcaps.hwcap2),
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
      (.AT_SECURE, isSecure ? 1 : 0),
      (.AT_RANDOM, randomBytes.rawValue),
      (.AT_EXECFN, executablePath.rawValue),
    ]
    if let platform { vector.append((.AT_PLATFORM, platform.rawValue)) }
    if let size = SignalFrame.minimumStackSize(for: program.isa) {
      // No less than the constant that programs had before there was this entry.
      vector.append((.AT_MINSIGSTKSZ, max(size, 2048)))
    }
    vector.append((.AT_NULL, 0))
    var words: [UInt64] = [UInt64(argumentPointers.count)]
    words += argumentPointers + [0] + environmentPointers + [0]
    let vectorStart = words.count * 8
    for (type, value) in vector { words += [type.rawValue, value] }
    var bytes = [UInt8](repeating: 0, count: words.count * 8)
    bytes.withMutableRawSpan { span in
      for (index, word) in words.enumerated() { span.store(word, at: index * 8) }
    }
    self.image.auxv = Array(bytes[vectorStart...])
    position = GuestAddress((position.rawValue - UInt64(bytes.count)) & ~15)
    try? space.store(bytes, to: position)
    return position
  }
}

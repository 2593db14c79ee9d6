import Machine
import Testing
import UnicornEngine

/// Instructions that all ISAs have, on registers 8 to 15 of `RegisterFile.general`.
enum Op {
  /// r9 = the 64-bit word at r8
  case load
  /// the word at r8 = r9
  case store
  case systemCall
  /// to the address in r10
  case jump
  case call
  case `return`
  case nop
  /// to itself, for ever
  case hang
  /// r11 += 1
  case count

  func bytes(_ isa: GuestISA) -> [UInt8] {
    switch (self, isa) {
    case (.load, .x86_64): [0x4d, 0x8b, 0x08]
    case (.load, .aarch64): [0x09, 0x01, 0x40, 0xf9]
    case (.load, .riscv64): [0x03, 0xb5, 0x04, 0x00]
    case (.store, .x86_64): [0x4d, 0x89, 0x08]
    case (.store, .aarch64): [0x09, 0x01, 0x00, 0xf9]
    case (.store, .riscv64): [0x23, 0xb0, 0xa4, 0x00]
    case (.systemCall, .x86_64): [0x0f, 0x05]
    case (.systemCall, .aarch64): [0x01, 0x00, 0x00, 0xd4]
    case (.systemCall, .riscv64): [0x73, 0x00, 0x00, 0x00]
    case (.jump, .x86_64): [0x41, 0xff, 0xe2]
    case (.jump, .aarch64): [0x40, 0x01, 0x1f, 0xd6]
    case (.jump, .riscv64): [0x67, 0x80, 0x05, 0x00]
    case (.call, .x86_64): [0x41, 0xff, 0xd2]
    case (.call, .aarch64): [0x40, 0x01, 0x3f, 0xd6]
    case (.call, .riscv64): [0xe7, 0x80, 0x05, 0x00]
    case (.return, .x86_64): [0xc3]
    case (.return, .aarch64): [0xc0, 0x03, 0x5f, 0xd6]
    case (.return, .riscv64): [0x67, 0x80, 0x00, 0x00]
    case (.nop, .x86_64): [0x90]
    case (.nop, .aarch64): [0x1f, 0x20, 0x03, 0xd5]
    case (.nop, .riscv64): [0x13, 0x00, 0x00, 0x00]
    case (.hang, .x86_64): [0xeb, 0xfe]
    case (.hang, .aarch64): [0x00, 0x00, 0x00, 0x14]
    case (.hang, .riscv64): [0x6f, 0x00, 0x00, 0x00]
    case (.count, .x86_64): [0x49, 0xff, 0xc3]
    case (.count, .aarch64): [0x6b, 0x05, 0x00, 0x91]
    case (.count, .riscv64): [0x13, 0x06, 0x16, 0x00]
    }
  }
}

/// A guest of one thread: code pages, data pages and an engine.
final class TestGuest {
  // Addresses that share no TLB entry: one must not drive another out.
  static let code = GuestAddress(0x40_0000)
  static let data = GuestAddress(0x60_7000)
  static let other = GuestAddress(0x7000_0000_3000)
  static let stackTop = GuestAddress(0x7fff_0000_0000)

  let isa: GuestISA
  let arena: FrameArena
  var space: AddressSpace
  let engine: UnicornEngine
  var registers: RegisterFile

  /// `code` is loaded, executable, at `TestGuest.code`; the program counter is there.
  init(
    _ isa: GuestISA, _ code: [UInt8] = [], memory: Int = 64 << 20, countsInstructions: Bool = false
  ) throws {
    self.isa = isa
    arena = try #require(FrameArena(byteLimit: memory))
    space = AddressSpace(arena: arena, isa: isa)
    engine = try UnicornEngine(isa: isa, arena: arena, countsInstructions: countsInstructions)
    registers = RegisterFile(isa: isa)
    registers.programCounter = Self.code.rawValue
    if !code.isEmpty { try load(code, at: Self.code) }
  }

  convenience init(_ isa: GuestISA, _ ops: [Op], memory: Int = 64 << 20) throws {
    try self.init(isa, Self.assemble(isa, ops), memory: memory)
  }

  static func assemble(_ isa: GuestISA, _ ops: [Op]) -> [UInt8] { ops.flatMap { $0.bytes(isa) } }

  func length(_ op: Op) -> UInt64 { UInt64(op.bytes(isa).count) }

  @discardableResult
  func map(
    _ start: GuestAddress, pages: UInt64 = 1, _ permissions: Permissions = [.read, .write],
    flags: VMA.Flags = [], backing: VMA.Backing = .anonymous
  ) -> GuestAddress {
    let isMapped = space.map(
      VMA(
        start: start, end: start + pages * 4096, permissions: permissions, flags: flags,
        backing: backing))
    #expect(isMapped)
    return start
  }

  func protect(_ start: GuestAddress, pages: UInt64 = 1, _ permissions: Permissions) {
    #expect(space.protect(start, start + pages * 4096, permissions))
  }

  func unmap(_ start: GuestAddress, pages: UInt64 = 1) { space.unmap(start, start + pages * 4096) }

  /// Maps as many pages as `code` needs at `start`, writes it there and makes it executable.
  func load(_ code: [UInt8], at start: GuestAddress) throws {
    let first = start.roundedDownToPage
    let pages = ((start + UInt64(code.count)).roundedUpToPage - first) >> 12
    map(first, pages: pages)
    try space.store(code, to: start)
    protect(first, pages: pages, [.read, .execute])
  }

  func load(_ ops: [Op], at start: GuestAddress) throws {
    try load(Self.assemble(isa, ops), at: start)
  }

  /// Registers 8 to 11.
  func set(r8: GuestAddress? = nil, r9: UInt64? = nil, r10: GuestAddress? = nil, r11: UInt64? = nil)
  {
    if let r8 { registers.general[8] = r8.rawValue }
    if let r9 { registers.general[9] = r9 }
    if let r10 { registers.general[10] = r10.rawValue }
    if let r11 { registers.general[11] = r11 }
  }

  /// Loads `registers`, runs, and reads them back.
  @discardableResult
  func run(from start: GuestAddress? = nil) -> Exit {
    if let start { registers.programCounter = start.rawValue }
    engine.registers = registers
    let exit = engine.run(in: space)
    registers = engine.registers
    return exit
  }

  /// Runs from `start` (else the beginning) and expects a system call.
  func runToSystemCall(
    from start: GuestAddress = TestGuest.code, _ location: SourceLocation = #_sourceLocation
  ) {
    let exit = run(from: start)
    guard case .syscall = exit else {
      Issue.record("expected a system call, not \(exit)", sourceLocation: location)
      return
    }
  }

  /// Runs from `start` (else the beginning) and expects a fault.
  func runToFault(
    from start: GuestAddress = TestGuest.code, _ location: SourceLocation = #_sourceLocation
  ) -> MemoryFault? {
    let exit = run(from: start)
    guard case .fault(let fault) = exit else {
      Issue.record("expected a fault, not \(exit)", sourceLocation: location)
      return nil
    }
    return fault
  }

  func runToException(
    from start: GuestAddress = TestGuest.code, _ location: SourceLocation = #_sourceLocation
  ) -> GuestException? {
    let exit = run(from: start)
    guard case .exception(let exception) = exit else {
      Issue.record("expected an exception, not \(exit)", sourceLocation: location)
      return nil
    }
    return exception
  }
}

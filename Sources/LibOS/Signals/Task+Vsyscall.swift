import LinuxABI
import Machine

/// The page of old x86-64 programs, by whose addresses they make three calls (`[vsyscall]`). Nothing is mapped there:
/// who goes there is taken out again (`emulate_vsyscall`).
enum VsyscallPage {
  private static let start: UInt64 = 0xffff_ffff_ff60_0000
  /// gettimeofday, time, getcpu; they are 1024 bytes apart.
  private static let numbers: [UInt64] = [96, 201, 309]

  fileprivate static func number(at address: UInt64) -> UInt64? {
    guard address >= start, address & 1023 == 0 else { return nil }
    let index = (address - start) >> 10
    return index < numbers.count ? numbers[Int(index)] : nil
  }

  /// Its line in `maps`.
  static let mapsLine =
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
}

extension Task {
  /// The system call that the program makes by calling a function of the vsyscall page, from which it returns as the
  /// call does; nil if the fault is another. The task's registers are loaded.
  func vsyscall(_ fault: MemoryFault) -> SyscallFrame? {
    guard fault.access == .execute, process.isa == .x86_64, !process.processor.isNative,
      let number = VsyscallPage.number(at: fault.address.rawValue),
      engine.registers.programCounter == fault.address.rawValue,
      let target: UInt64 = try? process.space.load(at: GuestAddress(engine.registers.stackPointer))
    else { return nil }
    var registers = engine.registers
    registers.programCounter = target
    registers.stackPointer += 8
    registers.general[0] = number
    engine.registers = registers
    let general = registers.general
    return SyscallFrame(
      number: number,
      arguments: [general[7], general[6], general[2], general[10], general[8], general[9]])
  }
}

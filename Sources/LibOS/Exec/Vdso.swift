import LinuxABI
import Machine

/// The shared object that every process has (vdso(7)), a page of it: functions that make system calls, and the code that
/// signal handlers return to. There is nothing to be had without a call here, so that time is what the kernel says
/// wherever a program goes.
struct Vdso: Sendable {
  /// As it lies in memory, at whatever address.
  let bytes: [UInt8]
  /// Where signal handlers return to.
  let signalReturn: UInt64

  static func of(_ isa: GuestISA) -> Vdso {
    switch isa {
    case .x86_64: x86
    case .aarch64: arm
    case .riscv64: riscv
    }
  }

  private static let x86 = Vdso(
    .x86_64, version: "LINUX_2.6",
    functions: [
      ("__vdso_clock_gettime", 228), ("__vdso_gettimeofday", 96), ("__vdso_time", 201),
      ("__vdso_getcpu", 309), ("__vdso_clock_getres", 229), ("clock_gettime", 228),
      ("gettimeofday", 96), ("time", 201), ("getcpu", 309), ("clock_getres", 229),
    ]
  ) { number in
    // mov $number, %eax; syscall; ret
    [0xb8] + littleEndian(UInt32(number)) + [0x0f, 0x05, 0xc3]
  }

  private static let arm = Vdso(
    .aarch64, version: "LINUX_2.6.39",
    functions: [
      ("__kernel_clock_gettime", 113), ("__kernel_gettimeofday", 169),
      ("__kernel_clock_getres", 114),
    ], signalReturnName: "__kernel_rt_sigreturn"
  ) { number in
    // mov x8, #number; svc #0; ret
    [0xd280_0008 | UInt32(number) << 5, 0xd400_0001, 0xd65f_03c0].flatMap(littleEndian)
  }

  private static let riscv = Vdso(
    .riscv64, version: "LINUX_4.15",
    functions: [
      ("__vdso_clock_gettime", 113), ("__vdso_gettimeofday", 169), ("__vdso_clock_getres", 114),
      ("__vdso_getcpu", 168), ("__vdso_flush_icache", 259),
    ], signalReturnName: "__vdso_rt_sigreturn"
  ) { number in
    // li a7, number; ecall; ret
    [UInt32(number) << 20 | 0x893, 0x0000_0073, 0x0000_8067].flatMap(littleEndian)
  }

  private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    var writer = ByteWriter(capacity: T.bitWidth / 8)
    writer.write(value)
    return writer.bytes
  }

  // MARK: The file

  /// Strings, each once, behind the empty one.
  private struct Strings {
    private(set) var bytes: [UInt8] = [0]

    mutating func add(_ text: String) -> UInt32 {
      defer { bytes += Array(text.utf8) + [0] }
      return UInt32(bytes.count)
    }
  }

  /// Lays out what the System V ABI asks of a shared object (gABI, chapters 4 and 5), and the versions of its symbols.
  ///
  /// - Parameter code: of a function that makes the system call of this number.
  private init(
    _ isa: GuestISA, version: String, functions: [(name: String, number: Int)],
    signalReturnName: String? = nil, code: (Int) -> [UInt8]
  ) {
    var names = Strings()
    var text = ByteWriter()
    var symbols: [(name: UInt32, start: Int, size: Int)] = []
    func align() { text.pad(to: (text.bytes.count + 15) & ~15) }
    for function in functions {
      align()
      let bytes = code(function.number)
      symbols.append((names.add(function.name), text.bytes.count, bytes.count))
      text.write(bytes)
    }
    align()
    let returnStart = text.bytes.count
    let signalReturn = SignalTrampoline.code(isa)
    text.write(signalReturn)
    if let signalReturnName {
      symbols.append((names.add(signalReturnName), returnStart, signalReturn.count))
    }
    let soname = names.add("linux-vdso.so.1")
    let versionName = names.add(version)

    // Where each part begins.
    let count = symbols.count + 1
    let headers = 64 + 2 * 56
    let symbolTable = headers + 8
    let strings = symbolTable + 24 * count
    let hash = (strings + names.bytes.count + 7) & ~7
    let versions = hash + 4 * (3 + count)
    let definitions = (versions + 2 * count + 7) & ~7
    let dynamic = definitions + 2 * 28
    let entries: [(tag: UInt64, value: Int)] = [
      (4, hash), (5, strings), (6, symbolTable), (10, names.bytes.count), (11, 24),
      (14, Int(soname)), (0x6fff_fff0, versions), (0x6fff_fffc, definitions), (0x6fff_fffd, 2),
      (0, 0),
    ]
    let codeStart = (dynamic + 16 * entries.count + 15) & ~15
    let size = codeStart + text.bytes.count

    var file = ByteWriter(capacity: size)
    // The header: ELF64, little endian; ET_DYN.
    file.write([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8))
    for value in [3, isa.elfMachine] { file.write(value) }
    file.write(UInt32(1))
    for value in [0, 64, 0] as [UInt64] { file.write(value) }
    file.write(UInt32(0))
    for value in [64, 56, 2, 64, 0, 0] as [UInt16] { file.write(value) }
    // PT_LOAD of all of it, readable and executable, and PT_DYNAMIC.
    let segments: [(type: UInt32, flags: UInt32, start: Int, size: Int, alignment: UInt64)] = [
      (1, 5, 0, size, 4096), (2, 4, dynamic, 16 * entries.count, 8),
    ]
    for segment in segments {
      file.write(segment.type)
      file.write(segment.flags)
      for value in [segment.start, segment.start, segment.start, segment.size, segment.size] {
        file.write(UInt64(value))
      }
      file.write(segment.alignment)
    }
    file.pad(to: symbolTable + 24)
    for symbol in symbols {
      file.write(symbol.name)
      // STB_GLOBAL, STT_FUNC; any section that is one.
      file.write([0x12, 0])
      file.write(UInt16(1))
      file.write(UInt64(codeStart + symbol.start))
      file.write(UInt64(symbol.size))
    }
    file.write(names.bytes)
    file.pad(to: hash)
    // One bucket, in which each symbol leads to the next.
    for value in [1, count, 1, 0] + Array(2..<count) + [0] { file.write(UInt32(value)) }
    // All symbols but the first have version 2.
    file.write(UInt16(0))
    for _ in symbols { file.write(UInt16(2)) }
    file.pad(to: definitions)
    for (index, name) in [(1, ("linux-vdso.so.1", soname)), (2, (version, versionName))] {
      for value in [1, index == 1 ? 1 : 0, index, 1] { file.write(UInt16(value)) }
      file.write(Self.hash(name.0))
      for value in [20, index == 1 ? 28 : 0, name.1, 0] { file.write(UInt32(value)) }
    }
    for entry in entries {
      file.write(entry.tag)
      file.write(UInt64(entry.value))
    }
    file.pad(to: codeStart)
    file.write(text.bytes)
    precondition(file.bytes.count == size && size <= 4096)
    bytes = file.bytes
    self.signalReturn = UInt64(codeStart + returnStart)
  }

  /// As the System V ABI hashes the names of symbols and versions.
  private static func hash(_ name: String) -> UInt32 {
    var value: UInt32 = 0
    for byte in name.utf8 {
      value = value << 4 &+ UInt32(byte)
      let high = value & 0xf000_0000
      value = (value ^ high >> 24) & ~high
    }
    return value
  }
}

// Safe functions over libcapstone, and the disassembler's only unsafe code (Docs/Decisions/0001).

internal import CCapstoneShims

/// One machine instruction as text.
package struct Instruction: Hashable, Sendable {
  /// The guest address of its first byte.
  package var address: UInt64
  package var bytes: [UInt8]
  /// Mnemonic and operands (Intel syntax for x86-64), as in `mov rax, rbx`.
  package var text: String
}

/// The instruction sets that can be disassembled; the raw values are those of `GuestISA`.
package enum DisassemblyISA: String, Sendable, CaseIterable {
  case x86_64
  case aarch64
  case riscv64
}

/// The instructions in `bytes`, at most `count` of them, the first at `address`.
///
/// The result ends before an invalid or incomplete instruction. It is empty if there is no instruction at
/// `address`, if capstone was built without `isa`, or if it is not installed.
package func disassemble(
  _ bytes: [UInt8], at address: UInt64, isa: DisassemblyISA, count: Int
) -> [Instruction] {
  guard count > 0, !bytes.isEmpty else { return [] }
  // SAFETY: the handle is closed exactly once.
  guard let (capstone, opened) = unsafe open(isa) else { return [] }
  var handle = opened
  defer { unsafe _ = capstone.close(&handle) }

  var list: UnsafeMutablePointer<cs_insn>?
  // SAFETY: capstone reads the lent bytes only during the call and returns how many instructions
  // it allocated, which are freed exactly once.
  let found = unsafe bytes.withUnsafeBufferPointer { buffer in
    unsafe capstone.disasm(handle, buffer.baseAddress, buffer.count, address, count, &list)
  }
  guard found > 0, let list = unsafe list else { return [] }
  defer { unsafe capstone.free(list, found) }

  return (0..<found).map { index in
    // SAFETY: the index is below the number of instructions returned.
    let found = unsafe list[index]
    let (place, size) = unsafe (found.address, Int(found.size))
    let (mnemonic, operands) = unsafe (text(found.mnemonic), text(found.op_str))
    let start = Int(place &- address)
    return Instruction(
      address: place, bytes: Array(bytes[start..<(start + size)]),
      text: operands.isEmpty ? mnemonic : mnemonic + " " + operands)
  }
}

/// Whether capstone is installed, and knows `isa`.
package func disassembles(_ isa: DisassemblyISA) -> Bool {
  // SAFETY: as in `disassemble`.
  guard let (capstone, opened) = unsafe open(isa) else { return false }
  var handle = opened
  unsafe _ = capstone.close(&handle)
  return true
}

/// Loads capstone and opens a handle, which the caller closes; nil if it is not there or does not know `isa`.
@unsafe private func open(_ isa: DisassemblyISA) -> (godwit_capstone, csh)? {
  var capstone = godwit_capstone()
  // SAFETY: all four functions are there if it returns true, with the types that the library's header gives them.
  guard unsafe godwit_load_capstone(&capstone) else { return nil }
  let (architecture, mode) =
    switch isa {
    case .x86_64: (CS_ARCH_X86, CS_MODE_64)
    case .aarch64: (CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN)
    case .riscv64: (godwit_capstone_riscv, godwit_capstone_riscv64)
    }
  var handle: csh = 0
  // SAFETY: the handle is written by `open`.
  guard unsafe capstone.open(architecture, mode, &handle) == CS_ERR_OK else { return nil }
  return (capstone, handle)
}

/// The text in a fixed array of C characters, up to its NUL.
private func text<Characters>(_ characters: Characters) -> String {
  var characters = characters
  // SAFETY: a tuple of `CChar` is a contiguous array of bytes, as C lays it out; only its own bytes
  // are read.
  return unsafe withUnsafeBytes(of: &characters) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

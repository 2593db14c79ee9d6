// Safe functions over libcapstone, and the disassembler's only unsafe code (Docs/Decisions/0001).

internal import CCapstone

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
}

/// The instructions in `bytes`, at most `count` of them, the first at `address`.
///
/// The result ends before an invalid or incomplete instruction. It is empty if there is no instruction at
/// `address`, or if capstone was built without `isa`.
package func disassemble(
  _ bytes: [UInt8], at address: UInt64, isa: DisassemblyISA, count: Int
) -> [Instruction] {
  guard count > 0, !bytes.isEmpty else { return [] }
  let (architecture, mode) =
    switch isa {
    case .x86_64: (CS_ARCH_X86, CS_MODE_64)
    case .aarch64: (CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN)
    }
  var handle: csh = 0
  // SAFETY: the handle is written by cs_open and closed exactly once.
  guard unsafe cs_open(architecture, mode, &handle) == CS_ERR_OK else { return [] }
  defer { unsafe _ = cs_close(&handle) }

  var list: UnsafeMutablePointer<cs_insn>?
  // SAFETY: capstone reads the lent bytes only during the call and returns how many instructions
  // it allocated, which are freed exactly once.
  let found = unsafe bytes.withUnsafeBufferPointer { buffer in
    unsafe cs_disasm(handle, buffer.baseAddress, buffer.count, address, count, &list)
  }
  guard found > 0, let list = unsafe list else { return [] }
  defer { unsafe cs_free(list, found) }

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

/// The text in a fixed array of C characters, up to its NUL.
private func text<Characters>(_ characters: Characters) -> String {
  var characters = characters
  // SAFETY: a tuple of `CChar` is a contiguous array of bytes, as C lays it out; only its own bytes
  // are read.
  return unsafe withUnsafeBytes(of: &characters) { bytes in
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

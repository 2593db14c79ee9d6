package import Machine

/// The 512-byte image of `fxsave64`: x87, MXCSR and XMM state as x86-64 signal frames hold it
/// (Intel SDM volume 1, table 10-2; `struct _fpstate_64` in `asm/sigcontext.h`).
package enum FXSaveImage {
  package static let byteCount = 512

  /// The bits of MXCSR that may be set (`MXCSR_MASK`); others make `fxrstor` fault.
  package static let mxcsrMask: UInt32 = 0xffff

  /// The image of `registers`' floating-point and vector state.
  package static func encode(_ registers: RegisterFile) -> [UInt8] {
    let x87 = registers.x87
    var writer = ByteWriter(capacity: byteCount)
    writer.write(x87.control)
    writer.write(x87.status)
    writer.write(abridged(x87.tag))
    writer.zero(1)
    writer.write(x87.opcode)
    writer.write(x87.instruction)
    writer.write(x87.operand)
    writer.write(registers.floatControl)
    writer.write(mxcsrMask)
    for index in 0..<8 {
      writer.write(x87.mantissas[index])
      writer.write(x87.exponents[index])
      writer.zero(6)
    }
    for index in 0..<16 {
      writer.write(registers.vectors[index].low)
      writer.write(registers.vectors[index].high)
    }
    writer.pad(to: byteCount)
    return writer.bytes
  }

  /// Loads an image into `registers`; `false`, and nothing is changed, when `fxrstor` would refuse
  /// it for reserved bits in MXCSR.
  package static func decode(_ bytes: [UInt8], into registers: inout RegisterFile) -> Bool {
    var reader = ByteReader(bytes)
    var x87 = X87State()
    x87.control = reader.read()
    x87.status = reader.read()
    let tag: UInt8 = reader.read()
    reader.skip(1)
    x87.opcode = reader.read()
    x87.instruction = reader.read()
    x87.operand = reader.read()
    let mxcsr: UInt32 = reader.read()
    guard mxcsr & ~mxcsrMask == 0 else { return false }
    reader.skip(4)
    for index in 0..<8 {
      x87.mantissas[index] = reader.read()
      x87.exponents[index] = reader.read()
      reader.skip(6)
    }
    x87.tag = fullTag(tag, x87)
    registers.x87 = x87
    registers.floatControl = mxcsr
    for index in 0..<16 {
      registers.vectors[index] = Vector128(low: reader.read(), high: reader.read())
    }
    return true
  }

  /// One bit a physical register, 1 when it isn't empty, from the full form's two bits.
  package static func abridged(_ tag: UInt16) -> UInt8 {
    var result: UInt8 = 0
    for register in 0..<8 where tag >> UInt16(register * 2) & 3 != 3 {
      result |= 1 << UInt8(register)
    }
    return result
  }

  /// The full form: what kind of number each register in use holds is read off the number itself.
  ///
  /// Tags belong to physical registers, the numbers are in stack order: st(i) is register
  /// (top + i) mod 8.
  package static func fullTag(_ abridged: UInt8, _ x87: X87State) -> UInt16 {
    let top = Int(x87.status >> 11 & 7)
    var result: UInt16 = 0
    for register in 0..<8 {
      let index = (register - top) & 7
      let kind: UInt16 =
        abridged >> UInt8(register) & 1 == 0
        ? 3 : kind(mantissa: x87.mantissas[index], exponent: x87.exponents[index])
      result |= kind << UInt16(register * 2)
    }
    return result
  }

  /// 0 valid, 1 zero, 2 special (infinity, NaN, denormal, unnormal).
  private static func kind(mantissa: UInt64, exponent: UInt16) -> UInt16 {
    switch exponent & 0x7fff {
    case 0: mantissa == 0 ? 1 : 2
    case 0x7fff: 2
    default: mantissa >> 63 == 1 ? 0 : 2
    }
  }
}

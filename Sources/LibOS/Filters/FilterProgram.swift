/// A program of the classic Berkeley packet filter (`linux/filter.h`): a seccomp filter, or a socket's.
struct FilterProgram: Equatable {
  /// `struct sock_filter`, eight bytes.
  struct Instruction: Equatable {
    var code: UInt16
    /// How many instructions to skip, if a comparison holds and if it does not.
    var jumpTrue: UInt8
    var jumpFalse: UInt8
    var operand: UInt32
  }

  static let lengthLimit = 4096
  private static let memoryWords = 16

  let instructions: [Instruction]

  /// - Returns: nil for what Linux refuses (`bpf_check_classic`).
  init?(_ instructions: [Instruction]) {
    guard (1...Self.lengthLimit).contains(instructions.count),
      instructions.last.map({ $0.code & 7 == 6 }) == true
    else { return nil }
    for (place, instruction) in instructions.enumerated() {
      guard instruction.isValid(at: place, of: instructions.count) else { return nil }
    }
    self.instructions = instructions
  }

  /// What it answers.
  ///
  /// - Parameters:
  ///   - length: of the data, in bytes.
  ///   - load: the number of one, two or four bytes at an offset, which is negative for what is not data; nil
  ///     ends the program with 0.
  func run(length: Int, load: (_ offset: Int, _ size: Int) -> UInt32?) -> UInt32 {
    var (a, x): (UInt32, UInt32) = (0, 0)
    var memory = InlineArray<16, UInt32>(repeating: 0)
    var place = 0
    // Jumps lead forward only.
    while true {
      let instruction = instructions[place]
      place += 1
      let k = instruction.operand
      let offset = Int(Int32(bitPattern: k))
      switch instruction.code {
      case 0x20, 0x28, 0x30:  // ld, ldh, ldb [k]
        guard let value = load(offset, instruction.size) else { return 0 }
        a = value
      case 0x40, 0x48, 0x50:  // ld, ldh, ldb [x + k]
        guard let value = load(offset + Int(x), instruction.size) else { return 0 }
        a = value
      case 0x80: a = UInt32(truncatingIfNeeded: length)
      case 0x81: x = UInt32(truncatingIfNeeded: length)
      case 0x00: a = k
      case 0x01: x = k
      case 0x60: a = memory[Int(k)]
      case 0x61: x = memory[Int(k)]
      case 0xb1:  // ldx 4 * ([k] & 15)
        guard let value = load(offset, 1) else { return 0 }
        x = (value & 15) << 2
      case 0x02: memory[Int(k)] = a
      case 0x03: memory[Int(k)] = x
      case 0x06: return k
      case 0x16: return a
      case 0x07: x = a
      case 0x87: a = x
      case 0x05: place += Int(k)
      case 0x84: a = 0 &- a
      default:
        let operand = instruction.code & 8 == 0 ? k : x
        if instruction.code & 7 == 5 {
          place += Int(
            instruction.holds(a, operand) ? instruction.jumpTrue : instruction.jumpFalse)
        } else {
          guard let value = instruction.compute(a, operand) else { return 0 }
          a = value
        }
      }
    }
  }

  /// Whether it is fit for system calls, whose data are whole words (`seccomp_check_filter`).
  var isForSyscalls: Bool {
    instructions.allSatisfy {
      switch $0.code {
      case 0x20: $0.operand < UInt32(Self.syscallDataSize) && $0.operand & 3 == 0
      case 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0x94, 0x9c: false
      default: true
      }
    }
  }

  /// Bytes of `struct seccomp_data`.
  static let syscallDataSize = 64
}

extension FilterProgram.Instruction {
  /// Bytes that a load takes.
  fileprivate var size: Int {
    switch code & 0x18 {
    case 0x00: 4
    case 0x08: 2
    default: 1
    }
  }

  fileprivate func isValid(at place: Int, of count: Int) -> Bool {
    let room = UInt32(count - place - 1)
    switch code {
    case 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0x00, 0x01, 0xb1, 0x06, 0x16, 0x07, 0x87,
      0x84, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x6c, 0x7c, 0x9c,
      0xa4, 0xac:
      return true
    case 0x34, 0x94: return operand != 0  // Division by a constant.
    case 0x64, 0x74: return operand < 32
    case 0x60, 0x61, 0x02, 0x03: return operand < 16
    case 0x05: return operand < room
    case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
      return UInt32(jumpTrue) < room && UInt32(jumpFalse) < room
    default: return false
    }
  }

  fileprivate func holds(_ a: UInt32, _ b: UInt32) -> Bool {
    switch code & 0xf0 {
    case 0x10: a == b
    case 0x20: a > b
    case 0x30: a >= b
    default: a & b != 0
    }
  }

  /// The result of arithmetic; nil for a division by zero.
  fileprivate func compute(_ a: UInt32, _ b: UInt32) -> UInt32? {
    switch code & 0xf0 {
    case 0x00: a &+ b
    case 0x10: a &- b
    case 0x20: a &* b
    case 0x30: b == 0 ? nil : a / b
    case 0x40: a | b
    case 0x50: a & b
    case 0x60: a &<< b
    case 0x70: a &>> b
    case 0x90: b == 0 ? nil : a % b
    default: a ^ b
    }
  }
}

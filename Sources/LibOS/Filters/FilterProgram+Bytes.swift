import LinuxABI
import Machine

extension FilterProgram {
  /// The program in `bytes`, an array of `struct sock_filter`.
  init?(bytes: [UInt8]) {
    guard bytes.count & 7 == 0, bytes.count >> 3 <= Self.lengthLimit else { return nil }
    var reader = ByteReader(bytes)
    self.init(
      (0..<bytes.count >> 3).map { _ in
        Instruction(
          code: reader.read(), jumpTrue: reader.read(), jumpFalse: reader.read(),
          operand: reader.read())
      })
  }

  var bytes: [UInt8] {
    var writer = ByteWriter(capacity: instructions.count * 8)
    for instruction in instructions {
      writer.write(instruction.code)
      writer.write(instruction.jumpTrue)
      writer.write(instruction.jumpFalse)
      writer.write(instruction.operand)
    }
    return writer.bytes
  }

  /// The program of a `struct sock_fprog` in guest memory: EINVAL, EFAULT.
  static func load(_ call: SyscallContext, at address: GuestAddress) throws(Errno) -> FilterProgram
  {
    try load(call, description: try call.bytes(at: address, count: 16))
  }

  /// The program that `description`, a `struct sock_fprog`, names.
  static func load(_ call: SyscallContext, description: [UInt8]) throws(Errno) -> FilterProgram {
    var reader = ByteReader(description)
    let count: UInt16 = reader.read()
    reader.skip(6)
    let place: UInt64 = reader.read()
    guard (1...Self.lengthLimit).contains(Int(count)) else { throw .EINVAL }
    let bytes = try call.bytes(at: GuestAddress(place), count: Int(count) * 8)
    guard let program = FilterProgram(bytes: bytes) else { throw .EINVAL }
    return program
  }
}

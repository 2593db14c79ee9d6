import CRawCall
import LibOS
import LinuxABI
import Machine

/// What a guest could do once it has broken out of everything that is written in Swift: any system call of
/// the host, in the host's process.
enum RawCall {
  /// `syscall(number, call | pointers << 16, argument…)`: makes the host's system call `call` with up to
  /// five arguments. Bit n of `pointers` says that argument n is the address of 4,096 bytes of the guest's,
  /// which are copied there and back; 0 stays NULL.
  static let row = SyscallRow(
    "host_call", x64: number, generic: number, [.hex, .hex, .hex, .hex, .hex, .hex]
  ) { context throws(Errno) in
    let call = Int(context[0] & 0xffff)
    let pointers = context[0] >> 16
    let isPointer = (0..<5).map { pointers >> UInt64($0) & 1 != 0 && context[$0 + 1] != 0 }
    var buffers: [[UInt8]] = []
    for index in 0..<5 {
      guard isPointer[index] else {
        buffers.append([])
        continue
      }
      buffers.append(try context.bytes(at: context.address(index + 1), count: size))
    }
    let result = invoke(call, (1...5).map { Int(truncatingIfNeeded: context[$0]) }, &buffers)
    for index in 0..<5 where isPointer[index] {
      try context.store(buffers[index], to: context.address(index + 1))
    }
    if result < 0 { throw Errno(rawValue: Int32(-result)) }
    return .value(UInt64(result))
  }

  static let number = 1000
  private static let size = 4096

  private static func invoke(_ call: Int, _ values: [Int], _ buffers: inout [[UInt8]]) -> Int {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 5 * size, alignment: 16)
    defer { unsafe memory.deallocate() }
    var arguments = values + [0]
    for index in 0..<5 where !buffers[index].isEmpty {
      let place = unsafe memory + index * size
      unsafe place.copyMemory(from: buffers[index], byteCount: size)
      arguments[index] = Int(bitPattern: place)
    }
    let result = unsafe godwit_raw_call(call, arguments)
    for index in 0..<5 where !buffers[index].isEmpty {
      let place = unsafe UnsafeRawBufferPointer(start: memory + index * size, count: size)
      unsafe buffers[index] = Array(place)
    }
    return result
  }
}

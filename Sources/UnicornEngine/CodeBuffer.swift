import CUnicornShims
import Synchronization

/// Memory that one emulator writes its translations to and runs them from.
///
/// A process that confines itself can't make memory executable any more. So buffers for all engines that
/// it may ever have are reserved before, and a buffer whose engine is gone serves the next one. They take
/// address space; memory only as they fill.
final class CodeBuffer: Sendable {
  /// Bytes. Direct jumps on ARM64 hosts reach no farther; when a buffer is full Unicorn starts again from
  /// nothing.
  static let size = 128 << 20

  /// Addresses of those that no emulator has.
  private static let free = Mutex<[UInt]>([])

  /// Where it begins.
  let address: UInt

  /// Takes a free buffer, or maps one where the process may still do so.
  init() throws(EngineError) {
    address = try Self.free.withLock { free throws(EngineError) in
      if let address = free.popLast() { return address }
      return try Self.map()
    }
  }

  deinit {
    // What is left of the translations reads as zeroes.
    godwit_code_buffer_clear(address, Self.size)
    Self.free.withLock { $0.append(address) }
  }

  /// Sees to it that `count` buffers are free.
  static func reserve(_ count: Int) throws(EngineError) {
    try free.withLock { free throws(EngineError) in
      while free.count < count { free.append(try map()) }
    }
  }

  private static func map() throws(EngineError) -> UInt {
    let address = godwit_code_buffer_map(size)
    guard address != 0 else {
      throw EngineError(
        operation: "map a code buffer", reason: "the host gives no executable memory")
    }
    return address
  }
}

extension UnicornEngine {
  /// Maps the executable memory of `count` engines, which can then be made in a process that may map none.
  package static func reserve(_ count: Int) throws(EngineError) { try CodeBuffer.reserve(count) }
}

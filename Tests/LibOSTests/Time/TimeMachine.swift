import LinuxABI
import Machine
import TestHost

import LibOS

extension SignalMachine {
  /// Makes any call of the table and lets it end, however long it waits on the host's clock; returns
  /// what the guest finds in the result register.
  @discardableResult func perform(_ name: String, _ arguments: UInt64...) -> Int64 {
    run([step(name, arguments)])
    return Int64(bitPattern: engine.registers.syscallResult)
  }

  func step(_ name: String, _ arguments: [UInt64]) -> FakeEngine.Step {
    let row = SyscallTable.all.first { $0.name == name }!
    return FakeEngine.syscall(row.number(on: engine.isa)!, arguments)
  }

  func place<T: GuestStruct>(_ value: T, at address: UInt64 = SignalMachine.data) {
    store(value.bytes, at: address)
  }

  func fetch<T: GuestStruct>(_ type: T.Type = T.self, at address: UInt64) -> T {
    T(bytes: bytes(at: address, count: T.byteCount))
  }

  func word(at address: UInt64) -> UInt64 {
    try! process.space.load(UInt64.self, at: GuestAddress(address))
  }

  /// Does something when the guest's monotonic clock has moved on by `delay` nanoseconds.
  func later(_ delay: Int64, _ action: @escaping () -> Void) {
    kernel.timers.arm(KernelTimer(action: action), at: kernel.clock.monotonic + delay)
  }

  func send(_ signal: Signal, after delay: Int64) {
    later(delay) { [unowned self] in process.post(userInfo(signal)) }
  }

  static func failure(_ errno: Errno) -> Int64 { -Int64(errno.rawValue) }
}

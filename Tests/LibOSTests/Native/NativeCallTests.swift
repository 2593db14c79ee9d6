import Foundation
import HostABI
import LinuxABI
import Machine
import TestSupport
import Testing

import LibOS

/// The calls of the host ABI as the library OS answers them, and as Docs/HostABI.json describes them.
@Suite struct NativeCallTests {
  private struct Description: Decodable {
    struct Typed: Decodable { var type: String }
    struct Call: Decodable {
      var name: String
      var number: UInt64
      var arguments: [Typed]
      var result: Typed?
    }
    struct Passing: Decodable {
      struct Register: Decodable {}
      var type: String
      var registers: [Register]
    }
    struct Named: Decodable { var name: String }
    var calls: [Call]
    var guestCalls: [Call]
    var errors: [Named]
    var passing: [Passing]
    var returning: [Passing]

    /// How many registers a call takes.
    func registers(_ call: Call) -> Int {
      let passed = call.arguments.flatMap { argument in
        passing.filter { $0.type == argument.type }.flatMap(\.registers)
      }
      let returned = returning.filter { $0.type == call.result?.type }.flatMap(\.registers)
      return passed.count + returned.count
    }
  }

  private static func description() throws -> Description {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Docs/HostABI.json").standardized
    return try JSONDecoder().decode(Description.self, from: Data(contentsOf: file))
  }

  @Test func theRowsAreThoseOfTheDescription() throws {
    let description = try Self.description()
    let calls = description.calls + description.guestCalls
    for call in calls {
      let row = try #require(SyscallTable.native[call.number], "\(call.name)")
      #expect(row.name == call.name)
      #expect(row.arguments.count == description.registers(call), "\(call.name)")
    }
    #expect(calls.count == SyscallTable.nativeRows.count)
  }

  @Test func theNumbersOfErrorsAreTheirPlaces() throws {
    let names = try Self.description().errors.map(\.name)
    #expect(names == HostError.allCases.map { "\($0)" })
  }

  /// Whatever the arguments: a number, or an error of the contract.
  @Test(arguments: GuestISA.allCases) func hostileArgumentsGiveErrorsOfTheContract(isa: GuestISA)
    throws
  {
    let fuzz = FuzzMachine(isa)
    var values = HostileValues(seed: 18)
    FuzzMemory.fill(fuzz.machine.process.space, &values)
    var parts = try SnapshotParts(RoundTrip(fuzz.machine.kernel).reader())
    try parts.makeNative()
    let kernel = try RoundTrip(bytes: parts.encoded()).resume(
      on: FuzzMachine.freshHost(), fuzz.machine.tree)
    let engine = try #require(kernel.processor(for: isa).engine as? FakeEngine)
    // What starts or ends a thread, puts it to sleep or replaces its registers has guests of its own.
    let rows = SyscallTable.nativeRows.filter { ![38, 67, 68, 70, 73].contains($0.x64) }
    var last: String?
    var answered = 0
    func look(_ engine: FakeEngine) {
      guard let name = last else { return }
      let result = Int64(bitPattern: engine.registers.syscallResult)
      #expect(result >= -Int64(HostError.allCases.count), "\(name)")
      answered += 1
    }
    engine.script = (0..<4000).map { _ in
      let row = values.pick(rows)
      let arguments = (0..<6).map { index in
        index < row.arguments.count ? values.argument(row.arguments[index]) : values.anything()
      }
      let call = FakeEngine.syscall(row.x64!, arguments)
      return { engine in
        look(engine)
        last = row.name
        return call(engine)
      }
    }
    engine.onEnd = {
      kernel.onInterrupt = { .stop }
      kernel.interrupt.raise()
    }
    #expect(kernel.run() == .interrupted)
    look(engine)
    #expect(answered == 4000)
  }
}

import Foundation
import HostABI
import LinuxABI
import Machine
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
    let machine = fuzz.machine
    var values = HostileValues(seed: 18)
    FuzzMemory.fill(machine.process.space, &values)
    // What ends a thread, or puts it to sleep, has guests of its own.
    let rows = SyscallTable.nativeRows.filter { ![38, 68, 70].contains($0.x64) }
    var answered = 0
    for _ in 0..<4000 {
      let row = values.pick(rows)
      var arguments = InlineArray<6, UInt64>(repeating: 0)
      for index in 0..<6 {
        arguments[index] =
          index < row.arguments.count ? values.argument(row.arguments[index]) : values.anything()
      }
      let frame = SyscallFrame(number: UInt64(row.x64!), arguments: arguments)
      let call = SyscallContext(kernel: machine.kernel, task: machine.task, frame: frame)
      if case .value(let value) = try row.handler(call) {
        #expect(Int64(bitPattern: value) >= -Int64(HostError.allCases.count), "\(row.name)")
        answered += 1
      }
    }
    #expect(answered > 2000)
  }
}

import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestSupport
import Testing

import LibOS

extension SnapshotParts {
  /// Makes the process a guest of the host ABI that has set its alarm and whose handler of exceptions runs.
  mutating func makeNative() throws {
    let processes = StateSection.processes.rawValue
    var list = try #require(Godwit_State_Processes(decoding: sections[processes]!))
    var native = Godwit_State_NativeProcess()
    native.alarm = 123_456_789
    native.interrupted = true
    native.readOnly = [4, 7]
    list.processes[0].native = native
    sections[processes] = list.encoded()
    let tasks = StateSection.tasks.rawValue
    var threads = try #require(Godwit_State_Tasks(decoding: sections[tasks]!))
    var handler = Godwit_State_ExceptionHandler()
    handler.entry = SignalMachine.handler
    handler.stack = SignalMachine.stackTop
    handler.interrupted = threads.tasks[0].registers
    threads.tasks[0].exceptionHandler = handler
    sections[tasks] = threads.encoded()
  }

  fileprivate mutating func change(_ body: (inout Godwit_State_ExceptionHandler) -> Void) throws {
    let tasks = StateSection.tasks.rawValue
    var threads = try #require(Godwit_State_Tasks(decoding: sections[tasks]!))
    body(&threads.tasks[0].exceptionHandler)
    sections[tasks] = threads.encoded()
  }
}

/// What the calls of the host ABI keep is there again after a resume.
@Suite struct NativeStateTests {
  private func parts(_ machine: SignalMachine) throws -> SnapshotParts {
    var parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    try parts.makeNative()
    return parts
  }

  @Test(arguments: GuestISA.allCases) func savedAgainItIsTheSame(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    let bytes = try parts(machine).encoded()
    let kernel = try RoundTrip(bytes: bytes).resume(on: machine.host, machine.tree)
    machine.successor = kernel
    #expect(kernel.hasNativeGuests)
    #expect(!machine.kernel.hasNativeGuests)
    let again = try RoundTrip(kernel)
    let processes: Godwit_State_Processes = try again.section(.processes)
    let tasks: Godwit_State_Tasks = try again.section(.tasks)
    #expect(try processes == RoundTrip(bytes: bytes).section(.processes))
    #expect(try tasks == RoundTrip(bytes: bytes).section(.tasks))
    #expect(processes.processes[0].native.readOnly == [4, 7])
    #expect(tasks.tasks[0].exceptionHandler.interrupted == tasks.tasks[0].registers)
  }

  @Test(arguments: GuestISA.allCases) func whatMakesNoSenseIsRefused(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    let changes: [@Sendable (inout Godwit_State_ExceptionHandler) -> Void] = [
      { $0.entry = .max }, { $0.stack = .max }, { $0.interrupted.general = [1] },
      { $0.interrupted.vectors = [] },
    ]
    for change in changes {
      var parts = try parts(machine)
      try parts.change(change)
      let bytes = try parts.encoded()
      #expect(throws: SnapshotError.self) {
        try RoundTrip(bytes: bytes).resume(on: machine.host, machine.tree)
      }
    }
  }
}

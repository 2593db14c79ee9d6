import LibOSState
import LinuxABI
import Machine
import Snapshot
import TestSupport
import Testing

import LibOS

/// Standard streams that end in the library OS.
@Suite struct GuestConsoleTests {
  let machine = SignalMachine(.x86_64)

  /// What came out of a console.
  private final class Seen {
    private(set) var output = ""
    private(set) var error = ""

    init(_ kernel: Kernel) {
      kernel.console?.connect(
        onOutput: { [unowned self] stream, bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          if stream == .output { output += text } else { error += text }
        }, onRoom: {})
    }
  }

  private func open(terminal: Bool, input: Bool = true) throws -> GuestConsole {
    try machine.kernel.openConsole(
      GuestConsole.Shape(hasTerminal: terminal, takesInput: input), of: machine.process)
    return try #require(machine.kernel.console)
  }

  @Test func outputIsTakenAtOnce() throws {
    let console = try open(terminal: true)
    let seen = Seen(machine.kernel)
    let line = String(repeating: "x", count: 999)
    for _ in 0..<100 { try machine.file(1).write(line + "\n") }
    try machine.file(2).write("end")
    #expect(seen.output.utf8.count == 100 * 1001 + 3)
    #expect(seen.output.hasSuffix("\r\nend"))
    // Whole lines of the last 64 KiB.
    #expect(console.recentOutput.count == (65536 - 3) / 1001 * 1001 + 3)
    #expect(console.recentOutput.starts(with: line.utf8))
  }

  @Test func typedLinesAreEchoedAndRead() throws {
    let console = try open(terminal: true)
    let seen = Seen(machine.kernel)
    #expect(console.type(Array("one\ntwo".utf8)) == 7)
    #expect(try machine.file(0).readText() == "one\n")
    #expect(throws: Errno.EAGAIN) { try machine.file(0).readText() }
    #expect(seen.output == "one\r\ntwo")
  }

  /// What there is no room for is told apart from what was taken.
  @Test(arguments: [true, false]) func inputWaitsForRoom(terminal: Bool) throws {
    let console = try open(terminal: terminal)
    var room = 0
    console.connect(onOutput: nil, onRoom: { room += 1 })
    let lines = Array(String(repeating: "123456789012345\n", count: 256).utf8)
    var typed = 0
    while true {
      let count = console.type(lines)
      typed += count
      if count == 0 { break }
    }
    let before = room
    #expect(typed >= 4096 && typed <= 65536)
    var read = 0
    while let text = try? machine.file(0).readText() { read += text.count }
    // The last line may not be whole.
    #expect(read == typed / 16 * 16)
    #expect(room > before)
  }

  @Test func pipesAreApart() throws {
    let console = try open(terminal: false)
    let seen = Seen(machine.kernel)
    for _ in 0..<10 { try machine.file(1).write(String(repeating: "x", count: 60_000)) }
    try machine.file(2).write("error")
    #expect(seen.output.count == 600_000)
    #expect(seen.error == "error")
    #expect(console.recentOutput.isEmpty)
    #expect(console.type([1, 2]) == 2)
    console.endInput()
    #expect(try machine.file(0).readText() == "\u{1}\u{2}")
    #expect(try machine.file(0).readText() == "")
  }

  @Test func withoutInputThereIsNone() throws {
    let console = try open(terminal: false, input: false)
    #expect(try machine.file(0).readText() == "")
    #expect(try machine.file(0).linkName == "/dev/null")
    #expect(console.type([1, 2, 3]) == 3)
  }

  @Test(arguments: [true, false]) func itTravels(terminal: Bool) throws {
    _ = try open(terminal: terminal)
    try machine.file(1).write("before\n")
    let kernel = try machine.resumed()
    let console = try #require(kernel.console)
    let seen = Seen(kernel)
    #expect(console.recentOutput == Array((terminal ? "before\r\n" : "").utf8))
    let files = kernel.processes[1]!.files
    try files.file(1).write("after")
    try files.file(2).write("wards")
    #expect(seen.output + seen.error == "afterwards")
    #expect(seen.error == (terminal ? "" : "wards"))
    #expect(console.type(Array("typed\n".utf8)) == 6)
    #expect(try files.file(0).readText() == "typed\n")
    #expect(try files.file(1).linkName.hasPrefix(terminal ? "/dev/pts/0" : "pipe:"))
  }

  /// A console whose files are of another kind, or that remembers too much.
  @Test func senselessConsolesAreRefused() throws {
    _ = try open(terminal: true)
    let parts = try SnapshotParts(RoundTrip(machine.kernel).reader())
    let section = StateSection.files.rawValue
    let sane = try #require(Godwit_State_Files(decoding: parts.sections[section]!))
    let slave = try #require(
      sane.files.first {
        if case .pseudoterminalSlave = $0.kind { true } else { false }
      }
    ).id
    let changes: [(inout Godwit_State_Console) -> Void] = [
      { $0.master = slave }, { $0.master = 999 }, { $0.input = $0.master },
      { $0.output = slave }, { $0.error = .max },
      { $0.history = data([UInt8](repeating: 0, count: 65537)) },
    ]
    for change in changes {
      var changed = parts
      var state = sane
      change(&state.console)
      changed.sections[section] = state.encoded()
      let snapshot = RoundTrip(bytes: try changed.encoded())
      #expect(throws: SnapshotError.self) { try snapshot.resume(on: machine.host, machine.tree) }
    }
  }
}

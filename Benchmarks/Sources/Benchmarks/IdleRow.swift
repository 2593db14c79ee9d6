/// Many picoprocesses that sleep: the memory that each has for itself.
struct IdleRow: Row {
  var isa: ISA
  var name: String { "idle.\(isa)" }
  private static let count = 200

  func measure(rounds: Int) throws -> [Result] {
    var sleepers: [Conversation] = []
    defer {
      for sleeper in sleepers {
        _ = try? Command(["kill", "\(sleeper.process)"]).run()
        sleeper.end()
      }
    }
    for number in 0..<Self.count {
      sleepers.append(
        try Conversation([
          godwit, "run", "--name", "benchmark-\(System.processID)-\(number)", "--root", isa.rootfs,
          "--", "/bin/sleep", "1000",
        ]))
    }
    // It says nothing: until all of them must have been loaded.
    System.sleep(seconds: 20)
    let bytes = try sleepers.reduce(0) { try $0 + System.privateMemory(of: $1.process) }
    let megabytes = Double(bytes) / 1e6 / Double(Self.count)
    return [
      Result(
        name: "\(name), \(Self.count) times sleep, private memory each",
        godwit: "\(decimal(megabytes, 1)) MB", target: "< 6 MB", reached: megabytes < 6)
    ]
  }
}

/// Many picoprocesses that go on from one snapshot of 256 MB, each of which reads only what it needs: the memory that
/// they have for themselves.
struct CloneRow: Row {
  var isa: ISA
  var name: String { "clones.\(isa)" }
  private static let count = 20

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guestName = "benchmark-\(System.processID)"
    let guest = try HeapGuest(isa: isa, size: 256).start(named: guestName, folder)
    let file = "\(folder)/snapshot"
    _ = try Command([
      godwit, "suspend", guestName, "--output", file, "--compress", "none",
    ]).run()
    guest.end()
    System.sleep(seconds: 1)
    var clones: [Conversation] = []
    for number in 0..<Self.count {
      let clone = try Conversation([
        godwit, "resume", "--lazy", "--no-prefetch", "--share", "--fresh-identity", "--name",
        "\(guestName)-\(number)", file,
      ])
      try clone.expect("resumed")
      clones.append(clone)
    }
    let bytes = try clones.reduce(0) { try $0 + System.privateMemory(of: $1.process) }
    System.remove("\(folder)/sign")
    for clone in clones { clone.end() }
    let megabytes = Double(bytes) / 1e6 / Double(Self.count)
    return [
      Result(
        name: "\(name) of 256 MB, private memory each", godwit: "\(decimal(megabytes, 1)) MB",
        target: "< 20 MB", reached: megabytes < 20)
    ]
  }
}

/// Moves a python3 with so much memory that nothing compresses there and back, between two control directories of this
/// machine.
struct MigrationRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate = 0
  /// Bytes a second of a link with 1 ms each way; nil: as fast as a pipe is.
  var bandwidth: Double?

  var name: String {
    "migrate.\(isa) of \(size) MB" + (rate > 0 ? ", \(rate) MB/s" : "")
      + (bandwidth == nil ? "" : " over 1 Gbit/s, 1 ms")
  }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    try System.makeFolder("\(folder)/here")
    try System.makeFolder("\(folder)/there")
    let link = "\(folder)/link"
    try System.write(linkScript(folder), toFile: link, isExecutable: true)
    let guestName = "benchmark"
    let heap = HeapGuest(isa: isa, size: size, rate: rate)
    let guest = try heap.start(
      named: guestName, folder, place: ["env", "XDG_RUNTIME_DIR=\(folder)/here"])
    var moved: [Double] = []
    var frozen: [Double] = []
    for round in 0..<rounds * 2 {
      let (from, to) = round % 2 == 0 ? ("here", "there") : ("there", "here")
      let outcome = try Command([
        "env", "XDG_RUNTIME_DIR=\(folder)/\(from)", godwit, "migrate", guestName, "ssh://\(to)",
        "--ssh", link, "--remote-godwit", try System.absolute(godwit), "--print-stats",
        "--connections", "reset",
      ]).run()
      moved.append(outcome.seconds)
      frozen.append(try frozenTime(in: outcome))
    }
    try System.write("", toFile: "\(folder)/sign.gap")
    System.remove("\(folder)/sign")
    guest.end()
    var gap = ""
    for _ in 0..<100 where gap.isEmpty {
      System.sleep(milliseconds: 100)
      gap = String(decoding: try System.contents(of: "\(folder)/sign.gap"), as: UTF8.self)
    }
    guard let longest = Double(gap) else { throw Failure("the guest did not go on") }
    let limit = bandwidth.map { 1.2 * Double(size << 20) / $0 + 0.5 } ?? 1
    let pause = rate > 0 ? 0.1 : 0.05
    return [
      Result(
        name: name, godwit: seconds(median(moved)),
        target: rate > 0 ? "-" : "< \(decimal(limit, 1)) s",
        reached: rate > 0 ? nil : median(moved) < limit),
      Result(
        name: "\(name), standing still", godwit: seconds(median(frozen)),
        target: "< \(decimal(pause, 2)) s", reached: median(frozen) < pause),
      Result(
        name: "\(name), the longest gap of \(rounds * 2)", godwit: seconds(longest), target: "-"),
    ]
  }

  /// A program that takes ssh's arguments, and runs the command here, with another control directory.
  private func linkScript(_ folder: String) throws -> String {
    let wire = try System.absolute("Tests/GodwitTests/wire.py")
    let shaper = bandwidth.map { "/usr/bin/python3 '\(wire)' --rate \($0) --delay 0.001 " } ?? ""
    return """
      #!/bin/sh
      export XDG_RUNTIME_DIR='\(folder)'/"$1"
      exec \(shaper)/bin/sh -c "$2"

      """
  }
}

/// Resumes of a python3 with so much memory that nothing compresses, from an uncompressed snapshot: lazily, and with
/// all of it read first. Beside it the restore of the same program by runsc, where that is installed.
struct LazyRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  var name: String { "lazy.\(isa) of \(size) MB" }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let guestName = "benchmark-\(System.processID)"
    let heap = HeapGuest(isa: isa, size: size)
    let guest = try heap.start(named: guestName, folder)
    let file = "\(folder)/snapshot"
    let suspend = try Command([
      godwit, "suspend", guestName, "--output", file, "--compress", "none", "--print-stats",
    ]).run()
    guest.end()
    System.sleep(seconds: 1)
    let peer = isa == .x86_64 ? try Runsc(heap, folder) : nil
    var running: [Double] = []
    var lazy: [Double] = []
    var eager: [Double] = []
    var theirs: [Double] = []
    for _ in 0..<rounds {
      lazy.append(try resume(["--lazy", file], folder))
      running.append(
        // It makes its first call after its first instruction.
        try resume(["--lazy", "--trace", file], folder, errors: true) {
          try $0.expect(containing: "(")
        })
      eager.append(try resume([file], folder))
      if let peer { theirs.append(try peer.restore()) }
    }
    let theirMedian = peer == nil ? nil : median(theirs)
    let frozen = try frozenTime(in: suspend)
    return [
      Result(
        name: "\(name), to its first system call", godwit: seconds(median(running)),
        target: "< 0.060 s", reached: median(running) < 0.06),
      Result(
        name: "\(name), to its first output", godwit: seconds(median(lazy)),
        qemu: theirMedian.map(seconds) ?? "", ratio: theirMedian.map { median(lazy) / $0 },
        target: "-",
        point: Point(
          curve: "resume --lazy, to the first output", memory: size, seconds: median(lazy))),
      Result(
        name: "\(name), all read first", godwit: seconds(median(eager)),
        qemu: theirMedian.map(seconds) ?? "", ratio: theirMedian.map { median(eager) / $0 },
        target: "> 1 GB/s", reached: median(eager) < 0.06 + Double(size) / 1000,
        point: Point(
          curve: "resume, to the first output", memory: size, seconds: median(eager))),
      Result(
        name: "\(name), suspend standing still", godwit: seconds(frozen),
        qemu: peer.map { seconds($0.checkpointTime) } ?? "",
        ratio: peer.map { frozen / $0.checkpointTime }, target: "-",
        point: Point(curve: "suspend, standing still", memory: size, seconds: frozen)),
    ]
  }

  /// Seconds until it has said what is waited for: by default, that it runs.
  private func resume(
    _ options: [String], _ folder: String, errors: Bool = false,
    until hasSpoken: (Conversation) throws -> Void = { try $0.expect("resumed") }
  ) throws -> Double {
    try System.write("", toFile: "\(folder)/sign")
    let start = ContinuousClock.now
    let guest = try Conversation([godwit, "resume"] + options, errors: errors)
    try hasSpoken(guest)
    let time = elapsed(since: start)
    System.remove("\(folder)/sign")
    guest.end()
    return time
  }
}

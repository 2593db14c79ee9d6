/// Suspends a python3 with 100 MB of live heap, and resumes it in a new process.
struct SuspendRow: Row {
  var isa: ISA
  var name: String { "suspend.\(isa)" }

  static let command = ["/usr/bin/python3", "-c", program]
  /// It knows by the jump of its clock that it was away; a pipe to tell it so could not travel.
  ///
  /// A tuple, an integer, a string and a float each: 600,000 of them are 110 MB.
  private static let program = """
    import time
    heap = [(i, "item %d" % (i * 7919), i * 0.5) for i in range(600000)]
    print("ready", flush=True)
    then = time.time()
    while time.time() - then < 1.5:
        then = time.time()
        time.sleep(0.001)
    print("resumed", flush=True)
    print("sum", sum(a + len(b) + int(c) for a, b, c in heap), flush=True)
    """
  private static let sum = "sum 270008259685"

  func measure(rounds: Int) throws -> [Result] {
    let file = try System.temporaryFile()
    defer { System.remove(file) }
    var suspends: [Double] = []
    var resumes: [Double] = []
    var wholes: [Double] = []
    for _ in 0..<rounds {
      try suspend(to: file, &suspends)
      try resume(from: file, &resumes, &wholes)
    }
    let size = decimal(Double(try System.size(of: file)) / 1e6, 1)
    return [
      Result(
        name: "\(name) of 110 MB to \(size) MB", godwit: seconds(median(suspends)),
        target: "< 1.0 s", reached: median(suspends) < 1),
      Result(
        name: "resume.\(isa) to its first output", godwit: seconds(median(resumes)),
        target: "< 0.7 s", reached: median(resumes) < 0.7),
      Result(
        name: "resume.\(isa) to all pages used", godwit: seconds(median(wholes)), target: "-"),
    ]
  }

  private func suspend(to file: String, _ times: inout [Double]) throws {
    let name = "benchmark-\(System.processID)"
    let guest = try Conversation(
      [godwit, "run", "--name", name, "--root", isa.rootfs, "--"] + Self.command)
    try guest.expect("ready")
    times.append(try Command([godwit, "suspend", name, "--output", file]).run().seconds)
    guest.end()
  }

  private func resume(from file: String, _ resumes: inout [Double], _ wholes: inout [Double]) throws
  {
    System.sleep(seconds: 2)
    let start = ContinuousClock.now
    let guest = try Conversation([godwit, "resume", "--root", isa.rootfs, file])
    try guest.expect("resumed")
    resumes.append(elapsed(since: start))
    try guest.expect(Self.sum)
    wholes.append(elapsed(since: start))
    guest.end()
  }
}

/// A checkpoint of a guest with 10,000 files of its own and 200 processes: how long it stands still.
struct ManyObjectsRow: Row {
  var isa: ISA
  var name: String { "checkpoint.\(isa) of 10,000 files, 200 processes" }

  private static let program = """
    import os, sys, time
    for i in range(10000): open(f"/tmp/{i}", "w").write(str(i))
    for i in range(199):
        if not os.fork():
            while os.path.exists(sys.argv[1]): time.sleep(1)
            os._exit(0)
    print("ready", flush=True)
    while os.path.exists(sys.argv[1]): time.sleep(0.1)
    """

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    try System.write("", toFile: "\(folder)/sign")
    let guestName = "benchmark-\(System.processID)"
    let guest = try Conversation([
      godwit, "run", "--name", guestName, "--root", isa.rootfs, "--mount", "\(folder):\(folder)",
      "--", "/usr/bin/python3.11", "-c", Self.program, "\(folder)/sign",
    ])
    try guest.expect("ready")
    var times: [Double] = []
    for _ in 0..<rounds {
      times.append(
        try frozenTime(
          in: Command([
            godwit, "checkpoint", guestName, "--print-stats", "--output", "\(folder)/snapshot",
          ]).run()))
    }
    System.remove("\(folder)/sign")
    guest.end()
    return [
      Result(
        name: "\(name), standing still", godwit: seconds(median(times)), target: "< 0.050 s",
        reached: median(times) < 0.05)
    ]
  }
}

/// Checkpoints of a python3 with so much memory that nothing compresses, which goes on writing pages: how long it
/// stands still, for a whole snapshot and for an increment.
struct CheckpointRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate: Int
  var name: String { "checkpoint.\(isa) of \(size) MB at \(rate) MB/s" }

  /// Says `ready` once its heap is full, and ends when the file named by its third argument is gone.
  private static let program = """
    import os, sys, time
    size, rate, sign = int(sys.argv[1]) << 20, int(sys.argv[2]) << 20, sys.argv[3]
    block = os.urandom(1 << 20)
    heap = bytearray(size)
    view = memoryview(heap)
    for start in range(0, size, 1 << 20):
        view[start:start + (1 << 20)] = block
        for page in range(start, start + (1 << 20), 4096):
            view[page:page + 8] = page.to_bytes(8, "little")
    print("ready", flush=True)
    page = 0
    while os.path.exists(sign):
        for _ in range(rate // 4096 // 100):
            view[page:page + 8] = (page + 1).to_bytes(8, "big")
            page = (page + 4096) % size
        time.sleep(0.01)
    """

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let sign = "\(folder)/sign"
    try System.write("", toFile: sign)
    let guestName = "benchmark-\(System.processID)"
    let guest = try Conversation([
      godwit, "run", "--name", guestName, "--root", isa.rootfs, "--mount", "\(folder):\(folder)",
      "--", "/usr/bin/python3.11", "-c", Self.program, "\(size)", "\(rate)", sign,
    ])
    try guest.expect("ready")
    var wholes: [Double] = []
    var increments: [Double] = []
    // The first one also digests the files of the root that the guest uses.
    _ = try frozenTime(guestName, ["--output", "\(folder)/first"])
    for round in 0..<rounds {
      wholes.append(try frozenTime(guestName, ["--output", "\(folder)/whole"]))
      let next = "\(folder)/\(round)"
      increments.append(
        try frozenTime(guestName, ["--output", next, "--parent", "\(folder)/whole"]))
      System.remove(next)
    }
    System.remove(sign)
    guest.end()
    return [
      Result(
        name: "\(name), standing still", godwit: seconds(median(wholes)), target: "< 0.020 s",
        reached: median(wholes) < 0.02),
      Result(
        name: "\(name), increment", godwit: seconds(median(increments)), target: "< 0.020 s",
        reached: median(increments) < 0.02),
    ]
  }

  /// In seconds.
  private func frozenTime(_ guest: String, _ options: [String]) throws -> Double {
    let output = try Command([godwit, "checkpoint", guest, "--print-stats"] + options).run().output
    let text = String(decoding: output, as: UTF8.self)
    guard let field = text.firstRange(of: "\"frozen_time\":"),
      let time = Double(text[field.upperBound...].prefix { $0.isNumber })
    else { throw Failure("no frozen_time in '\(text)'") }
    return time / 1e6
  }
}

/// A python3 with so much memory that nothing compresses, which goes on writing pages.
struct HeapGuest {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate = 0

  /// No page has again what it had before: such pages would not be sent. Says `ready` once its heap is full, and ends when the file named by its third argument is gone. It knows by the
  /// jump of its clock that it was away, and says so. If there is a file for it beside that one, it writes down there at each
  /// turn the time and how many pages it has written.
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
    count = 0
    log = None
    then = time.time()
    while os.path.exists(sign):
        now = time.time()
        if now - then > 0.5: print("resumed", flush=True)
        then = now
        for _ in range(rate // 4096 // 100):
            count += 1
            view[page:page + 8] = count.to_bytes(8, "big")
            page = (page + 4096) % size
        if not os.path.exists(sign + ".pages"): log = None
        elif not log: log = open(sign + ".pages", "a", buffering=1)
        if log: log.write(f"{time.time()} {count}\\n")
        time.sleep(0.01)
    """

  /// - Parameter sign: the guest ends when there is no file of this name.
  func command(_ sign: String) -> [String] {
    ["/usr/bin/python3.11", "-c", Self.program, "\(size)", "\(rate)", sign]
  }

  /// Runs it until its heap is full.
  ///
  /// - Parameter place: what stands in front of the command.
  func start(
    named name: String, _ folder: String, _ options: [String] = [], place: [String] = []
  ) throws -> Conversation {
    try System.write("", toFile: "\(folder)/sign")
    let guest = try Conversation(
      place + [
        godwit, "run", "--name", name, "--root", isa.rootfs, "--mount", "\(folder):\(folder)",
      ]
        + options + ["--"] + command("\(folder)/sign"))
    try guest.expect("ready")
    return guest
  }

  /// What it wrote down: times in seconds, and how many pages it had written by then.
  static func turns(_ text: String) throws -> [(time: Double, pages: Double)] {
    try text.split(separator: "\n").dropLast().map { line in
      let words = line.split(separator: " ").compactMap { Double($0) }
      guard words.count == 2 else { throw Failure("'\(line)' is no time and no count") }
      return (words[0], words[1])
    }
  }
}

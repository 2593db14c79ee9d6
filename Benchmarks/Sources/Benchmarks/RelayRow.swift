/// A python3 with so much memory that nothing compresses answers a client, and moves there and back. The client's
/// connection goes on by way of relays, and it asks all the time.
struct RelayRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  var name: String { "relay.\(isa) of \(size) MB, the longest answer at a move" }

  private static let server = """
    import os, socket, sys
    block = os.urandom(1 << 20)
    heap = [page.to_bytes(8, "little") + block[8:] for page in range(int(sys.argv[1]))]
    server = socket.create_server(("", 80))
    print("ready", flush=True)
    stream = server.accept()[0].makefile("rwb")
    for line in stream:
        stream.write(line)
        stream.flush()
    """

  /// Asks until a file is gone, and writes down when, and how long the answer took.
  private static let client = """
    import os, socket, sys, time
    port, sign, log = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "w", buffering=1)
    stream = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
    print("connected", flush=True)
    count = 0
    while os.path.exists(sign):
        start = time.time()
        stream.write(b"%d\\n" % count)
        stream.flush()
        if stream.readline() != b"%d\\n" % count: sys.exit("an answer is wrong")
        log.write(f"{start} {time.time() - start}\\n")
        count += 1
        time.sleep(0.002)
    """

  private static let freePorts = """
    import socket
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    print(*(s.getsockname()[1] for s in sockets))
    """

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let places = try TwoPlaces(folder)
    let free = try Command(["/usr/bin/python3", "-c", Self.freePorts]).run().output
    let ports = String(decoding: free, as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard ports.count == 2 else { throw Failure("there are no free ports") }
    let sign = "\(folder)/sign"
    try System.write("", toFile: sign)
    let guest = try Conversation(
      places.at("here") + [
        godwit, "run", "--name", "server", "--root", isa.rootfs, "--publish", "\(ports[0]):80",
        "--", "/usr/bin/python3.11", "-c", Self.server, "\(size)",
      ])
    try guest.expect("ready")
    let log = "\(folder)/log"
    let client = try Conversation(
      ["/usr/bin/python3", "-c", Self.client, "\(ports[0])", sign, log])
    try client.expect("connected")
    var longest: [[Double]] = [[], []]
    for number in 0..<rounds * 2 {
      System.sleep(seconds: 1)
      let start = System.realTime
      let port = ports[(number + 1) % 2]
      _ = try places.move(
        "server", TwoPlaces.way(number),
        ["--remote-publish", "\(port):80", "--forward-for", "0"])
      System.sleep(seconds: 1)
      longest[number % 2].append(try longestAnswer(log, from: start, to: System.realTime))
    }
    System.remove(sign)
    client.end()
    _ = try Command(places.at("here") + [godwit, "kill", "server", "KILL"]).run()
    guest.end()
    return zip(["away", "home"], longest).map { way, times in
      Result(
        name: "\(name) \(way)", godwit: seconds(median(times)), target: "< 0.20 s",
        reached: median(times) < 0.2)
    }
  }

  /// Of the questions that were asked between two times.
  private func longestAnswer(_ log: String, from start: Double, to end: Double) throws -> Double {
    let lines = String(decoding: try System.contents(of: log), as: UTF8.self).split(separator: "\n")
    // The last line may not be whole.
    let answers = lines.dropLast().map { $0.split(separator: " ").compactMap { Double($0) } }
    let times = answers.filter { $0.count == 2 && start - 0.1 <= $0[0] && $0[0] < end }
      .map { $0[1] }
    guard let longest = times.max(), times.count > 100 else {
      throw Failure("the client does not go on")
    }
    return longest
  }
}

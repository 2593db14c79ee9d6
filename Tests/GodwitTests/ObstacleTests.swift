import Foundation
import Testing

/// What can't travel is named before anything is stopped, wherever the guest holds it; the guest goes on.
@Suite struct ObstacleTests {
  /// Where the guest puts its standard input, a pipe of the host's; its own descriptor is closed then.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case descriptor, child, message, nested, pending, epoll, epollInFlight
    var testDescription: String { rawValue }

    /// How the refusal names it.
    var name: String {
      switch self {
      // A member of an epoll set is one as long as somebody has it open.
      case .descriptor, .child, .epoll, .epollInFlight: "descriptor"
      case .message, .nested, .pending: "descriptor in flight"
      }
    }
  }

  private static let program = """
    import os, select, socket, sys, time
    place = sys.argv[1]
    pairs = [socket.socketpair() for _ in range(7)]
    if place == "child":
        if os.fork() == 0: time.sleep(999)
    elif place == "message":
        socket.send_fds(pairs[0][0], [b"x"], [0])
    elif place == "nested":
        fd = os.dup(0)
        for a, b in pairs:
            socket.send_fds(a, [b"x"], [fd])
            os.close(fd)
            fd = b.detach()
    elif place == "pending":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("/tmp/listener"); listener.listen(4)
        client = socket.socket(socket.AF_UNIX)
        client.connect("/tmp/listener")
        socket.send_fds(client, [b"x"], [0])
        client.close()
    elif place.startswith("epoll"):
        other, epoll = os.dup(0), select.epoll()
        epoll.register(other)
        if place == "epollInFlight":
            socket.send_fds(pairs[0][0], [b"x"], [epoll.fileno()])
            epoll.close()
    if place != "descriptor": os.close(0)
    open("/mnt/ready", "w").close()
    while not os.path.exists("/mnt/go"): time.sleep(0.01)
    print("unharmed")
    os.kill(0, 9) if place == "child" else None
    """

  @Test(arguments: Place.allCases) func aPipeOfTheHostIsNamed(_ place: Place) throws {
    let scratch = try Scratch()
    try Self.program.write(toFile: scratch.path("program"), atomically: true, encoding: .utf8)
    let outcome = try scratch.shell(
      """
      mkfifo input; sleep 100 >input & sleeper=$!
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -u /mnt/program \(place) <input >out &
      guest=$!; await ready
      for turn in 1 2; do $G suspend guest --output snapshot; echo $?; done
      [ -e snapshot ] && echo snapshot
      touch go; wait $guest; cat out; kill $sleeper
      """)
    #expect(outcome.text == "125\n125\nunharmed\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(lines.count == 2, "\(outcome.error)")
    for line in lines {
      #expect(line.hasPrefix("godwit: guest: the guest can't travel: \(place.name) "), "\(line)")
    }
  }
}

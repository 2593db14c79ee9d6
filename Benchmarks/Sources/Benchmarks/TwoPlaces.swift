/// Two directories of control sockets on this machine, `here` and `there`, between which guests move.
struct TwoPlaces {
  let folder: String
  private let link: String

  /// - Parameter bandwidth: bytes a second of a link with 1 ms each way, which needs root; nil: as fast as a pipe is.
  init(_ folder: String, bandwidth: Double? = nil) throws {
    self.folder = folder
    link = "\(folder)/link"
    try System.makeFolder("\(folder)/here")
    try System.makeFolder("\(folder)/there")
    let wire = try bandwidth.map { try Self.wire(folder, bandwidth: $0) } ?? ""
    // It takes ssh's arguments, and runs the command here, at the other place.
    let script = """
      #!/bin/sh
      export XDG_RUNTIME_DIR='\(folder)'/"$1" XDG_STATE_HOME='\(folder)'/"$1"/state
      exec \(wire)/bin/sh -c "$2"

      """
    try System.write(script, toFile: link, isExecutable: true)
  }

  /// What stands in front of a command that is reached by a network of this bandwidth. The network is gone soon after the folder.
  private static func wire(_ folder: String, bandwidth: Double) throws -> String {
    // A queue of a tenth of a second, and two hundredths at once, but at least what the kernel gives a card in one piece.
    let burst = max(Int(bandwidth / 50), 64 << 10)
    let namespace = try Conversation([
      "unshare", "--net", "/bin/sh", "-ec",
      """
      ip link set lo mtu 1500 up
      tc qdisc add dev lo root tbf rate \(Int(bandwidth * 8))bit burst \(burst) latency 100ms
      echo $$
      exec >&-
      while [ -e '\(folder)/here' ]; do sleep 1; done
      """,
    ])
    let process = try namespace.nextLine()
    guard !process.isEmpty else { throw Failure("tc can't slow a network here") }
    let relay = try System.absolute("Tests/GodwitTests/wire.py")
    return "nsenter --net=/proc/\(process)/ns/net /usr/bin/python3 '\(relay)' --delay 0.001 --tcp "
  }

  /// What stands in front of a command at a place.
  func at(_ place: String) -> [String] {
    let folder = "\(folder)/\(place)"
    return ["env", "XDG_RUNTIME_DIR=\(folder)", "XDG_STATE_HOME=\(folder)/state"]
  }

  /// The places of the move `number`, counted from 0: there, and back.
  static func way(_ number: Int) -> (from: String, to: String) {
    number % 2 == 0 ? ("here", "there") : ("there", "here")
  }

  func move(_ guest: String, _ way: (from: String, to: String), _ options: [String]) throws
    -> Outcome
  {
    try Command(
      at(way.from) + [
        godwit, "migrate", guest, "ssh://\(way.to)", "--ssh", link, "--remote-godwit",
        try System.absolute(godwit), "--print-stats",
      ] + options
    ).run()
  }
}

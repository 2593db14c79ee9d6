/// Two directories of control sockets on this machine, `here` and `there`, between which guests move.
struct TwoPlaces {
  let folder: String
  private let link: String

  /// - Parameter bandwidth: bytes a second of a link with 1 ms each way; nil: as fast as a pipe is.
  init(_ folder: String, bandwidth: Double? = nil) throws {
    self.folder = folder
    link = "\(folder)/link"
    try System.makeFolder("\(folder)/here")
    try System.makeFolder("\(folder)/there")
    let wire = try System.absolute("Tests/GodwitTests/wire.py")
    let shaper = bandwidth.map { "/usr/bin/python3 '\(wire)' --rate \($0) --delay 0.001 " } ?? ""
    // It takes ssh's arguments, and runs the command here, at the other place.
    let script = """
      #!/bin/sh
      export XDG_RUNTIME_DIR='\(folder)'/"$1" XDG_STATE_HOME='\(folder)'/"$1"/state
      exec \(shaper)/bin/sh -c "$2"

      """
    try System.write(script, toFile: link, isExecutable: true)
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

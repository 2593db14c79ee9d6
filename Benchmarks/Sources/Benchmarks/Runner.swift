/// What runs a program of a guest ISA.
enum Runner: String, CaseIterable {
  /// `make build`'s, the qemu-user of this machine, that of a newer Debian, and this machine's processor.
  case godwit, qemu, newerQemu, native

  static let peers: [Runner] = [.qemu, .newerQemu]

  /// Whether there is such a thing for the programs of an ISA.
  func runs(_ isa: ISA) throws -> Bool {
    guard self == .native else { return true }
    return try Command(["uname", "-m"]).text() == isa.rawValue
  }

  /// The path of an emulator.
  func emulator(_ isa: ISA) throws -> String {
    switch self {
    case .godwit: try System.absolute(Benchmarks.godwit)
    case .qemu: "/usr/bin/\(isa.qemu)"
    case .newerQemu: try System.absolute(".deps/cpu/qemu/usr/bin/qemu-\(isa.rawValue)")
    case .native: preconditionFailure("no emulator")
    }
  }

  /// Its name and version.
  func title(_ isa: ISA) throws -> String {
    guard self != .native else { return "native" }
    let words = try Command([emulator(isa), "--version"]).text()
      .prefix { $0 != "\n" && $0 != "(" }.split(separator: " ")
    return "\(words[0].prefix { $0 != "-" }) \(words.last!)"
  }

  /// The command that runs a program in the root of its ISA.
  ///
  /// - Parameter folder: for what the command needs.
  func command(_ program: Program, _ isa: ISA, _ folder: String) throws -> Command {
    let root = try System.absolute(isa.rootfs + "-bench")
    var environment = ["PATH=/usr/bin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"] + program.environment
    var words = program.words
    if let parts = program.parts {
      let place = try place(parts, isa, root, folder)
      environment.append("\(parts.variable)=\(place)")
      words = words.map { $0 == parts.folder ? place : $0 }
    }
    var command: Command
    switch self {
    case .godwit:
      command = Command(
        [try emulator(isa), "run", "--root", root, "--cwd", "/bench"]
          + environment.flatMap { ["--env", $0] } + ["--"] + words)
    case .qemu, .newerQemu:
      command = Command(
        [try emulator(isa), "-L", root, root + words[0]] + words.dropFirst())
      command.environment = environment
    case .native:
      command = Command(Self.entering(root) + words)
      command.environment = environment
    }
    command.folder = "\(root)/bench"
    return command
  }

  /// Where a program finds its parts: for a qemu-user scripts that start them under it, as binfmt_misc would.
  private func place(_ parts: Program.Parts, _ isa: ISA, _ root: String, _ folder: String) throws
    -> String
  {
    guard Self.peers.contains(self) else { return parts.folder }
    let place = "\(folder)/\(rawValue)"
    try System.makeFolder(place)
    for name in parts.names {
      let start = "exec \(try emulator(isa)) -L \(root) \(root)\(parts.folder)/\(name)"
      try System.write(
        "#!/bin/sh\n\(start) \"$@\"\n", toFile: "\(place)/\(name)", isExecutable: true)
    }
    return place
  }

  /// Enters a root, with this machine's /proc and /dev in it.
  private static func entering(_ root: String) -> [String] {
    let script = """
      mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        mount --rbind /sys "$0/sys" && exec /usr/sbin/chroot "$0" /usr/bin/env -C /bench "$@"
      """
    return ["/usr/bin/unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script, root]
  }
}

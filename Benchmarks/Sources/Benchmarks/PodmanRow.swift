/// `podman container checkpoint --export` and `restore --import` of the same program as `MigrationRow` moves: on one
/// machine, for that is what CRIU can. Where CRIU does not work, the row says why.
struct PodmanRow: Row {
  /// MiB of heap.
  var size: Int
  var name: String { "podman, checkpoint and restore of \(size) MB" }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    if let obstacle = try obstacle(folder) {
      return [Result(name: name, godwit: "", qemu: obstacle, target: "-")]
    }
    let sign = "\(folder)/sign"
    try System.write("", toFile: sign)
    let heap = HeapGuest(isa: .x86_64, size: size)
    let container = "godwit-benchmark-\(System.processID)"
    let start = [
      "podman", "run", "--name", container, "--network", "none", "--volume", "\(folder):\(folder)",
      "--rootfs", try System.absolute(ISA.x86_64.rootfs) + ":O",
    ]
    let guest = try Conversation(start + heap.command(sign))
    defer { _ = try? Command(["podman", "rm", "--force", container]).run() }
    try guest.expect("ready")
    var times: [Double] = []
    for _ in 0..<rounds {
      let file = "\(folder)/checkpoint.tar"
      let checkpoint = try Command([
        "podman", "container", "checkpoint", "--export", file, container,
      ]).run()
      _ = try Command(["podman", "rm", "--force", container]).run()
      let restore = try Command(["podman", "container", "restore", "--import", file]).run()
      times.append(checkpoint.seconds + restore.seconds)
      System.remove(file)
    }
    System.remove(sign)
    guest.end()
    return [Result(name: name, godwit: "", qemu: seconds(median(times)), target: "-")]
  }

  /// Why it can't work.
  private func obstacle(_ folder: String) throws -> String? {
    for program in ["podman", "criu"] where System.path(of: program) == nil {
      return "\(program) is not installed"
    }
    let check = "criu check >'\(folder)/check' 2>&1 || head -1 '\(folder)/check'"
    let said = try Command(["/bin/sh", "-c", check]).run().output
    if said.isEmpty { return nil }
    return "criu check: " + String(decoding: said, as: UTF8.self).prefix { $0 != "\n" }
  }
}

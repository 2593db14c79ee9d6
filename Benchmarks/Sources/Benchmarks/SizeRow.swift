/// How large snapshots are: that of a small static program, and that of a python3 with 110 MB, beside the core file that
/// gdb makes of the same program, compressed with the same level.
struct SizeRow: Row {
  var isa: ISA
  var name: String { "size.\(isa)" }
  private static let level = 3

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let small = "\(folder)/small"
    _ = try Command([
      godwit, "run", "--suspend-at-syscall", "1", "--output", small, "--", isa.guest("true"),
    ]).run()
    let bytes = try System.size(of: small)
    var results = [
      Result(
        name: "\(name) of a static program", godwit: "\(bytes) bytes", target: "<= 8192",
        reached: bytes <= 8192)
    ]
    // gdb makes core files of this machine's own programs.
    guard isa == .x86_64 else { return results }
    let (ours, theirs) = (try snapshotSize(folder), try coreSize(folder))
    results.append(
      Result(
        name: "\(name) of 110 MB, beside gcore | zstd", godwit: megabytes(ours),
        qemu: megabytes(theirs), ratio: Double(ours) / Double(theirs), target: "<= 0.95",
        reached: Double(ours) <= 0.95 * Double(theirs)))
    return results
  }

  private func megabytes(_ bytes: Int) -> String { "\(decimal(Double(bytes) / 1e6, 1)) MB" }

  private func snapshotSize(_ folder: String) throws -> Int {
    let name = "benchmark-\(System.processID)"
    let guest = try Conversation(
      [godwit, "run", "--name", name, "--root", isa.rootfs, "--"] + SuspendRow.command)
    try guest.expect("ready")
    _ = try Command([
      godwit, "suspend", name, "--output", "\(folder)/heap", "--compress", "zstd:\(Self.level)",
    ]).run()
    guest.end()
    return try System.size(of: "\(folder)/heap")
  }

  private func coreSize(_ folder: String) throws -> Int {
    let program = try Conversation(SuspendRow.command)
    try program.expect("ready")
    _ = try Command([
      "gdb-multiarch", "-batch", "-p", "\(program.process)", "-ex", "gcore \(folder)/core",
    ]).run()
    _ = try Command(["kill", "\(program.process)"]).run()
    program.end()
    _ = try Command(["zstd", "-q", "-\(Self.level)", "\(folder)/core", "-o", "\(folder)/core.zst"])
      .run()
    return try System.size(of: "\(folder)/core.zst")
  }
}

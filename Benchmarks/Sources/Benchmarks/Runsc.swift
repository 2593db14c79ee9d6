/// A program under gVisor's runsc (Debian's package, on the platform that needs no help of the kernel), which is
/// checkpointed once and restored again and again.
struct Runsc {
  /// Seconds that the checkpoint took, in which the program stood still.
  let checkpointTime: Double
  private let folder: String
  private let bundle: String

  /// - Returns: nil where runsc is not installed.
  init?(_ heap: HeapGuest, _ folder: String) throws {
    guard System.path(of: "runsc") != nil else { return nil }
    self.folder = folder
    bundle = "\(folder)/bundle"
    try System.makeFolder(bundle)
    try System.makeFolder("\(folder)/image")
    try System.write("", toFile: "\(folder)/sign")
    try System.write(
      try Self.configuration(heap, sign: "/sign/sign", folder), toFile: "\(bundle)/config.json")
    let guest = try Conversation(Self.options(folder) + ["run", "--bundle", bundle, "first"])
    try guest.expect("ready")
    checkpointTime = try Command(
      Self.options(folder) + ["checkpoint", "--image-path", "\(folder)/image", "first"]
    ).run().seconds
    guest.end()
    System.sleep(seconds: 1)
  }

  /// Seconds to the first output.
  func restore() throws -> Double {
    try System.write("", toFile: "\(folder)/sign")
    let start = ContinuousClock.now
    let guest = try Conversation(
      Self.options(folder) + [
        "restore", "--bundle", bundle, "--image-path", "\(folder)/image", "again",
      ])
    try guest.expect("resumed")
    let time = elapsed(since: start)
    _ = try? Command(Self.options(folder) + ["kill", "again", "KILL"]).run()
    guest.end()
    _ = try? Command(Self.options(folder) + ["delete", "--force", "again"]).run()
    return time
  }

  private static func options(_ folder: String) -> [String] {
    [
      "runsc", "--root", "\(folder)/runsc", "--platform=ptrace", "--network=none",
      "--ignore-cgroups", "--overlay=true",
    ]
  }

  private static func configuration(_ heap: HeapGuest, sign: String, _ folder: String) throws
    -> String
  {
    let arguments = heap.command(sign).map(quoted).joined(separator: ",")
    return """
      {"ociVersion": "1.0.0",
       "process": {"user": {"uid": 0, "gid": 0}, "args": [\(arguments)], "env": ["PATH=/usr/bin"],
                   "cwd": "/"},
       "root": {"path": \(quoted(try System.absolute(heap.isa.rootfs))), "readonly": true},
       "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                  {"destination": "/sign", "type": "bind", "source": \(quoted(folder)),
                   "options": ["bind", "ro"]}],
       "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}]}}
      """
  }

  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n") + "\""
  }
}

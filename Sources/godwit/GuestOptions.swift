import ArgumentParser
import Picoprocess

/// What `run` and `resume` have in common.
struct GuestOptions: ParsableArguments {
  @Option(help: "The directory that is the guest's read-only root.")
  var root = "/"

  @Option(
    help: ArgumentHelp("Show a host directory in the guest.", valueName: "host:guest[:ro]"))
  var mount: [String] = []

  @Option(help: "Bytes of guest memory; K, M and G are understood.")
  var memoryLimit: String?

  @Option(
    help: ArgumentHelp("Write a line per system call to FILE (- is standard error).",
      valueName: "file"))
  var trace: String?

  @Option(
    help: ArgumentHelp("Write counts of the run to FILE as JSON (- is standard error).",
      valueName: "file"))
  var stats: String?

  @Option(help: ArgumentHelp("Suspend after this many system calls.", valueName: "n"))
  var suspendAtSyscall: UInt64?

  @Option(name: .shortAndLong, help: "The snapshot that a suspension writes.")
  var output: String?

  func configuration() throws -> Configuration {
    var result = Configuration()
    result.root = try absolute(root)
    for text in mount {
      var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let isReadOnly = parts.count == 3 && parts[2] == "ro"
      if isReadOnly { parts.removeLast() }
      guard parts.count == 2, !parts[0].isEmpty, parts[1].hasPrefix("/") else {
        throw Failure("--mount \(text): expected HOST:GUEST or HOST:GUEST:ro")
      }
      result.mounts.append(
        .init(host: try absolute(parts[0]), guest: parts[1], isReadOnly: isReadOnly))
    }
    if let memoryLimit { result.memoryLimit = try bytes(memoryLimit) }
    if let trace {
      let sink = try TextSink(trace)
      result.trace = { sink.write($0) }
    }
    result.countsSyscalls = stats != nil
    if let suspendAtSyscall {
      guard output != nil else { throw Failure("--suspend-at-syscall needs --output FILE") }
      result.syscallLimit = suspendAtSyscall
    }
    return result
  }

  private func bytes(_ text: String) throws -> UInt64 {
    let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30]
    let shift = text.last.flatMap { shifts[Character($0.uppercased())] }
    let digits = shift == nil ? text[...] : text.dropLast()
    guard let number = UInt64(digits), number > 0, number <= (1 << 44) >> (shift ?? 0) else {
      throw Failure("--memory-limit \(text): expected a number of bytes")
    }
    return number << (shift ?? 0)
  }
}

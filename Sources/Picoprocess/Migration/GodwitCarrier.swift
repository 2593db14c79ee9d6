import HostABI
import PosixHost
import Snapshot

/// Brings a godwit to a machine that has none, or one of another version (`--carry-godwit`): the same login then runs
/// it. It stays in the cache directory of the user there, under a name that stands for its contents.
package struct GodwitCarrier: Sendable, Hashable, Codable {
  /// The program for the other machine; nil: this one's own.
  package var path: String?

  package init(path: String?) { self.path = path }

  private static let title = "godwit-carrier"
  /// Nanoseconds.
  private static let loginPatience: Int64 = 120_000_000_000
  private static let patience: Int64 = 60_000_000_000
  private static let pieceSize = 256 << 10

  /// What sh(1) does there, with the command line of godwit as its parameters. No quotes: it is quoted itself.
  private static let script = [
    #"v=$("$1" --version 2>/dev/null); echo "\#(title) $(uname -m) $v"; read -r verb name size || exit 1;"#,
    #"if [ "$verb" = there ]; then echo ready; exec "$@"; fi;"#,
    #"shift; d=${XDG_CACHE_HOME:-$HOME/.cache}/godwit; f=$d/$name; mkdir -p "$d" || exit 1;"#,
    #"if [ ! -x "$f" ]; then echo send; head -c "$size" >"$f.$$" && chmod 700 "$f.$$" && mv "$f.$$" "$f" || exit 1; fi;"#,
    #"echo ready; exec "$f" "$@""#,
  ].joined(separator: " ")

  /// The words of a command that runs `words` there, godwit and its arguments.
  static func command(_ words: [String]) -> [String] { ["sh", "-c", script, "sh"] + words }

  /// Talks to the script, until godwit is about to run.
  func introduce(over link: ByteLink, peer: String) throws(Failure) {
    let line = try Self.line(link, peer, timeout: Self.loginPatience)
    let words = line.split(separator: " ", maxSplits: 2).map { String($0) }
    guard words.count >= 2, words[0] == Self.title else {
      throw Failure("\(peer): the far end prints something before the protocol begins: '\(line)'")
    }
    if words.count == 3, words[2] == GodwitVersion.text {
      try Self.say("there", link, peer)
    } else {
      let program = try program(for: words[1], peer)
      try Self.say("carried \(program.name) \(program.file.size)", link, peer)
      switch try Self.line(link, peer, timeout: Self.patience) {
      case "ready": return
      case "send": try send(program.file, link, peer)
      case let other: throw Failure("\(peer): '\(other)'")
      }
    }
    guard try Self.line(link, peer, timeout: Self.patience) == "ready" else {
      throw Failure("\(peer): no godwit can be put there")
    }
  }

  /// The program for an ISA, as uname(1) names it.
  private func program(for isa: String, _ peer: String) throws(Failure) -> (
    file: InputFile, name: String
  ) {
    let path = self.path ?? HostProcess.ownProgram
    let file = try withFailure(path) { () throws(HostError) in try InputFile(path) }
    // The machine in the header of an ELF file (elf(5)).
    let head = try withFailure(path) { () throws(HostError) in try file.read(at: 0, count: 20) }
    let machines: [[UInt8]: String] = [[62, 0]: "x86_64", [183, 0]: "aarch64"]
    guard head.count == 20, head.starts(with: [0x7F, 0x45, 0x4C, 0x46]),
      let machine = machines[Array(head[18...])]
    else { throw Failure("\(path): it is no program for x86_64 or aarch64") }
    guard machine == isa else {
      throw Failure(
        "\(peer): it is a machine for \(isa), and \(path) a program for \(machine): say --carry-godwit=PATH"
      )
    }
    var digest = DigestBuilder()
    try forEachPiece(of: file, path) { digest.append($0[...]) }
    let stamp = digest.finish().description.prefix(16)
    return (file, "godwit-\(GodwitVersion.number)-\(machine)-\(stamp)")
  }

  private func forEachPiece(
    of file: InputFile, _ path: String, _ body: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var offset: UInt64 = 0
    while offset < file.size {
      let count = Int(min(UInt64(Self.pieceSize), file.size - offset))
      let bytes = try withFailure(path) { () throws(HostError) in
        try file.read(at: offset, count: count)
      }
      guard bytes.count == count else { throw Failure("\(path): it became shorter") }
      try body(bytes)
      offset += UInt64(count)
    }
  }

  private func send(_ file: InputFile, _ link: ByteLink, _ peer: String) throws(Failure) {
    let progress = Progress("sending godwit", of: file.size)
    try forEachPiece(of: file, path ?? HostProcess.ownProgram) { (bytes) throws(Failure) in
      do throws(HostError) { try link.write(bytes, timeout: Self.patience) } catch {
        throw Failure("\(peer): the link broke while godwit was sent")
      }
      progress.advance(by: UInt64(bytes.count))
    }
  }

  private static func say(_ line: String, _ link: ByteLink, _ peer: String) throws(Failure) {
    do throws(HostError) { try link.write(Array((line + "\n").utf8), timeout: patience) } catch {
      throw Failure("\(peer): the link broke")
    }
  }

  /// The next line, and nothing of what follows.
  private static func line(_ link: ByteLink, _ peer: String, timeout: Int64) throws(Failure)
    -> String
  {
    let deadline = HostProcess.monotonicTime + timeout
    var bytes: [UInt8] = []
    while bytes.count < 200 {
      let rest = max(0, deadline - HostProcess.monotonicTime)
      let byte: [UInt8]
      do throws(HostError) { byte = try link.read(1, timeout: rest) } catch .timedOut {
        throw Failure("\(peer): it does not answer")
      } catch { throw Failure("\(peer): the link broke") }
      guard let byte = byte.first else {
        throw Failure("\(peer): the link ended before the far end answered")
      }
      if byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

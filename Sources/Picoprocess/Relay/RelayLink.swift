import HostABI
import PosixHost

/// The frames of a relay over a link, which may break at any time. It never waits.
final class RelayLink {
  /// The versions of the protocol between the ends of a relay.
  ///
  /// The magic number is `\x89GODREL\n`.
  static let preamble = Preamble(
    magic: [0x89, 0x47, 0x4F, 0x44, 0x52, 0x45, 0x4C, 0x0A], versions: 1...3)

  private static let second: Int64 = 1_000_000_000
  private static let idlePeriod = 5 * second
  /// A link over which nothing comes for so long is taken for broken.
  private static let patience = 20 * second
  /// Bytes that may wait to be sent before no more are added.
  private static let outputLimit = 256 << 10
  /// Bytes that may wait for a peer that sends but does not read.
  private static let outputMost = 4 << 20
  private static let readSize = 256 << 10

  let link: ByteLink
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  /// The version of the protocol that both ends speak; 0: the other end has not greeted.
  private(set) var version: UInt32 = 0
  /// What has to be shown before frames follow; nil: nothing.
  private var proof: RelayProof?
  /// Who has handed it over: he hears of its end by that of his connection.
  private let joiner: ControlConnection?
  private var lastRead = HostProcess.monotonicTime
  private var lastWrite = HostProcess.monotonicTime

  /// - Parameters:
  ///   - joiner: who has handed it over.
  ///   - proof: nil for a link that only one other end can have.
  init(_ link: ByteLink, from joiner: ControlConnection? = nil, _ proof: RelayProof? = nil) {
    self.link = link
    self.joiner = joiner
    self.proof = proof
    output = Self.preamble.bytes
    if let proof { output += proof.opening.wire }
    // The other end is to know the versions whatever this one finds out about it.
    try? flush()
  }

  /// The other end has greeted, and proved what it had to: frames follow.
  var isUp: Bool { version > 0 && (proof == nil || proven != nil) }

  /// The relay of the other end, if that was to be proved and is.
  var proven: RelayID? { proof?.proven }

  /// Whether the other end knows of shortcuts.
  var knowsShortcuts: Bool { isUp && version >= 2 }

  func pollItems() -> [PollItem] {
    // It is read whether or not it takes anything: both ends may have much to send.
    var items = [PollItem(.linkInput(link))]
    if !output.isEmpty { items.append(PollItem(.linkOutput(link), .writable)) }
    return items
  }

  // MARK: Writing

  /// Whether more may be sent.
  var hasRoom: Bool { output.count < Self.outputLimit }

  /// Whether the other end knows what such a frame is.
  func knows(_ frame: RelayFrame) -> Bool { version >= frame.version }

  func send(_ frame: RelayFrame) { output += frame.wire }

  var allIsSent: Bool { output.isEmpty }

  /// Writes what there is room for, and something at all now and then.
  func flush() throws(RelayFault) {
    let now = HostProcess.monotonicTime
    if isUp, output.isEmpty, now - lastWrite >= Self.idlePeriod { send(.idle) }
    while !output.isEmpty {
      do throws(HostError) {
        let count = try link.writeSome(output)
        if count == 0 { return }
        output.removeFirst(count)
        lastWrite = now
      } catch { throw .linkBroke(Failure.reason(error)) }
    }
  }

  // MARK: Reading

  /// The frames that have come.
  func receive() throws(RelayFault) -> [RelayFrame] {
    let now = HostProcess.monotonicTime
    let bytes: [UInt8]?
    do throws(HostError) { bytes = try link.readSome(Self.readSize) } catch {
      throw .linkBroke(Failure.reason(error))
    }
    if let bytes {
      guard !bytes.isEmpty else { throw .linkBroke("the link ended") }
      lastRead = now
      input += bytes
    }
    guard now - lastRead < Self.patience else { throw .linkBroke("the link is silent") }
    guard output.count <= Self.outputMost else { throw .violation("it does not read") }
    if version == 0 { try greet() }
    return version > 0 ? try frames() : []
  }

  private func frames() throws(RelayFault) -> [RelayFrame] {
    var frames: [RelayFrame] = []
    var rest = input[...]
    do throws(Failure) {
      while let (frame, size) = try RelayFrame.parse(rest) {
        rest = rest.dropFirst(size)
        if isUp {
          frames.append(frame)
        } else if let answer = try proof?.take(frame) {
          send(answer)
        }
      }
    } catch { throw .violation(error.message) }
    input = Array(rest)
    return frames
  }

  private func greet() throws(RelayFault) {
    switch Self.preamble.read(input) {
    case .incomplete: return
    case .other: throw .linkBroke("what answers is no relay: '\(Preamble.line(of: input))'")
    case .versions(let first, let last, let shared):
      guard let shared else {
        throw .linkBroke("it speaks versions \(first) to \(last) of the protocol of relays")
      }
      input.removeFirst(Preamble.size)
      version = shared
    }
  }

  func close() { link.close() }
}

/// Why a link can't be used any more.
enum RelayFault: Error {
  /// Another one may be made.
  case linkBroke(String)
  /// The other end sends what no honest one does: the relay ends.
  case violation(String)
}

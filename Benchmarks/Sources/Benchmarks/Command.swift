/// A command to run to its end.
struct Command {
  var words: [String]
  /// Nil for that of this program.
  var environment: [String]?
  /// Where it starts; nil for here.
  var folder: String?
  /// Seconds after which it is killed; 0 for never.
  var limit: UInt32 = 0

  init(_ words: [String]) { self.words = words }

  /// Runs it without input. Throws unless it ends with status 0.
  func run() throws -> Outcome {
    let file = try System.temporaryFile()
    defer { System.remove(file) }
    let output = try System.openForWriting(file)
    let input = try System.openForReading("/dev/null")
    let start = ContinuousClock.now
    let process = try System.spawn(
      words, environment: environment, in: folder, input: input, output: output)
    System.close(input)
    System.close(output)
    let ending = try System.wait(process, limit: limit)
    let seconds = elapsed(since: start)
    guard !ending.isLate else { throw Unfinished(reason: "no end in \(limit) s", words) }
    guard ending.status == 0 else { throw Unfinished(reason: "status \(ending.status)", words) }
    return Outcome(
      seconds: seconds, processorTime: ending.processorTime, peakBytes: ending.peakBytes,
      output: try System.contents(of: file))
  }

  /// Its output, without the end of the last line.
  func text() throws -> String {
    let text = String(decoding: try run().output, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}

/// A command did not do its work.
struct Unfinished: Error, CustomStringConvertible {
  var reason: String
  private let words: [String]

  init(reason: String, _ words: [String]) {
    self.reason = reason
    self.words = words
  }

  var description: String { "\(reason) from \(words.joined(separator: " "))" }
}

struct Outcome {
  var seconds: Double
  /// Seconds of the processor.
  var processorTime: Double
  /// The most memory it ever had; at least what this program has, from which it was forked.
  var peakBytes: Int
  var output: [UInt8]
}

/// A command that is listened to, line by line.
struct Conversation {
  let process: Int32
  private let output: Int32

  /// - Parameter errors: listens to its standard error, too.
  init(_ words: [String], errors: Bool = false) throws {
    let input = try System.openForReading("/dev/null")
    let (ourOutput, theirOutput) = try System.pipe()
    process = try System.spawn(
      words, input: input, output: theirOutput, errors: errors ? theirOutput : 2)
    System.close(input)
    System.close(theirOutput)
    output = ourOutput
  }

  /// Waits for its next line, which must be `line`.
  func expect(_ line: String) throws {
    let said = try nextLine()
    guard said == line else { throw Failure("'\(line)' was expected, not '\(said)'") }
  }

  /// Waits for a line with `part` in it.
  func expect(containing part: String) throws {
    while true {
      let said = try nextLine()
      if said.contains(part) { return }
      guard !said.isEmpty else { throw Failure("it ended without '\(part)'") }
    }
  }

  /// Waits for its next line; empty at its end.
  func nextLine() throws -> String {
    var bytes: [UInt8] = []
    while let byte = try System.readByte(from: output), byte != UInt8(ascii: "\n") {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Waits for its end.
  func end() {
    _ = try? System.wait(process)
    System.close(output)
  }
}

func elapsed(since start: ContinuousClock.Instant) -> Double {
  (ContinuousClock.now - start) / .seconds(1)
}

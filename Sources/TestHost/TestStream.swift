package import HostABI

/// A pipe or terminal with a test on the other end.
package final class TestStream {
  /// What a terminal is set to; nil for a pipe.
  package var modes: TerminalModes?
  package var windowSize = WindowSize(rows: 24, columns: 80)

  /// What the picoprocess will read, and whether the end comes after it.
  package var input: [UInt8]
  package var isEnded: Bool

  /// What the picoprocess has written.
  package var output: [UInt8] = []
  /// Bytes that still fit; nil: any number.
  package var room: Int?
  /// Whether nobody reads what is written.
  package var isBroken = false
  /// In which ways it was opened.
  package var options: OpenOptions

  package init(
    input: String = "", ended: Bool = false, options: OpenOptions = [.read, .write],
    isTerminal: Bool = false
  ) {
    self.input = Array(input.utf8)
    isEnded = ended
    self.options = options
    // A fresh Linux terminal, as the kernel sets it up (tty_std_termios), at 38400 baud.
    modes =
      !isTerminal
      ? nil
      : TerminalModes(
        input: 0o2400, output: 0o5, control: 0o277, local: 0o105073, line: 0,
        characters: [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0],
        inputSpeed: 38400, outputSpeed: 38400)
  }

  /// What was written, as text.
  package var text: String { String(decoding: output, as: UTF8.self) }

  package func type(_ text: String) { input += Array(text.utf8) }

  var isTerminal: Bool { modes != nil }

  var readiness: Readiness {
    var readiness: Readiness = []
    if options.contains(.read) {
      if !input.isEmpty { readiness.insert(.readable) }
      if isEnded { readiness.formUnion(isTerminal ? .readable : .hangup) }
    }
    if options.contains(.write) {
      if isBroken {
        readiness.formUnion([.writable, .error])
      } else if room != 0 {
        readiness.insert(.writable)
      }
    }
    return readiness
  }

  func read(into buffer: inout MutableRawSpan) throws(HostError) -> Int {
    guard options.contains(.read) else { throw .invalid }
    if input.isEmpty && !isEnded { throw .wouldBlock }
    let count = min(input.count, buffer.byteCount)
    buffer.copy(input, 0..<count)
    input.removeFirst(count)
    return count
  }

  func write(_ bytes: RawSpan) throws(HostError) -> Int {
    guard options.contains(.write) else { throw .invalid }
    if isBroken { throw .brokenPipe }
    if room == 0 { throw .wouldBlock }
    let count = min(bytes.byteCount, room ?? .max)
    output += bytes.array[..<count]
    if room != nil { room! -= count }
    return count
  }
}

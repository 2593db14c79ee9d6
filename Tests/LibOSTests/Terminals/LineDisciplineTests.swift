import LinuxABI
import Machine
import Testing

import LibOS

/// The line discipline alone: bytes in on either side, bytes out on the other.
@Suite struct LineDisciplineTests {
  var discipline = LineDiscipline()

  mutating func change(_ body: (inout Termios) -> Void) {
    var modes = discipline.modes
    body(&modes)
    discipline.set(modes)
  }

  @discardableResult mutating func type(_ keys: String) -> Int {
    Array(keys.utf8).withRawSpan { discipline.type($0) }
  }

  @discardableResult mutating func write(_ text: String) -> Int {
    Array(text.utf8).withRawSpan { discipline.write($0) }
  }

  /// What the master reads.
  mutating func shown(_ limit: Int = 100_000) -> String {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = bytes.withMutableRawSpan { discipline.takeOutput(into: &$0, at: 0) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// What one read yields; nil where it would wait.
  mutating func read(_ limit: Int = 100_000) -> String? {
    guard discipline.hasInput else { return nil }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = bytes.withMutableRawSpan { discipline.read(into: &$0) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test mutating func linesAreReadOneByOne() {
    type("one\rtwo\nth")
    #expect(shown() == "one\r\ntwo\r\nth")
    #expect(discipline.readableCount == 8)
    #expect(read() == "one\n")
    #expect(read(2) == "tw")
    #expect(read() == "o\n")
    #expect(read() == nil)
    type("\u{4}")
    #expect(read() == "th")
    type("\u{4}")
    #expect(discipline.hasInput && discipline.readableCount == 0)
    #expect(read() == "")
    #expect(read() == nil)
  }

  /// A mark of the end goes with the last byte before it, but not with less.
  @Test mutating func marksOfTheEnd() {
    type("ab\u{4}c\n")
    #expect(read(1) == "a")
    #expect(read(1) == "b")
    #expect(read() == "c\n")
  }

  @Test(arguments: [
    ("abc\u{7f}\n", "ab\n"), ("\u{7f}a\n", "a\n"), ("a b  c \u{17}d\n", "a b  d\n"),
    ("abc\u{15}d\n", "d\n"), ("a\u{16}\u{7f}\n", "a\u{7f}\n"), ("\u{16}\u{4}\n", "\u{4}\n"),
  ]) mutating func editing(_ keys: String, _ line: String) {
    type(keys)
    #expect(read() == line)
  }

  /// Erasing a tab goes back to where it began, wherever the line began.
  @Test mutating func erasedTabs() {
    write("$ ")
    type("ab\tc\td")
    _ = shown()
    type("\u{7f}\u{7f}")
    #expect(shown() == "\u{8} \u{8}" + String(repeating: "\u{8}", count: 7))
    type("\u{7f}\u{7f}")
    #expect(shown() == "\u{8} \u{8}" + String(repeating: "\u{8}", count: 4))
  }

  @Test mutating func signalsDiscardWhatWasTyped() {
    type("lost\n")
    _ = shown()
    type("more\u{3}kept\n")
    #expect(shown() == "^Ckept\r\n")
    #expect(read() == "kept\n")
    change { $0.c_lflag.insert(.NOFLSH) }
    type("ke\u{1a}pt\n")
    #expect(shown() == "ke^Zpt\r\n")
    #expect(read() == "kept\n")
  }

  /// Echo waits as output does, and keeps its place.
  @Test mutating func echoIsHeldBackWhileStopped() {
    type("a")
    type("\u{13}b\t")
    #expect(shown() == "a")
    #expect(write("text") == 0)
    type("\u{11}")
    #expect(shown() == "b\t")
    #expect(write("text") == 4)
    #expect(shown() == "text")
  }

  @Test mutating func echoWaitsForRoom() {
    change { $0.c_oflag = [] }
    let room = discipline.outputRoom
    #expect(write(String(repeating: "x", count: room + 5)) == room)
    type("\u{1}y")
    #expect(shown(room) == String(repeating: "x", count: room))
    #expect(shown() == "^Ay")
  }

  @Test mutating func aLineTooLongCanStillBeEnded() {
    change { $0.c_lflag.remove(.ECHO) }
    for _ in 0..<10 { #expect(type(String(repeating: "m", count: 1000)) == 1000) }
    type("\n")
    #expect(read() == String(repeating: "m", count: 4095) + "\n")
    #expect(read() == nil)
  }

  /// Whole lines are never lost: what does not fit waits, and then the writer must.
  @Test mutating func whatIsTypedAheadWaits() {
    change { $0.c_lflag.remove(.ECHO) }
    let line = String(repeating: "m", count: 999) + "\n"
    var typed = 0
    while type(line) == 1000 { typed += 1 }
    #expect(typed > 11 && !discipline.hasRoomToType)
    for _ in 0..<typed { #expect(read() == line) }
    #expect(discipline.hasRoomToType)
  }

  @Test mutating func modesDecideAboutWhatIsThere() {
    change { $0.c_lflag.subtract([.ICANON, .ECHO]) }
    type("half")
    change { $0.c_lflag.insert(.ICANON) }
    #expect(read() == "half")
    type("other")
    #expect(read() == nil)
    change { $0.c_lflag.remove(.ICANON) }
    #expect(read() == "other")
  }

  @Test mutating func columnsAreCounted() {
    change { $0.c_oflag.insert(.XTABS) }
    write("ab\tc\rd\te\n\tx\u{8}\u{8}\ty")
    #expect(
      shown() == "ab      c\rd       e\r\n" + String(repeating: " ", count: 8)
        + "x\u{8}\u{8} y")
  }
}

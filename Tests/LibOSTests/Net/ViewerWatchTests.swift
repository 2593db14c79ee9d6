import LibOS
import LibOSState
import Machine
import Snapshot
import TestSupport
import Testing

/// What is followed of the RFB protocol, and what is not.
@Suite struct ViewerWatchTests {
  /// A message of a viewer's, and whether it is input.
  struct Message {
    let bytes: [UInt8]
    let isInput: Bool

    init(_ bytes: [UInt8], isInput: Bool = false) { (self.bytes, self.isInput) = (bytes, isInput) }
  }

  /// Bytes which would all be kinds of messages.
  private static func content(_ count: Int) -> [UInt8] { [UInt8](repeating: 4, count: count) }

  private static func number(_ value: Int32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func encodings(_ values: [Int32]) -> Message {
    Message([2, 4, UInt8(values.count >> 8), UInt8(values.count & 255)] + values.flatMap(number))
  }

  private static func clipboard(_ flags: UInt32, _ rest: Int) -> Message {
    Message(
      [6, 4, 4, 4] + number(Int32(-4 - rest)) + number(Int32(bitPattern: flags)) + content(rest),
      isInput: flags & (1 << 27 | 1 << 28) != 0)
  }

  /// Each kind in each form.
  private static let messages: [Message] = [
    Message([0] + content(19)),
    encodings([]), encodings([0, 5, -239, -308]),
    Message([3, 1] + content(8)),
    Message([4, 1, 4, 4, 0, 0, 4, 4], isInput: true),
    Message([5, 0x81, 4, 4, 4, 4], isInput: true),
    // The eighth button has a byte of its own from here on, and then no more.
    encodings([1, -316]),
    Message([5, 0x81, 4, 4, 4, 4, 4], isInput: true),
    Message([5, 0x01, 4, 4, 4, 4], isInput: true),
    encodings([1]),
    Message([5, 0x80, 4, 4, 4, 4], isInput: true),
    Message([6, 4, 4, 4, 0, 0, 0, 0], isInput: true),
    Message([6, 4, 4, 4, 0, 0, 1, 3] + content(259), isInput: true),
    clipboard(1 << 24 | 1, 20), clipboard(1 << 25 | 1, 0), clipboard(1 << 26, 0),
    clipboard(1 << 27 | 1, 0), clipboard(1 << 28 | 1, 77),
    Message([150, 1] + content(8)),
    Message([248, 4, 4, 4, 0, 0, 0, 1, 0]), Message([248, 4, 4, 4, 0, 0, 0, 1, 9] + content(9)),
    Message([250, 4, 1, 2]),
    Message([251, 4, 4, 4, 4, 4, 0, 4]), Message([251, 4, 4, 4, 4, 4, 2, 4] + content(32)),
    Message([253, 0x81, 0, 4] + content(4)), Message([253, 0x02, 4, 0] + content(4)),
    Message([253, 0x80, 0, 5] + content(5), isInput: true),
    Message([253, 0x00, 5, 0] + content(5), isInput: true),
    Message([255, 0] + content(10), isInput: true),
    Message([255, 1, 0, 0]), Message([255, 1, 0, 1]), Message([255, 1, 0, 2] + content(6)),
  ]

  /// What the two sides say until the viewer is let in, in turns.
  private static func openings(_ minor: Int) -> [[(isGuest: Bool, bytes: [UInt8])]] {
    let greeting = (true, Array("RFB 003.008\n".utf8))
    let digits = String("00\(minor)".suffix(3))
    let version = (false, Array("RFB 003.\(digits)\n".utf8))
    let answer: [(Bool, [UInt8])] = [(false, content(16)), (true, [0, 0, 0, 0])]
    let initialization: [(Bool, [UInt8])] = [(false, [1]), (true, [0, 8, 0, 8] + content(40))]
    if minor < 7 {
      return [
        [greeting, version, (true, [0, 0, 0, 1])] + initialization,
        [greeting, version, (true, [0, 0, 0, 2] + content(16))] + answer + initialization,
      ]
    }
    let verdict: [(Bool, [UInt8])] = minor == 7 ? [] : [(true, [0, 0, 0, 0])]
    return [
      [greeting, version, (true, [2, 1, 2]), (false, [1])] + verdict + initialization,
      [greeting, version, (true, [2, 1, 2]), (false, [2]), (true, content(16))] + answer
        + initialization,
    ]
  }

  /// The same as if it had been saved and restored.
  private static func travelled(_ watch: ViewerWatch) throws -> ViewerWatch {
    let bytes = watch.save().encoded()
    let state = try #require(Godwit_State_ViewerWatch(decoding: bytes))
    let restored = try ViewerWatch(state)
    #expect(restored == watch)
    return restored
  }

  private static func hear(_ watch: inout ViewerWatch, _ isGuest: Bool, _ bytes: ArraySlice<UInt8>)
    -> ViewerWatch.Finding
  {
    Array(bytes).withRawSpan { isGuest ? watch.hearGuest($0) : watch.hearViewer($0) }
  }

  /// One who has been let in.
  private static func watch() -> ViewerWatch {
    var watch = ViewerWatch()
    for (isGuest, bytes) in openings(8)[0] { _ = hear(&watch, isGuest, bytes[...]) }
    return watch
  }

  @Test func thePiecesDoNotMatter() throws {
    for minor in [3, 5, 7, 8, 889] {
      for opening in Self.openings(minor) {
        for size in [1, 2, 3, 5, 1000] {
          var watch = ViewerWatch()
          for (isGuest, bytes) in opening {
            #expect(!watch.isLetIn || isGuest)
            for start in stride(from: 0, to: bytes.count, by: size) {
              let piece = bytes[start..<min(bytes.count, start + size)]
              #expect(Self.hear(&watch, isGuest, piece) == .nothing)
              watch = try Self.travelled(watch)
            }
          }
          #expect(watch.isLetIn)
          for message in Self.messages {
            var inputs = 0
            for start in stride(from: 0, to: message.bytes.count, by: size) {
              let piece = message.bytes[start..<min(message.bytes.count, start + size)]
              switch Self.hear(&watch, false, piece) {
              case .nothing: break
              case .input: inputs += 1
              case .lost: Issue.record("\(message.bytes) is not understood")
              }
              watch = try Self.travelled(watch)
            }
            #expect(inputs == (message.isInput ? 1 : 0), "\(message.bytes) by \(size)")
          }
        }
      }
    }
  }

  /// Each message, cut at each byte, between two moves, and behind it a request and a key.
  @Test func everyCutIsTold() throws {
    let request: [UInt8] = [3, 1] + Self.content(8)
    let key: [UInt8] = [4, 1, 4, 4, 0, 0, 4, 4]
    for message in Self.messages {
      for cut in 0...message.bytes.count {
        var watch = Self.watch()
        if message.bytes.count == 7, message.bytes[0] == 5 {
          _ = Self.hear(&watch, false, Self.encodings([-316]).bytes[...])
        }
        let first = Self.hear(&watch, false, message.bytes[..<cut])
        watch = try Self.travelled(watch)
        let second = Self.hear(&watch, false, message.bytes[cut...] + request)
        #expect(first != .lost && second != .lost, "\(message.bytes) at \(cut)")
        #expect((first == .input || second == .input) == message.isInput)
        #expect(first != .input || second != .input)
        #expect(watch.step == .kind && watch.skipped == 0)
        watch = try Self.travelled(watch)
        #expect(Self.hear(&watch, false, key[...]) == .input)
      }
    }
  }

  /// All at once.
  @Test func aLongPieceHasManyMessages() {
    var watch = Self.watch()
    let quiet = Self.messages.filter { !$0.isInput }.flatMap(\.bytes)
    #expect(Self.hear(&watch, false, quiet[...]) == .nothing)
    #expect(Self.hear(&watch, false, (quiet + [4, 1, 0, 0, 0, 0, 0, 0] + quiet)[...]) == .input)
    #expect(watch.step == .kind && watch.skipped == 0)
  }

  /// What is no RFB, not plain, or not known.
  @Test func othersAreLeftAlone() {
    let others = [
      "HTTP/1.1 200", "SSH-2.0-x", "RFB 004.001\n", "RFB 003.00x\n", "RFB 003.0088", "x",
    ]
    for text in others {
      var watch = ViewerWatch()
      #expect(Self.hear(&watch, true, Array(text.utf8)[...]) == .lost, "\(text)")
    }
    // The viewer, or whoever it is, speaks first.
    for text in ["GET / HTTP/1.1\r\n", "RFB 003.008\n"] {
      var watch = ViewerWatch()
      #expect(Self.hear(&watch, false, Array(text.utf8)[...]) == .lost)
    }
    // Tight, TLS, VeNCrypt, RA2, none at all.
    for security: UInt8 in [0, 3, 5, 6, 16, 18, 19, 129, 255] {
      var watch = ViewerWatch()
      for (isGuest, bytes) in Self.openings(8)[0].prefix(3) {
        _ = Self.hear(&watch, isGuest, bytes[...])
      }
      #expect(Self.hear(&watch, false, [security]) == .lost)
      watch = ViewerWatch()
      for (isGuest, bytes) in Self.openings(3)[0].prefix(2) {
        _ = Self.hear(&watch, isGuest, bytes[...])
      }
      #expect(Self.hear(&watch, true, [0, 0, 1, security]) == .lost)
    }
    // It does not wait for the guest's turn.
    var early = ViewerWatch()
    for (isGuest, bytes) in Self.openings(3)[0].prefix(2) {
      _ = Self.hear(&early, isGuest, bytes[...])
    }
    #expect(Self.hear(&early, false, [1]) == .lost)
    for message: [UInt8] in [[1], [7], [127], [255, 2], [255, 1, 0, 3]] {
      var watch = Self.watch()
      #expect(Self.hear(&watch, false, message[...]) == .lost, "\(message)")
    }
    for length: Int32 in [-1, -3] {
      var watch = Self.watch()
      #expect(Self.hear(&watch, false, ([6, 0, 0, 0] + Self.number(length))[...]) == .lost)
    }
  }

  /// The longest that can be said is passed over, in pieces, and nothing of it is kept.
  @Test(arguments: [Int32.min, .min + 1, -65_536, 65_536, .max]) func lengthsAreNotTrusted(
    _ length: Int32
  ) throws {
    var watch = Self.watch()
    let head: [UInt8] = [6, 0, 0, 0] + Self.number(length)
    #expect(Self.hear(&watch, false, head[...]) == (length < 0 ? .nothing : .input))
    if length < 0 { #expect(Self.hear(&watch, false, [0, 0, 0, 0]) == .nothing) }
    watch = try Self.travelled(watch)
    var left = Int(length.magnitude) - (length < 0 ? 4 : 0)
    // Keys, if they were messages.
    let piece = [UInt8](repeating: 4, count: 1 << 20)
    while left > 0 {
      let count = min(left, piece.count)
      #expect(Self.hear(&watch, false, piece[..<count]) == .nothing)
      left -= count
    }
    #expect(Self.hear(&watch, false, [3, 1, 0, 0, 0, 0, 0, 8, 0, 8]) == .nothing)
    #expect(Self.hear(&watch, false, [4, 1, 0, 0, 0, 0, 0, 65]) == .input)
  }

  @Test func anythingMayCome() throws {
    var numbers = SeededNumbers(1)
    for _ in 0..<20_000 {
      var watch = numbers.next() % 4 == 0 ? ViewerWatch() : Self.watch()
      for _ in 0..<numbers.below(40) {
        // Known kinds come often.
        let message = Self.messages[Int(numbers.below(UInt64(Self.messages.count)))].bytes
        var bytes = Array(message.prefix(Int(1 + numbers.below(20))))
        for index in bytes.indices where numbers.next() % 8 == 0 {
          bytes[index] = UInt8(truncatingIfNeeded: numbers.next())
        }
        guard Self.hear(&watch, numbers.next() % 8 == 0, bytes[...]) != .lost else { break }
        #expect(watch.skipped <= UInt64(Int32.max))
        watch = try Self.travelled(watch)
      }
    }
  }

  /// A snapshot may say anything: it is refused, or gives one that can be followed.
  @Test func hostileStates() throws {
    var numbers = SeededNumbers(2)
    let extremes: [UInt64] = [0, 1, 2, 4, 6, 11, 12, 255, 256, 65_535, 1 << 31, .max]
    func any() -> UInt64 {
      let extreme = extremes[Int(numbers.below(UInt64(extremes.count)))]
      return numbers.next() % 3 == 0 ? numbers.next() : extreme
    }
    var accepted = 0
    for _ in 0..<200_000 {
      var state = Godwit_State_ViewerWatch()
      state.step = UInt32(numbers.below(12))
      state.kind = numbers.next() % 2 == 0 ? 4 : UInt32(truncatingIfNeeded: any())
      state.count = UInt32(numbers.below(14))
      state.value = any()
      state.skipped = numbers.next() % 2 == 0 ? 0 : UInt32(truncatingIfNeeded: any())
      state.rest = UInt32(truncatingIfNeeded: any())
      state.moreButtons = numbers.next() % 2 == 0
      guard var watch = try? ViewerWatch(state) else { continue }
      accepted += 1
      for _ in 0..<8 {
        let bytes = (0..<numbers.below(40)).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
        guard Self.hear(&watch, numbers.next() % 2 == 0, bytes[...]) != .lost else { break }
        _ = try Self.travelled(watch)
      }
    }
    #expect(accepted > 10_000)
    for broken: (inout Godwit_State_ViewerWatch) -> Void in [
      { $0.step = 11 }, { $0.kind = 256 },
      { state in
        state.step = 6
        state.kind = 7
      }, { $0.count = 12 }, { $0.skipped = 1 },
      { state in
        state.step = 5
        state.skipped = 1 << 31
      },
      { state in
        state.step = 7
        state.rest = 65_536
      }, { $0.rest = 1 << 31 },
    ] {
      var state = ViewerWatch().save()
      broken(&state)
      #expect(throws: SnapshotError.self) { _ = try ViewerWatch(state) }
    }
  }
}

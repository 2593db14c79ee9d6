import HostABI
import Picoprocess
import TestSupport
import Testing

/// What an attached client and a picoprocess say to each other.
@Suite struct AttachProtocolTests {
  private static let frames: [AttachFrame] = [
    .input([1, 2, 3]), .input([]), .inputEnd,
    .resize(WindowSize(rows: 1, columns: 258, pixelWidth: 0, pixelHeight: 65535)),
    .signal(15), .output([UInt8](repeating: 7, count: AttachFrame.limit)), .error([10]),
    .skipped(.max), .skipped(1 << 40), .ended(status: 143), .suspended,
  ]

  @Test func framesComeAsTheyWent() throws {
    let bytes = Self.frames.flatMap(\.bytes)
    for size in [1, 2, 5, 1000, bytes.count] {
      var reader = AttachFrame.Reader()
      var read: [AttachFrame] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        reader.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        while let frame = try reader.next() { read.append(frame) }
      }
      #expect(read == Self.frames)
    }
  }

  @Test(arguments: [
    [1, 1, 0, 1, 0] as [UInt8], [0, 0, 0, 0, 0], [255, 0, 0, 0, 0], [2, 1, 0, 0, 0, 9],
    [3, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [4, 0, 0, 0, 0], [4, 2, 0, 0, 0, 1, 1],
    [17, 255, 255, 255, 255], [20, 0, 0, 0, 0],
  ])
  func malformedFramesAreRefused(bytes: [UInt8]) {
    var reader = AttachFrame.Reader()
    reader.append(bytes)
    #expect(throws: HostError.invalid) { try reader.next() }
  }

  @Test func anythingIsFramesOrRefused() {
    var numbers = SeededNumbers(1)
    for _ in 0..<2000 {
      var reader = AttachFrame.Reader()
      reader.append(
        (0..<Int.random(in: 0..<64, using: &numbers)).map { _ in
          UInt8.random(in: 0..<24, using: &numbers)
        })
      // It ends, one way or the other.
      while let frame = try? reader.next() { #expect(frame.bytes.count >= 5) }
    }
  }

  @Test func detachKeysAreFoundInWhatIsTyped() throws {
    let keys = try #require(DetachKeys("a,a,ctrl-b"))
    for size in 1...8 {
      var filter = DetachKeys.Filter(keys)
      var passed: [UInt8] = []
      var isDetached = false
      var rest = Array("xaab aaa\u{2}y".utf8)[...]
      while !rest.isEmpty, !isDetached {
        let (bytes, found) = filter.pass(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        passed += bytes
        isDetached = found
      }
      #expect(isDetached)
      #expect(String(decoding: passed, as: UTF8.self) == "xaab a")
    }
    var none = DetachKeys.Filter(try #require(DetachKeys("")))
    #expect(none.pass([16, 17]).bytes == [16, 17])
  }

  @Test func detachKeysArePodmans() {
    let keys: [(String, [UInt8])] = [
      ("ctrl-p,ctrl-q", [16, 17]), ("ctrl-@,x", [0, 120]), ("ctrl-[,ctrl-_", [27, 31]),
      ("ctrl-A", [1]), ("c", [99]),
    ]
    for (text, bytes) in keys { #expect(DetachKeys(text)?.bytes == bytes, "\(text)") }
    for text in ["ctrl-", "ctrl-pq", "ctrl-1", "ab", "a,,b", ",", "a,", "é", "ctrl-é", " "] {
      #expect(DetachKeys(text) == nil, "\(text)")
    }
  }
}

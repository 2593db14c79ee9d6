import ELF
import TestSupport
import Testing

/// Headers that lie: each is refused by name, and no arithmetic on them traps.
@Suite struct MalformedELFTests {
  private func isMalformed(_ change: (inout ELFFile) -> Void) -> Bool {
    var image = ELFFile.program
    change(&image)
    if case .malformed = error(image) { return true }
    return false
  }

  private func isTruncated(_ change: (inout ELFFile) -> Void) -> Bool {
    var image = ELFFile.program
    change(&image)
    if case .truncated = error(image) { return true }
    return false
  }

  @Test func programHeaderTable() {
    #expect(isMalformed { $0.entrySize = 55 })
    #expect(isMalformed { $0.entrySize = 0 })
    #expect(isMalformed { $0.count = 0 })
    #expect(isMalformed { $0.count = 0xffff })
    #expect(isMalformed { $0.count = 1171 })
    #expect(isTruncated { $0.count = 1170 })
    #expect(isTruncated { $0.headerOffset = .max })
    #expect(isTruncated { $0.headerOffset = .max - 6 * 56 + 1 })
    #expect(isTruncated { $0.headerOffset = 1 << 62 })
  }

  @Test func nothingToLoad() {
    #expect(isMalformed { $0.headers.removeAll { $0.type == 1 } })
    #expect(
      isMalformed { image in
        for index in 2...3 {
          image.headers[index].fileSize = 0
          image.headers[index].memorySize = 0
        }
      })
  }

  @Test func segmentsThatOverflow() {
    #expect(isMalformed { $0.headers[3].memorySize = .max })
    #expect(isMalformed { $0.headers[3].memorySize = 1 << 63 })
    #expect(isMalformed { $0.headers[3].memorySize = 1 << 56 })
    #expect(isMalformed { $0.headers[3].alignment = 1 << 57 })
    #expect(isMalformed { $0.headers[3].address = .max - 0x7ff })
    #expect(isMalformed { $0.headers[3].address = 1 << 63 | 0x800 })
    #expect(isMalformed { $0.headers[3].memorySize = 0x1ff })
    #expect(isMalformed { $0.headers[3].offset = .max - 0x7ff })
    #expect(isMalformed { $0.headers[3].offset = .max - 0x17ff })
  }

  @Test func segmentsOutOfPlace() {
    #expect(isMalformed { $0.headers[3].offset = 0x1801 })
    #expect(isMalformed { $0.headers[3].alignment = 3 })
    #expect(isMalformed { $0.headers[3].alignment = .max })
  }

  @Test func segmentsThatOnlyLookOdd() throws {
    var image = ELFFile.program
    // Unaligned in the file, but nothing comes from the file.
    image.headers[3].fileSize = 0
    image.headers[3].offset = .max
    image.headers[3].alignment = 0
    let segment = try ELFImage(image.bytes).segments[1]
    #expect(segment.fileSize == 0)
    #expect(segment.alignment == 1)
    // Empty segments map nothing.
    image.headers[3].memorySize = 0
    #expect(try ELFImage(image.bytes).segments.count == 1)
    // The highest address there is.
    image.headers[3].address = (1 << 56) - 0x1000
    image.headers[3].memorySize = 0x1000
    #expect(try ELFImage(image.bytes).pageSpan.upperBound == 1 << 56)
  }

  @Test func segmentsAnywhere() throws {
    // In any order, one over the other, and beyond the end of the file.
    var image = ELFFile.program
    image.headers.swapAt(2, 3)
    let inOrder = try ELFImage(ELFFile.program.bytes)
    #expect(try ELFImage(image.bytes).segments == inOrder.segments.reversed())
    #expect(try ELFImage(image.bytes).pageSpan == inOrder.pageSpan)
    image.headers[3].address = image.headers[2].address
    image.headers[3].offset = 1 << 40 | image.headers[3].address & 0xfff
    #expect(try ELFImage(image.bytes).segments.count == 2)
    #expect(isMalformed { $0.headers[3].offset = 1 << 63 })
  }

  @Test func interpreterPaths() {
    #expect(isMalformed { $0.headers[1].fileSize = 0 })
    #expect(isMalformed { $0.headers[1].fileSize = 1 })
    #expect(isMalformed { $0.headers[1].fileSize = 4097 })
    #expect(isMalformed { $0.headers[1].fileSize = .max })
    #expect(isMalformed { $0.headers[1].fileSize = 10 })
    #expect(isTruncated { $0.headers[1].offset = .max })
    var bytes = ELFFile.program.bytes
    bytes[0x300] = 0
    #expect(error(bytes) == .malformed("its interpreter's path is empty"))
  }

  @Test func everyTruncationOfHeadersIsNamed() {
    let bytes = ELFFile.program.bytes
    for length in 0..<bytes.count {
      let error = error(Array(bytes.prefix(length)))
      if length < 4 {
        #expect(error == .notELF)
      } else if case .truncated = error {
      } else if length > 0x310, error == nil {
        // What is cut off, behind the interpreter's path, is only mapped, and faults.
      } else {
        Issue.record("\(length) bytes gave \(String(describing: error))")
      }
    }
  }

  @Test func randomDamageNeverCrashes() {
    let bytes = ELFFile.program.bytes
    var random = SeededNumbers(20_240_229)
    for _ in 0..<4_000 {
      var damaged = bytes
      for _ in 0..<(random.next() % 6 + 1) {
        // Damage where it matters: headers, properties and path.
        damaged[Int(random.next() % 0x320)] = UInt8(truncatingIfNeeded: random.next())
      }
      check(damaged)
    }
  }

  @Test func randomFieldsNeverCrash() {
    var random = SeededNumbers(7)
    let interesting: [UInt64] = [
      0, 1, 16, 56, 64, 4095, 4096, 65536, 1 << 31, 1 << 32, 1 << 47, 1 << 62, 1 << 63, .max,
      .max - 1, .max - 4095, .max - 4096,
    ]
    func value() -> UInt64 {
      let chosen = interesting[Int(random.next() % UInt64(interesting.count))]
      return random.next() % 2 == 0 ? chosen : chosen &+ random.next() % 4096
    }
    for _ in 0..<4_000 {
      var image = ELFFile.program
      image.machine = [62, 183][Int(random.next() % 2)]
      for index in image.headers.indices where random.next() % 2 == 0 {
        switch random.next() % 6 {
        case 0: image.headers[index].offset = value()
        case 1: image.headers[index].address = value()
        case 2: image.headers[index].fileSize = value()
        case 3: image.headers[index].memorySize = value()
        case 4: image.headers[index].alignment = value()
        default:
          image.headers[index].type = [1, 3, 7, 0x6474_e551, 0x6474_e553][Int(random.next() % 5)]
        }
      }
      check(image.bytes)
    }
  }

  /// What is accepted must keep the promises of `ELFImage`.
  private func check(_ bytes: [UInt8]) {
    guard let image = try? ELFImage(bytes) else { return }
    for segment in image.segments {
      #expect(segment.memorySize > 0 && segment.fileSize <= segment.memorySize)
      #expect(segment.fileSize == 0 || segment.offset + segment.fileSize < 1 << 63)
    }
    #expect(!image.pageSpan.isEmpty)
    #expect(image.alignment.nonzeroBitCount == 1)
    _ = image.programHeaderAddress
  }
}

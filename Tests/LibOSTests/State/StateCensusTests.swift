import Foundation
import LibOSState
import Testing

/// What is known of the messages of the state before they are decoded.
@Suite struct StateCensusTests {
  private struct Field {
    var type: String
    var isRepeated: Bool
  }

  /// The messages of `State.proto` with their fields by number.
  private static func messages() throws -> [String: [UInt64: Field]] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Sources/LibOSState/State.proto").standardized
    var messages: [String: [UInt64: Field]] = [:]
    var name = ""
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      if let start = try /^message (\w+) \{/.firstMatch(in: line) { name = String(start.1) }
      guard let field = try /^ +(repeated )?(\w+) \w+ = (\d+);/.firstMatch(in: line) else {
        continue
      }
      messages[name, default: [:]][UInt64(field.3)!] = Field(
        type: String(field.2), isRepeated: field.1 != nil)
    }
    return messages
  }

  private static let widths: [String: UInt64] = [
    "int32": 4, "uint32": 4, "sint32": 4, "int64": 8, "uint64": 8, "sint64": 8, "bool": 1,
    "fixed64": 0,
  ]

  /// No field is forgotten.
  @Test func shapesAreThoseOfTheSpecification() throws {
    let messages = try Self.messages()
    var seen: Set<String> = []
    func check(_ name: String, _ shape: StateCensus.Shape) {
      guard seen.insert(name).inserted else { return }
      let fields = messages[name] ?? [:]
      let inner = fields.filter { $0.value.type.first!.isUppercase }
      #expect(Set(inner.filter(\.value.isRepeated).keys) == Set(shape.repeated.keys), "\(name)")
      #expect(Set(inner.filter { !$0.value.isRepeated }.keys) == Set(shape.single.keys), "\(name)")
      let numbers = fields.filter { $0.value.isRepeated }.compactMapValues { Self.widths[$0.type] }
      #expect(numbers == shape.numbers, "\(name)")
      for (number, field) in inner {
        if let next = shape.repeated[number] ?? shape.single[number] { check(field.type, next) }
      }
    }
    check("Kernel", Godwit_State_Kernel.shape)
    check("Memory", Godwit_State_Memory.shape)
    check("Filesystems", Godwit_State_Filesystems.shape)
    check("Files", Godwit_State_Files.shape)
    check("Processes", Godwit_State_Processes.shape)
    check("Tasks", Godwit_State_Tasks.shape)
    check("PageMaps", Godwit_State_PageMaps.shape)
    check("OutsideFiles", Godwit_State_OutsideFiles.shape)
    #expect(seen.count > 60)
  }

  private func size(_ bytes: [UInt8], _ shape: StateCensus.Shape) throws -> UInt64 {
    var census = StateCensus()
    let isCounted = census.add(bytes, shape)
    try #require(isCounted)
    return census.size
  }

  @Test func numbersThatArePackedCount() throws {
    var kernel = Godwit_State_Kernel()
    let empty = try size(kernel.encoded(), Godwit_State_Kernel.shape)
    kernel.runQueue = Array(repeating: 1, count: 1000)
    #expect(try size(kernel.encoded(), Godwit_State_Kernel.shape) >= empty + 4000)
    // One by one, as a writer may put them too.
    let single: [UInt8] = [15 << 3, 1]
    let many = Array(repeatElement(single, count: 1000).joined())
    #expect(Godwit_State_Kernel(decoding: many)?.runQueue.count == 1000)
    #expect(try size(many, Godwit_State_Kernel.shape) >= empty + 4000)
  }

  /// Small messages in large numbers, wherever they may stand.
  @Test func emptyMessagesCount() throws {
    let empty = try size([], Godwit_State_Files.shape)
    let one = try size([10, 0], Godwit_State_Files.shape) - empty
    #expect(one > UInt64(MemoryLayout<Godwit_State_OpenFile>.size))
    #expect(
      try size(Array(repeatElement([10, 0], count: 99).joined()), Godwit_State_Files.shape) == empty
        + 99 * one)
    // With a socket in it, which has an object of its own.
    let socket = Array<UInt8>([10, 3, 30 << 3 | 2 & 7 | 0x80, 1, 0])
    #expect(Godwit_State_Files(decoding: socket)?.files.count == 1)
    #expect(try size(socket, Godwit_State_Files.shape) > empty + one + 200)
  }

  /// What comes once, again and again: a decoder would make a longer list of it each time.
  @Test func fieldsThatComeOnceComeOnce() throws {
    var kernel = Godwit_State_Kernel()
    kernel.runQueue = [1, 2]
    kernel.ipc.sequences = [1, 2, 3]
    let bytes = kernel.encoded()
    _ = try size(bytes, Godwit_State_Kernel.shape)
    for again in [[15 << 3 | 2, 1, 1], [80 << 3 & 0x7f | 2 | 0x80, 5, 0]] as [[UInt8]] {
      #expect(Godwit_State_Kernel(decoding: bytes + again) != nil)
      var census = StateCensus()
      let isCounted = census.add(bytes + again, Godwit_State_Kernel.shape)
      #expect(!isCounted)
    }
  }

  /// A decoder goes on behind a group, so a census that did not would miss what is there.
  @Test(
    arguments: [
      [99 << 3 & 0x7f | 3 | 0x80, 6, 10, 0], [1 << 3 | 3, 1 << 3 | 4], [10, 5, 0], [10], [0x80],
    ] as [[UInt8]])
  func whatIsNeverWrittenIsRefused(_ bytes: [UInt8]) {
    var census = StateCensus()
    let isCounted = census.add(bytes, Godwit_State_Files.shape)
    #expect(!isCounted)
  }
}

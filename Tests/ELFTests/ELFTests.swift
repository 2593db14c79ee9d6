import ELF
import TestSupport
import Testing

@Suite struct ELFTests {
  @Test func readsADynamicProgram() throws {
    let image = try ELFImage(ELFFile.program.bytes)
    #expect(image.machine == .x86_64)
    #expect(image.kind == .dynamic)
    #expect(image.entry == 0x1000)
    #expect(image.programHeaderOffset == 64)
    #expect(image.programHeaderEntrySize == 56)
    #expect(image.programHeaderCount == 6)
    #expect(image.programHeaderAddress == 64)
    #expect(
      image.segments == [
        ELFImage.Segment(
          offset: 0, address: 0, fileSize: 0x1800, memorySize: 0x1800, flags: [.read, .execute],
          alignment: 4096),
        ELFImage.Segment(
          offset: 0x1800, address: 0x2800, fileSize: 0x200, memorySize: 0x5000,
          flags: [.read, .write], alignment: 4096),
      ])
    #expect(image.pageSpan == 0..<0x8000)
    #expect(image.interpreter == Array("/lib/ld-musl.so".utf8))
    #expect(image.executableStack == false)
    #expect(image.codeFeatures == [])
  }

  @Test(
    arguments: [
      (62, ELFMachine.x86_64, "x86_64"), (183, .aarch64, "aarch64"), (243, .riscv64, "riscv64"),
      (22, .other(22), "s390x"), (9999, .other(9999), "machine 9999"),
    ] as [(UInt16, ELFMachine, String)])
  func namesTheMachine(number: UInt16, machine: ELFMachine, name: String) throws {
    var image = ELFFile.program
    image.machine = number
    let parsed = try ELFImage(image.bytes)
    #expect(parsed.machine == machine)
    #expect(machine.rawValue == number)
    #expect(String(describing: parsed.machine) == name)
  }

  @Test func readsOnlyHeadersAndInterpreter() throws {
    let bytes = ELFFile.program.bytes
    var asked = 0
    let image = try ELFImage(fileSize: UInt64(bytes.count)) { offset, count throws(ELFError) in
      asked += count
      return Array(bytes[Int(offset)..<(Int(offset) + count)])
    }
    #expect(image.segments.count == 2)
    #expect(asked == 64 + 6 * 56 + 17)
  }

  @Test func fileThatShrinksOrFailsIsAnError() {
    let bytes = ELFFile.program.bytes
    #expect(throws: ELFError.truncated(what: "the end of its program headers")) {
      try ELFImage(fileSize: 1 << 40) { offset, count throws(ELFError) in
        Array(bytes.prefix(64).dropFirst(Int(offset)).prefix(count))
      }
    }
    #expect(throws: ELFError.unreadable) {
      try ELFImage(fileSize: 1 << 40) { _, _ throws(ELFError) in throw .unreadable }
    }
  }

  @Test func stackNote() throws {
    var image = ELFFile.program
    image.headers[5].flags = 7
    #expect(try ELFImage(image.bytes).executableStack == true)
    image.headers.removeLast()
    #expect(try ELFImage(image.bytes).executableStack == nil)
  }

  @Test func propertyNoteOfAArch64() throws {
    var image = ELFFile.program
    image.machine = 183
    image.headers.append(
      ELFFile.Header(type: 0x6474_e553, offset: 64 + 7 * 56, fileSize: 32, memorySize: 32))
    image.contents = [
      4, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 0x47, 0x4e, 0x55, 0,
      0, 0, 0, 0xc0, 4, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(try ELFImage(image.bytes).codeFeatures == [.branchTargets, .pointerAuthentication])
    // A size that reaches beyond the note gives nothing.
    image.contents[20] = 0xff
    #expect(try ELFImage(image.bytes).codeFeatures == [])
    image.contents[20] = 4
    image.machine = 62
    #expect(try ELFImage(image.bytes).codeFeatures == [])
  }

  @Test func wrongKindsOfFileAreNamed() {
    #expect(error(Array("#!/bin/sh\n".utf8)) == .notELF)
    #expect(error([]) == .notELF)
    var bytes = ELFFile.program.bytes
    bytes[4] = 1
    #expect(error(bytes) == .wrongClass(1))
    bytes[4] = 2
    bytes[5] = 2
    #expect(error(bytes) == .wrongEndianness(2))
    var image = ELFFile.program
    for type in [UInt16(0), 1, 4, 0xffff] {
      image.type = type
      #expect(error(image) == .unsupportedType(type))
    }
  }

  @Test func everyErrorSaysWhatIsWrong() {
    let errors: [ELFError] = [
      .notELF, .truncated(what: "x"), .wrongClass(1), .wrongClass(7), .wrongEndianness(2),
      .wrongEndianness(0), .unsupportedType(1), .unsupportedType(4), .unsupportedType(9),
      .malformed("x"), .unreadable,
    ]
    let texts = errors.map { String(describing: $0) }
    #expect(Set(texts).count == errors.count)
    #expect(texts.allSatisfy { $0.contains("ELF") && !$0.contains("\n") })
  }
}

import Disassembler
import Testing

@Suite struct DisassemblerTests {
  @Test func x86_64() {
    // push rbp; mov rbp, rsp; syscall; ret
    let code: [UInt8] = [0x55, 0x48, 0x89, 0xe5, 0x0f, 0x05, 0xc3]
    let found = disassemble(code, at: 0x40_1000, isa: .x86_64, count: 10)
    #expect(found.map(\.text) == ["push rbp", "mov rbp, rsp", "syscall", "ret"])
    #expect(found.map(\.address) == [0x40_1000, 0x40_1001, 0x40_1004, 0x40_1006])
    #expect(found.flatMap(\.bytes) == code)
  }

  @Test func aarch64() {
    // add x0, x1, x2; svc #0; ret
    let code: [UInt8] = [
      0x20, 0x00, 0x02, 0x8b, 0x01, 0x00, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6,
    ]
    let found = disassemble(code, at: 0x1000, isa: .aarch64, count: 2)
    #expect(found.map(\.text) == ["add x0, x1, x2", "svc #0"])
    #expect(found.map(\.address) == [0x1000, 0x1004])
    #expect(found[1].bytes == Array(code[4..<8]))
  }

  @Test func whatIsNoInstructionEndsTheList() {
    #expect(disassemble([], at: 0, isa: .x86_64, count: 5).isEmpty)
    #expect(disassemble([0x90], at: 0, isa: .x86_64, count: 0).isEmpty)
    #expect(disassemble([0x90], at: 0, isa: .x86_64, count: -1).isEmpty)
    // A push, then a mov that is cut off.
    #expect(disassemble([0x55, 0x48, 0x89], at: 0, isa: .x86_64, count: 5).count == 1)
    #expect(disassemble([0xff, 0xff], at: 0, isa: .aarch64, count: 5).isEmpty)
    // The last instruction of the address space.
    #expect(disassemble([0x90, 0x90], at: .max, isa: .x86_64, count: 2).count >= 1)
  }
}

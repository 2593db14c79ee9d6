import CUnicorn
import Machine

// Unicorn tells its TLB hook the page of an access only. It keeps the exact address, for its own use,
// in a field of its state that no function returns (`invalid_addr`, set in softmmu/unicorn_vtlb.c).
// Where that field lies differs between builds, so the engine finds it out by making two accesses
// whose addresses it knows.

extension UnicornEngine {
  /// The exact address of the access that was refused last, without tag.
  var faultAddress: GuestAddress {
    let exact = emulator.stateWord(at: faultAddressOffset)
    let address = exact & ~4095 == refusedPage ? exact : refusedPage
    return GuestAddress(processor.untagged(address))
  }

  /// Finds the field that holds the address of a refused access.
  func findFaultAddress() throws(EngineError) {
    var candidates: [Int]?
    for address: UInt64 in [0x5a5a_1234_5678, 0x2b3c_4d5e_6f70] {
      try probe(address)
      var found: [Int] = []
      for offset in stride(from: 0, to: emulator.stateSize - 7, by: 8)
      where emulator.stateWord(at: offset) == address { found.append(offset) }
      candidates = candidates.map { $0.filter(found.contains) } ?? found
    }
    guard let candidates, candidates.count == 1 else {
      throw EngineError(
        operation: "learn where Unicorn keeps the address of a fault",
        reason: "this build of Unicorn keeps it nowhere, or in several places")
    }
    faultAddressOffset = candidates[0]
  }

  /// Makes a load from `address`, where nothing is mapped.
  private func probe(_ address: UInt64) throws(EngineError) {
    let register = RegisterBatch([processor.probe.register])
    register[0] = address
    register.write(emulator)
    let error = try execute(processor.probe.code, from: 0)
    guard error == UC_ERR_EXCEPTION, refusedPage == address & ~4095 else {
      throw EngineError(operation: "provoke a fault", reason: "it did not occur")
    }
  }

  /// Runs `code` in a frame of its own, from `offset` in it on, until something stops it.
  func execute(_ code: [UInt8], from offset: UInt64) throws(EngineError) -> uc_err {
    guard let frame = arena.allocate() else {
      throw EngineError(operation: "prepare the processor", reason: "no memory")
    }
    arena.withMutableBytes(frame, offset: 0, count: code.count) { bytes in
      code.withRawSpan { bytes.copy(from: $0) }
    }
    arena.markCode(frame)
    window = [frame]
    programCounter = Self.windowBase + offset
    let error = resume()
    window = []
    arena.release(frame)
    dropStaleCode()
    return error
  }
}

import CUnicorn
import Machine

extension UnicornEngine {
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

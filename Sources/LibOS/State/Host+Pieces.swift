package import HostABI
import Machine

extension Host {
  /// Calls `body` with the bytes of an open file from its beginning to its end, piece by piece, and their offsets.
  package func forEachPiece<E: Error>(
    of handle: HostHandle, failure: (HostError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var offset: UInt64 = 0
    while true {
      let count: Int
      do throws(HostError) {
        count = try buffer.withMutableRawSpan { (bytes) throws(HostError) in
          try read(handle, at: offset, into: &bytes)
        }
      } catch { throw failure(error) }
      if count == 0 { return }
      try buffer.withRawSpan { (bytes) throws(E) in try body(offset, bytes.extracting(0..<count)) }
      offset += UInt64(count)
    }
  }
}

import HostABI
package import PosixHost

/// Messages over a stream, a line each.
package final class PlugLink {
  /// Longer messages are not taken: a call moves no more than a megabyte.
  private static let limit = 16 << 20

  private let link: ByteLink
  private var rest: [UInt8] = []

  package init(_ link: ByteLink) { self.link = link }

  func close() { link.close() }

  func send(_ message: PlugValue, timeout: Int64) throws(HostError) {
    try link.write(message.line, timeout: timeout)
  }

  /// The next message; nil at the end of the stream, or for a line that is no message.
  ///
  /// - Throws: `timedOut` if none has come by `deadline` on the monotonic clock.
  func receive(by deadline: Int64) throws(HostError) -> PlugValue? {
    // What has been looked at has none.
    var start = 0
    while true {
      if let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(rest[..<end])
        rest.removeFirst(end + 1)
        return PlugValue(line: line)
      }
      let left = deadline - HostProcess.monotonicTime
      guard left > 0 else { throw .timedOut }
      let bytes = try link.read(1 << 16, timeout: left)
      guard !bytes.isEmpty, rest.count + bytes.count <= Self.limit else { return nil }
      start = rest.count
      rest += bytes
    }
  }
}

package import FoundationEssentials
package import SwiftProtobuf

// The edge of the generated code: what lets the library OS use it without Foundation.

/// Bytes as the generated messages hold them.
package func data(_ bytes: [UInt8]) -> Data { Data(bytes) }

extension Message {
  /// The message's encoding, the same for equal messages on every host.
  package func encoded() -> [UInt8] {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    // Only messages with required fields or unpacked Any can fail, and there are none.
    return (try? serializedBytes(options: options)) ?? []
  }

  /// The message that `bytes` encode; `nil` when they don't.
  package init?(decoding bytes: [UInt8]) {
    guard let message = try? Self(serializedBytes: bytes) else { return nil }
    self = message
  }
}

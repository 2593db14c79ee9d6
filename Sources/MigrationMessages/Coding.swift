package import FoundationEssentials
internal import SwiftProtobuf

/// A message, as the protocol's frames carry it.
package typealias MigrationMessage = Godwit_Migration_Message

extension Godwit_Migration_Message {
  package init(_ kind: OneOf_Kind) {
    self.init()
    self.kind = kind
  }

  /// The bytes in a frame.
  package var wire: [UInt8] { (try? serializedBytes()) ?? [] }

  /// The message in a frame; nil if the bytes are none. Fields that are not known are left out.
  package init?(wire: [UInt8]) {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    guard let message = try? Self(serializedBytes: wire, options: options) else { return nil }
    self = message
  }
}

/// Bytes as the generated messages hold them.
package func messageData(_ bytes: [UInt8]) -> Data { Data(bytes) }

package import FoundationEssentials
package import SwiftProtobuf

// The edge of the generated code: what lets the library OS use it without Foundation.

/// Bytes as the generated messages hold them.
package func data(_ bytes: [UInt8]) -> Data { Data(bytes) }

/// A message that is a whole section of a snapshot.
package protocol StateMessage {
  /// What there may be many of in it.
  static var shape: StateCensus.Shape { get }
  init?(decoding bytes: [UInt8])
  func encodedWhole() -> [UInt8]?
}

extension Godwit_State_Kernel: StateMessage {}
extension Godwit_State_Memory: StateMessage {}
extension Godwit_State_Filesystems: StateMessage {}
extension Godwit_State_Files: StateMessage {}
extension Godwit_State_Processes: StateMessage {}
extension Godwit_State_Tasks: StateMessage {}
extension Godwit_State_PageMaps: StateMessage {}
extension Godwit_State_OutsideFiles: StateMessage {}

extension Message {
  /// The message's encoding, the same for equal messages on every host; nil above 2 GiB, which is more than
  /// the encoding has room for.
  package func encodedWhole() -> [UInt8]? {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    return try? serializedBytes(options: options)
  }

  /// The same of a message that is not longer than that.
  package func encoded() -> [UInt8] { encodedWhole() ?? [] }

  /// The message that `bytes` encode; `nil` when they don't. Fields that are not known are left out.
  package init?(decoding bytes: [UInt8]) {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    guard let message = try? Self(serializedBytes: bytes, options: options) else { return nil }
    self = message
  }
}

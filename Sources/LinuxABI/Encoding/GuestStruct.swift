package import Machine

/// A C structure as it lies in guest memory, the same on every 64-bit little-endian ISA.
package protocol GuestStruct: Hashable, Sendable {
  /// What C's `sizeof` says.
  static var byteCount: Int { get }
  init(from reader: inout ByteReader)
  func encode(to writer: inout ByteWriter)
}

extension GuestStruct {
  /// Decodes the image at the start of `bytes`; what is missing reads as zero.
  package init(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    self.init(from: &reader)
  }

  /// The image, `byteCount` long.
  package var bytes: [UInt8] {
    var writer = ByteWriter(capacity: Self.byteCount)
    encode(to: &writer)
    return writer.bytes
  }

  /// Decodes as many whole elements as `bytes` holds.
  package static func array(from bytes: [UInt8]) -> [Self] {
    var reader = ByteReader(bytes)
    return (0..<(bytes.count / byteCount)).map { _ in Self(from: &reader) }
  }
}

extension Array where Element: GuestStruct {
  /// The images one after the other.
  package var guestBytes: [UInt8] {
    var writer = ByteWriter(capacity: count * Element.byteCount)
    for element in self { element.encode(to: &writer) }
    return writer.bytes
  }
}

/// A C structure whose layout differs between ISAs.
package protocol GuestISAStruct: Hashable, Sendable {
  /// What C's `sizeof` says on `isa`.
  static func byteCount(for isa: GuestISA) -> Int
  init(from reader: inout ByteReader, isa: GuestISA)
  func encode(to writer: inout ByteWriter, isa: GuestISA)
}

extension GuestISAStruct {
  /// Decodes the image at the start of `bytes`; what is missing reads as zero.
  package init(bytes: [UInt8], isa: GuestISA) {
    var reader = ByteReader(bytes)
    self.init(from: &reader, isa: isa)
  }

  /// The image, `byteCount(for: isa)` long.
  package func bytes(for isa: GuestISA) -> [UInt8] {
    var writer = ByteWriter(capacity: Self.byteCount(for: isa))
    encode(to: &writer, isa: isa)
    return writer.bytes
  }
}

/// What a snapshot says of itself before anything else: enough to know whether it can be resumed
/// here. Every version of the format keeps this part readable (`Docs/SnapshotFormat.md`).
package struct SnapshotHeader: Hashable, Sendable {
  /// The version of the format that this code writes, and the only one it reads.
  package static var currentFormatVersion: UInt32 { 2 }

  package internal(set) var formatVersion: UInt32 = currentFormatVersion
  /// The snapshot that this one is an increment to; `nil` for one that stands alone.
  package var parent: ParentLink?
  /// Since 1970, seconds and nanoseconds (0 to 999,999,999).
  package var creationSeconds: Int64
  package var creationNanoseconds: UInt32
  /// The guest's instruction set, by the name `uname -m` gives.
  package var guestISA: String
  /// The version of the library OS that wrote the state; for people.
  package var libraryOSVersion: String
  /// The version of the state's meaning; a reader knows which it can take.
  package var abiVersion: UInt32
  /// What a reader must be able to do beyond this format; unique, sorted by their UTF-8 bytes.
  package private(set) var requiredFeatures: [String]
  /// Free text on where it was written; means nothing to a reader.
  package var hostNote: String

  package init(
    parent: ParentLink? = nil, creationSeconds: Int64 = 0,
    creationNanoseconds: UInt32 = 0, guestISA: String, libraryOSVersion: String,
    abiVersion: UInt32, requiredFeatures: Set<String> = [], hostNote: String = ""
  ) {
    precondition(creationNanoseconds < 1_000_000_000)
    self.parent = parent
    self.creationSeconds = creationSeconds
    self.creationNanoseconds = creationNanoseconds
    self.guestISA = guestISA
    self.libraryOSVersion = libraryOSVersion
    self.abiVersion = abiVersion
    self.requiredFeatures = requiredFeatures.sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    self.hostNote = hostNote
  }
}

extension SnapshotHeader {
  static var magic: [UInt8] { [0x89] + Array("GODWIT\n".utf8) }
  /// Bytes of magic number, version and length, which never change.
  static var prefixSize: Int { 16 }
  /// Bytes; a longer header is refused.
  static var sizeLimit: Int { 65536 }

  /// The header as it stands in the file, checksum included.
  func encoded() throws(SnapshotError) -> [UInt8] {
    for text in [guestISA, libraryOSVersion, hostNote] + requiredFeatures {
      guard text.utf8.count <= 4096 else {
        throw .tooLarge(what: "a text in the header", size: UInt64(text.utf8.count), limit: 4096)
      }
    }
    var body: [UInt8] = []
    body += ParentLink.encoded(parent)
    body.append(littleEndian: creationSeconds)
    body.append(littleEndian: creationNanoseconds)
    body.append(littleEndian: abiVersion)
    body.append(counted: guestISA)
    body.append(counted: libraryOSVersion)
    body.append(counted: hostNote)
    body.append(littleEndian: UInt16(truncatingIfNeeded: requiredFeatures.count))
    for feature in requiredFeatures { body.append(counted: feature) }

    let size = SnapshotHeader.prefixSize + body.count + Digest.size
    guard size <= SnapshotHeader.sizeLimit else {
      throw .tooLarge(
        what: "the header", size: UInt64(size), limit: UInt64(SnapshotHeader.sizeLimit))
    }
    var bytes = SnapshotHeader.magic
    bytes.append(littleEndian: formatVersion)
    bytes.append(littleEndian: UInt32(size))
    bytes += body
    return bytes + Digest(of: bytes[...]).bytes
  }

  /// The length of the header that begins with `prefix` (16 bytes, fewer at the end of the file).
  static func encodedSize(prefix: [UInt8]) throws(SnapshotError) -> Int {
    guard prefix.count >= magic.count ? prefix.starts(with: magic) : magic.starts(with: prefix),
      !prefix.isEmpty
    else { throw .notASnapshot }
    guard prefix.count == prefixSize else { throw .truncated(at: UInt64(prefix.count)) }
    var cursor = ByteCursor(prefix[12...], of: "header")
    let size = Int(try cursor.integer(UInt32.self))
    guard (prefixSize + Digest.size...sizeLimit).contains(size) else {
      throw .checksumMismatch(.header)
    }
    return size
  }

  /// Reads a whole header. The checksum is looked at before the version: its place never changes, so
  /// a damaged version number is told from a newer one.
  init(decoding bytes: [UInt8]) throws(SnapshotError) {
    let end = bytes.count - Digest.size
    guard Digest(of: bytes[..<end]) == Digest(Array(bytes[end...])) else {
      throw .checksumMismatch(.header)
    }
    var cursor = ByteCursor(bytes[8..<end], of: "header")
    formatVersion = try cursor.integer()
    guard formatVersion != 1 else { throw .unreleasedFormatVersion(1) }
    guard formatVersion == SnapshotHeader.currentFormatVersion else {
      throw .unsupportedFormatVersion(
        found: formatVersion, supported: SnapshotHeader.currentFormatVersion)
    }
    _ = try cursor.integer(UInt32.self)
    parent = try ParentLink.decode(from: &cursor)
    creationSeconds = try cursor.integer()
    creationNanoseconds = try cursor.integer()
    guard creationNanoseconds < 1_000_000_000 else {
      throw .malformed("its creation time is impossible")
    }
    abiVersion = try cursor.integer()
    guestISA = try cursor.text()
    libraryOSVersion = try cursor.text()
    hostNote = try cursor.text()
    requiredFeatures = []
    for _ in 0..<(try cursor.integer(UInt16.self)) {
      let feature = try cursor.text()
      if let last = requiredFeatures.last,
        !last.utf8.lexicographicallyPrecedes(feature.utf8)
      {
        throw .malformed("its required features are not sorted")
      }
      requiredFeatures.append(feature)
    }
    // What follows was added by a later revision that older readers may ignore.
  }
}

import Age

/// A file in memory.
final class Bytes: AgeSource {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var byteCount: UInt64 { UInt64(bytes.count) }

  func bytes(at offset: UInt64, count: Int) -> [UInt8] {
    Array(bytes.dropFirst(Int(offset)).prefix(count))
  }
}

/// All that `AgeReader` finds.
func readAtRandom(_ file: [UInt8], _ identities: [Identity]) throws(AgeError) -> [UInt8] {
  let reader = try AgeReader(Bytes(file), identities)
  var bytes: [UInt8] = []
  while true {
    let piece = try reader.bytes(at: UInt64(bytes.count))
    if piece.isEmpty { break }
    bytes += piece
  }
  precondition(UInt64(bytes.count) == reader.byteCount)
  return bytes
}

/// All that `AgeStream` finds, with reads of `limit` bytes at most.
func readAsStream(_ file: [UInt8], _ identities: [Identity], limit: Int = .max)
  throws(AgeError) -> [UInt8]
{
  var rest = file[...]
  let stream = try AgeStream(identities) { (wanted) throws(AgeError) in
    let piece = Array(rest.prefix(min(wanted, limit)))
    rest = rest.dropFirst(piece.count)
    return piece
  }
  var bytes: [UInt8] = []
  while let chunk = try stream.next() { bytes += chunk }
  return bytes
}

func identity(_ text: String) throws -> Identity {
  .x25519(try KeyFile.identities(Array(text.utf8))[0])
}

func encrypt(_ bytes: [UInt8], to recipients: Recipients) throws(AgeError) -> [UInt8] {
  var encryptor = try AgeEncryptor(recipients)
  return encryptor.append(bytes[...]) + encryptor.finish()
}

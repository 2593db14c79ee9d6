/// The signature block: what may follow the trailer (`Docs/SnapshotFormat.md`).
package enum SignatureBlock {
  /// What signatures of snapshots are for, as `ssh-keygen -Y verify -n` takes it.
  package static let namespace = "snapshot@godwit"
  static let magic = Array("\nGODSIG".utf8) + [0x89]
  /// Bytes of the length and the magic number, which end the block and the file.
  static let tailSize = 12
  /// Bytes of the signature itself at most; those written here have fewer than 200.
  static let signatureLimit = 4096
  /// Bytes of the block at most.
  static let sizeLimit = signatureLimit + tailSize

  /// The text that is signed: the content digest in hexadecimal, and a line break.
  package static func message(for contentDigest: Digest) -> [UInt8] {
    Array("\(contentDigest)\n".utf8)
  }

  /// The block to append to a snapshot that has the digest `contentDigest` and no signature.
  package static func sign(_ contentDigest: Digest, by key: SigningKey) -> [UInt8] {
    encode(SSHSignature(of: message(for: contentDigest), namespace: namespace, by: key).encoded)
  }

  static func encode(_ signature: [UInt8]) -> [UInt8] {
    var block = signature
    block.append(littleEndian: UInt32(signature.count))
    return block + magic
  }

  /// The signature that ends `source`, and the offset at which its block begins: the end of the snapshot
  /// itself. Without a signature that is the end of the file.
  static func find(in source: any SnapshotSource) throws(SnapshotError) -> (
    signature: [UInt8]?, offset: UInt64
  ) {
    let size = source.byteCount
    guard size >= UInt64(tailSize) else { return (nil, size) }
    let tail = try source.bytes(at: size - UInt64(tailSize), count: tailSize)
    guard tail.suffix(magic.count).elementsEqual(magic) else { return (nil, size) }
    let count = try signatureSize(tail[...])
    guard count <= size - UInt64(tailSize) else {
      throw .malformed("its signature is longer than the file")
    }
    let offset = size - UInt64(tailSize) - count
    return (try source.bytes(at: offset, count: Int(count)), offset)
  }

  /// The signature in the bytes that follow the trailer; nil if there are none.
  static func decode(_ bytes: [UInt8]) throws(SnapshotError) -> [UInt8]? {
    if bytes.isEmpty { return nil }
    guard bytes.count >= tailSize, bytes.suffix(magic.count).elementsEqual(magic),
      try signatureSize(bytes.suffix(tailSize)) == bytes.count - tailSize
    else { throw .malformed("what follows its trailer is not a signature") }
    return Array(bytes.dropLast(tailSize))
  }

  /// The size of the signature whose block ends in `tail`.
  private static func signatureSize(_ tail: ArraySlice<UInt8>) throws(SnapshotError) -> UInt64 {
    var cursor = ByteCursor(tail, of: "signature")
    let count = UInt64(try cursor.integer(UInt32.self))
    guard count <= signatureLimit else {
      throw .tooLarge(what: "the signature", size: count, limit: UInt64(signatureLimit))
    }
    return count
  }
}

/// Whose signature a snapshot has. It says nothing of whether that signer is to be trusted.
package enum SnapshotSignature: Hashable, Sendable {
  case none
  case valid(SSHSignature)
  case broken(Fault)

  package enum Fault: Hashable, Sendable {
    case malformed
    case unsupportedAlgorithm
    case wrongNamespace(String)
    /// What was signed is not what is there.
    case mismatch(PublicKey)
  }
}

extension SnapshotReader {
  /// The snapshot's signature, checked against its content digest.
  package var signature: SnapshotSignature {
    guard let signatureBytes else { return .none }
    let signature: SSHSignature
    do throws(SSHSignature.FormatError) {
      signature = try SSHSignature(decoding: signatureBytes)
    } catch .unsupportedAlgorithm {
      return .broken(.unsupportedAlgorithm)
    } catch { return .broken(.malformed) }
    guard signature.namespace == SignatureBlock.namespace else {
      return .broken(.wrongNamespace(signature.namespace))
    }
    guard signature.verifies(SignatureBlock.message(for: contentDigest)) else {
      return .broken(.mismatch(signature.publicKey))
    }
    return .valid(signature)
  }
}

extension SnapshotSignature.Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed: "it has no meaning"
    case .unsupportedAlgorithm: "it was made with another algorithm than Ed25519 over SHA-512"
    case .wrongNamespace(let namespace):
      "it is for \(namespace.debugDescription), not for \"\(SignatureBlock.namespace)\""
    case .mismatch(let key): "the snapshot was altered after \(key.fingerprint) signed it"
    }
  }
}

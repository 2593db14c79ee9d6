import Age
import TestSupport
import Testing

/// What the encryptor writes, both readers read, whole or in part.
@Suite struct EncryptionTests {
  private static let sizes = [0, 1, 65535, 65536, 65537, 131072, 200_000]

  private func numbers(_ count: Int) -> [UInt8] {
    var random = SeededNumbers(UInt64(count))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  @Test(arguments: sizes) func bothReadersReadIt(_ size: Int) throws {
    let bytes = numbers(size)
    let identity = X25519Identity()
    let file = try encrypt(bytes, to: .keys([identity.recipient]))
    #expect(try readAtRandom(file, [.x25519(identity)]) == bytes)
    #expect(try readAsStream(file, [.x25519(identity)]) == bytes)
    #expect(try readAsStream(file, [.x25519(identity)], limit: 1000) == bytes)
  }

  @Test func piecesMakeTheSame() throws {
    let bytes = numbers(200_000)
    let identity = X25519Identity()
    var random = SeededNumbers(3)
    for limit: UInt64 in [10, 70_000, 150_000] {
      var encryptor = try AgeEncryptor(.keys([identity.recipient]))
      let file = Bytes([])
      var rest = bytes[...]
      var appended: [UInt8] = []
      while !rest.isEmpty {
        let piece = rest.prefix(Int(random.below(limit)))
        rest = rest.dropFirst(piece.count)
        file.bytes += encryptor.append(piece)
        appended += piece
        guard limit > 10 || random.below(1000) == 0 else { continue }
        // Read back before it is finished.
        let reader = encryptor.readBack(file)
        #expect(reader.byteCount == UInt64(appended.count))
        let offset = Int(random.below(UInt64(appended.count + 1)))
        let found = try reader.bytes(at: UInt64(offset))
        #expect(found.elementsEqual(appended[offset...].prefix(found.count)))
        #expect(found.isEmpty == (offset == appended.count))
      }
      file.bytes += encryptor.finish()
      #expect(try readAtRandom(file.bytes, [.x25519(identity)]) == bytes)
    }
  }

  @Test func anyPartIsReadAlone() throws {
    let bytes = numbers(700_000)
    let identity = X25519Identity()
    let file = try encrypt(bytes, to: .keys([identity.recipient]))
    let reader = try AgeReader(Bytes(file), [.x25519(identity)])
    #expect(reader.byteCount == 700_000)
    var random = SeededNumbers(4)
    for _ in 0..<200 {
      let offset = Int(random.below(700_010))
      let found = try reader.bytes(at: UInt64(offset))
      #expect(found.elementsEqual(bytes.dropFirst(offset).prefix(found.count)))
      #expect(found.isEmpty == (offset >= 700_000))
    }
    #expect(try reader.bytes(at: .max).isEmpty)
  }

  /// Only what is touched is read: damage elsewhere is not noticed.
  @Test func damageIsNoticedWhereItIs() throws {
    let identity = X25519Identity()
    var file = try encrypt(numbers(300_000), to: .keys([identity.recipient]))
    file[file.count - 150_000] ^= 1
    let reader = try AgeReader(Bytes(file), [.x25519(identity)])
    var damaged: [UInt64] = []
    for index: UInt64 in 0..<5 {
      do throws(AgeError) { _ = try reader.bytes(at: index << 16) } catch {
        #expect(error == .damagedChunk(index))
        damaged.append(index)
      }
    }
    #expect(damaged == [2])
  }

  @Test func everyRecipientReadsIt() throws {
    let identities = (0..<5).map { _ in X25519Identity() }
    let file = try encrypt([1, 2, 3], to: .keys(identities.map(\.recipient)))
    for identity in identities {
      #expect(try readAtRandom(file, [.x25519(X25519Identity()), .x25519(identity)]) == [1, 2, 3])
    }
    #expect(throws: AgeError.noMatch(kinds: Array(repeating: "X25519", count: 5))) {
      try readAtRandom(file, [.x25519(X25519Identity())])
    }
  }

  @Test func passphrases() throws {
    let passphrase = Passphrase(Array("correct horse".utf8))!
    let factor = try #require(ScryptWorkFactor(logarithm: 10))
    let file = try encrypt([1, 2, 3], to: .passphrase(passphrase, factor))
    #expect(try readAtRandom(file, [.passphrase(passphrase)]) == [1, 2, 3])
    #expect(throws: AgeError.wrongPassphrase) {
      try readAtRandom(file, [.passphrase(Passphrase(Array("correct horse ".utf8))!)])
    }
    #expect(Passphrase([]) == nil)
  }

  @Test func noTwoFilesAreAlike() throws {
    let identity = X25519Identity()
    let one = try encrypt([1, 2, 3], to: .keys([identity.recipient]))
    let other = try encrypt([1, 2, 3], to: .keys([identity.recipient]))
    #expect(one.count == other.count)
    #expect(zip(one.suffix(19), other.suffix(19)).contains { $0 != $1 })
  }

  @Test func tooManyRecipients() {
    let recipient = X25519Identity().recipient
    #expect(throws: AgeError.headerTooLarge(limit: 65536)) {
      try encrypt([], to: .keys(Array(repeating: recipient, count: 1000)))
    }
  }

  /// Whatever bit is changed, wherever it ends: neither reader takes it, or traps.
  @Test func noChangeGoesUnnoticed() throws {
    let identity = X25519Identity()
    let passphrase = Passphrase([1])!
    let files = [
      (try encrypt([1, 2, 3], to: .keys([identity.recipient])), Identity.x25519(identity)),
      (
        try encrypt([1, 2, 3], to: .passphrase(passphrase, ScryptWorkFactor(logarithm: 1)!)),
        .passphrase(passphrase)
      ),
    ]
    for (file, identity) in files {
      for index in file.indices {
        for bit in 0..<8 {
          var changed = file
          changed[index] ^= 1 << UInt8(bit)
          // Work factors up to the limit are legal, and take memory.
          if String(decoding: changed, as: UTF8.self).contains(/scrypt \S+ [12][0-9]\n/) {
            continue
          }
          #expect(throws: AgeError.self) { try readAtRandom(changed, [identity]) }
          #expect(throws: AgeError.self) { try readAsStream(changed, [identity]) }
        }
        #expect(throws: AgeError.self) { try readAtRandom(Array(file[..<index]), [identity]) }
        #expect(throws: AgeError.self) { try readAsStream(Array(file[..<index]), [identity]) }
      }
      #expect(throws: AgeError.self) { try readAtRandom(file + [0], [identity]) }
    }
  }
}

import Snapshot
import TestSupport
import Testing

/// Keys and signatures, against ssh-keygen.
@Suite struct SigningTests {
  private static let message = Array("what is signed\n".utf8)

  @Test func sshKeygenReadsOurKeys() throws {
    let ssh = try SSHKeygen()
    for comment in ["", "a", "somebody@somewhere", String(repeating: "x", count: 300)] {
      let key = SigningKey()
      try ssh.write("key", key.file(comment: comment).utf8)
      let line = try ssh.run("-y", "-f", "key")
      #expect(line.status == 0)
      let end = comment.isEmpty ? "\n" : " \(comment)\n"
      #expect(line.text == key.publicKey.line + end)
      #expect(try ssh.run("-l", "-f", "key").text.contains(" \(key.publicKey.fingerprint) "))
      let again = try SigningKey(file: try ssh.read("key"))
      #expect(again.publicKey == key.publicKey)
    }
  }

  @Test func weReadItsKeys() throws {
    let ssh = try SSHKeygen()
    try ssh.run("-q", "-t", "ed25519", "-N", "", "-C", "theirs", "-f", "key")
    let key = try SigningKey(file: try ssh.read("key"))
    #expect(Array((key.publicKey.line + " theirs\n").utf8) == (try ssh.read("key.pub")))

    try ssh.run("-q", "-t", "ed25519", "-N", "secret", "-f", "locked")
    #expect(throws: SigningKey.FileError.hasPassphrase) {
      try SigningKey(file: try ssh.read("locked"))
    }
    try ssh.run("-q", "-t", "ecdsa", "-N", "", "-f", "other")
    #expect(throws: SigningKey.FileError.wrongAlgorithm) {
      try SigningKey(file: try ssh.read("other"))
    }
    #expect(throws: SigningKey.FileError.notAKeyFile) {
      try SigningKey(file: try ssh.read("key.pub"))
    }
  }

  @Test func damagedKeysAreRefused() throws {
    let text = Array(SigningKey().file(comment: "someone").utf8)
    for length in 0..<(text.count - 1) {
      #expect(throws: SigningKey.FileError.self) { try SigningKey(file: Array(text[..<length])) }
    }
    var random = SeededNumbers(51)
    for _ in 0..<2000 {
      var changed = text
      changed[Int(random.next() % UInt64(text.count))] = UInt8(truncatingIfNeeded: random.next())
      _ = try? SigningKey(file: changed)
    }
  }

  @Test func sshKeygenConfirmsOurSignatures() throws {
    let ssh = try SSHKeygen()
    let key = SigningKey()
    let signature = SSHSignature(of: Self.message, namespace: "snapshot@godwit", by: key)
    try ssh.write("signers", "me \(key.publicKey.line)\n".utf8)
    try ssh.write("signature", signature.armored.utf8)
    try ssh.write("message", Self.message)
    try ssh.write("other", Self.message + [10])
    func verify(_ message: String, _ namespace: String) throws -> Int32 {
      try ssh.run(
        "-Y", "verify", "-f", "signers", "-I", "me", "-n", namespace, "-s", "signature",
        input: message
      ).status
    }
    #expect(try verify("message", "snapshot@godwit") == 0)
    #expect(try verify("message", "file") != 0)
    #expect(try verify("other", "snapshot@godwit") != 0)
  }

  @Test func weConfirmItsSignatures() throws {
    let ssh = try SSHKeygen()
    try ssh.run("-q", "-t", "ed25519", "-N", "", "-f", "key")
    try ssh.write("message", Self.message)
    try ssh.run("-Y", "sign", "-f", "key", "-n", "snapshot@godwit", "message")
    let key = try SigningKey(file: try ssh.read("key"))
    let made = SSHSignature(of: Self.message, namespace: "snapshot@godwit", by: key)
    #expect(Array(made.armored.utf8) == (try ssh.read("message.sig")))
    #expect(try SSHSignature(decoding: made.encoded) == made)
    #expect(made.verifies(Self.message))
    #expect(!made.verifies(Self.message + [0]))
  }

  /// Each byte of a signature counts.
  @Test func damagedSignaturesVerifyNothing() throws {
    let bytes = SSHSignature(of: Self.message, namespace: "n", by: SigningKey()).encoded
    for position in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[position] ^= 1 << bit
        let isValid = (try? SSHSignature(decoding: changed))?.verifies(Self.message) ?? false
        #expect(!isValid, "byte \(position), bit \(bit)")
      }
    }
    for length in bytes.indices {
      #expect(throws: SSHSignature.FormatError.self) {
        try SSHSignature(decoding: Array(bytes[..<length]))
      }
    }
    #expect(throws: SSHSignature.FormatError.malformed) { try SSHSignature(decoding: bytes + [0]) }
  }
}

/// Files of known keys.
@Suite struct KnownKeysTests {
  private static let key = SigningKey().publicKey
  private static let other = SigningKey().publicKey

  private func parse(_ text: String) throws -> [PublicKey: String] {
    try KnownKeys(Array(text.utf8)).names
  }

  @Test func bothFormsAreRead() throws {
    let line = Self.key.line
    for (text, name) in [
      (line, ""), ("\(line) me at home\r\n", "me at home"),
      ("\tme@home  \(line) comment", "me@home"),
      ("a@b,c@d \(line)", "a@b,c@d"), ("namespaces=\"snapshot@godwit\" \(line) me", "me"),
      ("me namespaces=\"file,snapshot@godwit\" \(line)", "me"),
      ("\"quoted me\" \(line)", "\"quoted me\""),
    ] {
      #expect(try parse("# comment\n\n" + text) == [Self.key: name])
    }
    #expect(try parse("a \(line)\nb \(Self.other.line)\n") == [Self.key: "a", Self.other: "b"])
    #expect(try parse("ssh-rsa AAAAB3Nz me\nme ecdsa-sha2-nistp256 AAAA\n").isEmpty)
    #expect(try parse("").isEmpty)
  }

  @Test(arguments: [
    "cert-authority KEY", "me cert-authority KEY", "me namespaces=\"file\" KEY",
    "me namespaces=\"file\",cert-authority KEY", "me valid-before=\"20200101\" KEY",
    "restrict KEY", "no-pty,command=\"a b\" KEY", "me namespaces=\"*\" KEY",
    "nonsense", "a b c KEY", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 =", "me KEY=",
  ])
  func restrictedAndDamagedLinesAreNamed(_ text: String) {
    let line = text.replacing("KEY", with: Self.key.line)
    do {
      let names = try parse("\n" + line)
      Issue.record("\(names)")
    } catch let error as KnownKeys.LineError {
      #expect(error.line == 2)
    } catch { Issue.record(error) }
  }

  @Test func ofWhatIsNotTextTheLineIsNamed() {
    #expect(throws: KnownKeys.LineError(line: 2, reason: "it is not UTF-8")) {
      try KnownKeys([10, 0xff, 10])
    }
  }

  @Test func randomTextsNeverCrash() {
    var random = SeededNumbers(52)
    let words = ["ssh-ed25519", Self.key.line, "\"", " ", "\n", "=", ",", "AAAA", "me", "#", "*"]
    for _ in 0..<2000 {
      let text = (0..<Int(random.next() % 12)).map { _ in words.randomElement(using: &random)! }
      _ = try? parse(text.joined())
    }
  }
}

/// Snapshots with a signature behind the trailer.
@Suite struct SignedSnapshotTests {
  private static let key = SigningKey()
  private static let plain: [UInt8] = try! write { writer in
    try writer.addSection(1, isCritical: true, [1, 2, 3])
    _ = try writer.add(numberedPage(7))
  }
  private static let signed = try! sign(plain, by: key)

  private static func sign(_ snapshot: [UInt8], by key: SigningKey) throws -> [UInt8] {
    snapshot + SignatureBlock.sign(try SnapshotReader(snapshot).contentDigest, by: key)
  }

  @Test func aSignatureChangesNothingElse() throws {
    let plain = try SnapshotReader(Self.plain)
    let signed = try SnapshotReader(Self.signed)
    #expect(signed.contentDigest == plain.contentDigest)
    var contents = try Contents(signed)
    #expect(contents.signature == signed.signatureBytes)
    contents.signature = nil
    #expect(try contents == Contents(plain))
    #expect(signed.byteCount == UInt64(Self.signed.count))
    #expect(plain.signature == .none)
    guard case .valid(let signature) = signed.signature else {
      Issue.record("\(signed.signature)")
      return
    }
    #expect(signature.publicKey == Self.key.publicKey)
    #expect(try Self.sign(Self.plain, by: Self.key) == Self.signed)
  }

  @Test func everyFlippedBitIsNoticed() throws {
    var bytes = Self.signed
    for position in bytes.indices {
      for bit in 0..<8 {
        bytes[position] ^= 1 << bit
        defer { bytes[position] ^= 1 << bit }
        do throws(SnapshotError) {
          let reader = try SnapshotReader(bytes)
          try reader.verify()
          guard case .broken = reader.signature else {
            Issue.record("byte \(position) bit \(bit): \(reader.signature)")
            continue
          }
        } catch {}
      }
    }
  }

  /// But for that which takes the whole signature away: the file has none then.
  @Test func everyTruncationIsNamed() throws {
    for length in Self.plain.count + 1..<Self.signed.count {
      #expect(throws: SnapshotError.truncated(at: UInt64(length))) {
        try SnapshotReader(Array(Self.signed.prefix(length)))
      }
    }
    #expect(try SnapshotReader(Array(Self.signed.prefix(Self.plain.count))).signature == .none)
  }

  /// The signature of one snapshot, behind another.
  @Test func aMovedSignatureIsBroken() throws {
    let other = try write { try $0.addSection(1, isCritical: true, [1, 2, 4]) }
    let moved = other + Self.signed.suffix(Self.signed.count - Self.plain.count)
    #expect(try SnapshotReader(moved).signature == .broken(.mismatch(Self.key.publicKey)))
  }

  @Test func brokenSignaturesAreNamed() throws {
    func block(_ signature: [UInt8]) -> [UInt8] {
      let length = little(UInt32(signature.count))
      return signature + length + Self.signed.suffix(8)
    }
    func signature(_ bytes: [UInt8]) throws -> SnapshotSignature {
      try SnapshotReader(Self.plain + block(bytes)).signature
    }
    let message = SignatureBlock.message(for: try SnapshotReader(Self.plain).contentDigest)
    let elsewhere = SSHSignature(of: message, namespace: "file", by: Self.key)
    #expect(try signature(elsewhere.encoded) == .broken(.wrongNamespace("file")))
    #expect(try signature([]) == .broken(.malformed))
    #expect(try signature(Array("SSHSIG".utf8)) == .broken(.malformed))
    #expect(throws: SnapshotError.tooLarge(what: "the signature", size: 4097, limit: 4096)) {
      try signature([UInt8](repeating: 1, count: 4097))
    }
    let huge = Self.plain + little(4000) + Self.signed.suffix(8)
    #expect(throws: SnapshotError.self) { try SnapshotReader(huge) }
    // Twice signed: the first signature is no part of any snapshot.
    #expect(throws: SnapshotError.self) {
      try SnapshotReader(Self.signed + Self.signed.suffix(Self.signed.count - Self.plain.count))
    }
  }

  private func little(_ length: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
  }
}

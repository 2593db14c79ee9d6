import Age
import Testing

/// Keys as text, and files of them.
@Suite struct KeyTests {
  @Test func keysOfTheSpecification() throws {
    let identity = try KeyFile.identities(Array(Forgery.identity.utf8))[0]
    #expect(identity.text == Forgery.identity)
    #expect(identity.recipient.text == Forgery.recipient)
    #expect(X25519Recipient(Forgery.recipient) == identity.recipient)
  }

  @Test func newKeysAreReadAgain() throws {
    for _ in 0..<50 {
      let identity = X25519Identity()
      let again = try KeyFile.identities(Array(identity.text.utf8))[0]
      #expect(again.recipient == identity.recipient)
      #expect(X25519Recipient(identity.recipient.text) == identity.recipient)
    }
  }

  /// The checksum of Bech32 finds up to four wrong characters.
  @Test func changedKeysAreRefused() throws {
    let recipient = Forgery.recipient
    let digits = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7lb1O-")
    for index in recipient.indices {
      for digit in digits where digit != recipient[index] {
        var changed = recipient
        changed.replaceSubrange(index...index, with: [digit])
        #expect(X25519Recipient(changed) == nil)
      }
      #expect(X25519Recipient(String(recipient[..<index])) == nil)
    }
    #expect(X25519Recipient(recipient.uppercased()) == nil)
    #expect(X25519Recipient(recipient + "q") == nil)
    #expect(throws: KeyFile.FormatError.self) {
      try KeyFile.identities(Array(Forgery.identity.lowercased().utf8))
    }
  }

  @Test func aRecipientOfLowOrderIsNone() {
    // The point 0, with a right checksum.
    #expect(
      X25519Recipient("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z") == nil)
  }

  @Test func filesHaveCommentsAndEmptyLines() throws {
    let text = """
      # created: 2021-01-02T15:30:45+01:00
      # public key: \(Forgery.recipient)

      \(Forgery.identity)\r
      #\(Forgery.identity)
      \(X25519Identity().text)
      """
    #expect(try KeyFile.identities(Array(text.utf8)).count == 2)
    #expect(try KeyFile.identities(Array((text + "\n").utf8)).count == 2)
    let recipients = "# a list\n\(Forgery.recipient)\n\(X25519Identity().recipient.text)\n"
    #expect(try KeyFile.recipients(Array(recipients.utf8)).count == 2)
  }

  @Test(arguments: [
    "hello", " \(Forgery.identity)", "\(Forgery.identity) ", Forgery.recipient,
    "-----BEGIN OPENSSH PRIVATE KEY-----", "AGE-PLUGIN-YUBIKEY-1QQQQ", "age-encryption.org/v1",
    "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1QQ", "1", "AGE-SECRET-KEY-",
  ])
  func otherLinesAreNamed(_ line: String) {
    do {
      _ = try KeyFile.identities(Array("# a comment\n\(line)\n".utf8))
      Issue.record("it is taken")
    } catch {
      guard case .notAKey(line: 2, let reason) = error else {
        Issue.record("\(error)")
        return
      }
      // A secret is not shown.
      #expect(!reason.contains("1GFPYYS"))
    }
  }

  @Test func filesHaveAKey() {
    for text in ["", "\n\n", "# nothing\n"] {
      #expect(throws: KeyFile.FormatError.empty) { try KeyFile.identities(Array(text.utf8)) }
      #expect(throws: KeyFile.FormatError.empty) { try KeyFile.recipients(Array(text.utf8)) }
    }
    #expect(throws: KeyFile.FormatError.self) {
      try KeyFile.recipients(Array(Forgery.identity.utf8))
    }
  }
}

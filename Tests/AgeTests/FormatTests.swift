import Age
import Crypto
import Testing

/// The rules of the format, each kept and broken by hand, as the testkit of the age project does: both readers
/// must find the same.
@Suite struct FormatTests {
  enum Finding: Equatable {
    case payload(String)
    case header
    /// One of them looks at the last chunk first, the other at the first.
    case damaged
    case error(AgeError)
  }

  /// What both readers find with the identity and the passphrase of `Forgery`.
  private func find(_ file: [UInt8], _ identities: [Identity]? = nil) throws -> Finding {
    let identities =
      try identities ?? [
        identity(Forgery.identity), .passphrase(Passphrase(Array(Forgery.passphrase.utf8))!),
      ]
    func finding(_ read: () throws(AgeError) -> [UInt8]) -> Finding {
      do throws(AgeError) {
        return .payload(String(decoding: try read(), as: UTF8.self))
      } catch .malformedHeader {
        return .header
      } catch .wrongLastChunk {
        return .damaged
      } catch .damagedChunk {
        return .damaged
      } catch .emptyLastChunk {
        return .damaged
      } catch { return .error(error) }
    }
    let random = finding { () throws(AgeError) in try readAtRandom(file, identities) }
    for limit in [Int.max, 7] {
      let stream = finding { () throws(AgeError) in
        try readAsStream(file, identities, limit: limit)
      }
      #expect(stream == random)
    }
    return random
  }

  private func file(_ header: (inout Forgery) -> Void) -> [UInt8] {
    var forgery = Forgery()
    header(&forgery)
    forgery.finish()
    return forgery.bytes
  }

  /// `text` with a last character that stands for the same bytes, but has bits left over.
  private func notCanonical(_ text: String) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    return text.dropLast() + String(digits[digits.firstIndex(of: text.last!)! + 1])
  }

  @Test func recipientsOfBothKinds() throws {
    #expect(try find(file { $0.x25519() }) == .payload("age"))
    #expect(try find(file { $0.scrypt() }) == .payload("age"))
    let other = Curve25519.KeyAgreement.PrivateKey().publicKey
    let several = file {
      $0.x25519(to: other)
      $0.line("-> grease and its ! arguments")
      $0.body([UInt8](repeating: 7, count: 100))
      $0.line("-> empty")
      $0.line("")
      $0.x25519()
    }
    #expect(try find(several) == .payload("age"))
  }

  @Test func bodiesEndWithAShortLine() throws {
    for count in [0, 1, 47, 48, 49, 96] {
      let file = file {
        $0.line("-> other")
        $0.body([UInt8](repeating: 1, count: count))
        $0.x25519()
      }
      #expect(try find(file) == .payload("age"))
    }
    let full = String(repeating: "A", count: 64)
    for lines in [[full], [full + "A"], ["A"], ["AA=="], ["AB"], ["AA "], ["A!AA"]] {
      let file = file {
        $0.line("-> other")
        for line in lines { $0.line(line) }
        $0.x25519()
      }
      #expect(try find(file) == .header, "\(lines)")
    }
  }

  @Test func linesOfTheHeader() throws {
    for line in [
      "", "->", "-> ", "->  X25519", "-> a ", "-> a  b", "-> é", "-> a\tb", "hello", "-- ",
    ] {
      let file = file {
        $0.line(line)
        $0.line("")
        $0.x25519()
      }
      #expect(try find(file) == .header, "\(line)")
    }
    let crlf = file { $0.x25519() }.split(
      separator: 10, maxSplits: 4, omittingEmptySubsequences: false)
    #expect(try find(crlf[0] + [13, 10] + crlf[1...].joined(separator: [10])) != .payload("age"))
    #expect(
      try find(crlf[0] + [10] + crlf[1] + [13, 10] + crlf[2...].joined(separator: [10])) == .header)
  }

  @Test func versions() throws {
    let good = file { $0.x25519() }
    func versioned(_ line: String) -> [UInt8] {
      Array(line.utf8) + good.drop { $0 != 10 }
    }
    #expect(try find(versioned("age-encryption.org/v1")) == .payload("age"))
    #expect(try find(versioned("age-encryption.org/v2")) == .error(.unsupportedVersion("v2")))
    #expect(try find(versioned("age-encryption.org/v1 ")) == .error(.unsupportedVersion("v1 ")))
    #expect(try find(versioned("age-encryption.org/")) == .error(.unsupportedVersion("")))
    #expect(try find(versioned("age-encryption.com/v1")) == .error(.notAge))
    #expect(try find(versioned("-----BEGIN AGE ENCRYPTED FILE-----")) == .error(.armored))
    let long = "age-encryption.org/" + String(repeating: "v", count: 100)
    #expect(try find(versioned(long)) == .error(.notAge))
    #expect(try find([]) == .error(.truncated(at: 0)))
    #expect(try find([0x89, 0x47]) == .error(.notAge))
  }

  @Test func headerMACs() throws {
    func ending(_ line: (String) -> String) throws -> Finding {
      var forgery = Forgery()
      forgery.x25519()
      let mac = Forgery.base64(forgery.mac())
      forgery.line(line(mac))
      forgery.nonce()
      forgery.chunk([97], isLast: true)
      return try find(forgery.bytes)
    }
    #expect(try ending { "--- \($0)" } == .payload("a"))
    let other = Forgery.base64([UInt8](repeating: 0, count: 32))
    #expect(try ending { _ in "--- \(other)" } == .error(.wrongHeaderMAC))
    for line: (String) -> String in [
      { "---  \($0)" }, { "---\($0)" }, { "--- \($0) " }, { "--- \($0)=" }, { _ in "---" },
      { _ in "--- " }, { "--- \($0.dropLast())" }, { "--- \(notCanonical($0))" },
      { "---- \($0)" }, { "---\t\($0)" },
    ] {
      #expect(try ending(line) == .header)
    }
  }

  @Test func someRecipient() throws {
    var forgery = Forgery()
    forgery.finish()
    #expect(try find(forgery.bytes) == .header)
  }

  @Test func x25519Stanzas() throws {
    func stanza(_ edit: (inout String, inout [UInt8], inout [UInt8]) -> Void) throws -> Finding {
      let file = file {
        var (share, body) = $0.x25519Parts()
        var line = "-> X25519 SHARE"
        edit(&line, &share, &body)
        $0.line(line.replacing("SHARE", with: Forgery.base64(share)))
        $0.body(body)
      }
      return try find(file)
    }
    #expect(try stanza { _, _, _ in } == .payload("age"))
    #expect(try stanza { line, _, _ in line += " extra" } == .header)
    #expect(try stanza { line, _, _ in line = "-> X25519" } == .header)
    #expect(try stanza { _, share, _ in share.removeLast() } == .header)
    #expect(try stanza { _, share, _ in share.append(0) } == .header)
    #expect(
      try stanza { line, share, _ in line = "-> X25519 \(notCanonical(Forgery.base64(share)))" }
        == .header)
    #expect(try stanza { _, _, body in body.append(0) } == .header)
    #expect(try stanza { _, _, body in body.removeLast() } == .header)
    // Points of low order: 0 and 1.
    #expect(try stanza { _, share, _ in share = [UInt8](repeating: 0, count: 32) } == .header)
    #expect(try stanza { _, share, _ in share = [1] + [UInt8](repeating: 0, count: 31) } == .header)
    let none = Finding.error(.noMatch(kinds: ["X25519"]))
    #expect(try stanza { _, _, body in body[31] ^= 1 } == none)
    #expect(try stanza { _, share, _ in share[0] ^= 1 } == none)
    let lower = Finding.error(.noMatch(kinds: ["x25519"]))
    #expect(try stanza { line, _, _ in line = "-> x25519 SHARE" } == lower)
  }

  @Test func fileKeysHave16Bytes() throws {
    for count in [15, 17, 32] {
      var forgery = Forgery()
      forgery.fileKey = [UInt8](repeating: 1, count: count)
      forgery.x25519()
      forgery.finish()
      #expect(try find(forgery.bytes) == .header)
    }
  }

  @Test func scryptStanzas() throws {
    let salt = Forgery.base64(Forgery.scryptSalt)
    func stanza(_ line: String, _ edit: (inout [UInt8]) -> Void = { _ in }) throws -> Finding {
      let file = file {
        var body = $0.scryptBody
        edit(&body)
        $0.line(line)
        $0.body(body)
      }
      return try find(file)
    }
    #expect(try stanza("-> scrypt \(salt) 1") == .payload("age"))
    #expect(try stanza("-> scrypt \(salt) 2") == .error(.wrongPassphrase))
    #expect(try stanza("-> scrypt \(salt) 1") { $0[3] ^= 8 } == .error(.wrongPassphrase))
    #expect(try stanza("-> scrypt \(salt) 1") { $0.append(8) } == .header)
    #expect(try stanza("-> scrypt \(salt) 23") == .error(.workFactorTooHigh(found: 23, limit: 22)))
    let numbers = [
      "0", "01", "+1", "-1", "0x1", "1 ", "1 1", "", "18446744073709551617", "a", "1a",
    ]
    for number in numbers { #expect(try stanza("-> scrypt \(salt) \(number)") == .header) }
    #expect(try stanza("-> scrypt \(salt)") == .header)
    #expect(try stanza("-> scrypt 1") == .header)
    #expect(try stanza("-> scrypt \(salt.dropLast(2)) 1") == .header)
    #expect(try stanza("-> scrypt \(salt)AA 1") == .header)
    #expect(try stanza("-> scrypt \(notCanonical(salt)) 1") == .header)
    let upper = Finding.error(.noMatch(kinds: ["SCRYPT"]))
    #expect(try stanza("-> SCRYPT \(salt) 1") == upper)
  }

  @Test func aPassphraseStandsAlone() throws {
    #expect(
      try find(
        file {
          $0.scrypt(); $0.x25519()
        }) == .header)
    #expect(
      try find(
        file {
          $0.scrypt(); $0.scrypt()
        }) == .header)
    #expect(
      try find(
        file {
          $0.line("-> other"); $0.line(""); $0.scrypt()
        }) == .header)
  }

  @Test func whatIsMissingIsNamed() throws {
    let key = try identity(Forgery.identity)
    let passphrase = Identity.passphrase(Passphrase(Array("wrong".utf8))!)
    let toKey = file { $0.x25519() }
    let withPassphrase = file { $0.scrypt() }
    #expect(try find(toKey, []) == .error(.needsIdentity(kinds: ["X25519"])))
    #expect(try find(toKey, [passphrase]) == .error(.needsIdentity(kinds: ["X25519"])))
    #expect(try find(toKey, [.x25519(X25519Identity())]) == .error(.noMatch(kinds: ["X25519"])))
    #expect(try find(withPassphrase, []) == .error(.needsPassphrase))
    #expect(try find(withPassphrase, [key]) == .error(.needsPassphrase))
    #expect(try find(withPassphrase, [passphrase]) == .error(.wrongPassphrase))
    #expect(try AgeReader.recipientKinds(Bytes(withPassphrase)) == ["scrypt"])
  }

  @Test func headersAreBounded() throws {
    // One that fits, and one that does not.
    func long(_ count: Int) -> [UInt8] {
      file {
        for _ in 0..<count {
          $0.line("-> other")
          $0.line("")
        }
        $0.x25519()
      }
    }
    #expect(try find(long(6000)) == .payload("age"))
    #expect(try find(long(7000)) == .error(.headerTooLarge(limit: 65536)))
    let line = Array("age-encryption.org/v1\n-> ".utf8) + [UInt8](repeating: 97, count: 1 << 17)
    #expect(try find(line) == .error(.headerTooLarge(limit: 65536)))
  }

  @Test func payloads() throws {
    func payload(_ build: (inout Forgery) -> Void) throws -> Finding {
      var forgery = Forgery()
      forgery.x25519()
      forgery.end()
      build(&forgery)
      return try find(forgery.bytes)
    }
    let full = [UInt8](repeating: 97, count: 65536)
    let text = String(decoding: full, as: UTF8.self)
    func size(_ build: (inout Forgery) -> Void) -> UInt64 {
      var forgery = Forgery()
      forgery.x25519()
      forgery.end()
      build(&forgery)
      return UInt64(forgery.bytes.count)
    }
    #expect(try payload { _ in } == .error(.truncated(at: size { _ in })))
    #expect(try payload { $0.nonce() } == .error(.truncated(at: size { $0.nonce() })))
    #expect(
      try payload {
        $0.nonce(); $0.chunk([], isLast: true)
      } == .payload(""))
    #expect(
      try payload {
        $0.nonce(); $0.chunk([98], isLast: true)
      } == .payload("b"))
    #expect(
      try payload {
        $0.nonce(); $0.chunk(full, isLast: true)
      } == .payload(text))
    let two = try payload {
      $0.nonce()
      $0.chunk(full, isLast: false)
      $0.chunk([98], isLast: true)
    }
    #expect(two == .payload(text + "b"))

    func isWrong(_ build: (inout Forgery) -> Void) throws -> Bool {
      try payload(build) == .damaged
    }
    // No chunk is marked as the last one.
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk([98], isLast: false)
      })
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk(full, isLast: false)
      })
    // More follows the last one.
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk([98], isLast: true); $0.bytes.append(0)
      })
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk(full, isLast: true); $0.bytes.append(0)
      })
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk(full, isLast: true); $0.chunk([98], isLast: true)
      })
    // A chunk before the last one is short, or the last one empty.
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk([98], isLast: false); $0.chunk([98], isLast: true)
      })
    #expect(
      try isWrong {
        $0.nonce(); $0.chunk(full, isLast: false); $0.chunk([], isLast: true)
      })
  }

  @Test func chunksCanNotTradePlaces() throws {
    var forgery = Forgery()
    forgery.x25519()
    forgery.end()
    forgery.nonce()
    let start = forgery.bytes.count
    for letter: UInt8 in 97...99 {
      forgery.chunk([UInt8](repeating: letter, count: 65536), isLast: letter == 99)
    }
    let size = 65552
    let file = forgery.bytes
    let chunks = (0..<3).map { Array(file[(start + $0 * size)..<(start + ($0 + 1) * size)]) }
    let whole = Array(file[..<start])
    guard case .payload = try find(whole + chunks[0] + chunks[1] + chunks[2]) else {
      Issue.record("the file itself is refused")
      return
    }
    for order in [[1, 0, 2], [0, 2], [0, 1], [2], [0, 2, 1], [0, 1, 2, 2], [0, 1, 1, 2]] {
      #expect(try find(order.reduce(whole) { $0 + chunks[$1] }) == .damaged, "\(order)")
    }
  }
}

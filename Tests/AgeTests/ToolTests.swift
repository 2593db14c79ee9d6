import Age
import Foundation
import Testing

/// Against the age project's own program.
@Suite struct ToolTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// Runs `body` with a folder that has an identity, `key`, by age-keygen.
  private func withKey(_ body: (X25519Identity) throws -> Void) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try run("age-keygen", "-o", path("key")) == 0)
    try body(try KeyFile.identities(try read("key"))[0])
  }

  private func run(_ tool: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/\(tool)")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static let sizes = [0, 1, 65536, 100_000, 131072]

  @Test(arguments: sizes) func ageReadsOurFiles(_ size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try withKey { identity in
      let recipients = [X25519Identity().recipient, identity.recipient]
      try Data(try encrypt(bytes, to: .keys(recipients)))
        .write(to: folder.appendingPathComponent("file"))
      #expect(try run("age", "-d", "-i", path("key"), "-o", path("plain"), path("file")) == 0)
      // It makes no file of no bytes.
      #expect(((try? read("plain")) ?? []) == bytes)
    }
  }

  @Test(arguments: sizes) func weReadItsFiles(_ size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try withKey { identity in
      try Data(bytes).write(to: folder.appendingPathComponent("plain"))
      let other = X25519Identity().recipient.text
      #expect(
        try run(
          "age", "-r", other, "-r", identity.recipient.text, "-o", path("file"), path("plain")) == 0
      )
      let file = try read("file")
      #expect(try readAtRandom(file, [.x25519(identity)]) == bytes)
      #expect(try readAsStream(file, [.x25519(identity)], limit: 5000) == bytes)
    }
  }

  @Test func itsOtherFormsAreNamed() throws {
    try withKey { identity in
      try Data([1, 2]).write(to: folder.appendingPathComponent("plain"))
      let recipient = identity.recipient.text
      #expect(try run("age", "-a", "-r", recipient, "-o", path("file"), path("plain")) == 0)
      let armored = try read("file")
      #expect(AgeReader.isRecognized(armored))
      #expect(throws: AgeError.armored) { try readAtRandom(armored, [.x25519(identity)]) }

      #expect(try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path("ssh")) == 0)
      #expect(
        try run("age", "-R", path("ssh.pub"), "-o", path("file2"), path("plain")) == 0)
      #expect(throws: AgeError.noMatch(kinds: ["ssh-ed25519"])) {
        try readAtRandom(try read("file2"), [.x25519(identity)])
      }
    }
  }
}

import Foundation
import Testing

/// Hostile ends of a migration: each is named in one line, and the guest goes on where it was.
@Suite struct MigrationPeerTests {
  struct Receiver: CustomTestStringConvertible, Sendable {
    var scenario: String
    /// What the line has in it.
    var reason: String
    var testDescription: String { scenario }
  }

  static let receivers: [Receiver] = [
    ("huge", "what it sends is not the protocol"),
    ("unknown-kind", "what it sends is not the protocol"),
    ("idle-with-content", "what it sends is not the protocol"),
    ("no-message", "a message that is none"), ("empty-message", "a message that is none"),
    ("unknown-message", "a message that is none"), ("truncated", "broke within a message"),
    ("silence-after-hello", "the link ended"), ("accept-first", "out of order"),
    ("other-isa", "no guests for x86_64"), ("refusal", #"no\nway \x1b[31mred"#),
    ("bad-name", "out of order"), ("too-much-received", "acknowledges what was not sent"),
    ("bytes", "out of order"), ("prepared-first", "out of order"), ("leaves", "link"),
    ("committed-first", "out of order"), ("refusal-late", "the disk is full"),
    ("dropped-late", "has given the guest up"),
  ].map { Receiver(scenario: $0, reason: $1) }

  private static let peers = Checkout.root.path + "/Tests/GodwitTests/peers.py"

  @Test(arguments: receivers) func aHostileReceiver(_ receiver: Receiver) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      printf '%s\\n' '#!/bin/sh' "exec /usr/bin/python3 '\(Self.peers)' receive \(receiver.scenario) '$G'" >link
      move here there; echo "migrate $?"; where; touch go; wait; cat result
      """)
    #expect(outcome.text == "migrate 125\nhere: guest\nended\n", "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    #expect(outcome.error.contains(receiver.reason), "\(outcome.error)")
  }

  @Test func aReceiverThatVanishesLeavesADoubt() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      printf '%s\\n' '#!/bin/sh' "exec /usr/bin/python3 '\(Self.peers)' receive unknown '$G'" >link
      move here there; echo "migrate $?"; at here ps | grep -c "in doubt"
      at here resolve guest keep; touch go; wait; cat result
      """)
    // ps says it twice: as the program's state, and in the line that names the peer.
    #expect(outcome.text == "migrate 125\n2\nended\n", "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    #expect(outcome.error.contains("is in doubt"), "\(outcome.error)")
  }

  @Test func hostileSenders() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      export XDG_RUNTIME_DIR=$PWD/there
      /usr/bin/python3 '\(Self.peers)' send $G --root $R; $G ps | sed 1d
      """)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 39, "\(outcome.text) \(outcome.error)")
    check(lines)
  }

  /// None of what they send is made, but beneath the directory that is for it; and nothing of it stays there.
  @Test func hostileRoots() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      export XDG_RUNTIME_DIR=$PWD/there
      /usr/bin/python3 '\(Self.peers)' trees $G --take-root --root-store roots; ls -A . roots
      """)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(
      lines.suffix(7) == [".:", "here", "link", "roots", "there", "roots:", "lock"],
      "\(outcome.text) \(outcome.error)")
    #expect(lines.count == 25, "\(outcome.text)")
    check(lines.dropLast(7))
  }

  @Test func hostileMounts() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      export XDG_RUNTIME_DIR=$PWD/there XDG_DATA_HOME=$PWD/there
      /usr/bin/python3 '\(Self.peers)' mounts $G --root $R --take-mounts --mount taken:/data; ls -A .
      """)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.suffix(3) == ["here", "link", "there"], "\(outcome.text) \(outcome.error)")
    #expect(lines.count == 51, "\(outcome.text)")
    check(lines.dropLast(3))
  }

  /// Each sender was refused.
  private func check(_ lines: [String]) {
    for line in lines {
      let name = line.prefix { $0 != " " }
      // Who has gone is told nothing.
      let expected: String? =
        switch name {
        case "settle-unknown": "\(name) 0 unknown"
        case "leaves", "truncated": ["\(name) 125", "\(name) 125 refusal"].first { $0 == line }
        default: "\(name) 125 refusal"
        }
      #expect(line == expected)
    }
  }
}

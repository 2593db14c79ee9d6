import Foundation
import Snapshot
import TestSupport
import Testing

/// Whose snapshots may use what they remember of the host, and what others must be given.
@Suite struct TrustTests {
  /// Suspends a guest over `$R`, with a mount at /mnt and a published port, to `snapshot`; `alice`, `bob`
  /// and `nobody` run a command with that person's keys.
  private static let preamble = """
    umask 077; mkdir mount alice bob
    alice() { XDG_CONFIG_HOME=$PWD/alice "$@"; }
    bob() { XDG_CONFIG_HOME=$PWD/bob "$@"; }
    nobody() { env -u XDG_CONFIG_HOME -u HOME "$@"; }
    P=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    suspend() { "$@" $G run --root $R --mount mount:/mnt:ro --publish $P:80 --suspend-at-syscall 5 \
      --output snapshot -- /bin/echo went on </dev/null; }
    resume() { $G resume "$@" </dev/null; echo $?; }

    """

  private func shell(_ script: String, _ isa: String = "x86_64") throws -> Outcome {
    try Scratch().shell(Self.preamble + script, isa: isa)
  }

  @Test(arguments: ["x86_64", "aarch64"]) func onesOwnSnapshotsNeedNoOptions(isa: String) throws {
    let outcome = try shell("suspend alice; alice resume snapshot; alice resume snapshot", isa)
    #expect(outcome.text == "went on\n0\nwent on\n0\n", "\(outcome.error)")
  }

  /// Every kind of file that is not trusted is told what to add, in one line, and goes on with it.
  @Test func othersNeedOptions() throws {
    let outcome = try shell(
      """
      suspend alice
      A=$($G inspect --json snapshot | sed -n 's/.*"fingerprint" : "\\(.*\\)",/\\1/p')
      suspend nobody 2>/dev/null
      bob resume snapshot 2>unsigned
      suspend alice
      bob resume snapshot 2>unknown
      # A path with spaces is quoted.
      sed -i "s|'\\?$R'\\?|R|; s|$PWD|HERE|; s|$P|P|; s|$A|A|" unsigned unknown
      cat unsigned unknown; wc -l <unsigned
      bob resume snapshot --root $R 2>&1 | grep -o 'add .*' | sed "s|$PWD|HERE|; s|$P|P|"
      bob resume snapshot --root $R --mount mount:/mnt --no-publish
      bob resume snapshot --root $R --mount mount:/mnt --publish $P:80
      bob resume snapshot --trust
      bob resume snapshot --trust --publish 80:80 --no-publish
      """)
    #expect(
      outcome.text == """
        125
        125
        godwit: snapshot: not signed; to give it what it had of its host, add --root R \
        --mount HERE/mount:/mnt:ro --publish 127.0.0.1:P:80, or --trust
        godwit: snapshot: signed by the unknown key A; to give it what it had of its host, add --root R \
        --mount HERE/mount:/mnt:ro --publish 127.0.0.1:P:80, or --trust
        1
        add --mount HERE/mount:/mnt:ro --publish 127.0.0.1:P:80, or --trust
        went on
        0
        went on
        0
        went on
        0
        125

        """, "\(outcome.error)")
  }

  /// The file that the issue of it all is: it would serve the host's files to everybody.
  @Test func theHostsRootOnAnOpenPort() throws {
    let outcome = try shell(
      """
      nobody $G run --publish 0.0.0.0:$P:80 --suspend-at-syscall 5 --output snapshot -- /bin/echo went on \
        2>/dev/null
      strace -f -o trace $G resume snapshot 2>error </dev/null; echo $?
      sed "s|:$P:|:P:|" error
      grep -cE 'bind\\(|listen\\(' trace
      # What was opened after the snapshot, but for keys.
      sed -n '/open.*"snapshot"/,$p' trace | grep -E 'open' | grep -v '"snapshot"\\|ENOENT'
      """)
    #expect(
      outcome.text == """
        125
        godwit: snapshot: not signed; to give it what it had of its host, add --root / --publish \
        0.0.0.0:P:80, or --trust
        0

        """, "\(outcome.error)")
  }

  @Test func knownKeysAreTrusted() throws {
    let outcome = try shell(
      """
      suspend alice
      alice $G key >authorized; (echo '# friends'; echo "alice@example $(cat authorized)") >signers
      for file in authorized signers; do bob resume snapshot --known-keys $file; done
      bob $G verify snapshot --known-keys signers | grep -o 'signed by the known.*' | sed 's/SHA[^ ]*/K/'
      bob $G key >others; bob resume snapshot --known-keys others 2>&1 | grep -o 'unknown key'
      echo 'alice cert-authority ssh-ed25519 AAAA' >>signers
      for file in signers missing mount; do bob resume snapshot --known-keys $file 2>&1; done
      """)
    #expect(
      outcome.text == """
        went on
        0
        went on
        0
        signed by the known key K (alice@example)
        unknown key
        godwit: signers:3: its key is damaged
        125
        godwit: missing: no such file or directory
        125
        godwit: mount: is a directory
        125

        """, "\(outcome.error)")
  }

  /// ssh-keygen has the last word on keys and signatures.
  @Test func sshKeygenConfirmsSnapshots() throws {
    let outcome = try shell(
      """
      suspend alice
      stat -c '%a %F' alice/godwit alice/godwit/id_ed25519; ls -A alice/godwit
      [ "$(ssh-keygen -y -f alice/godwit/id_ed25519)" == "$(alice $G key)" ]; echo $?
      [ "$(ssh-keygen -l -f alice/godwit/id_ed25519 | cut -d ' ' -f 2)" == \
        "$($G inspect --json snapshot | sed -n 's/.*"fingerprint" : "\\(.*\\)",/\\1/p')" ]; echo $?
      echo "alice $(alice $G key)" >signers
      $G inspect --signature snapshot >signature
      check() { $G inspect --message $1 | ssh-keygen -Y verify -f signers -I alice -n snapshot@godwit \
        -s signature >/dev/null 2>&1; echo $?; }
      check snapshot
      cp snapshot first; alice $G resume --suspend-at-syscall 9 --output snapshot first </dev/null
      check snapshot; check first
      """)
    #expect(
      outcome.text == """
        700 directory
        600 regular file
        id_ed25519
        0
        0
        0
        255
        0

        """, "\(outcome.error)")
  }

  @Test func brokenSignaturesAreRefusedByName() throws {
    let scratch = try Scratch()
    let taken = try scratch.shell(Self.preamble + "suspend alice")
    #expect(taken.status == 0, "\(taken.error)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path("snapshot"))))
    let reader = try SnapshotReader(SnapshotBytes(bytes))
    let block = reader.signatureBytes!.count + 12
    var parts = try SnapshotParts(reader)
    parts.header.hostNote += "!"
    let altered = try parts.encoded()
    let message = SignatureBlock.message(for: reader.contentDigest)
    let elsewhere = SSHSignature(of: message, namespace: "file", by: SigningKey()).encoded
    let length = (0..<4).map { UInt8(truncatingIfNeeded: elsewhere.count >> (8 * $0)) }
    let plain = Array(bytes.dropLast(block))
    let tail = Array(bytes.suffix(8))
    var flipped = bytes
    flipped[bytes.count - 30] ^= 1
    let files: [[UInt8]] = [
      altered + Array(bytes.suffix(block)), plain + elsewhere + length + tail, flipped, altered,
    ]
    for (index, file) in files.enumerated() {
      try Data(file).write(to: URL(fileURLWithPath: scratch.path("file\(index)")))
    }
    let outcome = try scratch.shell(
      """
      resume() { $G resume --root $R --mount mount:/mnt --no-publish "$@"; }
      for i in 0 1 2 3; do
        XDG_CONFIG_HOME=$PWD/alice resume file$i 2>&1 </dev/null | sed 's/SHA[^ ]*/K/'
        XDG_CONFIG_HOME=$PWD/alice $G verify file$i >/dev/null 2>&1; echo $?
      done
      resume --trust file0 </dev/null
      """)
    #expect(
      outcome.text == """
        godwit: file0: its signature is broken: the snapshot was altered after K signed it; --trust \
        resumes it all the same
        125
        godwit: file1: its signature is broken: it is for "file", not for "snapshot@godwit"; --trust \
        resumes it all the same
        125
        godwit: file2: its signature is broken: the snapshot was altered after K signed it; --trust \
        resumes it all the same
        125
        went on
        0
        went on

        """, "\(outcome.error)")
  }

  /// Without a place for a key a snapshot is written all the same, and one line says what it lacks.
  @Test func withoutAKeySnapshotsAreUnsigned() throws {
    let outcome = try shell(
      """
      suspend nobody; $G inspect snapshot | grep signature
      alice $G key >/dev/null; chmod 640 alice/godwit/id_ed25519; suspend alice
      alice $G resume --trust snapshot </dev/null
      alice $G key; echo $?
      echo junk >alice/godwit/id_ed25519; chmod 600 alice/godwit/id_ed25519; suspend alice
      touch bob/godwit; suspend bob
      """)
    #expect(outcome.text == "  signature                     not signed\nwent on\n125\n")
    let file = "alice/godwit/id_ed25519"
    let lines = outcome.error.split(separator: "\n").map { line in
      line.replacing(#/\/\S*\/(alice|bob)/#) { "\($0.1)" }
    }
    #expect(
      lines == [
        "godwit: snapshot is not signed: there is no place for a key: neither XDG_CONFIG_HOME nor HOME is set",
        "godwit: snapshot is not signed: \(file): others can use the key: its mode is 0640",
        "godwit: \(file): others can use the key: its mode is 0640",
        "godwit: snapshot is not signed: \(file): not an OpenSSH private key",
        "godwit: snapshot is not signed: bob/godwit/id_ed25519: not a directory",
      ])
  }

  /// Of those who make the key at once, all find the same.
  @Test func theKeyIsMadeOnce() throws {
    let outcome = try shell(
      """
      for i in 1 2 3 4 5 6 7 8; do alice $G key >key$i & done; wait
      sort -u key? | wc -l; ls -A alice/godwit
      """)
    #expect(outcome.text == "1\nid_ed25519\n", "\(outcome.error)")
  }

  @Test func suspendSaysThatASnapshotIsUnsigned() throws {
    let outcome = try shell(
      """
      nobody $G run --name guest --root $R --mount .:/mnt -- \
        /bin/sh -c 'touch /mnt/ready; while :; do sleep 0.1; done' </dev/null &
      await ready
      nobody env XDG_RUNTIME_DIR=$PWD $G suspend guest --output snapshot 2>error; echo $?; wait
      cut -d : -f 1,2 error; $G inspect snapshot | grep signature
      """)
    #expect(
      outcome.text
        == "0\ngodwit: snapshot is not signed\n  signature                     not signed\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// What a hostile snapshot names is shown so that neither a terminal nor a shell acts on it.
  @Test func namesAreQuoted() throws {
    let scratch = try Scratch()
    let taken = try scratch.shell(
      """
      d=$(printf 'a;id\\033[2J\\n'"'"'$(id)'); mkdir "$d"
      $G run --root $R --mount "$d:/m t" --suspend-at-syscall 5 --output snapshot -- /bin/echo hi
      XDG_CONFIG_HOME=$PWD/other $G resume snapshot 2>error; wc -l <error
      eval "set -- $(grep -o -- '--root.*' error | sed 's/, or --trust//')"
      $G resume "$@" snapshot
      sed 's/.*--mount //' error
      """)
    let folder = scratch.folder.path
    #expect(
      taken.text == "1\nhi\n$'\(folder)/a;id\\x1b[2J\\x0a\\'$(id):/m t', or --trust\n",
      "\(taken.error)")
  }
}

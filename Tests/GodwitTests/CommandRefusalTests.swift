import Foundation
import Testing

/// Refusals: one line that names the thing and the reason, status 125, and nothing on standard output.
@Suite struct CommandRefusalTests {
  struct Refusal: CustomTestStringConvertible, Sendable {
    var arguments: [String]
    var says: String
    var status: Int32 = 125
    var testDescription: String { arguments.joined(separator: " ") }

    /// - Parameter arguments: words; `''` is an empty word, and `GUEST` stands for the path of a guest.
    init(_ arguments: String, _ says: String, status: Int32 = 125) {
      self.arguments = arguments.split(separator: " ").map {
        // Its path may have spaces.
        $0 == "''" ? "" : String($0).replacing("GUEST", with: CommandRefusalTests.guest)
      }
      self.says = says
      self.status = status
    }
  }

  fileprivate static let guest = Checkout.guest("pi", "x86_64").path

  static let refusals = [
    // Programs
    Refusal("run -- /no/such/program", "/no/such/program: no such file or directory", status: 127),
    Refusal("run -- no-such-command", "no-such-command: command not found", status: 127),
    Refusal("run -- ''", "'': command not found", status: 127),
    Refusal("run -- /tmp", "/tmp: is a directory", status: 126),
    Refusal("run -- /etc/passwd", "/etc/passwd: permission denied", status: 126),
    Refusal("run -- GUEST/x", "\(guest)/x: not a directory", status: 126),
    // Options
    Refusal("run", "there is no program to run"),
    Refusal("run --bogus -- x", "Unknown option '--bogus'"),
    Refusal("bogus", "Unexpected argument 'bogus'"),
    Refusal("run --root /no/root -- x", "/no/root: no such file or directory"),
    Refusal("run --root /etc/passwd -- x", "/etc/passwd: not a directory"),
    Refusal("run --mount here -- x", "The value 'here' is invalid for '--mount <host:guest[:ro]>'"),
    Refusal("run --mount /tmp:there -- x", "The value '/tmp:there' is invalid for '--mount"),
    Refusal("run --mount /no/dir:/x -- x", "/no/dir: no such file or directory"),
    Refusal(
      "run --memory-limit much -- x", "The value 'much' is invalid for '--memory-limit <size>'"),
    Refusal("run --memory-limit 4 -- x", "the memory limit must be at least 1M"),
    Refusal("run --memory-limit 999999T -- x", "the host has no room for"),
    Refusal("run --env =value -- x", "--env takes NAME=VALUE or NAME, not '=value'"),
    Refusal("run --env '' -- x", "--env takes NAME=VALUE or NAME, not ''"),
    Refusal("run --env-file /no/file -- GUEST", "/no/file: no such file or directory"),
    Refusal(
      "run --deterministic --env-host -- x", "--deterministic and --env-host exclude each other"),
    Refusal("resume --publish 80:80 --no-publish x", "--publish and --no-publish exclude each"),
    Refusal("inspect --message --signature x", "--json, --message and --signature exclude each"),
    Refusal("inspect --signature /no/file", "/no/file: no such file or directory"),
    Refusal("run --cwd /no/dir -- GUEST", "/no/dir: no such file or directory"),
    Refusal("run --cwd /etc/passwd -- GUEST", "/etc/passwd: not a directory"),
    Refusal("run --name a/b -- GUEST", "'a/b' can't be a name: 1 to 64 letters"),
    Refusal("run --net=all -- x", "The value 'all' is invalid for '--net"),
    Refusal("run --dns 127.0.0.1 -- x", "--dns needs --net"),
    Refusal("run --net --dns localhost -- x", "The value 'localhost' is invalid for '--dns"),
    Refusal("run --net --dns 1.2.3.4:0 -- x", "The value '1.2.3.4:0' is invalid for '--dns"),
    Refusal("run --tcp drop -- x", "The value 'drop' is invalid for '--tcp <policy>'"),
    Refusal("run --publish 80 -- x", "The value '80' is invalid for '--publish"),
    Refusal("run --publish 0:80 -- x", "The value '0:80' is invalid for '--publish"),
    Refusal("run --publish 80:+80 -- x", "The value '80:+80' is invalid for '--publish"),
    Refusal("run --publish 65536:80 -- x", "The value '65536:80' is invalid for '--publish"),
    Refusal("run --publish 80:80/sctp -- x", "The value '80:80/sctp' is invalid for '--publish"),
    Refusal(
      "run --publish localhost:80:80 -- x", "The value 'localhost:80:80' is invalid for '--publish"),
    Refusal("run --publish [::1:80:80 -- x", "The value '[::1:80:80' is invalid for '--publish"),
    Refusal(
      "run --publish 8080:80 --publish 8081:80 -- x", "the guest's port 80 is published twice"),
    Refusal(
      "run --publish 192.0.2.1:8080:80 -- x",
      "publishing 192.0.2.1:8080: cannot assign requested address"),
    Refusal("run --deterministic --net -- x", "a deterministic run has no network outside"),
    Refusal(
      "run --deterministic --publish 8080:80 -- x", "a deterministic run has no network outside"),
    Refusal("run --suspend-at-syscall 9 -- x", "--suspend-at-syscall and --output need each other"),
    Refusal("run --suspend-at-syscall x --output y -- x", "The value 'x' is invalid for"),
    Refusal("run --stats=/no/file -- x", "/no/file: no such file or directory"),
    Refusal("run --trace=/tmp -- x", "/tmp: is a directory"),
    Refusal("run --jitdump /no/directory -- x", "/no/directory: no such file or directory"),
    Refusal("run --compress none -- x", "--compress needs --output"),
    Refusal(
      "run --suspend-at-syscall 9 --output y --compress gzip -- x",
      "The value 'gzip' is invalid for '--compress <none|zstd[:level]>'"),
    Refusal("suspend nobody --output x --compress zstd:0", "The value 'zstd:0' is invalid for"),
    Refusal("checkpoint nobody --output x --compress zstd:20", "The value 'zstd:20' is invalid"),
    // Errors of the snapshot's path are reported before the guest starts.
    Refusal(
      "run --suspend-at-syscall 9 --output /no/file -- GUEST",
      "/no/file: no such file or directory"),
    Refusal("run --suspend-at-syscall 9 --output /tmp -- GUEST", "/tmp: is a directory"),
    Refusal(
      "run --suspend-at-syscall 9 --output /dev/full -- GUEST", "/dev/full: not a regular"),
    Refusal(
      "run --suspend-at-syscall 9 --output /dev/null/x -- GUEST", "/dev/null/x: not a dir"),
    Refusal("run --suspend-at-syscall 9 --output '' -- GUEST", "a snapshot needs a file's name"),
    Refusal(
      "run --encrypt-to age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj -- GUEST",
      "--encrypt-to needs --output"),
    Refusal(
      "run --suspend-at-syscall 9 --output /tmp/x --encrypt-to age1 -- GUEST",
      "--encrypt-to: a damaged recipient"),
    Refusal("verify --identity /nowhere /dev/null", "/nowhere: no such file or directory"),
    Refusal("verify --passphrase-file /dev/null /dev/null", "/dev/null: the passphrase is empty"),
    Refusal("verify --identity / /dev/null", "/: is a directory"),
    // Snapshots
    Refusal("resume", "Missing expected argument '<file>'"),
    Refusal("resume /no/file", "/no/file: no such file or directory"),
    Refusal("resume /tmp", "/tmp: is a directory"),
    Refusal("resume /dev/zero", "/dev/zero: not a regular file"),
    Refusal("resume GUEST", "\(guest): not a snapshot"),
    Refusal("verify GUEST", "\(guest): not a snapshot"),
    Refusal("verify ''", "a snapshot needs a file's name"),
    Refusal("inspect --json /no/file", "/no/file: no such file or directory"),
    Refusal("diff x", "Missing expected argument '<after>'"),
    Refusal("diff /no/file GUEST", "/no/file: no such file or directory"),
    Refusal("diff GUEST /no/file", "\(guest): not a snapshot"),
    Refusal("ls /no/dir", "/no/dir: no such file or directory"),
    Refusal("ls GUEST", "\(guest): not a directory"),
    Refusal("ls ''", "'': no such file or directory"),
    Refusal("flatten x", "Missing expected argument '--output <file>'"),
    Refusal("flatten /no/file -o /tmp/x", "/no/file: no such file or directory"),
    Refusal("flatten GUEST -o /tmp/x", "\(guest): not a snapshot"),
    Refusal("flatten x -o y --compress lz4", "The value 'lz4' is invalid for '--compress"),
    Refusal("export x y", "export needs one of --core and --files"),
    Refusal("export --core --files x y", "export needs one of --core and --files"),
    Refusal("export --files --pid 1 x y", "--pid needs --core"),
    Refusal("export --core --set-id x y", "--set-id needs --files"),
    Refusal("export --files /no/file /tmp/x", "/no/file: no such file or directory"),
    Refusal("export --files GUEST /tmp/x", "\(guest): not a snapshot"),
    Refusal("export --core x", "Missing expected argument '<output>'"),
    Refusal("export --core --pid me x y", "The value 'me' is invalid for '--pid <pid>'"),
    Refusal("export --core /no/file /tmp/x", "/no/file: no such file or directory"),
    Refusal("export --core GUEST /tmp/x", "\(guest): not a snapshot"),
    // Running ones
    Refusal("suspend nobody --output /tmp/x", "no picoprocess named nobody is running"),
    Refusal("suspend nobody", "Missing expected argument '--output <file>'"),
    Refusal("checkpoint .x --output /tmp/x", ".x is not a name that a picoprocess can have"),
    Refusal("kill nobody", "no picoprocess named nobody is running"),
    Refusal("kill nobody 99", "there is no signal 99"),
    Refusal("kill nobody FOO", "there is no signal FOO"),
    Refusal("ps nobody", "Unexpected argument 'nobody'"),
  ]

  @Test(arguments: refusals) func isRefusedInOneLine(_ refusal: Refusal) throws {
    let outcome = try godwit(refusal.arguments)
    #expect(outcome.status == refusal.status)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("godwit: \(refusal.says)"), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  @Test func statisticsThatCannotBeWrittenAreNamed() throws {
    let outcome = try godwit(["run", "--stats=/dev/full", "--", Self.guest])
    #expect(outcome.status == 125)
    #expect(outcome.error == "godwit: /dev/full: no space left on device\n")
  }

  /// As on a full disk, in the middle of writing. The guest continues.
  @Test func aSnapshotThatIsTooLargeIsNamed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      ulimit -f 8
      $G run --root $R --suspend-at-syscall 1500 --output snapshot -- /usr/bin/python3 -c '
      import os
      data = os.urandom(3000000)
      for _ in range(2000): os.getppid()
      print("unharmed")'
      echo $?; ls -A
      """)
    #expect(outcome.output == Data("unharmed\n0\ngodwit\n".utf8), "\(outcome.error)")
    #expect(outcome.error == "godwit: snapshot: file too large\n")
  }
}

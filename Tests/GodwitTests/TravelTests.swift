import Foundation
import Testing

/// What a snapshot takes along, and what it refuses to, as users meet it.
@Suite struct TravelTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")
  private let program = ["--", "/usr/bin/python3", "-c"]
  private let root = ["--root", Checkout.rootfs("x86_64").path]

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func text(_ name: String) -> String {
    (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
  }

  /// Runs a shell script in the folder, where `$G` is godwit, `$R` the root and `suspend` waits until the
  /// guest is there.
  private func shell(_ script: String) throws -> Outcome {
    let outcome = try execute(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c",
        """
        \(Scratch.keepSpaces)
        cd '\(folder.path)'; G='\(Checkout.godwit.path)'; R='\(Checkout.rootfs("x86_64").path)'
        export XDG_RUNTIME_DIR='\(folder.path)'
        suspend() {
          for i in $(seq 200); do [ -e ready ] && break; sleep 0.05; done
          $G suspend guest --output snapshot; echo "suspend: $?"
        }
        \(script)
        """,
      ], limit: 60)
    try? FileManager.default.removeItem(at: folder)
    return outcome
  }

  /// A guest that says when it is there, and goes on when it is told to.
  private let waiting = """
    open('/mnt/ready', 'w').close()
    import os, time
    while not os.path.exists('/mnt/go'): time.sleep(0.01)
    print('unharmed')
    """

  @Test func aPipeToReadFromIsNamedAndTheGuestGoesOn() throws {
    let outcome = try shell(
      """
      sleep 20 | $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c "\(waiting)" >out &
      suspend; touch go; sleep 1; cat out; ls snapshot; kill %1 2>/dev/null; exit 0
      """)
    let output = String(decoding: outcome.output, as: UTF8.self)
    #expect(output == "suspend: 125\nunharmed\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(lines.count == 1 && lines[0].contains("descriptor 0 (pipe:"), "\(outcome.error)")
  }

  @Test func outputIntoAPipeGoesWhereTheNewProcessHasIt() throws {
    let outcome = try shell(
      """
      ($G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c "print('one', flush=True)
      \(waiting)" </dev/null | cat >first) &
      suspend; wait; touch go; $G resume snapshot </dev/null | cat >second; cat first second
      """)
    #expect(
      outcome.output == Data("suspend: 0\none\nunharmed\n".utf8),
      "\(String(decoding: outcome.output, as: UTF8.self)) \(outcome.error)")
  }

  @Test func aFileIsReadOnFromItsPlace() throws {
    let outcome = try shell(
      """
      seq 1 5 >in
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c "import os
      print(os.read(0, 4), flush=True)
      \(waiting)
      print(os.read(0, 4))" <in >first &
      suspend; wait; touch go; $G resume snapshot <in >second; cat first second
      """)
    #expect(
      outcome.output == Data("suspend: 0\nb'1\\n2\\n'\nunharmed\nb'3\\n4\\n'\n".utf8),
      "\(String(decoding: outcome.output, as: UTF8.self)) \(outcome.error)")
  }

  @Test func aChangedLibraryIsNamed() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let tree = path("root")
    let copied = try execute(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c",
        "mkdir -p '\(tree)/bin' && cp '\(Checkout.guest("pi", "x86_64").path)' '\(tree)/bin/pi'",
      ])
    #expect(copied.status == 0)
    let snapshot = path("snapshot")
    let taken = try godwit([
      "run", "--root", tree, "--suspend-at-syscall", "10", "--output", snapshot, "--", "/bin/pi",
    ])
    #expect(taken.status == 0, "\(taken.error)")
    #expect(try godwit(["resume", snapshot]).status == 0)
    // The same size, one byte different.
    let program = URL(fileURLWithPath: tree + "/bin/pi")
    var bytes = try Data(contentsOf: program)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: program)
    let refused = try godwit(["resume", snapshot])
    #expect(refused.status == 125)
    #expect(
      refused.error
        == "godwit: \(snapshot): /bin/pi differs from the one the snapshot was made with\n")
  }

  @Test func hostDirectoriesAreMountedAnew() throws {
    let outcome = try shell(
      """
      mkdir a; echo 0123456789 >a/data
      $G run --root $R --mount a:/store/new --suspend-at-syscall 1200 --output snapshot -- \
        /usr/bin/python3 -c "import os, mmap
      os.chdir('/store/new')
      f = open('data', 'rb', buffering=0); f.read(3)
      m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
      w = open('out', 'ab', buffering=0)
      while os.getppid() == 1: w.write(b'.')  # well beyond the suspension
      " </dev/null & 
      wait; mv a b
      $G resume snapshot </dev/null; echo $?
      $G resume snapshot --mount b:/elsewhere </dev/null; echo $?
      rm b/data; $G resume snapshot --mount b:/store/new </dev/null; echo $?
      """)
    let lines = outcome.error.split(separator: "\n")
    #expect(outcome.output == Data("125\n125\n125\n".utf8), "\(outcome.error)")
    guard lines.count == 3 else {
      Issue.record("\(outcome.error)")
      return
    }
    #expect(lines[0].hasSuffix("/a: no such file or directory"), "\(lines)")
    #expect(lines[1].contains("the guest has no mount at /elsewhere"), "\(lines)")
    #expect(
      lines[2].hasSuffix("/store/new/data: the snapshot needs this file, and it is not here"),
      "\(lines)")
  }
}

import Foundation
import Testing

/// Guests that are resumed from one snapshot.
@Suite struct CloneTests {
  /// Prints who it is, and goes on once `go` is there.
  private static let program = """
    import mmap, os, signal, time
    watch = open('/proc/godwit/checkpoint')
    signal.signal(signal.SIGUSR1, lambda *_: told.append(1))
    told = []
    def text(path): return open(path).read().strip()
    if not os.path.exists('/etc/machine-id'): open('/etc/machine-id', 'w').write('0' * 32 + '\\\\n')
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page.madvise(18); page[0:4] = b'seed'
    kept = os.urandom(100000); total = sum(kept)
    def show():
        print(os.uname().nodename, text('/proc/sys/kernel/random/boot_id'), text('/etc/machine-id'),
            os.getrandom(8).hex(), text('/proc/godwit/checkpoint'), bytes(page[0:4]) == b'seed', len(told),
            sum(kept) == total, total, flush=True)
    show()
    open('/mnt/ready', 'w').close()
    while not os.path.exists('/mnt/go'): time.sleep(0.01)
    show()
    """

  private struct Identity {
    let host, boot, machine, random: Substring
    /// Resumes, whether the page is as it was, signals, whether the memory is right, and its sum.
    let rest: String

    init(_ line: Substring) throws {
      let fields = line.split(separator: " ")
      try #require(fields.count == 10, "\(line)")
      (host, boot, machine, random) = (fields[0], fields[1], fields[2], fields[3])
      rest = fields[5...].joined(separator: " ")
    }
  }

  private func snapshot(_ scratch: borrowing Scratch, _ isa: String) throws -> Identity {
    let root = Checkout.rootfs(isa).path
    try Data(Self.program.utf8).write(to: URL(fileURLWithPath: scratch.path("program.py")))
    let outcome = try scratch.shell(
      """
      $G run --name guest --root '\(root)' --mount .:/mnt -- /usr/bin/python3 /mnt/program.py & await ready
      $G suspend guest -o snapshot; wait; touch go
      """)
    #expect(outcome.error == "")
    return try Identity(#require(outcome.text.split(separator: "\n").first))
  }

  @Test(arguments: ["x86_64", "aarch64"]) func tenDifferInNothingButIdentity(isa: String) throws {
    let scratch = try Scratch()
    let original = try snapshot(scratch, isa)
    let outcome = try scratch.shell(
      """
      for n in 1 2 3 4 5 6 7 8 9 10; do
        $G resume snapshot --lazy --no-prefetch --fresh-identity --name clone$n --notify USR1 & jobs="$jobs $!"
      done
      for job in $(echo $jobs | tr ' ' '\\n'); do wait $job || echo "clone $?"; done
      """, limit: 120)
    #expect(outcome.error == "")
    let clones = try outcome.text.split(separator: "\n").map(Identity.init)
    #expect(clones.count == 10)
    #expect(Set(clones.map(\.host)) == Set((1...10).map { "clone\($0)" }))
    for part in [\Identity.boot, \.machine, \.random] {
      #expect(Set((clones + [original]).map { $0[keyPath: part] }).count == 11)
    }
    let total = original.rest.split(separator: " ").last ?? ""
    #expect(Set(clones.map(\.rest)) == ["1 False 1 True \(total)"])
  }

  /// Without the option it is the guest itself.
  @Test func anOrdinaryResumeChangesNothing() throws {
    let scratch = try Scratch()
    let original = try snapshot(scratch, "x86_64")
    let outcome = try scratch.shell("$G resume snapshot")
    let resumed = try Identity(#require(outcome.text.split(separator: "\n").first))
    #expect(
      resumed.host == original.host && resumed.boot == original.boot
        && resumed.machine == original.machine && resumed.random != original.random)
    let total = original.rest.split(separator: " ").last ?? ""
    #expect(resumed.rest == "1 True 0 True \(total)")
  }

  @Test func deterministicRunsKnowNothingAndKeepTheirIdentity() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --deterministic --root $R -- /bin/ls /proc/godwit 2>&1 | grep -o 'No such file'
      $G run --deterministic --suspend-at-syscall 20 -o snapshot --root $R -- /bin/ls / >/dev/null
      $G resume --fresh-identity snapshot 2>&1 >/dev/null
      $G resume --notify NOSUCH snapshot 2>&1 | head -n 1 | grep -o 'NOSUCH'
      """)
    #expect(
      outcome.text == """
        No such file
        godwit: snapshot: a deterministic run has no identity to be replaced
        NOSUCH

        """ && outcome.error == "", "\(outcome.text) \(outcome.error)")
  }

  /// A guest with 48 MB, which reads all of it at `go`, and at `again` frees it and looks at what takes its place.
  private static let large = """
    import mmap, os, time
    def wait(name):
        while not os.path.exists('/mnt/' + name): time.sleep(0.01)
    data = os.urandom(48 << 20)
    total = sum(data[::64])
    open('/mnt/ready', 'w').close()
    wait('go')
    print(sum(data[::64]) == total, flush=True)
    wait('again')
    del data
    fresh = mmap.mmap(-1, 48 << 20)
    for page in range(0, 48 << 20, 4096): fresh[page] = 1
    print(sum(fresh[:]) == 48 << 8, flush=True)
    """

  private func largeSnapshot(_ scratch: borrowing Scratch, _ options: String) throws {
    try Data(Self.large.utf8).write(to: URL(fileURLWithPath: scratch.path("large.py")))
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/large.py & await ready
      $G suspend guest \(options); wait
      """)
    #expect(outcome.error == "")
  }

  /// What clones do not write is in the host's memory once; what they free is zeroes again.
  @Test func clonesShareWhatTheyDoNotWrite() throws {
    let scratch = try Scratch()
    try largeSnapshot(scratch, "-o snapshot --compress none")
    let outcome = try scratch.shell(
      """
      lines() { until [ "$(cat out* 2>/dev/null | wc -l)" = $1 ]; do kill -0 ${jobs[@]} || exit; sleep 0.02; done; }
      $G resume snapshot --lazy --share --name a >out1 & jobs=($!)
      $G resume snapshot --lazy --share --name b >out2 & jobs+=($!)
      touch go; lines 2
      for job in ${jobs[@]}; do
        [ $(awk '/^Private_Dirty/ { print $2 }' /proc/$job/smaps_rollup) -lt $((48 << 10)) ] && echo shared
      done
      $G checkpoint a -o copy; touch again; wait; cat out1 out2; $G verify copy >/dev/null && echo whole
      """)
    #expect(
      outcome.text == "shared\nshared\nTrue\nTrue\nTrue\nTrue\nwhole\n", "\(outcome.error)")
    #expect(outcome.error == "")
  }

  @Test func aSharedFileThatIsTruncatedEndsItsClones() throws {
    let scratch = try Scratch()
    try largeSnapshot(scratch, "-o snapshot --compress none")
    let outcome = try scratch.shell(
      """
      $G resume snapshot --lazy --share --name a >out & job=$!; touch go
      until [ -s out ]; do sleep 0.02; done; truncate -s 1M snapshot; touch again
      $G checkpoint a -o copy >/dev/null 2>&1; wait $job; echo $?; [ -e copy ] && echo copied
      """)
    #expect(outcome.text == "125\n", "\(outcome.error)")
    #expect(
      outcome.error
        == "godwit: snapshot: it was truncated, and the guest shares its memory with it\n")
  }

  @Test(arguments: ["-o snapshot", "-o store:snapshot/a --compress none"])
  func whatCanNotBeSharedIsRefused(_ options: String) throws {
    let scratch = try Scratch()
    try largeSnapshot(scratch, options)
    let name = options.contains("store:") ? "store:snapshot/a" : "snapshot"
    let outcome = try scratch.shell("$G resume \(name) --lazy --share; echo $?")
    #expect(outcome.text == "125\n")
    #expect(
      outcome.error.hasPrefix("godwit: \(name): its pages can't be shared"), "\(outcome.error)")
  }
}

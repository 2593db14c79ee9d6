import Foundation
import LibOSState
import Picoprocess
import Snapshot
import TestSupport
import Testing

/// Core files of snapshots, which a debugger that knows nothing of Godwit opens.
@Suite struct CoreFileTests {
  private static let isas = Checkout.isas

  /// Suspends the guest `landmark` at its place.
  private func landmark(_ isa: String, _ path: String) throws {
    let taken = try godwit([
      "run", "--deterministic", "--suspend-at-syscall", "100", "--output", path, "--",
      Checkout.guest("landmark", isa).path,
    ])
    #expect(taken.status == 0, "\(taken.error)")
  }

  /// What gdb says to commands, of a program and a core file.
  private func gdb(_ program: String, _ core: String, _ commands: [String]) throws -> String {
    let options = ["-nx", "-batch", "-iex", "set debuginfod enabled off"]
    let outcome = try execute(
      URL(fileURLWithPath: "/usr/bin/gdb-multiarch"),
      options + commands.flatMap { ["-ex", $0] } + [program, core])
    return outcome.text + outcome.error
  }

  @Test(arguments: isas) func aDebuggerOpensIt(isa: String) throws {
    let scratch = try Scratch()
    try landmark(isa, scratch.path("snapshot"))
    let exported = try godwit(["export", "--core", scratch.path("snapshot"), scratch.path("core")])
    #expect(exported.status == 0, "\(exported.error)")
    #expect(exported.text.contains(", 2 threads, "), "\(exported.text)")

    let report = try inspect(scratch.path("snapshot"))
    let registers = [
      "x86_64": "$r15, $xmm9.v2_int64[0]", "aarch64": "$x19, $v9.d.u[0]", "riscv64": "$s3, $s3",
    ]
    let special = [
      "x86_64": ("control %x\\n\", $mxcsr", "control 1f80\n"),
      "aarch64": ("thread pointer %d\\n\", $tpidr != 0", "thread pointer 1\n"),
      "riscv64": ("thread pointer %d\\n\", $tp != 0", "thread pointer 1\n"),
    ]
    let (asked, told) = try #require(special[isa])
    let said = try gdb(
      Checkout.guest("landmark", isa).path, scratch.path("core"),
      [
        "info threads", "bt", "thread apply all bt", "x/s landmark_text",
        "printf \"pc %#lx sp %#lx\\n\", $pc, $sp",
        "printf \"%lx %lx\\n\", \(try #require(registers[isa]))", "printf \"\(asked)",
        "info proc mappings", "info auxv", "compare-sections -r",
      ])
    for line in [
      "(LWP 2)", "(LWP 3)", "landmark ()", "in approach (times=200)", "in main ()", "in watch (",
      "\"here be dragons\"", "pc \(report.pc) sp \(report.sp)\n",
      "1122334455667788 1122334455667788\n",
      told,
      "AT_PAGESZ            System page size               4096",
      "Section .text, range 0x",
    ] {
      #expect(said.contains(line), "\(line): \(said)")
    }
    // The program's bytes in the core are those of its file.
    #expect(!said.contains("MIS-MATCHED"), "\(said)")
    let mapped = said.split(separator: "\n").filter { $0.hasSuffix("/landmark") }
    #expect(mapped.count >= 3, "\(said)")
  }

  private func inspect(_ path: String) throws -> (pc: String, sp: String) {
    let shown = try godwit(["inspect", "--json", path])
    let json = try #require(
      JSONSerialization.jsonObject(with: shown.output) as? [String: Any], "\(shown.error)")
    let tasks = try #require(json["tasks"] as? [[String: Any]])
    let pc = try #require(tasks.first?["programCounter"] as? String)
    let sp = try #require(tasks.first?["stackPointer"] as? String)
    return (pc, sp)
  }

  /// Pages of zeroes take no room on storage.
  @Test func zeroesAreHoles() throws {
    let scratch = try Scratch()
    try landmark("x86_64", scratch.path("snapshot"))
    _ = try godwit(["export", "--core", scratch.path("snapshot"), scratch.path("core")])
    let outcome = try scratch.shell("stat -c '%s %b %B %a' core")
    let numbers = outcome.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 4)
    // The stack of the second thread alone has 8 MiB.
    #expect(numbers[0] > 8 << 20 && numbers[1] * numbers[2] < 2 << 20, "\(numbers)")
    #expect(numbers[3] == 600)
  }

  /// An earlier file stays as it was.
  @Test func aFileThatCannotBeWrittenIsNamed() throws {
    let scratch = try Scratch()
    try landmark("x86_64", scratch.path("snapshot"))
    let outcome = try scratch.shell(
      """
      echo old >core; mkdir folder; mkfifo fifo
      for file in folder fifo /no/core ''; do $G export --core snapshot "$file"; echo $?; done
      ulimit -f 64; $G export --core snapshot core; echo $?; cat core; ls -A
      """)
    #expect(
      outcome.text == "125\n125\n125\n125\n125\nold\ncore\nfifo\nfolder\nsnapshot\n",
      "\(outcome.text)")
    #expect(
      outcome.error == """
        godwit: folder: is a directory
        godwit: fifo: not a regular file
        godwit: /no/core: no such file or directory
        godwit: a core file needs a name, not ''
        godwit: core: file too large

        """, "\(outcome.error)")
  }

  /// One process of several; and the files of a host are not opened for whoever asks.
  @Test func processesAndFilesAreChosen() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /bin/sh -c \
        '/usr/bin/python3 -c "import time; open(\\"/mnt/ready\\", \\"w\\"); time.sleep(99)"; :' &
      await ready
      $G suspend guest -o snapshot; wait
      $G export --core snapshot shell || exit
      pid=$($G export --core snapshot shell | sed -n 's,^also in snapshot: \\([0-9]*\\) .*,\\1,p')
      $G export --core --pid $pid snapshot python || exit
      XDG_CONFIG_HOME=$PWD/stranger $G export --core --pid $pid snapshot stranger || exit
      $G key >keys; $G export --core --pid 99 snapshot none
      XDG_CONFIG_HOME=$PWD/stranger $G export --core --pid $pid --known-keys keys snapshot known
      cmp known python; ls none 2>&1
      """)
    #expect(
      outcome.error == "godwit: snapshot: process 99 is not in it\n" && outcome.status == 2,
      "\(outcome.error)")
    #expect(outcome.text.contains("(/usr/bin/dash)") || outcome.text.contains("(/bin/sh)"))
    let root = Checkout.rootfs("x86_64").path
    let commands = ["set sysroot \(root)", "info sharedlibrary", "x/2i $pc"]
    let program = try scratch.shell("readlink -f $R/usr/bin/python3").text
      .trimmingCharacters(in: .newlines)
    // With the files in the core, and with those that gdb is given.
    for core in ["python", "stranger"] {
      let said = try gdb(program, scratch.path(core), commands)
      #expect(said.contains("libc.so.6"), "\(said)")
      #expect(said.contains("=> 0x") && !said.contains("Cannot access"), "\(said)")
    }
    func size(_ name: String) throws -> Int {
      try FileManager.default.attributesOfItem(atPath: scratch.path(name))[.size] as? Int ?? 0
    }
    #expect(try size("stranger") < size("python"))
  }

  /// Whatever the numbers in a snapshot are, there is a core file or one line.
  @Test(arguments: UInt64(1)...4) func nothingInASnapshotTraps(seed: UInt64) throws {
    let scratch = try Scratch()
    try landmark("x86_64", scratch.path("snapshot"))
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path("snapshot"))))
    let parts = try SnapshotParts(SnapshotReader(SnapshotBytes(bytes)))
    var numbers = SeededNumbers(seed)
    var written = 0
    for _ in 0..<60 {
      var changed = parts
      let section = [UInt32(2), 5, 5, 6, 7, 7].randomElement(using: &numbers)!
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        let place = Int.random(in: 0..<max(1, changed.sections[section]!.count), using: &numbers)
        guard place < changed.sections[section]!.count else { continue }
        changed.sections[section]![place] = UInt8.random(in: 0...255, using: &numbers)
      }
      try Data(changed.encoded()).write(to: URL(fileURLWithPath: scratch.path("changed")))
      do {
        let description = try SnapshotDescription(scratch.path("changed"), .none, knownKeys: nil)
        _ = try description.exportCore(pid: nil, to: scratch.path("core"))
        written += 1
      } catch {
        #expect(!error.message.contains("\n") && error.status == 125)
      }
    }
    #expect(written > 0)
  }

  struct Forgery: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var change: @Sendable (inout Godwit_State_Process) -> Void
    /// Nil if there is a core file.
    var says: String?
  }

  static let forgeries = [
    Forgery(
      testDescription: "overlap", change: { $0.mappings[1].start = $0.mappings[0].start },
      says: "the snapshot is malformed: its state makes no sense: mapping at 0x"),
    Forgery(
      testDescription: "beyond the end",
      change: { $0.mappings[$0.mappings.count - 1].end = 1 << 63 },
      says: "the snapshot is malformed: its state makes no sense: mapping at 0x"),
    Forgery(
      testDescription: "unaligned", change: { $0.mappings[0].start += 1 },
      says: "the snapshot is malformed: its state makes no sense: mapping at 0x"),
    Forgery(
      testDescription: "no such object", change: { $0.mappings[0].object = 1 << 40 },
      says: "the snapshot is malformed: its state makes no sense: memory object \(1 << 40)"),
    Forgery(
      testDescription: "another's memory", change: { $0.memoryOf = 99 },
      says: "the snapshot is malformed: its state makes no sense: the memory of process 2"),
    Forgery(
      testDescription: "unknown ISA", change: { $0.isa = "vax" },
      says: "no core file is known for the guest ISA vax"),
    Forgery(
      testDescription: "more mappings than e_phnum has room for",
      change: { process in
        let top = process.mappings.removeLast()
        process.mappings += (0..<UInt64(70_000)).map { number in
          var page = Godwit_State_Mapping()
          page.start = 0x10_0000_0000 + number << 13
          page.end = page.start + 4096
          return page
        }
        process.mappings.sort { $0.start < $1.start }
        process.mappings.append(top)
      }),
  ]

  @Test(arguments: forgeries) func aForgedMapIsNamed(_ forgery: Forgery) throws {
    let scratch = try Scratch()
    try landmark("x86_64", scratch.path("snapshot"))
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path("snapshot"))))
    var parts = try SnapshotParts(SnapshotReader(SnapshotBytes(bytes)))
    var processes = try #require(Godwit_State_Processes(decoding: parts.sections[5]!))
    forgery.change(&processes.processes[0])
    parts.sections[5] = processes.encoded()
    try Data(parts.encoded()).write(to: URL(fileURLWithPath: scratch.path("forged")))
    let exported = try godwit(["export", "--core", scratch.path("forged"), scratch.path("core")])
    if let says = forgery.says {
      #expect(exported.status == 125 && exported.output.isEmpty)
      #expect(exported.error.hasPrefix("godwit: \(scratch.path("forged")): \(says)"))
      #expect(exported.error.split(separator: "\n").count == 1, "\(exported.error)")
      #expect(scratch.names() == ["forged", "snapshot"])
    } else {
      #expect(exported.status == 0, "\(exported.error)")
      let said = try gdb(
        Checkout.guest("landmark", "x86_64").path, scratch.path("core"), ["info threads", "bt 1"])
      #expect(said.contains("(LWP 3)") && said.contains("landmark ()"), "\(said)")
    }
  }
}

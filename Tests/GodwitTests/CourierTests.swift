import Foundation
import HostABI
import LibOS
import LibOSState
import Picoprocess
import Snapshot
import Testing

/// Snapshots that carry the files that they need, and that are in parts: what goes on a stick.
@Suite struct CourierTests {
  /// `small DIR` makes a root with a shell and little else. `hold` begins a guest `guest` with the root `small`, which
  /// has /etc/data open, and the file `note` of a read-only mount; it goes on once there is `go`. So does `big`, which has 400 kB of its own. `away` takes the
  /// machine away from it: root, mount and files that came with others.
  static let preamble = """
    L=$(cd $R/usr/lib; ls -d x86_64-linux-gnu aarch64-linux-gnu 2>/dev/null)
    small() {
      mkdir -p $1/usr/bin $1/usr/lib/$L $1/usr/lib64 $1/etc
      ln -s usr/bin usr/lib usr/lib64 $1
      cp -a $R/usr/bin/dash $R/usr/bin/cat $R/usr/bin/sleep $1/usr/bin; ln -s dash $1/usr/bin/sh
      cp -a $R/usr/lib/$L/libc.so.6 $R/usr/lib/$L/ld-linux-* $1/usr/lib/$L
      cp -a $R/usr/lib/ld-linux-* $1/usr/lib 2>/dev/null; cp -a $R/usr/lib64/. $1/usr/lib64
      echo content >$1/etc/data; chmod 640 $1/etc/data; touch -d '2020-02-02 02:02:02' $1/etc/data
    }
    hold() {
      [ -e small ] || small small
      mkdir -p only; echo noted >only/note
      $G run --name guest --root small --mount .:/mnt --mount only:/only:ro "$@" -- /bin/sh -c '
        exec 3</etc/data 4</only/note; : >/mnt/ready; while ! [ -e /mnt/go ]; do :; done
        read a <&3; read b <&4; echo "$a $b"; '"$then"
    }
    big() {
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c "
    import os, time
    data = os.urandom(400000)
    open('/mnt/ready', 'w').close()
    while not os.path.exists('/mnt/go'): time.sleep(0.01)
    print('unharmed', len(data))"
    }
    away() { mv small only gone; }
    export XDG_DATA_HOME=$PWD/data; mkdir gone
    reader() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/reader.py' "$@"; }

    """

  /// All it takes is the file, whoever writes it and wherever it lies.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case suspended, checkpointed, byItself, sealed, inStore, inParts, sealedInParts, increment
    var testDescription: String { rawValue }

    var options: String {
      switch self {
      case .suspended: "suspend guest --self-contained -o stick"
      case .checkpointed: "checkpoint guest --self-contained -o stick"
      case .byItself: ""
      case .sealed: "suspend guest --self-contained --passphrase-file words -o stick"
      case .inStore: "suspend guest --self-contained -o store:stock/stick"
      case .inParts: "suspend guest -o stick --split 64K --self-contained"
      case .sealedInParts:
        "suspend guest -o stick --split 64K --self-contained --passphrase-file words"
      case .increment: "suspend guest -o stick --self-contained --parent first"
      }
    }

    var isSealed: Bool { self == .sealed || self == .sealedInParts }
    var file: String { self == .inStore ? "store:stock/stick" : "stick" }
  }

  @Test(arguments: Place.allCases) func nothingElseIsNeeded(_ place: Place) throws {
    let scratch = try Scratch()
    let keys = place.isSealed ? "--passphrase-file words" : ""
    let write =
      switch place {
      case .byItself:
        "hold --suspend-at-syscall 200 --output stick --self-contained; touch go"
      case .checkpointed:
        "hold >first & await ready; $G \(place.options) || exit; $G kill guest KILL; wait; touch go"
      default:
        "hold & await ready; \(place == .increment ? "$G checkpoint guest -o first;" : "") $G \(place.options) || exit; wait; touch go"
      }
    let outcome = try scratch.shell(
      Self.preamble + """
        (umask 77; echo secret >words); \(write)
        away; $G verify \(place.file) \(keys) | grep -c whole
        $G resume \(place.file) \(keys) --mount .:/mnt; echo $?
        stat -c '%a %y' data/godwit/roots/*/root/etc/data | cut -d. -f1
        """)
    #expect(
      outcome.text == "1\ncontent noted\n0\n640 2020-02-02 02:02:02\n",
      "\(outcome.text) \(outcome.error)")
    #expect(outcome.error == "", "\(outcome.error)")
  }

  /// On a host of either kind. The guest finds later what it had not opened before only if all of the root is there.
  @Test(arguments: ["x86_64", "aarch64"], ["", "=root"])
  func whatIsInIt(_ isa: String, _ scope: String) throws {
    let outcome = try Scratch().shell(
      "then='cat /etc/data || echo $?'; " + Self.preamble + """
        hold & await ready
        $G suspend guest --self-contained\(scope) -o stick; wait
        away; touch go; $G resume stick 2>/dev/null
        reader carried stick | grep -c 'usr/bin/cat$'; reader carried stick etc/data
        reader carried stick | grep -E 'note|etc/data|bin$'
        """, isa: isa)
    let rest = """
      content
      0 link 777 0 bin
      0 file 640 8 etc/data
      0 directory 755 0 usr/bin
      2 file 644 6 note

      """
    #expect(
      outcome.text
        == (scope.isEmpty ? "content noted\n127\n0\n" : "content noted\ncontent\n1\n") + rest,
      "\(outcome.text) \(outcome.error)")
  }

  /// It can be written again, and its root is still there. Named ones are used instead.
  @Test func itTravelsOn() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        hold & await ready; $G suspend guest --self-contained -o stick; wait
        mv small other; mv only gone
        $G resume stick --name guest --root-store here & until there; do sleep 0.02; done
        $G suspend guest -o plain; wait
        $G resume plain --name guest & until there; do sleep 0.02; done
        $G suspend guest --self-contained -o stick; wait; rm -r here
        $G resume stick --name guest --root other & until there; do sleep 0.02; done
        ls here 2>&1 | grep -c 'No such'
        $G suspend guest --self-contained -o stick; wait; rm -r other
        touch go; $G resume stick; ls data/godwit/roots/*/root/usr/bin
        """)
    #expect(
      outcome.text == "1\ncontent noted\ndash\nsh\n", "\(outcome.text) \(outcome.error)")
  }

  // MARK: In parts

  @Test func partsAreOneSnapshot() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        big & await ready; $G checkpoint guest -o whole --compress none
        $G checkpoint guest -o stick --split 64K --compress none
        cat stick.* >joined; $G verify joined | grep -c whole; reader verify stick | grep -c whole
        [ $(ls stick.* | wc -l) -gt 4 ] && echo several; $G ls --json | grep '"name" : ' | grep -c stick
        ls stick.* >before; $G checkpoint guest -o stick --split 100K
        ls stick.* | grep -cFf before; $G verify stick | grep -c whole
        $G checkpoint guest -o stick; ls stick*
        touch go; wait
        """)
    #expect(
      outcome.text == "1\n1\nseveral\n1\n0\n1\nstick\nunharmed 400000\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// The part is named, and the earlier snapshot stays as it was.
  @Test func faultsOfPartsAreNamed() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        big & await ready; $G checkpoint guest -o stick --split 64K --compress none
        first=$(ls stick.*.000); second=$(ls stick.*.001)
        fail() { $G "$@" >/dev/null; echo $?; }
        mv $second away; fail verify stick; fail resume stick; mv away $second
        cp $second away; cp $first $second; fail inspect stick; cp away $second
        truncate -s -1 $second; fail verify stick; cp away $second
        printf X | dd of=$second bs=1 seek=50000 conv=notrunc 2>/dev/null; fail verify stick; cp away $second
        sed 's/^godwit parts 1$/godwit parts 2/' stick >newer; fail verify newer
        sed '2s/stick/..\\/stick/' stick >outside; fail verify outside
        head -c 100 stick >cut; fail verify cut
        ls >before; (ulimit -f 30; $G checkpoint guest -o stick --split 64K --compress none); echo $?
        ls | cmp - before; $G verify stick | grep -c whole
        touch go; wait
        """)
    #expect(
      outcome.text
        == String(repeating: "125\n", count: 9) + "1\nunharmed 400000\n",
      "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    let reasons = [
      ".001 is missing", ".001 is missing", "is another file than its part of that name",
      "is another file than its part of that name", "is damaged", "a newer godwit has written it",
      "it is no proper list", "it is no proper list", "guest: stick",
    ]
    #expect(lines.count == reasons.count, "\(outcome.error)")
    for (line, reason) in zip(lines, reasons) { #expect(line.contains(reason), "\(line)") }
  }

  // MARK: Refusals

  @Test func whatCanNotBeCarriedIsNamed() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        hold & await ready; echo other >new; mv small/etc/data old; mv new small/etc/data
        $G checkpoint guest --self-contained -o stick; echo $?; ls stick 2>/dev/null
        mv old small/etc/data
        (ulimit -f 100; $G checkpoint guest --self-contained -o stick --compress none); echo $?
        $G checkpoint guest --self-contained=all -o stick 2>/dev/null; echo $?
        $G checkpoint guest --split 1 -o stick 2>/dev/null; echo $?
        $G checkpoint guest --split 1M -o store:stock/stick; echo $?
        $G checkpoint guest --self-contained -o stick; touch go; wait
        away; mkdir data; echo >data/godwit; $G resume stick; echo $?
        """)
    #expect(
      outcome.text == "125\n125\n125\n125\n125\ncontent noted\n125\n",
      "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    let reasons = [
      "etc/data", "guest: stick", "a store is not split", "data/godwit/roots",
    ]
    #expect(lines.count == reasons.count, "\(outcome.error)")
    for (line, reason) in zip(lines, reasons) { #expect(line.contains(reason), "\(line)") }
  }

  /// A guest that has taken over its picoprocess can name any directory: what it was given stands elsewhere.
  @Test func onlyWhatWasGivenIsCarried() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        hold & await ready; record=$XDG_RUNTIME_DIR/godwit/guest.record; cp $record kept
        other() { sed "$1" kept >$record; $G checkpoint guest --self-contained -o stick; echo $?; }
        other 's,^/,//,'; other 's,$,/\\x00,'; other 's/.$//'; rm $record
        $G checkpoint guest --self-contained -o stick; echo $?; $G migrate guest ssh://nowhere --ssh false; echo $?
        ls stick 2>/dev/null; $G checkpoint guest -o plain; echo $?; cp kept $record
        sed 's,^/,//,' kept >$record; $G checkpoint guest -o plain; echo $?; $G inspect plain | grep signature
        cp kept $record; $G checkpoint guest -o plain; $G inspect plain | grep -c "signed by your own key"
        $G checkpoint guest --self-contained -o stick; touch go; wait; ls $XDG_RUNTIME_DIR/godwit
        """)
    #expect(
      outcome.text
        == "125\n125\n125\n125\n125\n0\n0\n  signature                     not signed\n1\ncontent noted\n",
      "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 7, "\(outcome.error)")
    #expect(
      lines.suffix(2).allSatisfy { $0.hasPrefix("godwit: plain is not signed: ") },
      "\(outcome.error)")
    #expect(lines.prefix(2).allSatisfy { $0.hasSuffix("its guest may have taken it over") })
    #expect(
      lines.dropFirst(2).prefix(4).allSatisfy { $0.contains("what guest was given") },
      "\(outcome.error)")
  }

  /// A stranger's snapshot gets nothing of the host with what it carries.
  @Test func aStrangersSnapshotIsAskedAboutTheRest() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        hold & await ready; GODWIT_SIGNING_KEY=none $G suspend guest --self-contained -o stick; wait; away; touch go
        signed=$(stat -c %s stick); length=$(od -An -t u4 -j $((signed - 12)) -N 4 stick)
        head -c $((signed - length - 12)) stick >unsigned
        $G resume unsigned </dev/null; echo $?; ls data 2>&1 | grep -c 'No such'
        $G resume unsigned --mount .:/mnt </dev/null
        """)
    #expect(outcome.text == "125\n1\ncontent noted\n", "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.contains("--mount") && !outcome.error.contains("--root"))
  }

  // MARK: Hostile lists

  private func file(_ path: String, _ type: UInt32 = 0o100000, size: UInt64? = 0)
    -> Godwit_State_OutsideFile
  {
    var file = Godwit_State_OutsideFile()
    file.path = LibOSState.data(Array(path.utf8))
    file.type = type
    if let size, type == 0o100000 { file.size = size }
    file.digest =
      type == 0o100000 ? LibOSState.data([UInt8](repeating: 7, count: 32)) : LibOSState.data([])
    file.target = type == 0o120000 ? LibOSState.data(Array("target".utf8)) : LibOSState.data([])
    return file
  }

  private func listing(_ files: [Godwit_State_OutsideFile]) throws -> TreeListing {
    var message = Godwit_State_OutsideFiles()
    message.files = files
    return try TreeListing(OutsideFile.list(message.encoded()))
  }

  @Test func aProperListIsTaken() throws {
    let top = file("", 0o040000)
    let proper = try listing([top, file("a", 0o040000), file("a/b"), file("a/c", 0o120000)])
    #expect(proper.byteCount == 0 && proper.files.count == 4)
  }

  /// Nothing in a list leads out of the directory in which it is to be made.
  @Test(arguments: [
    "../x", "/x", "a/../x", "a//x", "a/.", "..", ".", "a/", "a\0", "missing/x", "link/x", "file/x",
    String(repeating: "n", count: 256), String(repeating: "a/", count: 2000) + "x",
  ])
  func aHostilePathIsRefused(_ path: String) throws {
    let before = [
      file("", 0o040000), file("a", 0o040000), file("file"), file("link", 0o120000),
    ]
    #expect(throws: SnapshotError.self) { try listing(before + [file(path)]) }
  }

  @Test func hostileListsAreRefused() throws {
    let top = file("", 0o040000)
    func refused(_ files: Godwit_State_OutsideFile..., line: Int = #line) {
      #expect(throws: SnapshotError.self, "line \(line)") { try listing(files) }
    }
    refused(file("a"))
    refused(top, top)
    refused(top, file("b"), file("a"))
    refused(file("", 0o120000))
    refused(top, file("a", 0o020000))
    refused(top, file("a", 0o060000))
    refused(top, file("a", 0o010000))
    refused(top, file("a", 0o140000))
    refused(top, file("a", 0))
    refused(top, file("a", 7))
    refused(top, file("a", size: nil))
    refused(top, file("a", size: .max))
    refused(top, file("a", size: 1 << 62), file("b", size: 1 << 62))
    var other = file("a")
    other.digest = LibOSState.data([1])
    refused(top, other)
    other = file("a")
    other.permissions = 0o10000
    refused(top, other)
    other = file("a", 0o120000)
    other.target = LibOSState.data([])
    refused(top, other)
    other = file("a")
    other.mount = 70000
    refused(top, other)
    other = file("a")
    other.modified.nanoseconds = 1_000_000_000
    refused(top, other)
    #expect(throws: SnapshotError.self) { try OutsideFile.list([1, 2, 3]) }
  }
}

import Foundation
import Testing

/// `reader.py` shares no code with Godwit and knows snapshots from the documents alone. What it makes of them
/// is what Godwit does.
@Suite struct StrangersReaderTests {
  /// What both list of a snapshot.
  private struct Listing: Decodable, Equatable {
    var header: Header
    var tasks: [Task]
    var memory: [Memory]
    var descriptors: [Descriptor]

    struct Header: Decodable, Equatable {
      var formatVersion: Int
      var abiVersion: Int
      var id: String
      var digest: String
      var created: Int
      var isa: String
      var libraryOS: String
      var host: String
      var requiredFeatures: [String]
      var parent: Parent?
    }

    struct Parent: Decodable, Equatable {
      var id: String
      var digest: String
      var name: String
    }

    struct Task: Decodable, Equatable {
      var tid: Int
      var pid: Int
      var name: String
      var state: String
      var programCounter: String
      var stackPointer: String
    }

    struct Memory: Decodable, Equatable {
      var pid: Int
      var executable: String
      var mappings: [Mapping]
    }

    struct Mapping: Decodable, Equatable {
      var start: String
      var end: String
      var permissions: String
      var offset: Int
      var name: String
    }

    struct Descriptor: Decodable, Equatable {
      var pid: Int
      var fd: Int
      var closeOnExec: Bool
      var offset: Int
      var file: String
    }

    init(_ path: String) throws {
      self = try JSONDecoder().decode(
        Listing.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    }
  }

  /// `reader` is the stranger. `take` leaves the snapshots `whole`, `first` and, on top of it, `second` and
  /// `third`, of a guest whose memory is known: `page FILE PID ADDRESS INDEX` says what the page so many behind
  /// the address is full of.
  private static let preamble = """
    reader() {
      /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/reader.py' "$@"
    }
    page() {
      reader page "$1" $2 $(($3 + $4 * 4096)) | fold -w 1 | sort | uniq -c | tr -s ' '
    }
    take() {
      cat >guest.py <<'END'
    import ctypes, mmap, os, threading, time
    private = mmap.mmap(-1, 12288, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    shared = mmap.mmap(-1, 12288)
    def fill(pages, letters):
        for index, letter in enumerate(letters):
            pages[index * 4096:(index + 1) * 4096] = bytes([letter]) * 4096
    def address(pages):
        return hex(ctypes.addressof(ctypes.c_char.from_buffer(pages)))
    def wait(name):
        while not os.path.exists('/mnt/' + name): time.sleep(0.01)
    fill(private, b'abc')
    fill(shared, b'ABC')
    passwords = open('/etc/passwd')
    passwords.readline()
    pipe = os.pipe()
    threading.Thread(target=time.sleep, args=(999,), daemon=True).start()
    child = os.fork()
    if not child: time.sleep(999)
    with open('/mnt/new', 'w') as file:
        print(address(private), address(shared), os.getpid(), child, sep='\\n', file=file)
    os.rename('/mnt/new', '/mnt/ready')
    wait('change')
    fill(private, b'aZ')
    os.rename('/mnt/change', '/mnt/changed')
    wait('go')
    os._exit(0)
    END
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 /mnt/guest.py </dev/null &
      await ready
      $G checkpoint guest -o first || exit
      touch change; await changed
      $G checkpoint guest -o second --parent first || exit
      $G checkpoint guest -o third --parent second --compress none || exit
      $G checkpoint guest -o whole --compress none || exit
      touch go; wait
      private=$(sed -n 1p ready); shared=$(sed -n 2p ready)
      pid=$(sed -n 3p ready); child=$(sed -n 4p ready)
    }

    """

  /// Whole and increment, compressed and not, by the table and from front to back.
  @Test(arguments: ["x86_64", "aarch64"]) func theyAgree(isa: String) throws {
    let scratch = try Scratch()
    let names = ["first", "second", "third", "whole"]
    let outcome = try scratch.shell(
      Self.preamble + """
        take
        for name in first second third whole; do
          reader verify $name >$name.verified || echo "verify $?"
          cat $name | reader verify - | cmp - $name.verified
          $G inspect --json $name >$name.inspected || echo "inspect $?"
          reader list $name >$name.listed || echo "list $?"
          cat $name | reader list - | cmp - $name.listed
        done
        """, isa: isa)
    #expect(outcome.text == "" && outcome.error == "", "\(outcome.text) \(outcome.error)")
    for name in names {
      let inspected = try Listing(scratch.path("\(name).inspected"))
      let listed = try Listing(scratch.path("\(name).listed"))
      #expect(inspected == listed, "\(name)")
      #expect(listed.header.parent?.name == ["second": "first", "third": "second"][name])
      #expect(Set(listed.tasks.map(\.pid)).count == 2 && listed.tasks.count == 3)
      #expect(listed.descriptors.contains { $0.file == "/etc/passwd" && $0.offset > 0 })
      let verified = try String(contentsOfFile: scratch.path("\(name).verified"), encoding: .utf8)
      #expect(
        verified.contains(
          ", \(inspected.header.id), \(inspected.header.digest), signed by SHA256:"),
        "\(verified)")
    }
  }

  /// Pages are found in the file or its parents, and are private or shared.
  @Test(arguments: ["x86_64", "aarch64"]) func pagesAreWhatTheGuestMadeThem(isa: String) throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        take
        for name in first second third whole; do
          echo $name
          page $name $pid $private 1
          page $name $pid $private 2
          page $name $child $private 1
          page $name $child $shared 0
          cat $name | page - $pid $private 1
        done
        """, isa: isa)
    func pages(_ changed: String) -> String {
      [changed, "c", "b", "A", changed].map { " 4096 \($0)\n" }.joined()
    }
    #expect(
      outcome.text
        == "first\n\(pages("b"))second\n\(pages("Z"))third\n\(pages("Z"))whole\n\(pages("Z"))",
      "\(outcome.text) \(outcome.error)")
    #expect(outcome.error == "", "\(outcome.error)")
  }

  /// One wrong bit anywhere, an end that is cut off, and something behind it, read either way.
  @Test func damageIsRefused() throws {
    let scratch = try Scratch()
    let taken = try scratch.shell(Self.preamble + "take")
    #expect(taken.text == "" && taken.error == "", "\(taken.text) \(taken.error)")
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.path("third"))))
    let count = bytes.count
    // The trailer ends where the signature begins, whose length is 12 bytes before the end.
    let end = count - 12 - Int(bytes[count - 12]) - Int(bytes[count - 11]) << 8
    let flipped = [
      0, 9, 12, 40, count / 4, count / 2, end - 140, end - 70, end - 64, end - 50, end - 20,
      end - 1, end, count - 12, count - 1,
    ]
    var damaged = flipped.map { index in
      var copy = bytes
      copy[index] ^= 1
      return copy
    }
    let lengths = [8, 100, count / 2, end - 64, end - 1, end + 1, count - 1]
    damaged += lengths.map { Array(bytes[..<$0]) }
    damaged += [bytes + [0], bytes + bytes, Array(bytes[..<end]) + [0], []]
    for (number, bytes) in damaged.enumerated() {
      try Data(bytes).write(to: URL(fileURLWithPath: scratch.path("damaged-\(number)")))
    }
    let outcome = try scratch.shell(
      Self.preamble + """
        for name in damaged-*; do
          reader verify $name && echo "$name is whole"
          cat $name | reader verify - && echo "$name is whole from front to back"
        done
        """)
    let refusals = outcome.error.split(separator: "\n")
    #expect(outcome.text == "")
    #expect(refusals.count == 2 * damaged.count, "\(outcome.error)")
    #expect(refusals.allSatisfy { $0.hasPrefix("reader.py: ") }, "\(outcome.error)")
  }

  /// Without its signature a snapshot is whole. Without its parent, it can be listed.
  @Test func whatCanBeLacking() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        take
        signed=$(stat -c %s whole); length=$(od -An -t u4 -j $((signed - 12)) -N 4 whole)
        head -c $((signed - length - 12)) whole >unsigned
        reader verify unsigned | grep -o 'not signed'; cat unsigned | reader verify - | grep -o 'not signed'
        mv first away; reader list second | cmp - <(cat second | reader list -)
        reader verify third; cp whole first; reader verify third
        cp away first; printf '\\001' | dd of=first bs=1 seek=9 conv=notrunc 2>/dev/null
        reader verify third
        mv away first; reader verify third | grep -o 'whole, 3 in the chain'
        """)
    #expect(
      outcome.text == "not signed\nnot signed\nwhole, 3 in the chain\n", "\(outcome.text)")
    #expect(
      outcome.error == """
        reader.py: third: missingParent: first
        reader.py: third: wrongParent: first
        reader.py: third: inParent: first: checksumMismatch: the header

        """, "\(outcome.error)")
  }

  /// Sealed by `age` and by a client, whole and increment, at random and from front to back.
  @Test func sealedOnesAreRead() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        age-keygen -o key 2>/dev/null; A=$(age-keygen -y key); age-keygen -o other 2>/dev/null
        (umask 077; echo 'correct horse' >pass)
        take
        mkdir sealed
        for name in first second third whole; do
          age -r $(age-keygen -y other) -r $A -o sealed/$name $name
          reader list $name >listed; reader verify $name >verified
          reader -i key list sealed/$name | cmp - listed
          reader -i key verify sealed/$name | cmp - verified
          cat sealed/$name | reader -i key --directory sealed list - | cmp - listed
          cat sealed/$name | reader -i other --directory sealed verify - | cmp - verified
        done
        cp sealed/first first
        reader -i key verify third | grep -o 'whole, 3 in the chain'
        rm ready go; hold 300000 >/dev/null & await ready
        $G suspend guest -o locked --passphrase-file pass; wait; touch go
        reader --passphrase-file pass verify locked | grep -o 'signed by'
        cat locked | reader --passphrase-file pass verify - | grep -o 'signed by'
        """)
    #expect(
      outcome.text == "whole, 3 in the chain\nsigned by\nsigned by\n",
      "\(outcome.text) \(outcome.error)")
    #expect(outcome.error == "", "\(outcome.error)")
  }

  /// What can't be opened is named as in the document.
  @Test func whatIsSealedToOthersIsRefused() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        age-keygen -o key 2>/dev/null; A=$(age-keygen -y key); age-keygen -o other 2>/dev/null
        $G run --root $R --suspend-at-syscall 20 --output sealed --encrypt-to $A -- /bin/true
        age -a -r $A -o armored sealed
        size=$(stat -c %s sealed)
        head -c $((size - 1)) sealed >cut; head -c 50 sealed >short; (cat sealed; echo) >longer
        sed 's,^--- .,--- A,' sealed >mac
        sed 's,v1,v2,' sealed >newer
        for file in sealed cut short longer mac newer armored; do
          reader -i key verify $file; cat $file | reader -i key verify - >/dev/null
        done 2>&1 | grep -v whole | cut -d: -f3
        for key in other key; do reader -i $key verify sealed; done 2>&1 | cut -d: -f3- | cut -d, -f1
        reader verify sealed
        """)
    let names = [
      "wrongLastChunk", "truncated", "wrongLastChunk", "wrongHeaderMAC", "unsupportedVersion",
      "armored",
    ]
    let text = names.flatMap { [" \($0)\n", " \($0)\n"] }.joined()
    #expect(outcome.text.hasPrefix(text + " noMatch"), "\(outcome.text) \(outcome.error)")
    #expect(outcome.error == "reader.py: sealed: needsIdentity: it is for X25519\n")
  }
}

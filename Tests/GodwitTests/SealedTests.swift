import Foundation
import Testing

/// Snapshots encrypted in the age format; `age` itself is what judges them.
@Suite struct SealedTests {
  /// `key` and `other` are identities, `$A` and `$B` their recipients, and `pass` has a passphrase.
  private static let preamble = """
    age-keygen -o key 2>/dev/null; A=$(age-keygen -y key)
    age-keygen -o other 2>/dev/null; B=$(age-keygen -y other)
    (umask 077; echo 'correct horse' >pass)

    """

  /// What a client seals is the snapshot as it would be, its signature within.
  @Test func ageOpensWhatIsSealed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        hold 3000000 >out &
        await ready
        $G checkpoint guest -o one --encrypt-to $A
        echo "# the others" >list; echo $B >>list
        $G checkpoint guest -o two --encrypt-to $A --encrypt-to-file list
        touch go; wait; cat out
        stat -c '%a %n' one two
        age -d -i key one >plain1; age -d -i other two >plain2; age -d -i other one 2>/dev/null || echo refused
        for n in 1 2; do $G verify plain$n | grep -o 'signed by your own key'; done
        [ "$($G verify plain1 | cut -d: -f2)" = "$($G verify -i key one | cut -d: -f2)" ] && echo the same
        [ "$($G digest -v plain2)" = "$($G digest -v -i other two)" ] && echo the same state
        [ "$($G inspect plain2)" = "$($G inspect -i key two)" ] && echo the same report
        grep -c -a GODWIT one two plain1
        $G resume --mount .:/mnt -i key one
        ls -A | grep tmp
        """)
    #expect(
      outcome.text == """
        True
        600 one
        600 two
        refused
        signed by your own key
        signed by your own key
        the same
        the same state
        the same report
        one:0
        two:0
        plain1:1
        True

        """, "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// What `age` seals is resumed; and suspended, sealed, by the process that runs the guest.
  @Test(arguments: ["x86_64", "aarch64"]) func whatAgeSealsIsResumed(_ isa: String) throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        $G run --root $R --suspend-at-syscall 1500 --output plain -- /usr/bin/python3 -c "
        import time
        for i in range(3000): time.sleep(0)
        print('arrived')"
        age -r $B -r $A plain >sealed
        $G resume -i key sealed
        $G resume sealed -i other --suspend-at-syscall 2000 --output again --encrypt-to $A
        $G resume --identity key again
        age -d -i key again >opened && $G resume opened
        """, isa: isa)
    #expect(outcome.text == "arrived\narrived\narrived\n", "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// Passphrases, both ways: `age` takes them from a terminal only.
  @Test func passphrasesAreThoseOfAge() throws {
    let scratch = try Scratch()
    let sealed = try scratch.shell(
      Self.preamble + """
        hold 100000 >out &
        await ready
        $G suspend guest -o ours --passphrase-file pass
        wait; touch go
        $G verify ours --passphrase-file pass | grep -o 'signed by your own key'
        $G resume ours --mount .:/mnt --passphrase-file pass
        """)
    #expect(sealed.text == "signed by your own key\nTrue\n", "\(sealed.text) \(sealed.error)")
    #expect(sealed.error.isEmpty, "\(sealed.error)")

    let opening = try Terminal()
    try opening.start(["/usr/bin/age", "-d", "-o", scratch.path("plain"), scratch.path("ours")])
    try opening.expect("passphrase")
    opening.type("correct horse\r")
    #expect(try opening.wait() == 0, "\(opening.screen)")

    let sealing = try Terminal()
    try sealing.start(["/usr/bin/age", "-p", "-o", scratch.path("theirs"), scratch.path("plain")])
    for _ in 0..<2 {
      try sealing.expect("passphrase")
      sealing.type("correct horse\r")
    }
    #expect(try sealing.wait() == 0, "\(sealing.screen)")

    let opened = try scratch.shell(
      """
      $G verify plain | grep -o 'signed by your own key'
      $G resume theirs --mount .:/mnt --passphrase-file <(echo 'correct horse')
      """)
    #expect(opened.text == "signed by your own key\nTrue\n", "\(opened.text) \(opened.error)")
    #expect(opened.error.isEmpty, "\(opened.error)")
  }

  /// Links may be sealed, to one or the other, or not at all.
  @Test func chainsMayBeMixed() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        hold 3000000 >out &
        await ready
        $G checkpoint guest -o 1 --encrypt-to $A
        $G checkpoint guest -o 2 --parent 1; echo $?
        $G checkpoint guest -o 2 --parent 1 -i key
        $G checkpoint guest -o 3 --parent 2 -i key --encrypt-to $B
        $G suspend guest -o 4 --parent 3 -i key -i other --encrypt-to $A
        wait; touch go
        $G verify 4 -i key; echo $?
        $G verify 4 -i key -i other | cut -d, -f1
        $G diff 3 4 -i key -i other >/dev/null; echo $?
        $G ls -i key -i other | tr -s ' ' | cut -d ' ' -f 1,6,7
        $G ls -i other | tr -s ' ' | sed 's,.* - ,,' | grep -v NAME
        $G flatten 4 -i key -i other -o whole; $G verify whole | cut -d, -f1
        $G flatten 4 -i key -i other -o sealed --encrypt-to $B; $G verify -i other sealed | cut -d, -f1
        [ "$($G digest whole)" = "$($G digest -i other sealed)" ] && echo the same
        $G resume --mount .:/mnt 4 -i key -i other
        $G resume --mount .:/mnt sealed -i other
        """)
    #expect(
      outcome.text == """
        125
        125
        4: whole
        0
        NAME LINK PARENT
        1 1 -
        2 2 1
        3 3 2
        4 4 3
        sealed: encrypted to 1 X25519 recipient, and to none of the identities given
        1 /usr/bin/python3.11: its parent 1 is sealed
        2 /usr/bin/python3.11: its chain is broken at 2
        sealed: encrypted to 1 X25519 recipient, and to none of the identities given
        whole: whole
        sealed: whole
        the same
        True
        True

        """, "\(outcome.text)")
    #expect(
      outcome.error == """
        godwit: 1: encrypted to 1 X25519 recipient: say --identity FILE
        godwit: 3: encrypted to 1 X25519 recipient, and to none of the identities given
        godwit: whole is not sealed, as 4 is: add --encrypt-to

        """, "\(outcome.error)")
  }

  /// One line names what is wrong and what to do, and nothing is lost.
  @Test func whatIsWrongIsNamed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        hold 100000 >out &
        await ready
        $G checkpoint guest -o sealed --encrypt-to $A; cp sealed before
        try() { "$@"; [ $? = 125 ] || echo "$*: $?"; }
        : >empty; printf '\\n' >blank; printf 'two\\nlines\\n' >lines; chmod 600 empty blank lines
        for command in "checkpoint guest" "suspend guest"; do
          try $G ${command% *} guest -o sealed --encrypt-to age1wrong
          try $G ${command% *} guest -o sealed --encrypt-to "$(tail -1 key)"
          try $G ${command% *} guest -o sealed --encrypt-to-file missing
          try $G ${command% *} guest -o sealed --encrypt-to-file empty
          try $G ${command% *} guest -o sealed --passphrase-file empty
          try $G ${command% *} guest -o sealed --passphrase-file blank
          try $G ${command% *} guest -o sealed --passphrase-file lines
          try $G ${command% *} guest -o sealed --passphrase-file pass --encrypt-to $A
        done
        cmp sealed before; touch go; wait; cat out
        age -r $A <sealed >twice; age -a -r $A <sealed >armored; echo text | age -r $A >text
        head -c 100 sealed >short; head -c 70000 sealed >cut; tail -c +200 sealed >tail
        sed 's,v1,v2,' sealed >newer; sed 's,^--- .,--- A,' sealed >mac
        cp sealed chunk; printf 'x' | dd of=chunk bs=1 seek=500 conv=notrunc 2>/dev/null
        for command in resume inspect verify digest "flatten -o flat" "export --core"; do
          for file in "sealed" "sealed -i other" "sealed -i missing" "sealed -i pass" "sealed --passphrase-file pass" \\
            "armored -i key" "short -i key" "cut -i key" "newer -i key" "mac -i key" "chunk -i key" "text -i key"; do
            IFS=' '
            [ "$command" = "export --core" ] && file="$file core"
            try $G $command $file
            IFS=$'\\n'
          done
        done >/dev/null
        [ -e flat ] || [ -e core ] || echo nothing was written
        """)
    #expect(outcome.text == "True\nnothing was written\n", "\(outcome.text)")
    let lines = outcome.error.split(separator: "\n").map(String.init)
    let client = [
      "--encrypt-to: a damaged recipient", "--encrypt-to: a secret key, not a recipient",
      "missing: no such file or directory", "empty: there is no key in it",
      "empty: the passphrase is empty", "blank: the passphrase is empty",
      "lines: a passphrase is one line, and there are several",
      "--encrypt-to and --passphrase-file exclude each other",
    ]
    let reading = [
      "sealed: encrypted to 1 X25519 recipient: say --identity FILE",
      "sealed: encrypted to 1 X25519 recipient, and to none of the identities given",
      "missing: no such file or directory", "pass: line 1: not a key AGE-SECRET-KEY-1…",
      "sealed: encrypted to 1 X25519 recipient: say --identity FILE",
      "armored: an armored age file can't be read at random: remove the armor first",
      "short: the encrypted file is truncated at byte 100",
      "cut: the encrypted file was cut off or is damaged: its last chunk is wrong",
      "newer: encrypted in version \"v2\" of the age format; v1 is supported",
      "mac: its age header is damaged: wrong MAC",
      "chunk: the snapshot can't be read: the encrypted file is damaged: its chunk 0 is wrong",
      "text: not a snapshot",
    ]
    let expected = client + client + (0..<6).flatMap { _ in reading }
    #expect(lines.count == expected.count, "\(outcome.error)")
    for (line, wanted) in zip(lines, expected) { #expect(line == "godwit: " + wanted) }
  }

  /// As ssh does for its keys.
  @Test func secretsThatOthersCanReadAreNoted() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        chmod 644 key; chmod 640 pass
        $G run --root $R --suspend-at-syscall 20 --output sealed --encrypt-to $A -- /bin/true
        $G verify -i key sealed >/dev/null
        $G verify -i key sealed --passphrase-file pass >/dev/null
        """)
    let key = "godwit: warning: others can read key: its mode is 0644\n"
    #expect(
      outcome.error == key + key + "godwit: warning: others can read pass: its mode is 0640\n")
  }

  /// A disk that is full costs the new snapshot only.
  @Test(.enabled(if: Native.isPossible, "needs a small tmpfs, and this host lets nobody mount one"))
  func aFullDiskHarmsNothing() throws {
    let outcome = try Scratch().shell(
      Self.preamble + """
        mkdir full && mount -t tmpfs -o size=1m tmpfs full
        hold 4000000 >out &
        await ready
        for command in checkpoint suspend; do
          $G $command guest -o full/sealed --encrypt-to $A; echo $?
        done
        ls -A full; touch go; wait; cat out
        """, namespaces: true)
    #expect(outcome.text == "125\n125\nTrue\n", "\(outcome.text)")
    let line = "godwit: guest: full/sealed: no space left on device\n"
    #expect(outcome.error == line + line, "\(outcome.error)")
  }

  /// While the guest runs, nothing of the identity is left in the memory of its process.
  @Test func theIdentityDoesNotStayInMemory() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        hold 100000 >out &
        await ready
        $G suspend guest -o sealed --encrypt-to $A
        wait; rm ready
        cat >scan.py <<'END'
        import os, subprocess, sys, time
        def secret(text):
            digits = [("qpzry9x8gf2tvdw0s3jn54khce6mua7l").index(c) for c in text.lower().split("1", 1)[1]]
            number = 0
            for digit in digits[:-6]: number = number << 5 | digit
            return (number >> 4).to_bytes(32, "big")
        text = open("key").read().split()[-1]
        wanted = {"option": b"--sandbox=off", "text": text.encode(), "lower": text.lower().encode(), "key": secret(text)}
        command = sys.argv[1:] + ["resume", "sealed", "--name", "guest", "--mount", ".:/mnt", "--sandbox=off"]
        def found(identity):
            if os.path.exists("there"): os.remove("there")
            process = subprocess.Popen(command + ["-i", identity])
            for _ in range(1200):
                ps = subprocess.run(sys.argv[1:] + ["ps"], capture_output=True, text=True).stdout
                if "guest " in ps: break
                time.sleep(0.05)
            time.sleep(0.5)
            names = set()
            with open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
                for line in open(f"/proc/{process.pid}/maps"):
                    if "rw" not in line.split()[1]: continue
                    start, end = (int(word, 16) for word in line.split()[0].split("-"))
                    while start < end:
                        size = min(end - start, 1 << 24)
                        try:
                            memory.seek(start)
                            piece = memory.read(size)
                        except OSError: break
                        names |= {name for name, bytes in wanted.items() if bytes in piece}
                        # What is never used is never there.
                        if size == 1 << 24 and not piece.strip(b"\\0"): break
                        start += size
            process.kill()
            process.wait()
            return sorted(names)
        print(found("key"))
        END
        /usr/bin/python3 scan.py $G 2>&1
        """)
    #expect(outcome.text == "['option']\n", "\(outcome.text) \(outcome.error)")
  }
}

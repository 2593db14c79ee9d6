import Foundation
import Testing

/// Stores that are encrypted with a key of their own, and sealed snapshots in stores that are not.
@Suite struct SealedStoreTests {
  /// `key` and `other` are identities, `$A` and `$B` their recipients, and `pass` has a passphrase. `flip FILE BYTE`
  /// alters a bit.
  private static let preamble = """
    age-keygen -o key 2>/dev/null; A=$(age-keygen -y key)
    age-keygen -o other 2>/dev/null; B=$(age-keygen -y other)
    (umask 077; echo 'correct horse' >pass)
    flip() { printf "\\\\x$(printf %02x $(( $(od -An -tu1 -j $2 -N 1 $1) ^ 16 )))" | dd of=$1 bs=1 seek=$2 conv=notrunc status=none; }

    """

  /// Nothing of the guest can be read without the key, and with it everything is as in any store.
  @Test(arguments: ["x86_64", "aarch64"]) func aSealedStoreIsAStore(_ isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        $G store init s --encrypt-to $A --encrypt-to $B && cat s/godwit-store
        hold 2000000 >out & await ready
        $G checkpoint guest -o store:s/a --identity key --compress none; before=$(du -sb s | cut -f1)
        $G checkpoint guest -o store:s/b --identity other; after=$(du -sb s | cut -f1)
        [ $(( after - before )) -lt 150000 ] || echo "$before, and $after with the second"
        $G suspend guest -o store:s/c -i key; wait
        # Texts that each of these has in plain: programs, paths, the names of a format.
        $G flatten store:s/a -i key -o plain --compress none 2>/dev/null
        for text in GODWIT python3 /usr/lib; do
          grep -q -a $text plain || echo "no $text in the plain one"
          grep -r -l -a $text s/packs s/snapshots s/key
        done
        for name in a b c; do
          $G verify store:s/$name -i other | grep -q 'signed by your own key' || echo "$name is not whole"
        done
        [ $($G digest plain) = $($G digest store:s/a -i key) ] || echo "another digest"
        $G store ls s -i key --json | grep -c ownSize; $G store verify s --identity key | grep -c whole
        $G store verify s | grep -c 'not opened'
        rm s/snapshots/a s/snapshots/b; $G store gc s >/dev/null && $G store verify s -i key >/dev/null && echo still whole
        age -d -i other s/key | head -n 1; touch go
        $G resume store:s/c -i key; $G resume --lazy store:s/c -i other
        """, isa: isa, limit: 600)
    #expect(
      outcome.text == """
        godwit store 1 sealed
        3
        1
        1
        still whole
        godwit store key 1
        True
        True

        """, "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// `store.py` knows stores from the documents alone. What it puts together is the snapshot, byte for byte.
  @Test func strangersReadWhatIsDocumented() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        read() { /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/store.py' "$@"; }
        $G store init s --encrypt-to $A
        hold 300000 >out & await ready
        $G checkpoint guest -o store:p/a; $G checkpoint guest -o store:p/b
        $G checkpoint guest -o store:s/a -i key; $G checkpoint guest -o store:s/b --compress none -i key
        touch go; wait; cat out
        for name in a b; do
          read p $name >plain; age -d -i key s/key | read s $name >sealed
          $G verify plain | sed 's/^plain//'; $G verify store:p/$name | sed "s|^store:p/$name||"
          $G verify sealed | sed 's/^sealed//'; $G verify store:s/$name -i key | sed "s|^store:s/$name||"
          $G resume --mount .:/mnt sealed
        done >lines; grep -c True lines; grep -v True lines | uniq -c | grep -c '^ *2 .*signed by your own key'
        mv s/snapshots/a s/snapshots/c; age -d -i key s/key | read s c
        """, limit: 300)
    #expect(outcome.text == "True\n2\n4\n", "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error == "store.py: a message of manifest is not what was encrypted\n",
      "\(outcome.error)")
  }

  /// Whoever can write to the disk can destroy, and nothing else.
  @Test func whatIsAlteredIsRefusedByName() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        $G store init s --encrypt-to $A
        hold 1000000 >out & await ready
        $G checkpoint guest -o store:s/a -i key; $G checkpoint guest -o store:s/b -i key
        pack=$(ls s/packs/* | head -n 1); size=$(stat -c %s $pack)
        for place in 3 9 13 20 $(( size / 2 )) $(( size / 3 )) $(( size - 1000 )) $(( size - 20 )); do
          rm -rf t; cp -r s t; flip t/packs/$(basename $pack) $place
          $G store verify t -i key >/dev/null 2>&1 && echo "not found at $place"
          $G store verify t >/dev/null 2>&1 && echo "not found without the key at $place"
          $G verify store:t/a -i key >/dev/null 2>error && echo "not found in a at $place"
          [ $(wc -l <error) = 1 ] && grep -q 'store:t/a: ' error || cat error
          # A new snapshot does not take it over.
          $G checkpoint guest -o store:t/new -i key && $G verify store:t/new -i key >/dev/null || echo "new, $place"
        done
        for place in 3 9 13 40 300 $(( $(stat -c %s s/snapshots/a) - 5 )); do
          rm -rf t; cp -r s t; flip t/snapshots/a $place
          $G resume store:t/a -i key 2>error && echo "not found at $place"; grep -c 'store:t/a: ' error
          $G verify store:t/b -i key >/dev/null || echo "b, $place"
        done
        # One snapshot under the name of another, and one store's key in another.
        rm -rf t; cp -r s t; mv t/snapshots/a t/snapshots/b; $G resume store:t/b -i key
        rm -rf t; cp -r s t; $G store init u --encrypt-to $A; cp u/key t/key; $G resume store:t/a -i key
        flip u/key 230; $G store ls u -i key; touch go; wait; cat out
        """, limit: 600)
    #expect(outcome.text == "1\n1\n1\n1\n1\n1\nTrue\n", "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("godwit: ") }, "\(outcome.error)")
    for (line, part) in zip(lines, ["store:t/b: ", "store:t/a: ", "u/key: "]) {
      #expect(line.contains(part), "\(line)")
    }
  }

  /// What can't be used is refused in one line that names it.
  @Test func mistakesAreNamed() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        $G store init s --encrypt-to $A; $G store init p
        $G run --root $R --suspend-at-syscall 5 --output file -- /bin/true
        $G store init s; $G store init p --encrypt-to $A
        $G flatten file -o store:s/x; $G flatten file -o store:s/x -i other
        $G flatten file -o store:s/x -i key --encrypt-to $B
        $G flatten file -o store:s/x -i key || echo $?
        $G resume store:s/x; $G resume store:s/x -i other; $G resume store:s/x --passphrase-file pass
        $G store ls s; $G store verify s -i other
        $G run --root $R --suspend-at-syscall 5 --output store:s/y -- /bin/true
        $G run --root $R --checkpoint-every 1h --checkpoint-dir s -- /bin/true
        $G run --root $R --checkpoint-every 1h --checkpoint-dir s --encrypt-to $B -- /bin/true
        $G run --root $R --checkpoint-every 1h --checkpoint-dir p --encrypt-to $B -- /bin/true
        $G run --root $R --checkpoint-every 1h --checkpoint-dir p --identity key -- /bin/true
        $G run --root $R --checkpoint-every 1h --checkpoint-dir new --identity key -- /bin/true; ls new 2>/dev/null
        $G resume store:s/x -i key --checkpoint-every 1h --checkpoint-dir p
        # As if the seal had been taken away.
        cp -r s t; echo 'godwit store 1' >t/godwit-store
        $G checkpoint guest -o store:t/y -i key; $G resume store:t/x -i key
        rm s/key; $G resume store:s/x -i key
        """)
    let needs = "encrypted to 1 X25519 recipient: say --identity FILE"
    let others = "encrypted to 1 X25519 recipient, and to none of the identities given"
    let there = "the store is there already"
    #expect(
      outcome.error == """
        godwit: s: there is a store already
        godwit: p: there is a store already
        godwit: s/key: \(needs)
        godwit: s/key: \(others)
        godwit: store:s/x: the store is sealed itself, to whom it was made for
        godwit: s/key: \(needs)
        godwit: s/key: \(others)
        godwit: s/key: \(needs)
        godwit: s/key: \(needs)
        godwit: s/key: \(others)
        godwit: store:s/y: a process that runs a guest must not have the key of a sealed store: use godwit suspend
        godwit: s/key: \(needs)
        godwit: s: \(there), sealed to whom it was made for
        godwit: p: \(there), and not sealed
        godwit: p: the store is not sealed
        godwit: new: there is no store: --encrypt-to makes one that is sealed
        godwit: p: the checkpoints are not sealed, as store:s/x is: add --encrypt-to
        godwit: store:t/y: the store is not sealed
        godwit: store:t/x: the snapshot is malformed: its manifest has version 2, not 1
        godwit: s/key: no such file or directory

        """, "\(outcome.text)")
    #expect(outcome.text == "" && outcome.status == 125, "\(outcome.text)")
  }

  /// A run seals its checkpoints, and is recovered by who has the key.
  @Test(arguments: ["--encrypt-to", "--passphrase-file"])
  func aRunSealsItsCheckpoints(_ how: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        [ \(how) = --encrypt-to ] && seal="--encrypt-to=$A" open=--identity=key || {
          seal=--passphrase-file=pass; open=--passphrase-file=pass; }
        guest='touch /mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.05; done; echo unharmed'
        $G run --name guest --checkpoint-every 200ms --checkpoint-dir d --keep 2 $seal --root $R --mount .:/mnt -- \\
          /bin/sh -c "$guest" >out 2>&1 & run=$!
        await ready; until [ $(ls d/snapshots 2>/dev/null | wc -l) -ge 2 ]; do sleep 0.1; done
        # Old checkpoints are removed meanwhile.
        grep -r -s -l -a -e GODWIT -e /bin/sh d/packs d/snapshots
        # The secret is in no command line.
        tr '\\0' '\\n' </proc/$run/cmdline | grep -c AGE-SECRET
        kill -KILL $run; wait $run 2>/dev/null
        $G recover d; echo $?
        $G recover d $open --name guest --checkpoint-every 200ms --keep 2 >out 2>&1 & run=$!
        newest=$(ls d/snapshots | tail -n 1); until [ $(ls d/snapshots | tail -n 1) != $newest ]; do sleep 0.05; done
        touch go; wait $run; cat out
        $G store gc d >/dev/null; $G store verify d $open | grep -c whole
        # The guest may end before the oldest is removed.
        [ $(ls d/snapshots | wc -l) -le 3 ] || ls d/snapshots
        $G resume store:d/$(ls d/snapshots | tail -n 1) $open
        """, limit: 300)
    #expect(
      outcome.text == "0\n125\nunharmed\n1\nunharmed\n", "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error.split(separator: "\n").count == 1 && outcome.error.hasPrefix("godwit: d/key: "),
      "\(outcome.error)")
  }

  /// A snapshot that is sealed for itself is one file of a store that is not.
  @Test func aSealedSnapshotIsStoredWhole() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.preamble + """
        hold 1000000 >out & await ready
        $G checkpoint guest -o store:s/sealed --encrypt-to $A; $G checkpoint guest -o store:s/plain
        ls s/packs | wc -l; age -d -i key s/snapshots/sealed >opened && $G verify opened | grep -o 'signed by your own key'
        $G store ls s | grep -c 'say --identity'; $G store ls s -i key | grep -c python3
        $G store verify s | grep -o '1 of the snapshots are sealed'; $G store verify s -i key | grep -c sealed
        $G store gc s >/dev/null; touch go; wait
        $G resume store:s/sealed; $G resume store:s/sealed -i other
        for name in sealed plain; do $G resume store:s/$name -i key; done
        $G flatten store:s/sealed -i key -o flat; flip s/snapshots/sealed 200000; $G store verify s -i key
        """, limit: 300)
    #expect(
      outcome.text == """
        1
        signed by your own key
        1
        2
        1 of the snapshots are sealed
        0
        True
        True

        """, "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 5, "\(outcome.error)")
    for (line, part) in zip(
      lines,
      [
        "store:s/sealed: encrypted to", "none of the identities", "is not sealed, as",
        "store:s/sealed: ", "s: 1 faults",
      ])
    {
      #expect(line.contains(part), "\(line)")
    }
  }
}

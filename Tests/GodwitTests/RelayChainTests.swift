import Foundation
import Picoprocess
import Testing

/// A guest that moves on leaves a chain of relays, which its first machine shortens if it may reach the last one.
@Suite struct RelayChainTests {
  /// `go FROM TO PORT` moves the guest, which has its port at `${P[PORT]}` there, and forwards nothing. `detours MACHINE`
  /// waits until its relays there have ended, and `shown MACHINE` says where they lead.
  private static let tools =
    RelayTests.tools + """
      export BLOCKS=3000
      go() {
        move $1 $2 --connections relay --forward-for ${forward:-0} --remote-publish ${P[$3]}:80 "${@:4}"; echo "to $2: $?"
      }
      shown() { at $1 ps | sed -n 's/^.*relaying.*, //p' | sort -u; }
      led() { for i in $(seq 400); do [ "$(shown $1)" = "now at ssh://$2" ] && return; sleep 0.05; done; shown $1; }
      over() { for place in "$@"; do ended $place; done; }
      halt() { for relay in $(at $1 ps | grep -o '^relay-[^ ]*'); do at $1 stop $relay; done; ended $1; }

      """

  /// Connections in use, and new ones from before and after, need the machine between no more.
  @Test func aChainIsShortened() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; forward=10m; for a in download upload echo; do ask ${P[0]} $a $a; done
        go here there 1 --follow ssh://third; ask ${P[0]} echo between
        forward=0; go there third 2; led here third; ask ${P[0]} echo after
        at there ps | grep -c 'by way of'; shown there
        touch go; answers download upload echo between after
        over there; echo "nothing is left there"; halt here; over third; end third
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\n1\nby way of the sender\nnow at ssh://third\n"
        + "download ok\nupload ok\necho ok\nbetween ok\nafter ok\nnothing is left there\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A connection on which nothing is under way leaves the machine between at once, and that may go.
  @Test(arguments: ["migrate", "fetch"]) func theMachineBetweenMayGo(_ verb: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo first; ask ${P[0]} echo second
        go here there 1 --follow ssh://third
        if [ \(verb) = migrate ]; then
          go there third 2
        else
          mkdir -m 700 third; at third fetch ssh://there/guest --ssh $PWD/link --remote-godwit $G --connections relay \
            --forward-for 0 --root $R --mount .:/mnt --publish ${P[2]}:80; echo "to third: $?"
        fi
        over there; shown here; touch go; answers first second; over here third; end third
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nnow at ssh://third\nfirst ok\nsecond ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// The shortcut breaks again and again; or that and all other links do.
  @Test(arguments: [
    ("shortcut=yes", "download"), ("shortcut=yes", "upload"), ("shortcut=yes cut=yes", "upload"),
  ])
  func aShortcutIsMadeAnew(_ cuts: String, _ action: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        [ \(action) = download ] || BLOCKS=1200; serve; ask ${P[0]} \(action) client; \(cuts)
        go here there 1 --follow ssh://third; go there third 2; led here third
        touch go; answers client; over here there third; end third
        """)
    #expect(
      outcome.text == "to there: 0\nto third: 0\nclient ok\n", "\(outcome.text) \(outcome.error)")
  }

  /// The shortcut leads past two machines.
  @Test func aLongChainIsShortened() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        go here there 1 --follow ssh://fourth; go there third 2; go third fourth 3; led here fourth
        touch go; answers download upload echo; over here there third fourth; end fourth
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nto fourth: 0\ndownload ok\nupload ok\necho ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// The guest moves on from where a shortcut leads, and there is another one.
  @Test func oneShortcutFollowsAnother() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo first; ask ${P[0]} echo second
        go here there 1 --follow ssh://third --follow ssh://fourth; go there third 2; led here third; over there
        go third fourth 3; led here fourth; over third
        touch go; answers first second; over here fourth; end fourth
        """)
    #expect(
      outcome.text == "to there: 0\nto third: 0\nto fourth: 0\nfirst ok\nsecond ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// The guest comes home from where the shortcut leads.
  @Test func connectionsComeHomeByAShortcut() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        forward=10m; go here there 1 --follow ssh://third; forward=0; go there third 2; led here third
        go third here 0; touch go; answers download upload echo; over there third here; where; end here
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nto here: 0\ndownload ok\nupload ok\necho ok\nhere: guest\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// The guest goes there and comes home twice, while a client of its console has relays stay that connections no longer go by.
  @Test func connectionsLeaveHomeAgain() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; at here wait guest >status & waiter=$!; ask ${P[0]} echo first; ask ${P[0]} echo second
        left() { for i in $(seq 400); do at there ps | grep -q '[2-9] connections of' || return; sleep 0.05; done; at there ps; }
        for move in 1 2; do go here there 1; go there here 0; left; done
        touch go; answers first second; end here; wait $waiter; cat status; over here there
        """)
    #expect(
      outcome.text
        == "to there: 0\nto here: 0\nto there: 0\nto here: 0\nfirst ok\nsecond ok\n137\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Who is attached, and a foreground run, take the shortcut, too.
  @Test func clientsTakeAShortcut() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        mkfifo keys; exec 9<>keys
        at here run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
          : >/mnt/ready; while read a; do echo "got $a"; [ "$a" != end ] || exit 7; done' <keys >out 2>/dev/null 9>&- & source=$!
        type() { echo $1 >&9; for i in $(seq 400); do grep -q "got $1" out && return; sleep 0.05; done; echo "no $1"; }
        await ready; type one
        move here there --connections relay --follow ssh://third; echo "to there: $?"; type two
        move there third --connections relay; echo "to third: $?"; over there; type three; shown here
        type end; wait $source; echo "status $?"; cat out; over here third
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nnow at ssh://third\nstatus 7\n"
        + "got one\ngot two\ngot three\ngot end\n", "\(outcome.text) \(outcome.error)")
  }

  /// Those that the first machine's configuration names are followed, too, also where the guest was fetched from.
  @Test(arguments: ["migrate", "fetch"]) func theConfigurationNamesMachines(_ verb: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        mkdir -p config/godwit bin; ln -s $G bin/godwit
        printf '# Where it may go.\n\nssh://there\n\tssh://third # by train\n' >config/godwit/follow
        export XDG_CONFIG_HOME=$PWD/config GODWIT_SSH=$PWD/link PATH=$PWD/bin:$PATH
        serve; ask ${P[0]} echo first; ask ${P[0]} echo second
        if [ \(verb) = migrate ]; then
          go here there 1
        else
          at there fetch ssh://here/guest --connections relay --forward-for 0 --root $R --mount .:/mnt --publish ${P[1]}:80
          echo "to there: $?"
        fi
        go there third 2; led here third; over there; shown here; touch go; answers first second; over here third; end third
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nnow at ssh://third\nfirst ok\nsecond ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A line of the configuration that names no machine is named, and nothing moves.
  @Test func aWrongLineIsNamed() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        mkdir -p config/godwit; echo 'ssh://third ssh://fourth' >config/godwit/follow
        export XDG_CONFIG_HOME=$PWD/config
        serve; go here there 1 2>error; sed "s|$PWD/||" error; where; end here
        """)
    #expect(
      outcome.text == """
        to there: 125
        godwit: config/godwit/follow: 'ssh://third ssh://fourth' is not a machine as in ssh://[user@]host[:port]
        here: guest

        """, "\(outcome.text) \(outcome.error)")
  }

  // MARK: Other versions

  /// An end of the first version relays, and hears of no shortcut.
  @Test func anEndOfTheFirstVersion() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        speaks='1 1' go here there 1 --follow ssh://third; go there third 2; sleep 1; shown here; ls shortcuts 2>/dev/null
        touch go; answers download upload echo; over here there third; end third
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nnow at ssh://there\ndownload ok\nupload ok\necho ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// One that speaks only later versions is named, and the guest stays.
  @Test func anEndOfALaterVersion() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client; speaks='4 9' go here there 1 2>error
        wc -l <error; grep -o 'no link for open connections: it speaks versions 4 to 9 of the protocol of relays' error
        touch go; answers client; where; end here
        """)
    #expect(
      outcome.text == """
        to there: 125
        1
        no link for open connections: it speaks versions 4 to 9 of the protocol of relays
        client ok
        here: guest

        """, "\(outcome.text) \(outcome.error)")
  }

  // MARK: Where there is none

  /// A machine that can't be reached, or was not named, or at which somebody else answers: the chain stays.
  @Test(arguments: [
    "deaf=third", "named=fourth", "named=",
    // No proof, a wrong one, and frames in place of it.
    "impostor=0000000006",
    "impostor=100000000c" + String(repeating: "00", count: 16)
      + "200000000d" + String(repeating: "00", count: 32),
    "impostor=0c00000001" + "01000000" + "0000000000000000", "impostor=ff",
  ])
  func otherwiseTheChainStays(_ what: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        named=third; \(what); serve; for a in download echo; do ask ${P[0]} $a $a; done
        go here there 1 ${named:+--follow} ${named:+ssh://$named}; go there third 2; sleep 1; shown here
        cut -d' ' -f1 shortcuts 2>/dev/null | sort -u
        touch go; answers download echo; over here there third; end third
        """)
    let tried =
      switch what {
      case "named=": ""
      case "named=fourth": "fourth\nthere\n"
      // It is waited for.
      case "impostor=ff": "there\n"
      default: "there\nthird\n"
      }
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nnow at ssh://there\n" + tried + "download ok\necho ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A far end that lies about where the guest is has nothing made but links to the machines that were named.
  @Test(arguments: [
    // The guest has moved on; so it has, again and again.
    "1000000008" + "00112233445566778899aabbccddeeff",
    (0..<40).map { "1000000008" + String(repeating: "0\($0 % 10)", count: 16) }.joined(),
    // Streams are located that were not asked for.
    "280000000a" + "01000000" + String(repeating: "11", count: 16)
      + String(repeating: "22", count: 16) + "01000000",
  ])
  func aLyingFarEnd(_ frames: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client; hostile=\(frames)
        go here there 1 --follow ssh://third; touch go; sleep 2; shown here
        grep -vE '^(there|third) relay-[0-9a-f]{16}.far --shortcut$' shortcuts; [ "$(cat shortcuts 2>/dev/null | wc -l)" -le 2 ] && echo few
        halt here; end there; halt there
        """)
    #expect(
      outcome.text == "to there: 0\nnow at ssh://there\nfew\n", "\(outcome.text) \(outcome.error)")
  }

  /// Frames that are the near end's, or are none, end the relay.
  @Test(arguments: [
    "1400000009" + "01000000" + String(repeating: "11", count: 16),
    "180000000b" + "01000000" + String(repeating: "11", count: 16) + "01000000",
    "100000000c" + String(repeating: "11", count: 16),
    "100000000e" + String(repeating: "5000c00002010900", count: 2),
    "200000000d" + String(repeating: "11", count: 32),
    "0f00000008" + "00112233445566778899aabbccddee",
  ])
  func aFarEndThatTakesTheOtherPart(_ frame: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client; hostile=\(frame); go here there 1 --follow ssh://third; touch go
        over here; answers client; halt there; end there
        """)
    #expect(outcome.text.hasPrefix("to there: 0\nclient "), "\(outcome.text) \(outcome.error)")
    #expect(!outcome.text.contains("client ok"), "\(outcome.text)")
  }

  // MARK: Proofs

  private static let ids = (0..<4).map {
    RelayID(String(repeating: "\($0)\($0 + 1)", count: 16))
  }

  /// Exchanges all frames; returns what the near end takes the far one for, and the other way round.
  private static func exchange(_ near: RelayProof, _ far: RelayProof) throws
    -> (RelayID?, RelayID?)
  {
    var (near, far) = (near, far)
    var (toNear, toFar) = ([far.opening], [near.opening])
    while !toNear.isEmpty || !toFar.isEmpty {
      if let frame = toNear.first {
        toNear.removeFirst()
        if let answer = try near.take(frame) { toFar.append(answer) }
      }
      if let frame = toFar.first {
        toFar.removeFirst()
        if let answer = try far.take(frame) { toNear.append(answer) }
      }
    }
    return (near.proven, far.proven)
  }

  @Test func endsOfTheSameGuestProveIt() throws {
    let ids = Self.ids
    let (far, near) = try Self.exchange(
      RelayProof(of: ids[0], isNear: true, to: [ids[2]]),
      RelayProof(of: ids[2], isNear: false, to: [ids[1], ids[0]]))
    #expect(far == ids[2] && near == ids[0])
  }

  @Test func othersDoNot() throws {
    let ids = Self.ids
    // Another far end, another near end, and one that sends back what it gets.
    for (near, far) in [((0, 2), (3, [0])), ((3, 2), (2, [0, 1]))] {
      #expect(throws: Failure.self) {
        _ = try Self.exchange(
          RelayProof(of: ids[near.0], isNear: true, to: [ids[near.1]]),
          RelayProof(of: ids[far.0], isNear: false, to: far.1.map { ids[$0] }))
      }
    }
    for isNear in [true, false] {
      #expect(throws: Failure.self) {
        var proof = RelayProof(of: ids[0], isNear: isNear, to: [ids[2]])
        var frame = proof.opening
        while let answer = try proof.take(frame) { frame = answer }
        _ = try proof.take(.proof([UInt8](repeating: 0, count: RelayProof.size)))
      }
    }
    for frame in [RelayFrame.idle, .bye, .data(stream: 1, position: 0, bytes: [1])] {
      var proof = RelayProof(of: ids[0], isNear: true, to: [ids[2]])
      #expect(throws: Failure.self) { try proof.take(frame) }
    }
  }
}

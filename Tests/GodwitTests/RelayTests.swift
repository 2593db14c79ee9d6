import Foundation
import Testing

/// A guest's connections to the outside go on when it moves (`--connections relay`): all bytes come, in order, once.
@Suite struct RelayTests {
  /// Free ports `${P[n]}`; `serve` begins a guest that serves at the first of them, `ask` a client, `ended MACHINE` waits
  /// until no relay is there, and `answers NAME...` waits for what clients say (see connections.py).
  static let tools = """
    cp '\(Checkout.root.path)/Tests/GodwitTests/connections.py' .; export BLOCKS=1200
    \(MigrationScratch.ports)
    serve() {
      at here run --detach --name guest --root $R --mount .:/mnt --cwd /mnt --env BLOCKS --publish ${P[0]}:80 "$@" -- \
        /usr/bin/python3 connections.py serve 80 >/dev/null
      await served
    }
    ask() { /usr/bin/python3 connections.py ask "$@" >/dev/null 2>&1 & await $3.half; }
    answers() { for name in "$@"; do await $name.outcome; cat $name.outcome; done; }
    ended() { for i in $(seq 400); do at $1 ps | grep -q relay- || return 0; sleep 0.05; done; at $1 ps; }
    end() { at $1 kill guest KILL; gone $1; }

    """

  /// The clients are slow, so that much is under way when the guest moves.
  @Test(arguments: ["download", "upload", "echo", "reset"], ["migrate", "fetch"])
  func aConnectionToAPublishedPortGoesOn(_ action: String, _ verb: String) throws {
    let scratch = try MigrationScratch()
    let isServed = action == "upload" || action == "reset"
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} \(action) client
        if [ \(verb) = migrate ]; then
          move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80
        else
          at there fetch ssh://here/guest --ssh $PWD/link --remote-godwit $G --connections relay --forward-for 0 \
            --root $R --mount .:/mnt --publish ${P[1]}:80
        fi; echo "\(verb) $?"
        touch go; answers client; \(isServed ? "await client.served; cat client.served; echo" : "")
        ended here; ended there; where; end there
        """)
    #expect(
      outcome.text == "\(verb) 0\nclient ok\n\(isServed ? "ok\n" : "")there: guest\n",
      "\(outcome.error)")
  }

  /// The guest is the client.
  @Test(arguments: ["download", "upload", "echo", "closed"])
  func aConnectionThatTheGuestMadeGoesOn(_ action: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        /usr/bin/python3 connections.py serve ${P[0]} & server=$!; await served
        at here run --detach --name guest --root $R --mount .:/mnt --cwd /mnt --env BLOCKS --net=loopback -- \
          /usr/bin/python3 connections.py ask 10.0.2.2:${P[0]} \(action) client >/dev/null
        await client.half
        move here there --connections relay --remote-net none; echo "migrate $?"
        touch go; answers client
        ended here; ended there; gone there; kill $server
        """)
    #expect(outcome.text == "migrate 0\nclient ok\n", "\(outcome.error)")
  }

  /// The link breaks again and again, each time after another number of bytes.
  @Test(arguments: ["download", "upload"]) func aLinkIsMadeAnew(_ action: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} \(action) client; cut=yes
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; answers client; ended here; [ $(wc -l <links) -gt 10 ] && echo "many links"; end there
        """)
    #expect(outcome.text == "migrate 0\nclient ok\nmany links\n", "\(outcome.error)")
  }

  /// Three moves and back: connections go by more and more relays, and then by none. New ones come to the new place by
  /// way of the old ones, and the guest has its port again at home.
  @Test func connectionsComeHome() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        relayed() { at $1 ps --json | grep -o '"connections" *: *[0-9]*' | grep -o '[0-9]*$' | tr '\\n' ' '; }
        serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        move here there --connections relay --remote-publish ${P[1]}:80; echo "migrate $?"
        ask ${P[0]} echo new1
        move there third --connections relay --remote-publish ${P[2]}:80; echo "migrate $?"
        ask ${P[0]} echo new2; ask ${P[1]} echo new3
        move third here --connections relay --remote-publish ${P[0]}:80; echo "migrate $?"
        ask ${P[0]} echo new4
        touch go; answers download upload echo new1 new2 new3 new4; end here
        for place in here there third; do for relay in $(at $place ps | grep -o '^relay-[^ ]*'); do
          at $place kill $relay; done; ended $place; done
        """)
    let clients = ["download", "upload", "echo", "new1", "new2", "new3", "new4"]
    #expect(
      outcome.text
        == "migrate 0\nmigrate 0\nmigrate 0\n" + clients.map { "\($0) ok\n" }.joined(),
      "\(outcome.error)")
  }

  /// A guest that has neither ports nor a network any more, but connections from before, moves on with them, and home.
  @Test(arguments: ["served", "made"]) func connectionsOutliveTheirPort(_ kind: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        if [ \(kind) = served ]; then
          serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        else
          /usr/bin/python3 connections.py serve ${P[0]} & server=$!; await served
          at here run --detach --name guest --root $R --mount .:/mnt --cwd /mnt --env BLOCKS --net=loopback -- /bin/sh -c '
            for a in download upload echo; do /usr/bin/python3 connections.py ask 10.0.2.2:'${P[0]}' $a $a & done; wait' >/dev/null
          for a in download upload echo; do await $a.half; done
        fi
        way=(--connections relay --forward-for 0 --no-publish --remote-net none)
        move here there "${way[@]}"; echo "to there: $?"; move there third "${way[@]}"; echo "to third: $?"
        move third here "${way[@]}"; echo "home: $?"
        touch go; answers download upload echo
        if [ \(kind) = served ]; then end here; else gone here; kill $server; fi; for place in here there third; do ended $place; done
        """)
    #expect(
      outcome.text
        == "to there: 0\nto third: 0\nhome: 0\ndownload ok\nupload ok\necho ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Connections go on before the guest's memory is there, and a foreground run with them.
  @Test func connectionsOfAPostCopyGoOn() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        at here run --name guest --root $R --mount .:/mnt --cwd /mnt --env BLOCKS --publish ${P[0]}:80 -- \
          /usr/bin/python3 connections.py serve 80 & source=$!; await served
        for a in download upload echo; do ask ${P[0]} $a $a; done
        move here there --post-copy --connections relay --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; answers download upload echo; at there kill guest TERM; wait $source; echo "source $?"
        """)
    #expect(
      outcome.text == "migrate 0\ndownload ok\nupload ok\necho ok\nsource 143\n",
      "\(outcome.error)")
  }

  enum Family: CaseIterable {
    case ipv4, ipv6

    var name: String { self == .ipv4 ? "AF_INET" : "AF_INET6" }
    var loopback: String { self == .ipv4 ? "127.0.0.1" : "::1" }
    /// What stands before a port that is published at all addresses.
    var any: String { self == .ipv4 ? "" : "[::]:" }
  }

  /// Datagrams to a published port go to the new place, and the answers come from the old one.
  @Test(arguments: [Family.ipv4, .ipv6]) func datagramsAreForwarded(_ family: Family) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        cat >exchange.py <<'END'
        import socket, sys, time
        peer = socket.socket(socket.\(family.name), socket.SOCK_DGRAM)
        peer.connect(("\(family.loopback)", int(sys.argv[1])))
        peer.settimeout(0.2)
        for attempt in range(100):
            try:
                peer.send(b"%d" % attempt)
                print(peer.recv(100).decode().split()[0])
                break
            except OSError: time.sleep(0.1)
        END
        exchange() { /usr/bin/python3 exchange.py $1; }
        at here run --detach --name guest --root $R --publish \(family.any)${P[0]}:80/udp -- /usr/bin/python3 -c '
        import socket
        server = socket.socket(socket.\(family.name), socket.SOCK_DGRAM); server.bind(("", 80))
        while True:
            bytes, client = server.recvfrom(100)
            server.sendto(b"answer " + bytes, client)' >/dev/null
        exchange ${P[0]}
        move here there --connections relay --remote-publish \(family.any)${P[1]}:80/udp; echo "migrate $?"
        exchange ${P[0]}; exchange ${P[1]}
        move there here --connections relay --remote-publish \(family.any)${P[0]}:80/udp; echo "migrate $?"
        exchange ${P[0]}; exchange ${P[1]}
        at there kill $(at there ps | grep -o '^relay-[^ ]*'); end here; ended here
        """)
    #expect(
      outcome.text == "answer\nmigrate 0\nanswer\nanswer\nmigrate 0\nanswer\nanswer\n",
      "\(outcome.error)")
  }

  /// A server speaks to clients that have said nothing since a move, by the names that it knows: after one move, after
  /// another, by a shortcut, and at home. And they to it.
  @Test(arguments: ["", "--follow ssh://third"], [Family.ipv4, .ipv6])
  func silentClientsHearOn(_ follow: String, _ family: Family) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        cat >listen.py <<'END'
        import os, socket, sys
        peer = socket.socket(socket.\(family.name), socket.SOCK_DGRAM)
        peer.connect(("\(family.loopback)", int(sys.argv[1]))); peer.settimeout(30); peer.send(b"hello")
        last = None
        while last != "end":
            place = peer.recv(100).decode()
            if place != last: open("heard." + place, "w").close()
            if os.path.exists("speak"): os.remove("speak"); peer.send(b"again")
            last = place
        END
        at here run --detach --name guest --root $R --mount .:/mnt --publish \(family.any)${P[0]}:80/udp -- /usr/bin/python3 -c '
        import os, socket
        server = socket.socket(socket.\(family.name), socket.SOCK_DGRAM); server.bind(("", 80)); server.settimeout(0.02)
        clients = {}; open("/mnt/served", "w").close()
        while True:
            try:
                text, client = server.recvfrom(100)
                clients.setdefault(client, []).append(text)
                if text == b"again": open("/mnt/again", "w").write(str(len(clients)))
            except TimeoutError: pass
            for client in clients: server.sendto(open("/mnt/place").read().encode(), client)' >/dev/null
        at_place() { echo -n $1 >place.new; mv place.new place; await heard.$1; echo "heard at $1"; }
        spoken() { touch speak; until [ -s again ]; do sleep 0.02; done; }
        echo -n first >place; await served; /usr/bin/python3 listen.py ${P[0]} & at_place here
        go() { move $1 $2 --connections relay --remote-publish \(family.any)${P[$3]}:80/udp "${@:4}"; }
        go here there 1 \(follow); at_place there
        go there third 2; at_place third
        \(follow.isEmpty ? "" : "until at here ps | grep -q 'now at ssh://third'; do sleep 0.05; done; at_place shortcut; spoken; rm again")
        go third here 0; at_place home; spoken; cat again; echo " client"; at_place end; wait
        for place in here there third; do for relay in $(at $place ps | grep -o '^relay-[^ ]*'); do at $place stop $relay; done; ended $place; done
        end here
        """)
    #expect(
      outcome.text
        == "heard at here\nheard at there\nheard at third\n"
        + (follow.isEmpty ? "" : "heard at shortcut\n") + "heard at home\n1 client\nheard at end\n",
      "\(outcome.text) \(outcome.error)")
  }

  // MARK: Ports

  /// `knock PORT` begins to try a port again and again, `more` waits until that was answered some times more, and
  /// `failures` says what went wrong (see knock.py).
  static let knocking = """
    cp '\(Checkout.root.path)/Tests/GodwitTests/knock.py' .
    knock() { /usr/bin/python3 knock.py $1 >knocks.log & knocker=$!; await knocks; more; }
    more() { local n=$(cat knocks); until [ "$(cat knocks)" -gt $((n + 20)) ]; do kill -0 $knocker || exit; sleep 0.05; done; }
    failures() { touch enough; wait $knocker; cat knocks.log; }
    stopped() { for relay in $(at $1 ps | grep -o '^relay-[^ ]*'); do at $1 stop $relay; done; ended $1; }

    """

  /// Who connects while the guest moves, or fails to, waits. By default all this is so.
  @Test(arguments: ["cut out finish after", "cut in prepared before"])
  func aPortNeverRefuses(_ fault: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + Self.knocking + """
        go() { at $1 migrate guest ssh://$2 --ssh $PWD/link --remote-godwit $G --remote-publish $3:80; echo "to $2: $?"; }
        fail() { relay='\(fault)' go "$@" 2>/dev/null; rm -r relayed; }
        serve; knock ${P[0]}
        fail here there ${P[1]}; more; go here there ${P[1]}; more
        fail there here ${P[0]}; more; go there here ${P[0]}; more
        go here there ${P[1]}; more; go there here ${P[0]}; more
        failures; stopped there; stopped here; where; end here
        """)
    #expect(
      outcome.text
        == "to there: 125\nto there: 0\nto here: 125\nto here: 0\nto there: 0\nto here: 0\n"
        + "some answered; 0 failed\nhere: guest\n", "\(outcome.text) \(outcome.error)")
  }

  /// Datagrams may be lost, but the port is always open.
  @Test func aPortForDatagramsNeverRefuses() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + Self.knocking + """
        at here run --detach --name guest --root $R --mount .:/mnt --publish ${P[0]}:80/udp -- /usr/bin/python3 -c '
        import socket
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("", 80))
        open("/mnt/served", "w").close()
        while True:
            datagram, client = server.recvfrom(100)
            server.sendto(datagram, client)' >/dev/null
        await served; knock ${P[0]}/udp
        move here there --connections relay --remote-publish ${P[1]}:80/udp; echo "migrate $?"; more
        move there here --connections relay --remote-publish ${P[0]}:80/udp; echo "migrate $?"; more
        failures; stopped there; ended here; end here
        """)
    #expect(
      outcome.text == "migrate 0\nmigrate 0\nsome answered; 0 failed\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A port that the guest has at home under another address stays with the relay.
  @Test func aPortThatDoesNotComeBack() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; touch go; move here there --connections relay --remote-publish ${P[1]}:80
        move there here --connections relay --remote-publish ${P[2]}:80; echo "migrate $?"
        for port in 0 1 2; do ask ${P[$port]} echo client$port; done; answers client0 client1 client2
        end here
        """)
    #expect(
      outcome.text == "migrate 0\nclient0 ok\nclient1 ok\nclient2 ok\n",
      "\(outcome.text) \(outcome.error)")
  }

  // MARK: What stays behind

  /// Of a guest with nothing that could be relayed, nothing does; nor of one that only could have had something.
  @Test(arguments: ["", "--publish ${P[0]}:80", "--net"]) func nothingStaysBehind(_ options: String)
    throws
  {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        at here run --detach --name guest --root $R \(options) -- /bin/sleep 1000 >/dev/null
        at here migrate guest ssh://there --ssh $PWD/link --remote-godwit $G; echo "migrate $?"
        ended here; ended there; where; [ -e links ] && echo linked; end there
        """)
    #expect(
      outcome.text == "migrate 0\nthere: guest\n" + (options.isEmpty ? "" : "linked\n"),
      "\(outcome.text) \(outcome.error)")
  }

  /// `ps` shows a relay as what it is; `stop`, `kill` and `wait` know it, and who asks for the guest hears where it went.
  @Test func aRelayIsShownAndEnds() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client
        at here migrate guest ssh://there --ssh $PWD/link --remote-godwit $G --remote-publish ${P[1]}:80
        relay=$(at here ps | grep -o '^relay-[^ ]*'); at here ps | sed -n "s/^.*relaying.*1 conn/1 conn/p"
        at here attach guest; echo "attach $?"; at here run --publish ${P[0]}:80 /bin/true; echo "run $?"
        # As confined as the guest's process.
        sandbox() { at $1 ps | awk -v name=$2 'index($1, name) == 1 { print $7; exit }'; }
        [ "$(sandbox here relay)" = "$(sandbox there guest)" ] && echo confined
        at here wait $relay >waited & waiter=$!; sleep 0.2; at here stop $relay; echo "stop $?"; wait $waiter; cat waited; ended here; ended there
        end there
        """)
    #expect(
      outcome.text
        == "1 connection and port 80 of guest, now at ssh://there\nattach 125\nrun 125\nconfined\nstop 0\n0\n",
      "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error.contains(
        "godwit: no picoprocess named guest is running; it moved to ssh://there\n"),
      "\(outcome.error)")
    #expect(outcome.error.contains("forwards it for guest"), "\(outcome.error)")
  }

  /// Once all that was under way has come, nothing of a connection goes by another machine.
  @Test func aConnectionAtHomeNeedsNoRelay() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80
        move there here --connections relay --forward-for 0 --remote-publish ${P[0]}:80; echo "migrate $?"; ended there
        touch go; answers client; ended here; end here
        """)
    #expect(outcome.text == "migrate 0\nclient ok\n", "\(outcome.error)")
  }

  /// A foreground run goes on as a client of its guest: it passes on its standard streams, and ends with its status.
  @Test func aForegroundRunRelaysItsStreams() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      (echo one; await moved; echo two; sleep 0.2; echo three) | at here run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        read a; echo "got $a"; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done
        echo after; echo error >&2; read b; echo "got $b"; cat; exit 7' >out & source=$!
      await ready; move here there --connections relay; echo "migrate $?"; touch moved go
      wait $source; echo "status $?"; cat out; where
      """)
    #expect(
      outcome.text == "migrate 0\nstatus 7\ngot one\nafter\ngot two\nthree\n", "\(outcome.error)")
    #expect(outcome.error == "godwit: guest moved to ssh://there\nerror\n")
  }

  // MARK: What goes wrong

  /// A guest with open connections does not move if that is not wanted, and they go on here.
  @Test func openConnectionsAreCounted() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; for i in 1 2; do ask ${P[0]} echo client$i; done
        move here there --connections refuse --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; answers client1 client2; where; end here
        """)
    #expect(
      outcome.text == "migrate 125\nclient1 ok\nclient2 ok\nhere: guest\n", "\(outcome.error)")
    #expect(
      outcome.error
        == "godwit: guest: it has 2 open connections to the outside: say --connections relay, or reset\n"
    )
  }

  /// A move that fails, before or after the connections were shared, leaves them as they were.
  @Test(arguments: [
    "cut out offer after", "cut out finish after", "cut in prepared before",
    "garble out connections -",
  ])
  func aMoveThatFailsKeepsThem(_ relay: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; for a in download upload echo; do ask ${P[0]} $a $a; done
        relay='\(relay)'; move here there --connections relay --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; answers download upload echo; where; ended here; end here
        """)
    #expect(
      outcome.text == "migrate 125\ndownload ok\nupload ok\necho ok\nhere: guest\n",
      "\(outcome.error)")
  }

  /// That another link can be made without asking is known before anything moves.
  @Test func aSecondLinkMustWork() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client; only=one
        move here there --connections relay --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; answers client; where; end here
        """)
    #expect(outcome.text == "migrate 125\nclient ok\nhere: guest\n", "\(outcome.error)")
    #expect(outcome.error.contains("no link for open connections"), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  /// The guest goes on if a relay ends, at either end.
  @Test(arguments: ["here", "there"]) func aRelayThatEndsResetsConnections(_ place: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} reset client; ask ${P[0]} echo other
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80; echo "migrate $?"
        at \(place) kill $(at \(place) ps | grep -o '^relay-[^ ]*'); ended here; ended there
        touch go; answers other; ask ${P[1]} echo new; answers new; end there
        """)
    #expect(outcome.text.hasPrefix("migrate 0\nother "), "\(outcome.error)")
    #expect(outcome.text.hasSuffix("\nnew ok\n"), "\(outcome.text)")
    #expect(!outcome.text.contains("other ok"), "\(outcome.text)")
  }

  /// Frames that no honest peer sends end the relay, and nothing else.
  @Test(arguments: [
    "ffffffff02", "0000000009", "0300000004010000", "00000000ff",
    // An acknowledgment of what was not sent; the same of a connection that is not there.
    "0c00000001" + "01000000" + "ffffffffffffff7f", "0c00000001" + "ffffffff" + "0000000000000000",
    // Bytes and an end beyond what came, and a connection that the far end opens.
    "0d00000002" + "01000000" + "0100000000000000" + "00",
    "0c00000003" + "01000000" + "0100000000000000", "0600000005" + "09000000" + "5000",
  ])
  func aHostilePeer(_ frame: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        serve; ask ${P[0]} echo client; hostile=\(frame)
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:80; echo "migrate $?"
        touch go; ended here; answers client
        at there kill $(at there ps | grep -o '^relay-[^ ]*'); ended there; where; end there
        """)
    #expect(outcome.text.hasPrefix("migrate 0\nclient "), "\(outcome.error)")
    #expect(!outcome.text.contains("client ok"), "\(outcome.text)")
    #expect(outcome.text.hasSuffix("\nthere: guest\n"), "\(outcome.text)")
  }
}

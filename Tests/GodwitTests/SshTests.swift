import Foundation
import Testing

/// Migration by way of OpenSSH between machines with networks of their own.
@Suite(.enabled(if: Machines.arePossible, "needs network namespaces, bridges, and root"))
struct SshTests {
  /// A web server that counts what it is asked, and a client that asks on all the way.
  @Test(arguments: ["x86_64", "aarch64"]) func aServerGoesRound(_ isa: String) throws {
    let outcome = try Machines.shell(
      Scratch(),
      """
      at a run --name guest --root $R --mount .:/mnt --publish 0.0.0.0:8080:80 -- /usr/bin/python3 -c '
      import http.server
      class Handler(http.server.BaseHTTPRequestHandler):
          count = 0
          def do_GET(self):
              Handler.count += 1
              self.send_response(200)
              self.end_headers()
              self.wfile.write(b"%d" % Handler.count)
          def log_message(self, *arguments): pass
      server = http.server.ThreadingHTTPServer(("", 80), Handler)
      open("/mnt/ready", "w").close()
      server.serve_forever()' & guest=$!
      await ready
      ask() {
        /usr/bin/python3 -c "
      import urllib.request
      print('$1', urllib.request.urlopen('http://10.77.0.$2:8080/').read().decode())"
      }
      ask a 1; move a b; echo "$?"; ask b 2; move b c; echo "$?"; ask c 3
      on a "$G" fetch ssh://c/guest --ssh "$PWD/link" --remote-godwit "$G" --connections reset --root "$R" --mount .:/mnt --publish 0.0.0.0:8080:80
      echo "$?"; ask a 1; wait $guest
      for machine in a b c; do runs $machine && echo "at $machine"; done
      """, isa: isa)
    #expect(
      outcome.text == "a 1\n0\nb 2\n0\nc 3\n0\na 4\nat a\n", "\(outcome.text)\(outcome.error)")
  }

  /// A client of the first machine, which never learns that the server moves: no answer is lost, none comes twice. It asks
  /// over one connection, and now and then over a new one.
  @Test(arguments: ["x86_64", "aarch64"]) func aClientStays(_ isa: String) throws {
    let outcome = try Machines.shell(
      Scratch(),
      """
      at a run --name guest --root $R --mount .:/mnt --publish 0.0.0.0:8080:80 -- /usr/bin/python3 -c '
      import socketserver
      class Handler(socketserver.StreamRequestHandler):
          count = 0
          def handle(self):
              while self.rfile.readline():
                  Handler.count += 1
                  self.wfile.write(b"%d\\n" % Handler.count)
      socketserver.ThreadingTCPServer.request_queue_size = 50
      server = socketserver.ThreadingTCPServer(("", 80), Handler)
      open("/mnt/ready", "w").close()
      server.serve_forever()' & guest=$!
      await ready
      /usr/bin/python3 -c '
      import os, socket, time
      def connect(): return socket.create_connection(("10.77.0.1", 8080), 60).makefile("rw")
      def ask(connection):
          global count
          count += 1
          print("next", file=connection, flush=True)
          answer = connection.readline()
          assert answer == f"{count}\\n", (answer, count)
      count = 0
      whole = connect()
      while not os.path.exists("enough"):
          ask(whole)
          if count % 20 == 0: ask(connect())
          open("count.new", "w").write(str(count))
          os.rename("count.new", "count")
      print("client", count > 100)' & client=$!
      until [ -s count ]; do sleep 0.02; done
      more() { local before=$(cat count); until [ "$(cat count)" -gt $((before + 25)) ]; do kill -0 $client || exit; sleep 0.02; done; }
      more; move a b --connections relay; echo "$?"; more; move b c --connections relay; echo "$?"; more
      move c a --connections relay; echo "$?"; more
      : >enough; wait $client; at a kill guest KILL; for machine in a b c; do gone $machine; done
      """, isa: isa)
    #expect(
      outcome.text == "0\n0\n0\nclient True\n", "\(outcome.text)\(outcome.error)")
  }

  /// Whom the other machine's user lets in with a command of his own choice gets what that command says.
  @Test func aForcedCommandSaysWhatTheGuestGets() throws {
    let outcome = try Machines.shell(
      Scratch(),
      """
      mkdir one two
      echo "restrict,command=\\"exec '$G' receive --name chosen --root '$R' --mount '$PWD/two:/mnt'\\" $(cat keys/id.pub)" >keys/authorized
      \(MigrationScratch.waiting("--mount one:/mnt", on: "a"))
      until [ -e one/ready ]; do sleep 0.02; done
      move a b --remote-name other --remote-root /etc; echo "$?"
      at b ps | grep -c "^chosen "; touch two/go; told two/result; ls one
      """)
    #expect(outcome.text == "0\n1\nended\nready\n", "\(outcome.error)")
  }

  /// ssh says what is wrong, and the guest goes on.
  enum Obstacle: String, CaseIterable, CustomTestStringConvertible {
    case unknownHost, otherHostKey, noKey, nobodyListens, noSuchHost, noRoute, noGodwit, loginShell
    var testDescription: String { rawValue }

    var command: String {
      switch self {
      case .unknownHost: ": >keys/known"
      case .otherHostKey:
        "ssh-keygen -q -t ed25519 -N '' -f keys/other; echo \"10.77.0.2 $(cat keys/other.pub)\" >keys/known"
      case .noKey: "ssh-keygen -q -t ed25519 -N '' -f keys/other; cp keys/other.pub keys/authorized"
      case .nobodyListens: "sed -i '1i Port 2222' ssh_config"
      case .noSuchHost: "sed -i 's/HostName 10.77.0.2/HostName no.such.host.invalid/' ssh_config"
      case .noRoute: "sed -i 's/HostName 10.77.0.2/HostName 192.0.2.1/' ssh_config"
      case .noGodwit: "G=/no/godwit"
      case .loginShell:
        "echo 'command=\"echo Hello; exec sh -c \\\"$SSH_ORIGINAL_COMMAND\\\"\"' $(cat keys/id.pub) >keys/authorized"
      }
    }

    var reason: String {
      switch self {
      case .unknownHost, .otherHostKey, .noKey, .nobodyListens, .noSuchHost, .noRoute:
        "ended with status 255"
      case .noGodwit: "ended with status 127"
      case .loginShell: "something before the protocol begins: 'Hello'"
      }
    }
  }

  @Test(arguments: Obstacle.allCases) func anObstacleIsNamed(_ obstacle: Obstacle) throws {
    let outcome = try Machines.shell(
      Scratch(),
      """
      \(MigrationScratch.waiting(on: "a"))
      guest=$!; await ready; godwit=$G
      \(obstacle.command)
      on a "$godwit" migrate guest ssh://b --ssh "$PWD/link" --remote-godwit "$G"; echo "$?"
      G=$godwit; runs a && echo "at a"; touch go; wait $guest; cat result
      """)
    #expect(outcome.text == "125\nat a\nended\n", "\(outcome.error)")
    // ssh ends its lines with "\r\n".
    let lines = outcome.error.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("godwit:") }
    #expect(lines.count == 1 && outcome.error.contains(obstacle.reason), "\(outcome.error)")
  }

  /// The connection is cut after any number of bytes: the guest runs on one of the two machines. It may be told besides
  /// that a file changed, since the guest may be writing `n` just then.
  @Test(arguments: 0..<4) func aCutAnywhere(_ part: Int) throws {
    let cuts = LongTests.areOn ? 50 : 2
    let outcome = try Machines.shell(
      Scratch(),
      """
      at a run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        x=$(od -An -tx1 -N60000 /dev/urandom); n=0; : >/mnt/ready
        while ! [ -e /mnt/go ]; do n=$((n+1)); echo $n >/mnt/n; sleep 0.01; done; echo ended >>/mnt/result' &
      await ready
      wire='--count n.bytes' move a b || exit; from=b; to=a; rmdir wired
      total=$(cat n.bytes)
      for cut in $(seq \(cuts)); do
        at=$(( total * (\(part) * \(cuts) + cut) / (4 * \(cuts)) ))
        wire="--cut $at" move $from $to 2>error; status=$?; rm -rf wired
        case $status in
          0) gone $from; other=$from; from=$to; to=$other;;
          125) gone $to; [ "$(grep -c '^godwit:' error)" = 1 ] || { echo "cut $at:"; cat error; };;
          *) echo "cut $at: status $status"; cat error;;
        esac
        runs $from || echo "lost by cut $at of $total"
        ! runs $to || echo "twice by cut $at of $total"
        before=$(cat n); until [ "$(cat n)" != "$before" ]; do sleep 0.02; done
      done
      touch go; await result; gone $from; cat result
      """, limit: 1200)
    #expect(outcome.text == "ended\n", "\(outcome.error)")
  }

  /// Nothing comes any more, and no word of an end: after a minute the guest goes on where it was.
  @Test(.enabled(if: LongTests.areOn), arguments: ["a", "b"]) func aCableThatIsPulled(_ end: String)
    throws
  {
    let outcome = try Machines.shell(
      Scratch(),
      """
      \(MigrationScratch.waiting(on: "a"))
      guest=$!; await ready
      move a b --bandwidth-limit 20K & sender=$!
      until [ "$(ls b/godwit 2>/dev/null)" ] || pgrep -f "receive.*$PWD" >/dev/null; do sleep 0.05; done; sleep 2
      ip link set to-\(end) down; wait $sender; echo "$?"
      runs a && echo "at a"; touch go; wait $guest; cat result
      """)
    #expect(outcome.text == "125\nat a\nended\n", "\(outcome.error)")
    #expect(outcome.error.contains("it does not answer"), "\(outcome.error)")
  }
}

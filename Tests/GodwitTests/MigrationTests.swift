import Foundation
import Picoprocess
import Testing

/// `godwit migrate` between two machines, which are two directories of control sockets on this one.
@Suite struct MigrationTests {
  @Test(arguments: Checkout.isas) func aGuestGoesOnThere(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      at here run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      data = os.urandom(2000000)
      total = sum(data)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.001)
      open("/mnt/result", "w").write(f"{total == sum(data)}\\n")
      open("/mnt/done", "w").close()' & source=$!
      await ready
      move here there; echo "migrate $?"; wait $source; echo "source $?"
      where; touch go; await done; cat result; gone there; where
      """, isa: isa)
    #expect(
      outcome.text == "migrate 0\nsource 0\nthere: guest\nTrue\n", "\(outcome.error)")
    #expect(outcome.error == "godwit: guest moved to ssh://there\n")
  }

  /// Ten times, and a hundred times in `make test-long`.
  @Test func aGuestGoesBackAndForth() throws {
    let scratch = try MigrationScratch()
    let turns = LongTests.areOn ? 50 : 5
    let outcome = try scratch.shell(
      """
      at here run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        n=0; while ! [ -e /mnt/go ]; do n=$((n+1)); sleep 0.001; done; echo $((n > 0)) >>/mnt/result; : >/mnt/done' &
      for turn in $(seq \(turns)); do
        until runs here; do sleep 0.02; done; move here there || echo "turn $turn: $?"
        move there here || echo "turn $turn, back: $?"
      done
      where; touch go; await done; gone here; cat result; wait
      """, limit: 1200)
    #expect(outcome.text == "here: guest\n1\n", "\(outcome.error)")
  }

  /// What it gets there is what the options say.
  @Test func placesAndNamesThereAreAsTheOptionsSay() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      mkdir one two; \(MigrationScratch.waiting("--mount one:/mnt"))
      until [ -e one/ready ]; do sleep 0.02; done
      move here there --remote-mount two:/mnt --remote-name other; echo "migrate $?"
      cp -r one/ready two/; touch two/go; told two/result; ls one
      at there ps | grep -c "^other "; wait
      """)
    #expect(outcome.text.hasPrefix("migrate 0\n"), "\(outcome.error)")
    #expect(outcome.text.contains("ended\nready\n"), "\(outcome.error)")
  }

  /// Each is refused before anything moves, in one line, and the guest goes on.
  enum Obstacle: String, CaseIterable, CustomTestStringConvertible {
    case nameTaken, itself, noRoot, noMount, banner, noShell, shellFails, noCommand, otherProtocol
    case portTaken, memoryLimit, noSpool, noSuchGuest, badAddress
    var testDescription: String { rawValue }

    var command: String {
      switch self {
      case .nameTaken: "move here there"
      case .itself: "move here here"
      case .noRoot: "move here there --remote-root /nowhere"
      case .noMount: "move here there --remote-mount /nowhere:/mnt"
      case .banner:
        "printf '%s\\n' '#!/bin/sh' 'echo Welcome to this machine' >link; move here there"
      case .noShell: "at here migrate guest ssh://there --ssh /no/such/program"
      case .shellFails: "printf '%s\\n' '#!/bin/sh' 'exit 255' >link; move here there"
      case .noCommand:
        "at here migrate guest ssh://there --ssh $PWD/link --remote-godwit /no/godwit 2>&1 | tail -1 >&2; (exit ${PIPESTATUS[0]})"
      case .otherProtocol:
        "printf '%s\\n' '#!/bin/sh' 'printf \"\\211GODMIG\\n\\011\\0\\0\\0\\011\\0\\0\\0\"; cat >/dev/null' >link; move here there"
      case .portTaken: "move here there --remote-publish $(cat port):80"
      case .memoryLimit: "receiver='--memory-limit 1M' move here there"
      case .noSpool: "receiver='--spool /nowhere' move here there"
      case .noSuchGuest: "at here migrate nobody ssh://there --ssh $PWD/link"
      case .badAddress: "at here migrate guest ssh://-oProxyCommand=x --ssh $PWD/link"
      }
    }

    var reason: String {
      switch self {
      case .nameTaken, .itself: "a picoprocess named guest is running there"
      case .noRoot, .noMount, .noSpool: "/nowhere: no such file or directory"
      case .banner: "something before the protocol begins: 'Welcome to this machine'"
      case .noShell: "there is no such program"
      case .shellFails: "ended with status 255"
      case .noCommand: "ended with status 127"
      case .otherProtocol: "speaks versions 9 to 9"
      case .portTaken: "address already in use"
      case .memoryLimit: "may have 1 MiB"
      case .noSuchGuest: "no picoprocess named nobody"
      case .badAddress: "ssh://-oProxyCommand=x"
      }
    }
  }

  @Test(arguments: Obstacle.allCases) func anObstacleIsNamed(_ obstacle: Obstacle) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      if [ \(obstacle) = nameTaken ]; then
        at there run --name guest --root $R -- /bin/sleep 1000 & until runs there; do sleep 0.02; done
      fi
      if [ \(obstacle) = portTaken ]; then
        /usr/bin/python3 -c '
      import socket, time
      s = socket.create_server(("127.0.0.1", 0)); open("port.new", "w").write(str(s.getsockname()[1]))
      import os; os.rename("port.new", "port"); time.sleep(1000)' & other=$!; await port
      fi
      await ready
      \(obstacle.command); echo "migrate $?"
      [ \(obstacle) != nameTaken ] || at there kill guest KILL
      [ -z "$other" ] || { kill $other; wait $other 2>/dev/null; }
      where | grep here; touch go; wait; cat result; gone there
      """)
    #expect(outcome.text == "migrate 125\nhere: guest\nended\n", "\(outcome.error)")
    let lines = outcome.error.split(separator: "\n").filter { $0.hasPrefix("godwit:") }
    #expect(lines.count == 1, "\(outcome.error)")
    #expect(outcome.error.contains(obstacle.reason), "\(outcome.error)")
  }

  /// A guest that writes faster than the link carries gets there all the same.
  @Test(arguments: ["pause", "throttle"]) func aBusyGuest(_ policy: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      at here run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os
      data = bytearray(os.urandom(1000000))
      open("/mnt/ready", "w").close()
      n = 0
      while not os.path.exists("/mnt/go"):
          n += 1
          for i in range(0, len(data), 4096): data[i] = n & 255
      open("/mnt/result", "w").write(f"{data[0] == data[-576] == n & 255}\\n")
      open("/mnt/done", "w").close()' &
      await ready
      move here there --bandwidth-limit 1M --on-busy \(policy); echo "migrate $?"
      touch go; await done; cat result; wait
      """)
    #expect(outcome.text == "migrate 0\nTrue\n", "\(outcome.error)")
  }

  @Test(arguments: ["TERM", "HUP", "KILL"]) func aCancelledMigration(_ signal: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      at here run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      data = os.urandom(1000000)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.001)
      open("/mnt/result", "w").write("goes on\\n")' &
      await ready
      XDG_RUNTIME_DIR=$PWD/here $G migrate guest ssh://there --ssh $PWD/link --remote-godwit $G --connections reset --bandwidth-limit 10K &
      sender=$!
      # The holder waits for the snapshot; the shell that started the receiver may be there, too.
      until [ "$(pgrep -fc "receive.*$PWD")" -ge 2 ]; do sleep 0.05; done; sleep 0.2
      kill -\(signal) $sender; wait $sender 2>/dev/null
      while pgrep -f "receive.*$PWD" >/dev/null; do sleep 0.05; done
      where; touch go; await result; wait; cat result
      """)
    #expect(outcome.text == "here: guest\ngoes on\n", "\(outcome.error)")
  }

  @Test func addresses() {
    for text in ["ssh://a", "ssh://u@a.b:22", "ssh://[::1]:22", "ssh://u@[fe80::1%eth0]"] {
      #expect(RemoteHost(text)?.description == text)
    }
    for text in ["a", "peer://a"] { #expect(RemoteHost(text)?.description == "peer://a") }
    for text in [
      "", "-a", "peer://", "peer://a/b", "ssh://", "ssh://-o", "ssh://-u@a", "ssh://a:0",
      "ssh://a:70000", "ssh://a:+1",
      "ssh://a b",
      "ssh://[::1", "ssh://[::1]x", "ssh://u@", "ssh://@a", "ssh://a/b", "ssh://a\n", "http://a",
    ] {
      #expect(RemoteHost(text) == nil, "\(text)")
    }
    #expect(RemoteHost.guest("ssh://a:1/web")?.name == "web")
    for text in ["ssh://a", "ssh://a/", "ssh://a/.b", "ssh:///web"] {
      #expect(RemoteHost.guest(text) == nil, "\(text)")
    }
  }

  @Test func oneMigrationAtATime() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      relay='cut in prepared after' move here there 2>/dev/null & movers=($!)
      for i in 1 2 3 4; do move here there$i 2>>errors & movers+=($!); done; wait "${movers[@]}"
      ls */godwit/guest.sock; touch go; told result
      """)
    #expect(outcome.text.contains("guest.sock\nended\n"), "\(outcome.text) \(outcome.error)")
    #expect(outcome.text.split(separator: "\n").count == 2, "\(outcome.text)")
  }
}

/// A scratch folder with machines in it.
final class MigrationScratch {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    let script = """
      #!/bin/bash
      # Runs a command on another machine, as ssh does: link [-p PORT] HOST COMMAND
      while [ "$1" = -p ] || [ "$1" = -o ]; do shift 2; done
      mkdir -p -m 700 "$1"
      export XDG_RUNTIME_DIR="$PWD/$1" XDG_STATE_HOME="$PWD/$1/state"
      command="$2 $receiver"
      # A link between the ends of a relay: broken by and by, none at all, or with somebody else at the other end.
      if [[ $command == *' relay relay-'* ]]; then
        command="exec $2"; echo $$ >>links
        [ "$only" ] && exit 1
        # A shortcut: one that takes its time, of a machine that can't be reached, to somebody else, or broken by and by.
        if [[ $command == *' --shortcut' ]]; then
          [ "$late" ] && sleep "$late"
          echo "$1 ${2#* relay }" >>shortcuts
          [ "$1" = "$deaf" ] && exit 255
          [ "$impostor" ] && exec /usr/bin/python3 -c '
      import os, sys, time
      os.write(1, bytes.fromhex("89474f4452454c0a0100000002000000" + sys.argv[1])); time.sleep(60)' "$impostor"
          [ "$shortcut" ] && exec /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/cut.py' \
            $(($(wc -l <shortcuts) * 7919 % 200000)) sh -c "$command"
        fi
        [ "$hostile" ] && exec /usr/bin/python3 -c '
      import os, sys, time
      os.write(1, bytes.fromhex("89474f4452454c0a0100000002000000"))
      while not os.path.exists("go"): time.sleep(0.01)
      os.write(1, bytes.fromhex(sys.argv[1])); time.sleep(60)' "$hostile"
        [ "$speaks" ] && exec /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/versions.py' \
          $speaks sh -c "$command"
        [ "$cut" ] && exec /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/cut.py' \
          $(($(wc -l <links) * 7919 % 200000)) sh -c "$command"
      fi
      if [ "$relay" ] && mkdir relayed 2>/dev/null; then
        exec /usr/bin/python3 '\(Checkout.root.path)/Tests/GodwitTests/relay.py' $relay sh -c "$command"
      fi
      exec sh -c "$command"

      """
    try script.write(toFile: scratch.path("link"), atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: scratch.path("link"))
  }

  func path(_ name: String) -> String { scratch.path(name) }

  /// Free ports `${P[n]}`.
  static let ports = """
    P=($(/usr/bin/python3 -c '
    import socket
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    print(*(s.getsockname()[1] for s in sockets), sep="\\n")'))
    """

  /// Begins a guest `guest` at `here`, which makes `ready` in its /mnt, and once there is `go` adds a line to
  /// `result`.
  static func waiting(_ mount: String = "--mount .:/mnt", on machine: String = "here") -> String {
    """
    at \(machine) run --name guest --root $R \(mount) -- /bin/sh -c '
      x=$(od -An -tx1 -N60000 /dev/urandom); : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; echo ended >>/mnt/result' &
    """
  }

  /// Where `at MACHINE COMMAND…` is godwit on a machine: `move FROM TO [OPTION…]` moves `guest`, `runs MACHINE` asks for
  /// it, and `gone MACHINE` waits until it is not there. `arrived MACHINE keep|drop` resolves its arrival, once the machine has
  /// noticed that the link is broken. Unless a test says otherwise, nothing stays behind.
  static let functions = """
    move() { at $1 migrate guest ssh://$2 --ssh $PWD/link --remote-godwit $G --connections reset "${@:3}"; }
    runs() { at $1 ps | grep -q '^guest '; }
    arrived() {
      for i in $(seq 200); do
        at $1 resolve guest $2 2>refusal && return; grep -q "still arriving" refusal || break; sleep 0.05
      done; cat refusal >&2; return 125
    }
    gone() { for i in $(seq 600); do runs $1 || return 0; sleep 0.05; done; echo "still at $1"; }

    """

  /// Runs a script with these functions, where the first link is the one that `relay` says (see relay.py), and
  /// `receiver` has options for the receiver. `where` lists the machines that have something.
  func shell(_ script: String, isa: String = "x86_64", limit: Int = 300) throws -> Outcome {
    try scratch.shell(
      """
      mkdir -m 700 here there; export relay receiver cut only hostile deaf impostor late shortcut speaks
      at() { local machine=$1; shift; XDG_RUNTIME_DIR=$PWD/$machine XDG_STATE_HOME=$PWD/$machine/state $G "$@"; }
      \(Self.functions)
      where() { for m in here there; do at $m ps | sed -n "2,\\$s/^\\([^ :]*\\).*/$m: \\1/p" | sort -u; done; }

      """ + script, isa: isa, limit: limit)
  }
}

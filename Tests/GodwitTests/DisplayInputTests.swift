import Foundation
import Testing

/// What viewers do at a guest's display counts as input: see display.py, and Scripts/rfb.py for the viewer.
@Suite struct DisplayInputTests {
  /// Free ports `${P[n]}`. `show [NAME [PORT]]` begins a guest with a display at the first of them, `connect PORT` a viewer that asks for a
  /// picture all the time and does what `view COMMAND…` says, and `input MACHINE [TEXT]` prints, for each way by which there are
  /// viewers of `guest`, whether they did anything within a minute; it waits until that is TEXT. `came LINE` waits until a display
  /// has had that, and prints all that one had.
  static let tools = """
    cp '\(Checkout.root.path)/Tests/GodwitTests/display.py' .
    \(MigrationScratch.ports)
    show() {
      at here run --detach --name ${1-guest} --root $R --mount .:/mnt --cwd /mnt --publish ${2-${P[0]}}:5901 -- \
        /usr/bin/python3 display.py serve 5901 >/dev/null; await shown; rm shown
    }
    connect() {
      mkfifo view seen; /usr/bin/python3 '\(Checkout.root.path)/Scripts/rfb.py' $1 <view >seen & viewer=$!
      exec 7>view 8<seen; local line; read -r -u 8 line; echo "$line"
    }
    view() { local answer; echo "$@" >&7; read -r -u 8 answer; echo "$answer"; }
    state() {
      at $1 ps --json | /usr/bin/python3 -c '
    import json, sys
    def text(age): return "none" if age is None else "input" if age < 60e9 else age
    for guest in json.load(sys.stdin):
        if guest.get("relay") or guest["name"] != "guest": continue
        displays = ["%s %s" % ("relayed" if d["isRelayed"] else "direct", text(d.get("inputNanoseconds"))) for d in guest.get("displays", [])]
        typed = guest.get("typedNanoseconds")
        print(", ".join(displays) or "no viewer", "-", text(guest.get("inputNanoseconds")), *([] if typed is None else ["typed"]))'
    }
    came() { local n; for n in $(seq 600); do grep -sqx "$1" input && break; sleep 0.05; done; cat input; }
    input() {
      local n; [ $# = 1 ] || for n in $(seq 200); do [ "$(state $1)" = "$2" ] && break; sleep 0.05; done; state $1
    }

    """

  @Test(arguments: ["x86_64", "aarch64"])
  func keysAndClicksCountAndPicturesDoNot(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        show; input here; connect ${P[0]}; input here 'direct none - none'; sleep 1; input here
        view point 3 4; input here 'direct input - input'; came 'click 0 3 4'
        at here suspend guest --output snapshot; kill $viewer; rm view seen
        at here resume --detach --name guest snapshot >/dev/null; input here; connect ${P[0]}; sleep 1; input here 'direct none - none'
        view type a; input here 'direct input - input'; came 'key 65293'; kill $viewer; at here kill guest KILL; gone here
        """, isa: isa)
    #expect(
      outcome.text == """
        no viewer - none
        8x8 test
        direct none - none
        direct none - none
        done
        direct input - input
        click 0 3 4
        no viewer - none
        8x8 test
        direct none - none
        done
        direct input - input
        click 0 3 4
        key 97
        key 65293

        """, "\(outcome.error)")
  }

  /// A key comes to the other machine by half, and one who connects there is another than who is relayed.
  @Test func aKeyMovesInTheMiddle() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        show; /usr/bin/python3 display.py half ${P[0]} it & await it.half; input here 'direct none - none'
        move here there --connections relay --forward-for 0 --remote-publish ${P[1]}:5901; echo "migrate $?"
        input there 'relayed none - none'; connect ${P[1]}; input there 'direct none, relayed none - none'
        sleep 1; input there; touch it.go; await it.whole; input there 'direct none, relayed input - input'; came 'key 65'
        touch it.end; kill $viewer; wait; at there kill guest KILL; gone there
        """)
    #expect(
      outcome.text == """
        direct none - none
        migrate 0
        relayed none - none
        8x8 test
        direct none, relayed none - none
        direct none, relayed none - none
        direct none, relayed input - input
        key 65

        """, "\(outcome.error)")
  }

  /// Nobody can see what is in a connection that is not RFB; what is typed at a terminal is told apart.
  @Test func othersDoNotCount() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      Self.tools + """
        at here run --detach -i --name guest --root $R --mount .:/mnt --cwd /mnt --publish ${P[0]}:80 -- \
          /usr/bin/python3 -c '
        import socket
        s = socket.create_server(("", 80)); open("shown", "w").close()
        c, _ = s.accept(); c.recv(100); c.sendall(b"RFB 003.008\\n"); print(input(), flush=True)
        while c.recv(100): pass' >/dev/null; await shown
        /usr/bin/python3 -c '
        import os, socket, time
        s = socket.create_connection(("127.0.0.1", int("'${P[0]}'")))
        s.sendall(b"hello\\n"); s.recv(100); s.sendall(b"RFB 003.008\\n" + bytes([1, 1, 4, 1, 0, 0, 0, 0, 0, 65]))
        open("sent", "w").close()
        while not os.path.exists("end"): time.sleep(0.01)' & client=$!
        await sent; sleep 0.5; state here; at here attach guest <<<line >attached & input here 'no viewer - input typed'
        touch end; wait $client; gone here; cat attached
        """)
    #expect(
      outcome.text == "no viewer - none\nno viewer - input typed\nline\n", "\(outcome.error)")
  }
}

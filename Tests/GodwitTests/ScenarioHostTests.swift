import Foundation
import Testing

/// Each scenario in which applications move by themselves, on machines with networks of their own, one of them an ARM64 one: what moved
/// where and in which order, why, that it is on record how long it stood, and what a visitor from elsewhere saw, who asked all the time.
@Suite(.enabled(if: Machines.networksArePossible, "needs network namespaces and bridges"))
struct ScenarioHostTests {
  /// - Parameter visitors: so many were answered all the time.
  private func play(
    on machines: [String], arm64: String, isa: String = "x86_64", visitors: Int = 1,
    _ script: String, _ expected: String, name: String = #function
  ) throws {
    let story = try ScenarioScratch().shell(script, on: machines, arm64: arm64, isa: isa)
    for figure in story.figures { print("\(name) \(isa): \(figure)") }
    #expect(story.text == expected, "\(story.text) \(story.error)")
    #expect(
      story.figures.count(where: { $0.contains("none lost, none twice") }) == visitors,
      "\(story.figures) \(story.error)")
  }

  /// From the desk to the laptop, to the phone, and to the desk again, and its user types on.
  @Test(arguments: ["x86_64", "aarch64"]) func itFollowsItsUser(_ isa: String) throws {
    try play(
      on: ["desk", "laptop", "phone"], arm64: "phone", isa: isa,
      """
      for m in desk laptop phone; do serve $m "${ALL[@]}"; done; meet desk laptop; meet desk phone; meet laptop phone
      at desk hosts --json | /usr/bin/python3 -c 'import json, sys; print([h["status"]["isa"] for h in json.load(sys.stdin) if h["name"] == "phone"])'
      policy desk <<<'applications: {guest: {follow: {after: 1s}}}'
      shop desk; visit desk
      sit laptop desk/guest; type one; arrives laptop; more; type two; rise
      sit phone laptop/guest; type three; arrives phone; more; type four; rise
      sit desk phone/guest; type five; arrives desk; more; type six; rise
      leave; sort lines; record
      """,
      """
      ['aarch64']
      desk: guest goes to laptop: its user is attached at laptop.
      laptop: guest goes to phone: its user is attached at phone.
      phone: guest goes to desk: its user is attached at desk.
      got five
      got four
      got one
      got six
      got three
      got two
      desk to laptop: 1
      laptop to phone: 1
      phone to desk: 1

      """)
  }

  /// On a server, and only displayed on the phone, while that has little power; not at the desk, which has no mains either.
  @Test func itIsOnlyDisplayedWhileTheBatteryIsLow() throws {
    try play(
      on: ["phone", "desk", "server"], arm64: "phone", isa: "aarch64",
      """
      for m in desk server phone; do serve $m "${ALL[@]}"; done; meet desk server; meet desk phone; meet server phone
      policy phone <<'RULES'
      applications:
        guest: {home: phone, min-stay: 0s, power: {below: 20%, back-above: 40%, to: [desk, server]}}
      RULES
      policy desk <<<'applications: {guest: {home: phone}}'
      shop desk; at desk migrate --quiet guest phone; visit phone; sit phone guest; type one
      battery desk 50 off; battery phone 15 off; look phone; arrives server; more; type two
      battery phone 45 on; look phone; arrives phone; more; type three
      rise; leave; cat lines; record
      """,
      """
      phone: guest goes to server: phone is on battery, which fell below 20 %.
      phone: guest comes home from server: phone has power again.
      server: guest goes to phone: phone, its home, wants it back.
      got one
      got two
      got three
      phone to server: 1
      desk to phone: 1
      server to phone: 1

      """)
  }

  /// The lid is closed twice: what is at the server comes to the laptop before it sleeps, and then leaves it before that.
  @Test(.hasLogind) func theLidIsClosed() throws {
    try play(
      on: ["laptop", "server"], arm64: "server",
      """
      logind laptop; for m in laptop server; do serve $m "${ALL[@]}"; done; meet laptop server
      policy laptop <<'RULES'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: server, back: off}, sleep: {do: bring-home}}
      RULES
      tell laptop set InhibitDelayMaxUSec 600000000; shop laptop; visit laptop
      battery laptop 10 off; look laptop; arrives server; more; battery laptop 90 on; look laptop
      sleeps laptop true; arrives laptop; held laptop none; doze laptop; sleep 1; rouse laptop; sleeps laptop false; more
      policy laptop <<<'applications: {guest: {min-stay: 0s, sleep: {do: send, to: server}}}'
      held laptop 'godwit delay sleep:shutdown'
      sleeps laptop true; arrives server; held laptop none; doze laptop; runs server && echo 'it runs on'; rouse laptop; sleeps laptop false
      arrives laptop; more; leave; record
      """,
      """
      laptop: guest goes to server: laptop is on battery, which fell below 20 %.
      laptop: guest comes home from server: laptop goes to sleep.
      server: guest goes to laptop: laptop, its home, wants it back.
      laptop: guest goes to server: laptop goes to sleep.
      it runs on
      laptop: guest comes home from server: laptop is awake again.
      server: guest goes to laptop: laptop, its home, wants it back.
      laptop to server: 2
      server to laptop: 2

      """)
  }

  /// Two desktops are emptied onto one server, and sleep. Who talks with what ran there does not notice.
  @Test func desktopsAreEmptiedAtNight() throws {
    try play(
      on: ["desk", "studio", "server"], arm64: "server",
      """
      for m in desk studio server; do serve $m "${ALL[@]}"; done; meet desk server; meet studio server
      night() {
        local from=$(date -d "$2 minutes" +%H:%M) until=$(date -d "$3 minutes" +%H:%M)
        policy $1 <<<"defaults: {min-stay: 0s, schedule: {from: \\"$from\\", until: \\"$until\\", to: server, quiet: 0s}}"
      }
      times() { sed 's/[0-9][0-9]:[0-9][0-9]/TIME/g'; }
      empty() { at $1 ps | grep -v -e ^NAME -e ^relay- || echo "nothing is at $1"; }
      shop desk; at studio run --detach --name mail --root $R --mount .:/mnt -- /bin/sh -c '
        n=0; while ! [ -e /mnt/go ]; do n=$((n+1)); echo $n >>/mnt/log; sleep 0.05; done; echo ended >>/mnt/result' >/dev/null
      night desk -60 60; arrives server >told; times <told; night studio -60 60; arrives server mail >told; times <told
      empty desk; empty studio; visit server; doze desk; doze studio; more; rouse desk; rouse studio; more
      night desk -120 -60; arrives desk; more; night studio -120 -60; arrives studio mail; leave; record
      touch go; told result; seq $(tail -1 log) | cmp - log
      """,
      """
      desk: guest goes to server: it is between TIME and TIME.
      studio: mail goes to server: it is between TIME and TIME.
      nothing is at desk
      nothing is at studio
      desk: guest comes home from server: its time elsewhere is over.
      server: guest goes to desk: desk, its home, wants it back.
      studio: mail comes home from server: its time elsewhere is over.
      server: mail goes to studio: studio, its home, wants it back.
      desk to server: 1
      studio to server: 1
      server to desk: 1
      server to studio: 1
      ended

      """)
  }

  /// The machine is off as soon as logind need not wait, with all that ran there, and nobody notices: connections come by a gateway, which
  /// goes straight to where it is then, also if its own line is a slow one.
  @Test(.hasLogind) func aMachineReboots() throws {
    try play(
      on: ["gateway", "desk", "server"], arm64: "server",
      """
      logind desk; for m in gateway desk server; do serve $m "${ALL[@]}"; done; meet gateway desk; meet gateway server; meet desk server
      policy gateway <<<'applications: {guest: {home: desk}}'; printf 'desk\\nserver\\n' >gateway/config/godwit/follow
      policy desk <<<'applications: {guest: {home: desk, min-stay: 0s, update: {to: server}}}'
      tell desk set InhibitDelayMaxUSec 600000000; held desk 'godwit delay sleep:shutdown'
      shop gateway; visit gateway; at gateway migrate --quiet guest desk; more
      tc qdisc add dev to-gateway root tbf rate 64kbit burst 2kb latency 5s
      tell desk set PreparingForShutdown true; tell desk emit PrepareForShutdown true
      until [ "$(tell desk inhibitors)" = none ]; do :; done; crash desk; arrives server; more
      tell desk set PreparingForShutdown false; plug desk; more
      serve desk "${ALL[@]}"; arrives desk; more; leave; record
      """,
      """
      desk: guest goes to server: desk shuts down.
      desk: guest comes home from server: desk runs again.
      server: guest goes to desk: desk, its home, wants it back.
      gateway to desk: 1
      desk to server: 1
      server to desk: 1

      """)
  }

  /// The wire to a phone is cut, and a person says that the phone is lost. It runs on there all the same, until it is seen again.
  @Test func aMachineIsLost() throws {
    try play(
      on: ["desk", "server", "phone"], arm64: "phone", visitors: 0,
      """
      ask() {
        (within visitor /usr/bin/python3 -c '
      import socket, sys
      connection = socket.create_connection((sys.argv[1], 8080), 60).makefile("rw")
      print("next", file=connection, flush=True)
      print("answer", connection.readline(), end="")' ${address[$1]})
      }
      for m in desk server phone; do serve $m "${ALL[@]}"; done; meet desk server; meet desk phone; meet server phone
      policy desk <<<'applications: {guest: {home: phone}}'
      shop desk; at desk migrate --quiet guest phone; ask phone
      policy phone <<<'applications: {guest: {home: phone, protect: {on: server, every: 10m, wait: 1m}}}'
      for n in $(seq 1200); do compgen -G 'server/state/godwit/copies/*/note.json' >/dev/null && break; sleep 0.05; done
      says phone 'is copied to server'; ask phone; unplug phone
      # What it said before may still be on its way.
      for n in $(seq 60); do at server peer lost phone && break; sleep 1; done
      says server 'guest: goes on'; runs server && echo 'at server'; runs phone && echo 'at phone'; ask server
      plug phone; look phone; says phone 'guest: suspended'; runs phone || echo 'only at server'; ask server
      reasons phone; reasons server | grep -v 'has to confirm'; record
      """,
      """
      answer 1
      answer 2
      guest goes on here once phone has not answered for 1 min: see godwit ps
      at server
      at phone
      answer 2
      only at server
      answer 3
      guest is copied to server: server is to have it as of every 10 min.
      guest is suspended here: server has gone on with it, since this machine was taken for lost.
      guest goes on here in place of phone: the loss of phone is confirmed.
      desk to phone: 1

      """)
  }

  // MARK: What comes between

  /// A machine is suspended to RAM in the middle of a move, or its wire comes and goes: it runs on one of the two, and its log has each
  /// number once.
  @Test(arguments: ["doze", "flap"]) func aMoveIsDisturbed(_ how: String) throws {
    try play(
      on: ["desk", "server"], arm64: "", visitors: 0,
      """
      for m in desk server; do serve $m "${ALL[@]}"; done; meet desk server
      at desk run --detach --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        x=$(od -An -tx1 -N60000 /dev/urandom); n=0; : >/mnt/ready
        while ! [ -e /mnt/go ]; do n=$((n+1)); echo $n >>/mnt/log; sleep 0.01; done; echo ended >>/mnt/result' >/dev/null
      await ready; from=desk; to=server
      doze_and_rouse() { doze $1; sleep \(LongTests.areOn ? "$((RANDOM % 100))" : "0.5"); rouse $1; }
      flap() { local n; for n in 1 2 3 4 5; do unplug $1; sleep 0.05; plug $1; sleep 0.05; done; }
      [ \(how) = flap ] && disturb=flap || disturb=doze_and_rouse
      for round in $(seq \(LongTests.areOn ? 40 : 6)); do
        at $from migrate --quiet guest $to --connections reset 2>error & mover=$!
        sleep 0.$((round * 7919 % 700 + 100)); if [ $((round % 2)) = 0 ]; then $disturb desk; else $disturb server; fi
        wait $mover; status=$?
        for n in $(seq 1200); do
          runs desk; a=$?; runs server; b=$?; [ $((a + b)) = 1 ] && ! at desk ps | grep -q doubt && ! at server ps | grep -q doubt && break; sleep 0.1
        done
        [ $((a + b)) = 1 ] || { echo "round $round, status $status: $a $b"; cat error; at desk ps; at server ps; }
        [ $a = 0 ] && { from=desk; to=server; } || { from=server; to=desk; }
        before=$(tail -1 log); for n in $(seq 400); do [ "$(tail -1 log)" != "$before" ] && break; sleep 0.05; done
        [ "$(tail -1 log)" != "$before" ] || echo "it stands after round $round"
      done
      touch go; told result; seq $(tail -1 log) | cmp - log
      """, "ended\n")
  }
}

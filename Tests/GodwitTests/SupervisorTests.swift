import Foundation
import Testing

/// `godwit serve`, and what goes by way of it.
@Suite struct SupervisorTests {
  @Test func thereIsOneForEachUser() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here; at here serve; echo "$?"; stop here KILL
      serve here; at here peer ls; stop here; echo "$?"; at here peer ls; echo "$?"
      """)
    #expect(
      outcome.text == "125\nNAME  ADDRESS  FINGERPRINT\n0\n125\n",
      "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.error)")
    #expect(
      lines.first?.hasPrefix("godwit: a supervisor is running already (process ") == true
        && lines.last == "godwit: no supervisor is running: see godwit serve", "\(outcome.error)")
  }

  /// It has nothing of the supervisors, such as their sockets, which NIO leaves open for the programs that they start.
  @Test(arguments: ["x86_64", "aarch64"]) func aGuestGoesToAPeerAndBack(_ isa: String) throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"; meet here there
      \(MigrationScratch.waiting())
      await ready
      go here there; echo "$?"; where; ls -l /proc/$(at there ps | awk '/^guest / { print $2 }')/fd | grep -c eventpoll
      go there peer://here; echo "$?"; where
      touch go; told result; gone here; at here moves | wc -l
      """, isa: isa)
    #expect(
      outcome.text == "0\nthere: guest\n0\n0\nhere: guest\nended\n2\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Pages that follow, over a link of their own if the first one breaks.
  @Test func aPostCopy() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"; meet here there
      \(MigrationScratch.waiting())
      await ready; go here there --post-copy; echo "$?"; where; touch go; told result
      """)
    #expect(outcome.text == "0\nthere: guest\nended\n", "\(outcome.text) \(outcome.error)")
  }

  @Test func aGuestIsFetched() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here --grant fetch; serve there; meet here there
      \(MigrationScratch.waiting())
      await ready
      at there fetch here/guest --root $R --mount .:/mnt --connections reset; echo "$?"; where; touch go; told result
      at here moves | awk '{ print $2, $NF }'
      """)
    #expect(
      outcome.text == "0\nthere: guest\nended\nNAME TO\nguest peer://there\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Two ask for it at once, again and again: one gets it, and the other one hears why not.
  @Test func twoAskAtOnce() throws {
    let outcome = try SupervisorScratch.shell(
      """
      for m in here there third; do serve $m "${ALL[@]}" --grant fetch; done; meet here there; meet here third; meet there third
      at here run --detach --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        n=0; : >/mnt/ready; while ! [ -e /mnt/go ]; do n=$((n+1)); echo $n >>/mnt/log; sleep 0.01; done; echo ended >>/mnt/result' >/dev/null
      await ready; runs_at=here
      fetch() { at $1 fetch $runs_at/guest --root $R --mount .:/mnt --connections reset >/dev/null 2>$1.error; echo $? >$1.status; }
      for round in 1 2 3 4; do
        others=(); for m in here there third; do [ $m = $runs_at ] || others+=($m); done
        fetch ${others[0]} & one=$!; fetch ${others[1]} & two=$!; wait $one $two
        cat ${others[0]}.status ${others[1]}.status | sort | tr '\\n' ' '; count=0
        for m in "${others[@]}"; do [ $(cat $m.status) = 0 ] && runs_at=$m || grep -c '^godwit: ' $m.error; done
        for m in here there third; do runs $m && count=$((count + 1)); done; echo "$count"
      done
      touch go; told result; seq $(tail -1 log) | cmp - log
      """)
    #expect(
      outcome.text == String(repeating: "0 125 1\n1\n", count: 4) + "ended\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// Two machines send one of the same name to a third at once: one gets in, and the other one runs on where it was.
  @Test func twoSendAtOnce() throws {
    let outcome = try SupervisorScratch.shell(
      """
      for m in here there third; do serve $m "${ALL[@]}"; done; meet here third; meet there third
      for m in here there; do at $m run --detach --name guest --root $R -- /bin/sleep 1000 >/dev/null; done
      send() { at $1 migrate guest third --connections reset >/dev/null 2>$1.error; echo "$?" >$1.status; }
      send here & one=$!; send there & two=$!; wait $one $two; sort here.status there.status
      cat here.error there.error | sed 's/.*: a picoprocess named guest is .*/it is taken/'
      for m in here there third; do runs $m && at $m kill guest KILL && echo 'one'; done
      """)
    #expect(
      outcome.text == "0\n125\nit is taken\none\none\n",
      "\(outcome.text) \(outcome.error)")
  }

  /// A connection to the outside goes on by way of the machine that the guest has left, whose relay makes its links by
  /// way of supervisors, also after one of those was killed and has started again.
  @Test func connectionsGoOn() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}" --grant loopback; serve there "${ALL[@]}" --grant loopback; meet here there
      /usr/bin/python3 -c '
      import os, socket
      listener = socket.create_server(("127.0.0.1", 0))
      open("port.new", "w").write(str(listener.getsockname()[1])); os.rename("port.new", "port")
      client = listener.accept()[0]
      for line in client.makefile("rb"): client.sendall(line)' &
      await port
      at here run --name guest --net=loopback --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, socket, time
      file = socket.create_connection(("10.0.2.2", int(open("/mnt/port").read()))).makefile("rwb")
      n = 0
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"):
          n += 1
          file.write(b"%d\\n" % n); file.flush()
          assert file.readline() == b"%d\\n" % n
          open("/mnt/n.new", "w").write(str(n)); os.rename("/mnt/n.new", "/mnt/n")
          time.sleep(0.01)
      open("/mnt/result", "w").write("in order\\n")' &
      more() { local before=$(cat n); for i in $(seq 1200); do [ "$(cat n)" -gt $((before + 5)) ] && return; sleep 0.05; done; echo stuck; }
      await ready; await n; more
      at here migrate guest there --remote-net loopback; echo "$?"; more; where | grep guest
      stop here KILL; serve here "${ALL[@]}" --grant loopback; knows there here; more
      touch go; told result
      """)
    #expect(outcome.text == "0\nthere: guest\nin order\n", "\(outcome.text) \(outcome.error)")
  }

  @Test func allMachinesAreShown() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"; serve third; meet here there; meet here third
      \(MigrationScratch.waiting(on: "there"))
      await ready; at here hosts >hosts; stop third KILL; at here hosts --json >json
      sed -n '3p' hosts | sed 's/  */ /g' | cut -d' ' -f1,2,9-; grep -c . hosts
      /usr/bin/python3 -c '
      import json
      for host in json.load(open("json")): print(host["isThisOne"], "status" in host, host.get("error", "").split(":")[0])'
      at here ps --all | sed 's/  */ /g' | cut -d' ' -f1,2 | tail -n +2
      at here ps --all --json | /usr/bin/python3 -c '
      import json, sys
      print([[a["name"] for a in m.get("applications", [])] for m in json.load(sys.stdin)])'
      touch go; told result
      """)
    let text = outcome.text.split(separator: "\n").map { String($0) }
    #expect(text.first?.hasPrefix("there ") == true, "\(outcome.text) \(outcome.error)")
    #expect(
      text.dropFirst() == [
        "4", "True True ", "False True ", "False False third", "there guest", "third -",
        "[[], ['guest'], []]", "ended",
      ], "\(outcome.text) \(outcome.error)")
  }

  @Test func allGoToAPeer() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"; meet here there
      for name in one two three; do at here run --detach --name $name --root $R -- /bin/sleep 1000 >/dev/null; done
      at here evacuate --to there -- --connections reset | sort; where
      for name in one two three; do at there kill $name KILL; done
      """)
    #expect(
      outcome.text == """
        one: moved to peer://there
        three: moved to peer://there
        two: moved to peer://there
        there: one
        there: three
        there: two

        """, "\(outcome.text) \(outcome.error)")
  }

  // MARK: Peers

  /// Each learns the other's certificate over ssh, and calls it as it was told.
  @Test func peersMeetOverSsh() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"
      at here peer add ssh://there --ssh $PWD/link --remote-godwit $G --name far --as near >added; echo "$?"
      [ "$(cat added)" = "far: $(place there)" ] || cat added
      at here peer ls | tail -n +2 | sed "s|$(place there)|THERE|; s|$(print there)|PRINT|" | tr -s ' '
      at there peer ls | tail -n +2 | sed "s|$(place here)|HERE|; s|$(print here)|PRINT|" | tr -s ' '
      \(MigrationScratch.waiting())
      await ready; go here far; echo "$?"; where; touch go; told result
      at here peer rm far; go here far; echo "$?"
      """)
    #expect(
      outcome.text
        == "0\nfar THERE PRINT\nnear HERE PRINT\n0\nthere: guest\nended\n125\n",
      "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error.hasSuffix("no picoprocess named guest is running\n"), "\(outcome.error)")
  }

  @Test func aFingerprintIsComparedAsAWhole() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here; serve there; F=$(print there)
      at here peer add $(place there) --fingerprint ${F%?} --name there; echo "$?"
      at here peer add $(place there) --fingerprint $(print here) --name there; echo "$?"
      at here peer add $(place there) --name there; echo "$?"
      at here peer ls | wc -l
      at here peer add $(place there) --fingerprint $F --name there >/dev/null; echo "$?"
      at here peer add $(place there) --fingerprint $F --name other; echo "$?"
      """)
    #expect(outcome.text == "125\n125\n125\n1\n0\n125\n", "\(outcome.text) \(outcome.error)")
    let lines = outcome.error.split(separator: "\n")
    #expect(
      lines.count == 4 && lines[0].contains("its fingerprint is another one: SHA256:")
        && lines[2].contains("say its --fingerprint")
        && lines[3].hasSuffix("this machine is the peer there already"), "\(outcome.error)")
  }

  // MARK: Strangers

  /// Nobody is let in who is no peer, and the supervisor goes on.
  @Test func strangersAreRefused() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here; serve there; knows there here; W='{"version":1,"what":{"status":{}}}'
      echo "stranger: $(stranger --pem $(pem there) $(place here) "$W")"
      echo "nobody: $(stranger $(place here) "$W")"
      echo "old: $(stranger --tls12 --pem $(pem there) $(place here) "$W")"
      echo "garbage: $(stranger --raw $(place here) "GET / HTTP/1.0\\\\r\\\\n\\\\r\\\\n")"
      echo "slow: $(stranger --hold 30 $(place here))"
      at there hosts | grep -c "it refuses this machine's certificate"
      knows here there; at there hosts | grep -c "refuses"
      grep -v "it refuses" here.log | sed "s|$(print there)|PRINT|" | sort -u
      """)
    #expect(
      outcome.text == """
        stranger: SSLV3_ALERT_CERTIFICATE_UNKNOWN
        nobody: TLSV13_ALERT_CERTIFICATE_REQUIRED
        old: TLSV1_ALERT_PROTOCOL_VERSION
        garbage: end
        slow: closed
        1
        0
        godwit: 127.0.0.1: it does not answer
        godwit: 127.0.0.1: it does not speak TLS 1.3
        godwit: 127.0.0.1: it shows no certificate
        godwit: 127.0.0.1: refused: its certificate PRINT is no peer's
        godwit: 127.0.0.1: what it sends is not TLS

        """, "\(outcome.text) \(outcome.error)")
  }

  /// A peer whose place another machine has taken, or that has lost its key, is not taken for the peer.
  @Test func anotherCertificateIsNamed() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here "${ALL[@]}"; serve there "${ALL[@]}"; meet here there
      \(MigrationScratch.waiting())
      await ready; P=$(place there); stop there; rm there/state/godwit/supervisor/identity.pem
      listen $P there
      go here there; echo "$?"; where; touch go; told result
      """)
    #expect(outcome.text == "125\nhere: guest\nended\n", "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.error.contains("has another certificate: SHA256:")
        && outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  /// What a peer asks for that is not granted, or is no request.
  @Test(arguments: [
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--root","/"]}}}"#,
      "the root / is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--root","M/../.."]}}}"#,
      "is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--mount","/etc:/mnt"]}}}"#,
      "the mount /etc is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--mount","M/out:/mnt"]}}}"#,
      "is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--mount","M/ro:/mnt"]}}}"#,
      "is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--publish","8080:80"]}}}"#,
      "port 8080:80 is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--net=-"]}}}"#,
      "the network is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["receive","--spool","/etc"]}}}"#,
      "a peer may not ask for --spool"
    ),
    (#"{"version":1,"what":{"run":{"arguments":["receive","--name","../x"]}}}"#, "is not a name"),
    (
      #"{"version":1,"what":{"run":{"arguments":["send","guest"]}}}"#,
      "to fetch what runs here is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["join","guest"]}}}"#,
      "to attach to what runs here is not granted"
    ),
    (
      #"{"version":1,"what":{"run":{"arguments":["run","/bin/sh"]}}}"#,
      "a peer may not ask for that"
    ),
    (#"{"version":1,"what":{"run":{"arguments":[]}}}"#, "a peer may not ask for that"),
    (#"{"version":2,"what":{"status":{}}}"#, "it speaks another version"),
    ("hello", "it does not understand this request"),
  ]) func aPeersWishIsRefused(_ wish: String, _ reason: String) throws {
    let outcome = try SupervisorScratch.shell(
      """
      mkdir granted readable; ln -s /etc granted/out; ln -s $PWD/readable granted/ro
      serve here --grant mount:$PWD/granted --grant mount:$PWD/readable:ro; serve there; meet here there
      stranger --pem $(pem there) $(place here) "$(echo '\(wish)' | sed "s|M/|$PWD/granted/|")"; grep -c refused here.log
      """)
    #expect(
      outcome.text.contains(reason) && outcome.text.hasPrefix(#"{"failed":{"error":""#)
        && outcome.text.hasSuffix("\n1\n"), "\(outcome.text) \(outcome.error)")
  }

  // MARK: The end and the start

  @Test func whatIsSuspendedGoesOn() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here --on-stop suspend
      at here run --detach --pin --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; echo ended >>/mnt/result' >/dev/null
      await ready; stop here; where; cat here.log; serve here; until runs here; do sleep 0.02; done; where; at here ps --json | grep -o isPinned; touch go; told result; cat here.log; ls here/state/godwit/supervisor/suspended
      """)
    #expect(
      outcome.text
        == "godwit: guest: suspended\nhere: guest\nisPinned\nended\ngodwit: guest: suspended\ngodwit: guest: goes on\n",
      "\(outcome.text) \(outcome.error)")
  }

  @Test func theEndSendsThemAway() throws {
    let outcome = try SupervisorScratch.shell(
      """
      serve here --on-stop evacuate:there; serve there "${ALL[@]}"; meet here there
      for name in one two; do at here run --detach --name $name --root $R -- /bin/sleep 1000 >/dev/null; done
      at here run --detach --name stays --root $R --mount /var:/var -- /bin/sleep 1000 >/dev/null
      stop here; where; serve here; until at here ps | grep -q ^stays; do sleep 0.02; done; where | grep ^here
      for name in one two; do at there kill $name KILL; done; at here kill stays KILL
      """)
    #expect(
      outcome.text == "there: one\nthere: two\nhere: stays\n", "\(outcome.text) \(outcome.error)")
  }

  @Test func aUnitRunsIt() throws {
    let outcome = try SupervisorScratch.shell(
      """
      at here serve --listen '[::]:7410' --grant 'mount:/srv/a b' --on-stop evacuate:there --print-unit | grep '='
      """)
    #expect(
      outcome.text.contains(
        "serve --listen \"[::]:7410\" --grant \"mount:/srv/a b\" --on-stop evacuate:there\n")
        || outcome.text.contains(
          "serve --listen [::]:7410 --grant \"mount:/srv/a b\" --on-stop evacuate:there\n"),
      "\(outcome.text) \(outcome.error)")
    #expect(
      outcome.text.contains("KillMode=process\n") && outcome.text.contains("TimeoutStopSec=90\n"),
      "\(outcome.text)")
  }
}

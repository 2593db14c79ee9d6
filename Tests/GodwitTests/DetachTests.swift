import Foundation
import Testing

/// Applications that do not belong to a terminal: `run --detach`, and the commands to them.
@Suite struct DetachTests {
  /// Runs a script in which `begin OPTION... -- COMMAND...` starts the detached guest `guest`.
  private func shell(_ script: String, limit: Int = 120) throws -> Outcome {
    let scratch = try Scratch()
    return try scratch.shell(
      """
      export XDG_STATE_HOME=$PWD/state
      begin() { $G run --detach --name guest --root $R --mount .:/mnt "$@"; }
      trap '$G kill guest KILL 2>/dev/null' EXIT
      \(script)
      """, limit: limit)
  }

  @Test func detachedProgramsRunOn() throws {
    let outcome = try shell(
      """
      begin -- /bin/sh -c 'echo begun; while [ ! -e /mnt/go ]; do sleep 0.01; done; echo end; exit 3'
      there || echo not there
      touch go
      $G wait guest
      there && echo still there
      $G wait guest
      $G logs guest
      """)
    #expect(outcome.text == "guest\n3\n3\nbegun\nend\n", "\(outcome.error)")
  }

  /// It has neither a terminal nor the streams of whoever started it, and leads its own session.
  @Test func detachedProcessesHaveNothingOfTheirStarter() throws {
    let outcome = try shell(
      """
      name=$(begin -- /bin/sleep 1000 2>error)
      echo $name $(cat error)
      pid=$($G ps --json | sed -n 's/.*"pid" : \\([0-9]*\\).*/\\1/p')
      for i in 0 1; do readlink /proc/$pid/fd/$i; done
      readlink /proc/$pid/fd/2 | sed 's/.*state/state/'
      set -- $(tr ' ' '\\n' </proc/$pid/stat)
      echo terminal $7; [ $6 = $pid ] && echo leader
      $G stop guest; $G wait guest
      """)
    #expect(
      outcome.text
        == "guest\n/dev/null\n/dev/null\nstate/godwit/logs/guest.0\nterminal 0\nleader\n143\n",
      "\(outcome.error)")
  }

  @Test func errorsOfTheStartAreTheCommands() throws {
    let outcome = try shell(
      """
      begin -- /no/such/program; echo $?
      begin -- /etc/passwd; echo $?
      begin --mount /no/dir:/x -- /bin/true; echo $?
      begin --log-size 1K -- /bin/true; echo $?
      begin --trace -- /bin/true; echo $?
      $G attach --detach-keys ctrl-pq guest; echo $?
      $G logs guest; echo $?
      $G logs --since yesterday guest; echo $?
      $G pause guest; echo $?
      $G wait guest; echo $?
      $G stop -t -1 guest; echo $?
      """)
    #expect(outcome.text == "127\n126\n" + String(repeating: "125\n", count: 9))
    let lines = outcome.error.split(separator: "\n").map(String.init)
    let wanted = [
      "/no/such/program: no such file or directory", "/etc/passwd: permission denied",
      "/no/dir: no such file or directory", "--log-size takes at least 64K",
      "--detach and --trace without a file exclude each other",
      "The value 'ctrl-pq' is invalid for '--detach-keys <keys>'",
      "no application named guest has a log here",
      "The value 'yesterday' is invalid for '--since <time>'",
      "no picoprocess named guest is running", "no picoprocess named guest is running",
      "",
    ]
    #expect(lines.count == wanted.count, "\(outcome.error)")
    for (line, text) in zip(lines, wanted) {
      #expect(line.hasPrefix("godwit: " + text), "\(line)")
    }
  }

  /// Streams without a terminal are joined as they are.
  @Test func streamsAreJoined() throws {
    let outcome = try shell(
      """
      begin -i -- /bin/sh -c 'while read line; do echo "out $line"; echo "error $line" >&2; done; exit 4'
      printf 'one\\ntwo\\n' | $G attach guest 2>error; echo $?
      sort error
      begin -i -- /bin/cat >/dev/null
      head -c 3000000 /dev/zero | $G attach guest | wc -c
      begin -- /bin/sh -c 'sleep 1; cat'; $G wait guest
      """)
    #expect(
      outcome.text == "guest\nout one\nout two\n4\nerror one\nerror two\n3000000\nguest\n0\n",
      "\(outcome.error)")
  }

  /// The guest has a terminal of its own, though nobody here has one.
  @Test func terminalsNeedNoTerminal() throws {
    let outcome = try shell(
      """
      $G run -t --root $R -- /bin/sh -c 'tty; stty size; exit 3' | tr -d '\\r'; echo ${PIPESTATUS[0]}
      unset TERM; begin -t -- /bin/sh -c 'tty; echo $TERM; stty size; exit 3'
      $G wait guest; $G logs guest | tr -d '\\r'
      """)
    #expect(
      outcome.text == "/dev/pts/0\n24 80\n3\nguest\n3\n/dev/pts/0\nxterm\n24 80\n",
      "\(outcome.error)")
  }

  /// Signals to the client are the guest's, if they are wanted.
  @Test func signalsAreSentOn() throws {
    let outcome = try shell(
      """
      begin -- /bin/sh -c '
        trap "echo term; exit 5" TERM; touch /mnt/ready; while :; do sleep 0.1; done'
      await ready
      attached() { until $G ps --json | grep -q '"attachedClients" : 1'; do sleep 0.05; done; }
      $G attach --no-stdin --sig-proxy false guest & client=$!
      attached
      kill -TERM $client; wait $client; echo $?
      there && echo there
      until $G ps --json | grep -q '"attachedClients" : 0'; do sleep 0.05; done
      $G attach --no-stdin guest & client=$!
      attached
      kill -TERM $client; wait $client; echo $?
      """)
    #expect(outcome.text == "guest\n143\nthere\nterm\n5\n", "\(outcome.error)")
  }

  @Test func outputWithoutReadersIsKept() throws {
    let outcome = try shell(
      """
      begin -- /usr/bin/python3 -c '
      for i in range(10000): print("line", i, "x" * 90)'
      $G wait guest
      $G logs guest | wc; $G logs --tail 1 guest | cut -c1-10
      $G logs -t --tail 1 guest | grep -c '^20..-..-..T..:..:..[.].........Z line 9999 x'
      $G logs --since 1h guest | wc -l; $G logs --since 2999-01-01 guest | wc -l
      begin --log-size 64K -t -- /usr/bin/python3 -c '
      for i in range(10000): print("line", i, "x" * 90)'
      $G wait guest
      $G logs guest | tail -n 1 | cut -c1-9
      [ $(cat state/godwit/logs/guest.* | wc -c) -lt 65536 ] && echo bounded
      ls -l state/godwit/logs | grep -c '^-rw-------'
      begin --log-size 64K -- /usr/bin/python3 -c 'print("\\n" * 20000)'
      $G wait guest
      [ $(cat state/godwit/logs/guest.* | wc -c) -lt 65536 ] && echo bounded
      $G logs --remove guest; ls state/godwit/logs
      """)
    #expect(
      outcome.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        == [
          "guest", "0", "10000 30000 1008890", "line 9999", "1", "10000", "0", "guest", "0",
          "line 9999", "bounded", "2", "guest", "0", "bounded",
        ], "\(outcome.text) \(outcome.error)")
  }

  /// A client that stands still loses output, and says how much. Nobody waits for it.
  @Test func stoppedClientsHoldUpNobody() throws {
    let outcome = try shell(
      """
      begin -- /usr/bin/python3 -c '
      import os, time
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      for i in range(80): os.write(1, b"x" * 99999 + b"\\n")
      open("/mnt/done", "w").close()
      while not os.path.exists("/mnt/end"): time.sleep(0.01)'
      $G attach --no-stdin guest >out 2>error & client=$!
      until $G ps --json | grep -q '"attachedClients" : 1'; do sleep 0.05; done
      kill -STOP $client
      touch go; await done
      kill -CONT $client
      until grep -qs 'left out' error; do sleep 0.05; done
      touch end; wait $client; echo $?
      left=$(sed -n 's/^godwit: \\([0-9]*\\) bytes of output were left out here$/\\1/p' error)
      [ $left -gt 0 ] && echo $(($(stat -c %s out) + left))
      """)
    #expect(outcome.text == "guest\n0\n8000000\n", "\(outcome.error)")
  }

  @Test func logsAreFollowed() throws {
    let outcome = try shell(
      """
      begin -- /bin/sh -c 'echo one; while [ ! -e /mnt/go ]; do sleep 0.01; done; printf two; exit 1'
      $G logs -f guest >out & 
      until grep -qs one out; do sleep 0.05; done
      touch go; wait $!
      cat out
      """)
    #expect(outcome.text == "guest\none\ntwo", "\(outcome.error)")
  }

  /// While it is paused, no instruction of the guest runs.
  @Test func pausedProgramsStandStill() throws {
    let outcome = try shell(
      """
      begin -- /usr/bin/python3 -c '
      import os
      count = 0
      while not os.path.exists("/mnt/go"):
          count += 1
          with open("/mnt/count", "w") as file: file.write(str(count))
      print("end")'
      await count
      $G pause guest
      $G pause guest 2>&1
      before=$(cat count); $G ps | grep -o paused
      $G checkpoint guest -o checkpoint && $G verify checkpoint >/dev/null && echo whole
      [ "$(cat count)" = "$before" ] && echo still
      calls() { $G ps --json | grep syscallCount; }
      [ "$(calls)" = "$(calls)" ] && echo still
      $G unpause guest
      $G unpause guest 2>&1
      until [ "$(cat count)" != "$before" ]; do sleep 0.01; done
      $G pause guest
      $G suspend guest -o snapshot; there || echo suspended
      touch go
      $G resume snapshot --mount .:/mnt
      rm go; begin -- /bin/sleep 1000
      $G pause guest; $G kill -s KILL guest; $G wait guest
      begin -- /bin/sleep 1000
      $G pause guest; $G stop guest; $G wait guest
      """)
    #expect(
      outcome.text == """
        guest
        godwit: guest: it is paused already
        paused
        whole
        still
        still
        godwit: guest: it is not paused
        suspended
        end
        guest
        137
        guest
        143

        """, "\(outcome.error)")
  }

  @Test func stopKillsWhatDoesNotEnd() throws {
    let outcome = try shell(
      """
      begin -- /bin/sh -c 'trap "" TERM; touch /mnt/ready; while :; do sleep 0.1; done'
      await ready
      $G stop -t 1 guest; $G wait guest
      """)
    #expect(outcome.text == "guest\n137\n", "\(outcome.error)")
  }

  /// A guest with the host's streams, resumed without them.
  @Test func theHostsStreamsBecomeTheGuests() throws {
    let outcome = try shell(
      """
      $G run --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        echo begun; while [ ! -e /mnt/go ]; do sleep 0.01; done
        read line; echo "got $line"; echo end >&2; exit 6' </dev/null >out &
      until grep -qs begun out; do sleep 0.05; done
      $G suspend guest -o snapshot; wait
      touch go
      $G resume --detach --name guest snapshot
      echo two | $G attach guest; echo $?
      $G logs guest
      """)
    #expect(outcome.text == "guest\ngot two\n6\ngot two\n", "\(outcome.error)")
    #expect(outcome.error == "end\nend\n")
  }

  @Test func crashedOnesAreRecoveredDetached() throws {
    let outcome = try shell(
      """
      begin --checkpoint-every 100ms --checkpoint-dir store -- /bin/sh -c '
        touch /mnt/ready; while [ ! -e /mnt/go ]; do sleep 0.01; done; echo end; exit 8'
      await ready
      until [ "$($G store ls store 2>/dev/null | wc -l)" -gt 3 ]; do sleep 0.1; done
      kill -9 $($G ps --json | sed -n 's/.*"pid" : \\([0-9]*\\).*/\\1/p')
      until $G recover --detach --name guest --mount .:/mnt store 2>error; do sleep 0.1; done
      touch go
      $G wait guest; $G logs guest
      """)
    #expect(outcome.text == "guest\nguest\n8\nend\n", "\(outcome.error)")
  }
}

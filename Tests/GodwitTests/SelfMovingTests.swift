import Foundation
import Testing

/// Applications that move by themselves: each scenario with machines that have batteries, processors and logind of their own.
@Suite struct SelfMovingTests {
  private func run(_ script: String, _ expected: String, limit: Int = 300) throws {
    let outcome = try PolicyScratch.shell(script, limit: limit)
    #expect(outcome.text == expected, "\(outcome.text) \(outcome.error)")
  }

  /// To the first peer that has mains, and home when there is power.
  @Test func theBatteryIsLow() throws {
    try run(
      """
      for m in here there third; do serve $m "${ALL[@]}"; done; meet here there; meet here third
      policy here <<'END'
      applications:
        guest:
          min-stay: 0s
          power: {below: 20%, back-above: 40%, to: [there, third]}
      END
      begin here; battery there 50 off; battery here 15 off; look here; comes third; says here 'moved to third'
      battery here 60 off; look here; comes here; says third 'moved to here'; reasons here; reasons third; whole
      """,
      """
      guest goes to third: here is on battery, which fell below 20 %.
      guest comes home from third: here has power again.
      guest goes to here: here, its home, wants it back.
      at here
      ended
      1

      """)
  }

  /// What nobody uses is on the server, and comes home at the first key.
  @Test(.hasLogind)
  func nobodyUsesIt() throws {
    try run(
      """
      logind here; for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, idle: {after: 1m, to: there}}
      END
      begin here; idle here; says here 'moved to there'; comes there
      tell here user IdleHint false; comes here; says there 'moved to here'; reasons here; reasons there; whole
      """,
      """
      guest goes to there: there was no input for 1 min.
      guest comes home from there: there is input at here again.
      guest goes to here: here, its home, wants it back.
      at here
      ended
      1

      """)
  }

  /// Of two desktops with viewers the one that is only looked at is idle, and comes home at the first key. Its viewer notices nothing.
  @Test func nobodyUsesItsDisplay() throws {
    try run(
      DisplayInputTests.tools + """
        for m in here there; do serve $m "${ALL[@]}"; done; meet here there
        policy here <<'END'
        defaults: {min-stay: 0s, idle: {after: 1m, to: there}, move: {no-publish: true}}
        END
        show guest; show used ${P[1]}; connect ${P[0]}
        (while ! [ -e end ]; do echo type a; sleep 2; done) | /usr/bin/python3 '\(Checkout.root.path)/Scripts/rfb.py' ${P[1]} >/dev/null & user=$!
        says here 'guest: moved to there'; comes there; input there 'relayed none - none'; sleep 10; has here used && echo 'it stays'; state there
        view type a; comes here; says there 'guest: moved to here'; view point 1 2; came 'click 0 1 2' | grep click; input here 'relayed input - input'
        reasons here; reasons there; touch end; wait $user; kill $viewer; at here kill guest KILL; at here kill used KILL; gone here
        """,
      """
      8x8 test
      relayed none - none
      it stays
      relayed none - none
      done
      done
      click 0 1 2
      relayed input - input
      guest goes to there: there was no input for 1 min.
      guest comes home from there: there is input at here again.
      guest goes to here: here, its home, wants it back.

      """)
  }

  /// Windows of time; the file says when they are.
  @Test func atNight() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      window() {
        local from=$(date -d "$1 minutes" +%H:%M) until=$(date -d "$2 minutes" +%H:%M)
        policy here <<<"applications: {guest: {min-stay: 0s, schedule: {from: \\"$from\\", until: \\"$until\\", to: there, quiet: 0s}}}"
      }
      window -120 -60; begin here; look here; where
      window -60 60; comes there; says here 'moved to there'
      window -120 -60; comes here; says there 'moved to here'; reasons here | sed 's/[0-9][0-9]:[0-9][0-9]/TIME/g'; reasons there; whole
      """,
      """
      here: guest
      guest goes to there: it is between TIME and TIME.
      guest comes home from there: its time elsewhere is over.
      guest goes to here: here, its home, wants it back.
      at here
      ended
      1

      """)
  }

  /// The machine sleeps, and later shuts down; logind waits until nothing is here any more.
  @Test(.hasLogind)
  func theMachineSleepsAndReboots() throws {
    try run(
      """
      logind here; for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, sleep: {do: send, to: there}, update: {to: there}}
      END
      tell here set InhibitDelayMaxUSec 60000000
      begin here; held here 'godwit delay sleep:shutdown'
      sleeps here true; comes there; says here 'moved to there'; held here none
      sleeps here false; comes here; says there 'moved to here'
      held here 'godwit delay sleep:shutdown'
      tell here set PreparingForShutdown true; tell here emit PrepareForShutdown true; comes there; held here none
      stop here; tell here set PreparingForShutdown false; serve here "${ALL[@]}"; knows there here; comes here
      reasons here; reasons there | grep -v 'does not answer'; whole
      """,
      """
      guest goes to there: here goes to sleep.
      guest comes home from there: here is awake again.
      guest goes to there: here shuts down.
      guest comes home from there: here runs again.
      guest goes to here: here, its home, wants it back.
      guest goes to here: here, its home, wants it back.
      at here
      ended
      1

      """)
  }

  /// What is away is fetched before the machine sleeps; what no move has time for is suspended, and goes on afterwards.
  @Test(.hasLogind)
  func theLidIsClosed() throws {
    try run(
      """
      logind here; for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there, back: off}, sleep: {do: bring-home}}
      END
      tell here set InhibitDelayMaxUSec 60000000
      begin here; battery here 10 off; look here; comes there; says here 'moved to there'; battery here 90 on; look here
      sleeps here true; comes here; says there 'moved to here'; held here none; sleeps here false; held here 'godwit delay sleep:shutdown'
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, sleep: {do: send, to: there}}
      END
      tell here set InhibitDelayMaxUSec 600000
      # The moves before took long to begin.
      sed -i 's/"opening":[0-9]*/"opening":60000000000/' here/state/godwit/moves/*
      sleeps here true; says here 'guest: suspended'; where; sleeps here false; comes here; says here 'guest: goes on'
      # A busy machine does not know in time how long a move would take.
      reasons here | sed 's/would take [0-9.]* s of .*/has no time./; s/takes nobody knows how long/has no time/'
      reasons there; whole
      """,
      """
      guest goes to there: here is on battery, which fell below 20 %.
      guest comes home from there: here goes to sleep.
      guest is suspended here: here goes to sleep, and a move to there has no time.
      guest goes on here: here is awake again.
      guest goes to here: here, its home, wants it back.
      at here
      ended
      1

      """)
  }

  /// A move that does not get on before the machine sleeps: it is given up while there is time to suspend the guest.
  @Test(.hasLogind)
  func thePeerStandsStill() throws {
    try run(
      """
      logind here; for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, sleep: {do: send, to: there, back: off}}
      END
      tell here set InhibitDelayMaxUSec 10000000
      at here run --detach -i --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      memory = os.urandom(150 << 20)
      open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      open("/mnt/result", "w").write("ended\\n")' >/dev/null
      await ready; held here 'godwit delay sleep:shutdown'
      sleeps here true; says here 'guest goes to there'; kill -STOP ${pid[there]}; says here 'guest: suspended'; held here none
      runs here && echo 'still here'; kill -CONT ${pid[there]}; sleeps here false; comes here; says here 'guest: goes on'; reasons here
      touch go; told result; gone here; runs there && echo 'twice'
      """,
      """
      guest goes to there: here goes to sleep.
      guest is suspended here: here goes to sleep, and its move is not over.
      guest goes on here: here is awake again.
      ended

      """)
  }

  /// To the machine at which its user attaches, who goes on to type and read.
  @Test func itFollowsItsUser() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}" --grant attach; done; meet here there
      policy here <<'END'
      applications:
        guest: {follow: {after: 1s}}
      END
      at here run --detach -i --name guest --root $R --mount .:/mnt -- /bin/sh -c '
        : >/mnt/ready; while read a; do echo "got $a"; [ "$a" != end ] || exit 7; done' >/dev/null
      await ready; mkfifo keys; exec 9<>keys
      (home there exec $G attach here/guest <keys >out) & client=$!
      echo one >&9; comes there; says here 'moved to there'; echo two >&9; echo end >&9; wait $client; echo "$?"; cat out; reasons here
      """,
      """
      7
      got one
      got two
      got end
      guest goes to there: its user is attached at there.

      """)
  }

  /// A busy machine sends what is there to the one that is less busy by what it says.
  @Test func theMachineIsBusy() throws {
    try run(
      """
      for m in here there third; do serve $m "${ALL[@]}"; done; meet here there; meet here third
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, load: {above: 90%, for: 1m, to: [there, third]}}
      END
      busy there 0.70; begin here; busy here 2.00; look here; says here 'moved to third'; comes third; reasons here; whole
      """,
      """
      guest goes to third: the processors of here were busy to more than 90 % for 1 min.
      at third
      ended
      1

      """)
  }

  /// The largest of a machine that is full goes, and no second one before the memory was looked at again.
  @Test func theMemoryIsFull() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      defaults: {min-stay: 0s, memory: {above: 90%, for: 10s, to: there}}
      END
      at here run --detach --name small --root $R -- /bin/sleep 1000 >/dev/null
      at here run --detach --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c '
      import os, time
      memory = bytearray(20 << 20); open("/mnt/ready", "w").close()
      while not os.path.exists("/mnt/go"): time.sleep(0.01)
      print(len(memory), file=open("/mnt/result", "w"))' >/dev/null; await ready
      full here 0.95; look here; says here 'moved to there'; full here 0.60; look here; comes there; has here small && echo 'small stays'
      reasons here; touch go; told result; at here kill small KILL
      """,
      """
      small stays
      guest goes to there: more than 90 % of the memory of here was in use for 10 s.
      20971520

      """)
  }

  /// Nobody takes it, so it is suspended before the battery is empty, and goes on when there is power.
  @Test func theBatteryIsEmpty() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there, suspend-below: 5%}}
      END
      begin here; battery there 10 off; battery here 15 off; look here; says here 'there is on battery, too'
      battery here 4 off; look here; says here 'guest: suspended'; runs here && echo 'it runs'; battery here 60 on; look here; comes here; says here 'goes on$'
      reasons here; whole
      """,
      """
      guest stays where it is: here is on battery, which fell below 20 %, but there is on battery, too.
      guest is suspended here: the battery has less than 5 % and no mains.
      guest goes on here: here has power again.
      at here
      ended
      1

      """)
  }

  /// What is away comes home before the link goes, and leaves again when it is a good one.
  @Test func theLinkGetsWorse() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there; radio here 60
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}, network: {below: 30%, back-above: 50%}}
      END
      begin here; battery here 10 off; look here; arrives there
      radio here 20; look here; arrives here; radio here 30; look here; runs here && echo 'it stays'
      radio here 40; look here; arrives there; whole
      """,
      """
      here: guest goes to there: here is on battery, which fell below 20 %.
      here: guest comes home from there: the quality of the link of here has fallen below 30 %.
      there: guest goes to here: here, its home, wants it back.
      it stays
      here: guest goes to there: here is on battery, which fell below 20 %.
      at there
      ended
      1

      """)
  }

  /// A move with options of its own, to a machine that has granted no root, and back.
  @Test func itsRootAndMountsGoAlong() throws {
    try run(
      CourierTests.preamble + """
        export XDG_DATA_HOME=$PWD/data; small small; mkdir work
        for m in here there; do serve $m --grant mount:$PWD; done; meet here there
        policy here <<'END'
        applications:
          guest:
            min-stay: 0s
            power: {below: 20%, back-above: 40%, to: there}
            move: {with-root: true, with-mounts: true, connections: reset}
        END
        at here run --detach -i --name guest --root small --mount $PWD/work:/mnt -- /bin/sh -c '
          exec 3</etc/data; : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; read a <&3; echo "$a" >/mnt/result' >/dev/null
        await work/ready; battery here 10 off; look here; comes there; says here 'moved to there'; mv small gone
        battery here 90 on; look here; comes here; says there 'moved to here'; reasons here; reasons there; touch work/go; told work/result
        """,
      """
      guest goes to there: here is on battery, which fell below 20 %.
      guest comes home from there: here has power again.
      guest goes to here: here, its home, wants it back.
      content

      """)
  }

  // MARK: What does not move

  /// Pinned, for the rules of its machine and for its home.
  @Test func aPinnedOneStays() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}}
      END
      begin here --pin; battery here 10 off; for n in 1 2 3; do look here; at here policy explain; done | sort -u; where
      at here migrate guest there; battery here 90 on
      stranger --pem $(pem here) $(place there) '{"version":1,"what":{"recall":{"application":"guest"}}}'
      says there 'it is pinned'; where; reasons here; reasons there; whole
      """,
      """
      guest: pinned: no rule moves it
      here: guest
      {"done":{}}
      there: guest
      guest stays where it is: it is pinned.
      at there
      ended
      1

      """)
  }

  /// A battery that flutters, a peer whose own rules would send it back, and peers that ask for what is not theirs: one move.
  @Test func nothingPlaysPingPong() throws {
    try run(
      """
      for m in here there third; do serve $m "${ALL[@]}"; done; meet here there; meet there third
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}}
      END
      policy there <<'END'
      defaults: {min-stay: 0s, power: {below: 90%, to: [here, third]}, load: {below: 50%, for: 1m, to: here}}
      END
      begin here; battery here 19 off; look here; comes there; says here 'moved to there'; battery there 30 off
      for n in 1 2 3 4 5 6; do
        battery here 2$((n % 2)) off; battery here 19 off; look here; look there
        stranger --pem $(pem third) $(place there) '{"version":1,"what":{"recall":{"application":"guest"}}}'
      done | sort -u
      at here policy explain; where; grep -h ': moved' *.log | wc -l; whole
      """,
      """
      {"done":{}}
      guest, power: nothing now
      there: guest
      1
      at there
      ended
      1

      """)
  }

  // MARK: Bad input and faults

  /// Each mistake is said with its line, and what held before goes on to hold.
  @Test func aBadPolicyIsNotUsed() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      at here policy check 2>&1 | sed 's/.*policy.yaml: //'
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}}
      END
      at here policy check | sed 's/.*policy.yaml: //'; begin here
      policy here 2>&1 <<'END' | sed 's/.*policy.yaml:/line /'
      applications:
        guest:
          power: {below: 200%, to: there}
          idle: {after: 10, to: nowhere}
          shedule: {}
      END
      at here policy check >checked 2>&1; echo "$?"; wc -l <checked; grep -c policy.yaml: here.log
      battery here 10 off; look here 2>/dev/null; comes there; says here 'moved to there'; at here policy explain nobody; whole
      """,
      """
      not found
      no mistakes, rules for 1 name
      line 3: applications.guest.power.below: is 200 %, and must be from 1 % to 99 %
      line 4: applications.guest.idle.after: must be a time, as in 15m (s, m, h or d), and is "10"
      line 4: applications.guest.idle.to: "nowhere" is no peer of this machine; godwit peer ls shows them
      line 5: applications.guest.shedule: is no key here: did you mean "schedule"?
      1
      3
      4
      nobody is neither here nor away from here
      at there
      ended
      1

      """)
  }

  /// A peer that has not granted what the guest needs: it is tried once, and not again before a pause is over.
  @Test func aPeerDoesNotTakeIt() throws {
    try run(
      """
      serve here "${ALL[@]}"; serve there; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}}
      END
      begin here; battery here 10 off; look here; says here 'stays here: the move to there failed'
      for n in 1 2 3 4 5; do look here; at here policy explain; done | sort -u; where; grep -c 'is not granted' here.log; whole
      """,
      """
      guest, power: guest stays where it is: here is on battery, which fell below 20 %, but the last move to there failed.
      here: guest
      1
      at here
      ended
      1

      """)
  }

  /// A peer with impossible numbers, which says that it runs what is here.
  @Test func aPeerLies() throws {
    try run(
      """
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there; stop there KILL
      lies='{"status":{"_0":{"isa":"x86_64","processors":0,"load":-1e300,"memory":1,"memoryAvailable":18446744073709551615,"applications":["guest"],"details":[{"name":"guest","memoryBytes":-1,"uptimeNanoseconds":9223372036854775807,"inputNanoseconds":-9223372036854775808,"users":[{"isRelayed":true,"nanoseconds":-5}]}]}}}'
      stranger --server --pem $(pem there) 127.0.0.1:0 "$lies\\n" >port & other=$!; told port >/dev/null
      sed -i "s|$(place there)|127.0.0.1:$(cat port)|" here/state/godwit/supervisor/peers.json; stop here; serve here
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, power: {below: 20%, to: there}, idle: {after: 1m, to: there}, follow: on}
      END
      begin here; battery here 10 off; look here; says here 'stays here: the move to there failed'
      for n in 1 2 3; do at here policy explain >explained; grep -c . explained; done; where; kill -0 ${pid[here]} && whole; kill $other
      """,
      """
      3
      3
      3
      here: guest
      at here
      ended
      1

      """)
  }

  /// At any moment of moves that rules decide, either end's supervisor is killed, and starts again: there is one guest, and its log
  /// has each number once.
  @Test func aSupervisorIsKilledAnywhere() throws {
    let kills = LongTests.areOn ? 200 : 6
    try run(
      """
      again() { stop $1 KILL; serve $1 "${ALL[@]}"; knows $2 $1; }
      for m in here there; do serve $m "${ALL[@]}"; done; meet here there
      policy here <<'END'
      applications:
        guest: {min-stay: 0s, max-moves: 1000 per hour, power: {below: 20%, back-above: 40%, to: there}}
      END
      begin here
      for kill in $(seq \(kills)); do
        if runs here; then battery here 10 off; else battery here 90 off; fi; look here
        sleep 0.$((kill * 7919 % 900 + 50))
        if [ $((kill % 2)) = 0 ]; then again here there; else again there here; fi
        for n in $(seq 600); do
          runs here; a=$?; runs there; b=$?; [ $((a + b)) = 1 ] && ! at here ps | grep -q doubt && ! at there ps | grep -q doubt && break; sleep 0.1
        done
        [ $((a + b)) = 1 ] || { echo "kill $kill: $a $b"; cat *.log; }
      done
      whole | grep -v '^at '
      """,
      """
      ended
      1

      """, limit: 3600)
  }
}

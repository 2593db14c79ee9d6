import Foundation
import Testing

/// Programs that are moved while others talk with them (`--connections relay`): three times, and back. Nobody sees an
/// error, and every answer and every byte comes once.
@Suite(
  .serialized,
  .enabled(if: Machines.arePossible, "needs network namespaces, bridges, and root"))
struct RelayedProgramsTests {
  /// `served PORT` waits for a server of load.py, `client NAME ACTION...` begins a client of it; `more` waits until each has
  /// had answers; `go FROM-TO...` moves the guest, and prints the statuses; `end` ends the clients and prints what they say.
  /// How long they waited is on standard error.
  static let tools = """
    cp '\(Checkout.root.path)/Tests/GodwitTests/load.py' .; : >move
    served() { until [ -e $1.served ]; do sleep 0.05; done; }
    clients=()
    client() { clients+=($1); /usr/bin/python3 load.py "$@" & }
    more() {
      local name before
      for name in "${clients[@]}"; do
        until [ -e $name.count ] || [ -e $name.idle ]; do sleep 0.02; done
        [ -e $name.idle ] && continue
        before=$(cat $name.count)
        until [ -e $name.outcome ] || [ -e $name.idle ] || [ $(cat $name.count) -gt $((before + 5)) ]; do sleep 0.02; done
      done
    }
    go() {
      local way
      more
      for way in "$@"; do
        echo $way >move; move ${way%-*} ${way#*-} --connections relay; echo "$way $?"; more
      done
    }
    end() {
      local name
      : >enough
      for name in "${clients[@]}"; do
        until [ -e $name.outcome ]; do sleep 0.05; done; cat $name.outcome
      done
      cat *.gaps >&2 2>/dev/null
      at a kill guest KILL; for name in a b c; do gone $name; done
    }

    """

  /// The same, where the guest's root is the one with servers; `native PATH...` runs a program of it here.
  static func serverTools(_ isa: String) throws -> String {
    for path in [Checkout.servers(isa).path, Checkout.servers(Checkout.nativeISA).path]
    where !FileManager.default.fileExists(atPath: path) {
      throw Failed("\(path) is missing: make compat-rootfs")
    }
    return tools + """
      R='\(Checkout.servers(isa).path)'; native='\(Checkout.servers(Checkout.nativeISA).path)'
      loader=$(echo "$native"/usr/lib/*-linux-gnu/ld-linux-*)
      native() { $loader --library-path ${loader%/*} "$native/usr/$1" "${@:2}"; }

      """
  }

  static let ways =
    LongTests.areOn ? ["a-b", "b-c", "c-a", "a-c", "c-b", "b-a"] : ["a-b", "b-c", "c-a"]
  static let go = "go " + ways.joined(separator: " ")
  static let moved = ways.map { "\($0) 0\n" }.joined()

  /// Somebody types into a shell of the guest, and files are fetched slowly from it, and by it.
  @Test(arguments: ["x86_64", "aarch64"]) func aShellAndFiles(_ isa: String) throws {
    let size = LongTests.areOn ? 40 : 8
    let outcome = try Machines.shell(
      Scratch(),
      Self.tools + """
        /usr/bin/python3 load.py web 8000 &
        served 8000
        at a run --name guest --root $R --mount .:/mnt --cwd /mnt --net --publish 0.0.0.0:8080:80 --publish 0.0.0.0:8081:81 \
          -- /bin/sh -c 'python3 load.py shell 80 & python3 load.py web 81 &
            python3 load.py fetches download 10.77.0.254:8000 \(size); wait' &
        served 80; served 81; clients=(fetches)
        client types type 10.77.0.1:8080; client is-served download 10.77.0.1:8081 \(size)
        \(Self.go)
        end
        """, isa: isa, limit: 1200)
    #expect(
      outcome.text == Self.moved + "fetches ok\ntypes ok\nis-served ok\n",
      "\(outcome.text)\(outcome.error)")
  }

  /// A client counts, one waits in a blocking call over all moves, and redis-benchmark counts over many connections.
  @Test(.enabled(if: LongTests.areOn), arguments: ["x86_64", "aarch64"]) func redis(_ isa: String)
    throws
  {
    let outcome = try Machines.shell(
      Scratch(),
      try Self.serverTools(isa) + """
        at a run --name guest --root $R --publish 0.0.0.0:6379:6379 -- \
          /usr/bin/redis-server --bind 0.0.0.0 --protected-mode no --save '' --dir /tmp >log &
        until grep -qs 'Ready to accept' log; do sleep 0.05; done
        benchmark() { native bin/redis-benchmark -h 10.77.0.1 -k 1 -c 10 -t incr --csv -n "$@" 2>&1; }
        benchmark 2000 >first
        # What it would take a minute for, if the guest stayed.
        more=$(( $(sed -n 's/^"INCR","\\([0-9]*\\).*/\\1/p' first) * 60 ))
        benchmark $more >second & benchmark=$!
        client counts count 10.77.0.1:6379; client waits wait 10.77.0.1:6379
        \(Self.go)
        wait $benchmark; echo "benchmark $?"; grep -iv '^"' second
        [ $(native bin/redis-cli -h 10.77.0.1 get counter:__rand_int__) = $((2000 + more)) ] && echo "all counted"
        end
        """, isa: isa, limit: 1800)
    #expect(
      outcome.text == Self.moved + "benchmark 0\nall counted\ncounts ok\nwaits ok\n",
      "\(outcome.text)\(outcome.error)")
  }

  /// pgbench goes on until the last move is done: no transaction fails, none is lost, none is there twice.
  @Test(.enabled(if: LongTests.areOn), arguments: ["x86_64", "aarch64"]) func postgresql(
    _ isa: String
  ) throws {
    let outcome = try Machines.shell(
      Scratch(),
      try Self.serverTools(isa) + """
        at a run --name guest --root $R --publish 0.0.0.0:5432:5432 -- /bin/bash -c '
          export PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/tmp/data TZ=UTC LC_ALL=C
          as() { perl -e "\\$) = q(33 33); \\$( = 33; \\$< = 33; \\$> = 33; exec @ARGV" "$@"; }
          mkdir -m 700 $PGDATA && chown 33:33 $PGDATA
          as initdb -A trust --no-sync -E UTF8 && echo "host all all all trust" >>$PGDATA/pg_hba.conf &&
            as postgres -k /tmp -h "*"' >log 2>&1 & guest=$!
        sql() { native lib/postgresql/15/bin/psql -h 10.77.0.1 -U www-data -Atq postgres "$@"; }
        bench() { native lib/postgresql/15/bin/pgbench -h 10.77.0.1 -U www-data "$@" postgres; }
        until sql -c 'select 1' >/dev/null 2>&1; do sleep 0.2; kill -0 $guest || { cat log; exit 1; }; done
        bench -i -q >log 2>&1 || cat log
        # Notes when a transaction begins, and has the last ones wait for the end.
        cat >begins <<'END'
        name=client$1; echo "$(date +%s%N) $(cat move)" >>$name.times
        count=$(wc -l <$name.times); echo $count >$name.new; mv $name.new $name.count
        if [ $count -gt 380 ]; then : >$name.idle; until [ -e enough ]; do sleep 0.05; done; fi
        END
        cat >script <<'END'
        \\shell /bin/sh begins :client_id
        \\set aid random(1, 100000)
        \\set tid random(1, 10)
        \\set delta random(-5000, 5000)
        BEGIN;
        UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;
        UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :tid;
        UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = 1;
        INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (:tid, 1, :aid, :delta, CURRENT_TIMESTAMP);
        END;
        END
        bench -n -c 2 -j 2 -t 400 -f script >bench 2>&1 & bench=$!
        clients=(client0 client1)
        \(Self.go)
        : >enough; wait $bench; echo "pgbench $?"
        grep -e 'actually processed' -e 'failed' -e 'error' bench
        sql -c 'select count(*), sum(delta) = (select sum(abalance) from pgbench_accounts),
          sum(delta) = (select sum(tbalance) from pgbench_tellers),
          sum(delta) = (select sum(bbalance) from pgbench_branches) from pgbench_history'
        for name in client0 client1; do /usr/bin/python3 load.py $name gaps; done
        end
        """, isa: isa, limit: 1800)
    #expect(
      outcome.text == Self.moved + """
        pgbench 0
        number of transactions actually processed: 800/800
        number of failed transactions: 0 (0.000%)
        800|t|t|t
        client0 ok
        client1 ok

        """, "\(outcome.text)\(outcome.error)")
  }

  /// 100 MiB each way at a limited rate, by curl.
  @Test(.enabled(if: LongTests.areOn), arguments: ["x86_64", "aarch64"]) func curl(_ isa: String)
    throws
  {
    let outcome = try Machines.shell(
      Scratch(),
      try Self.serverTools(isa) + """
        /usr/bin/python3 load.py bytes 100 >bytes; /usr/bin/python3 load.py web 8000 &
        served 8000
        at a run --name guest --root $R --mount .:/mnt --cwd /mnt --net --publish 0.0.0.0:8081:81 -- /bin/sh -c '
          python3 load.py web 81 &
          curl -sS --limit-rate 1M -o fetched http://10.77.0.254:8000/100; echo "the guest $?" >fetched.status; wait' &
        served 81
        { native bin/curl -sS --limit-rate 1M -o served http://10.77.0.1:8081/100; echo "here $?" >served.status; } &
        until [ -s served ] && [ -s fetched ]; do sleep 0.05; done
        \(Self.go)
        : >enough; until [ -e served.status ] && [ -e fetched.status ]; do sleep 0.1; done
        cat served.status fetched.status; cmp served bytes; cmp fetched bytes
        end
        """, isa: isa, limit: 1800)
    #expect(
      outcome.text == Self.moved + "here 0\nthe guest 0\n", "\(outcome.text)\(outcome.error)")
  }
}

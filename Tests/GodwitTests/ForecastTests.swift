import Foundation
import JSONText
import Picoprocess
import Snapshot
import Testing

/// What `godwit migrate --dry-run` foretells, and what godwit learns from moves.
@Suite struct ForecastTests {
  private static let second: Int64 = 1_000_000_000

  /// A guest of so many bytes that writes so many different ones in a second.
  private func activity(_ memory: UInt64, writes rate: UInt64 = 0, compressed: Double = 1)
    -> MemoryActivity
  {
    let times: [Int64] = [4_000_000, 10_000_000, 100_000_000, Self.second]
    return MemoryActivity(
      memory: memory, compressed: compressed,
      written: times.map {
        MemoryActivity.Written(time: $0, bytes: rate * UInt64($0) / UInt64(Self.second))
      })
  }

  private func forecast(_ activity: MemoryActivity, _ pace: MigrationPace = MigrationPace())
    -> Forecast
  {
    Forecast(activity: activity, link: LinkFigures([]), pace: pace)
  }

  @Test func whatIsWrittenIsReadFromWhatWasSeen() {
    let points = [(100, 1000), (200, 1500), (400, 2000)].map {
      MemoryActivity.Written(time: $0.0 * Self.second, bytes: UInt64($0.1))
    }
    let activity = MemoryActivity(memory: 3000, compressed: 1, written: points)
    func bytes(_ seconds: Int64) -> UInt64 { activity.bytes(writtenIn: seconds * Self.second) }
    #expect(bytes(0) == 0)
    #expect(bytes(50) == 500)
    #expect(bytes(150) == 1250)
    #expect(bytes(400) == 2000)
    // So far each doubling of the time added as much.
    #expect(bytes(600) == 2250)
    #expect(bytes(800) == 2500)
    #expect(bytes(1600) == 3000)
    #expect(activity.bytes(writtenIn: .max) == 3000)
    let unseen = MemoryActivity(memory: 3000, compressed: 1, written: [])
    #expect(unseen.bytes(writtenIn: Self.second) == 0)
  }

  /// What is written again and again, 300 kB here, is no part of the rate.
  @Test func whatIsWrittenAgainCountsOnce() {
    let points = [4, 10, 19, 32, 52, 82, 127].map { (time: Int64) in
      MemoryActivity.Written(time: time * 1_000_000, bytes: 300_000 + UInt64(time) * 5000)
    }
    let activity = MemoryActivity(memory: 1 << 30, compressed: 1, written: points)
    #expect(abs(Double(activity.bytes(writtenIn: 10 * Self.second)) - 50_300_000) < 10_000)
  }

  /// One that writes in turns of 10 ms, and was seen for a tenth of a second: there is no knowing that it writes fewer pages anew.
  @Test(arguments: [0, 3, 7, 9] as [Int64]) func turnsAreNoSaturation(_ phase: Int64) {
    let millisecond: Int64 = 1_000_000
    let points = [4, 10, 19, 32, 52, 82, 127].map { (time: Int64) in
      MemoryActivity.Written(
        time: time * millisecond, bytes: UInt64((time + phase) / 10) * 100_000)
    }
    let activity = MemoryActivity(memory: 1 << 30, compressed: 1, written: points)
    let written = Double(activity.bytes(writtenIn: 10 * Self.second))
    #expect(abs(written - 100_000_000) < 15_000_000)
  }

  /// The process that has a guest may be the guest's own by now.
  @Test func impossibleActivityIsNone() {
    func isPossible(_ memory: UInt64, _ compressed: Double, _ written: [(Int64, UInt64)]) -> Bool {
      MemoryActivity(
        memory: memory, compressed: compressed,
        written: written.map { MemoryActivity.Written(time: $0.0, bytes: $0.1) }
      ).isPossible
    }
    #expect(isPossible(10, 0.5, [(1, 5), (2, 10)]))
    #expect(!isPossible(10, 0.5, [(1, 5), (2, 11)]))
    #expect(!isPossible(10, 0.5, [(1, 5), (2, 4)]))
    #expect(!isPossible(10, 0.5, [(2, 5), (1, 6)]))
    #expect(!isPossible(10, 0.5, [(-1, 5)]))
    #expect(!isPossible(10, -1, []) && !isPossible(10, 3, []) && !isPossible(.max, 1, []))
  }

  /// A link so slow that all takes longer than anybody waits.
  @Test func hugeTimesAreOnlyLong() {
    var pace = MigrationPace()
    pace.bandwidth = 1
    let figures = forecast(activity(1 << 48, writes: 1 << 30), pace)
      .figures(MoveWay(.none), elapsed: 0)
    #expect(figures.total > 365 * 86_400 * Self.second)
  }

  /// 100 MB/s are assumed of a link of which nothing is known.
  @Test func anIdleGuestTakesAsLongAsItsMemory() {
    let figures = forecast(activity(200_000_000)).figures(MoveWay(.none), elapsed: Self.second)
    #expect(abs(figures.total - 3 * Self.second) < Self.second / 5)
    #expect(figures.bytes == 200_000_000)
    #expect(figures.frozen < 100_000_000)
  }

  /// A guest that writes faster than the link carries stands for longer, unless it is slowed.
  @Test func aBusyGuestStandsForLonger() {
    let idle = forecast(activity(200_000_000)).figures(MoveWay(.none), elapsed: 0)
    let busy = activity(200_000_000, writes: 150_000_000)
    let paused = forecast(busy).figures(MoveWay(.none), elapsed: 0)
    #expect(paused.frozen > Self.second && paused.bytes > idle.bytes)
    var pace = MigrationPace()
    pace.throttles = true
    let slowed = forecast(busy, pace).figures(MoveWay(.none), elapsed: 0)
    #expect(slowed.frozen < paused.frozen / 4)
    let postCopy = forecast(busy).figures(MoveWay(.none, isPostCopy: true), elapsed: 0)
    #expect(postCopy.frozen <= idle.frozen && postCopy.total > 2 * Self.second)
  }

  @Test func aLimitCounts() {
    var pace = MigrationPace()
    pace.bandwidth = 10_000_000
    let memory = activity(100_000_000, compressed: 0.5)
    let plain = forecast(memory, pace).figures(MoveWay(.none), elapsed: 0)
    let compressed = forecast(memory, pace).figures(MoveWay(.standard), elapsed: 0)
    #expect(plain.total > 10 * Self.second && plain.total < 11 * Self.second)
    #expect(compressed.total > 5 * Self.second && compressed.total < 6 * Self.second)
    #expect(compressed.bytes == 50_000_000)
  }

  /// What a machine wrote down may have been changed by anybody of that user.
  @Test(arguments: [
    "", "{}", "moved", #"{"time":1}"#,
    #"{"bytesLeft":0,"ending":-1,"forecast":{"bytes":1,"frozen":1,"total":1},"guest":"g","isLimited":false,"memoryRate":1,"outcome":{"bytes":1,"frozen":1,"total":1},"rate":1,"time":1,"way":{"compression":"none","isPostCopy":false}}"#,
    #"{"bytesLeft":0,"ending":1,"forecast":{"bytes":1,"frozen":1,"total":1},"guest":"g","isLimited":false,"memoryRate":1,"outcome":{"bytes":1,"frozen":1,"total":1},"rate":0,"time":1,"way":{"compression":"none","isPostCopy":false}}"#,
    #"{"bytesLeft":0,"ending":1,"forecast":{"bytes":1,"frozen":1,"total":1},"guest":"g","isLimited":false,"memoryRate":1,"outcome":{"bytes":1,"frozen":1,"total":1},"rate":1e300,"time":1,"way":{"compression":"none","isPostCopy":false}}"#,
    #"{"bytesLeft":0,"ending":1,"forecast":{"bytes":1,"frozen":1,"total":1},"guest":"g","isLimited":false,"memoryRate":1,"outcome":{"bytes":1,"frozen":1,"total":9223372036854775807},"rate":1,"time":1,"way":{"compression":"none","isPostCopy":false}}"#,
  ])
  func impossibleRecordsAreNone(_ line: String) {
    #expect(MoveRecord(Array(line.utf8)[...]) == nil)
  }

  @Test func possibleRecordsAreRead() throws {
    let line =
      #"{"bytesLeft":0,"ending":1,"forecast":{"bytes":1,"frozen":1,"total":1},"guest":"g","isLimited":false,"memoryRate":1,"outcome":{"bytes":1,"frozen":1,"total":1},"rate":1,"time":1,"way":{"compression":"none","isPostCopy":false}}"#
    let record = try #require(MoveRecord(Array(line.utf8)[...]))
    #expect(JSON.line(record) == line)
  }

  /// It stays where it is, and nothing is left there.
  @Test(arguments: ["x86_64", "aarch64"]) func aRehearsalMovesNothing(_ isa: String) throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      move here there --dry-run >said; echo "dry run $?"
      sed 's/[0-9][0-9.]* \\(ms\\|s\\|B\\|KiB\\|MiB\\)/N/g' said
      move here there --dry-run --explain | sed -n 's/^\\(memory\\|link\\|[* ]\\) .*/\\1/p; s/^.*link: \\(.*\\)\\/s, /link: /p' | sort | uniq -c
      move here there --dry-run --post-copy | grep -c post-copy
      where; ls there | grep -v state; touch go; told result
      """, isa: isa)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.first == "dry run 0", "\(outcome.text) \(outcome.error)")
    #expect(
      lines.dropFirst().first.map {
        $0.hasPrefix("guest can move to ssh://there: pre-copy")
          && $0.hasSuffix(": stands N, takes N, sends N")
      } == true, "\(outcome.text)")
    #expect(outcome.text.contains("link: assumed: no move to it is on record\n"), "\(outcome.text)")
    #expect(outcome.text.hasSuffix("\n1\nhere: guest\ngodwit\nended\n"), "\(outcome.text)")
  }

  /// What can't work is said as before a move.
  @Test func aRehearsalNamesAnObstacle() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      move here there --dry-run --remote-root /nowhere; echo "$?"
      move here there --explain; echo "$?"
      touch go; told result
      """)
    #expect(outcome.text == "125\n125\nended\n", "\(outcome.text)")
    let errors = outcome.error.split(separator: "\n")
    #expect(errors.count == 2 && errors[0].hasSuffix("/nowhere: no such file or directory"))
  }

  /// Files go before the memory, as they are.
  @Test(arguments: [MoveWay(.none), MoveWay(.standard), MoveWay(.standard, isPostCopy: true)])
  func filesTakeTheirTime(_ way: MoveWay) {
    func figures(_ bytes: UInt64, limit: Int? = nil) -> MoveFigures {
      var pace = MigrationPace()
      pace.bandwidth = limit
      let forecast = Forecast(
        activity: activity(50_000_000, compressed: 0.3), link: LinkFigures([]), pace: pace,
        fileBytes: bytes)
      return forecast.figures(way, elapsed: 0)
    }
    let (without, with) = (figures(0), figures(200_000_000))
    #expect(with.bytes - without.bytes == 200_000_000)
    #expect(with.total - without.total == 2 * Self.second)
    #expect(with.frozen == without.frozen)
    let slow = figures(20_000_000, limit: 10_000_000).total - figures(0, limit: 10_000_000).total
    #expect(slow == 2 * Self.second)
    // No file is that long, and nothing overflows.
    #expect(figures(1 << 62).total > with.total)
  }

  /// `files FROM TO OPTION…` is what a dry run says would go of files, and whether each way counts them; `quick` or `slow` says
  /// whether each takes eight seconds.
  private static let files = """
    files() {
      move "$@" --dry-run --print-stats | /usr/bin/python3 -c '
    import json, sys
    ways = json.load(sys.stdin)
    sizes = {way.get("fileBytes") for way in ways}
    print(*sizes, all(way["figures"]["bytes"] > (way.get("fileBytes") or 0) for way in ways),
          *sorted({"slow" if way["figures"]["total"] > 8.5e9 else "quick" for way in ways}))'
    }
    said() { move "$@" --dry-run --explain | sed -n 's/ in .*;/ in TIME;/; s/^files: //p'; }

    """

  /// What the other machine lacks of a root: at first all, then nothing, and then a file.
  @Test(arguments: ["x86_64", "aarch64"]) func aRehearsalCountsARoot(_ isa: String) throws {
    let outcome = try MigrationScratch().shell(
      CourierTests.preamble + Self.files + """
        export XDG_DATA_HOME=$PWD/data; small small; head -c 9000000 /dev/urandom >small/new
        at here run --name guest --root small --mount .:/mnt -- /bin/sh -c '
          : >/mnt/ready; while ! [ -e /mnt/go ]; do sleep 0.01; done; echo ended >>/mnt/result' &
        await ready
        files here there; files here there --with-root | sed -E 's/^[0-9]{8} /all /'
        files here there --with-root --bandwidth-limit 1M | sed -E 's/^[0-9]{8} /all /'
        find data there/roots; ls there | grep -v state; where
        move here there --with-root; echo "migrate $?"; files there here --with-root; said there here --with-root | sed 's/ of .* would/ of ALL would/'
        head -c 1000000 /dev/urandom >"$(echo data/godwit/roots/*/root)/more"; files there here --with-root; ls data/godwit/roots | grep -c tmp
        where; touch go; told result
        """, isa: isa)
    #expect(
      outcome.text == """
        None True quick
        all True quick
        all True slow
        godwit
        here: guest
        migrate 0
        0 True quick
        0 B of ALL would go, in TIME; the rest is there
        1000000 True quick
        0
        there: guest
        ended

        """, "\(outcome.text) \(outcome.error)")
  }

  /// What it lacks of mounts, and what would be lost there. Holes and other names of a file take nothing.
  @Test func aRehearsalCountsMounts() throws {
    let outcome = try MigrationScratch().shell(
      Self.files + """
        export XDG_DATA_HOME=$PWD/data; mkdir one control
        head -c 3000000 /dev/urandom >one/a; cp one/a one/b; ln one/a one/c; truncate -s 100M one/hole; printf x >>one/hole
        at here run --name guest --root $R --mount one:/data --mount control:/control:ro -- /bin/sh -c '
          : >/data/ready; while ! [ -e /control/go ]; do sleep 0.01; done; echo ended >/data/result' &
        await one/ready
        dry() { files here there --with-mounts --remote-mount $1:/data; left; }
        left() { ls -A | grep -E '^([.].*|two)$'; }
        dry two; mkdir two; dry two; cp -p one/b two/b; dry two; ls two
        echo lost >two/other; move here there --with-mounts --remote-mount two:/data --dry-run; echo "$?"; rm two/other
        mkdir two/new; move here there --with-mounts --remote-mount two/none/x:/data --dry-run; echo "$?"; rmdir two/new
        said here there --with-mounts --remote-mount two:/data; find data -name '*' | wc -l
        move here there --with-mounts --remote-mount two:/data; echo "migrate $?"; cmp one/a two/a; where; touch control/go; await two/result; cat two/result
        """)
    #expect(
      outcome.text == """
        6000001 True quick
        6000001 True quick
        two
        1 True quick
        two
        b
        125
        125
        1 B of 5.7 MiB would go, in TIME; the rest is there
        0
        migrate 0
        there: guest
        ended

        """, "\(outcome.text) \(outcome.error)")
    let errors = outcome.error.split(separator: "\n")
    #expect(errors.contains { $0.contains("would be lost: ") }, "\(outcome.error)")
  }

  /// Each move writes down what was foretold and what it took, and the next forecast goes by that.
  @Test func movesAreLearntFrom() throws {
    let scratch = try MigrationScratch()
    let outcome = try scratch.shell(
      """
      \(MigrationScratch.waiting())
      await ready
      move here there; move there here --post-copy 2>/dev/null; move here there --compress none; move there here
      at here moves | awk '{ print $2, $NF }'; at there moves | awk '{ print $2, $NF }'
      echo rubbish >>here/state/godwit/moves/there
      move here there --dry-run --explain | sed -n 's/^link: .*, //p'
      at here moves --json >json; touch go; told result
      """)
    #expect(
      outcome.text == """
        NAME TO
        guest ssh://there
        guest ssh://there
        NAME TO
        guest ssh://here
        guest ssh://here
        by the last 2 moves to it
        ended

        """, "\(outcome.text) \(outcome.error)")
    let json = try Data(contentsOf: URL(fileURLWithPath: scratch.path("json")))
    let moves = try JSONDecoder().decode([String: [MoveRecord]].self, from: json)["ssh://there"]
    #expect(moves?.count == 2)
    for move in moves ?? [] {
      #expect(move.outcome.frozen > 0 && move.outcome.total > move.outcome.frozen)
      #expect(move.forecast.total > move.forecast.frozen && move.outcome.bytes > 4096)
    }
    #expect(moves?.last?.way == MoveWay(.none))
  }
}

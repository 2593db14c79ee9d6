/// Every row, in the table's order.
let allRows: [any Row] =
  ISA.allCases.flatMap { isa -> [any Row] in
    guests.map { name, most in Comparison(guest: name, isa, most: most) } + [
      Comparison(
        name: "python3", isa, program: "/usr/bin/python3", arguments: ["-c", "pass"]),
      Comparison(
        name: "sqlite3", isa, program: "/usr/bin/sqlite3", arguments: [":memory:", query]),
    ]
  }
  + work.map {
    Comparison(
      name: "\($0.name): work", .riscv64, program: "/usr/bin/\($0.name)", arguments: $0.arguments,
      most: 1.1)
  }
  + ISA.ofPrograms.flatMap {
    [SpawnRow(isa: $0), CompilerRow(isa: $0), RedisRow(isa: $0)] as [any Row]
  }
  + ISA.allCases.map { StartRow(isa: $0) } + ISA.allCases.map { SuspendRow(isa: $0) }
  + [(16, 5), (256, 5), (1024, 5), (4096, 5), (256, 50), (1024, 50)].map {
    CheckpointRow(isa: .x86_64, size: $0, rate: $1)
  } + [
    LossRow(isa: .x86_64, size: 256, rate: 50), ManyObjectsRow(isa: .x86_64),
    SizeRow(isa: .x86_64), SizeRow(isa: .aarch64), IdleRow(isa: .x86_64),
  ] + [16, 256, 1024, 4096].map { LazyRow(isa: .x86_64, size: $0) }
  + [CloneRow(isa: .x86_64), PeriodRow(isa: .x86_64)] + [
    MigrationRow(isa: .x86_64, size: 256),
    MigrationRow(isa: .x86_64, size: 256, bandwidth: 125e6),
    MigrationRow(isa: .x86_64, size: 1024, rate: 50),
  ]
  + [16, 256, 1024, 4096].map { MigrationRow(isa: .x86_64, size: $0, isPostCopy: true) }
  + [
    RelayRow(isa: .x86_64, size: 16), RelayRow(isa: .x86_64, size: 256), PodmanRow(size: 256),
    ForecastRow(isa: .x86_64),
  ]
  + ISA.ofPrograms.flatMap { isa in programs(isa).map { ProgramRow(isa: isa, program: $0) } }

/// Programs of Guests/bench with the ratio to stay below.
private let guests: [(String, Double)] = [
  ("intloop", 3), ("sieve", 3), ("qsort1m", 3), ("chase4m", 3), ("memcpy1m", 3),
  ("floatbench", 3), ("indirect", 3), ("getppid1m", 1), ("forkexit", 1), ("pipe1g", 2),
]

/// Programs of Debian with work for a second, for the ISA whose root has no others.
private let work: [(name: String, arguments: [String])] = [
  (
    "python3",
    [
      "-c",
      """
      import json, re
      d = {str(i): [i] * 3 for i in range(3000)}
      for k in range(8): s = json.dumps(d); json.loads(s)
      print(len(re.findall(r"\\d+,", s)), sum(i * i for i in range(1500000)))
      """,
    ]
  ),
  (
    "perl",
    [
      "-e",
      #"""
      $t = "abc def 123 " x 20000;
      for (1 .. 25) { $n++ while $t =~ /(\w+)\s(\d+)/g }
      print "$n\n"
      """#,
    ]
  ),
  (
    "gawk",
    [
      """
      BEGIN {
        for (i = 0; i < 500000; i++) { j = i % 1000; a[j] = a[j] i % 7; if (length(a[j]) > 50) a[j] = "" }
        print length(a)
      }
      """
    ]
  ),
  (
    "lua5.4",
    [
      "-e",
      """
      local t, s = {}, 0
      for i = 1, 300000 do t[i] = (i * 7919) % 100003 end
      table.sort(t)
      for i = 1, #t do s = (s * 31 + t[i]) % 1000003 end
      print(s, math.sin(s))
      """,
    ]
  ),
]

private let query = """
  CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, name TEXT);
  WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200000)
    INSERT INTO t SELECT i, i * 7919 % 1009, 'row ' || i FROM c;
  SELECT k, count(*), sum(id), max(name) FROM t GROUP BY k ORDER BY 3 DESC LIMIT 20;
  """

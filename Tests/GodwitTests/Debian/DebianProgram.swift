import Testing

/// A run of a program from Debian, with the same output on every ISA and in every run.
struct DebianProgram: CustomTestStringConvertible, Sendable {
  var name: String
  /// A path in the guest and its arguments.
  var command: [String]
  /// For `make test-long` only.
  var isLong = false
  /// Keep only these lines of its output; lines with times differ from run to run.
  var keeps: @Sendable (Substring) -> Bool = { _ in true }

  var testDescription: String { name }

  /// The command, in a fixed environment.
  var commandLine: [String] {
    ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "HOME=/root", "LC_ALL=C.UTF-8"] + command
  }

  static func script(_ name: String, isLong: Bool = false, _ text: String) -> DebianProgram {
    DebianProgram(name: name, command: ["/bin/sh", "-euc", text], isLong: isLong)
  }

  /// Reads `/mnt/small` (500 kB) or `/mnt/text` (20 MB), see `TestData`.
  static let all: [DebianProgram] = interpreters + compressors + databases + tools + pythonModules

  static let here = all.filter { LongTests.areOn || !$0.isLong }
}

extension DebianProgram {
  private static let interpreters: [DebianProgram] = [
    DebianProgram(
      name: "lua",
      command: [
        "/usr/bin/lua5.4", "-e",
        """
        local t = {}
        for i = 1, 60000 do t[i] = (i * 7919) % 100003 end
        table.sort(t)
        local s = 0
        for i = 1, #t, 100 do s = (s * 31 + t[i]) % 1000003 end
        print(s, string.format("%.10f", math.sin(1)), #table.concat(t, ","))
        for w in ("the quick brown fox"):gmatch("%a+") do io.write(w:upper():rep(2), " ") end
        print(string.pack("<i4d", 7, 1.5):byte(1, -1))
        print(select(2, pcall(error, "caught")))
        local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
        print(co(), co(), co())
        print(os.time { year = 2024, month = 2, day = 29, hour = 12 })
        local lines = {}
        for line in io.lines("/mnt/small") do
          lines[#lines + 1] = line
          if #lines % 500 == 0 then io.write(#line, " "); io.flush() end
        end
        table.sort(lines)
        print(#lines, lines[1], lines[#lines])
        """,
      ]),
    DebianProgram(
      name: "perl",
      command: [
        "/usr/bin/perl", "-we",
        """
        use strict; use POSIX qw(strftime); use Digest::SHA qw(sha256_hex); use List::Util qw(sum);
        $| = 1;
        my %count;
        open(my $file, "<", "/mnt/small") or die;
        while (<$file>) { $count{$_}++ for split /\\W+/; print "$.\\n" if $. % 500 == 0 }
        my @words = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
        print scalar(@words), "\\n";
        print "$_ $count{$_}\\n" for @words[0..9];
        printf "%.15g %s\\n", atan2(1, 1) * 4, join(",", map { ord } split //, pack("Nnd>", 1, 2, 3.5));
        my $text = "x" x 1000; $text =~ s/(x{3})/<$1>/g; print length($text), "\\n";
        print strftime("%F", gmtime(86400 * 365)), " ", sha256_hex("abc"), " ", sum(1 .. 100), "\\n";
        local $SIG{ALRM} = sub { print "alarm\\n" }; alarm 1; select(undef, undef, undef, 5);
        my $pid = open(my $child, "-|") // die;
        if (!$pid) { print "line $_\\n" for 1 .. 3; exit 7 }
        print "child says $_" while <$child>;
        close $child; print $? >> 8, "\\n";
        """,
      ]),
    .script(
      "awk",
      """
      gawk '{ for (i = 1; i <= NF; i++) c[length($i)]++ }
        NR % 500 == 0 { print NR; fflush() }
        END { n = asorti(c, k, "@ind_num_asc"); for (i = 1; i <= n; i++) print k[i], c[k[i]] }' /mnt/small
      mawk '{ s += length($1) } END { printf "%d %d %.6f\\n", s, NR, s / NR }' /mnt/small
      gawk 'BEGIN { "echo from a command" | getline line; print line
        print strtonum("0x1f"), tolower("ABC"), substr("hello", 2, 3), gensub(/l/, "L", "g", "hello") }'
      """),
    .script(
      "bc",
      """
      export BC_LINE_LENGTH=0
      for n in 100 400 700; do echo "scale=$n; 4*a(1)" | bc -l; done
      echo 'define f(n) { if (n < 2) return n; return f(n-1) + f(n-2) }; f(16); 2^1000; sqrt(2)' | bc -l
      """),
    .script(
      "jq",
      """
      seq 1 5000 | jq -s -c 'map({a: ., b: (. * 2 | tostring)}) | group_by(.a % 7)
        | map({k: .[0].a, n: length, s: (map(.a) | add), last: .[-1].b})'
      head -n 200 /mnt/small | jq -R -c 'split(" ") | {first: .[0], count: length, last: .[-1]}'
      echo '{"a":[1,2,{"b":null}],"c":"\\u00e9\\ud83d\\ude00"}' | jq 'paths, .c, (.a | length)'
      """),
  ]

  private static let compressors: [DebianProgram] =
    ["small", "text"].flatMap { file in
      [
        ("gzip", "gzip -6 -n -c", "gzip -dc"), ("xz", "xz -1 -c", "xz -dc"),
        ("zstd", "zstd -q -3 -c", "zstd -dc"), ("bzip2", "bzip2 -9 -c", "bzip2 -dc"),
      ].map { name, pack, unpack in
        script(
          file == "small" ? name : "\(name), 20 MB", isLong: file != "small",
          """
          cd /tmp
          \(pack) < /mnt/\(file) > packed
          sha256sum < packed; stat -c %s packed
          \(unpack) < packed > unpacked
          cmp unpacked /mnt/\(file) && echo same
          \(pack) < /mnt/\(file) | \(unpack) | sha256sum
          """)
      }
    } + [
      script(
        "threads of compressors, 20 MB", isLong: true,
        """
        cd /tmp
        zstd -q -T3 -k /mnt/text -o packed.zst && zstd -dcq packed.zst | cmp - /mnt/text && echo zstd
        xz -T2 --block-size=4MiB -1 -kc /mnt/text > packed.xz && xz -T2 -dc packed.xz | sha256sum
        """)
    ]

  private static let databases: [DebianProgram] = [
    database("sqlite3", rows: 2_000), database("sqlite3, 50 MB", rows: 110_000, isLong: true),
  ]

  private static func database(_ name: String, rows: Int, isLong: Bool = false) -> DebianProgram {
    DebianProgram(
      name: name,
      command: [
        "/usr/bin/sqlite3", "/tmp/data.db",
        """
        CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, data BLOB);
        BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO item SELECT i, 'item ' || (i * 7919 % \(rows)), (i % 1000) / 8.0,
          substr(hex(zeroblob(250)) || i, 1, 460) FROM n;
        COMMIT;
        CREATE INDEX by_name ON item(name);
        SELECT count(*), sum(length(data)), avg(price) FROM item;
        SELECT name, price FROM item WHERE name LIKE 'item 119%' ORDER BY name LIMIT 20;
        SELECT price, count(*), min(id), max(id) FROM item GROUP BY price ORDER BY price LIMIT 10;
        BEGIN;
        UPDATE item SET price = price * 2 WHERE id % 10 = 3;
        DELETE FROM item WHERE id % 50 = 0;
        COMMIT;
        BEGIN; DELETE FROM item; ROLLBACK;
        SELECT count(*), sum(price) FROM item;
        SELECT page_count * page_size / 1000000 FROM pragma_page_count, pragma_page_size;
        PRAGMA integrity_check;
        SELECT a.id, b.id FROM item a JOIN item b ON a.name = 'item ' || b.id WHERE a.id < 8
          ORDER BY a.id;
        PRAGMA journal_mode = WAL;
        UPDATE item SET name = name || '!' WHERE id % 100 = 1;
        PRAGMA wal_checkpoint;
        VACUUM;
        PRAGMA integrity_check;
        """,
      ], isLong: isLong)
  }

  private static let tools: [DebianProgram] = [
    .script(
      "busybox",
      """
      cd /tmp
      b() { /bin/busybox "$@"; }
      b seq 1 2000 | b sort -r | b head -n 3
      b sed -n '1~100s/[aeiou]/*/gp' /mnt/small | b cut -d' ' -f1-3 | b tail -n 4
      b tar -cf t.tar -C /usr/share/zoneinfo/Etc . && b tar -tf t.tar | b sort | b md5sum
      b tr a-z A-Z < /mnt/small | b sha1sum
      b dd if=/mnt/small bs=1000 skip=3 count=2 2>dd.err | b od -An -tx1 | b head -n 2
      b awk 'NR % 800 == 0 { print NR, $2 }' /mnt/small
      b find /usr/share/zoneinfo/Etc -name 'GMT*' | b sort | b wc -l
      b gzip -c /mnt/small | b gunzip -c | b cmp - /mnt/small && echo same
      b uniq -c /etc/nsswitch.conf | b grep -c files
      b expr 6 '*' 7; b factor 600851475143; b basename /a/b.c .c; b date -u -d @86400 +%F
      b xargs -n 2 echo < /etc/hostname
      b sh -c 'for i in 1 2 3; do echo $((i * i)); done'
      b ls -l /etc/hostname | b awk '{ print $1, $5 }'
      b env -i A=1 b=2 /bin/busybox env
      """),
    .script(
      "coreutils",
      """
      cd /tmp
      sort /mnt/small | uniq -c | sort -k1,1nr -k2 | head -n 5
      sort -S 1M --parallel=2 /mnt/small | sha256sum
      split -b 100k /mnt/small part. && cat part.* | cmp - /mnt/small && ls part.*
      grep -c -E '^[a-m].* [0-9]+7$' /mnt/small || true
      sed -E 's/([a-z]+) ([a-z]+)/\\2 \\1/' /mnt/small | md5sum
      find /usr/share/zoneinfo/Europe -type f -size -3k | sort | xargs -r cksum | sha256sum
      cp -a /usr/share/zoneinfo/Etc copy && diff -r /usr/share/zoneinfo/Etc copy && rm -r copy
      seq 3 | tee one two | tac; paste one two; join one two; comm -12 one two
      (sleep 0.2; echo later) & wait; echo after
      mkdir -p a/b && ln -s b a/link && touch -d '2001-02-03 04:05:06 UTC' a/b/f
      stat -c '%n %s %Y %F' a/b/f && stat -c '%n %s %F' a/link && readlink -f a/link/f && du -s --apparent-size a/b/f
      test -r /etc/passwd && printf '%05d|%-5s|%x\\n' 42 ab 255 && od -c one | head -n 1
      """),
    .script("sort, 20 MB", isLong: true, "sort -S 6M /mnt/text | sha256sum; ls -A /tmp"),
  ]

  /// Python's own tests. The sqlite3 ones are not in Debian's package; `Scripts/rootfs` takes them from
  /// Debian's sources.
  private static let pythonModules: [DebianProgram] = [
    ("json", false), ("re", true), ("struct", false), ("math", true), ("zlib", true),
    ("hashlib", true), ("threading", true), ("sqlite3", true),
  ].map { (name: String, isLong: Bool) in
    DebianProgram(
      name: "python's test_\(name)",
      command: ["/usr/bin/python3", "-u", "-m", "test", "-v", "test_\(name)"], isLong: isLong,
      keeps: { line in
        ["ok", "FAIL", "ERROR", "expected failure", "Tests result: SUCCESS"].contains {
          line.hasSuffix($0)
        }
      })
  }
}

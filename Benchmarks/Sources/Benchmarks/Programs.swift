/// The programs, with work that takes a second or two under emulation.
func programs(_ isa: ISA) -> [Program] {
  let triple = "\(isa)-linux-gnu"
  let libraries = "/usr/lib/\(triple)"
  let architecture = isa.debian
  let python = "/usr/bin/python3.11"
  let java = "/usr/lib/jvm/java-17-openjdk-\(architecture)/bin/java"
  let openssl = "/usr/bin/openssl"
  let ffmpeg = [
    "/usr/bin/ffmpeg", "-loglevel", "error", "-nostdin", "-threads", "1", "-f", "lavfi", "-i",
  ]
  return [
    .work("python3: arithmetic, json, re", [python, "work.py"]),
    .work("node: recursion, sorting, JSON", ["/usr/bin/node", "work.js"]),
    .work("xz -6", ["/usr/bin/xz", "-6", "--threads=1", "-c", "\(libraries)/libsqlite3.so.0"]),
    .work("zstd -12", ["/usr/bin/zstd", "-12", "--single-thread", "-qc", "/usr/bin/perl"]),
    .work("perl: regular expressions", ["/usr/bin/perl", "work.pl"]),
    .work("gawk: arrays, strings", ["/usr/bin/gawk", "-f", "work.awk"]),
    .work("openjdk: collections, streams, arithmetic", [java, "-cp", ".", "Work"]),
    .work(
      "ffmpeg: x264",
      ffmpeg + [
        "testsrc2=size=320x240:rate=25:duration=1", "-c:v", "libx264", "-x264-params", "threads=1",
        "-f", "md5", "-",
      ]),
    .work(
      "ffmpeg: aac", ffmpeg + ["sine=frequency=440:duration=8", "-c:a", "aac", "-f", "md5", "-"]),
    .work("numpy: matmul", [python, "matmul.py"]),
    .work("numpy: sort", [python, "sort.py"]),
    .work(
      "cc1 -O2",
      ["/usr/lib/gcc/\(triple)/12/cc1", "-quiet", "-O2", "-imultiarch", triple]
        + ["Include", "Include/internal", "/usr/include/\(triple)/python3.11"].map { "-I\($0)" }
        + ["-DPy_BUILD_CORE", "Objects/tupleobject.c", "-o", "-"]),
    .work(
      "openssl: sha256",
      [openssl, "dgst", "-sha256", "\(libraries)/libnode.so.108", "\(libraries)/libavcodec.so.59"]),
    .work(
      "openssl: aes-256-gcm",
      [openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "sealed"]
        + ["-recip", "certificate.pem", "-inkey", "key.pem", "-out", "/dev/null"]),
    .work("openssl: rsa", [openssl, "rsa", "-check", "-noout", "-in", "key.pem"]),
    .work("sqlite3: speed test", ["/usr/bin/sqlite3", ":memory:", ".read speed.sql"]),
    .work("ruby: objects, hashes, strings", ["/usr/bin/ruby3.1", "work.rb"]),
    beam("erlang: compiler, processes, tables", []),
    // With all of its code in one place: the only way to have it under qemu-user.
    beam("erlang, for perf: the same", ["-JPperf", "true"]),
    .work(
      "go: compiler",
      ["/usr/lib/go-1.19/pkg/tool/linux_\(architecture)/compile"]
        + ["-p", "text/template/parse", "-I", "/usr/lib/go-1.19/pkg/linux_\(architecture)"]
        + ["-c=1", "-S", "-o", "/dev/null"]
        + ["lex", "node", "parse"].map { "/usr/share/go-1.19/src/text/template/parse/\($0).go" }),
    .start("static true", ["/bench/true"]),
    .start("dynamic true", ["/bin/true"]),
    .start("python3", [python, "-c", "pass"]),
    .start("perl", ["/usr/bin/perl", "-e", "1"]),
    .start("node", ["/usr/bin/node", "-e", "0"]),
    .start("java", [java, "--version"]),
  ]
}

/// Erlang's machine, without the programs that only start it.
private func beam(_ name: String, _ options: [String]) -> Program {
  let erlang = "/usr/lib/erlang"
  let programs = "\(erlang)/erts-13.1.5/bin"
  let compileAndRun = """
    {ok, M, B} = compile:file("work.erl", [binary]), code:load_binary(M, "work", B), M:main(), halt().
    """
  return .work(
    name,
    ["\(programs)/beam.smp"] + options + ["--", "-root", erlang, "-bindir", programs]
      + ["-progname", "erl", "--", "-home", "/root", "-noshell", "-eval", compileAndRun],
    environment: ["ROOTDIR=\(erlang)", "EMU=beam", "PROGNAME=erl"],
    parts: .init(variable: "BINDIR", folder: programs, names: ["erl_child_setup", "inet_gethost"]))
}

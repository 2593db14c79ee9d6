/// A redis server and its own benchmark with 50 clients: SET and GET over loopback, inside one picoprocess
/// and on the host. In the tree that `make compat` uses.
struct RedisRow: Row {
  var isa: ISA
  var name: String { "redis.\(isa)" }

  /// The first argument starts a program, the second is the root.
  private static let script = """
    program() { name=$1; shift; $start "$root/usr/bin/$name" "$@"; }
    start=$1 root=$2
    program redis-server --port 16379 --save '' --appendonly no >/dev/null &
    for _ in $(seq 250); do
      program redis-cli -p 16379 ping >/dev/null 2>&1 && break
      sleep 0.02
    done
    program redis-benchmark -p 16379 -c 50 -n 20000 -t set,get -q >/dev/null
    program redis-cli -p 16379 shutdown nosave
    wait
    """

  func measure(rounds: Int) throws -> [Result] {
    let root = try System.absolute(isa.rootfs + "-apps")
    guard System.exists(root) else {
      throw Failure("\(root) is missing: make compat-rootfs unpacks it")
    }
    let bash = ["/bin/bash", "-c", Self.script, "redis"]
    return try Comparison(
      name, godwit: [godwit, "run", "--root", root, "--"] + bash + ["", ""],
      qemu: bash + ["/usr/bin/\(isa.qemu) -L \(root)", root], most: 2
    ).measure(rounds: rounds)
  }
}

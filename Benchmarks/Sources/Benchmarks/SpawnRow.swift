/// A shell that starts 500 programs, one after the other.
///
/// qemu-user hands execve(2) to the host, which knows the guest's programs only where it was told of them
/// (binfmt_misc). Here the shell starts qemu-user itself, which is what the host would do.
struct SpawnRow: Row {
  var isa: ISA
  var name: String { "spawn500.\(isa)" }

  func measure(rounds: Int) throws -> [Result] {
    let loop = "i=0; while [ $i -lt 500 ]; do \"$@\"; i=$((i + 1)); done"
    let bash = "/bin/bash"
    let root = try System.absolute(isa.rootfs)
    let qemu = ["/usr/bin/" + isa.qemu, "-L", root]
    return try Comparison(
      name, godwit: [godwit, "run", "--root", root, "--", bash, "-c", loop, "sh", "/bin/true"],
      qemu: qemu + [root + bash, "-c", loop, "sh"] + qemu + [root + "/bin/true"], most: 1
    ).measure(rounds: rounds)
  }
}

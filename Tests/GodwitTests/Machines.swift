import Foundation

/// Several machines on one network, each with a server of ssh: machines.sh. Whatever a test leaves behind ends with it.
enum Machines {
  /// unshare(1)'s options for scripts with networks (networks.sh), which are root there.
  static let namespaces =
    (geteuid() == 0 ? [] : ["--user", "--map-root-user"]) + [
      "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
    ]

  /// Whether this user may make networks, and this kernel can.
  static let networksArePossible: Bool = {
    let network = "ip link add wire type bridge && ip link add one type veth peer name other"
    let outcome = try? execute(
      URL(fileURLWithPath: "/usr/bin/unshare"), namespaces + ["/bin/sh", "-c", network])
    return outcome?.status == 0
  }()

  /// Whether the machines can have servers of ssh, too.
  static let arePossible = geteuid() == 0 && networksArePossible

  /// Runs a script as `Scratch.shell` does, with what machines.sh and `MigrationScratch.functions` have. There are the
  /// machines a, b and c.
  static func shell(
    _ scratch: borrowing Scratch, _ script: String, isa: String = "x86_64", limit: Int = 300
  ) throws -> Outcome {
    let tests = Checkout.root.appendingPathComponent("Tests/GodwitTests").path
    return try scratch.shell(
      """
      SSHD='\(Checkout.root.path)/.deps/sshd'; WIRE='\(tests)/wire.py'; export wire
      source '\(tests)/networks.sh'; source '\(tests)/machines.sh'
      \(MigrationScratch.functions)
      machine a 1; machine b 2; machine c 3

      """ + script, isa: isa, within: namespaces, limit: limit)
  }
}

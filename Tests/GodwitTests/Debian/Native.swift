import Foundation
import Synchronization

/// Debian's programs run natively, if the host allows it: the oracle.
enum Native {
  /// Runs in the root file system with /dev, /proc and an empty /tmp, in separate namespaces, so that nothing
  /// is visible outside. Needs no privileges if the host allows user namespaces.
  private static let setup = """
    root=$1 data=$2; shift 2
    mount --rbind /dev "$root/dev"; mount --rbind /proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"; mount --bind "$data" "$root/mnt"
    cd / && exec chroot "$root" "$@"
    """

  static func run(_ command: [String], limit: Int) throws -> Outcome {
    try execute(
      URL(fileURLWithPath: "/usr/bin/unshare"),
      [
        "--user", "--map-root-user", "--mount", "/bin/sh", "-euc", setup, "native",
        Checkout.rootfs(Checkout.nativeISA).path, TestData.folder.path,
      ] + command, limit: limit)
  }

  /// Whether this host can do that.
  static let isPossible = (try? run(["/bin/true"], limit: 20))?.status == 0

  /// The native output of `program`, computed once.
  static func outcome(of program: DebianProgram) throws -> Outcome {
    try known.withLock { known in
      if let outcome = known[program.name] { return outcome }
      let outcome = try run(program.commandLine, limit: 600)
      known[program.name] = outcome
      return outcome
    }
  }

  private static let known = Mutex<[String: Outcome]>([:])
}

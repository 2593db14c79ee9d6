import Foundation
import Synchronization

/// Debian's programs as they run on the host itself, where it allows that: the oracle.
enum Native {
  /// Makes the root file system a root directory with /dev, /proc and an empty /tmp, in namespaces of
  /// its own, so that nothing of it is seen outside. Needs no privileges where the host lets users have
  /// namespaces.
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

  /// What `program` says here; found out once.
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

/// qemu's own migration of a whole machine (Scripts/bench-machine), which has so much memory filled with random bytes, from
/// one qemu to another over loopback.
struct QemuMachine {
  /// Seconds that a move took, and those for which the machine stood, by qemu's own account: medians.
  let total: Double
  let standing: Double

  private static let folder = ".deps/bench-machine"

  /// - Parameter size: MiB.
  /// - Returns: nil where the machine was not made.
  init?(size: Int, moves: Int, isPostCopy: Bool) throws {
    let kernel = "\(Self.folder)/linux-image-cloud-amd64"
    let initrd = "\(Self.folder)/initrd"
    guard System.exists(kernel), System.exists(initrd) else { return nil }
    let outcome = try Command(
      ["/usr/bin/python3", "Benchmarks/machine.py", kernel, initrd, "\(size)", "\(moves)"]
        + (isPostCopy ? ["post-copy"] : [])
    ).run()
    let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    let times = lines.map { $0.split(separator: " ").compactMap { Double($0) } }
    guard times.count == moves, times.allSatisfy({ $0.count == 2 }) else {
      throw Failure("no times of \(moves) moves in '\(lines)'")
    }
    total = median(times.map { $0[0] })
    standing = median(times.map { $0[1] })
  }
}

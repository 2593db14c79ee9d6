import Foundation
import Testing

#if arch(x86_64)
  /// On a host of the other architecture a deterministic run is the same, step by step, to the last.
  ///
  /// The ARM64 machine is the ARM64 build under qemu-user, which `make test-long` makes. A missing build is a
  /// failure.
  @Suite(.enabled(if: LongTests.areOn, "make test-long has the ARM64 build"))
  struct CrossHostDeterminismTests {
    private static let there = DeterminismTests.Start(
      command: [
        "/usr/bin/qemu-aarch64-static", "-L",
        Checkout.root.appendingPathComponent(".deps/arm64/sysroot").path,
        Checkout.godwitForARM64.path,
      ])

    /// The guests' own folder is the root: qemu-user shows files of its own in the host's root.
    @Test(arguments: GuestTests.guests)
    func guestsTakeTheSameCourse(_ guest: GuestTests.Guest) throws {
      let root = Checkout.guest(guest.name, guest.isa).deletingLastPathComponent().path
      try DeterminismTests.expectSameCourse(
        ["--root", root, "--", "/\(guest.name)"], every: 10, .here, Self.there)
    }

    @Test(arguments: ["x86_64", "aarch64"])
    func pythonTakesTheSameCourse(isa: String) throws {
      try DeterminismTests.withScript { scripts in
        let root = ["--root", Checkout.rootfs(isa).path]
        try DeterminismTests.expectSameCourse(
          root + DeterminismTests.program(in: scripts), every: 100, .here, Self.there)
      }
    }
  }
#endif

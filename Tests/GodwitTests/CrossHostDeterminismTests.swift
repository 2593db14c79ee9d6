import Foundation
import Testing

#if arch(x86_64)
  /// A deterministic run takes the same course on a host of the other architecture.
  ///
  /// The ARM64 machine is the ARM64 build under qemu-user. A missing build is a failure.
  struct CrossHostDeterminismTests {
    private static let there = DeterminismTests.Start(
      command: [
        "/usr/bin/qemu-aarch64-static", "-L",
        Checkout.root.appendingPathComponent(".deps/arm64/sysroot").path,
        Checkout.godwitForARM64.path,
      ])

    /// Each guest for one ISA, by turns; in the long form each for all of them: under qemu-user they take longer than all else.
    private static let guests = Checkout.isas.enumerated().flatMap { turn, isa in
      GuestTests.guests.filter { $0.isa == isa }.enumerated()
        .filter { LongTests.areOn || $0.offset % Checkout.isas.count == turn }.map(\.element)
    }

    /// The guests' own folder is the root: qemu-user shows files of its own in the host's root.
    @Test(arguments: guests)
    func guestsTakeTheSameCourse(_ guest: GuestTests.Guest) throws {
      let root = Checkout.guest(guest.name, guest.isa).deletingLastPathComponent().path
      try DeterminismTests.expectSameCourse(
        ["--root", root, "--", "/\(guest.name)"], every: 10, .here, Self.there)
    }

    /// A snapshot is the same file whether it is made on one host or the other, or read and written again by
    /// either.
    @Test(arguments: Checkout.isas, ["pipe", "sync", "sockstate"])
    func snapshotsAreTheSameFile(isa: String, name: String) throws {
      let scratch = try Scratch()
      let root = Checkout.guest(name, isa).deletingLastPathComponent().path
      var earlier: URL?
      let run = ["run", "--deterministic", "--root", root, "--", "/\(name)"]
      let writers: [(host: HostBuild, isResumed: Bool)] = [
        (.here, false), (.arm64, true), (.here, true), (.arm64, false),
      ]
      var files: [Data] = []
      for (index, (host, isResumed)) in writers.enumerated() {
        let file = scratch.folder.appendingPathComponent("\(index)")
        let command = isResumed ? ["resume", "--root", root, earlier!.path] : run
        let outcome = try godwit(
          [command[0], "--suspend-at-syscall", "60", "--output", file.path] + command.dropFirst(),
          on: host)
        #expect(outcome.status == 0, "\(outcome.error)")
        files.append(try Data(contentsOf: file))
        earlier = file
      }
      for (index, file) in files.enumerated() {
        let isEqual = file == files[0]
        #expect(isEqual, "\(index): \(writers[index])")
      }
    }

    @Test(arguments: Checkout.isas)
    func pythonTakesTheSameCourse(isa: String) throws {
      try DeterminismTests.withScript { scripts in
        let root = ["--root", Checkout.rootfs(isa).path]
        try DeterminismTests.expectSameCourse(
          root + DeterminismTests.program(in: scripts), every: 500, .here, Self.there)
      }
    }
  }
#endif

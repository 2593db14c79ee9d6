import Foundation
import Testing

/// Files in a mounted host directory: what passes in the guest's own tree passes there, and nothing else of
/// the host can be reached.
@Suite struct MountTests {
  typealias Guest = GuestTests.Guest

  /// The guests that work in a scratch directory.
  static let guests: [Guest] = GuestTests.guests.filter { guest in
    let source = Checkout.root.appendingPathComponent("Guests/\(guest.name).c")
    let text = (try? String(contentsOf: source, encoding: .utf8)) ?? ""
    return text.contains("enter_scratch();")
  }

  /// A directory to mount, and one beside it with a canary.
  private struct Place: ~Copyable {
    let folder: URL
    var mounted: URL { folder.appendingPathComponent("mounted") }
    var outside: URL { folder.appendingPathComponent("outside") }
    var canary: URL { outside.appendingPathComponent("canary") }

    init() throws {
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("godwit-\(UUID().uuidString)")
      for directory in [mounted, outside] {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      }
      try "secret".write(to: canary, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Options that make a guest work in the mounted directory.
    var options: [String] {
      [
        "--mount", "\(mounted.path):/mnt", "--env", "GUEST_SCRATCH=/mnt", "--env",
        "GUEST_CANARY=\(outside.path)",
      ]
    }

    /// Checks that nothing was changed outside, and that only plain files are left inside.
    func check() throws {
      #expect(try String(contentsOf: canary, encoding: .utf8) == "secret")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["canary"])
      let kinds = try execute(
        URL(fileURLWithPath: "/usr/bin/find"),
        [
          mounted.path, "-type", "p", "-o", "-type", "s", "-o", "-type", "c", "-o", "-type", "b",
          "-o", "-type", "f", "-perm", "/6000",
        ])
      #expect(kinds.text.isEmpty, "\(kinds.text)")
    }
  }

  @Test func guestsWorkInDirectories() { #expect(Self.guests.count > 40) }

  @Test(arguments: guests) func passesInAMount(_ guest: Guest) throws {
    let place = try Place()
    let program = Checkout.guest(guest.name, guest.isa).path
    let own = try godwit(["run", "--", program], limit: 60)
    let mounted = try godwit(["run"] + place.options + ["--", program], limit: 60)
    try place.check()
    try KnownGaps.expect(KnownGaps.inMounts.contains(guest.name)) {
      #expect(mounted.status == 0, "\(mounted.error)")
      #expect(mounted.output == own.output)
    }
  }

  @Test(arguments: guests) func passesInAMountWithSuspensions(_ guest: Guest) throws {
    let program = Checkout.guest(guest.name, guest.isa).path
    for interval in [7, 50].map({ GuestTests.interval($0, guest) }) {
      let place = try Place()
      let outcome = try godwit(
        ["run", "--suspend-every", "\(interval)"] + place.options + ["--", program], limit: 120)
      try place.check()
      let gaps = KnownGaps.inMounts.union(KnownGaps.inMountsSuspended)
      try KnownGaps.expect(gaps.contains(guest.name), isIntermittent: true) {
        #expect(outcome.status == 0, "every \(interval) calls: \(outcome.error)")
      }
    }
  }

  /// Through files and new host processes.
  @Test(
    arguments: guests.filter {
      ["beneath", "filestate", "inflight", "links", "nodes"].contains($0.name)
    })
  func passesInAMountInManyProcesses(_ guest: Guest) throws {
    let place = try Place()
    let program = Checkout.guest(guest.name, guest.isa).path
    let outcome = try hopping(
      place.options + ["--", program], every: guest.name == "beneath" ? 400 : 100)
    #expect(outcome.status == 0, "\(outcome.error)")
    try place.check()
  }

  /// Attempts to escape with a shell of the root file system.
  @Test(
    arguments: [
      "mkdir /mnt/d; cd /mnt/d; rmdir /mnt/d; ln -s $OUT /mnt/d; cat canary; echo evil >> canary",
      "mkdir /mnt/d; cd /mnt/d; mv /mnt/d /mnt/e; ln -s $OUT /mnt/d; cat canary; echo evil >> canary",
      "mkdir -p /mnt/d/e; cd /mnt/d/e; mv /mnt/d /mnt/f; ln -s / /mnt/d; cat ../$OUT/canary",
      "mkdir /mnt/d; cd /mnt/d; mv /other/d /other/e; ln -s $OUT /other/d; cat canary; rm canary",
      "ln -s $OUT /mnt/d; cat /mnt/d/canary; echo evil > /mnt/d/new; mkdir /mnt/d/new",
      "cat /mnt/../..$OUT/canary; cat /mnt/..$OUT/canary",
    ], [[], ["--suspend-every", "5"]])
  func nothingGetsOut(_ script: String, _ extra: [String]) throws {
    let place = try Place()
    let outcome = try godwit(
      ["run"] + extra + [
        "--root", Checkout.rootfs(Checkout.nativeISA).path, "--mount",
        "\(place.mounted.path):/mnt", "--mount", "\(place.mounted.path):/other", "--env",
        "OUT=\(place.outside.path)", "--", "/bin/sh", "-c", script,
      ])
    #expect(!outcome.text.contains("secret"), "\(outcome.text)")
    // A directory moved by others cannot travel, and is named.
    #expect(
      outcome.status != 125 || !extra.isEmpty && outcome.error.contains("can't travel"),
      "\(outcome.error)")
    try place.check()
  }

  /// Owners, permissions and kinds of files set by one guest are visible to the next.
  @Test func anotherGuestFindsWhatOneHasMade() throws {
    let place = try Place()
    let options = [
      "run", "--root", Checkout.rootfs(Checkout.nativeISA).path, "--mount",
      "\(place.mounted.path):/mnt", "--", "/bin/sh", "-c",
    ]
    let made = try godwit(
      options + [
        """
        cd /mnt; umask 022; echo x > f; chown 1234:56 f; chmod 4751 f; mkfifo p; chmod 600 p
        mknod n c 1 3; chmod 666 n; mkdir d; chown 7:8 d; chmod 1777 d; : > r; chmod 000 r
        """
      ])
    #expect(made.status == 0, "\(made.error)")
    let found = try godwit(
      options + ["cd /mnt; stat -c '%n %F %a %u:%g %t:%T' *; echo gone > n; cat n r; ls -p"])
    #expect(
      found.text == """
        d directory 1777 7:8 0:0
        f regular file 4751 1234:56 0:0
        n character special file 666 0:0 1:3
        p fifo 600 0:0 0:0
        r regular empty file 0 0:0 0:0
        d/
        f
        n
        p
        r

        """, "\(found.text)\(found.error)")
    try place.check()
  }

  /// A snapshot does not make a read-only mount writable.
  @Test func aReadOnlyMountStaysSo() throws {
    let place = try Place()
    let file = place.mounted.appendingPathComponent("f")
    try "text".write(to: file, atomically: true, encoding: .utf8)
    let outcome = try godwit([
      "run", "--root", Checkout.rootfs(Checkout.nativeISA).path, "--mount",
      "\(place.mounted.path):/mnt:ro", "--mount", "\(file.path):/etc/single:ro", "--", "/bin/sh",
      "-c",
      "cat /mnt/f /etc/single; echo x > /mnt/f; echo x > /etc/single; chmod 0 /mnt/f; rm /mnt/f; "
        + "ln /mnt/f /mnt/g; mkdir /mnt/d; ls /mnt",
    ])
    #expect(outcome.text == "texttextf\n", "\(outcome.text)\(outcome.error)")
    #expect(try String(contentsOf: file, encoding: .utf8) == "text")
  }

  /// A mount of a single file, which is written to and cannot be replaced.
  @Test func aSingleFile() throws {
    let place = try Place()
    let file = place.mounted.appendingPathComponent("f")
    try "text".write(to: file, atomically: true, encoding: .utf8)
    let outcome = try godwit([
      "run", "--suspend-every", "5", "--root", Checkout.rootfs(Checkout.nativeISA).path, "--mount",
      "\(file.path):/etc/single", "--", "/bin/sh", "-c",
      "cat /etc/single; echo more >> /etc/single; rm /etc/single; mv /etc/single /etc/x; cat /etc/single",
    ])
    #expect(outcome.text == "texttextmore\n", "\(outcome.text)\(outcome.error)")
    #expect(try String(contentsOf: file, encoding: .utf8) == "textmore\n")
  }

  /// The snapshot is read back before the guest ends, and its mounts are looked at for that.
  @Test func aSingleFileIsThereAfterAResume() throws {
    let place = try Place()
    let file = place.mounted.appendingPathComponent("f")
    try "text".write(to: file, atomically: true, encoding: .utf8)
    let snapshot = place.folder.appendingPathComponent("snapshot").path
    let suspended = try godwit([
      "run", "--suspend-at-syscall", "10", "--output", snapshot, "--root",
      Checkout.rootfs(Checkout.nativeISA).path, "--mount", "\(file.path):/etc/single", "--",
      "/bin/cat", "/etc/single",
    ])
    #expect(suspended.status == 0 && suspended.error.isEmpty, "\(suspended.error)")
    let resumed = try godwit(["resume", snapshot])
    #expect(resumed.text == "text", "\(resumed.error)")
  }
}

import Foundation
import Testing

/// Whether the options of `godwit run` are read by the parser, or without it as the usual ones are, makes no difference.
@Suite struct PlainRunTests {
  private static let prints = "echo $A $B; pwd; cat /mnt/note; grep MemTotal /proc/meminfo"

  @Test(arguments: [
    [], ["--env", "A=1"], ["-e", "A=1", "--env", "A=2"], ["--env", "GODWIT_PLAIN"],
    ["--env-file", "@file"],
    ["--env-file", "@file", "--env", "B=4"], ["--cwd", "/tmp"], ["--memory-limit", "32M"],
    ["--mount", "@:/mnt"], ["--name", "plain"], ["--env", "A=1", "--root", "/"],
    // What is wrong with these is said in the same words.
    ["--env", "=1"], ["--env", ""], ["--env-file", "/none"], ["--cwd", "/none"],
    ["--memory-limit", "0"], ["--memory-limit", "much"], ["--mount", "mnt"],
    ["--mount", "/none:/mnt"],
    ["--name", ".plain"], ["--name", "-plain"], ["--root", "/none"],
  ]) func bothSayTheSame(_ options: [String]) throws {
    let scratch = try Scratch()
    try "A=2\nB=3\n".write(toFile: scratch.path("file"), atomically: true, encoding: .utf8)
    try "noted\n".write(toFile: scratch.path("note"), atomically: true, encoding: .utf8)
    let root = options.contains("--root") ? [] : ["--root", Checkout.rootfs("x86_64").path]
    let given = options.map { $0.replacing("@", with: scratch.path("")) }
    let program = ["--", "/bin/sh", "-c", Self.prints]
    let plain = try godwit(["run"] + root + given + program)
    let parsed = try godwit(["run", "--tcp", "reset"] + root + given + program)
    #expect(plain.status == parsed.status, "\(plain.error) \(parsed.error)")
    #expect(plain.output == parsed.output)
    #expect(plain.error == parsed.error)
  }
}

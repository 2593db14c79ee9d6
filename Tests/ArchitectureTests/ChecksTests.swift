import Testing

/// Proof that the checks can fail, with made-up bad source.
@Suite struct ChecksTests {
  private func found(_ path: String, _ text: String) -> [String] {
    Checks.all(path, text).map(\.what)
  }

  @Test(arguments: [
    "import CUnicorn", "  import Glibc", "package import Foundation", "@preconcurrency import Musl",
    "internal import struct Foundation.Data", "import func Darwin.write",
    "@_spi(Private) import UnicornEngine", "let a = 1; import PosixHost",
    "#if canImport(Glibc)\nimport Glibc\n#endif", "@testable internal import Picoprocess",
    "/* why */ import Foundation", "import\tDispatch",
  ])
  func forbiddenImports(source: String) {
    #expect(found("LibOS/Task/Task.swift", source).count == 1)
    #expect(found("LibOS/Task/Task.swift", source).first?.contains("may not import") == true)
  }

  @Test(arguments: [
    "package import Machine", "// import Foundation", "/* import Glibc */",
    "let text = \"import Foundation\"", "let text = \"\"\"\nimport Glibc\n\"\"\"",
    "#if canImport(Glibc)\n#endif", "let important = 1", "call(import: 1)",
    "import Synchronization",
  ])
  func allowedImports(source: String) {
    #expect(found("LibOS/Task/Task.swift", source) == [])
  }

  @Test(arguments: [
    "#if os(Linux)", "  #elseif arch(arm64)", "#ifdef __linux__", "#if defined(__APPLE__)",
    "#elif __aarch64__",
  ])
  func conditionsOnPlatforms(source: String) {
    #expect(Checks.platforms("LibOS/Task/Task.swift", source).count == 1)
    #expect(Checks.platforms("PosixHost/PosixHost.swift", source).count == 1)
    #expect(Checks.platforms("PosixHost/System+Linux.swift", source) == [])
    #expect(Checks.platforms("LibOS/Task/Task.swift", "// \(source)") == [])
    #expect(Checks.platforms("LibOS/Task/Task.swift", "#if canImport(Glibc)") == [])
  }

  @Test func importsDependOnTheTarget() {
    #expect(found("UnicornEngine/Emulator.swift", "import CUnicorn") == [])
    #expect(found("UnicornEngine/Emulator.swift", "import LibOS").count == 1)
    #expect(found("PosixHost/System.swift", "import Machine").count == 1)
    #expect(found("Machine/Memory/HostMemory.swift", "import Glibc") == [])
    #expect(found("Machine/Memory/Arena.swift", "import Glibc").count == 1)
    #expect(found("Machine/Engine/Engine.swift", "import Glibc").count == 1)
    #expect(found("ELF/Image.swift", "import Machine").count == 1)
    #expect(found("Snapshot/Writer.swift", "import LibOS").count == 1)
    #expect(found("Snapshot/Writer.swift", "import Foundation").count == 1)
    #expect(found("Newcomer/File.swift", "").count == 1)
  }

  @Test(arguments: [
    "let a = unsafe b", "@unsafe func a() {}", "var a: UnsafeMutablePointer<Int>",
    "nonisolated(unsafe) var a = 1", "a.withUnsafeBytes { _ in }", "var a: OpaquePointer?",
    "let a: UnsafeRawBufferPointer", "let a = Unmanaged.passRetained(b)",
    "let a = unsafeBitCast(b, to: Int.self)", "let a = \"\\(unsafe b)\"",
    "let a = #\"\\#(unsafe b)\"#", "// SAFETY: no excuse here\nlet a = unsafe b",
    "let a = \"unterminated\nlet b = unsafe c",
  ])
  func forbiddenUnsafeCode(source: String) {
    for path in [
      "LibOS/Memory/Copy.swift", "Snapshot/Writer.swift", "Machine/Engine/Engine.swift",
      "Zstd/More.swift", "TestHost/TestHost.swift", "PosixHostile/File.swift",
    ] {
      #expect(found(path, source).contains { $0.contains("outside of the unsafe places") })
    }
  }

  @Test(arguments: [
    "// unsafe here", "/// See `UnsafePointer`.", "let a = \"unsafe\"", "/* /* unsafe */ unsafe */",
    "let a = \"\"\"\n  unsafe \"quoted\"\n  \"\"\"", "let a = #\"\\(unsafe b)\"#",
    "let a = \"\\\" unsafe\"", "let isunsafe = 1", "@safe final class A {}",
  ])
  func wordsThatAreNotCode(source: String) {
    #expect(found("LibOS/Memory/Copy.swift", source) == [])
  }

  @Test func unsafeCodeMustSayWhy() {
    let path = "PosixHost/System.swift"
    let lines = { (count: Int) in String(repeating: "call()\n", count: count) }
    let missing = ["unsafe without a SAFETY comment above"]
    #expect(found(path, "let a = unsafe b") == missing)
    #expect(found(path, "// safe, honestly\nlet a = unsafe b") == missing)
    #expect(found(path, "let a = unsafe b\n// SAFETY: too late") == missing)
    #expect(found(path, "let text = \"// SAFETY: no\"\nlet a = unsafe b") == missing)
    #expect(found(path, "// SAFETY: because\nlet a = unsafe b") == [])
    #expect(found(path, "let a = unsafe b  // SAFETY: because") == [])
    #expect(found(path, "// SAFETY: because\n" + lines(11) + "let a = unsafe b") == [])
    #expect(found(path, "// SAFETY: because\n" + lines(12) + "let a = unsafe b") == missing)
    #expect(found(path, "// SAFETY (all of this file): so\n" + lines(99) + "unsafe b()") == [])
    #expect(found(path, "unsafe b()\n// SAFETY (all of this file): so") == missing)
    // A declaration marked as unsafe does nothing unsafe itself.
    #expect(found(path, "@unsafe package let base: UnsafeMutableRawPointer") == [])
    #expect(found(path, "@unsafe let base = unsafe other") == missing)
  }

  @Test func longFiles() {
    let line = "call()\n"
    #expect(found("ELF/A.swift", String(repeating: line, count: 600)) == [])
    #expect(
      found("ELF/A.swift", String(repeating: line, count: 601)) == ["longer than 600 lines"])
    #expect(found("LibOSState/A.pb.swift", String(repeating: line, count: 9000)) == [])
  }

  @Test func linesKeepTheirNumbers() {
    let source = "/*\n*/\nlet a = \"\"\"\n x\n \"\"\"\nimport Glibc\n"
    #expect(
      Checks.all("ELF/A.swift", source) == [
        Violation(path: "ELF/A.swift", line: 6, what: "ELF may not import Glibc")
      ])
  }
}

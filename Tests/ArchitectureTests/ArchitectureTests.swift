import Foundation
import Testing

/// Checks the sources against the rules of design section 1.
@Suite struct ArchitectureTests {
  /// The directory `Sources`, located relative to this file.
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources")

  /// The path below `Sources` and the text of every Swift file.
  private static let files = texts([".swift"])

  private static func texts(_ suffixes: [String]) -> [(path: String, text: String)] {
    let paths = FileManager.default.subpaths(atPath: root.path) ?? []
    return paths.sorted().compactMap { path in
      guard suffixes.contains(where: path.hasSuffix),
        let data = FileManager.default.contents(atPath: root.path + "/" + path)
      else { return nil }
      return (path, String(decoding: data, as: UTF8.self))
    }
  }

  @Test func sourcesAreFound() {
    let targets = Set(Self.files.map { String($0.path.prefix { $0 != "/" }) })
    // Every target of the table must exist, so that a renamed one is noticed.
    #expect(targets == Set(Rules.imports.keys))
    for place in Rules.unsafePlaces {
      #expect(Self.files.contains { $0.path.hasPrefix(place) }, "\(place) is in no source")
    }
  }

  @Test func targetsImportOnlyWhatTheyMay() {
    report { Checks.imports($0, SourceCode($1)) }
  }

  @Test func unsafeCodeStandsInItsPlacesAndSaysWhy() {
    report { path, text in
      guard !Checks.isGenerated(path) else { return [] }
      let violations = Checks.unsafeCode(path, SourceCode(text))
      return violations.count <= Rules.safetyOwed[path, default: 0] ? [] : violations
    }
  }

  @Test func systemsAndProcessorsAreAskedForInFewPlaces() {
    let files = Self.texts([".swift", ".c", ".h"])
    for place in Rules.platformPlaces {
      #expect(files.contains { $0.path == place }, "\(place) is no source")
    }
    for (path, text) in files {
      for violation in Checks.platforms(path, text) { Issue.record("\(violation)") }
    }
  }

  @Test func filesAreShort() {
    report { Checks.length($0, $1) }
  }

  private func report(_ check: (String, String) -> [Violation]) {
    for (path, text) in Self.files {
      for violation in check(path, text) { Issue.record("\(violation)") }
    }
  }
}

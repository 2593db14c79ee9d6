import Foundation
import LibOS
import LibOSState
import Snapshot
import TestSupport
import Testing

/// Page maps that belong to nobody.
@Suite struct PageOwnerTests {
  /// All commands that would use the pages, or vouch for them, say the same.
  @Test(arguments: ["process 99", "memory object 99"])
  func pagesOfNobodyAreRefused(owner: String) throws {
    let scratch = try Scratch()
    let golden = Checkout.root.appendingPathComponent(
      "Tests/Golden/format-2-abi-1/x86_64-whole.snapshot")
    var parts = try SnapshotParts(
      SnapshotReader(SnapshotBytes(Array(try Data(contentsOf: golden)))))
    let section = StateSection.pageMaps.rawValue
    var maps = try #require(Godwit_State_PageMaps(decoding: parts.sections[section]!))
    var map = try #require(maps.owners.first)
    map.process = owner.hasPrefix("process") ? 99 : 0
    map.memoryObject = map.process == 0 ? 99 : 0
    maps.owners.append(map)
    parts.sections[section] = maps.encoded()
    let path = scratch.path("forged")
    try Data(parts.encoded()).write(to: URL(fileURLWithPath: path))
    for command in [["verify"], ["digest"], ["resume", "--trust", "--root", scratch.folder.path]] {
      let outcome = try godwit(command + [path])
      #expect(outcome.status == 125, "\(command)")
      #expect(
        outcome.error
          == "godwit: \(path): the snapshot is malformed: its state makes no sense: pages of \(owner)\n",
        "\(command): \(outcome.error)")
    }
  }
}

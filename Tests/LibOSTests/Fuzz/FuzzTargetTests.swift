import Foundation
import FuzzTargets
import Snapshot
import TestSupport
import Testing

/// What `make fuzz` runs: it accepts good snapshots, and gets past the digests of changed ones.
@Suite struct FuzzTargetTests {
  /// Snapshots that stand alone, by their names.
  private static let seeds: [(name: String, bytes: [UInt8])] = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let golden = tests.appendingPathComponent("Golden")
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: golden.path)) ?? []
    return names.filter { $0.hasSuffix("-whole.snapshot") }.sorted().compactMap { name in
      (try? Data(contentsOf: golden.appendingPathComponent(name))).map { (name, Array($0)) }
    }
  }()

  @Test(arguments: FuzzTarget.all) func goodSnapshotsAreAccepted(_ target: FuzzTarget) throws {
    #expect(Self.seeds.count >= 2)
    for seed in Self.seeds { try target.run(seed.bytes) }
  }

  /// Most changes get further than the digests: they are refused for what they say, if at all.
  @Test(arguments: FuzzTarget.all) func changesAreNotStoppedByDigests(_ target: FuzzTarget) throws {
    var numbers = SeededNumbers(1)
    var changed = 0
    var stopped = 0
    for seed in Self.seeds {
      for turn in 0..<12 {
        let bytes = target.mutated(seed.bytes, seed: numbers.next()) { part in
          if part.isEmpty { part.append(0) }
          part[Int(numbers.below(UInt64(part.count)))] ^= 1 << UInt8(turn % 8)
        }
        guard let bytes else { continue }
        if bytes != seed.bytes { changed += 1 }
        do { try target.run(bytes) } catch SnapshotError.checksumMismatch { stopped += 1 } catch {}
      }
    }
    #expect(changed > Self.seeds.count * 6)
    #expect(stopped * 3 < changed)
  }
}

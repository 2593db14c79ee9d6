import Foundation

/// A small generator (SplitMix64), so that a failing run can be reproduced. GODWIT_TEST_SEED in the
/// environment changes the numbers of all generators.
package struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  private static let series =
    ProcessInfo.processInfo.environment["GODWIT_TEST_SEED"].flatMap { UInt64($0) } ?? 0

  package init(_ seed: UInt64) { state = seed &+ Self.series &* 0xff51_afd7_ed55_8ccd }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  package mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }
}

import Foundation

/// Whether `make test-long` runs: everything, however long it takes.
enum LongTests {
  static let areOn = ProcessInfo.processInfo.environment["GODWIT_TEST_LONG"] != nil
}

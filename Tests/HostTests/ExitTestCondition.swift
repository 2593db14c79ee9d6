import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// For exit tests: they start the test program anew, which qemu-user cannot.
  static var startsItself: Self {
    .disabled(
      if: ProcessInfo.processInfo.environment["GODWIT_TEST_EMULATED"] != nil,
      "the test program cannot be started from within an emulator")
  }
}

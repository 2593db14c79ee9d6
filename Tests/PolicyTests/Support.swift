import Foundation
import Policies

struct Failed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A policy that has no mistakes.
func policy(_ text: String) throws -> Policy {
  let reading = PolicyReading(Array(text.utf8), file: "policy.yaml")
  guard let policy = reading.policy else { throw Failed("\(reading.mistakes)") }
  return policy
}

/// The mistakes in a policy, of a machine that is called laptop and has the peers server and desktop.
func mistakes(_ text: String) -> [String] { mistakes(Array(text.utf8)) }

func mistakes(_ bytes: [UInt8]) -> [String] {
  let machines: Set = ["laptop", "server", "desktop"]
  let reading = PolicyReading(bytes, file: "p.yaml", machines: machines)
  precondition((reading.policy == nil) == !reading.mistakes.isEmpty)
  return reading.mistakes.map { "\($0)" }
}

/// A directory that is there during `body`.
func withDirectory<R>(_ body: (URL) throws -> R) throws -> R {
  let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("policies-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory)
}

extension URL {
  /// Writes a file beneath it, and the directories above that.
  func write(_ text: String, _ path: String) throws {
    let file = appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
}

let second: Int64 = 1_000_000_000
let minute = 60 * second
let hour = 60 * minute

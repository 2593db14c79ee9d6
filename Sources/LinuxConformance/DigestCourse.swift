package import HostABI
import PosixHost

/// The course that a deterministic run takes on one host, while it runs: digests of the guest's state on its way.
package final class DigestCourse {
  package struct Point: Equatable {
    /// System calls made so far.
    package let calls: UInt64
    package let digest: String
    /// The digests of its parts.
    package var parts: [Part] = []
  }

  package struct Part: Equatable {
    package let name: String
    package let digest: String
  }

  /// What was read and not taken yet. Parts of the last may be still to come.
  private var points: [Point] = []
  private var rest: [UInt8] = []
  private let program: WatchedProgram
  private var hasEnded = false
  /// The last line that was no digest: what a host says that can't run it.
  package private(set) var remark = ""

  /// Runs `guest`, options of `run` and a program, by the command `host`.
  ///
  /// - Parameter step: how many system calls lie between two digests.
  package init(_ host: [String], _ guest: [String], every step: UInt64) throws(HostError) {
    program = try WatchedProgram(
      host + ["run", "--deterministic", "--digest-every", "\(step)", "--digest-parts"] + guest,
      output: .errors)
  }

  /// How the run ended, as a shell says it; nil while it runs.
  package var status: Int32? { hasEnded ? program.status : nil }

  /// Waits until one of them has something to read, or has ended, or for so many nanoseconds.
  private static func wait(_ courses: [DigestCourse], timeout: Int64) {
    // Who is far ahead is not read: his host waits.
    let behind = courses.filter { !$0.hasEnded && $0.points.count < 100 }
    WatchedProgram.wait(behind.map(\.program), timeout: timeout)
    for course in behind { course.read() }
  }

  private func read() {
    let isOver = program.status != nil
    program.drain { bytes in
      for byte in bytes {
        if byte == UInt8(ascii: "\n") {
          add(String(decoding: rest, as: UTF8.self))
          rest.removeAll()
        } else if rest.count < 4096 {
          rest.append(byte)
        }
      }
    }
    hasEnded = isOver
  }

  /// Whether its next point is known.
  private var hasPoint: Bool { points.count > (hasEnded ? 0 : 1) }

  private var isAtEnd: Bool { hasEnded && points.isEmpty }

  /// Takes the next point; nil if it is not known, or if there is none.
  private func takePoint() -> Point? { hasPoint ? points.removeFirst() : nil }

  /// `CALLS DIGEST` is a point, ` DIGEST NAME` a part of the last. The guest's own errors stand between them.
  private func add(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2 else { return other(line) }
    if words[0].isEmpty, let last = points.indices.last {
      let part = words[1].split(separator: " ", maxSplits: 1)
      guard part.count == 2, Self.isDigest(part[0]) else { return other(line) }
      points[last].parts.append(Part(name: String(part[1]), digest: String(part[0])))
    } else if let calls = UInt64(words[0]), Self.isDigest(words[1]) {
      points.append(Point(calls: calls, digest: String(words[1])))
    } else {
      other(line)
    }
  }

  private func other(_ line: String) { if !line.isEmpty { remark = line } }

  private static func isDigest(_ text: Substring) -> Bool {
    text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
  }
}

extension DigestCourse {
  /// What two courses have in common.
  package enum Outcome {
    /// So many digests are the same, and there are no more.
    case same(Int)
    /// Where they part, and the first part of the state that differs; nil if one of the programs had ended.
    case different(calls: UInt64, part: String?)
    /// This one has no digest at all.
    case none(DigestCourse)
    /// It took too long.
    case late
  }

  /// Follows both until they part or end.
  ///
  /// - Parameter limit: nanoseconds.
  package static func compare(_ one: DigestCourse, _ other: DigestCourse, limit: Int64) -> Outcome {
    let deadline = HostProcess.monotonicTime + limit
    defer { for course in [one, other] { course.program.kill() } }
    var count = 0
    while true {
      while one.hasPoint, let right = other.takePoint(), let left = one.takePoint() {
        guard left == right else {
          return .different(
            calls: min(left.calls, right.calls), part: left.firstDifference(from: right))
        }
        count += 1
      }
      let ended = [one, other].filter(\.isAtEnd)
      if count == 0, let first = ended.first { return .none(first) }
      if ended.count == 2 { return .same(count) }
      if ended.count == 1, let extra = one.takePoint() ?? other.takePoint() {
        return .different(calls: extra.calls, part: nil)
      }
      guard HostProcess.monotonicTime < deadline else { return .late }
      wait([one, other], timeout: 20_000_000)
    }
  }
}

extension DigestCourse.Point {
  /// The name of the first part that differs from one of another's, or that only one of them has.
  func firstDifference(from other: DigestCourse.Point) -> String {
    for (one, two) in zip(parts, other.parts) where one != two {
      return one.name == two.name ? one.name : "\(one.name), or \(two.name)"
    }
    let count = min(parts.count, other.parts.count)
    let extra = (parts.count > count ? parts : other.parts).dropFirst(count).first
    return extra?.name ?? "the number of system calls"
  }
}

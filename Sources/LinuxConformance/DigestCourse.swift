package import HostABI
import PosixHost

/// The course that a deterministic run takes on one host: digests of the guest's state on its way.
package struct DigestCourse: Equatable {
  package struct Point: Equatable {
    /// System calls made so far.
    package let calls: UInt64
    package let digest: String
    /// The digests of its parts, if they were asked for.
    package var parts: [Part] = []
  }

  package struct Part: Equatable {
    package let name: String
    package let digest: String
  }

  package private(set) var points: [Point] = []
  /// How the run ended, as a shell says it; nil if it took too long.
  package private(set) var status: Int32?
  /// The last line that was no digest: what a host says that can't run it.
  package private(set) var remark = ""

  /// Runs `guest`, options of `run` and a program, by the command `host`.
  ///
  /// - Parameters:
  ///   - step: how many system calls lie between two digests.
  ///   - limit: nanoseconds until it is ended.
  package init(
    _ host: [String], _ guest: [String], every step: UInt64, inParts: Bool, limit: Int64
  ) throws(HostError) {
    let options =
      ["run", "--deterministic", "--digest-every", "\(step)"] + (inParts ? ["--digest-parts"] : [])
    let program = try WatchedProgram(host + options + guest, output: .errors)
    let deadline = HostProcess.monotonicTime + limit
    var rest: [UInt8] = []
    while true {
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
      if isOver { break }
      guard HostProcess.monotonicTime < deadline else {
        program.kill()
        return
      }
      WatchedProgram.wait([program], timeout: 20_000_000)
    }
    status = program.status
  }

  /// `CALLS DIGEST` is a point, ` DIGEST NAME` a part of the last. The guest's own errors stand between them.
  private mutating func add(_ line: String) {
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

  private mutating func other(_ line: String) { if !line.isEmpty { remark = line } }

  private static func isDigest(_ text: Substring) -> Bool {
    text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
  }

  /// The first calls at which the digests of this course and another differ, or one of them has ended.
  package func divergence(from other: DigestCourse) -> UInt64? {
    for (one, two) in zip(points, other.points) where one != two {
      return min(one.calls, two.calls)
    }
    let count = min(points.count, other.points.count)
    if points.count > count { return points[count].calls }
    if other.points.count > count { return other.points[count].calls }
    return nil
  }
}

extension DigestCourse.Point {
  /// The name of the first part that differs from one of another's, or that only one of them has.
  package func firstDifference(from other: DigestCourse.Point) -> String? {
    for (one, two) in zip(parts, other.parts) where one != two {
      return one.name == two.name ? one.name : "\(one.name), or \(two.name)"
    }
    let count = min(parts.count, other.parts.count)
    return (parts.count > count ? parts : other.parts).dropFirst(count).first?.name
  }
}

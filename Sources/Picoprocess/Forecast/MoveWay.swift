package import Snapshot
import SupervisorMessages

/// A way in which a guest can move.
package struct MoveWay: Sendable, Hashable, Codable {
  package var compression: Compression
  /// It runs there before its memory is there.
  package var isPostCopy: Bool
  /// Only what was written since the copy that the other machine keeps; nil: all.
  package var usesCopy: Bool?

  package init(_ compression: Compression, isPostCopy: Bool = false, usesCopy: Bool = false) {
    self.compression = compression
    self.isPostCopy = isPostCopy
    self.usesCopy = usesCopy ? true : nil
  }
}

extension MoveWay: CustomStringConvertible {
  package var description: String {
    (isPostCopy ? "post-copy" : usesCopy == true ? "rest of the copy" : "pre-copy")
      + (compression == .none ? "" : ", \(compression)")
  }
}

/// What a move takes. Times are in nanoseconds.
package struct MoveFigures: Sendable, Hashable, Codable {
  /// For so long the guest runs nowhere.
  package var frozen: Int64
  /// From the command until all is there.
  package var total: Int64
  /// Sent over the link.
  package var bytes: UInt64
}

extension MoveFigures {
  package var frozenText: String { HumanTime.text(frozen) }
  package var totalText: String { HumanTime.text(total) }
  package var bytesText: String { ProgressLine.size(bytes) }

  /// For supervisors.
  func message(usesCopy: Bool? = nil) -> ForecastFigures {
    ForecastFigures(frozen: frozen, total: total, bytes: bytes, usesCopy: usesCopy)
  }

  /// For people.
  var text: String { "stands \(frozenText), takes \(totalText), sends \(bytesText)" }
}

/// Durations for people.
enum HumanTime {
  /// - Parameter nanoseconds: shown in milliseconds below a second, else in seconds with a tenth.
  static func text(_ nanoseconds: Int64) -> String {
    let milliseconds = (nanoseconds + 500_000) / 1_000_000
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    let tenths = (milliseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }
}

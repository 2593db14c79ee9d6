import PosixHost
import Snapshot
import Synchronization

/// How far something that takes long has come, on the user's terminal: one line, which is rewritten in place and
/// erased at the end.
///
/// Nothing appears in the first second.
package final class Progress {
  /// Whether this command tells of any.
  package static var isShown: Bool {
    get { shows.load(ordering: .relaxed) }
    set { shows.store(newValue && HostProcess.isTerminal(2), ordering: .relaxed) }
  }
  private static let shows = Atomic(false)

  /// Times are in nanoseconds.
  private static let second: Int64 = 1_000_000_000
  private static let interval: Int64 = 200_000_000

  private let title: String
  private let now: () -> Int64
  /// Nil to draw nothing.
  private let draw: ((String) -> Void)?
  private let start: Int64
  private var nextDrawing: Int64
  /// In bytes.
  private var done: UInt64 = 0
  /// Nil if it is not known.
  private var total: UInt64?

  /// - Parameters:
  ///   - title: what is being done, as in `writing`.
  ///   - total: bytes; nil: not known.
  package convenience init(_ title: String, of total: UInt64? = nil) {
    self.init(
      title, of: total, now: { HostProcess.monotonicTime },
      draw: Self.isShown ? { Console.showProgress($0) } : nil)
  }

  package init(
    _ title: String, of total: UInt64?, now: @escaping () -> Int64, draw: ((String) -> Void)?
  ) {
    self.title = title
    self.total = total
    self.now = now
    self.draw = draw
    start = now()
    nextDrawing = start + Self.second
  }

  deinit { if draw != nil { Console.eraseProgress() } }

  /// - Parameter bytes: done since the last time.
  package func advance(by bytes: UInt64) {
    let (sum, overflows) = done.addingReportingOverflow(bytes)
    note(done: overflows ? .max : sum, of: total)
  }

  package func note(done: UInt64, of total: UInt64?) {
    self.done = done
    self.total = total
    tick()
  }

  package func note(pages done: Int, of total: Int) {
    let size = UInt64(Page.size)
    note(done: UInt64(done) * size, of: UInt64(total) * size)
  }

  /// Brings the line up to date, though no more may be done.
  package func tick() {
    guard let draw else { return }
    let time = now()
    guard time >= nextDrawing else { return }
    nextDrawing = time + Self.interval
    draw(ProgressLine(title: title, done: done, total: total, time: time - start).text)
  }
}

/// What a line of progress says.
package struct ProgressLine {
  package var title: String
  /// In bytes.
  package var done: UInt64
  package var total: UInt64?
  /// Nanoseconds that it took so far.
  package var time: Int64

  package init(title: String, done: UInt64, total: UInt64?, time: Int64) {
    self.title = title
    self.done = done
    self.total = total
    self.time = time
  }

  package var text: String {
    var text = "\(title) \(Self.size(done))"
    // There may be more than was expected.
    if let total, total >= done { text += " of \(Self.size(total))" }
    let rate = Double(done) / (Double(max(time, 1)) / 1e9)
    guard rate >= 1, rate < Double(UInt64.max) else { return text }
    text += ", \(Self.size(UInt64(rate)))/s"
    guard let total, total >= done else { return text }
    let left = Double(total - done) / rate
    return left < 360_000 ? text + ", \(Self.duration(Int(left.rounded(.up)))) left" : text
  }

  /// Bytes in the largest unit in which they are at least 1, with two significant digits at least.
  private static func size(_ bytes: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard bytes >= 1024 else { return "\(bytes) B" }
    var index = 0
    var rest = bytes
    while rest >= 1 << 20 {
      rest >>= 10
      index += 1
    }
    // Of the unit below.
    let whole = rest >> 10
    return whole < 10
      ? "\(whole).\(((rest & 1023) * 10) >> 10) \(units[index])" : "\(whole) \(units[index])"
  }

  /// Seconds in the largest unit of which there are at least two.
  private static func duration(_ seconds: Int) -> String {
    if seconds < 120 { return "\(seconds) s" }
    return seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
  }
}

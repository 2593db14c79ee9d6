import PosixHost
import Snapshot
import Synchronization

/// How far something that takes long has come, on the user's terminal: one line, which is rewritten in place and
/// erased at the end.
///
/// Nothing appears in the first second. If another process does it, and says nothing for so long or has not begun, the
/// line says that instead; after ten seconds it is said once without a terminal, too.
package final class Progress {
  /// Whether this command tells of any.
  package static var isShown: Bool {
    get { shows.load(ordering: .relaxed) }
    set { shows.store(newValue && HostProcess.isTerminal(2), ordering: .relaxed) }
  }
  private static let shows = Atomic(false)

  /// Times are in nanoseconds.
  private static let second: Int64 = 1_000_000_000
  /// How often the line changes.
  static let interval: Int64 = 200_000_000
  private static let patience: Int64 = 10 * second

  private let title: String
  private let now: () -> Int64
  /// Nil to draw nothing.
  private let draw: ((String) -> Void)?
  private let complain: (String) -> Void
  private let start: Int64
  private var nextDrawing: Int64
  /// In bytes.
  private var done: UInt64 = 0
  /// Nil if it is not known.
  private var total: UInt64?
  /// The picoprocess that does it; nil: this process does.
  private let picoprocess: String?
  /// When it last said anything, and when it last said that it had begun.
  private var lastWord: Int64
  private var lastStep: Int64
  /// When this process last looked.
  private var lastLook: Int64
  private var hasComplained = false

  /// - Parameters:
  ///   - title: what is being done, as in `writing`.
  ///   - total: bytes; nil: not known.
  ///   - picoprocess: the one that does it, and says so time and again; nil: this process.
  package convenience init(_ title: String, of total: UInt64? = nil, by picoprocess: String? = nil)
  {
    self.init(
      title, of: total, by: picoprocess, now: { HostProcess.monotonicTime },
      draw: Self.isShown ? { Console.showProgress($0) } : nil, complain: Console.complain)
  }

  package init(
    _ title: String, of total: UInt64?, by picoprocess: String? = nil, now: @escaping () -> Int64,
    draw: ((String) -> Void)?, complain: @escaping (String) -> Void = { _ in }
  ) {
    self.title = title
    self.total = total
    self.picoprocess = picoprocess
    self.now = now
    self.draw = draw
    self.complain = complain
    start = now()
    lastWord = start
    lastStep = start
    lastLook = start
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

  /// - Parameter total: 0 if it has not begun.
  package func hear(done: UInt64, of total: UInt64) {
    lastWord = now()
    guard total > 0 else { return tick() }
    lastStep = lastWord
    note(done: done, of: total)
  }

  /// The other process was asked for nothing lately.
  package func resume() {
    lastWord = now()
    lastStep = lastWord
  }

  package func note(pages done: Int, of total: Int) {
    let size = UInt64(Page.size)
    note(done: UInt64(done) * size, of: UInt64(total) * size)
  }

  /// Brings the line up to date, though no more may be done.
  package func tick() {
    let time = now()
    // Who was stopped, or busy with other things, has not listened.
    let absence = time - lastLook
    if absence > Self.second {
      lastWord += absence
      lastStep += absence
    }
    lastLook = time
    let obstacle = obstacle(at: time)
    if let obstacle, time - lastStep >= Self.patience, !hasComplained {
      hasComplained = true
      complain(obstacle)
    }
    guard let draw, time >= nextDrawing else { return }
    nextDrawing = time + Self.interval
    draw(
      obstacle ?? ProgressLine(title: title, done: done, total: total, time: time - start).text)
  }

  /// What holds the other process up; nil if nothing does.
  private func obstacle(at time: Int64) -> String? {
    guard let picoprocess, time - lastStep >= Self.second else { return nil }
    let what = time - lastWord >= Self.second ? "does not answer" : "has not begun"
    return "waiting for the picoprocess \(picoprocess), which \(what)"
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
  static func size(_ bytes: UInt64) -> String {
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

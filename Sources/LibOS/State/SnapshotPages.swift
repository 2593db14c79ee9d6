package import Machine
package import Snapshot

/// Pages of an arriving guest that are still where it came from.
package protocol DistantPages: AnyObject {
  /// Their numbers are 1 to this.
  var limit: UInt32 { get }

  /// Notes that somebody needs a page. It will be delivered to its frame (`FrameArena.deliver`), who knows when.
  func want(_ page: UInt32)
}

/// The pages of the snapshot that a guest is resumed from, until all of them are here.
package final class SnapshotPages: StoredPageSource {
  /// Pages that can't be read are taken as zeroes, for a guest that will not run if there are any: see `failure`.
  var takesFailuresAsZeroes = false

  /// Map pages that stand in the file as they are, so that picoprocesses share them.
  package var shares = false

  private let reader: SnapshotReader
  /// Has those up to its limit, which are not in the snapshot.
  private let distant: (any DistantPages)?
  private let shortage: Shortage
  /// Whether to remember which pages are needed.
  package var recordsTouches = false
  /// The pages that were needed while `recordsTouches`, in order.
  package private(set) var touches: [UInt32] = []

  init(_ reader: SnapshotReader, _ distant: (any DistantPages)?, _ shortage: Shortage) {
    self.reader = reader
    self.distant = distant
    self.shortage = shortage
  }

  /// A reader of the same pages for another thread.
  package func anotherReader() -> SnapshotReader { reader.another() }

  /// Why a page can't be read; nil if all can, as far as is known.
  package var failure: SnapshotError? { shortage.failure }

  package func load(_ page: UInt32, into buffer: inout MutableRawSpan) -> Bool {
    if let distant, page <= distant.limit {
      distant.want(page)
      return false
    }
    do throws(SnapshotError) {
      try reader.page(PageReference(rawValue: UInt64(page)), into: &buffer)
    } catch {
      note(page, error)
      return takesFailuresAsZeroes
    }
    noteRead(page)
    if recordsTouches { touches.append(page) }
    return true
  }

  package func shared(_ page: UInt32) -> SharedPages? {
    // What is wrong with a page is found out when it is read.
    guard let plain = try? reader.plainPages(around: UInt64(page)),
      let first = UInt32(exactly: plain.pages.lowerBound),
      let end = UInt32(exactly: plain.pages.upperBound)
    else { return nil }
    return SharedPages(descriptor: plain.descriptor, offset: plain.offset, pages: first..<end)
  }

  /// Remembers that a page can't be read.
  package func note(_ page: UInt32, _ reason: SnapshotError) { shortage.note(.page(page), reason) }

  package func noteRead(_ page: UInt32) { shortage.noteHere(.page(page)) }

  package func waitUntilWorthwhile() { shortage.waitUntilWorthwhile() }
}

extension SnapshotPages {
  /// Reads all pages that are not here yet. Nothing may run until it has returned and the workers have ended.
  ///
  /// - Throws: the error of the first page that can't be read.
  func loadAll(
    into arena: FrameArena, on workers: (any Workers)?,
    _ report: (_ done: Int, _ total: Int) -> Void
  ) throws(SnapshotError) {
    let wanted = arena.storedFrames(from: 1, atMost: .max).frames
      .sorted { ($0.page, $0.frame.index) < ($1.page, $1.frame.index) }
    let frames = wanted.map(\.frame)
    let bytes = arena.storedBytes
    var done = 0
    func note(_ count: Int) {
      done += count
      report(done, wanted.count)
    }
    try reader.readPages(wanted.map { UInt64($0.page) }, on: workers, note) { index, page in
      bytes.fill(frames[index], with: page)
    }
    arena.noteLoaded(frames)
    if let failure { throw failure }
  }
}

/// The bytes of the pages in a view, which may not all be in their frames.
struct ViewedPages {
  let frames: FrozenBytes
  private let stored: SnapshotReader?
  private var page = [UInt8](repeating: 0, count: Frame.size)

  /// - Parameter stored: has the pages of stored frames.
  init(_ frames: FrozenBytes, stored: SnapshotReader?) {
    self.frames = frames
    self.stored = stored
  }

  /// Lends the bytes of a frame that the view has.
  mutating func withBytes<R>(_ frame: Frame, _ body: (RawSpan) throws(SnapshotError) -> R)
    throws(SnapshotError) -> R
  {
    guard let number = frames.storedPage(of: frame), let stored else {
      return try frames.withBytes(frame, body)
    }
    do throws(SnapshotError) {
      try page.withMutableRawSpan { (bytes) throws(SnapshotError) in
        try stored.page(PageReference(rawValue: UInt64(number)), into: &bytes)
      }
    } catch { throw .missingPage(error) }
    return try page.withRawSpan(body)
  }
}

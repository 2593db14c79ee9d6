import Machine
package import Snapshot

/// The pages of the snapshot that a guest was resumed from lazily, until all of them are here.
package final class SnapshotPages: StoredPageSource {
  private let reader: SnapshotReader
  private let shortage: Shortage
  /// Whether to remember which pages are needed.
  package var recordsTouches = false
  /// The pages that were needed while `recordsTouches`, in order.
  package private(set) var touches: [UInt32] = []

  init(_ reader: SnapshotReader, _ shortage: Shortage) {
    self.reader = reader
    self.shortage = shortage
  }

  /// A reader of the same pages for another thread.
  package func anotherReader() throws(SnapshotError) -> SnapshotReader { try reader.another() }

  package func load(_ page: UInt32, into buffer: inout MutableRawSpan) -> Bool {
    do throws(SnapshotError) {
      try reader.page(PageReference(rawValue: UInt64(page)), into: &buffer)
    } catch {
      note(page, error)
      return false
    }
    noteRead(page)
    if recordsTouches { touches.append(page) }
    return true
  }

  /// Remembers that a page can't be read.
  package func note(_ page: UInt32, _ reason: SnapshotError) { shortage.note(.page(page), reason) }

  package func noteRead(_ page: UInt32) { shortage.noteHere(.page(page)) }

  package func waitUntilWorthwhile() { shortage.waitUntilWorthwhile() }
}

/// The bytes of the pages in a view, which may not all be in their frames.
struct ViewedPages {
  private let frames: FrozenBytes
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

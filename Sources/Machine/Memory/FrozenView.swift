// A view of all memory as it is at one moment, which another thread reads while the guest runs on.
//
// The guest's thread begins the view with a new epoch of writes, takes `PageTable.frozen` of every table that
// the snapshot needs, and ends the view once its reader is done. From then on:
//
// - Only the guest's thread changes tables, frames and reference counts, and only it calls the arena.
// - A leaf made before the view is never changed: its table copies it first, and the view gets references of
//   its own to the leaf's frames (`PageTable.ownLeaf`).
// - A frame that the view has is never written: each write in an epoch begins in `AddressSpace.translate` or
//   `MemoryObject.frame`, which copy it first. Engines cannot go round this, since the new epoch flushes their
//   TLBs.
// - The reader touches the frozen leaves, and through `FrozenBytes` the frames that they name; nothing else. A
//   frame whose bytes are not here yet (see `StoredFrames`) it reads from where they are stored.
//
// Several views may be active, each of a moment and with a reader of its own, so that a slow reader holds up no
// other snapshot. A leaf is in all views that began after it was made, and so with the frames that it has when it is
// copied. All views together have one reference to a frame; a bit for each tells which. It is dropped when the last of
// them ends.

/// The number of an epoch of writes, from 1.
package typealias Epoch = UInt32

extension Epoch {
  /// The highest, which page-table entries have room for: at one snapshot per second, that of half a year.
  package static var last: Epoch { 0xff_ffff }
}

/// What the guest's thread keeps for an active view.
package final class FrozenView {
  /// The epoch that began with it. What was written in earlier ones is the view's.
  package let epoch: Epoch
  /// Which of the active views it is, for `FrameArena.holders`.
  fileprivate let bit: UInt8
  /// Frames that the view has, whether others have them as well or not.
  fileprivate var held: ContiguousArray<Frame> = []

  /// How many may be active at once.
  package static var limit: Int { UInt8.bitWidth }

  fileprivate init(epoch: Epoch, bit: UInt8) {
    self.epoch = epoch
    self.bit = bit
  }
}

/// The pages of one table in the view: those that differ from their backing.
package protocol FrozenPages: Sendable {
  /// Calls `body` for each page, ascending. May be called from any thread while the view is active.
  func forEachPage<E: Error>(_ body: (UInt64, PageTableEntry) throws(E) -> Void) throws(E)

  /// The same with consecutive pages, ascending, that are in consecutive frames, or all in the zero frame.
  func forEachRun(_ body: (Range<UInt64>, Frame) -> Void)
}

/// The bytes of frames in the view, for its reader.
@safe package struct FrozenBytes: @unchecked Sendable {
  private let arena: FrameArena
  private let stored: StoredFrames?

  init(_ arena: FrameArena) {
    self.arena = arena
    stored = arena.stored
  }

  /// The page that a frame's bytes are still to be read from; nil if `withBytes` has them.
  package func storedPage(of frame: Frame) -> UInt32? { stored?.page(of: frame) }

  /// Lends the bytes of a frame that the view has.
  package func withBytes<R, E: Error>(_ frame: Frame, _ body: (RawSpan) throws(E) -> R) throws(E)
    -> R
  {
    // Of the arena this uses constants only.
    try arena.withBytes(frame, offset: 0, count: Frame.size, body)
  }
}

extension FrameArena {
  /// Access to frames for the reader of an active view, or for one while the guest stands still.
  package var frozenBytes: FrozenBytes { FrozenBytes(self) }

  /// Begins an epoch and a view of memory as it is now; nil if so many are active, or if there are no more epochs.
  package func beginView() -> FrozenView? {
    let used = views.reduce(0) { $0 | $1.bit }
    guard used != .max, beginEpoch() else { return nil }
    let view = FrozenView(epoch: epoch, bit: ~used & (used &+ 1))
    views.append(view)
    return view
  }

  /// Ends an active view, which nobody reads any more. What only it had is then to be freed, in steps that do
  /// not stop the guest for long: `freeEnded`.
  package func endView(_ view: FrozenView) {
    guard let index = views.firstIndex(where: { $0 === view }) else { return }
    views.remove(at: index)
    for frame in view.held { dropHold(of: frame, view.bit) }
    view.held = []
  }

  /// Gives a reference to the frames of a leaf to all views that have it.
  ///
  /// - Parameter epoch: in which the leaf was made.
  func hold(_ frames: some Sequence<Frame>, madeIn epoch: Epoch) {
    for view in views where view.epoch > epoch {
      for frame in frames where hold(frame, view.bit) { view.held.append(frame) }
    }
  }
}

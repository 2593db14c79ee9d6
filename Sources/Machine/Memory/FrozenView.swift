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

/// The number of an epoch of writes, from 1.
package typealias Epoch = UInt32

extension Epoch {
  /// The highest, which page-table entries have room for: at one snapshot per second, that of half a year.
  package static var last: Epoch { 0xff_ffff }
}

/// What the guest's thread keeps for the active view.
package final class FrozenView {
  /// The epoch that began with it. What was written in earlier ones is the view's.
  package let epoch: Epoch
  /// Frames that the view has references to.
  fileprivate(set) var held: ContiguousArray<Frame> = []

  init(epoch: Epoch) { self.epoch = epoch }

  func append(_ frame: Frame) { held.append(frame) }
}

/// The pages of one table in the view: those that differ from their backing.
package protocol FrozenPages: Sendable {
  /// Calls `body` for each page, ascending. May be called from any thread while the view is active.
  func forEachPage<E: Error>(_ body: (UInt64, PageTableEntry) throws(E) -> Void) throws(E)
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
  /// Access to frames for the reader of the active view, or for one while the guest stands still.
  package var frozenBytes: FrozenBytes { FrozenBytes(self) }

  /// Begins an epoch and a view of memory as it is now. `false` while another view is active, or when there
  /// are no more epochs.
  package func beginView() -> Bool {
    guard view == nil, beginEpoch() else { return false }
    view = FrozenView(epoch: epoch)
    return true
  }

  /// Ends the active view, which nobody reads any more. What only it had is then to be freed, in steps that do
  /// not stop the guest for long: `freeEnded`.
  package func endView() {
    guard let ended = view else { return }
    view = nil
    for frame in ended.held { dropHold(of: frame) }
  }
}

/// Whose pages they are, so that a later snapshot can tell which of them an earlier one has.
///
/// A page of an address space or a memory object that was not written since a snapshot is, at the same place,
/// as it was there then. After a fork, that is the place in the memory of the parent.
package struct PageLineage: Sendable {
  private struct Ancestor: Sendable {
    var number: UInt64
    /// The epoch in which it came into being.
    var birth: Epoch
  }

  /// The oldest first; the last is the owner of the pages itself.
  private var line: [Ancestor]

  /// One without ancestors.
  init(_ arena: FrameArena) {
    line = [Ancestor(number: arena.takeNumber(), birth: arena.epoch)]
  }

  /// A copy of the owner's memory, made now.
  func child(_ arena: FrameArena) -> PageLineage {
    var child = PageLineage(arena)
    // Only one that is as old as the oldest snapshot of interest, and those after it.
    if let oldest = arena.oldestEpochOfInterest {
      let useless = line.lastIndex { $0.birth < oldest } ?? 0
      child.line = line[useless...] + child.line
    }
    return child
  }

  /// The number of the owner, which no other owner in this process ever has.
  package var number: UInt64 { line[line.count - 1].number }

  /// The number of whoever had these pages when `epoch` began; nil if nobody had.
  package func number(at epoch: Epoch) -> UInt64? { line.last { $0.birth < epoch }?.number }
}

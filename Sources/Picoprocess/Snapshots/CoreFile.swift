import HostABI
import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// An ELF core file of a process in a snapshot.
struct CoreFile {
  private let layout: CoreLayout
  /// Of each segment, in order; empty if the bytes are not at hand.
  private let contents: [ArraySlice<SavedMemory.Piece>]
  /// In bytes.
  var size: UInt64 { layout.size }

  init(_ isa: GuestISA, notes: [UInt8], _ memory: SavedMemory) {
    var segments: [CoreLayout.Segment] = []
    var contents: [ArraySlice<SavedMemory.Piece>] = []
    for mapping in memory.mappings {
      var first = 0
      let pieces = mapping.pieces
      for index in pieces.indices {
        let isLast = index + 1 == pieces.count
        let isAbsent = pieces[index].content.isAbsent
        guard isLast || pieces[index + 1].content.isAbsent != isAbsent else { continue }
        let pages = pieces[first].pages.lowerBound..<pieces[index].pages.upperBound
        segments.append(
          CoreLayout.Segment(
            pages: pages, permissions: mapping.permissions,
            byteCount: isAbsent ? 0 : UInt64(pages.count) << 12))
        contents.append(isAbsent ? [] : pieces[first...index])
        first = index + 1
      }
    }
    layout = CoreLayout(isa, notes: notes, segments)
    self.contents = contents
  }

  // MARK: Writing

  /// Writes all of it; pages of zeroes are holes.
  ///
  /// - Parameter names: of the file, and of the snapshot that `memory` is in, for errors.
  func write(
    to file: AtomicFile, _ memory: SavedMemory, names: (file: String, snapshot: String)
  ) throws(Failure) {
    try withFailure(names.file) { () throws(HostError) in
      try file.write(layout.head)
    }
    let progress = Progress("writing", of: size)
    for (segment, pieces) in zip(layout.segments, contents) {
      for piece in pieces {
        defer { progress.advance(by: UInt64(piece.pages.count) << 12) }
        let base = segment.offset + (piece.pages.lowerBound - segment.pages.lowerBound) << 12
        try memory.forEachPage(of: piece, failure: { Failure(names.snapshot, $0) }) {
          (page, bytes) throws(Failure) in
          let place = base + (page - piece.pages.lowerBound) << 12
          try withFailure(names.file) { () throws(HostError) in try file.write(bytes, at: place) }
        }
      }
    }
    guard file.length < size else { return }
    try withFailure(names.file) { () throws(HostError) in
      try [0].withRawSpan { (bytes) throws(HostError) in try file.write(bytes, at: size - 1) }
    }
  }
}

import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

/// The reasons for not writing a snapshot.
enum SaveError: Error {
  /// The guest's state can't be saved.
  case refused(Failure)
  /// The file can't be written.
  case unwritable(HostError)
}

/// A snapshot in the making. The stopped guest's state is captured, then written on any thread, or first only
/// its pages: then the state is captured again later, and only pages that changed are added.
final class SnapshotWriting {
  private final class Output {
    /// What stopped the writer: a snapshot error can't carry it.
    var error: SaveError?
    /// Spent in writing, in nanoseconds.
    var time: Int64 = 0
  }

  private let header: SnapshotHeader
  private let writer: SnapshotWriter
  private let output: Output
  private let start = HostProcess.monotonicTime
  /// The pages that are written already, here or in the parent.
  private var known: KnownPages?
  private var pass: StatePass?
  private let count: PageCount?
  private let deferred: DeferredPages?

  /// Writes the header.
  ///
  /// - Parameter header: with a link to the parent, if this is an increment.
  /// - Parameter parent: what is known of the pages of the parent.
  /// - Parameter count: counts the pages.
  /// - Parameter deferred: the pages that are only numbered; the header's link is to them.
  /// - Parameter write: takes the bytes of the file, in order.
  init(
    _ header: SnapshotHeader, _ compression: Compression, _ parent: KnownPages?,
    _ count: PageCount? = nil, _ deferred: DeferredPages? = nil,
    _ write: @escaping (RawSpan) throws(SaveError) -> Void
  ) throws(SaveError) {
    let output = Output()
    self.header = header
    self.output = output
    known = parent
    self.count = count
    self.deferred = deferred
    do throws(SnapshotError) {
      writer = try SnapshotWriter(header, compression: compression) { bytes in
        let start = HostProcess.monotonicTime
        defer { output.time += HostProcess.monotonicTime - start }
        do throws(SaveError) { try write(bytes) } catch {
          output.error = error
          throw error
        }
      }
    } catch { throw Self.saveError(error, output) }
  }

  /// Captures the state of the stopped guest.
  func capture(_ kernel: Kernel) throws(SaveError) {
    do throws(SnapshotError) { pass = try StatePass(kernel, to: writer, known, deferred) } catch {
      throw Self.saveError(error, output)
    }
  }

  /// Writes the pages of the captured state and forgets the rest of it.
  ///
  /// - Parameter isGivenUp: asked now and then whether to stop early.
  /// - Returns: pages written.
  func storePages(isGivenUp: () -> Bool) throws(SaveError) -> UInt64 {
    guard let pass else { preconditionFailure("nothing is captured") }
    self.pass = nil
    let before = writer.storedPages
    do throws(SnapshotError) {
      try withWorkers(pass, guestRuns: true) { () throws(SnapshotError) in
        try pass.storePages(isGivenUp: isGivenUp)
        try writer.use(nil)
      }
    } catch { throw Self.saveError(error, output) }
    known = pass.known
    return writer.storedPages - before
  }

  /// Writes all of the captured state.
  ///
  /// - Parameter guestRuns: meanwhile.
  func finish(guestRuns: Bool = false) throws(SaveError) -> WrittenSnapshot {
    guard let pass else { preconditionFailure("nothing is captured") }
    do throws(SnapshotError) {
      let (id, digest) = try withWorkers(pass, guestRuns: guestRuns) { () throws(SnapshotError) in
        let id = try writeState(pass)
        return (id, try writer.finish(id: id))
      }
      return WrittenSnapshot(
        byteCount: writer.bytesWritten, pages: pass.pageCount, pagesWritten: writer.storedPages,
        dumpTime: HostProcess.monotonicTime - start, writeTime: output.time,
        base: SnapshotBase(
          id: id, contentDigest: digest,
          pageCount: (header.parent?.pageCount ?? 0) + writer.storedPages, known: pass.known),
        deferred: deferred)
    } catch { throw Self.saveError(error, output) }
  }

  /// Writes the rest of the state.
  ///
  /// - Returns: what the snapshot is called. Without the pages it has the name of its migration.
  private func writeState(_ pass: StatePass) throws(SnapshotError) -> SnapshotID {
    guard deferred != nil, let memory = header.parent else {
      return SnapshotID(of: try pass.finish().whole)
    }
    try pass.finishDeferring()
    return memory.id
  }

  /// Has other processors digest and encode what `body` adds.
  private func withWorkers<R>(
    _ pass: StatePass, guestRuns: Bool, _ body: () throws(SnapshotError) -> R
  ) throws(SnapshotError) -> R {
    try SnapshotWorkers.with(isNice: guestRuns) { (workers) throws(SnapshotError) in
      try writer.use(workers)
      // Of deferred pages none is handed over.
      if deferred == nil, let count {
        count.expect(pass.countPages())
        pass.onPages = { count.add($0) }
      }
      return try body()
    }
  }

  private static func saveError(_ error: SnapshotError, _ output: Output) -> SaveError {
    output.error ?? .refused(Failure("\(error)"))
  }
}

struct WrittenSnapshot: Sendable {
  let byteCount: UInt64
  /// Pages that the guest has of its own, and those of them that were written.
  let pages: UInt64
  let pagesWritten: UInt64
  /// In nanoseconds: for pages in all, and for writing.
  let dumpTime: Int64
  let writeTime: Int64
  /// For increments to it.
  let base: SnapshotBase
  /// The pages that it only numbers; nil: it has all of them.
  let deferred: DeferredPages?
}

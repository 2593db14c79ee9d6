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

/// A snapshot in the making: captured, and yet to be written.
final class SnapshotWriting {
  private final class Output {
    /// What stopped the writer: a snapshot error can't carry it.
    var error: SaveError?
    /// Spent in writing, in nanoseconds.
    var time: Int64 = 0
  }

  private let header: SnapshotHeader
  private let writer: SnapshotWriter
  private let pass: StatePass
  private let output: Output

  /// Captures the state of the stopped guest.
  ///
  /// - Parameter header: with a link to the parent, if this is an increment.
  /// - Parameter parent: what is known of the pages of the parent.
  /// - Parameter write: takes the bytes of the file, in order.
  init(
    _ kernel: Kernel, _ header: SnapshotHeader, _ compression: Compression,
    _ parent: KnownPages?,
    _ write: @escaping (RawSpan) throws(SaveError) -> Void
  ) throws(SaveError) {
    let output = Output()
    self.header = header
    self.output = output
    do throws(SnapshotError) {
      writer = try SnapshotWriter(header, compression: compression) { bytes in
        let start = HostProcess.monotonicTime
        defer { output.time += HostProcess.monotonicTime - start }
        do throws(SaveError) { try write(bytes) } catch {
          output.error = error
          throw error
        }
      }
      pass = try StatePass(kernel, to: writer, parent)
    } catch { throw Self.saveError(error, output) }
  }

  /// Writes it all, on any thread.
  func finish() throws(SaveError) -> WrittenSnapshot {
    let start = HostProcess.monotonicTime
    do throws(SnapshotError) {
      let id = SnapshotID(of: try pass.finish().whole)
      let digest = try writer.finish(id: id)
      return WrittenSnapshot(
        byteCount: writer.bytesWritten, pages: pass.pageCount, pagesWritten: writer.storedPages,
        dumpTime: HostProcess.monotonicTime - start, writeTime: output.time,
        base: SnapshotBase(
          id: id, contentDigest: digest,
          pageCount: (header.parent?.pageCount ?? 0) + writer.storedPages, known: pass.known))
    } catch { throw Self.saveError(error, output) }
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
}

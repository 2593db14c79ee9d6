import LibOS
import PosixHost
import Snapshot
import Synchronization

// A snapshot has the digests of the root's files that the guest has in use. Before the first snapshot of a run they
// are made while the guest runs on: to read a browser takes longer than the guest may stand still.

extension Picoprocess {
  /// Begins what the snapshot that `letter` requests needs beforehand.
  ///
  /// - Returns: whether nothing is needed; else `preparation` says when it is done.
  func isPrepared(for letter: Mailbox.Letter) -> Bool {
    let files = kernel.undigestedFiles()
    guard files.reduce(0, { $0 + $1.size }) > SnapshotPreparation.bytesWorthAThread else {
      return true
    }
    preparation = SnapshotPreparation(letter, files, host, wake)
    return false
  }

  /// The letter of a snapshot that was being prepared, once it may begin.
  func takePrepared() -> Mailbox.Letter? {
    guard let preparation, preparation.isDone else { return nil }
    self.preparation = nil
    preparation.end(digests, host)
    return preparation.letter
  }

  /// Ends what is under way, since the guest has ended.
  func giveUpPreparation(_ error: SaveError) {
    preparation?.end(digests, host)
    preparation?.letter.progress = .answered(ControlAnswer(error))
    preparation = nil
  }
}

/// Makes the digests of files on a thread of its own.
final class SnapshotPreparation {
  let letter: Mailbox.Letter
  private let files: [UndigestedFile]
  private let thread: HostThread
  private let shared = Shared()

  private final class Shared: Sendable {
    /// Of each file, nil for one that can't be read; nil until all are made.
    let digests = Mutex<[Digest?]?>(nil)
    let isEnding = Atomic(false)
  }

  /// Fewer take no longer than a thread takes to start.
  static let bytesWorthAThread: UInt64 = 1 << 20
  private static let pieceSize = 256 << 10

  init(_ letter: Mailbox.Letter, _ files: [UndigestedFile], _ host: PosixHost, _ wake: Wake) {
    self.letter = letter
    self.files = files
    let shared = shared
    // Descriptors of the thread's own: the guest's thread may close its at any time.
    let inputs = files.map { try? host.input(of: $0.handle) }
    thread = HostThread {
      let digests = inputs.map { input in input.flatMap { Self.digest($0, shared) } }
      shared.digests.withLock { $0 = digests }
      while !shared.isEnding.load(ordering: .acquiring) {
        wake.call()
        HostProcess.sleep(nanoseconds: 1_000_000)
      }
    }
  }

  private static func digest(_ input: InputFile, _ shared: Shared) -> Digest? {
    var builder = DigestBuilder()
    var offset: UInt64 = 0
    while !shared.isEnding.load(ordering: .acquiring) {
      guard let bytes = try? input.read(at: offset, count: pieceSize) else { return nil }
      if bytes.isEmpty { return builder.finish() }
      builder.append(bytes[...])
      offset += UInt64(bytes.count)
    }
    return nil
  }

  var isDone: Bool { shared.digests.withLock { $0 != nil } }

  /// Ends the thread, and has `known` learn what it found out.
  func end(_ known: FileDigests, _ host: PosixHost) {
    shared.isEnding.store(true, ordering: .releasing)
    thread.join()
    guard let digests = shared.digests.withLock({ $0 }) else { return }
    for (file, digest) in zip(files, digests) {
      if let digest { known.learn(digest, of: file, host) }
    }
  }
}

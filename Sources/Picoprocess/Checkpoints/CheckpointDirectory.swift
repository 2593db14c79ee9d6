import HostABI
import PosixHost

/// The store in which one run at a time keeps its checkpoints.
///
/// Beside what every store has, there is the file `run`. The process that runs the guest and its keeper have it
/// locked. It says whose run it is, and after its end how the guest ended, unless it crashed.
package struct CheckpointDirectory: Sendable {
  let layout: StoreLayout
  /// Held by the run.
  private let lock: FileLock

  var path: String { layout.path }

  private static let running = "is "

  /// How long to wait for a run that was killed just now to be gone, in nanoseconds.
  private static let patience: Int64 = 1_000_000_000

  /// Takes the directory for this run. Throws if it is another run's.
  ///
  /// - Parameter creates: makes the store if there is none.
  init(_ path: String, creates: Bool) throws(Failure) {
    layout = creates ? try StoreLayout.create(path) : try StoreLayout(path)
    lock = try Self.take(path)
  }

  private static func take(_ path: String) throws(Failure) -> FileLock {
    let file = path + "/run"
    let deadline = HostProcess.monotonicTime + patience
    while true {
      do throws(HostError) {
        return try FileLock(file, .exclusive, creates: true, waits: false)
      } catch .wouldBlock {
        guard HostProcess.monotonicTime < deadline else { break }
        HostProcess.sleep(nanoseconds: 10_000_000)
      } catch { throw Failure(path, error) }
    }
    let name = record(file).flatMap {
      $0.hasPrefix(running) ? String($0.dropFirst(running.count)) : nil
    }
    throw Failure("\(path): it has the checkpoints of \(name ?? "a run"), which is running")
  }

  /// What the file says; nil if that is nothing.
  private static func record(_ file: String) -> String? {
    guard let bytes = try? InputFile(file).read(at: 0, count: 200), !bytes.isEmpty else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Says that the run `name` has begun.
  func begin(_ name: String) throws(Failure) {
    try withFailure(path) { () throws(HostError) in
      try lock.write(Array((Self.running + name).utf8))
    }
  }

  /// Says how the guest ended. A confined process may do it.
  func end(_ how: String) { try? lock.write(Array(how.utf8)) }

  /// How the last run ended; nil if it crashed.
  func howItEnded() -> String? {
    guard let record = Self.record(path + "/run"), !record.hasPrefix(Self.running) else {
      return nil
    }
    return record
  }

  /// Starts the process that takes the checkpoints.
  func startKeeper(_ orders: KeeperOrders) throws(Failure) -> Companion {
    do throws(HostError) {
      return try Companion(["godwit", KeeperOrders.command, orders.argument], sharing: lock)
    } catch { throw Failure("the process that takes checkpoints", error) }
  }

  /// The periodic checkpoints, oldest first.
  static func names(_ layout: StoreLayout) throws(Failure) -> [CheckpointName] {
    try layout.names().compactMap { CheckpointName($0) }.sorted()
  }
}

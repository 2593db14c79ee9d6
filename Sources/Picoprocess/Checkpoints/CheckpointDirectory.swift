import HostABI
import PosixHost

/// The store in which one run at a time keeps its checkpoints.
///
/// Beside what every store has, there is the file `run`. The process that runs the guest and its keeper have it
/// locked. It says whose run it is and which checkpoints were there before, and after its end how the guest ended,
/// unless it crashed.
package struct CheckpointDirectory: Sendable {
  let layout: StoreLayout
  /// Held by the run.
  private let lock: FileLock

  var path: String { layout.path }

  /// Begins the lines of a run that has not ended by itself.
  private static let running = "is "
  private static let after = "after "

  /// How long to wait for the keeper of a run that was killed just now to be gone, in nanoseconds. It may be in the
  /// middle of a checkpoint, at the lowest priority.
  private static let patience: Int64 = 10_000_000_000

  /// Takes the directory for this run. Throws if it is another run's.
  ///
  /// - Parameter creates: makes the store if there is none.
  init(_ path: String, creates: Bool) throws(Failure) {
    layout = creates ? try StoreLayout.create(path).layout : try StoreLayout(path)
    lock = try Self.take(path)
  }

  private static func take(_ path: String) throws(Failure) -> FileLock {
    let file = path + "/run"
    let deadline = HostProcess.monotonicTime + patience
    while true {
      do throws(HostError) {
        return try FileLock(file, .exclusive, creates: true, waits: false)
      } catch .wouldBlock {
        let name = record(file)?.first.flatMap {
          $0.hasPrefix(running) ? String($0.dropFirst(running.count)) : nil
        }
        guard HostProcess.monotonicTime < deadline, !(name.map(answers) ?? false) else {
          throw Failure(
            "\(path): it has the checkpoints of \(name ?? "a run"), which is running")
        }
        HostProcess.sleep(nanoseconds: 10_000_000)
      } catch { throw Failure(path, error) }
    }
  }

  private static func answers(_ name: String) -> Bool {
    (try? ControlDirectory.standard().connect(to: name)) != nil
  }

  /// The lines of the file; nil if it says nothing.
  private static func record(_ file: String) -> [String]? {
    guard let bytes = try? InputFile(file).read(at: 0, count: 200), !bytes.isEmpty else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private var record: [String]? { Self.record(path + "/run") }

  /// Says that the run `name` has begun.
  ///
  /// - Parameter goesOn: it goes on from a checkpoint of the last run, so that one's are its own, too.
  func begin(_ name: String, goesOn: Bool) throws(Failure) {
    let before = goesOn ? newestBefore : try Self.names(layout).last
    var lines = Self.running + name
    if let before { lines += "\n\(Self.after)\(before)" }
    try withFailure(path) { () throws(HostError) in try lock.write(Array(lines.utf8)) }
  }

  /// The newest checkpoint that was there before the last run began.
  private var newestBefore: CheckpointName? {
    guard let record, record.count == 2, record[1].hasPrefix(Self.after) else { return nil }
    return CheckpointName(String(record[1].dropFirst(Self.after.count)))
  }

  /// The checkpoints of the last run, oldest first.
  func names() throws(Failure) -> [CheckpointName] {
    let before = newestBefore
    return try Self.names(layout).filter { name in before.map { name > $0 } ?? true }
  }

  /// Says how the guest ended. A confined process may do it.
  func end(_ how: String) { try? lock.write(Array(how.utf8)) }

  /// How the last run ended; nil if it crashed.
  func howItEnded() -> String? {
    guard let line = record?.first, !line.hasPrefix(Self.running) else { return nil }
    return line
  }

  /// Starts the process that takes the checkpoints.
  ///
  /// - Parameters:
  ///   - messages: what its standard error is; nil: that of this process.
  ///   - secret: of a sealed store; it is forgotten here.
  func startKeeper(_ orders: KeeperOrders, _ messages: LogFile?, _ secret: StoreSecret?)
    throws(Failure) -> Companion
  {
    do throws(HostError) {
      let keeper = try Companion(
        ["godwit", KeeperOrders.command, orders.argument], sharing: lock, messages: messages)
      try secret?.hand { (bytes) throws(HostError) in try keeper.hand(bytes) }
      return keeper
    } catch { throw Failure("the process that takes checkpoints", error) }
  }

  /// The periodic checkpoints in a store, oldest first.
  static func names(_ layout: StoreLayout) throws(Failure) -> [CheckpointName] {
    try layout.names().compactMap { CheckpointName($0) }.sorted()
  }
}

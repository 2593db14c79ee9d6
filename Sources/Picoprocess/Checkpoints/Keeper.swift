import HostABI
import JSONText
import PosixHost
import Snapshot

/// What a keeper is told.
package struct KeeperOrders: Sendable, Codable {
  /// The picoprocess, by its name and its process.
  var name: String
  var pid: Int32
  var directory: String
  /// In nanoseconds.
  var period: Int64
  var keep: Int
  var compression: Compression
  /// Whether the store is sealed: then its secret comes through the lifeline, where nobody else sees it.
  var isSealed: Bool

  /// One line, as an argument.
  var argument: String { JSON.line(self) }

  /// The hidden command of `godwit` that is a keeper.
  package static let command = "keep-checkpoints"
}

/// Takes the periodic checkpoints of a run, in a process of its own: the process that runs the guest has no right
/// to the store.
///
/// It is a client of the control socket. Each checkpoint is an increment to the one before, through a pipe, and
/// becomes a whole snapshot in the store.
package final class Keeper {
  private let orders: KeeperOrders
  private let lifeline: Lifeline
  private let layout: StoreLayout
  /// Of a sealed store.
  private let key: StoreKey?
  private let client: ControlClient
  private var store: SnapshotStore
  private var chain = StoreChain(compacts: true)
  private var last: CheckpointName?
  /// What the user was told since the last checkpoint.
  private var complaint: String?

  /// A run that is killed closes its connection a moment before its lifeline, in nanoseconds.
  private static let moment: Int64 = 200_000_000

  /// Runs a keeper until the run that it was started by ends.
  package static func run(_ argument: String) throws(Failure) -> Never {
    guard let orders = JSON.decode(KeeperOrders.self, from: Array(argument.utf8)) else {
      throw Failure("\(KeeperOrders.command) is not for users")
    }
    let lifeline = try withFailure(orders.directory) { () throws(HostError) in
      try Lifeline.inherited()
    }
    // A run that is killed has no use for a checkpoint that is not finished: what there is of it is no part of the
    // store.
    HostThread {
      lifeline.waitForEnd()
      HostProcess.exit(0)
    }.detach()
    let keeper = try Keeper(orders, lifeline)
    var next = HostProcess.monotonicTime
    while true {
      // A checkpoint that takes longer than a period costs the next ones.
      let now = HostProcess.monotonicTime
      next = max(next + orders.period, now)
      // The guest may want one now; then the period begins anew.
      if lifeline.isCalled(within: next - now) { next = HostProcess.monotonicTime }
      keeper.takeCheckpoint()
    }
  }

  private init(_ orders: KeeperOrders, _ lifeline: Lifeline) throws(Failure) {
    self.orders = orders
    self.lifeline = lifeline
    layout = try StoreLayout(orders.directory)
    client = try ControlClient()
    key = try Self.key(orders, lifeline)
    store = SnapshotStore(layout, key)
    last = try CheckpointDirectory.names(layout).last
  }

  private static func key(_ orders: KeeperOrders, _ lifeline: Lifeline) throws(Failure)
    -> StoreKey?
  {
    guard orders.isSealed else { return nil }
    guard let secret = lifeline.receive(StoreKey.size).flatMap(StoreSecret.init) else {
      HostProcess.exit(0)
    }
    return secret.key
  }

  /// Takes a checkpoint, and removes old ones. What fails is told, and tried again after the next period.
  private func takeCheckpoint() {
    do throws(Failure) {
      if chain.digest == nil || chain.isWorthRestarting {
        try take()
      } else {
        // A checkpoint may have been removed from the store.
        do throws(Failure) { try take() } catch {
          exitIfAlone()
          restart()
          try take()
        }
      }
      try prune()
      complaint = nil
    } catch {
      exitIfAlone()
      if complaint != error.message { Console.complain("checkpoint: \(error.message)") }
      complaint = error.message
      restart()
    }
  }

  /// Ends, without a word, if the run has ended.
  private func exitIfAlone() {
    if lifeline.isCut(within: Self.moment) { HostProcess.exit(0) }
  }

  /// Has the next checkpoint be a whole one.
  private func restart() {
    store = SnapshotStore(layout, key)
    chain = StoreChain(compacts: true)
  }

  private func take() throws(Failure) {
    if chain.isWorthRestarting { chain = StoreChain(compacts: true, own: chain.own) }
    // Names ascend even if the clock does not.
    let now = CheckpointName(milliseconds: HostProcess.realTime / 1_000_000)
    let name = last.map { max(now, CheckpointName(milliseconds: $0.milliseconds + 1)) } ?? now
    let path = try StorePath(orders.directory, name: "\(name)")
    let parent = chain.digest.map {
      NamedParent(digest: "\($0)", path: "the last checkpoint", name: "\(name)")
    }
    let destination = StreamDestination(
      "\(path)", try StoreWriter(store, path, orders.compression, chain),
      transfer: Compression.none)
    _ = try client.save(
      orders.name,
      .checkpoint(parent: parent, compression: Compression.none, observer: .keeper),
      to: destination, nil, process: orders.pid)
    last = name
  }

  private func prune() throws(Failure) {
    let names = try CheckpointDirectory.names(layout)
    for name in names.dropLast(orders.keep) {
      try withFailure(orders.directory) { () throws(HostError) in
        try HostFiles.remove(layout.manifest("\(name)"))
      }
    }
    let lock: FileLock
    do throws(HostError) { lock = try layout.locked(.exclusive, waits: false) } catch .wouldBlock {
      // Another time.
      return
    } catch { throw Failure(orders.directory, error) }
    defer { withExtendedLifetime(lock) {} }
    _ = try StoreCollector(store: store).collect()
  }
}

extension StoreChain {
  /// What the picoprocess remembers grows with the numbers of pages, so they begin anew at times.
  fileprivate var isWorthRestarting: Bool { pages.count > 2 * livePages + 16384 }
}

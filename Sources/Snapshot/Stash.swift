internal import Synchronization

/// Objects that one thread at a time may use. There are as many as threads have used at once.
final class Stash<Object>: Sendable {
  private struct Idle: @unchecked Sendable { let object: Object }

  private let idle = Mutex<[Idle]>([])
  private let make: @Sendable () throws(SnapshotError) -> Object

  init(_ make: @escaping @Sendable () throws(SnapshotError) -> Object) { self.make = make }

  /// Lends an object that nobody else uses.
  func use<R>(_ body: (Object) throws(SnapshotError) -> R) throws(SnapshotError) -> R {
    let known = idle.withLock { $0.popLast() }
    let lent: Idle
    if let known { lent = known } else { lent = Idle(object: try make()) }
    defer { idle.withLock { $0.append(lent) } }
    return try body(lent.object)
  }
}

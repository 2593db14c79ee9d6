package import Machine

/// The identity of a futex: the object and offset in a shared mapping, or the address in a private one.
package struct FutexKey: Hashable {
  private let owner: ObjectIdentifier
  private let offset: UInt64

  package init(_ space: AddressSpace, _ address: GuestAddress) {
    if let vma = space.mapping(at: address), vma.flags.contains(.shared),
      let (object, index) = vma.objectPage(address.page)
    {
      owner = ObjectIdentifier(object)
      offset = index << 12 | UInt64(address.pageOffset)
    } else {
      owner = ObjectIdentifier(space)
      offset = address.rawValue
    }
  }
}

/// A task's entry in a futex queue: part of the snapshot.
package struct FutexWait: Sendable, Equatable {
  package var address: GuestAddress
  package var bitset: UInt32
  /// The position among all waiters, so that a restored queue wakes them in the same order.
  package var sequence: UInt64
  /// It was woken; the call returns 0.
  package var isWoken = false
}

/// The tasks that wait on futexes, woken in the order of their arrival.
package final class FutexTable {
  private var queues: [FutexKey: [Task]] = [:]
  /// The last number given to a waiter.
  package var sequence: UInt64 = 0

  package init() {}

  /// Puts a task at the end of the futex's queue.
  package func enqueue(_ task: Task, at address: GuestAddress, bitset: UInt32) {
    sequence += 1
    task.progress.futex = FutexWait(address: address, bitset: bitset, sequence: sequence)
    queues[FutexKey(task.process.space, address), default: []].append(task)
  }

  /// Restores a task's position in a queue.
  package func restore(_ task: Task) {
    guard let wait = task.progress.futex, !wait.isWoken else { return }
    sequence = max(sequence, min(wait.sequence, 1 << 62))
    let key = FutexKey(task.process.space, wait.address)
    queues[key, default: []].append(task)
    queues[key]!.sort { $0.progress.futex?.sequence ?? 0 < $1.progress.futex?.sequence ?? 0 }
  }

  /// Wakes up to `count` waiters whose bitset intersects `bitset`; returns their number.
  package func wake(_ key: FutexKey, count: Int, bitset: UInt32) -> Int {
    guard count > 0, let waiting = queues[key] else { return 0 }
    var left: [Task] = []
    var woken = 0
    for task in waiting {
      // A snapshot may have a task here that is in another call.
      guard let wait = task.progress.futex else { continue }
      if woken < count, wait.bitset & bitset != 0 {
        task.progress.futex?.isWoken = true
        task.wake()
        woken += 1
      } else {
        left.append(task)
      }
    }
    queues[key] = left.isEmpty ? nil : left
    return woken
  }

  /// Moves up to `count` waiters to the queue of `target`, at `address`.
  package func requeue(
    _ key: FutexKey, to target: FutexKey, at address: GuestAddress, count: Int
  ) -> Int {
    guard count > 0, let waiting = queues[key] else { return 0 }
    let moved = waiting.prefix(count)
    guard key != target else { return moved.count }
    let left = Array(waiting.dropFirst(count))
    queues[key] = left.isEmpty ? nil : left
    for task in moved {
      sequence += 1
      task.progress.futex?.address = address
      task.progress.futex?.sequence = sequence
      queues[target, default: []].append(task)
    }
    return moved.count
  }

  /// Removes a task from its queue (timeout, signal, exit).
  package func cancel(_ task: Task) {
    guard let wait = task.progress.futex, !wait.isWoken else { return }
    let key = FutexKey(task.process.space, wait.address)
    queues[key]?.removeAll { $0 === task }
    if queues[key]?.isEmpty == true { queues[key] = nil }
    task.progress.futex = nil
  }
}

/// The System V IPC objects of the picoprocess (sysvipc(7)).
package final class IpcNamespace {
  var limits = IpcLimits() {
    didSet {
      segments.limit = Int(limits.segments)
      sets.limit = Int(limits.sets)
      queues.limit = Int(limits.queues)
    }
  }

  var segments = IpcRegistry<SharedMemorySegment>(limit: Int(IpcLimits().segments))
  var sets = IpcRegistry<SemaphoreSet>(limit: Int(IpcLimits().sets))
  var queues = IpcRegistry<MessageQueue>(limit: Int(IpcLimits().queues))

  package init() {}

  /// Forgets segments that were removed and that nobody has attached any more.
  func purge() { segments.removeAll { $0.object == nil } }
}

/// Limits in `/proc/sys/kernel` that root may change; at first they are Linux's own.
struct IpcLimits: Equatable {
  var segments: Int64 = 4096
  /// `sem`: semaphores of a set, and of all; operations of a call; sets.
  var semaphoresOfSet: Int64 = 32000
  var semaphores: Int64 = 1_024_000_000
  var operations: Int64 = 500
  var sets: Int64 = 32000
  /// Bytes of a message, and of all messages of a new queue.
  var message: Int64 = 8192
  var queueBytes: Int64 = 16384
  var queues: Int64 = 32000

  /// All of them, in the order in which they are saved.
  var values: [Int64] {
    [segments, semaphoresOfSet, semaphores, operations, sets, message, queueBytes, queues]
  }

  init() {}

  /// - Returns: nil if they make no sense.
  init?(_ values: [Int64]) {
    guard values.count == 8, values.allSatisfy({ (0...Int64(Int32.max)).contains($0) }),
      [values[0], values[4], values[7]].allSatisfy({ $0 <= Self.objects })
    else { return nil }
    (segments, semaphoresOfSet, semaphores, operations) = (
      values[0], values[1], values[2], values[3]
    )
    (sets, message, queueBytes, queues) = (values[4], values[5], values[6], values[7])
  }

  /// Objects of a kind for which there are numbers (`IPCMNI`).
  static let objects: Int64 = 32768
}

/// The System V IPC objects of the picoprocess (sysvipc(7)), and their limits, which are Linux's own.
package final class IpcNamespace {
  static let segmentLimit = 4096
  static let setLimit = 32000
  static let queueLimit = 32000

  var segments = IpcRegistry<SharedMemorySegment>(limit: segmentLimit)
  var sets = IpcRegistry<SemaphoreSet>(limit: setLimit)
  var queues = IpcRegistry<MessageQueue>(limit: queueLimit)

  package init() {}

  /// Forgets segments that were removed and that nobody has attached any more.
  func purge() { segments.removeAll { $0.object == nil } }
}

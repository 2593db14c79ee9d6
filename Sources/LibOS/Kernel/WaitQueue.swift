package import LinuxABI

/// Something that wants to hear when a wait queue's object changes: a blocked task, an epoll item.
package protocol WaitListener: AnyObject {
  /// The object may have become ready; look again.
  func objectChanged()

  /// The same, and only `events` have happened. Edge-triggered listeners tell an edge by them;
  /// the others need not care.
  func objectChanged(_ events: PollEvents)
}

extension WaitListener {
  package func objectChanged(_ events: PollEvents) { objectChanged() }
}

/// The listeners of one object that can be waited for.
///
/// Waking is a hint: whoever is woken looks at the object again, and waits again if need be.
package final class WaitQueue {
  /// Sets of files come before tasks, which join anew each time that they wait, and after a resume.
  private var sets = ObjectQueue<any WaitListener>()
  private var tasks = ObjectQueue<any WaitListener>()

  package init() {}

  package var isEmpty: Bool { sets.isEmpty && tasks.isEmpty }

  /// Adds a listener behind the others of its kind.
  package func add(_ listener: any WaitListener) {
    if listener is Task {
      tasks.append(listener, as: listener)
    } else {
      sets.append(listener, as: listener)
    }
  }

  package func remove(_ listener: any WaitListener) {
    if !tasks.remove(listener) { sets.remove(listener) }
  }

  /// Tells every listener to look again, because `events` have happened.
  package func wake(_ events: PollEvents = .all) {
    Self.wake(sets, events)
    Self.wake(tasks, events)
  }

  /// The tasks that wait, the longest first, but for those that were woken for nothing and wait again.
  package var waitingTasks: [Task] { tasks.elements.compactMap { $0 as? Task } }

  private static func wake(_ listeners: ObjectQueue<any WaitListener>, _ events: PollEvents) {
    switch listeners.count {
    case 0: break
    case 1: listeners.first?.objectChanged(events)
    // A listener may leave, or others join, while they are told.
    default: for listener in listeners.elements { listener.objectChanged(events) }
    }
  }
}

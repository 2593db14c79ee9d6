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
  private var listeners: [any WaitListener] = []

  package init() {}

  package var isEmpty: Bool { listeners.isEmpty }

  /// Adds a listener behind the others of its kind: sets of files come before tasks, which join anew each
  /// time that they wait, and after a resume.
  package func add(_ listener: any WaitListener) {
    guard !listeners.contains(where: { $0 === listener }) else { return }
    if listener is Task {
      listeners.append(listener)
    } else {
      listeners.insert(listener, at: listeners.firstIndex { $0 is Task } ?? listeners.count)
    }
  }

  package func remove(_ listener: any WaitListener) {
    listeners.removeAll { $0 === listener }
  }

  /// Tells every listener to look again, because `events` have happened.
  package func wake(_ events: PollEvents = .all) {
    guard !listeners.isEmpty else { return }
    for listener in listeners { listener.objectChanged(events) }
  }
}

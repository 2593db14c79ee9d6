/// Which task runs next: round robin among the runnable ones.
package struct Scheduler {
  private var queue = ObjectQueue<Task>()

  package init() {}

  /// The runnable tasks, next first.
  package var runnable: [Task] { queue.elements }
  package var count: Int { queue.count }

  package mutating func enqueue(_ task: Task) { queue.append(task) }

  package mutating func remove(_ task: Task) { queue.remove(task) }

  package var first: Task? { queue.first }

  /// Puts the task at the front behind all others.
  package mutating func rotate() {
    guard queue.count > 1 else { return }
    queue.append(queue.removeFirst())
  }
}

/// Which task runs next: round robin among the runnable ones of the highest level. Ordinary tasks have level 0,
/// real-time ones that of their priority.
package struct Scheduler {
  private var ordinary = ObjectQueue<Task>()
  /// Highest first; none is empty.
  private var urgent: [(level: Int32, queue: ObjectQueue<Task>)] = []
  private var urgentCount = 0
  /// Real-time tasks have had more than their share, and ordinary ones go before them.
  package var isThrottled = false

  package init() {}

  /// The runnable tasks, next first.
  package var runnable: [Task] { urgent.flatMap { $0.queue.elements } + ordinary.elements }
  package var count: Int { ordinary.count + urgentCount }

  /// Whether real-time tasks keep others from running.
  package var isContested: Bool { urgentCount > 0 && !ordinary.isEmpty }

  package mutating func enqueue(_ task: Task) {
    guard task.level > 0 else {
      ordinary.append(task)
      return
    }
    let place = urgent.firstIndex { $0.level <= task.level } ?? urgent.count
    if place == urgent.count || urgent[place].level != task.level {
      urgent.insert((task.level, ObjectQueue()), at: place)
    }
    if urgent[place].queue.append(task) { urgentCount += 1 }
  }

  package mutating func remove(_ task: Task) { _ = take(task) }

  private mutating func take(_ task: Task) -> Bool {
    guard task.level > 0 else { return ordinary.remove(task) }
    guard let place = urgent.firstIndex(where: { $0.level == task.level }),
      urgent[place].queue.remove(task)
    else { return false }
    urgentCount -= 1
    if urgent[place].queue.isEmpty { urgent.remove(at: place) }
    return true
  }

  /// Gives a task another level; a runnable one goes behind the others there.
  mutating func move(_ task: Task, to level: Int32) {
    let isHere = take(task)
    task.level = level
    if isHere { enqueue(task) }
  }

  package var first: Task? {
    if urgentCount == 0 || isThrottled && !ordinary.isEmpty { return ordinary.first }
    return urgent[0].queue.first
  }

  /// Puts the next task behind all others of its level.
  package mutating func rotate() {
    if urgentCount == 0 || isThrottled && !ordinary.isEmpty {
      guard ordinary.count > 1 else { return }
      ordinary.append(ordinary.removeFirst())
    } else if urgent[0].queue.count > 1 {
      urgent[0].queue.append(urgent[0].queue.removeFirst())
    }
  }
}

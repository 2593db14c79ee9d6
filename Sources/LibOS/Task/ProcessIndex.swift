import Machine

/// An index of processes: children by parent, or members by process group.
package struct ProcessIndex {
  /// Ascending.
  private var lists: [Int32: [Int32]] = [:]

  package init() {}

  /// The numbers of the processes that belong to `owner`, ascending.
  package subscript(owner: Int32) -> [Int32] { lists[owner] ?? [] }

  /// Records a new owner of a process; 0 for none.
  package mutating func move(_ pid: Int32, from old: Int32, to new: Int32) {
    guard old != new else { return }
    remove(pid, from: old)
    guard new != 0 else { return }
    let place = self[new].partitioningIndex { $0 >= pid }
    if place == self[new].count || self[new][place] != pid {
      lists[new, default: []].insert(pid, at: place)
    }
  }

  package mutating func remove(_ pid: Int32, from owner: Int32) {
    guard let list = lists[owner] else { return }
    let place = list.partitioningIndex { $0 >= pid }
    guard place < list.count, list[place] == pid else { return }
    if list.count == 1 { lists[owner] = nil } else { lists[owner]!.remove(at: place) }
  }
}

extension Process {
  /// The children, including zombies, lowest PID first.
  package var children: [Process] {
    kernel.children[pid].compactMap { kernel.processes[$0] }
  }
}

package import LibOSState
import LinuxABI
package import Snapshot

extension EpollFile: PersistentFile {
  package func save(_ saver: StateSaver)
    throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind
  {
    var state = Godwit_State_EpollFile()
    for item in items {
      var entry = Godwit_State_EpollItem()
      entry.fd = item.fd
      entry.file = try saver.id(of: item.file)
      entry.events = item.event.events.rawValue
      entry.data = item.event.data
      entry.ready = UInt32((readyItems.firstIndex { $0 === item } ?? -1) + 1)
      state.items.append(entry)
    }
    return .epoll(state)
  }

  /// Puts the items back, those in the ready list in its order.
  func restore(_ state: Godwit_State_EpollFile, _ loader: StateLoader) throws(SnapshotError) {
    let ordered = state.items.sorted { ($0.ready, $0.fd) < ($1.ready, $1.fd) }
    for entry in ordered {
      restore(
        try loader.file(entry.file), fd: entry.fd,
        EpollEvent(events: EpollEvents(rawValue: entry.events), data: entry.data),
        isListed: entry.ready != 0)
    }
  }
}

package import LibOSState
import LinuxABI
package import Snapshot

extension EpollFile: PersistentFile {
  package func save(_ saver: StateSaver)
    throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind
  {
    var state = Godwit_State_EpollFile()
    let places = Dictionary(
      uniqueKeysWithValues: readyItems.enumerated().map { (ObjectIdentifier($1), $0 + 1) })
    for item in items {
      var entry = Godwit_State_EpollItem()
      entry.fd = item.fd
      entry.file = saver.id(of: item.file, .epollSet)
      entry.events = item.event.events.rawValue
      entry.data = item.event.data
      entry.ready = UInt32(places[ObjectIdentifier(item)] ?? 0)
      state.items.append(entry)
    }
    return .epoll(state)
  }

  /// Puts the items back, and the ready list in its order.
  func restore(_ state: Godwit_State_EpollFile, _ loader: StateLoader) throws(SnapshotError) {
    var ready: [(place: UInt32, item: EpollItem)] = []
    for entry in state.items {
      let file = try loader.file(entry.file)
      guard file.isPollable, file !== self, !has(file, fd: entry.fd) else {
        throw .invalidState("the member \(entry.fd) of an epoll set")
      }
      let item = restore(
        file, fd: entry.fd,
        EpollEvent(events: EpollEvents(rawValue: entry.events), data: entry.data))
      if entry.ready != 0 { ready.append((entry.ready, item)) }
    }
    restore(ready: ready.sorted { $0.place < $1.place }.map(\.item))
  }
}

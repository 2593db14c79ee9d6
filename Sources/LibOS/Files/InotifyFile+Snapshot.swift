package import LibOSState
import LinuxABI
import Snapshot

extension InotifyFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_InotifyFile()
    for (descriptor, watch) in watches.sorted(by: { $0.key < $1.key }) {
      var entry = Godwit_State_InotifyWatch()
      entry.descriptor = descriptor
      entry.mask = watch.mask.rawValue
      entry.dentry = saver.id(of: watch.dentry)
      state.watches.append(entry)
    }
    state.next = nextDescriptor
    state.events = events.map { event in
      var entry = Godwit_State_InotifyEvent()
      entry.descriptor = event.wd
      entry.mask = event.mask.rawValue
      entry.cookie = event.cookie
      entry.name = data(event.name)
      return entry
    }
    return .inotify(state)
  }

  convenience init(
    _ state: Godwit_State_InotifyFile, _ flags: OpenFlags, _ loader: StateLoader
  ) throws(SnapshotError) {
    self.init(loader.kernel.arena, flags)
    var watches: [InotifyWatch] = []
    var known: Set<Int32> = []
    guard state.next >= 0, state.watches.count <= Self.watchLimit,
      state.events.count <= Self.queueLimit + 1
    else { throw .invalidState("an inotify instance") }
    for entry in state.watches {
      guard entry.descriptor > 0, known.insert(entry.descriptor).inserted else {
        throw .invalidState("inotify watch \(entry.descriptor)")
      }
      watches.append(
        InotifyWatch(
          self, entry.descriptor, try loader.dentry(entry.dentry),
          InotifyMask(rawValue: entry.mask)))
    }
    restore(
      watches, next: state.next,
      try state.events.map { (event) throws(SnapshotError) in
        InotifyEvent(
          wd: event.descriptor, mask: InotifyMask(rawValue: event.mask), cookie: event.cookie,
          name: try bounded(event.name, Limits.NAME_MAX, "a name that inotify reports"))
      })
  }
}

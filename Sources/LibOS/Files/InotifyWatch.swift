package import LinuxABI

/// A watch of an inotify instance on a file, whatever names that has.
package final class InotifyWatch {
  unowned let instance: InotifyFile
  package let descriptor: Int32
  /// The name by which the file was found. The watch keeps the file itself.
  package let dentry: Dentry
  /// The events that are wanted, `IN_ONESHOT` and `IN_EXCL_UNLINK`.
  package internal(set) var mask: InotifyMask

  init(_ instance: InotifyFile, _ descriptor: Int32, _ dentry: Dentry, _ mask: InotifyMask) {
    self.instance = instance
    self.descriptor = descriptor
    self.dentry = dentry
    self.mask = mask
  }

  /// Something happened to the file, or to `name` in it.
  fileprivate func tell(_ event: InotifyMask, _ name: [UInt8], cookie: UInt32) {
    guard !mask.isDisjoint(with: event.intersection(.IN_ALL_EVENTS)) else { return }
    var event = event
    // Told without it, as ever.
    if !event.isDisjoint(with: [.IN_DELETE_SELF, .IN_MOVE_SELF]) { event.remove(.IN_ISDIR) }
    instance.append(InotifyEvent(wd: descriptor, mask: event, cookie: cookie, name: name))
    if mask.contains(.IN_ONESHOT) { instance.drop(self) }
  }
}

/// The watches on an inode, which the instances own, and what else wants to hear of it.
struct WatchList {
  private struct Weak { weak var watch: InotifyWatch? }
  private var entries: [Weak] = []
  private(set) var notices: [DirectoryNotice] = []

  var isEmpty: Bool { entries.isEmpty && notices.isEmpty }
  var all: [InotifyWatch] { entries.compactMap(\.watch) }

  mutating func add(_ watch: InotifyWatch) { entries.append(Weak(watch: watch)) }

  mutating func add(_ notice: DirectoryNotice) { notices.append(notice) }
  mutating func remove(_ notice: DirectoryNotice) { notices.removeAll { $0 === notice } }

  mutating func remove(_ watch: InotifyWatch) {
    entries.removeAll { $0.watch == nil || $0.watch === watch }
  }
}

// Where events come from: `include/linux/fsnotify.h` has the hooks by the same names.

extension Inode {
  func add(_ watch: InotifyWatch) { watchList.add(watch) }
  func remove(_ watch: InotifyWatch) { watchList.remove(watch) }

  func watch(of instance: InotifyFile) -> InotifyWatch? {
    watchList.all.first { $0.instance === instance }
  }

  /// Reports something about the file itself to whoever watches it.
  func report(_ event: InotifyMask) {
    guard !watchList.isEmpty else { return }
    let event = type == .S_IFDIR ? event.union(.IN_ISDIR) : event
    for watch in watchList.all { watch.tell(event, [], cookie: 0) }
  }

  /// Reports something about the entry `name` to whoever watches this directory.
  ///
  /// - Parameter isNameless: the name is gone.
  func report(
    _ event: InotifyMask, entry name: [UInt8], cookie: UInt32 = 0, isNameless: Bool = false
  ) {
    guard !watchList.isEmpty else { return }
    for watch in watchList.all where !isNameless || !watch.mask.contains(.IN_EXCL_UNLINK) {
      watch.tell(event, name, cookie: cookie)
    }
    watchList.tellNotices(event)
  }

  /// A name of the file was removed. The last one takes the watches along, once nobody has the file
  /// open any more.
  func reportNameRemoved() {
    guard !watchList.isEmpty, isRemoved, openCount == 0 else { return }
    for watch in watchList.all {
      watch.tell(.IN_DELETE_SELF, [], cookie: 0)
      watch.instance.drop(watch)
    }
  }
}

extension Dentry {
  /// Reports what was done to the file under this name: to its directory, then to itself.
  func report(_ event: InotifyMask) {
    if let directory = parent?.inode, !directory.watchList.isEmpty {
      directory.report(
        isDirectory ? event.union(.IN_ISDIR) : event, entry: name, isNameless: isDeleted)
    }
    inode.report(event)
  }
}

extension OpenFile {
  /// Notes that the file was opened; its closing will be told.
  func reportOpened() {
    countAsOpen()
    dentry?.report(.IN_OPEN)
  }

  /// Its inode is in use as long as it is open.
  func countAsOpen() {
    guard !isCounted, let dentry else { return }
    isCounted = true
    dentry.inode.openCount += 1
    if countsAsWriter(dentry) { dentry.inode.writerCount += 1 }
  }

  /// What memfd_create(2) opens may be run all the same.
  private func countsAsWriter(_ dentry: Dentry) -> Bool { isWritable && !dentry.mount.isHidden }

  /// What `reportOpened` promised.
  func reportClosed() {
    guard isCounted, let dentry else { return }
    isCounted = false
    dentry.inode.openCount -= 1
    if countsAsWriter(dentry) { dentry.inode.writerCount -= 1 }
    dentry.report(isWritable ? .IN_CLOSE_WRITE : .IN_CLOSE_NOWRITE)
    dentry.inode.reportNameRemoved()
  }
}

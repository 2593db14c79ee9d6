package import LinuxABI
package import Machine

/// What `epoll_create(2)` opens: a set of files that are waited for, and the list of those which may
/// be ready, in the order they became so.
///
/// Follows `fs/eventpoll.c`: an item is listed when its file tells of a wanted event; a wait takes
/// listed items from the front, drops those that are not ready after all, and puts level-triggered
/// ones back at the end, so that every one gets its turn.
package final class EpollFile: OpenFile {
  /// Epoll sets that may watch one another in a chain: five sets, four steps.
  static let maximumNesting = 4

  private struct Key: Hashable {
    var fd: Int32
    var file: ObjectIdentifier
  }

  private var members: [Key: EpollItem] = [:]
  private var ready = ObjectQueue<EpollItem>()
  private var lastSequence: UInt64 = 0
  private let memory: MemoryCharge
  /// Bytes that the library OS has for a member.
  private static let memberSize = 320

  /// - Parameter arena: where the members are charged.
  package init(_ arena: FrameArena, flags: OpenFlags) {
    memory = MemoryCharge(arena, .epoll)
    super.init(flags: flags)
  }

  /// The members in the order of their descriptors. A descriptor that was closed and used again may
  /// stand for several.
  package var items: [EpollItem] {
    members.values.sorted { ($0.fd, $0.sequence) < ($1.fd, $1.sequence) }
  }

  /// The listed ones, next first.
  package var readyItems: [EpollItem] { ready.elements }

  package override func close() {
    for item in members.values { remove(item) }
  }

  // MARK: The set

  /// `EPOLL_CTL_ADD`: EPERM, EINVAL, ELOOP, EEXIST, ENOMEM.
  package func add(_ file: OpenFile, fd: Int32, _ event: EpollEvent) throws(Errno) {
    guard file.isPollable else { throw .EPERM }
    guard file !== self else { throw .EINVAL }
    let nested = file as? EpollFile
    if event.events.contains(.EPOLLEXCLUSIVE) {
      guard nested == nil, event.events.isSubset(of: Self.exclusiveEvents) else { throw .EINVAL }
    }
    if let nested {
      guard !nested.reaches(self), nested.depthBelow + 1 + depthAbove <= Self.maximumNesting
      else { throw .ELOOP }
    }
    let key = Key(fd: fd, file: ObjectIdentifier(file))
    guard members[key] == nil else { throw .EEXIST }
    guard memory.resize(to: (members.count + 1) * Self.memberSize) else { throw .ENOMEM }
    let item = insert(file, fd: fd, Self.completed(event))
    if !item.current.isEmpty { list(item) }
  }

  private func insert(_ file: OpenFile, fd: Int32, _ event: EpollEvent) -> EpollItem {
    lastSequence += 1
    let item = EpollItem(self, file, fd: fd, event, sequence: lastSequence)
    members[Key(fd: fd, file: ObjectIdentifier(file))] = item
    memory.set(members.count * Self.memberSize)
    file.epollItems.append(item)
    file.waitQueue.add(item)
    return item
  }

  /// `EPOLL_CTL_MOD`: ENOENT, EINVAL.
  package func modify(_ file: OpenFile, fd: Int32, _ event: EpollEvent) throws(Errno) {
    guard file.isPollable else { throw .EPERM }
    guard file !== self, !event.events.contains(.EPOLLEXCLUSIVE) else { throw .EINVAL }
    let item = try member(file, fd)
    guard !item.event.events.contains(.EPOLLEXCLUSIVE) else { throw .EINVAL }
    item.event = Self.completed(event)
    if !item.current.isEmpty { list(item) }
  }

  /// `EPOLL_CTL_DEL`: ENOENT.
  package func delete(_ file: OpenFile, fd: Int32) throws(Errno) {
    guard file.isPollable else { throw .EPERM }
    guard file !== self else { throw .EINVAL }
    remove(try member(file, fd))
  }

  private func member(_ file: OpenFile, _ fd: Int32) throws(Errno) -> EpollItem {
    guard let item = members[Key(fd: fd, file: ObjectIdentifier(file))] else { throw .ENOENT }
    return item
  }

  func remove(_ item: EpollItem) {
    item.file.waitQueue.remove(item)
    item.file.epollItems.remove(item)
    members[Key(fd: item.fd, file: ObjectIdentifier(item.file))] = nil
    memory.set(members.count * Self.memberSize)
    ready.remove(item)
  }

  /// Puts back a member of a saved set.
  package func restore(_ file: OpenFile, fd: Int32, _ event: EpollEvent) -> EpollItem {
    insert(file, fd: fd, event)
  }

  func has(_ file: OpenFile, fd: Int32) -> Bool {
    members[Key(fd: fd, file: ObjectIdentifier(file))] != nil
  }

  /// Puts back the ready list of a saved set.
  package func restore(ready items: [EpollItem]) {
    for item in items { ready.append(item) }
  }

  private static let exclusiveEvents: EpollEvents = [
    .EPOLLIN, .EPOLLOUT, .EPOLLERR, .EPOLLHUP, .EPOLLWAKEUP, .EPOLLET, .EPOLLEXCLUSIVE,
  ]

  /// Errors and hangups are always told. Nothing here sleeps the machine, so EPOLLWAKEUP goes.
  private static func completed(_ event: EpollEvent) -> EpollEvent {
    var event = event
    event.events.formUnion([.EPOLLERR, .EPOLLHUP])
    event.events.remove(.EPOLLWAKEUP)
    return event
  }

  // MARK: Nesting

  private var nestedSets: [EpollFile] { members.values.compactMap { $0.file as? EpollFile } }
  private var watchingSets: [EpollFile] { epollItems.elements.map(\.epoll) }

  private func reaches(_ other: EpollFile) -> Bool {
    levels(\.nestedSets).contains { $0[ObjectIdentifier(other)] != nil }
  }

  /// The longest chain of sets below this one.
  private var depthBelow: Int { levels(\.nestedSets).count }

  /// The longest chain of sets that watch this one.
  private var depthAbove: Int { levels(\.watchingSets).count }

  /// The sets that are one step away, two steps and so on, each level without duplicates: there may be
  /// very many ways to one set. Deeper than any chain may be nobody looks.
  private func levels(_ next: (EpollFile) -> [EpollFile]) -> [[ObjectIdentifier: EpollFile]] {
    var levels: [[ObjectIdentifier: EpollFile]] = []
    var last = [ObjectIdentifier(self): self]
    while levels.count <= Self.maximumNesting {
      var level: [ObjectIdentifier: EpollFile] = [:]
      for set in last.values {
        for other in next(set) { level[ObjectIdentifier(other)] = other }
      }
      if level.isEmpty { break }
      levels.append(level)
      last = level
    }
    return levels
  }

  // MARK: Waiting

  /// `item` may be ready: whoever waits for the set looks again.
  func list(_ item: EpollItem) {
    ready.append(item)
    waitQueue.wake(.readable)
  }

  /// Takes up to `limit` events off the ready list, as long as `deliver` accepts them; returns how
  /// many.
  package func takeEvents(limit: Int, deliver: (EpollEvent) -> Bool) -> Int {
    var count = 0
    var again: [EpollItem] = []
    while count < limit, let item = ready.first {
      let current = item.current
      if !current.isEmpty {
        guard deliver(EpollEvent(events: current, data: item.event.data)) else { break }
        count += 1
      }
      ready.removeFirst()
      let modes = item.event.events
      if modes.contains(.EPOLLONESHOT), !current.isEmpty {
        item.event.events.formIntersection(EpollItem.modes)
      }
      if !current.isEmpty, modes.isDisjoint(with: [.EPOLLONESHOT, .EPOLLET]) { again.append(item) }
    }
    for item in again { ready.append(item) }
    return count
  }

  /// Readable while a listed item is ready. Looking changes nothing.
  package override func pollEvents() -> PollEvents {
    ready.contains { !$0.current.isEmpty } ? .readable : []
  }

  package override var inode: Inode { get throws(Errno) { AnonymousInode() } }
  package override var linkName: String { "anon_inode:[eventpoll]" }

  package override var fdinfo: String {
    items.map { item in
      let events = String(item.event.events.rawValue, radix: 16)
      let data = String(item.event.data, radix: 16)
      return "tfd: \(item.fd) events: \(events) data: \(data)\n"
    }.joined()
  }
}

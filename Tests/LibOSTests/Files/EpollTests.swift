import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct EpollTests {
  private let arena = FrameArena(byteLimit: 1 << 24)!
  let epoll: EpollFile

  init() { epoll = EpollFile(arena, flags: .O_RDWR) }

  private func event(_ events: EpollEvents, _ data: UInt64 = 0) -> EpollEvent {
    EpollEvent(events: events, data: data)
  }

  private func makeEvent(_ count: UInt64 = 0, isSemaphore: Bool = false) -> EventFile {
    let file = EventFile(count: count, isSemaphore: isSemaphore, flags: .O_RDWR)
    file.retain()
    return file
  }

  private func number(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private func take(_ set: EpollFile, _ limit: Int = 16) -> [EpollEvent] {
    var events: [EpollEvent] = []
    _ = set.takeEvents(limit: limit) {
      events.append($0)
      return true
    }
    return events
  }

  @Test func levelTriggeredTellsAgain() throws {
    let file = makeEvent()
    try epoll.add(file, fd: 3, event(.EPOLLIN, 0x1234_5678_9abc_def0))
    #expect(take(epoll).isEmpty && epoll.pollEvents() == [])
    _ = try file.put(number(2))
    #expect(epoll.pollEvents() == .readable)
    for _ in 0..<2 { #expect(take(epoll) == [event(.EPOLLIN, 0x1234_5678_9abc_def0)]) }
    _ = try file.take(8)
    #expect(take(epoll).isEmpty)
  }

  @Test func edgeTriggeredTellsOnceForEachEvent() throws {
    let file = makeEvent()
    try epoll.add(file, fd: 3, event([.EPOLLIN, .EPOLLET]))
    _ = try file.put(number(1))
    #expect(take(epoll) == [event(.EPOLLIN)])
    #expect(take(epoll).isEmpty)
    _ = try file.put(number(1))
    #expect(take(epoll) == [event(.EPOLLIN)])
    // Changing the member looks anew.
    try epoll.modify(file, fd: 3, event([.EPOLLIN, .EPOLLET], 7))
    #expect(take(epoll) == [event(.EPOLLIN, 7)])
  }

  @Test func anEdgeIsOnlyWhatWasAskedFor() throws {
    let file = makeEvent(5, isSemaphore: true)
    try epoll.add(file, fd: 3, event([.EPOLLIN, .EPOLLET]))
    #expect(take(epoll) == [event(.EPOLLIN)])
    // Reading makes it writable, which is no edge for a reader.
    _ = try file.take(8)
    #expect(take(epoll).isEmpty)
  }

  @Test func oneShotRestsUntilChanged() throws {
    let file = makeEvent(1)
    try epoll.add(file, fd: 3, event([.EPOLLIN, .EPOLLONESHOT]))
    #expect(take(epoll) == [event(.EPOLLIN)])
    _ = try file.put(number(1))
    #expect(take(epoll).isEmpty)
    try epoll.modify(file, fd: 3, event([.EPOLLIN, .EPOLLONESHOT]))
    #expect(take(epoll) == [event(.EPOLLIN)])
  }

  @Test func takesTurnsInTheOrderOfArrival() throws {
    let files = (0..<4).map { _ in makeEvent() }
    for (index, file) in files.enumerated() {
      try epoll.add(file, fd: Int32(index), event(.EPOLLIN, UInt64(index)))
    }
    for index in [2, 0, 3, 1] { _ = try files[index].put(number(1)) }
    #expect(take(epoll, 2).map(\.data) == [2, 0])
    #expect(take(epoll, 2).map(\.data) == [3, 1])
    #expect(take(epoll, 3).map(\.data) == [2, 0, 3])
    #expect(take(epoll, 16).map(\.data) == [1, 2, 0, 3])
  }

  @Test func whatCannotBeDeliveredStays() throws {
    let files = (0..<3).map { _ in makeEvent(1) }
    for (index, file) in files.enumerated() {
      try epoll.add(file, fd: Int32(index), event([.EPOLLIN, .EPOLLET], UInt64(index)))
    }
    var count = 0
    let taken = epoll.takeEvents(limit: 9) { _ in
      count += 1
      return count < 2
    }
    #expect(taken == 1)
    #expect(take(epoll).map(\.data) == [1, 2])
  }

  @Test func hangupsAndErrorsAreAlwaysTold() throws {
    let (reader, writer) = makePipe()
    try epoll.add(reader, fd: 3, event([], 1))
    try epoll.add(writer, fd: 4, event([], 2))
    #expect(take(epoll).isEmpty)
    writer.release()
    #expect(take(epoll) == [event(.EPOLLHUP, 1)])
    #expect(epoll.items.count == 1)
  }

  @Test func aClosedDescriptionLeavesEverySet() throws {
    let other = EpollFile(arena, flags: .O_RDWR)
    let file = makeEvent(1)
    try epoll.add(file, fd: 3, event(.EPOLLIN))
    try epoll.add(file, fd: 4, event(.EPOLLIN))
    try other.add(file, fd: 3, event(.EPOLLIN))
    file.retain()
    file.release()
    #expect(take(epoll).count == 2)
    file.release()
    #expect(epoll.items.isEmpty && epoll.readyItems.isEmpty && other.items.isEmpty)
    #expect(file.waitQueue.isEmpty)
  }

  @Test func refusals() throws {
    let file = makeEvent()
    try epoll.add(file, fd: 3, event(.EPOLLIN))
    #expect(throws: Errno.EEXIST) { try epoll.add(file, fd: 3, event(.EPOLLIN)) }
    #expect(throws: Errno.ENOENT) { try epoll.modify(file, fd: 4, event(.EPOLLIN)) }
    #expect(throws: Errno.ENOENT) { try epoll.delete(makeEvent(), fd: 3) }
    #expect(throws: Errno.EINVAL) { try epoll.add(epoll, fd: 5, event(.EPOLLIN)) }
    #expect(throws: Errno.EINVAL) {
      try epoll.modify(file, fd: 3, event([.EPOLLIN, .EPOLLEXCLUSIVE]))
    }
    #expect(throws: Errno.EINVAL) {
      try epoll.add(file, fd: 6, event([.EPOLLIN, .EPOLLEXCLUSIVE, .EPOLLONESHOT]))
    }
    try epoll.add(file, fd: 7, event([.EPOLLIN, .EPOLLEXCLUSIVE]))
    #expect(throws: Errno.EINVAL) { try epoll.modify(file, fd: 7, event(.EPOLLIN)) }
    let nested = EpollFile(arena, flags: .O_RDWR)
    #expect(throws: Errno.EINVAL) {
      try epoll.add(nested, fd: 8, event([.EPOLLIN, .EPOLLEXCLUSIVE]))
    }
    try epoll.delete(file, fd: 3)
    #expect(throws: Errno.ENOENT) { try epoll.delete(file, fd: 3) }
  }

  @Test func setsNestButNotInCirclesNorTooDeep() throws {
    let sets = (0..<6).map { _ in EpollFile(arena, flags: .O_RDWR) }
    let file = makeEvent()
    try sets[0].add(file, fd: 9, event(.EPOLLIN))
    for index in 1..<5 {
      try sets[index].add(sets[index - 1], fd: 3, event(.EPOLLIN, UInt64(index)))
    }
    #expect(throws: Errno.ELOOP) { try sets[5].add(sets[4], fd: 3, event(.EPOLLIN)) }
    #expect(throws: Errno.ELOOP) { try sets[0].add(sets[5], fd: 3, event(.EPOLLIN)) }
    #expect(throws: Errno.ELOOP) { try sets[0].add(sets[2], fd: 3, event(.EPOLLIN)) }
    #expect(take(sets[4]).isEmpty)
    _ = try file.put(number(1))
    #expect(take(sets[4]) == [event(.EPOLLIN, 4)])
    _ = try file.take(8)
    #expect(take(sets[4]).isEmpty)
  }

  @Test func survivesBeingSaved() throws {
    let files = [makeEvent(), makeEvent(1), makeEvent(1)]
    for (index, file) in files.enumerated() {
      try epoll.add(file, fd: Int32(index), event([.EPOLLIN, .EPOLLET], UInt64(index)))
    }
    _ = take(epoll, 1)
    let copy = EpollFile(arena, flags: epoll.flags)
    let listed = epoll.readyItems.map(\.fd)
    let items = epoll.items.map { copy.restore($0.file, fd: $0.fd, $0.event) }
    copy.restore(ready: listed.map { fd in items.first { $0.fd == fd }! })
    #expect(take(copy) == [event(.EPOLLIN, 2)])
    _ = try files[0].put(number(1))
    #expect(take(copy) == [event(.EPOLLIN, 0)])
  }
}

@Suite struct EventFileTests {
  private func value(_ bytes: [UInt8]) -> UInt64 {
    var reader = ByteReader(bytes)
    return reader.read()
  }

  private func bytes(_ value: UInt64) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(value)
    return writer.bytes
  }

  @Test func countsAndLimits() throws {
    let file = EventFile(count: 3, isSemaphore: false, flags: .O_RDWR)
    #expect(throws: Errno.EINVAL) { try file.take(7) }
    #expect(value(try file.take(8)) == 3)
    #expect(throws: Errno.EAGAIN) { try file.take(8) }
    #expect(file.pollEvents() == .POLLOUT)
    #expect(throws: Errno.EINVAL) { try file.put(bytes(.max)) }
    #expect(try file.put(bytes(.max - 1)) == 8)
    #expect(file.pollEvents() == .POLLIN)
    #expect(throws: Errno.EAGAIN) { try file.put(bytes(1)) }
    #expect(try file.put(bytes(0)) == 8)
  }

  @Test func semaphore() throws {
    let file = EventFile(count: 2, isSemaphore: true, flags: .O_RDWR)
    #expect(value(try file.take(8)) == 1)
    #expect(value(try file.take(100)) == 1)
    #expect(throws: Errno.EAGAIN) { try file.take(8) }
    #expect(file.fdinfo.hasPrefix("eventfd-count:                0\n"))
  }
}

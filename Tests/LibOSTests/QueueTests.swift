import Machine
import Testing

import LibOS

private final class Item {
  let number: Int
  init(_ number: Int) { self.number = number }
}

@Suite struct ObjectQueueTests {
  @Test func agreesWithAnArray() {
    var random = SystemRandomNumberGenerator()
    let items = (0..<40).map(Item.init)
    var queue = ObjectQueue<Item>()
    var model: [Int] = []
    for _ in 0..<20_000 {
      let item = items.randomElement(using: &random)!
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        let isNew = !model.contains(item.number)
        if isNew { model.append(item.number) }
        #expect(queue.append(item) == isNew)
      case 2:
        let isThere = model.contains(item.number)
        model.removeAll { $0 == item.number }
        #expect(queue.remove(item) == isThere)
      case 3 where !model.isEmpty:
        #expect(queue.removeFirst().number == model.removeFirst())
      default:
        #expect(queue.contains(item) == model.contains(item.number))
      }
      #expect(queue.elements.map(\.number) == model)
      #expect(queue.count == model.count && queue.first?.number == model.first)
    }
  }
}

@Suite struct TimerHeapTests {
  @Test func timersComeInOrder() {
    var queue = TimerQueue()
    var fired: [Int] = []
    let deadlines = (0..<500).map { Int64($0 * 7919 % 101) }
    let timers = deadlines.indices.map { index in KernelTimer { fired.append(index) } }
    for (timer, deadline) in zip(timers, deadlines) { queue.arm(timer, at: deadline + 1_000) }
    for index in stride(from: 0, to: 500, by: 3) { queue.cancel(timers[index]) }
    for (timer, deadline) in zip(timers, deadlines) where timer.deadline != nil {
      queue.arm(timer, at: deadline)
    }
    #expect(queue.next == 0)
    while let timer = queue.popExpired(at: 200) { timer.action() }
    let expected = deadlines.indices.filter { $0 % 3 != 0 }
      .sorted { (deadlines[$0], $0) < (deadlines[$1], $1) }
    #expect(fired == expected)
    #expect(queue.next == nil && queue.count == 0)
  }
}

@Suite struct FileLocksTests {
  private typealias Record = FileLocks.Record

  private func record(_ range: Range<UInt64>, _ pid: Int32, isExclusive: Bool = true) -> Record {
    Record(range: range, isExclusive: isExclusive, owner: .process(pid))
  }

  @Test func locksMergeAndSplit() {
    let locks = FileLocks()
    locks.set(record(0..<10, 1))
    locks.set(record(20..<30, 1))
    locks.set(record(10..<20, 1))
    #expect(locks.records.map(\.range) == [0..<30])
    locks.set(record(5..<8, 1, isExclusive: false))
    #expect(locks.records.map(\.range) == [0..<5, 5..<8, 8..<30])
    #expect(locks.conflict(with: record(6..<7, 2, isExclusive: false)) == nil)
    #expect(locks.conflict(with: record(6..<9, 2, isExclusive: false))?.range == 8..<30)
    #expect(locks.conflict(with: record(0..<99, 1)) == nil)
    locks.remove(3..<28, ownedBy: .process(1))
    #expect(locks.records.map(\.range) == [0..<3, 28..<30])
    locks.release(ownedBy: .process(1))
    #expect(locks.records.isEmpty)
  }

  @Test func theFirstConflictIsTold() {
    let locks = FileLocks()
    for pid: Int32 in [5, 3, 9] {
      locks.set(record(UInt64(pid) * 10..<UInt64(pid) * 10 + 5, pid))
    }
    #expect(locks.conflict(with: record(0..<UInt64.max, 1))?.owner == .process(5))
    #expect(locks.conflict(with: record(0..<50, 1))?.owner == .process(3))
    #expect(locks.records.map(\.range.lowerBound) == [50, 30, 90])
  }
}

@Suite struct ProcessIndexTests {
  @Test func childrenMoveBetweenParents() {
    var children = ProcessIndex()
    for pid: Int32 in [7, 3, 5, 4] { children.move(pid, from: 0, to: 2) }
    #expect(children[2] == [3, 4, 5, 7])
    children.move(4, from: 2, to: 1)
    children.remove(7, from: 2)
    children.remove(7, from: 2)
    #expect(children[2] == [3, 5] && children[1] == [4] && children[9] == [])
  }
}

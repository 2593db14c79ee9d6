/// A first-in-first-out queue that does not move its elements on each removal.
package struct Queue<Element> {
  private var storage: [Element?] = []
  private var head = 0

  package init() {}

  package var count: Int { storage.count - head }
  package var isEmpty: Bool { storage.count == head }
  package var first: Element? { isEmpty ? nil : storage[head] }

  package mutating func append(_ element: Element) { storage.append(element) }

  package mutating func removeFirst() -> Element {
    let element = storage[head]!
    storage[head] = nil
    head += 1
    if head == storage.count {
      storage.removeAll(keepingCapacity: storage.count <= 64)
      head = 0
    } else if head > 64, head * 2 > storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Changes the first element in place.
  package mutating func modifyFirst(_ body: (inout Element) -> Void) { body(&storage[head]!) }

  /// Changes the last element in place.
  package mutating func modifyLast(_ body: (inout Element) -> Void) {
    body(&storage[storage.count - 1]!)
  }

  /// Changes the elements that `matches` in place.
  package mutating func modify(where matches: (Element) -> Bool, _ body: (inout Element) -> Void) {
    for place in head..<storage.count where matches(storage[place]!) { body(&storage[place]!) }
  }

  package var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

  package mutating func removeAll(where isGone: (Element) -> Bool) {
    storage = elements.filter { !isGone($0) }
    head = 0
  }

  /// Oldest first.
  package var elements: [Element] { storage[head...].map { $0! } }
}

extension Queue: Sendable where Element: Sendable {}

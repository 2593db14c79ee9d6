/// Objects in a row, each at most once: first in, first out, and any of them may leave.
///
/// Everything but a walk over all of them takes the same time however many there are.
package struct ObjectQueue<Element> {
  fileprivate struct Entry {
    var id: ObjectIdentifier
    var element: Element
  }

  /// With holes where somebody left from the middle; fewer than half are holes.
  private var slots: [Entry?] = []
  /// The first slot that may be in use.
  private var head = 0
  /// Where each is; not kept for a few, which are found as fast by looking.
  private var places: [ObjectIdentifier: Int]?
  package private(set) var count = 0

  private static var fewSlots: Int { 8 }

  package init() {}

  package var isEmpty: Bool { count == 0 }

  /// The oldest.
  package var first: Element? { count == 0 ? nil : slots[head]!.element }

  /// All of them, oldest first.
  package var elements: [Element] { slots[head...].compactMap { $0?.element } }

  /// Whether `body` holds for one of them; asks the oldest first.
  package func contains(where body: (Element) -> Bool) -> Bool {
    slots[head...].contains { $0.map { body($0.element) } ?? false }
  }

  private func place(of id: ObjectIdentifier) -> Int? {
    if let places { return places[id] }
    return slots[head...].firstIndex { $0?.id == id }
  }

  package func contains(_ object: AnyObject) -> Bool {
    place(of: ObjectIdentifier(object)) != nil
  }

  /// Adds `element`, which is `object`, behind all others; whether it was not there before.
  @discardableResult
  package mutating func append(_ element: Element, as object: AnyObject) -> Bool {
    let id = ObjectIdentifier(object)
    guard place(of: id) == nil else { return false }
    places?[id] = slots.count
    slots.append(Entry(id: id, element: element))
    count += 1
    settle()
    return true
  }

  /// Takes `object` out; whether it was there.
  @discardableResult
  package mutating func remove(_ object: AnyObject) -> Bool {
    guard let place = place(of: ObjectIdentifier(object)) else { return false }
    take(at: place)
    return true
  }

  /// Takes the oldest out. There must be one.
  @discardableResult
  package mutating func removeFirst() -> Element {
    let element = slots[head]!.element
    take(at: head)
    return element
  }

  private mutating func take(at place: Int) {
    places?[slots[place]!.id] = nil
    slots[place] = nil
    count -= 1
    guard count > 0 else {
      slots.removeAll(keepingCapacity: slots.count <= Self.fewSlots)
      head = 0
      places = nil
      return
    }
    while slots[head] == nil { head += 1 }
    settle()
  }

  private mutating func settle() {
    guard slots.count > Self.fewSlots else { return }
    if slots.count > 2 * count { compact() } else if places == nil { notePlaces() }
  }

  /// Closes the holes.
  private mutating func compact() {
    slots = slots[head...].filter { $0 != nil }
    head = 0
    places = nil
    if slots.count > Self.fewSlots { notePlaces() }
  }

  private mutating func notePlaces() {
    var places: [ObjectIdentifier: Int] = [:]
    places.reserveCapacity(slots.count)
    for (index, entry) in slots.enumerated() {
      if let entry { places[entry.id] = index }
    }
    self.places = places
  }
}

extension ObjectQueue: Sequence {
  /// Goes through those that are there now, oldest first, whoever comes and goes meanwhile.
  package struct Iterator: IteratorProtocol {
    private var rest: ArraySlice<Entry?>.Iterator

    fileprivate init(_ slots: ArraySlice<Entry?>) { rest = slots.makeIterator() }

    package mutating func next() -> Element? {
      while let slot = rest.next() {
        if let slot { return slot.element }
      }
      return nil
    }
  }

  package func makeIterator() -> Iterator { Iterator(slots[head...]) }
}

extension ObjectQueue where Element: AnyObject {
  @discardableResult
  package mutating func append(_ element: Element) -> Bool { append(element, as: element) }
}

/// The nice value of a thread (nice(2)): −20 to 19. It is stored and reported, but does not affect
/// scheduling.
package struct Niceness: Hashable, Comparable, Sendable {
  package static let range: ClosedRange<Int32> = -20...19
  package static let normal = Niceness(clamping: 0)

  package let value: Int32

  package init(clamping value: Int32) {
    self.value = min(max(value, Self.range.lowerBound), Self.range.upperBound)
  }

  package static func < (a: Niceness, b: Niceness) -> Bool { a.value < b.value }
}

/// A span of the guest's time: processor time, say. Nanoseconds from 0 to 73 years; sums stay at the end
/// of the range.
package struct GuestDuration: Hashable, Sendable {
  package static let range: ClosedRange<Int64> = 0...1 << 61
  package static let zero = GuestDuration(clamping: 0)

  package let nanoseconds: Int64

  package init(clamping nanoseconds: Int64) {
    self.nanoseconds = min(max(nanoseconds, Self.range.lowerBound), Self.range.upperBound)
  }

  package static func + (a: GuestDuration, b: GuestDuration) -> GuestDuration {
    GuestDuration(clamping: a.nanoseconds + b.nanoseconds)
  }

  package static func += (a: inout GuestDuration, b: GuestDuration) { a = a + b }
}

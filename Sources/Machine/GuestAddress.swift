/// An address in a guest process.
///
/// A separate type, so that it cannot be passed as a host pointer or a length. Arithmetic wraps as in the
/// guest.
package struct GuestAddress: Hashable, Comparable, Sendable, BitwiseCopyable {
  package var rawValue: UInt64

  @inlinable package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  package static var null: GuestAddress { GuestAddress(0) }

  @inlinable package var isNull: Bool { rawValue == 0 }

  /// The number of the 4 KiB page that holds this address.
  @inlinable package var page: UInt64 { rawValue >> 12 }

  /// The byte within its page, 0 to 4095.
  @inlinable package var pageOffset: Int { Int(rawValue & 4095) }

  @inlinable package var isPageAligned: Bool { rawValue & 4095 == 0 }

  @inlinable package var roundedDownToPage: GuestAddress { GuestAddress(rawValue & ~4095) }

  /// The next page boundary at or above this address; wraps to 0 at the top of the address space.
  @inlinable package var roundedUpToPage: GuestAddress { GuestAddress((rawValue &+ 4095) & ~4095) }

  @inlinable package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  @inlinable package static func + (a: Self, b: UInt64) -> Self { Self(a.rawValue &+ b) }
  @inlinable package static func - (a: Self, b: UInt64) -> Self { Self(a.rawValue &- b) }
  @inlinable package static func - (a: Self, b: Self) -> UInt64 { a.rawValue &- b.rawValue }
  @inlinable package static func += (a: inout Self, b: UInt64) { a = a + b }
}

extension GuestAddress: CustomStringConvertible {
  package var description: String { "0x" + String(rawValue, radix: 16) }
}

/// Rounds a length in bytes up to whole pages; `nil` when that overflows.
package func pageRoundedUp(_ length: UInt64) -> UInt64? {
  let (sum, overflow) = length.addingReportingOverflow(4095)
  return overflow ? nil : sum & ~4095
}

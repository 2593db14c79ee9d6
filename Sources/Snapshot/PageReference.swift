/// The unit of the page store.
package enum Page {
  /// Bytes, whatever the page size of the host.
  package static var size: Int { 4096 }
}

/// Names a page in the page store of one snapshot.
package struct PageReference: Hashable, Sendable, BitwiseCopyable {
  /// 0 is the page of zeroes, which is not stored; n is the n-th page of the store.
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static var zero: PageReference { PageReference(rawValue: 0) }
  package var isZero: Bool { rawValue == 0 }
}

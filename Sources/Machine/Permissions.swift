/// The permissions of a page, with the values of Linux's `PROT_READ/WRITE/EXEC`.
package struct Permissions: OptionSet, Hashable, Sendable, BitwiseCopyable {
  package let rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The union, without the generic way of the standard library.
  @inlinable package init(arrayLiteral elements: Permissions...) {
    self.init(rawValue: elements.reduce(0) { $0 | $1.rawValue })
  }

  package static var read: Permissions { Permissions(rawValue: 1) }
  package static var write: Permissions { Permissions(rawValue: 2) }
  package static var execute: Permissions { Permissions(rawValue: 4) }

  /// Whether a page with these permissions may be accessed so. As on x86-64 and AArch64, what may be written or
  /// executed may be read.
  package func permit(_ access: Access) -> Bool {
    switch access {
    case .read: !isEmpty
    case .write: contains(.write)
    case .execute: contains(.execute)
    }
  }
}

/// One kind of access to memory.
package enum Access: UInt8, Sendable {
  case read, write, execute
}

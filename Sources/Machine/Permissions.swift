/// The permissions of a page, with the values of Linux's `PROT_READ/WRITE/EXEC`.
package struct Permissions: OptionSet, Hashable, Sendable, BitwiseCopyable {
  package let rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static var read: Permissions { Permissions(rawValue: 1) }
  package static var write: Permissions { Permissions(rawValue: 2) }
  package static var execute: Permissions { Permissions(rawValue: 4) }
}

/// One kind of access to memory.
package enum Access: UInt8, Sendable {
  case read, write, execute
}

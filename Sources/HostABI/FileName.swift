/// The name of a directory entry: bytes, as on Linux, that cannot be a path in disguise.
///
/// Never empty, `.` or `..`, and without slashes and NULs. Its length is checked where it is used.
package struct FileName: Hashable, Sendable {
  package let bytes: [UInt8]

  /// `nil` if `bytes` is not such a name.
  @inlinable
  package init?(_ bytes: some Sequence<UInt8>) { self.init(checking: Array(bytes)) }

  package init?(checking bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes != [dot], bytes != [dot, dot],
      !bytes.contains(where: { $0 == slash || $0 == 0 })
    else { return nil }
    self.bytes = bytes
  }
}

/// A path from a directory to something beneath it: names separated by slashes. The empty path is the
/// directory itself.
package struct RelativePath: Hashable, Sendable {
  package let bytes: [UInt8]

  /// The directory itself.
  package static let here = RelativePath(trusted: [])

  private init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// `nil` for an absolute path, and if a component is not a `FileName`.
  @inlinable
  package init?(_ bytes: some Sequence<UInt8>) { self.init(checking: Array(bytes)) }

  package init?(checking bytes: [UInt8]) {
    let names = bytes.split(separator: slash, omittingEmptySubsequences: false)
    guard bytes.isEmpty || names.allSatisfy({ FileName($0) != nil }) else { return nil }
    self.bytes = bytes
  }

  package init(_ name: FileName) { bytes = name.bytes }

  package var isEmpty: Bool { bytes.isEmpty }

  package func appending(_ name: FileName) -> RelativePath {
    RelativePath(trusted: isEmpty ? name.bytes : bytes + [slash] + name.bytes)
  }

  /// The path of the parent directory, and the last component; `nil` for the empty path.
  package var split: (parent: RelativePath, last: [UInt8])? {
    if isEmpty { return nil }
    guard let end = bytes.lastIndex(of: slash) else { return (.here, bytes) }
    return (RelativePath(trusted: Array(bytes[..<end])), Array(bytes[(end + 1)...]))
  }

  /// The components, from first to last.
  package var names: [[UInt8]] { bytes.split(separator: slash).map { Array($0) } }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

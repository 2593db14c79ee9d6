/// One name in a directory: bytes, as Linux names are, that a path cannot hide in.
///
/// Never empty, `.` or `..`; without a slash or a NUL. Its length is checked where the name is used.
package struct FileName: Hashable, Sendable {
  package let bytes: [UInt8]

  /// `nil` for what is no such name.
  package init?(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard !bytes.isEmpty, bytes != [dot], bytes != [dot, dot],
      !bytes.contains(where: { $0 == slash || $0 == 0 })
    else { return nil }
    self.bytes = bytes
  }
}

/// The way from a directory down to something beneath it: names with a slash between each two. Empty, it
/// is the directory itself.
package struct RelativePath: Hashable, Sendable {
  package let bytes: [UInt8]

  /// The directory itself.
  package static let here = RelativePath(trusted: [])

  private init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// `nil` for an absolute path, and for one with a component that is no `FileName`.
  package init?(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    let names = bytes.split(separator: slash, omittingEmptySubsequences: false)
    guard bytes.isEmpty || names.allSatisfy({ FileName($0) != nil }) else { return nil }
    self.bytes = bytes
  }

  package init(_ name: FileName) { bytes = name.bytes }

  package var isEmpty: Bool { bytes.isEmpty }

  package func appending(_ name: FileName) -> RelativePath {
    RelativePath(trusted: isEmpty ? name.bytes : bytes + [slash] + name.bytes)
  }

  /// The directory that holds it, and its last component; `nil` when it is empty.
  package var split: (parent: RelativePath, last: [UInt8])? {
    if isEmpty { return nil }
    guard let end = bytes.lastIndex(of: slash) else { return (.here, bytes) }
    return (RelativePath(trusted: Array(bytes[..<end])), Array(bytes[(end + 1)...]))
  }

  /// Its names, from the first to the last.
  package var names: [[UInt8]] { bytes.split(separator: slash).map { Array($0) } }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

import HostABI
import LibOS
import PosixHost

/// Contents of files that may change. Those of a file are read again once its identity, size or times differ.
final class TreeDigests {
  private var known: [FileVersion: FileContents] = [:]
  private let host = PosixHost()

  /// Nanoseconds: two changes that lie closer together may have the same time, whatever the filesystem.
  private static let grain: Int64 = 2_000_000_000

  func contents(of path: RelativePath, in tree: HostTree) throws(HostError) -> FileContents {
    let file = try tree.open(path)
    defer { tree.close(file) }
    let start = host.now(.realtime).totalNanoseconds
    let attributes = try tree.attributes(of: file)
    let key = FileVersion(attributes)
    if let contents = known[key] { return contents }
    let contents = try FileContents(
      file, of: tree, isSparse: attributes.blocks < attributes.size / 512)
    // A later change that the times do not show would go unnoticed.
    if FileVersion(try tree.attributes(of: file)) == key,
      attributes.changed.totalNanoseconds < start - Self.grain
    {
      known[key] = contents
    }
    return contents
  }
}

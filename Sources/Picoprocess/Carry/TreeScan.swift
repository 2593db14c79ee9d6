import HostABI
import LibOS
import PosixHost
import Snapshot

/// Contents of files that may change. Those of a file are read again once its identity, size or times differ.
final class TreeDigests {
  private struct Key: Hashable {
    var device: UInt64
    var inode: UInt64
    var size: UInt64
    var modified: HostTime
    var changed: HostTime

    init(_ attributes: FileAttributes) {
      device = attributes.device
      inode = attributes.inode
      size = attributes.size
      modified = attributes.modified
      changed = attributes.changed
    }
  }
  private var known: [Key: FileContents] = [:]
  private let host = PosixHost()

  /// Nanoseconds: two changes that lie closer together may have the same time, whatever the filesystem.
  private static let grain: Int64 = 2_000_000_000

  func contents(of path: RelativePath, in tree: HostTree) throws(HostError) -> FileContents {
    let file = try tree.open(path)
    defer { tree.close(file) }
    let start = host.now(.realtime).totalNanoseconds
    let attributes = try tree.attributes(of: file)
    let key = Key(attributes)
    if let contents = known[key] { return contents }
    let contents = try FileContents(
      file, of: tree, isSparse: attributes.blocks < attributes.size / 512)
    // A later change that the times do not show would go unnoticed.
    if Key(try tree.attributes(of: file)) == key,
      attributes.changed.totalNanoseconds < start - Self.grain
    {
      known[key] = contents
    }
    return contents
  }
}

/// All files of directories, as they are now.
struct TreeScan {
  /// Ascending by place. They make a `TreeListing`.
  let files: [OutsideFile]
  /// Those that are not among them: what lies on other filesystems, or is not to be read by this user.
  let leftOut: NamedFiles

  /// - Parameters:
  ///   - trees: by their numbers in places.
  ///   - tick: is called before each file is read.
  init(
    _ trees: [Int: HostTree], _ digests: TreeDigests, _ tick: () throws(Failure) -> Void
  ) throws(Failure) {
    let plan = try CarryPlan(allOf: trees)
    var leftOut = plan.leftOut
    var files: [OutsideFile] = []
    for file in plan.files {
      var file = file
      if file.kind == .regular, let tree = trees[file.place.mount] {
        try tick()
        do throws(HostError) {
          let contents = try digests.contents(of: file.place.path, in: tree)
          file.size = contents.size
          file.digest = contents.digest
          file.holes = contents.holes
        } catch {
          // It may have vanished.
          if error != .notFound { leftOut.note(tree.shown(file.place.path)) }
          continue
        }
      }
      files.append(file)
    }
    self.files = plan.linked(files)
    self.leftOut = leftOut
  }
}

import HostABI
import LibOS

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

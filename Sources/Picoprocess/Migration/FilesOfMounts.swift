import HostABI
import LibOS
import PosixHost

/// What a sender says of the files in mounted directories, whose contents are not compared.
struct FilesOfMounts {
  private let trees: [HostTree?]
  /// As they were described.
  let described: [OutsideFile]

  /// Describes `files` of `guest`, those in mounts with the sizes and times of change that they have now. What is not there
  /// any more is left out: the guest runs on, and may have closed and removed it.
  init(_ files: [OutsideFile], _ guest: GuestDescription) {
    let trees = guest.mounts.map { try? HostTree($0.host) }
    self.trees = trees
    described = files.compactMap { file in
      switch Self.state(of: file.place, in: trees) {
      case .success(let attributes):
        guard let attributes, attributes.kind == .regular else { return file }
        var file = file
        file.size = attributes.size
        file.modified = attributes.modified
        return file
      case .failure(let error): return error == .notFound ? nil : file
      }
    }
  }

  /// - Returns: nil for a file that is in no mount.
  private static func state(of place: OutsideFile.Place, in trees: [HostTree?])
    -> Result<FileAttributes?, HostError>
  {
    guard place.mount > 0, place.mount <= trees.count, let tree = trees[place.mount - 1] else {
      return .success(nil)
    }
    do throws(HostError) { return .success(try tree.attributes(of: place.path)) } catch {
      return .failure(error)
    }
  }

  /// Those of the files that a receiver has found changed which are others there. One that the guest has written since it was
  /// described, and which is there as it was at a moment since then, is the same.
  ///
  /// - Parameter paths: there.
  func others(_ changed: [OutsideFile], _ paths: [String]) -> NamedFiles {
    let described = Dictionary(described.map { ($0.place, $0) }) { first, _ in first }
    var others = NamedFiles()
    for (there, path) in zip(changed, paths) {
      guard let before = described[there.place] else { continue }
      switch Self.state(of: there.place, in: trees) {
      case .success(let now?):
        let isWritten = now.modified != before.modified || now.size != before.size
        let isBetween = before.modified <= there.modified && there.modified <= now.modified
        if !isWritten || !isBetween { others.note(path) }
      case .success(nil): others.note(path)
      // The guest has removed it.
      case .failure: continue
      }
    }
    return others
  }
}

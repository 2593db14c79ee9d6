import HostABI
import LibOS
import PosixHost

/// What a sender says of the files in mounted directories, whose contents are not compared.
enum FilesOfMounts {
  /// The same files, with the sizes and times of change that those in mounts have now. What is not there any more is left
  /// out: the guest runs on, and may have closed and removed it.
  static func described(_ files: [OutsideFile], _ guest: GuestDescription) -> [OutsideFile] {
    let trees = guest.mounts.map { try? HostTree($0.host) }
    return files.compactMap { file in
      guard file.place.mount > 0, file.place.mount <= trees.count,
        let tree = trees[file.place.mount - 1]
      else { return file }
      do throws(HostError) {
        let attributes = try tree.attributes(of: file.place.path)
        guard attributes.kind == .regular else { return file }
        var file = file
        file.size = attributes.size
        file.modified = attributes.modified
        return file
      } catch { return error == .notFound ? nil : file }
    }
  }
}

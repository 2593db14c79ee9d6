import HostABI
import LibOS
import PosixHost

/// What a sender says of the files in mounted directories, whose contents are not compared.
enum FilesOfMounts {
  /// The same files, with the sizes and times of change that those in mounts have now.
  static func described(_ files: [OutsideFile], _ guest: GuestDescription) -> [OutsideFile] {
    let trees = guest.mounts.map { try? HostTree($0.host) }
    return files.map { file in
      guard file.place.mount > 0, file.place.mount <= trees.count,
        let attributes = try? trees[file.place.mount - 1]?.attributes(of: file.place.path),
        attributes.kind == .regular
      else { return file }
      var file = file
      file.size = attributes.size
      file.modified = attributes.modified
      return file
    }
  }
}

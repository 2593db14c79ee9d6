import HostABI
import JSONText
import LibOS
import Machine
import PosixHost
import Snapshot

/// What is known of a directory of this host that guests had mounted: by it, the copy that a guest has left behind is
/// recognized when the guest comes back.
struct TreeRecord: Codable {
  /// Stands for the tree, wherever it goes: 32 hexadecimal digits.
  var tree: String
  /// Stands for all that was in the directory when a guest left with it; nil: none has, or one is there.
  var left: String?

  private static let sizeLimit: UInt64 = 4096

  /// That of the directory at `path`, which is absolute and without symbolic links.
  static func find(_ path: [UInt8]) -> TreeRecord? {
    guard let place = place(of: path),
      let bytes = try? InputFile(place).contents(limit: sizeLimit)
    else { return nil }
    return JSON.decode(Self.self, from: bytes)
  }

  /// Writes it down. A record that is lost makes a later arrival ask for an empty directory, and no more.
  func save(for path: [UInt8]) {
    guard let place = Self.place(of: path) else { return }
    try? HostFiles.makeDirectories(String(place.prefix(upTo: place.lastIndex(of: "/")!)))
    try? AtomicFile.replace(place, with: Array(JSON.line(self).utf8))
  }

  private static func place(of path: [UInt8]) -> String? {
    guard let folder = HostProcess.userDirectory("XDG_DATA_HOME", or: ".local/share") else {
      return nil
    }
    return folder + "/godwit/mounts/\(Digest(of: path[...]).description.prefix(32))"
  }

  /// What stands for the files of a mount.
  static func name(of files: [OutsideFile]) -> String {
    let plain = files.lazy.map { file in
      var file = file
      file.place.mount = 0
      return file
    }
    return TreeListing.name(of: plain)
  }
}

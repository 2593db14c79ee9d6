import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

extension SnapshotDescription {
  /// Writes the files that the guest made and changed below `directory`, which must be empty or not exist: those of
  /// the root's upper layer as `root`, in the form of an OCI layer, and those of each filesystem in memory as
  /// `tmpfs/NAME`, where NAME is its place as systemd-escape(1) writes it.
  ///
  /// Names and attributes are checked before the first file is made, contents when they are written.
  ///
  /// - Parameter keepsSetID: whether files keep the bits and capabilities that have them run with other rights.
  /// - Returns: what was written, and what the host could not keep of it, a line each, for people; and the failure
  ///   that some files were left out, although all others are there.
  package func exportFiles(to directory: String, keepsSetID: Bool) throws(Failure)
    -> (lines: [String], incomplete: Failure?)
  {
    guard !directory.isEmpty else { throw Failure("a directory needs a name, not ''") }
    var layers: [(place: RelativePath, plan: LayerPlan, lower: LowerTree?)] = []
    for mount in filesystems.mounts where ["overlay", "tmpfs"].contains(mount.type) {
      let lower = LowerTree(self, mount)
      do throws(SnapshotError) {
        layers.append((try place(of: mount), try LayerPlan(mount, lower), lower))
      } catch { throw Failure(path, error) }
    }
    guard Set(layers.map(\.place)).count == layers.count else {
      throw Failure("\(path): it has two filesystems in one place")
    }
    var writer = try withFailure(directory) { () throws(HostError) in
      try makeEmptyDirectory(directory)
      return try LayerWriter(
        self, to: HostProcess.resolve(directory), shown: directory, keepsSetID: keepsSetID)
    }
    for layer in layers { try writer.write(layer.plan, layer.lower, in: layer.place) }
    return (writer.summary.lines(directory), writer.summary.failure(path))
  }

  private func place(of mount: Godwit_State_Mount) throws(SnapshotError) -> RelativePath {
    if mount.type == "overlay", mount.path.elementsEqual("/".utf8) {
      return RelativePath(FileName("root".utf8)!)
    }
    let name = Self.escaped(Array(mount.path))
    guard let name = FileName(name) else {
      throw .invalidState("the place of a filesystem, \(text(mount.path))")
    }
    return RelativePath(FileName(mount.type.utf8)!).appending(name)
  }

  /// The escaping of `systemd-escape --path`, which no two paths share.
  private static func escaped(_ path: [UInt8]) -> [UInt8] {
    let names = path.split(separator: UInt8(ascii: "/"))
    if names.isEmpty { return [UInt8(ascii: "-")] }
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.".utf8)
    var bytes: [UInt8] = []
    for (index, name) in names.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "-")) }
      for byte in name {
        if plain.contains(byte), !(bytes.isEmpty && byte == UInt8(ascii: ".")) {
          bytes.append(byte)
        } else {
          let digits = String(byte, radix: 16)
          bytes += Array("\\x".utf8) + Array((digits.utf8.count == 1 ? "0" + digits : digits).utf8)
        }
      }
    }
    return bytes
  }
}

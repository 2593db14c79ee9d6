import HostABI
package import LibOSState
import LinuxABI
package import Snapshot

extension OutsideFile {
  /// The files outside that a snapshot with these sections needs: those whose bytes are mapped, open, or beneath
  /// what the guest has changed, and all whose names it has in use. Ascending by place.
  package static func needed(
    by filesystems: Godwit_State_Filesystems, _ memory: Godwit_State_Memory
  ) throws(SnapshotError) -> [OutsideFile] {
    var needed = NeededFiles(filesystems)
    for object in memory.objects where object.hasSource { try needed.add(object.source) }
    for (index, mount) in filesystems.mounts.enumerated() {
      for node in mount.tree.nodes where mount.type == "overlay" {
        try needed.add(node, ofMount: index)
      }
    }
    try needed.add(names: filesystems.dentries)
    return needed.files.values.sorted { $0.place < $1.place }
  }
}

private struct NeededFiles {
  private(set) var files: [OutsideFile.Place: OutsideFile] = [:]
  /// Of each mount of the snapshot, the number that it has for a place; nil for one with nothing outside.
  private let mounts: [Int?]

  init(_ filesystems: Godwit_State_Filesystems) {
    var count = 0
    mounts = filesystems.mounts.enumerated().map { index, mount in
      switch mount.type {
      case "overlay": return index == 0 ? 0 : nil
      case "9p":
        count += 1
        return count
      default: return nil
      }
    }
  }

  private func place(_ mount: UInt64, _ bytes: some Sequence<UInt8>) throws(SnapshotError)
    -> OutsideFile.Place?
  {
    guard let index = Int(exactly: mount), mounts.indices.contains(index),
      let number = mounts[index]
    else { return nil }
    guard let path = RelativePath(bytes) else {
      throw .invalidState("the path \(String(decoding: Array(bytes), as: UTF8.self))")
    }
    return OutsideFile.Place(mount: number, path: path)
  }

  /// Adds the file with the bytes of a memory object.
  mutating func add(_ source: Godwit_State_FileSource) throws(SnapshotError) {
    guard source.nameless == 0, let place = try place(UInt64(source.mount), source.path) else {
      return
    }
    var file = OutsideFile(place, .regular)
    // Others may be changed at any time.
    if place.mount == 0 {
      file.size = source.size
      file.digest = Digest(Array(source.digest))
    }
    files[place] = file
  }

  /// Adds what lies beneath a node that has less than all of its own.
  mutating func add(_ node: Godwit_State_Node, ofMount mount: Int) throws(SnapshotError) {
    guard node.hasLower_p, node.object == 0 || !node.hasAttributes,
      let place = try place(UInt64(mount), node.lower), files[place] == nil
    else { return }
    guard let type = FileType(rawValue: node.type) else {
      throw .invalidState("the type of file \(node.number)")
    }
    files[place] = OutsideFile(place, FileKind(type))
  }

  /// Adds the files in mounted directories that are found by their names.
  mutating func add(names: [Godwit_State_Dentry]) throws(SnapshotError) {
    var paths: [UInt64: [UInt8]] = [:]
    var bytes = 0
    // Parents come first.
    for name in names {
      let mount = Int(name.mount)
      guard mounts.indices.contains(mount), let number = mounts[mount], number > 0 else { continue }
      var path: [UInt8] = []
      if name.parent != 0 {
        guard let parent = paths[name.parent] else { continue }
        path = parent + (parent.isEmpty ? [] : [UInt8(ascii: "/")]) + Array(name.name)
      }
      bytes += path.count
      guard bytes <= Self.pathBytesLimit else {
        throw .tooLarge(
          what: "the list of paths", size: UInt64(bytes), limit: UInt64(Self.pathBytesLimit))
      }
      if name.deleted || name.number != 0 { continue }
      paths[name.id] = path
      guard let place = try place(UInt64(mount), path), files[place] == nil else { continue }
      files[place] = OutsideFile(place, nil)
    }
  }

  /// Bytes of the paths of all names, which are far longer than the snapshot if a hostile tree is deep.
  private static let pathBytesLimit = 256 << 20
}

extension Kernel {
  /// The files outside that a snapshot would need now. The run loop must not be running.
  package func neededFiles() throws(SnapshotError) -> [OutsideFile] {
    let saver = StateSaver(self, sink: nil)
    try saver.saveAll()
    guard
      let filesystems = saver.captured.message(.filesystems) as? Godwit_State_Filesystems,
      let memory = saver.captured.message(.memory) as? Godwit_State_Memory
    else { return [] }
    return try OutsideFile.needed(by: filesystems, memory)
  }
}

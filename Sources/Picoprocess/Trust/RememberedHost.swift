import HostABI
import LibOS
import LibOSState
import Snapshot

/// The host resources that a snapshot remembers.
///
/// It only describes them. They are used only if its signer is trusted, or if the person who resumes it has
/// named them, too.
struct RememberedHost {
  /// The directory beneath the guest's root; empty if there is none.
  let root: [UInt8]
  /// In the order in which they are mounted.
  let mounts: [Mount]
  let published: [PublishedPort]

  enum Mount {
    case host(HostMount)
    /// A filesystem in memory at this path.
    case tmpfs([UInt8])
  }

  /// A host directory in the guest's tree.
  struct HostMount {
    /// Empty if there is none.
    var host: [UInt8]
    var guest: [UInt8]
    var isReadOnly: Bool
  }

  init(root: [UInt8], mounts: [HostMount], published: [PublishedPort]) {
    self.root = root
    self.mounts = mounts.map { .host($0) }
    self.published = published
  }

  init(_ reader: SnapshotReader) throws(SnapshotError) {
    let kernel: Godwit_State_Kernel = try StateLoader.section(.kernel, reader)
    let filesystems: Godwit_State_Filesystems = try StateLoader.section(.filesystems, reader)
    root = filesystems.mounts.first.map { Array($0.tree.lower) } ?? []
    mounts = filesystems.mounts.compactMap { mount in
      let path = Array(mount.path)
      switch mount.type {
      case "9p":
        return .host(
          HostMount(host: Array(mount.hostPath), guest: path, isReadOnly: mount.readOnly))
      // Every guest has a /dev/shm.
      case "tmpfs" where !path.elementsEqual("/dev/shm".utf8): return .tmpfs(path)
      default: return nil
      }
    }
    published = try kernel.publishedPorts()
  }

  var hostMounts: [HostMount] {
    mounts.compactMap { if case .host(let mount) = $0 { mount } else { nil } }
  }

  /// Whether the guest has opened the controlling terminal of its host process (`/dev/tty`).
  static func hasTerminal(_ reader: SnapshotReader) throws(SnapshotError) -> Bool {
    let files: Godwit_State_Files = try StateLoader.section(.files, reader)
    return files.files.contains { file in
      guard case .stream(let stream) = file.kind else { return false }
      return stream.uri.hasPrefix("tty:")
    }
  }

  /// The options that would give the guest what it had and `options` do not give.
  func missing(_ options: PicoprocessOptions, publishesNothing: Bool) -> [String] {
    var missing: [String] = []
    if options.root == nil { missing.append("--root \((root.isEmpty ? [47] : root).shellWord)") }
    for mount in hostMounts where !options.mounts.contains(where: { $0.isAt(mount.guest) }) {
      let host = mount.host.isEmpty ? Array("HOST".utf8) : mount.host
      let value =
        host + [UInt8(ascii: ":")] + mount.guest + Array((mount.isReadOnly ? ":ro" : "").utf8)
      missing.append("--mount \(value.shellWord)")
    }
    if options.publish.isEmpty, !publishesNothing {
      missing += published.map { "--publish \(PublishOption($0).description)" }
    }
    return missing
  }
}

extension MountOption {
  /// Whether the guest sees it at `path`.
  func isAt(_ path: [UInt8]) -> Bool { guest.utf8.elementsEqual(path) }
}

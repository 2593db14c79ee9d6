import HostABI
import LibOS
import LibOSState
import PosixHost
import Snapshot

/// The files of the host that a picoprocess was given: written down before it is confined, where it can't write any more.
/// What reads files for its sake, with more rights than it has, believes this record and not the picoprocess, which a guest
/// may have taken over.
struct GrantRecord: Sendable, Hashable {
  /// The directory beneath the root.
  var root: [UInt8]
  /// The mounted directories, in order.
  var mounts: [[UInt8]]

  init(_ tree: FilesystemConfiguration) {
    root = tree.lower?.path ?? []
    mounts = tree.mounts.compactMap {
      if case .host(let mount) = $0 { mount.host.path } else { nil }
    }
  }

  /// That of a running picoprocess.
  init(of name: String) throws(Failure) {
    let bytes = try withFailure("what \(name) was given") { () throws(HostError) in
      try ControlDirectory.standard().record(of: name)
    }
    let paths = bytes.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
    // The last one is what follows the last NUL: nothing.
    guard paths.count >= 2, paths.last == [] else {
      throw Failure("what \(name) was given is not known")
    }
    root = paths[0]
    mounts = Array(paths[1..<(paths.count - 1)])
  }

  /// Its paths, with a NUL after each: every start writes it, and JSON would take a twentieth of the shortest one.
  var bytes: [UInt8] { ([root] + mounts).flatMap { $0 + [0] } }

  /// Refuses a state that names other directories.
  func check(_ filesystems: Godwit_State_Filesystems) throws(Failure) {
    let named = filesystems.mounts.filter { $0.type == "9p" }.map { Array($0.hostPath) }
    try check(root: filesystems.mounts.first.map { Array($0.tree.lower) } ?? [], named)
  }

  func check(_ guest: GuestDescription) throws(Failure) {
    try check(root: guest.root, guest.mounts.map(\.host))
  }

  /// Refuses a snapshot that names other directories.
  func check(_ reader: SnapshotReader) throws(Failure) {
    let filesystems: Godwit_State_Filesystems
    do throws(SnapshotError) {
      filesystems = try StateLoader.section(.filesystems, reader)
    } catch { throw Failure("\(error)") }
    try check(filesystems)
  }

  private func check(root: [UInt8], _ mounts: [[UInt8]]) throws(Failure) {
    guard root == self.root, mounts == self.mounts else {
      throw Failure(
        "it names other directories than it was given: its guest may have taken it over")
    }
  }
}

extension SnapshotSigner {
  /// Signs what the picoprocess `name` wrote with the user's own key, which makes its root and mounts good for a resume: only
  /// if it had them.
  init(for reader: SnapshotReader, of name: String) {
    do throws(Failure) {
      try GrantRecord(of: name).check(reader)
      self.init()
    } catch { self = .none(reason: error.message) }
  }
}

package import LibOSState
package import LinuxABI
import Machine
import Snapshot

/// An open link of `/proc/PID/ns`: a namespace, of which there is one of each kind.
package final class NamespaceFile: OpenFile {
  let namespace: Namespace
  private let place: Dentry

  init(_ namespace: Namespace, _ flags: OpenFlags, at dentry: Dentry) {
    self.namespace = namespace
    place = dentry
    super.init(flags: flags)
  }

  package override var inode: Inode { get throws(Errno) { place.inode } }
  package override var linkName: String { namespace.text }

  package override func ioctl(_ context: SyscallContext, request: UInt32, argument: UInt64)
    throws(Errno) -> SyscallResult
  {
    // `NS_GET_NSTYPE`.
    guard request == 0xb703 else { throw .ENOTTY }
    return .value(namespace.kind.flag.rawValue)
  }
}

/// Linux's first namespaces.
struct Namespace: Hashable {
  enum Kind: String, CaseIterable {
    case cgroup, ipc, mnt, net, pid, time, user, uts

    var flag: CloneFlags {
      switch self {
      case .cgroup: .CLONE_NEWCGROUP
      case .ipc: .CLONE_NEWIPC
      case .mnt: .CLONE_NEWNS
      case .net: .CLONE_NEWNET
      case .pid: .CLONE_NEWPID
      case .time: .CLONE_NEWTIME
      case .user: .CLONE_NEWUSER
      case .uts: .CLONE_NEWUTS
      }
    }
  }

  var kind: Kind

  /// Its `st_ino`.
  var number: UInt64 {
    switch kind {
    case .cgroup: 4_026_531_835
    case .ipc: 4_026_531_839
    case .mnt: 4_026_531_841
    case .net: 4_026_531_840
    case .pid: 4_026_531_836
    case .time: 4_026_531_834
    case .user: 4_026_531_837
    case .uts: 4_026_531_838
    }
  }

  var text: String { "\(kind.rawValue):[\(number)]" }

  /// What a link to it leads to.
  func place(in vfs: VFS) -> Dentry { Dentry(unnamed: NamespaceInode(self), in: vfs.root) }
}

extension NamespaceFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_NamespaceFile()
    state.kind = namespace.kind.rawValue
    return .namespace(state)
  }
}

extension StateLoader {
  func restoreNamespace(_ state: Godwit_State_NamespaceFile, _ flags: OpenFlags)
    throws(SnapshotError) -> OpenFile
  {
    guard let kind = Namespace.Kind(rawValue: state.kind) else {
      throw .invalidState("a namespace")
    }
    let namespace = Namespace(kind: kind)
    return NamespaceFile(namespace, flags, at: namespace.place(in: kernel.vfs))
  }
}

package import LibOSState
import LinuxABI
package import Snapshot

extension NetlinkSocket: PersistentFile {
  package func save(_ saver: StateSaver)
    throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind
  {
    var state = Godwit_State_NetlinkSocket()
    state.socket = saveCommon()
    state.type = type.rawValue
    state.port = port
    state.groups = groups
    for answer in answers.messages { state.answers.append(answer.save(saver)) }
    return .netlinkSocket(state)
  }

  func restoreLinks(_ state: Godwit_State_NetlinkSocket, _ loader: StateLoader)
    throws(SnapshotError)
  {
    restore(port: state.port, groups: state.groups, try loader.messages(state.answers))
  }
}

extension StateLoader {
  func restoreNetlinkSocket(_ state: Godwit_State_NetlinkSocket, _ flags: OpenFlags)
    throws(SnapshotError) -> NetlinkSocket
  {
    guard let type = SocketType(rawValue: state.type) else {
      throw .invalidState("the type of netlink socket \(state.socket.number)")
    }
    let socket = NetlinkSocket(kernel.network, type, inode: SocketInode(state.socket))
    try socket.restoreCommon(state.socket, flags)
    return socket
  }
}

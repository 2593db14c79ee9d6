import LibOS
import LibOSState
import LinuxABI

extension SnapshotDescription {
  /// `unix stream socket /run/name, listening`.
  func describe(_ socket: Godwit_State_UnixSocket) -> String {
    let kind =
      switch SocketType(rawValue: socket.type) {
      case .SOCK_STREAM: "stream"
      case .SOCK_SEQPACKET: "seqpacket"
      default: "datagram"
      }
    var name = text(socket.name.map { $0 == 0 ? UInt8(ascii: "@") : $0 })
    if socket.name.last == 0 { name.removeLast() }
    let state = [1: ", listening", 2: ", connected"][socket.state] ?? ""
    return "unix \(kind) socket\(name.isEmpty ? "" : " " + name)\(state)"
  }

  /// `tcp socket 127.0.0.1:80, listening`, `udp socket 127.0.0.1:40000 to 127.0.0.1:53`.
  func describe(_ socket: Godwit_State_InternetSocket) -> String {
    let kind =
      switch InternetProtocol(rawValue: socket.protocol) {
      case .IPPROTO_TCP: "tcp"
      case .IPPROTO_UDPLITE: "udplite"
      default: "udp"
      }
    let peer = socket.hasRemote ? " to \(endpoint(socket.remote))" : ""
    let state = socket.state == 1 ? ", listening" : socket.outside ? ", lost on resume" : ""
    return "\(kind) socket \(endpoint(socket.local))\(peer)\(state)"
  }

  private func endpoint(_ state: Godwit_State_Endpoint) -> Endpoint {
    Endpoint(
      IPAddress(high: state.high, low: state.low), UInt16(truncatingIfNeeded: state.port))
  }
}

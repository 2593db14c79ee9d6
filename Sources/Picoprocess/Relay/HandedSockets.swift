import HostABI
import JSONText
import PosixHost

/// The sockets of a guest's connections, which its process shares while the guest stands for the sake of a migration.
struct HandedSockets {
  let sockets: [(what: HandedSocket, socket: ByteStream)]
  /// Says in the end whether the guest stays (`kept`) or has gone (`done`); so does its end.
  let lease: ControlConnection
  /// The lease then becomes a connection to the guest's console: its process goes on with the streams that it has.
  let hasConsole: Bool

  private static let patience: Int64 = 10_000_000_000

  /// - Parameter limit: connections that there may be.
  init(of guest: String, _ migration: String, limit: Int) throws(Failure) {
    var lease: ControlConnection?
    var sockets: [(HandedSocket, ByteStream)] = []
    let answer = try ControlClient().converse(with: guest) { (opened) throws(HostError) in
      lease = opened
      let request = ControlRequest.relay(migration: migration)
      try opened.send(Array(JSON.line(request).utf8), timeout: Self.patience)
      let answer = try ControlClient.answer(opened, Self.patience)
      guard case .handing(let count, _) = answer, count <= limit else { return answer }
      for _ in 0..<count {
        guard let line = try opened.receive(timeout: Self.patience),
          let what = JSON.decode(HandedSocket.self, from: line), let socket = opened.takeSocket()
        else { throw .connectionReset }
        sockets.append((what, socket))
      }
      return answer
    }
    guard case .handing(let count, let hasConsole) = answer, let lease else {
      throw Failure("the picoprocess \(guest) does not hand over its connections")
    }
    guard count <= limit else {
      throw Failure("\(guest): it has \(count) connections, and \(limit) can be relayed")
    }
    self.sockets = sockets
    self.lease = lease
    self.hasConsole = hasConsole
  }

  /// Connections among them.
  var connectionCount: Int {
    sockets.count { if case .connection = $0.what { true } else { false } }
  }
}

import HostABI
import JSONText
import PosixHost
import Synchronization

/// The memory that this picoprocess lends or borrows, for the threads of the control socket.
final class PageExchange: Sendable {
  enum Memory: Sendable {
    case lent(LentMemory)
    case borrowed(BorrowedMemory)

    var migration: String {
      switch self {
      case .lent(let memory): memory.migration
      case .borrowed(let memory): memory.migration
      }
    }
  }

  private let state = Mutex<Memory?>(nil)

  var memory: Memory? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

extension ControlService {
  /// Carries pages over the connection until all are where the guest is, or the client has gone.
  func servePages(of migration: String, _ connection: ControlConnection) {
    guard let memory = exchange.memory, memory.migration == migration else {
      return send(.failed(error: "it has no memory of this migration"), to: connection)
    }
    send(.done, to: connection)
    guard let (bytes, received) = try? connection.becomeLink() else { return }
    let peer = if case .lent = memory { "the holder" } else { "the source" }
    let link = MigrationLink(bytes, peer: peer, received)
    do throws(Failure) {
      switch memory {
      case .lent(let memory): try memory.serve(link)
      case .borrowed(let memory): try memory.serve(link, wake)
      }
    } catch {
      try? link.send(.refused(error.message))
    }
  }
}

extension ControlClient {
  /// A link to the picoprocess `name`, for the pages of this migration.
  func pages(of migration: String, _ name: String) throws(Failure) -> MigrationLink {
    var connection: ControlConnection?
    _ = try converse(with: name) { (opened) throws(HostError) in
      connection = opened
      let request = ControlRequest.pages(migration: migration)
      try opened.send(Array(JSON.line(request).utf8), timeout: Self.patience)
      return try Self.answer(opened, Self.patience)
    }
    guard let connection else { throw Failure("the picoprocess \(name) does not answer") }
    let (bytes, received) = try withFailure(name) { () throws(HostError) in
      try connection.becomeLink()
    }
    return MigrationLink(bytes, peer: name, received)
  }

  private static let patience: Int64 = 10_000_000_000
}
